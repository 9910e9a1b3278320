//! Commands to devices that speak by MQTT: messages under a topic beside the one that they publish under.

use std::collections::BTreeMap;

use plomb_model::{Command, CommandError, CommandTicket, DeviceId};

use crate::{Decoded, Request};

/// Devices of one conversation whose topic is remembered; a further one cannot be told anything.
const DEVICES_MAX: usize = 100_000;

/// A command for the device that publishes under this topic: under which topic it goes, and as what.
pub(crate) type Encode = fn(&str, CommandTicket, &Command) -> Result<(String, Vec<u8>), CommandError>;

/// The devices that publish in a conversation.
#[derive(Default)]
pub(crate) struct Publishers(BTreeMap<DeviceId, Publisher>);

struct Publisher {
    topic: Box<str>,
    asked: Option<CommandTicket>,
}

impl Publishers {
    /// Notes under which topic a device publishes.
    pub(super) fn heard(&mut self, device: DeviceId, request: &Request<'_>) {
        if request.method != "PUBLISH" {
            return;
        }
        let topic = request.path();
        let room = self.0.len() < DEVICES_MAX;
        match self.0.get_mut(&device) {
            Some(publisher) if *publisher.topic == *topic => {}
            Some(publisher) => publisher.topic = topic.into(),
            None if room => drop(self.0.insert(device, Publisher { topic: topic.into(), asked: None })),
            None => {}
        }
    }

    /// Which command the device was told last.
    pub(crate) fn asked(&self, device: &DeviceId) -> Option<CommandTicket> {
        self.0.get(device)?.asked
    }

    /// Puts a command into a message, as a reply in `out`.
    pub(super) fn tell(
        &mut self,
        encode: Encode,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        let publisher = to.and_then(|to| self.0.get_mut(&to));
        // What the protocol cannot carry is said before who is not known.
        let (topic, payload) =
            encode(publisher.as_deref().map_or("", |known| &known.topic), ticket, command)?;
        let publisher = publisher.ok_or(CommandError::UnknownDevice)?;
        publisher.asked = Some(ticket);
        let mut frame = Vec::with_capacity(topic.len() + payload.len() + 32);
        Request::write("PUBLISH", &topic, &[], &payload, &mut frame);
        out.reply_only(to, &frame);
        Ok(())
    }
}
