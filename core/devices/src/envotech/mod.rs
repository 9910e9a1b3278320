//! Envotech: texts of the electronic locks and vehicle trackers of customs transit, `$80SLM,...*CRC#`.
//!
//! Source: recorded texts (`vectors/trackers/envotech.jsonl`), in which the checksum was found to be CRC-16/MODBUS; see
//! `docs/protocols/envotech.md`. The device wants no answer, and no command is public.

mod normalise;
mod text;

use plomb_model::{DeviceId, Issue};

use crate::pieces::Start;
use crate::talk::{self, Talk};
use crate::{Decoded, Description, Session, SessionConfig, web};
use text::{Checksum, Text};

/// Longest text that is waited for.
const TEXT_BYTES_MAX: usize = 1024;
/// What texts begin with: `$`, the mode in two digits, three letters of the hardware and a comma.
const HEAD_BYTES: usize = 7;

/// Opens a conversation with a device.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    talk::session(Envotech { lenient: config.lenient, device: None })
}

struct Envotech {
    lenient: bool,
    device: Option<DeviceId>,
}

/// Whether `data` is or may become the head of a text.
fn is_head(data: &[u8]) -> bool {
    data.iter().take(HEAD_BYTES).enumerate().all(|(at, byte)| match at {
        0 => *byte == b'$',
        1 | 2 => byte.is_ascii_digit(),
        3..=5 => byte.is_ascii_alphanumeric(),
        _ => *byte == b',',
    })
}

/// A text ends in `#`; one that lost it ends with its line, or where the next one begins.
fn start(data: &[u8], ended: bool) -> Start {
    if !is_head(data) {
        return Start::Nothing;
    }
    let window = data.get(..TEXT_BYTES_MAX).unwrap_or(data);
    for (at, byte) in window.iter().enumerate().skip(HEAD_BYTES) {
        match byte {
            b'#' => return Start::Frame { bytes: at + 1, sound: true },
            b'\r' | b'\n' | b'$' => return Start::Frame { bytes: at, sound: true },
            0x20..=0x7E => {}
            _ => return Start::Nothing,
        }
    }
    if window.len() == TEXT_BYTES_MAX {
        Start::Nothing
    } else if ended && window.len() > HEAD_BYTES {
        Start::Frame { bytes: window.len(), sound: true }
    } else {
        Start::NeedMore
    }
}

impl Talk for Envotech {
    const NAME: &'static str = "envotech";

    fn start(&self, data: &[u8], ended: bool) -> Start {
        start(data, ended)
    }

    fn frame(&mut self, wire: &[u8], out: &mut Decoded) {
        let text = match Text::of(wire) {
            Ok(text) => text,
            Err(issue) => return out.issue(issue),
        };
        let good = match text.checksum {
            Checksum::Holds | Checksum::Short => true,
            Checksum::Missing => {
                out.issue(Issue::new(wire.len(), "no checksum", format_args!("{} bytes", wire.len())));
                false
            }
            Checksum::Differs { found, computed } => {
                let found = format!("{found:04X}, computed {computed:04X}");
                out.issue(Issue::new(text.checksum_at, "the checksum differs", found));
                false
            }
        };
        if !good && !self.lenient {
            return;
        }
        match web::tracker(text.device().1, text.device().0) {
            Ok(device) => self.device = Some(device),
            Err(issue) => return out.issue(issue),
        }
        let mut issues = Vec::new();
        normalise::events(&text, &mut issues).into_iter().for_each(|event| out.event(event));
        issues.into_iter().for_each(|issue| out.issue(issue));
    }

    fn device(&self) -> Option<DeviceId> {
        self.device
    }
}

/// Lays a text open.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    let whole = start(wire, true) == Start::Frame { bytes: wire.len(), sound: true };
    match Text::of(wire).ok().filter(|_| whole) {
        Some(text) => text.describe(wire.len()),
        None => {
            let mut description = Description::new("no text of Envotech");
            description.field(0, wire.len(), "bytes", plomb_wire::to_hex(wire));
            description
        }
    }
}
