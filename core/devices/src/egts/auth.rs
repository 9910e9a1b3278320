//! Subrecords of the service AUTH: who the terminal is.

use plomb_model::{DeviceId, Event, EventKind, Issue, Reading};
use plomb_wire::{Reader, Short};

use super::record::{Record, Subrecord, subrecord};
use crate::web;

/// What a record of the service brought.
#[derive(Debug, Default)]
pub(super) struct Authentication {
    /// The terminal, where it said who it is.
    pub(super) device: Option<DeviceId>,
    /// It wants to know whether it is accepted.
    pub(super) asks: bool,
    pub(super) event: Option<Event>,
}

/// Reads a record of the service.
pub(super) fn read(record: &Record<'_>, issues: &mut Vec<Issue>) -> Authentication {
    let mut found = Authentication::default();
    let mut reader = Reader::at(record.content, record.content_at);
    while !reader.is_empty() {
        let offset = reader.offset();
        let read = subrecord(&mut reader);
        let done = match read {
            Ok(part) => apply(&part, &mut found, issues),
            Err(short) => {
                issues.push(Issue::new(offset, "the subrecord ends early", short));
                break;
            }
        };
        if let Err(short) = done {
            issues.push(Issue::new(offset, "the subrecord ends early", short));
        }
    }
    found
}

fn apply(sub: &Subrecord<'_>, found: &mut Authentication, issues: &mut Vec<Issue>) -> Result<(), Short> {
    let mut part = sub.reader();
    let fresh = || Event::new(EventKind::Login);
    match sub.kind {
        1 => {
            found.asks = true;
            match web::tracker(&identity(&mut part)?, sub.offset) {
                Ok(device) => found.device = Some(device),
                Err(issue) => issues.push(issue),
            }
            found.event.get_or_insert_with(fresh);
        }
        2 => {
            // Type of the module and its vendor.
            part.skip(5)?;
            let [major, minor] = part.array()?;
            let event = found.event.get_or_insert_with(fresh);
            event.readings.push(Reading::Firmware(format!("{minor}.{major}").into()));
        }
        3 => {
            let vehicle = String::from_utf8_lossy(part.take(17)?).trim_matches(['\0', ' ']).to_owned();
            let event = found.event.get_or_insert_with(fresh);
            event.readings.push(Reading::BoundTo(vehicle.into()));
        }
        5 => {
            // Another server: its records name their objects.
            found.asks = true;
            part.skip(1)?;
            let number = part.u32_le()?;
            let event = found.event.get_or_insert_with(fresh);
            event.readings.push(Reading::Code { name: "dispatcher".into(), value: i64::from(number) });
        }
        // A user's name and password.
        7 => {
            found.asks = true;
            found.event.get_or_insert_with(fresh);
        }
        _ => {}
    }
    Ok(())
}

/// IMEI, else IMSI, else telephone number, else the terminal's own number.
fn identity(part: &mut Reader<'_>) -> Result<String, Short> {
    let own = part.u32_le()?;
    let flags = part.u8()?;
    let on = |bit: u8| flags >> bit & 1 == 1;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_matches(['\0', ' ']).to_owned();
    let mut name = String::new();
    let mut take = |found: String| {
        if name.is_empty() {
            name = found;
        }
    };
    part.skip(if on(0) { 2 } else { 0 })?;
    if on(1) {
        take(text(part.take(15)?));
    }
    if on(2) {
        take(text(part.take(16)?));
    }
    part.skip(if on(3) { 3 } else { 0 })?;
    part.skip(if on(5) { 3 } else { 0 })?;
    part.skip(if on(6) { 2 } else { 0 })?;
    if on(7) {
        take(text(part.take(15)?));
    }
    take(own.to_string());
    Ok(name)
}
