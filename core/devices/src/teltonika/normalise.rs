//! Bodies to events: the only place where Teltonika's units become ours.

use std::collections::VecDeque;

use plomb_model::{
    CardNumber, CentiDegrees, CommandOutcome, CommandTicket, DeviceId, Event, EventKind, Fix, Issue,
    LatitudeE7, LongitudeE7, Metres, OccurredAt, Percent, Position, Reading, Scheme, Signal, Speed,
    Timestamp,
};
use plomb_wire::{Reader, Short, bcd_digits, to_hex};

use super::element::Draft;
use super::message::{Camera, Codec, TYPE_ANSWER, TYPE_CAMERA, TYPE_COMMAND, TYPE_REFUSED, Text};
use super::record::{Head, Layout, MaskedHead};
use crate::Decoded;

/// 2007-01-01T00:00:00Z in seconds since 1970: where the clock of codec 7 begins.
const CODEC_7_EPOCH_S: i64 = 1_167_609_600;
/// Bytes of an answer or a picture's part that go into an event; the frame keeps them all.
const CONTENT_BYTES_MAX: usize = 2048;
/// Steps of the GSM level (element 21).
const GSM_LEVELS: u32 = 5;

/// The device has said who it is.
pub(super) const fn login() -> Event {
    Event::new(EventKind::Login)
}

/// Reads one body.
pub(super) struct Body<'s> {
    pub(super) waiting: &'s mut VecDeque<CommandTicket>,
}

impl Body<'_> {
    /// Writes the body's events; returns how many records were taken, from the first on.
    pub(super) fn read(&mut self, mut reader: Reader<'_>, out: &mut Decoded) -> u8 {
        let offset = reader.offset();
        let (Ok(byte), Ok(count)) = (reader.u8(), reader.u8()) else {
            out.issue(Issue::new(offset, "the body has no codec and count", reader.left()));
            return 0;
        };
        let Some(codec) = Codec::from_byte(byte) else {
            out.issue(Issue::new(offset, "no such codec", format!("0x{byte:02x}")));
            return 0;
        };
        let taken = if codec.has_records() {
            records(codec, count, &mut reader, out)
        } else {
            self.texts(codec, count, &mut reader, out)
        };
        if taken == count {
            check_count(count, &mut reader, out);
        }
        taken
    }

    fn texts(&mut self, codec: Codec, count: u8, reader: &mut Reader<'_>, out: &mut Decoded) -> u8 {
        for taken in 0..count {
            match Text::read(reader, codec) {
                Ok(text) => out.event(self.text(&text)),
                Err(short) => {
                    out.issue(cut(short));
                    return taken;
                }
            }
        }
        count
    }

    fn text(&mut self, text: &Text<'_>) -> Event {
        if text.kind == TYPE_CAMERA {
            return camera(text);
        }
        let ticket = match text.kind {
            TYPE_ANSWER | TYPE_REFUSED => self.waiting.pop_front(),
            _ => None,
        };
        let kind = if ticket.is_some() { EventKind::CommandResult } else { EventKind::Message };
        let mut event = Event::new(kind);
        event.occurred_at = text.time_s.map(|seconds| OccurredAt(Timestamp::from_secs(i64::from(seconds))));
        if let Some(ticket) = ticket {
            let outcome =
                if text.kind == TYPE_REFUSED { CommandOutcome::Failed } else { CommandOutcome::Answered };
            event.readings.push(Reading::CommandResult { ticket, outcome });
        }
        // One zero digit stands before the IMEI.
        let imei = text
            .imei
            .map(|bcd| bcd_digits(&bcd))
            .and_then(|digits| DeviceId::new(Scheme::Imei, digits.get(1..)?).ok());
        event.readings.extend(imei.map(Reading::Imei));
        match text.text() {
            Some(words) => {
                event.readings.extend(driver(words));
                event.readings.push(Reading::Text(words.into()));
            }
            None => event.readings.push(bytes("answer", text.content)),
        }
        if !matches!(text.kind, TYPE_ANSWER | TYPE_COMMAND) {
            event.readings.push(Reading::Code { name: "type".into(), value: i64::from(text.kind) });
        }
        event
    }
}

/// `GTSL|6|1|0|<card>|...`: a driver's card shown at a serial reader.
fn driver(words: &str) -> Option<Reading> {
    let mut parts = words.split('|');
    let card = (parts.next() == Some("GTSL")).then(|| parts.nth(3)).flatten()?;
    (!card.is_empty()).then(|| Reading::Card(CardNumber(card.into())))
}

fn camera(text: &Text<'_>) -> Event {
    let mut event = Event::new(EventKind::Media);
    let code = |name: &'static str, value: u32| Reading::Code { name: name.into(), value: i64::from(value) };
    match Camera::read(text.content, text.content_offset) {
        Ok(Camera::Offer { photo, size }) => {
            event.readings.extend([code("photo", photo), code("photo.size", size)])
        }
        Ok(Camera::Part { photo, offset, bytes: part }) => {
            event.readings.extend([
                code("photo", photo),
                code("photo.offset", offset),
                bytes("photo.part", part),
            ]);
        }
        Ok(Camera::Other { .. }) | Err(_) => event.readings.push(bytes("camera", text.content)),
    }
    event
}

fn bytes(name: &'static str, value: &[u8]) -> Reading {
    Reading::Bytes { name: name.into(), value: value.get(..CONTENT_BYTES_MAX).unwrap_or(value).into() }
}

fn check_count(count: u8, reader: &mut Reader<'_>, out: &mut Decoded) {
    let offset = reader.offset();
    match reader.u8() {
        Ok(again) if again == count => {}
        Ok(again) => out.issue(Issue::new(
            offset,
            "the counts before and after the records differ",
            format!("{count}, {again}"),
        )),
        Err(short) => out.issue(cut(short)),
    }
}

fn cut(short: Short) -> Issue {
    Issue::new(short.offset, "the body ends too early", short)
}

fn records(codec: Codec, count: u8, reader: &mut Reader<'_>, out: &mut Decoded) -> u8 {
    let rest = reader.rest();
    // The count after the records is no part of them.
    let layout = Layout::of(codec, count, rest.get(..rest.len().saturating_sub(1)).unwrap_or_default());
    for taken in 0..count {
        let read = if codec == Codec::Seven {
            masked_record(layout, reader, out)
        } else {
            record(layout, reader, out)
        };
        if let Err(short) = read {
            out.issue(cut(short));
            return taken;
        }
    }
    count
}

fn record(layout: Layout, reader: &mut Reader<'_>, out: &mut Decoded) -> Result<(), Short> {
    let head = layout.head(reader)?;
    let mut draft = Draft::new(head.event);
    layout.elements(reader, 0x0F, |element| draft.element(&element))?;
    let mut event = draft.finish();
    event.occurred_at = time(&head, out);
    event.position = place(&head, out);
    // 2 is "panic" in the vendor's words.
    event.signals = event.signals.with_if(head.priority == 2, Signal::Sos);
    if head.event != 0 {
        event.readings.push(Reading::Code { name: "event".into(), value: i64::from(head.event) });
    }
    if let Some(generation) = head.generation {
        event.readings.push(Reading::Code { name: "generation".into(), value: i64::from(generation) });
    }
    out.event(event);
    Ok(())
}

/// A clock before 2000 or beyond a signed count of milliseconds was never set.
fn time(head: &Head, out: &mut Decoded) -> Option<OccurredAt> {
    const YEAR_2000_MS: i64 = 946_684_800_000;
    match i64::try_from(head.time_ms).ok().filter(|millis| *millis >= YEAR_2000_MS) {
        Some(millis) => Some(OccurredAt(Timestamp::from_millis(millis))),
        None => {
            out.issue(Issue::new(head.offset, "the time is not set", head.time_ms));
            None
        }
    }
}

fn place(head: &Head, out: &mut Decoded) -> Option<Position> {
    let fix = if head.satellites == 0 { Fix::Stale } else { Fix::Gnss };
    if fix == Fix::Stale && head.latitude == 0 && head.longitude == 0 {
        return None;
    }
    // Time 8 and priority 1 come first.
    let offset = head.offset + 9;
    let (Ok(latitude), Ok(longitude)) =
        (LatitudeE7::new(i64::from(head.latitude)), LongitudeE7::new(i64::from(head.longitude)))
    else {
        out.issue(Issue::new(
            offset,
            "the place is beyond the globe",
            format!("{}, {}", head.latitude, head.longitude),
        ));
        return None;
    };
    let mut position = Position::new(latitude, longitude, fix);
    position.altitude = Some(Metres(i64::from(head.altitude)));
    position.course = (head.angle < 360).then(|| CentiDegrees::from_degrees(i32::from(head.angle)));
    position.speed = Some(Speed::from_kmh(u32::from(head.speed)));
    position.satellites = Some(head.satellites);
    Some(position)
}

fn masked_record(layout: Layout, reader: &mut Reader<'_>, out: &mut Decoded) -> Result<(), Short> {
    let head = MaskedHead::read(reader)?;
    let mut draft = Draft::new(0);
    layout.elements(reader, head.mask, |element| draft.element(&element))?;
    let mut event = draft.finish();
    // The upper two bits are the priority, of which 2 is alarm and 3 is for tests.
    let seconds = CODEC_7_EPOCH_S + i64::from(head.time & 0x3FFF_FFFF);
    event.occurred_at = Some(OccurredAt(Timestamp::from_secs(seconds)));
    event.signals = event.signals.with_if(head.time >> 30 == 2, Signal::General);
    event.position = masked_place(&head, out);
    if event.position.is_none() {
        event.kind = EventKind::Status;
    }
    if let Some((area, cell)) = head.cell {
        let operator = head.operator.unwrap_or(0);
        let (mcc, mnc) = (operator / 100, operator % 100);
        event.readings.push(Reading::CellTower(plomb_model::CellTower {
            mcc: u16::try_from(mcc).unwrap_or(0),
            mnc: u16::try_from(mnc).unwrap_or(0),
            area: u32::from(area),
            cell: u64::from(cell),
        }));
    }
    event.readings.extend(
        head.signal.map(|level| Reading::NetworkSignal(Percent::share(u32::from(level), GSM_LEVELS))),
    );
    out.event(event);
    Ok(())
}

fn masked_place(head: &MaskedHead, out: &mut Decoded) -> Option<Position> {
    let (latitude, longitude) = head.place?;
    let (Ok(latitude), Ok(longitude)) = (LatitudeE7::new(e7(latitude)), LongitudeE7::new(e7(longitude)))
    else {
        let found = format!("{latitude}, {longitude}");
        out.issue(Issue::new(head.place_offset, "the place is beyond the globe", found));
        return None;
    };
    let fix = if head.satellites == Some(0) { Fix::Stale } else { Fix::Gnss };
    let mut position = Position::new(latitude, longitude, fix);
    position.altitude = head.altitude.map(|metres| Metres(i64::from(metres)));
    position.course = head.angle.map(|angle| CentiDegrees(i32::from(angle) * 36_000 / 256));
    position.speed = head.speed.map(|kmh| Speed::from_kmh(u32::from(kmh)));
    position.satellites = head.satellites;
    Some(position)
}

/// A coordinate of codec 7 is a 32-bit float of degrees; what is no number is beyond the globe.
fn e7(degrees: f32) -> i64 {
    let e7 = f64::from(degrees) * 1e7;
    if !e7.is_finite() || e7.abs() > 1.8e9 {
        return i64::MAX;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked against the globe just now")]
    let whole = e7.round() as i64;
    whole
}

/// The hex of a short value, for people.
pub(super) fn hex(value: &[u8]) -> String {
    to_hex(value)
}
