//! Jointech: JT600 trackers, JT701, JT701D, JT705A and JT707 locks, and the JT126 sensors and JT709 sub-locks
//! behind them.
//!
//! Source: `docs/protocols/jointech.md`, which keeps what public captures, a fleet platform's parameter page and open
//! gateways agree on; the vendor's "The Protocol of JT701 Product V3.6" is not public. Covered: `$` frames of locks (all
//! versions) and of older trackers (record layouts 1, 2 and 3), the text frames `@JT`, `W01`, `U01` to `U06`, `P45`,
//! `P22`, answers to commands, and `WLNET` reports. Not covered: the dynamic password (its algorithm is not public;
//! a device's `P52` is reported and left to a person), firmware and account settings except as text.

mod command;
mod conversation;
mod describe;
mod form;
mod frame;
mod message;
mod normalise;
mod normalise_sensor;
mod normalise_text;
mod normalise_tracker;
mod text;
mod waiting;
mod wlnet;

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, ReceivedAt};

pub use describe::describe;

use self::conversation::Conversation;
use self::frame::Step;
use crate::{Decoded, Session, SessionConfig};

/// A conversation with one Jointech device and what is bound to it.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Jointech {
        pending: Vec::new(),
        in_sync: true,
        lenient: config.lenient,
        conversation: Conversation::new(config.lenient),
    })
}

/// Bytes that wait for the rest of their frame, and the conversation.
struct Jointech {
    pending: Vec<u8>,
    in_sync: bool,
    lenient: bool,
    conversation: Conversation,
}

impl Session for Jointech {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        if self.pending.is_empty() {
            let used = self.split(now, bytes, false, out);
            self.pending.extend_from_slice(bytes.get(used..).unwrap_or_default());
        } else {
            let mut pending = std::mem::take(&mut self.pending);
            pending.extend_from_slice(bytes);
            let used = self.split(now, &pending, false, out);
            pending.drain(..used);
            self.pending = pending;
        }
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        let mut pending = std::mem::take(&mut self.pending);
        self.split(now, &pending, true, out);
        pending.clear();
        self.pending = pending;
        self.in_sync = true;
    }

    fn tick(&mut self, _now: ReceivedAt, _out: &mut Decoded) {}

    fn deadline(&self) -> Option<ReceivedAt> {
        None
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        self.conversation.command(now, to, ticket, command, out)
    }
}

impl Jointech {
    /// Reports what `bytes` hold; returns how many were used.
    fn split(&mut self, now: ReceivedAt, bytes: &[u8], ending: bool, out: &mut Decoded) -> usize {
        let mut used = 0;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            match frame::next(rest, self.in_sync, ending, self.lenient) {
                Step::More => break,
                Step::Frame { kind, length, whole } => {
                    let frame = rest.get(..length).unwrap_or(rest);
                    self.conversation.frame(now, kind, frame, whole, out);
                    self.in_sync = true;
                    used += length;
                }
                Step::Skip { length, why } => {
                    let skipped = rest.get(..length).unwrap_or(rest);
                    self.conversation.skipped(skipped, why, out);
                    self.in_sync = false;
                    used += length;
                }
            }
        }
        used
    }
}
