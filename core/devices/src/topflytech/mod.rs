//! Topflytech: T880x, T880x+, OBD and the personal, solar and asset trackers (2323, 2525, 2626 and 2727).
//!
//! Source: the vendor's public codec (TOPFLYtechCodec, read for its layouts) and recorded frames
//! (`vectors/trackers/topflytech.jsonl`). `docs/protocols/topflytech.md` says what is covered.

mod ble;
mod describe;
mod frame;
mod message;
mod place;

pub use describe::describe;

use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, DeviceId, EventKind, Issue, Reading, ReceivedAt,
    Timestamp,
};

use crate::{Decoded, Session, SessionConfig};
use frame::{Frame, HEADER_BYTES, Piece};

/// Commands that may wait for an answer on one connection.
const WAITING_MAX: usize = 32;
/// After this a command no longer waits.
const ANSWER_MS_MAX: i64 = 15 * 60 * 1000;
/// Longest text that is sent.
const TEXT_BYTES_MAX: usize = 1_000;

/// Opens a conversation with a Topflytech device.
#[must_use]
pub fn session(_: SessionConfig) -> Box<dyn Session> {
    Box::new(Topflytech::default())
}

#[derive(Debug, Default)]
struct Topflytech {
    held: Vec<u8>,
    device: Option<DeviceId>,
    /// Head and IMEI bytes of the last frame: commands carry them.
    address: Option<(u8, [u8; 8])>,
    waiting: Vec<(u16, CommandTicket, Timestamp)>,
    last: u16,
}

impl Topflytech {
    fn take(&mut self, bytes: &[u8], finished: bool, out: &mut Decoded) {
        let mut data = std::mem::take(&mut self.held);
        data.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(piece) = frame::next(rest, finished) else { break };
            let (Piece::Frame(bytes) | Piece::Noise(bytes) | Piece::Cut(bytes)) = piece;
            let wire = rest.get(..bytes).unwrap_or(rest);
            let shown = plomb_wire::to_hex(wire.get(..12).unwrap_or(wire));
            match (piece, Frame::of(wire)) {
                (Piece::Frame(_), Some(frame)) => self.frame(&frame, out),
                (Piece::Cut(_), _) => out.issue(Issue::new(wire.len(), "frame is incomplete", shown)),
                _ => out.issue(Issue::new(0, "bytes outside any frame", shown)),
            }
            out.report(self.device, wire);
            at += bytes.max(1);
        }
        data.drain(..at.min(data.len()));
        self.held = data;
    }

    fn frame(&mut self, frame: &Frame<'_>, out: &mut Decoded) {
        self.device = frame.device().or(self.device);
        let imei = frame.wire.get(7..HEADER_BYTES).and_then(|imei| imei.try_into().ok());
        self.address = imei.map(|imei| (frame.head, imei)).or(self.address);
        let mut issues = Vec::new();
        for mut event in message::events(frame, &mut issues) {
            if frame.kind == 0x81
                && let Some(ticket) = self.answered(frame.serial)
            {
                event.kind = EventKind::CommandResult;
                let outcome = CommandOutcome::Answered;
                event.readings.push(Reading::CommandResult { ticket, outcome });
            }
            out.event(event);
        }
        issues.into_iter().for_each(|issue| out.issue(issue));
        if let Some(reply) = reply(frame) {
            out.reply(&reply);
        }
    }

    /// The command that an answer belongs to: that with its serial, else the oldest.
    fn answered(&mut self, serial: u16) -> Option<CommandTicket> {
        if self.waiting.is_empty() {
            return None;
        }
        let index = self.waiting.iter().position(|(sent, _, _)| *sent == serial).unwrap_or(0);
        Some(self.waiting.remove(index).1)
    }
}

/// Head, type, length, serial and IMEI again; to an alarm its code too.
fn reply(frame: &Frame<'_>) -> Option<Vec<u8>> {
    let alarm_at = match (frame.head, frame.kind) {
        (message::PERSONAL, 0x04) => Some(16),
        (_, 0x04 | 0x18) => Some(37),
        (_, 0x14) => Some(45),
        _ => None,
    };
    let code = alarm_at.and_then(|at| frame.u8(at));
    let mut reply = vec![frame.head, frame.head, frame.kind, 0, if code.is_some() { 0x10 } else { 0x0F }];
    // The first family wants the serial 1, the others their own.
    let serial = if frame.head == 0x23 { 1 } else { frame.serial };
    reply.extend_from_slice(&serial.to_be_bytes());
    reply.extend_from_slice(frame.wire.get(7..HEADER_BYTES)?);
    reply.extend(code);
    Some(reply)
}

impl Session for Topflytech {
    fn receive(&mut self, _: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.take(bytes, false, out);
    }

    fn finish(&mut self, _: ReceivedAt, out: &mut Decoded) {
        self.take(&[], true, out);
    }

    fn tick(&mut self, _: ReceivedAt, _: &mut Decoded) {}

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
        let (head, imei) = self.address.ok_or(CommandError::UnknownDevice)?;
        if to.is_some() && to != self.device {
            return Err(CommandError::UnknownDevice);
        }
        let Command::Text(text) = command else {
            return Err(CommandError::Unsupported { protocol: "topflytech" });
        };
        let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if text.is_empty() || text.len() > TEXT_BYTES_MAX || !printable {
            let found = format!("{} bytes", text.len());
            return Err(CommandError::Value {
                what: "text",
                found,
                allowed: "1 to 1000 bytes of printable ASCII",
            });
        }
        self.waiting.retain(|(_, _, at)| now.0.since(*at) < ANSWER_MS_MAX);
        if self.waiting.len() >= WAITING_MAX {
            return Err(CommandError::TooMany { waiting: self.waiting.len() });
        }
        self.last = self.last.wrapping_add(1).max(1);
        self.waiting.push((self.last, ticket, now.0));
        let length = u16::try_from(HEADER_BYTES + 1 + text.len()).unwrap_or(u16::MAX);
        let mut bytes = vec![head, head, 0x81];
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&self.last.to_be_bytes());
        bytes.extend_from_slice(&imei);
        bytes.push(1);
        bytes.extend_from_slice(text.as_bytes());
        out.reply_only(self.device, &bytes);
        Ok(())
    }
}
