//! Galileosky: terminals that send tags, by the cellular network or through Iridium.
//!
//! Source: the vendor's "Galileosky protocol" with its lists of tags and extended tags, and recorded packets
//! (`vectors/trackers/galileosky.jsonl`). `docs/protocols/galileosky.md` says what is covered.

mod command;
mod describe;
mod frame;
mod iridium;
mod message;
mod normalise;

pub use describe::describe;

use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, DeviceId, Event, EventKind, Issue, Reading,
    ReceivedAt, Scheme, Timestamp,
};
use plomb_wire::Reader;

use crate::pieces::{self, Held, Piece};
use crate::{Decoded, Session, SessionConfig};
use frame::{Frame, HEADER_BYTES, Kind};
use message::Minimum;
use normalise::Record;

/// Records that are read of one packet: it has 32 KB at most, and a record at least two bytes.
const RECORDS_MAX: usize = 1024;
/// A clock may run ahead of ours by so much before a time within the year is taken to be of the last one.
const AHEAD_SECONDS_MAX: i64 = 86_400;

/// Opens a conversation with a terminal.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Galileosky {
        lenient: config.lenient,
        held: Held::default(),
        device: None,
        number: 0,
        waiting: command::Waiting::default(),
    })
}

struct Galileosky {
    lenient: bool,
    held: Held,
    device: Option<DeviceId>,
    /// The terminal's own number, which commands repeat.
    number: u16,
    waiting: command::Waiting,
}

impl Galileosky {
    fn take(&mut self, now: ReceivedAt, bytes: &[u8], ended: bool, out: &mut Decoded) {
        let data = self.held.with(bytes);
        let mut at = 0;
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            let Some((piece, length)) = pieces::next(rest, ended, frame::start) else { break };
            let wire = rest.get(..length).unwrap_or(rest);
            match Frame::of(wire).filter(|_| piece == Piece::Frame) {
                Some(frame) => self.frame(now, &frame, out),
                None => out.issue(pieces::issue(piece, wire)),
            }
            out.report(self.device, wire);
            at += length.max(1);
        }
        self.held.keep(now, data, at);
    }

    fn frame(&mut self, now: ReceivedAt, frame: &Frame<'_>, out: &mut Decoded) {
        if !frame.is_sound() {
            let found = format!("{:04x}, computed {:04x}", frame.sum.unwrap_or_default(), frame.expected);
            out.issue(Issue::new(HEADER_BYTES + frame.content.len(), "the checksum differs", found));
            if !self.lenient {
                return;
            }
        }
        let mut reader = Reader::at(frame.content, HEADER_BYTES);
        let answer = match frame.kind {
            Kind::Main => {
                self.tags(&mut reader, out);
                2
            }
            Kind::Compressed => {
                self.compressed(now, &mut reader, out);
                2
            }
            Kind::Photo => {
                out.event(photo(frame.content));
                7
            }
            Kind::Iridium => {
                self.device = iridium::events(now, &mut reader, out).or(self.device);
                return;
            }
        };
        if let Some(sum) = frame.sum.filter(|_| frame.is_sound()) {
            let [low, high] = sum.to_le_bytes();
            out.reply(&[answer, low, high]);
        }
    }

    /// Tags; one that has been there already begins the next record.
    fn tags(&mut self, reader: &mut Reader<'_>, out: &mut Decoded) {
        for record in records(reader, out, |item| {
            match (item.tag, item.data) {
                (0x03, imei) => match device(imei) {
                    Ok(device) => self.device = Some(device),
                    Err(why) => return Err(Issue::new(item.offset, why, String::from_utf8_lossy(imei))),
                },
                (0x04, [low, high]) => self.number = u16::from_le_bytes([*low, *high]),
                _ => {}
            }
            Ok(())
        }) {
            self.told(record, out);
        }
    }

    fn compressed(&mut self, now: ReceivedAt, reader: &mut Reader<'_>, out: &mut Decoded) {
        while !reader.is_empty() {
            match compressed(now, reader) {
                Ok(record) => self.told(record, out),
                Err(issue) => {
                    out.issue(issue);
                    return;
                }
            }
        }
    }

    fn told(&mut self, record: Record, out: &mut Decoded) {
        let answered = record.command;
        let mut event = record.event();
        if event.kind == EventKind::CommandResult
            && let Some(ticket) = self.waiting.answered(answered)
        {
            let outcome = CommandOutcome::Answered;
            event.readings.push(Reading::CommandResult { ticket, outcome });
        }
        out.event(event);
    }
}

/// Who sent it: 15 digits.
fn device(imei: &[u8]) -> Result<DeviceId, &'static str> {
    let text = std::str::from_utf8(imei).unwrap_or_default();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    DeviceId::new(Scheme::Imei, text).ok().filter(|_| digits).ok_or("the IMEI is no number")
}

/// The records that tags make; `see` looks at each tag first.
fn records(
    reader: &mut Reader<'_>,
    out: &mut Decoded,
    mut see: impl FnMut(&message::Item<'_>) -> Result<(), Issue>,
) -> Vec<Record> {
    let mut all = Vec::new();
    let mut record = Record::default();
    let mut seen = [false; 256];
    while !reader.is_empty() {
        let item = match message::item(reader) {
            Ok(item) => item,
            Err(issue) => {
                out.issue(issue);
                break;
            }
        };
        let before = seen.get_mut(usize::from(item.tag)).is_some_and(|seen| std::mem::replace(seen, true));
        if before {
            all.push(std::mem::take(&mut record));
            seen = [false; 256];
            if let Some(seen) = seen.get_mut(usize::from(item.tag)) {
                *seen = true;
            }
            if all.len() >= RECORDS_MAX {
                out.issue(Issue::new(item.offset, "more records than a packet may have", RECORDS_MAX));
                return all;
            }
        }
        for issue in [see(&item), record.take(&item)].into_iter().filter_map(Result::err) {
            out.issue(issue);
        }
    }
    if seen.contains(&true) {
        all.push(record);
    }
    all
}

/// A compressed record: the minimum data set, a list of tags, and their data.
fn compressed(now: ReceivedAt, reader: &mut Reader<'_>) -> Result<Record, Issue> {
    let place = reader.offset();
    let cut = |short| Issue::new(place, "a record is cut off", short);
    let minimum = Minimum::read(reader).map_err(cut)?;
    let count = usize::from(reader.u8().map_err(cut)? & 0x7F);
    let list = reader.take(count).map_err(cut)?;
    let mut record = Record::default();
    record.minimum(&minimum, year_of(now, minimum.second_of_year));
    for tag in list {
        record.take(&message::data_of(*tag, reader)?)?;
    }
    Ok(record)
}

/// When the year began in which a second of the year lies that is not ahead of `now`.
fn year_of(now: ReceivedAt, second: u32) -> Timestamp {
    let year = now.0.to_string().get(..4).and_then(|year| year.parse::<i16>().ok()).unwrap_or(1970);
    let begins = |year| Timestamp::from_utc(year, 1, 1, 0, 0, 0).unwrap_or_default();
    let this = begins(year);
    let ahead = this.plus_secs(second.into()).since(now.0) > AHEAD_SECONDS_MAX * 1000;
    if ahead { begins(year - 1) } else { this }
}

/// A part of a photo; the last has a number and nothing else.
fn photo(content: &[u8]) -> Event {
    let mut event = Event::new(EventKind::Media);
    if let Some((number, part)) = content.split_first() {
        event.readings.push(Reading::Code { name: "part".into(), value: i64::from(*number) });
        let bytes = i64::try_from(part.len()).unwrap_or_default();
        event.readings.push(Reading::Code { name: "bytes".into(), value: bytes });
    }
    event
}

impl Session for Galileosky {
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
        let text = command::text(command)?;
        let number = self.waiting.add(now, ticket)?;
        out.reply_only(Some(device), &command::packet(device, self.number, number, &text));
        Ok(())
    }
}
