//! What one connection remembers from frame to frame, and which step each frame takes: read, normalise,
//! acknowledge, report.
//!
//! Acknowledges as the page says: `P35` or `P69` for a lock's report that wants it, `P69` for lock events and
//! sub-devices, `S39` and `S20` for older trackers, and never what is damaged. Source: `docs/protocols/jointech.md`.

use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, DeviceId, Event, EventKind, Issue, OccurredAt,
    Reading, ReceivedAt, Scheme,
};

use super::command;
use super::frame::{Kind, Skipped};
use super::message::{Long, SERIAL_ACK_VERSION_MIN, ShortFrame};
use super::text::{self, Field, Fields, Message};
use super::waiting::Commands;
use super::{normalise, normalise_sensor, normalise_text, normalise_tracker, wlnet};
use crate::Decoded;

/// Seconds in which the device's request for the time is answered once: it confirms our answer with the same word.
const TIME_ANSWER_GAP_S: i64 = 10;

/// What is known from frame to frame.
pub(super) struct Conversation {
    lenient: bool,
    /// Who spoke last; a connection has one device.
    device: Option<DeviceId>,
    commands: Commands,
    time_told_at: Option<ReceivedAt>,
    /// Last lock event by its serial and time: a device repeats it until it is acknowledged.
    lock_event: Option<(Option<u64>, Option<OccurredAt>)>,
    scratch: Vec<u8>,
}

impl Conversation {
    pub(super) fn new(lenient: bool) -> Self {
        Self {
            lenient,
            device: None,
            commands: Commands::default(),
            time_told_at: None,
            lock_event: None,
            scratch: Vec::new(),
        }
    }

    /// Puts a command for the device of this connection into bytes.
    pub(super) fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        if let (Some(to), Some(here)) = (to, self.device)
            && to != here
        {
            let allowed = "the device of this connection";
            return Err(CommandError::Value { what: "device", found: to.to_string(), allowed });
        }
        let device = to.filter(|to| to.scheme() == Scheme::Jointech).or(self.device);
        self.commands.encode(now, device, ticket, command, &mut self.scratch)?;
        out.reply_only(device, &self.scratch);
        Ok(())
    }

    /// Reports bytes that belong to no frame.
    pub(super) fn skipped(&self, bytes: &[u8], why: Skipped, out: &mut Decoded) {
        let what = match why {
            Skipped::Garbage => "bytes outside any frame",
            Skipped::Incomplete => "frame without its end",
        };
        let first = bytes.first().copied().unwrap_or_default();
        // No more of them than the first: they may hold a password.
        out.issue(Issue::new(0, what, format_args!("{} bytes that begin with 0x{first:02X}", bytes.len())));
        out.report(self.device, bytes);
    }

    /// Reports a frame; `whole` is false where its end is missing.
    pub(super) fn frame(
        &mut self,
        now: ReceivedAt,
        kind: Kind,
        bytes: &[u8],
        whole: bool,
        out: &mut Decoded,
    ) {
        if !whole {
            out.issue(Issue::new(
                bytes.len(),
                "frame without its end",
                format_args!("{} bytes", bytes.len()),
            ));
        }
        let device = match kind {
            Kind::Long => Long::read(bytes, whole).and_then(|long| self.long(now, &long, out)),
            Kind::Short => ShortFrame::read(bytes, whole).and_then(|short| Self::short(&short, out)),
            Kind::Text => self.text(now, bytes, out),
        };
        self.device = device.or(self.device);
        out.report(device.or(self.device), bytes);
    }

    fn long(&mut self, now: ReceivedAt, long: &Long<'_>, out: &mut Decoded) -> Option<DeviceId> {
        let mut wants_answer = false;
        for record in long.records() {
            match record {
                Ok(record) => {
                    wants_answer |= normalise::wants_answer(&record);
                    let commands = &mut self.commands;
                    let event = normalise::long(
                        long,
                        &record,
                        |at| if commands.is_empty() { None } else { commands.located(now, at) },
                        out,
                    );
                    out.event(event);
                }
                Err(short) => out.issue(Issue::new(short.offset, "record ends too early", short)),
            }
        }
        match long.serial {
            Some(serial) if wants_answer && long.version >= SERIAL_ACK_VERSION_MIN => {
                acknowledge(u64::from(serial), out);
            }
            Some(_) if wants_answer => out.reply(b"(P35)"),
            _ => {}
        }
        normalise::terminal(long.device)
    }

    fn short(short: &ShortFrame<'_>, out: &mut Decoded) -> Option<DeviceId> {
        for record in short.records() {
            match record {
                Ok(record) => {
                    let event = normalise_tracker::record(short, &record, out);
                    out.event(event);
                }
                Err(short) => out.issue(Issue::new(short.offset, "record ends too early", short)),
            }
        }
        normalise::terminal(short.device)
    }

    fn text(&mut self, now: ReceivedAt, frame: &[u8], out: &mut Decoded) -> Option<DeviceId> {
        let Some((id, message)) = Message::read(frame) else {
            out.issue(Issue::new(frame.len(), "message ends too early", "no word"));
            return None;
        };
        let device = std::str::from_utf8(id.value).ok();
        let device = device.and_then(|id| DeviceId::new(Scheme::Jointech, id).ok());
        match message {
            Message::Heartbeat => out.event(Event::new(EventKind::Heartbeat)),
            Message::W01(fields) => {
                let event = normalise_text::w01(fields, out);
                out.event(event);
            }
            Message::U { word, fields } => {
                if !self.u(&word, fields, frame, out) {
                    // Who sent it is as doubtful as the rest.
                    return None;
                }
            }
            Message::P45(fields) => self.lock_event(now, fields, out),
            Message::Report { serial, data_type, payload } => {
                self.report(now, serial, data_type, payload, out);
            }
            Message::Module { serial, module, fields } => self.module(now, serial, module, fields, out),
            Message::Word { word, fields } => self.word(now, word, fields, out),
        }
        device
    }

    /// A position of an older tracker; false where its checksum is wrong and it was left alone.
    fn u(&self, word: &Field<'_>, fields: Fields<'_>, frame: &[u8], out: &mut Decoded) -> bool {
        let right = normalise_text::u_is_whole(word, &fields, frame, out);
        if !right && !self.lenient {
            return false;
        }
        let (event, whole) = normalise_text::u(word, fields, out);
        out.event(event);
        match word.value {
            b"U01" | b"U02" | b"U03" if whole && right => out.reply(b"(S39)"),
            b"U06" if whole => out.reply(b"(S20)"),
            _ => {}
        }
        true
    }

    fn lock_event(&mut self, now: ReceivedAt, fields: Fields<'_>, out: &mut Decoded) {
        let (mut event, told) = normalise_text::p45(fields, out);
        let this = (told.serial, event.occurred_at);
        let repeated = self.lock_event == Some(this);
        self.lock_event = Some(this);
        if let Some(opened) = told.remote.filter(|_| !repeated)
            && let Some(ticket) = self.commands.unlocked(now, event.occurred_at)
        {
            let outcome = if opened { CommandOutcome::Done } else { CommandOutcome::Failed };
            event.readings.push(Reading::CommandResult { ticket, outcome });
        }
        out.event(event);
        match told.serial {
            Some(serial) => acknowledge(serial, out),
            None if told.old_form => out.reply(b"(P46)"),
            None => {}
        }
    }

    fn report(
        &mut self,
        now: ReceivedAt,
        serial: Option<u64>,
        data_type: Option<u64>,
        raw: Field<'_>,
        out: &mut Decoded,
    ) {
        let payload = wlnet::payload(raw.value, &mut self.scratch);
        let report = match wlnet::Report::read(payload) {
            Ok(report) => report,
            Err(short) => {
                let offset = raw.offset + wlnet::raw_offset(raw.value, payload, short.offset);
                out.issue(Issue::new(offset, "message ends too early", short));
                return;
            }
        };
        let cut = report.is_cut(payload);
        if cut {
            let offset = raw.offset + raw.value.len();
            out.issue(Issue::new(
                offset,
                "message ends too early",
                format_args!("{} bytes of payload", payload.len()),
            ));
        }
        // Offsets in the payload become offsets in the frame, where some bytes are escaped.
        let mut found = Decoded::default();
        let mut event = normalise_sensor::report(&report, &mut found);
        found.report(None, &[]);
        for issue in found.reports().flat_map(|report| report.issues) {
            let index = usize::try_from(issue.offset).unwrap_or_default();
            let offset = raw.offset + wlnet::raw_offset(raw.value, payload, index);
            out.issue(Issue::new(offset, issue.what.clone(), &issue.found));
        }
        event.readings.extend(serial.map(|serial| normalise::code("frame_serial", serial)));
        event.readings.extend(data_type.map(|kind| normalise::code("data_type", kind)));
        if normalise_sensor::is_opening(&report)
            && let Some(ticket) = self.commands.sub_lock_opened(now, event.occurred_at, report.sensor)
        {
            event.readings.push(Reading::CommandResult { ticket, outcome: CommandOutcome::Done });
        }
        out.event(event);
        if !cut {
            acknowledge(u64::from(report.serial), out);
        }
    }

    fn module(
        &mut self,
        now: ReceivedAt,
        serial: Option<u64>,
        module: Field<'_>,
        fields: Fields<'_>,
        out: &mut Decoded,
    ) {
        let last = fields.clone().last().map(|field| field.value);
        let number = fields.clone().next().and_then(|field| field.number());
        let answer = number.and_then(|number| self.commands.module_answered(now, number, serial, last));
        let mut event = message(answer, text::shown(module.value, fields));
        event.serial = serial.and_then(|serial| u32::try_from(serial).ok());
        out.event(event);
    }

    fn word(&mut self, now: ReceivedAt, word: Field<'_>, fields: Fields<'_>, out: &mut Decoded) {
        let last = fields.clone().last().map(|field| field.value);
        let answer = self.commands.answered(now, word.value, last);
        let mut event = message(answer, text::shown(word.value, fields.clone()));
        match word.value {
            b"P01" => event.readings.push(Reading::Firmware(fields.rest().text().into())),
            b"P22" if answer.is_none() => {
                event.readings.push(Reading::Request("time".into()));
                self.tell_time(now, out);
            }
            b"P52" => event.readings.push(Reading::Request("dynamic-password".into())),
            b"P43" if fields.clone().next().is_some_and(|field| field.value == b"0") => {
                event.readings.push(Reading::Request("password-change".into()));
            }
            _ => {}
        }
        out.event(event);
    }

    fn tell_time(&mut self, now: ReceivedAt, out: &mut Decoded) {
        let told = self.time_told_at.is_some_and(|at| now.0.since(at.0) < TIME_ANSWER_GAP_S * 1_000);
        if !told {
            self.time_told_at = Some(now);
            self.scratch.clear();
            command::time(now.0, &mut self.scratch);
            out.reply(&self.scratch);
        }
    }
}

/// A text of the device, the result of a command if it is the answer to one.
fn message(answer: Option<(CommandTicket, CommandOutcome)>, text: String) -> Event {
    let kind = if answer.is_some() { EventKind::CommandResult } else { EventKind::Message };
    let mut event = Event::new(kind);
    event.readings.push(Reading::Text(text.into()));
    if let Some((ticket, outcome)) = answer {
        event.readings.push(Reading::CommandResult { ticket, outcome });
    }
    event
}

/// `(P69,0,serial)`.
fn acknowledge(serial: u64, out: &mut Decoded) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut left = serial;
    for (index, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + u8::try_from(left % 10).unwrap_or_default();
        left /= 10;
        at = index;
        if left == 0 {
            break;
        }
    }
    out.reply(b"(P69,0,");
    out.reply(digits.get(at..).unwrap_or_default());
    out.reply(b")");
}
