//! Teratrack: JSON objects of a cloud that relays Jointech locks, one object a report of a lock and its sub-locks.
//!
//! Source: recorded objects (`vectors/trackers/teratrack.jsonl`), whose members are the bits of Jointech's status word
//! by name; see `docs/protocols/teratrack.md`. There is no checksum and there are no commands.

mod report;

use plomb_model::{DeviceId, Issue};
use serde_json::Value;

use crate::pieces::Start;
use crate::talk::{self, Talk};
use crate::{Decoded, Description, Session, SessionConfig, web};

/// Longest object that is waited for: a lock with some fifty sub-locks.
const OBJECT_BYTES_MAX: usize = 16 * 1024;
/// Answer to each object.
const TAKEN: &[u8] = b"{01}";

/// Opens a conversation with the relay.
#[must_use]
pub fn session(_: SessionConfig) -> Box<dyn Session> {
    talk::session(Teratrack { device: None })
}

/// An object laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("Teratrack report", frame)
}

struct Teratrack {
    /// Whose the last object was: one connection may carry many locks.
    device: Option<DeviceId>,
}

/// Where the object at the front of `data` ends, as far as that is known.
fn end_of_object(data: &[u8]) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in data.iter().copied().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

impl Talk for Teratrack {
    const NAME: &'static str = "teratrack";

    fn start(&self, data: &[u8], _: bool) -> Start {
        let window = data.get(..OBJECT_BYTES_MAX).unwrap_or(data);
        // `{"`, with or without space between.
        let Some((b'{', inside)) = window.split_first() else { return Start::Nothing };
        match inside.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None | Some(b'"') => {}
            Some(_) => return Start::Nothing,
        }
        match end_of_object(window) {
            Some(bytes) => Start::Frame { bytes, sound: true },
            None if window.len() == OBJECT_BYTES_MAX => Start::Nothing,
            None => Start::NeedMore,
        }
    }

    fn frame(&mut self, wire: &[u8], out: &mut Decoded) {
        match serde_json::from_slice::<Value>(wire) {
            Ok(value) => {
                let mut issues = Vec::new();
                self.device = report::device(&value, &mut issues);
                if self.device.is_some() {
                    report::events(&value, &mut issues).into_iter().for_each(|event| out.event(event));
                    out.reply(TAKEN);
                }
                issues.into_iter().for_each(|issue| out.issue(issue));
            }
            Err(error) => out.issue(Issue::new(error.column().saturating_sub(1), "no JSON", &error)),
        }
    }

    fn device(&self) -> Option<DeviceId> {
        self.device
    }
}
