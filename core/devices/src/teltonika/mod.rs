//! Teltonika trackers: codecs 8, 8 Extended, 16 and 7 (records), 12, 13, 14 and 15 (texts), over TCP and UDP.
//!
//! Covers the login, records with all IO elements (those without a word of ours are kept by number), wireless
//! tags and EYE sensors, commands and their answers, and the camera's pictures part by part. A packet of records
//! is answered with the number of its good leading records, so that the device keeps and sends again the rest;
//! a packet with a wrong checksum is not answered at all. The session refuses to acknowledge records after a
//! refused login, and never acknowledges by itself: the caller sends replies once the reports are durable.
//! Source: Teltonika "Data sending protocols" (wiki, 2024) and AVL id tables; see `docs/protocols/teltonika.md`.

mod bluetooth;
mod command;
mod describe;
mod element;
mod frame;
mod message;
mod normalise;
mod packet;
mod record;

pub use describe::describe;

use plomb_model::{
    Command, CommandError, CommandTicket, DeviceId, Event, EventKind, Issue, ReceivedAt, Scheme,
};
use plomb_wire::to_hex;

use crate::{Decoded, Session, SessionConfig};
use frame::{DATAGRAM_HEADER_BYTES, IMEI_DIGITS, PACKET_HEADER_BYTES, Step};
use packet::{Body, Conversation};

/// Seconds after which a frame that does not go on is no longer waited for. Devices wait 30 s for an answer
/// before they send the packet again.
const FRAME_WAIT_S_MAX: i64 = 30;
/// Answer to a login.
const LOGIN_ACCEPTED: u8 = 1;
/// Answer to a login with a malformed IMEI.
const LOGIN_REFUSED: u8 = 0;

/// Opens a conversation with one device (or, over UDP, with one peer).
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Teltonika {
        config,
        pending: Vec::new(),
        needed: 0,
        pending_until: None,
        conversation: Conversation::default(),
    })
}

struct Teltonika {
    config: SessionConfig,
    /// Bytes of a frame that is not complete.
    pending: Vec<u8>,
    /// How many bytes must be pending before it is worth looking again.
    needed: usize,
    /// When the pending bytes are no longer waited for.
    pending_until: Option<ReceivedAt>,
    conversation: Conversation,
}

impl Session for Teltonika {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        if bytes.is_empty() {
            return;
        }
        if self.pending.is_empty() {
            let taken = self.take_frames(now, bytes, false, out);
            self.pending.extend_from_slice(bytes.get(taken..).unwrap_or_default());
        } else {
            self.pending.extend_from_slice(bytes);
            if self.pending.len() >= self.needed {
                self.take_pending(now, false, out);
            }
        }
        let until = ReceivedAt(now.0.plus_secs(FRAME_WAIT_S_MAX));
        self.pending_until = (!self.pending.is_empty()).then_some(until);
        if self.config.datagrams {
            self.finish(now, out);
        }
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        self.take_pending(now, true, out);
        self.pending_until = None;
    }

    fn tick(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if self.pending_until.is_some_and(|until| until <= now) {
            self.finish(now, out);
        }
        let commands = &mut self.conversation.commands;
        if commands.give_up(now)
            && let Some(bytes) = commands.next(now)
        {
            out.reply_only(self.conversation.device, &bytes);
        }
    }

    fn deadline(&self) -> Option<ReceivedAt> {
        self.pending_until.into_iter().chain(self.conversation.commands.deadline()).min()
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        // Over UDP the vendor documents no way down.
        if self.config.datagrams {
            return Err(CommandError::Unsupported { protocol: "teltonika" });
        }
        let device = self.conversation.device.ok_or(CommandError::UnknownDevice)?;
        if to.is_some_and(|to| to != device) {
            return Err(CommandError::UnknownDevice);
        }
        if let Some(bytes) = self.conversation.commands.push(now, ticket, command)? {
            out.reply_only(Some(device), &bytes);
        }
        Ok(())
    }
}

impl Teltonika {
    fn take_pending(&mut self, now: ReceivedAt, ended: bool, out: &mut Decoded) {
        let mut pending = std::mem::take(&mut self.pending);
        let taken = self.take_frames(now, &pending, ended, out);
        pending.drain(..taken.min(pending.len()));
        self.pending = pending;
    }

    /// Takes all frames that are complete; returns how many bytes they were.
    fn take_frames(&mut self, now: ReceivedAt, bytes: &[u8], ended: bool, out: &mut Decoded) -> usize {
        let mut taken = 0;
        self.needed = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            let step = frame::next(rest, ended);
            let length = match step {
                Step::Wait { needed } => {
                    self.needed = needed;
                    break;
                }
                Step::Ping => 1,
                Step::Login { length }
                | Step::Packet { length }
                | Step::Damaged { length }
                | Step::Datagram { length }
                | Step::Noise { length }
                | Step::Cut { length } => length,
            };
            let frame = rest.get(..length).unwrap_or(rest);
            self.frame(now, step, frame, out);
            // A step is never empty; if it were, the loop must still end.
            taken += frame.len().max(1);
        }
        taken
    }

    fn frame(&mut self, now: ReceivedAt, step: Step, frame: &[u8], out: &mut Decoded) {
        let lenient = self.config.lenient;
        let conversation = &mut self.conversation;
        match step {
            Step::Wait { .. } => return,
            Step::Ping => out.event(Event::new(EventKind::Heartbeat)),
            Step::Login { .. } => login(conversation, frame, out),
            Step::Packet { length } => conversation.body(now, packet_body(frame, length - 4), out),
            Step::Datagram { .. } => datagram(conversation, now, frame, out),
            Step::Damaged { length } => {
                let (found, computed) = frame::checksums(frame);
                let found = format_args!("0x{found:08x}, computed 0x{computed:08x}");
                out.issue(Issue::new(length - 4, "checksum differs", found));
                if lenient {
                    conversation.body(now, packet_body(frame, length - 4), out);
                }
            }
            Step::Noise { length } => {
                let start = to_hex(frame.get(..length.min(16)).unwrap_or_default());
                let found = format_args!("{length} bytes, beginning {start}");
                out.issue(Issue::new(0, "no Teltonika frame begins here", found));
                // A capture may have lost what is around the body.
                if lenient && packet::is_whole_body(frame) {
                    conversation.body(now, Body { bytes: frame, base: 0, serial: None, cut: false }, out);
                }
            }
            Step::Cut { length } => {
                out.issue(Issue::new(length, "the frame is cut off", format_args!("{length} bytes")));
                if lenient && frame.starts_with(&[0; 4]) {
                    conversation.body(now, packet_body(frame, length), out);
                } else if lenient && length > DATAGRAM_HEADER_BYTES {
                    datagram(conversation, now, frame, out);
                }
            }
        }
        out.report(conversation.device, frame);
    }
}

/// The body of a packet, up to `end` in the frame.
fn packet_body(frame: &[u8], end: usize) -> Body<'_> {
    let bytes = frame.get(PACKET_HEADER_BYTES..end).unwrap_or_default();
    Body { bytes, base: PACKET_HEADER_BYTES, serial: None, cut: end == frame.len() }
}

fn login(conversation: &mut Conversation, frame: &[u8], out: &mut Decoded) {
    let text = frame.get(2..).unwrap_or_default();
    if let Some(device) = imei(text) {
        conversation.login(device);
        out.event(Event::new(EventKind::Login));
        out.reply(&[LOGIN_ACCEPTED]);
    } else {
        conversation.refuse();
        let found = String::from_utf8_lossy(text);
        out.issue(Issue::new(2, "an IMEI has 15 digits", found));
        out.reply(&[LOGIN_REFUSED]);
    }
}

/// A datagram: the header names the device, and its two numbers come back in the answer.
fn datagram(conversation: &mut Conversation, now: ReceivedAt, frame: &[u8], out: &mut Decoded) {
    let (Some(&[packet_high, packet_low]), Some(&avl)) = (frame.get(2..4), frame.get(5)) else {
        return;
    };
    let Some(device) = frame.get(8..DATAGRAM_HEADER_BYTES).and_then(imei) else {
        out.issue(Issue::new(8, "an IMEI has 15 digits", to_hex(frame.get(8..).unwrap_or_default())));
        return;
    };
    conversation.hears(device);
    let bytes = frame.get(DATAGRAM_HEADER_BYTES..).unwrap_or_default();
    let serial = Some(u32::from(avl));
    let accepted =
        conversation.records(now, Body { bytes, base: DATAGRAM_HEADER_BYTES, serial, cut: false }, out);
    if let Some(accepted) = accepted {
        out.reply(&[0, 5, packet_high, packet_low, 1, avl, accepted]);
    }
}

fn imei(text: &[u8]) -> Option<DeviceId> {
    if text.len() != IMEI_DIGITS || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    DeviceId::new(Scheme::Imei, std::str::from_utf8(text).ok()?).ok()
}
