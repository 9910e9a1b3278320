//! OwnTracks: phones and trackers that send JSON by HTTP or MQTT.
//!
//! Source: OwnTracks Booklet, "JSON" and "HTTP mode" (2024); the members that the Qtripp bridge adds are known from
//! recorded messages. See `docs/protocols/owntracks.md`.
//!
//! Covered: location, transition, last will, waypoint and waypoints, beacon, steps, card, status, configuration and
//! dump. Payloads encrypted with libsodium are refused with an issue: they would need the phone's shared secret.
//! Commands go by MQTT alone: to a phone in HTTP mode they wait.

mod command;
mod normalise;
mod topic;
mod words;

use plomb_model::{DeviceId, Issue};
use serde_json::Value;

use crate::web::{self, Message};
use crate::{Decoded, Description, Session, SessionConfig};

/// What the application in HTTP mode wants to hear: no commands.
const NO_COMMANDS: &[u8] = b"[]";

/// Opens a session of one whole message.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::talking(config, "owntracks", decode, command::encode)
}

/// A message laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("OwnTracks message", frame)
}

fn decode(message: &Message<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let request = &message.request;
    let offset = request.body_offset;
    let sender = topic::sender(request);
    let parts = web::elements(request.body);
    let device = message.each(
        parts,
        |part| part.end,
        out,
        |part, out| {
            let begins = offset + part.start;
            match serde_json::from_slice::<Value>(request.body.get(part).unwrap_or_default()) {
                Ok(value) => {
                    let asked = |device: &DeviceId| message.publishers.asked(device);
                    normalise::message(&value, sender.as_deref(), &asked, begins, out)
                }
                Err(error) => {
                    out.issue(Issue::new(begins, "no JSON", error));
                    None
                }
            }
        },
    );
    if request.method == "POST" && device.is_some() {
        out.reply(NO_COMMANDS);
    }
    device
}
