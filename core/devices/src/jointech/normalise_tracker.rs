//! Records of the older trackers to events: the fourth part of `normalise.rs`.
//!
//! Refuses to call a bit an alarm that the page or the reference decoder does not. Source:
//! `docs/protocols/jointech.md`, "Layout"; the status bits of vehicle trackers follow the reference decoder.

use plomb_model::{CellTower, Event, EventKind, Metres, Reading, SealPart, Signal, Signals};

use super::message::{ShortFrame, ShortRecord, ShortState};
use super::normalise::{
    DATA_TYPE_REAL_TIME, battery, bytes, code, delivery, network, occurred, odometer, place,
};
use crate::Decoded;

/// A record of an older tracker.
pub(super) fn record(frame: &ShortFrame<'_>, record: &ShortRecord, out: &mut Decoded) -> Event {
    let mut event = Event::new(EventKind::Position);
    event.serial = frame.serial.map(u32::from);
    event.delivery = delivery(frame.data_type);
    event.occurred_at = occurred(record.location.time, record.location.offset, out);
    event.position = place(&record.location, false, out);
    match record.state {
        ShortState::Portable { satellites, power, flags, altitude, cell, area, signal } => {
            if let Some(position) = &mut event.position {
                position.satellites = Some(satellites);
                position.altitude = Some(Metres(i64::from(altitude)));
            }
            // After place, satellites: 18 bytes into the record.
            event.readings.extend(battery(power, record.location.offset + 18, out));
            event.readings.push(network(u64::from(signal)));
            event.readings.push(code("flags", flags));
            if cell != 0 || area != 0 {
                let tower = CellTower { mcc: 0, mnc: 0, area: u32::from(area), cell: u64::from(cell) };
                event.readings.push(Reading::CellTower(tower));
            }
        }
        ShortState::Vehicle { fuel, status, mileage } => vehicle(&mut event, fuel, status, mileage),
        ShortState::Fuel { fuel: [first, second, third], mileage, status } => {
            event.readings.push(Reading::Ignition(status & 1 != 0));
            event.readings.push(odometer(u64::from(mileage)));
            event.readings.push(code("status", status));
            event.readings.extend([code("fuel_1", first), code("fuel_2", second), code("fuel_3", third)]);
        }
        ShortState::Other(rest) => event.readings.push(bytes("rest", &rest)),
    }
    if frame.data_type != DATA_TYPE_REAL_TIME {
        event.readings.push(code("data_type", frame.data_type));
    }
    event
}

/// What the reference decoder says of a vehicle tracker's bits; all four bytes are kept as a number beside it.
fn vehicle(event: &mut Event, fuel: u16, status: [u8; 4], mileage: u32) {
    let [first, second, third, _] = status;
    let on = |byte: u8, bit: u8| byte & 1 << bit != 0;
    event.signals = Signals::NONE
        .with_if(on(second, 2), Signal::Sos)
        .with_if(on(second, 3) || on(second, 4), Signal::GnssAntennaFault)
        .with_if(on(third, 2), Signal::Fatigue)
        .with_if(on(third, 3), Signal::Displaced);
    event.seal = event.seal.with(SealPart::DoorClosed, !on(first, 6));
    event.readings.push(Reading::Ignition(on(first, 0)));
    event.readings.push(Reading::Charging(on(second, 0)));
    event.readings.push(odometer(u64::from(mileage)));
    event.readings.push(code("fuel", fuel));
    event.readings.push(code("status", u32::from_be_bytes(status)));
}
