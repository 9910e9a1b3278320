//! The nine bytes of a simplex message.
//!
//! Byte 0: bits 0 and 1 the type, then its flags. Type 0 is a location: bit 2 battery replacement, bit 3 GPS invalid,
//! bit 4 missed input 1, bit 5 missed input 2, bits 6 and 7 the count of GPS failures; latitude and longitude 3 bytes
//! each in 90 and 180 degrees over 2^23. Byte 7: bits 0 and 2 input 1 and 2 made it report, bits 1 and 3 their states,
//! bits 4 to 7 the sub-type. Byte 8: bit 3 vibration made it report, bit 4 it vibrates, bit 5 a 2D fix, bit 6 it moves.

use plomb_model::{Event, EventKind, Fix, LatitudeE7, LongitudeE7, Position, Reading, Signal};
use plomb_wire::Reader;

/// Latitude and longitude that say that there is none.
const NO_PLACE: i64 = 0x00FF_FFFF;

/// Adds what the payload says to the event.
pub(super) fn read(bytes: &[u8], event: &mut Event) {
    event.readings.push(Reading::Bytes { name: "payload".into(), value: bytes.into() });
    if bytes.len() == 9 && bytes.first().is_some_and(|first| first & 3 == 0) {
        location(bytes, event);
    }
}

fn location(bytes: &[u8], event: &mut Event) -> Option<()> {
    let mut reader = Reader::new(bytes);
    let flags = reader.take(1).ok()?.first().copied()?;
    let north = i64::from(reader.u24().ok()?);
    let east = i64::from(reader.u24().ok()?);
    let &[inputs, quality] = reader.take(2).ok()? else { return None };
    event.signals = event.signals.with_if(flags & 0x04 != 0, Signal::LowBattery);
    event.readings.push(Reading::Code { name: "sub-type".into(), value: i64::from(inputs >> 4) });
    event.readings.push(Reading::Input { number: 1, on: inputs & 0x02 != 0 });
    event.readings.push(Reading::Input { number: 2, on: inputs & 0x08 != 0 });
    event.signals = event.signals.with_if(quality & 0x08 != 0, Signal::Shock);
    event.readings.push(Reading::Motion(quality & 0x40 != 0));
    if north == NO_PLACE && east == NO_PLACE {
        return None;
    }
    let fix = if flags & 0x08 != 0 { Fix::Stale } else { Fix::Gnss };
    let latitude = LatitudeE7::new(degrees(north, 90)).ok()?;
    let longitude = LongitudeE7::new(degrees(east, 180)).ok()?;
    event.position = Some(Position::new(latitude, longitude, fix));
    event.kind = EventKind::Position;
    Some(())
}

/// Two's complement of 24 bits in `half` degrees over 2^23, in 1e-7 degree.
const fn degrees(raw: i64, half: i64) -> i64 {
    let signed = if raw >= 1 << 23 { raw - (1 << 24) } else { raw };
    signed * half * 10_000_000 / (1 << 23)
}
