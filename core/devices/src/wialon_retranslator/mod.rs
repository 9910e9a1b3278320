//! Wialon Retranslator: what a Wialon server hands on, one packet a message of a unit.
//!
//! Source: Gurtam's public "Wialon Retranslator" communication protocol and recorded frames
//! (`vectors/trackers/wialon-retranslator.jsonl`). See `docs/protocols/wialon-retranslator.md`.
//!
//! `length u32 (low byte first) | identifier, 0 | time u32 | flags u32 | blocks`, high byte first, each block
//! `0BBB | length u32 | hidden | type | name, 0 | value`. There is no checksum and there are no commands.

mod block;

pub use block::describe;

use plomb_model::{DeviceId, Issue};

use crate::pieces::Start;
use crate::talk::{self, Talk};
use crate::{Decoded, Session, SessionConfig, web};

/// The length before a packet.
const LENGTH_BYTES: usize = 4;
/// Shortest packet: an identifier of one character, time and flags.
const PACKET_BYTES_MIN: usize = 10;
/// Longest packet that is waited for: a unit has some hundred parameters, a photo may be one of them.
const PACKET_BYTES_MAX: usize = 256 * 1024;
/// Longest identifier.
const NAME_BYTES_MAX: usize = 64;
/// Answer to each packet.
const TAKEN: u8 = 0x11;

/// Opens a conversation with a retranslator.
#[must_use]
pub fn session(_: SessionConfig) -> Box<dyn Session> {
    talk::session(Retranslator { device: None })
}

struct Retranslator {
    /// Whose the last packet was: one connection carries many units.
    device: Option<DeviceId>,
}

/// A packet is believed if its length is possible, its identifier is printable, and there is room for time and flags.
fn start(data: &[u8]) -> Start {
    let Some(length) = data.first_chunk::<LENGTH_BYTES>() else { return Start::NeedMore };
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if !(PACKET_BYTES_MIN..=PACKET_BYTES_MAX).contains(&length) {
        return Start::Nothing;
    }
    let content = data.get(LENGTH_BYTES..).unwrap_or_default();
    let window = content.get(..=NAME_BYTES_MAX).unwrap_or(content);
    let end = window.iter().position(|byte| *byte == 0);
    let name = window.get(..end.unwrap_or(window.len())).unwrap_or_default();
    if end == Some(0) || name.len() > NAME_BYTES_MAX || !name.iter().all(u8::is_ascii_graphic) {
        return Start::Nothing;
    }
    if end.is_some_and(|end| end + 9 > length) {
        return Start::Nothing;
    }
    match data.len() < LENGTH_BYTES + length {
        true => Start::NeedMore,
        false if end.is_none() => Start::Nothing,
        false => Start::Frame { bytes: LENGTH_BYTES + length, sound: true },
    }
}

impl Talk for Retranslator {
    const NAME: &'static str = "wialon-retranslator";

    fn start(&self, data: &[u8], _: bool) -> Start {
        start(data)
    }

    fn frame(&mut self, wire: &[u8], out: &mut Decoded) {
        let mut issues = Vec::new();
        self.device = None;
        match block::read(wire, &mut issues) {
            Some((name, event)) => match web::tracker(name, LENGTH_BYTES) {
                Ok(device) => {
                    self.device = Some(device);
                    out.event(event);
                    out.reply(&[TAKEN]);
                }
                Err(issue) => out.issue(issue),
            },
            None => out.issue(Issue::new(LENGTH_BYTES, "the packet ends early", wire.len())),
        }
        issues.into_iter().for_each(|issue| out.issue(issue));
    }

    fn device(&self) -> Option<DeviceId> {
        self.device
    }
}
