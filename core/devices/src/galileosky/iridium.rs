//! A terminal heard through Iridium: the gateway's elements, and in the payload tags or a compressed record.

use plomb_model::{DeviceId, Fix, Issue, LatitudeE7, LongitudeE7, Metres, Position, ReceivedAt, Timestamp};
use plomb_wire::{Reader, Short, minutes_to_e7};

use super::normalise::Record;
use super::{compressed, device, records};
use crate::Decoded;

/// What the gateway says beside the payload.
#[derive(Default)]
struct Gateway<'a> {
    device: Option<DeviceId>,
    at: Option<Timestamp>,
    place: Option<(Position, Metres)>,
    payload: Option<(usize, &'a [u8])>,
}

/// Events of one message; the answer is who sent it.
pub(super) fn events(now: ReceivedAt, reader: &mut Reader<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let gateway = match gateway(reader) {
        Ok(gateway) => gateway,
        Err(issue) => {
            out.issue(issue);
            return None;
        }
    };
    let mut found = gateway.payload.map_or_else(Vec::new, |payload| payload_records(now, payload, out));
    if found.is_empty() {
        found.push(Record::default());
    }
    for mut record in found {
        if let Some((place, radius)) = gateway.place.filter(|_| !record.has_place()) {
            record.in_place(place, radius);
        }
        if let Some(at) = gateway.at.filter(|_| !record.has_time()) {
            record.at(at);
        }
        out.event(record.event());
    }
    gateway.device
}

/// A payload does not say whether it is compressed: it is what it can be read as to its end.
fn payload_records(now: ReceivedAt, (offset, payload): (usize, &[u8]), out: &mut Decoded) -> Vec<Record> {
    let mut plain = Decoded::default();
    let as_tags = records(&mut Reader::at(payload, offset), &mut plain, |_| Ok(()));
    plain.report(None, &[]);
    if plain.reports().all(|report| report.issues.is_empty()) {
        return as_tags;
    }
    let mut reader = Reader::at(payload, offset);
    let mut as_compressed = Vec::new();
    while !reader.is_empty() {
        let Ok(record) = compressed(now, &mut reader) else {
            plain.reports().flat_map(|report| report.issues.to_vec()).for_each(|issue| out.issue(issue));
            return as_tags;
        };
        as_compressed.push(record);
    }
    as_compressed
}

fn gateway<'a>(reader: &mut Reader<'a>) -> Result<Gateway<'a>, Issue> {
    let mut gateway = Gateway::default();
    while !reader.is_empty() {
        let place = reader.offset();
        let cut = |short: Short| Issue::new(place, "an element is cut off", short);
        let id = reader.u8().map_err(cut)?;
        let length = usize::from(reader.u16().map_err(cut)?);
        let mut element = reader.part(length).map_err(cut)?;
        match id {
            1 => header(&mut element, &mut gateway)?,
            2 => gateway.payload = Some((element.offset(), element.rest())),
            3 => gateway.place = location(&mut element).map_err(cut)?,
            _ => {}
        }
    }
    Ok(gateway)
}

/// Call reference, IMEI, status, two serials, and the time.
fn header(element: &mut Reader<'_>, gateway: &mut Gateway<'_>) -> Result<(), Issue> {
    let offset = element.offset();
    let cut = |short: Short| Issue::new(offset, "an element is cut off", short);
    element.skip(4).map_err(cut)?;
    let imei = element.take(15).map_err(cut)?;
    let found = || String::from_utf8_lossy(imei).into_owned();
    gateway.device = Some(device(imei).map_err(|why| Issue::new(offset + 4, why, found()))?);
    element.skip(5).map_err(cut)?;
    gateway.at = Some(Timestamp::from_secs(element.u32().map_err(cut)?.into()));
    Ok(())
}

/// Bit 0 west, bit 1 south; degrees and thousandths of minutes; a radius in km.
fn location(element: &mut Reader<'_>) -> Result<Option<(Position, Metres)>, Short> {
    let flags = element.u8()?;
    let mut angle = || Ok(minutes_to_e7(element.u8()?.into(), element.u16()?.into(), 1000));
    let (north, east) = (angle()?, angle()?);
    let radius = element.u32().map_or(0, i64::from);
    let latitude = LatitudeE7::new(if flags & 2 == 0 { north } else { -north }).ok();
    let longitude = LongitudeE7::new(if flags & 1 == 0 { east } else { -east }).ok();
    let place = latitude.zip(longitude).map(|(north, east)| Position::new(north, east, Fix::Network));
    Ok(place.map(|place| (place, Metres(radius.saturating_mul(1000)))))
}
