//! The profile over MQTT: the payload is a body. A plain body may leave its device to the topic `plomb-mqtt/KID/...`.

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Identity, Issue, ReceivedAt};
use plomb_session::{Decoded, REQUEST_BYTES_MAX, Request, Session, SessionConfig};
use plomb_wire::from_hex;

use crate::body::{self, Carrier};

/// A session.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Mqtt { config, held: Vec::new() })
}

struct Mqtt {
    config: SessionConfig,
    held: Vec<u8>,
}

impl Session for Mqtt {
    fn receive(&mut self, _: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.held.extend_from_slice(bytes);
        if self.held.len() > REQUEST_BYTES_MAX {
            out.issue(Issue::new(0, "message too long", self.held.len()));
            out.report(None, &std::mem::take(&mut self.held));
        }
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        let frame = std::mem::take(&mut self.held);
        if frame.is_empty() {
            return;
        }
        let request = Request::of(&frame);
        // The second part of the topic is the device's name (`docs/mqtt.md`), here its identifier in hex.
        let name = request.path().trim_start_matches('/').split('/').nth(1).unwrap_or_default();
        let sender = from_hex(name).ok().filter(|kid| !kid.is_empty()).and_then(|kid| body::device(&kid));
        let carrier =
            Carrier { config: &self.config, now, identity: Identity::Claimed, sender, is_fresh: false };
        let device = body::read(request.body, request.body_offset, &carrier).tell(None, out);
        out.report(device, &frame);
    }

    fn tick(&mut self, _: ReceivedAt, _: &mut Decoded) {}

    fn deadline(&self) -> Option<ReceivedAt> {
        None
    }

    fn command(
        &mut self,
        _: ReceivedAt,
        _: Option<DeviceId>,
        _: CommandTicket,
        _: &Command,
        _: &mut Decoded,
    ) -> Result<(), CommandError> {
        Err(CommandError::Unsupported { protocol: "plomb-mqtt" })
    }
}
