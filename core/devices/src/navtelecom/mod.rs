//! Navtelecom: the Signal, Smart and Start trackers, by NTCB with its fixed records and by FLEX 1.0, 2.0 and 3.0.
//!
//! Source: the vendor's "NTCB and FLEX exchange protocol" (6.2) as public implementations have it, the vendor's list of
//! FLEX parameters, and recorded frames (`vectors/trackers/navtelecom.jsonl`). See `docs/protocols/navtelecom.md`.

mod flex;
mod frame;
mod ntcb;
mod record;

use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, DeviceId, Event, EventKind, Issue, Reading,
    ReceivedAt, Scheme,
};
use plomb_wire::{Reader, to_hex, xor8};

use crate::pieces::{self, Held, Piece, Start};
use crate::{Decoded, Description, Session, SessionConfig};
use flex::Fields;
use frame::{Frame, HEADER_BYTES, crc8};
use record::Record;

/// Commands that may wait for an answer on one connection.
const WAITING_MAX: usize = 32;
/// After this a command no longer waits, milliseconds.
const ANSWER_MS_MAX: i64 = 15 * 60 * 1000;
/// Longest text that is sent as a command.
const TEXT_BYTES_MAX: usize = 500;
/// Longest text of an answer that is kept.
const ANSWER_BYTES_MAX: usize = 1000;
/// The mark of FLEX in its announcement.
const FLEX: u8 = 0xB0;
/// Versions of FLEX and of its structure.
const VERSIONS: [u8; 3] = [0x0A, 0x14, 0x1E];
/// The version that is offered instead of one that is not known.
const OFFERED: u8 = 0x14;

/// Opens a conversation with a tracker.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Navtelecom {
        lenient: config.lenient,
        held: Held::default(),
        device: None,
        receiver: 0,
        sender: 1,
        fields: None,
        guarded: false,
        waiting: Vec::new(),
    })
}

struct Navtelecom {
    lenient: bool,
    held: Held,
    device: Option<DeviceId>,
    /// The device's number and ours, as its last frame had them.
    receiver: u32,
    sender: u32,
    /// The fields of FLEX, once they are announced.
    fields: Option<Fields>,
    /// The device has been seen in a mode of guard.
    guarded: bool,
    waiting: Vec<(CommandTicket, ReceivedAt)>,
}

impl Navtelecom {
    fn take(&mut self, now: ReceivedAt, bytes: &[u8], ended: bool, out: &mut Decoded) {
        let data = self.held.with(bytes);
        let mut at = 0;
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            let fields = self.fields.as_ref();
            let start = |data: &[u8]| frame::start(data, fields, ended);
            let Some((piece, length)) = pieces::next(rest, ended, start) else { break };
            let wire = rest.get(..length).unwrap_or(rest);
            let sound = matches!(start(wire), Start::Frame { sound: true, .. });
            let guess = if fields.is_none() { frame::guess(wire) } else { None };
            let guessed = guess.is_some() && piece == Piece::Frame;
            if guessed {
                self.fields = guess;
            }
            match Frame::of(wire).filter(|_| piece == Piece::Frame) {
                Some(frame) => self.whole(&frame, wire, sound, out),
                None => out.issue(pieces::issue(piece, wire)),
            }
            if guessed {
                out.issue(Issue::new(2, "the fields are not announced", "a common set of that length"));
                self.fields = None;
            }
            out.report(self.device, wire);
            at += length.max(1);
        }
        self.held.keep(now, data, at);
    }

    fn whole(&mut self, frame: &Frame<'_>, wire: &[u8], sound: bool, out: &mut Decoded) {
        if !sound {
            let shown = to_hex(wire.get(wire.len().saturating_sub(1)..).unwrap_or_default());
            out.issue(Issue::new(wire.len().saturating_sub(1), "the checksum differs", shown));
        }
        if sound || self.lenient {
            self.frame(frame, out);
        }
    }

    fn frame(&mut self, frame: &Frame<'_>, out: &mut Decoded) {
        match *frame {
            Frame::Ping => out.event(Event::new(EventKind::Heartbeat)),
            Frame::Ntcb { receiver, sender, data } => {
                (self.receiver, self.sender) = (sender, receiver);
                self.ntcb(data, out);
            }
            Frame::Flex { letter, content } => self.flex(letter, content, out),
        }
    }

    fn ntcb(&mut self, data: &[u8], out: &mut Decoded) {
        match data {
            [] => out.event(Event::new(EventKind::Heartbeat)),
            [b'*', b'>', b'S', rest @ ..] => self.log_in(rest, out),
            [b'*', b'>', b'F', b'L', b'E', b'X', rest @ ..] => self.announced(rest, out),
            [b'*', b'>', b'T', record @ ..] => {
                let mut reader = Reader::at(record, HEADER_BYTES + 3);
                if let Some(index) = self.fixed(&mut reader, out) {
                    let mut answer = b"*<T".to_vec();
                    answer.extend_from_slice(&index.to_le_bytes());
                    out.reply(&self.packet(&answer));
                }
            }
            [b'*', b'>', b'A', count, records @ ..] => {
                let mut reader = Reader::at(records, HEADER_BYTES + 4);
                for _ in 0..*count {
                    if self.fixed(&mut reader, out).is_none() {
                        break;
                    }
                }
                out.reply(&self.packet(&[b'*', b'<', b'A', *count]));
            }
            _ => self.said(data, out),
        }
    }

    /// `:` and the IMEI.
    fn log_in(&mut self, rest: &[u8], out: &mut Decoded) {
        let text = std::str::from_utf8(rest).unwrap_or_default();
        let text = text.trim_start_matches(':').trim();
        match DeviceId::new(Scheme::Imei, text) {
            Ok(device) => {
                self.device = Some(device);
                out.event(Event::new(EventKind::Login));
                out.reply(&self.packet(b"*<S"));
            }
            Err(error) => out.issue(Issue::new(HEADER_BYTES + 3, error.to_string(), to_hex(rest))),
        }
    }

    /// The mark, the versions of protocol and structure, how many fields, and a bit for each.
    fn announced(&mut self, rest: &[u8], out: &mut Decoded) {
        let [FLEX, protocol, structure, count, bits @ ..] = rest else {
            return out.issue(Issue::new(HEADER_BYTES + 6, "no announcement of FLEX", to_hex(rest)));
        };
        let known = VERSIONS.contains(protocol) && VERSIONS.contains(structure);
        let fields = Fields::of(*count, bits).filter(|_| known);
        if let Some(fields) = fields {
            self.fields = Some(fields);
            out.reply(&self.packet(&[b"*<FLEX", &[FLEX, *protocol, *structure][..]].concat()));
        } else {
            let found = format!("version {protocol:02X}, structure {structure:02X}, {count} fields");
            out.issue(Issue::new(HEADER_BYTES + 6, "fields of FLEX that are not known", found));
            out.reply(&self.packet(&[b"*<FLEX", &[FLEX, OFFERED, OFFERED][..]].concat()));
        }
        let mut event = Event::new(EventKind::Login);
        event.readings.push(record::code("flex_version", i64::from(*protocol)));
        out.event(event);
    }

    /// One record of a fixed format; its index where it could be read.
    fn fixed(&mut self, reader: &mut Reader<'_>, out: &mut Decoded) -> Option<u32> {
        let offset = reader.offset();
        match ntcb::record(reader) {
            Ok(record) => {
                let index = record.index;
                self.told(record, out);
                index
            }
            Err(ntcb::Fault::Short(short)) => {
                out.issue(Issue::new(offset, "the record ends early", short));
                None
            }
            Err(ntcb::Fault::Format(format)) => {
                out.issue(Issue::new(offset, "a format that is not known", format_args!("{format:02X}")));
                None
            }
        }
    }

    fn flex(&mut self, letter: u8, content: &[u8], out: &mut Decoded) {
        let (head, records) = match letter {
            b'A' | b'E' => content.split_at_checked(1),
            b'T' | b'X' => content.split_at_checked(4),
            _ => content.split_at_checked(0),
        }
        .unwrap_or_default();
        let count = match head {
            [count] => *count,
            _ => 1,
        };
        let mut reader = Reader::at(records, 2 + head.len());
        for _ in 0..count {
            let offset = reader.offset();
            let read = match (&self.fields, letter) {
                (_, b'E' | b'X') => flex::extra(&mut reader),
                (Some(fields), _) => flex::record(&mut reader, fields),
                (None, _) => return out.issue(Issue::new(offset, "no fields are announced", letter)),
            };
            match read {
                Ok(record) => self.told(record, out),
                Err(short) => {
                    out.issue(Issue::new(offset, "the record ends early", short));
                    break;
                }
            }
        }
        let mut answer = vec![b'~', letter];
        answer.extend_from_slice(head);
        answer.push(crc8(&answer));
        out.reply(&answer);
    }

    fn told(&mut self, record: Record, out: &mut Decoded) {
        self.guarded |= record.guarded == Some(true);
        record.events(self.guarded).into_iter().for_each(|event| out.event(event));
    }

    /// A text, most often the answer to a command.
    fn said(&mut self, data: &[u8], out: &mut Decoded) {
        let mut event = Event::new(EventKind::Message);
        if data.starts_with(b"*@") && !self.waiting.is_empty() {
            let (ticket, _) = self.waiting.remove(0);
            event.kind = EventKind::CommandResult;
            event.readings.push(Reading::CommandResult { ticket, outcome: CommandOutcome::Answered });
        }
        let text = String::from_utf8_lossy(data.get(..ANSWER_BYTES_MAX).unwrap_or(data));
        event.readings.push(Reading::Text(text.into()));
        out.event(event);
    }

    /// A packet to the device.
    fn packet(&self, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"@NTC".to_vec();
        bytes.extend_from_slice(&self.receiver.to_le_bytes());
        bytes.extend_from_slice(&self.sender.to_le_bytes());
        bytes.extend_from_slice(&u16::try_from(data.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.push(xor8(data));
        bytes.push(xor8(&bytes));
        bytes.extend_from_slice(data);
        bytes
    }
}

impl Session for Navtelecom {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.take(now, bytes, false, out);
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        self.take(now, &[], true, out);
    }

    fn tick(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if self.held.is_due(now) {
            self.take(now, &[], true, out);
        }
    }

    fn deadline(&self) -> Option<ReceivedAt> {
        self.held.deadline()
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        let device = self.device.ok_or(CommandError::UnknownDevice)?;
        if to.is_some_and(|to| to != device) {
            return Err(CommandError::UnknownDevice);
        }
        let Command::Text(text) = command else {
            return Err(CommandError::Unsupported { protocol: "navtelecom" });
        };
        let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !text.starts_with('*') || text.len() > TEXT_BYTES_MAX || !printable {
            return Err(CommandError::Value {
                what: "the text",
                found: format!("{} bytes", text.len()),
                allowed: "printable ASCII from the asterisk on, such as *!SETOUT 1Y, at most 500 bytes",
            });
        }
        self.waiting.retain(|(_, at)| now.0.since(at.0) < ANSWER_MS_MAX);
        if self.waiting.len() >= WAITING_MAX {
            return Err(CommandError::TooMany { waiting: self.waiting.len() });
        }
        self.waiting.push((ticket, now));
        out.reply_only(Some(device), &self.packet(text.as_bytes()));
        Ok(())
    }
}

/// Lays a frame open. A record of FLEX alone does not say which fields it has.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    let mut description = Description::new("no Navtelecom frame");
    match Frame::of(wire) {
        Some(Frame::Ping) => {
            description.name = "FLEX ping".to_owned();
            description.field(0, 1, "ping", "7F");
        }
        Some(Frame::Flex { letter, content }) => {
            description.name = format!("FLEX ~{}", char::from(letter));
            description.field(0, 2, "type", format_args!("~{}", char::from(letter).escape_default()));
            let head = if matches!(letter, b'A' | b'E') { 1 } else { 4 };
            let head = if letter == b'C' { 0 } else { head.min(content.len()) };
            if let Some((head, records)) = content.split_at_checked(head) {
                let name = if head.len() == 1 { "records" } else { "event index" };
                if !head.is_empty() {
                    description.field(2, head.len(), name, to_hex(head));
                }
                description.field(2 + head.len(), records.len(), "fields", to_hex(records));
            }
            let sum = wire.get(wire.len() - 1..).unwrap_or_default();
            description.field(wire.len() - 1, 1, "CRC-8", to_hex(sum));
        }
        Some(Frame::Ntcb { receiver, sender, data }) => {
            let text: String = data.iter().take(3).map(|byte| char::from(*byte)).collect();
            description.name = format!("NTCB {}", text.escape_default());
            description.field(0, 4, "preamble", "@NTC");
            description.field(4, 4, "receiver", receiver);
            description.field(8, 4, "sender", sender);
            description.field(12, 2, "length", data.len());
            description.field(14, 2, "checksums", to_hex(wire.get(14..16).unwrap_or_default()));
            let printable = data.iter().all(|byte| (b' '..=b'~').contains(byte));
            let shown = if printable { String::from_utf8_lossy(data).into_owned() } else { to_hex(data) };
            description.field(HEADER_BYTES, data.len(), "data", shown);
        }
        None => description.field(0, wire.len(), "bytes", to_hex(wire)),
    }
    description
}
