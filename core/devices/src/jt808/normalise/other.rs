//! Messages that are no location: introductions, properties, parameters, media, drivers, texts, series.
//!
//! Source: JT/T 808-2013 §8.5 to §8.60 as each function says; vendor messages from device captures.

use plomb_model::{CardNumber, DeviceId, Event, EventKind, Reading, Scheme};
use plomb_wire::{Reader, Short, to_hex};

use super::super::message::{self, Registration};
use super::super::terminals::Known;
use super::transparent::text_or_bytes;
use super::{Notes, Scope, alarm, ascii, item, location, text};

/// Longest text kept of one field.
const FIELD_BYTES_MAX: usize = 256;
/// Longest text kept of a text report.
const REPORT_BYTES_MAX: usize = 1024;
/// Most parameters kept of one answer; the standard has about 80.
const PARAMETERS_MAX: usize = 200;
/// Most records of an acceleration series: 12 bytes each in a body of 1,023.
const SERIES_MAX: usize = 85;

/// A registration, §8.5. Also says whether the model's alarm bits follow the padlock table.
pub(in super::super) fn registration(
    scope: &Scope,
    reader: &mut Reader<'_>,
    notes: &mut Notes<'_>,
) -> Option<Known> {
    let mut event = scope.event(EventKind::Login);
    let mut learned = None;
    match Registration::read(reader, scope.edition_2019) {
        Ok(found) => {
            learned = alarm::is_padlock(found.model).then_some(Known::PADLOCK);
            let readings = &mut event.readings;
            readings.extend(ascii(found.model).map(Reading::Model));
            readings.extend(ascii(found.maker).map(|maker| Reading::Text(format!("maker {maker}").into())));
            readings.extend(ascii(found.terminal).map(|id| Reading::Text(format!("terminal {id}").into())));
            let plate = text(found.plate);
            if !plate.is_empty() {
                readings.push(Reading::BoundTo(plate));
            }
            code(&mut event, "province", found.province);
            code(&mut event, "city", found.city);
            code(&mut event, "plate colour", found.colour);
            code(&mut event, "edition", found.edition);
        }
        Err(short) => notes.short(short),
    }
    notes.out.event(event);
    learned
}

fn code(event: &mut Event, name: &'static str, value: impl Into<i64>) {
    event.readings.push(Reading::Code { name: name.into(), value: value.into() });
}

/// An authentication, §8.8: the code is the whole body, in 2019 behind its length and before IMEI and firmware.
/// Gives the code that was shown; it goes into no event.
pub(in super::super) fn authentication<'a>(
    event: &mut Event,
    body: &'a [u8],
    edition_2019: bool,
) -> &'a [u8] {
    let mut reader = Reader::new(body);
    let parts = |reader: &mut Reader<'a>| -> Result<_, Short> {
        let length = usize::from(reader.u8()?);
        Ok((reader.take(length)?, reader.take(15)?, reader.take(reader.left())?))
    };
    if edition_2019 && let Ok((shown, imei, firmware)) = parts(&mut reader) {
        let imei = ascii(imei).and_then(|imei| DeviceId::new(Scheme::Imei, &imei).ok());
        event.readings.extend(imei.map(Reading::Imei));
        event.readings.extend(ascii(firmware).map(Reading::Firmware));
        return shown;
    }
    let end = body.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
    body.get(..end).unwrap_or_default()
}

/// Properties 0x0107, §8.10: the lengths of model and number follow from the edition.
pub(in super::super) fn properties(
    scope: &Scope,
    reader: &mut Reader<'_>,
    event: &mut Event,
) -> Result<(), Short> {
    code(event, "terminal type", reader.u16()?);
    let (model, terminal) = if scope.edition_2019 { (30, 30) } else { (20, 7) };
    event.readings.extend(ascii(reader.take(5)?).map(|maker| Reading::Text(format!("maker {maker}").into())));
    event.readings.extend(ascii(reader.take(model)?).map(Reading::Model));
    event
        .readings
        .extend(ascii(reader.take(terminal)?).map(|id| Reading::Text(format!("terminal {id}").into())));
    event.readings.push(Reading::Iccid(to_hex(reader.take(10)?).into()));
    let length = usize::from(reader.u8()?);
    let hardware = ascii(reader.take(length)?);
    event.readings.extend(hardware.map(|hardware| Reading::Text(format!("hardware {hardware}").into())));
    let length = usize::from(reader.u8()?);
    event.readings.extend(ascii(reader.take(length)?).map(Reading::Firmware));
    code(event, "satellite systems", reader.u8()?);
    code(event, "networks", reader.u8()?);
    Ok(())
}

/// Parameters 0x0104, §8.12: what a parameter holds is kept for numbers and texts of the standard. Passwords
/// and the vendors' own (0xF000 and above, where lock passwords may be) are mentioned by number only.
pub(in super::super) fn parameters(reader: &mut Reader<'_>, event: &mut Event) -> Result<(), Short> {
    let count = reader.u8()?;
    code(event, "parameters", count);
    for _ in 0..usize::from(count).min(PARAMETERS_MAX) {
        let id = reader.u32()?;
        let length = usize::from(reader.u8()?);
        let bytes = reader.take(length)?;
        let name = format!("parameter {id:04X}");
        let secret = matches!(id, 0x0012 | 0x0016 | 0x001F | 0x0025 | 0xF000..);
        event.readings.push(match bytes.len() {
            _ if secret => {
                Reading::Code { name: format!("{name}, bytes withheld").into(), value: count_of(bytes) }
            }
            1..=4 => {
                let value = bytes.iter().fold(0, |number, byte| number << 8 | i64::from(*byte));
                Reading::Code { name: name.into(), value }
            }
            _ => Reading::Text(format!("{name}: {}", item::limited_text(bytes, FIELD_BYTES_MAX)).into()),
        });
    }
    Ok(())
}

fn count_of(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

/// Media data 0x0801, §8.51: number, kind, format, event, channel, the place where it was taken, and the data,
/// which stays in the frame. Gives the number.
pub(in super::super) fn media(
    scope: &Scope,
    reader: &mut Reader<'_>,
    notes: &mut Notes<'_>,
) -> Option<(u32, Option<Known>)> {
    let mut head = || -> Result<_, Short> { Ok((reader.u32()?, reader.array::<4>()?)) };
    let (number, kind) = match head() {
        Ok(head) => head,
        Err(short) => {
            notes.short(short);
            notes.out.event(scope.event(EventKind::Media));
            return None;
        }
    };
    let mut draft = if reader.left() >= message::Location::BYTES {
        let mut place = reader.part(message::Location::BYTES).unwrap_or(*reader);
        location::draft(scope, &mut place, notes)
    } else {
        location::Draft::new(scope.event(EventKind::Media))
    };
    draft.event.kind = EventKind::Media;
    media_codes(&mut draft.event, number, kind);
    code(&mut draft.event, "bytes of media data", count_of(reader.rest()));
    Some((number, draft.finish(notes)))
}

/// A media event 0x0800, §8.50.
pub(in super::super) fn media_event(reader: &mut Reader<'_>, event: &mut Event) -> Result<(), Short> {
    let number = reader.u32()?;
    media_codes(event, number, reader.array()?);
    Ok(())
}

fn media_codes(event: &mut Event, number: u32, [kind, format, cause, channel]: [u8; 4]) {
    code(event, "media number", number);
    code(event, "media kind: 0 image, 1 sound, 2 video", kind);
    code(event, "media format", format);
    code(event, "media event", cause);
    code(event, "media channel", channel);
}

/// Identity of the driver 0x0702: 2013 and later {1 in or 2 out, time, result, name, certificate, issuer,
/// expiry}; 2011 begins with the name.
pub(in super::super) fn driver(
    scope: &Scope,
    reader: &mut Reader<'_>,
    event: &mut Event,
    notes: &mut Notes<'_>,
) -> Result<(), Short> {
    let mut ahead = *reader;
    let begins = (ahead.u8(), ahead.array::<6>());
    let (Ok(state @ 1..=2), Ok(time)) = begins else { return driver_2011(reader, event) };
    if super::local_time(time).is_none() && time != [0; 6] {
        return driver_2011(reader, event);
    }
    let at = reader.offset() + 1;
    *reader = ahead;
    event.occurred_at = scope.time(time, at, notes);
    code(event, "driver card: 1 inserted, 2 pulled", state);
    if state == 1 && !reader.is_empty() {
        code(event, "driver card result", reader.u8()?);
        driver_name(reader, event)?;
        card(reader.take(20)?, event);
    }
    Ok(())
}

fn driver_2011(reader: &mut Reader<'_>, event: &mut Event) -> Result<(), Short> {
    driver_name(reader, event)?;
    card(reader.take(20)?, event);
    Ok(())
}

fn driver_name(reader: &mut Reader<'_>, event: &mut Event) -> Result<(), Short> {
    let length = usize::from(reader.u8()?);
    let name = text(reader.take(length)?);
    if !name.is_empty() {
        event.readings.push(Reading::Text(format!("driver {name}").into()));
    }
    Ok(())
}

fn card(bytes: &[u8], event: &mut Event) {
    event.readings.extend(ascii(bytes).map(|card| Reading::Card(CardNumber(card))));
}

/// Text report 0x6006 [vendor]: encoding (1 = UTF-16), text.
pub(in super::super) fn text_report(reader: &mut Reader<'_>) -> Reading {
    let encoding = reader.u8().unwrap_or_default();
    let bytes = reader.rest();
    Reading::Text(if encoding == 1 { wide(bytes) } else { item::limited_text(bytes, REPORT_BYTES_MAX) })
}

/// Text answer 0x1300 [vendor]: our serial number, and UTF-16 or single bytes. Gives the serial number too.
pub(in super::super) fn text_answer(reader: &mut Reader<'_>) -> (Option<u16>, Reading) {
    let serial = reader.u16().ok();
    let bytes = reader.rest();
    let is_wide = bytes.len() >= 2 && bytes.iter().step_by(2).all(|byte| *byte == 0);
    (serial, Reading::Text(if is_wide { wide(bytes) } else { item::limited_text(bytes, REPORT_BYTES_MAX) }))
}

/// UTF-16, big-endian.
fn wide(bytes: &[u8]) -> Box<str> {
    let bytes = bytes.get(..REPORT_BYTES_MAX).unwrap_or(bytes);
    let (text, _) = encoding_rs::UTF_16BE.decode_without_bom_handling(bytes);
    text.trim_matches(|c: char| c.is_control() || c.is_whitespace()).into()
}

/// Acceleration series 0x2070 [vendor]: {time BCD, three axes with a sign bit} every second, an event each.
/// The unit is not published (1 g reads as about 178), so the numbers stay as they are.
pub(in super::super) fn series(scope: &Scope, reader: &mut Reader<'_>, notes: &mut Notes<'_>) {
    for _ in 0..SERIES_MAX {
        let at = reader.offset();
        let mut record =
            || -> Result<_, Short> { Ok((reader.array()?, [reader.u16()?, reader.u16()?, reader.u16()?])) };
        match record() {
            Ok((time, axes)) => {
                let mut event = scope.event(EventKind::Status);
                event.occurred_at = scope.time(time, at, notes);
                for (name, raw) in
                    ["acceleration x", "acceleration y", "acceleration z"].into_iter().zip(axes)
                {
                    let magnitude = i64::from(raw & 0x7FFF);
                    code(&mut event, name, if raw & 0x8000 == 0 { magnitude } else { -magnitude });
                }
                notes.out.event(event);
            }
            Err(short) if reader.is_empty() && short.left == 0 => return,
            Err(short) => return notes.short(short),
        }
    }
}

/// A message of which only the body is kept.
pub(in super::super) fn kept(name: &'static str, reader: &Reader<'_>, event: &mut Event) {
    if !reader.is_empty() {
        event.readings.push(text_or_bytes(name, reader.rest()));
    }
}
