//! Binary messages to events: with the other `normalise_*.rs` the only place where units are converted and bits get
//! names.
//!
//! A value that cannot be is left out with an issue; the rest of the record stays. Refuses to guess: bits
//! and codes without a public meaning stay numbers. Source: `docs/protocols/jointech.md`, "Lock status".

use plomb_model::{
    CellTower, CentiDegrees, CommandTicket, Delivery, DeviceId, Event, EventKind, Fix, Issue, LatitudeE7,
    LongitudeE7, Metres, OccurredAt, Percent, Position, Reading, Scheme, SealEvidence, SealPart, Signal,
    Signals, Speed, Timestamp,
};
use plomb_wire::{bcd_number, bcd_u8, minutes_to_e7, to_hex};

use super::message::{Location, Long, LongRecord, LongState, TAIL_VERSION_MIN, Tail};
use crate::Decoded;

/// Data type of what the device kept while it had no network.
const DATA_TYPE_BLIND_AREA: u8 = 3;
/// Data type of a fresh position.
pub(super) const DATA_TYPE_REAL_TIME: u8 = 1;
/// Device type of all locks seen.
const DEVICE_TYPE_RECHARGEABLE: u8 = 1;
/// Battery value of a device that is being charged.
const BATTERY_CHARGING: u8 = 0xFF;
/// Greatest level of the network's signal.
const SIGNAL_MAX: u64 = 31;
/// What single bytes of a lock's tail hold when there is nothing to say.
const NONE: u8 = 0x0F;
/// Readings of a lock's record: enough for most, so that they are allocated once.
const READINGS: usize = 8;

/// Bits of a lock's status word.
mod status {
    /// Placed by cell towers.
    pub(super) const LBS: u16 = 1;
    /// Entered a fence.
    pub(super) const FENCE_IN: u16 = 1 << 1;
    /// Left a fence.
    pub(super) const FENCE_OUT: u16 = 1 << 2;
    /// Alarm: rope cut.
    pub(super) const ROPE_CUT: u16 = 1 << 3;
    /// Alarm: vibration.
    pub(super) const VIBRATION: u16 = 1 << 4;
    /// The platform must acknowledge.
    pub(super) const ACKNOWLEDGE: u16 = 1 << 5;
    /// Rope inserted.
    pub(super) const ROPE_INSERTED: u16 = 1 << 6;
    /// Motor locked.
    pub(super) const MOTOR_LOCKED: u16 = 1 << 7;
    /// Alarm: unlocked too long.
    pub(super) const LONG_UNLOCKED: u16 = 1 << 8;
    /// Alarm: five wrong passwords.
    pub(super) const WRONG_PASSWORD: u16 = 1 << 9;
    /// Alarm: card not authorised.
    pub(super) const ILLEGAL_CARD: u16 = 1 << 10;
    /// Alarm: battery low.
    pub(super) const LOW_BATTERY: u16 = 1 << 11;
    /// Alarm: back cover opened.
    pub(super) const COVER_OPENED: u16 = 1 << 12;
    /// Back cover closed.
    pub(super) const COVER_CLOSED: u16 = 1 << 13;
    /// Alarm: motor stuck.
    pub(super) const MOTOR_STUCK: u16 = 1 << 14;
}

/// The terminal with this BCD number, leading zeros kept.
pub(super) fn terminal(number: [u8; 5]) -> Option<DeviceId> {
    let mut digits = [0; 10];
    for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(number) {
        *pair = [b'0' + (byte >> 4), b'0' + (byte & 0x0F)];
    }
    DeviceId::new(Scheme::Jointech, std::str::from_utf8(&digits).ok()?).ok()
}

/// When, from BCD `DDMMYYhhmmss` in UTC.
pub(super) fn occurred(time: [u8; 6], offset: usize, out: &mut Decoded) -> Option<OccurredAt> {
    let at = match time.map(bcd_u8) {
        [Some(day), Some(month), Some(year), Some(hour), Some(minute), Some(second)] => {
            instant([day, month, year], [hour, minute, second])
        }
        _ => None,
    };
    if at.is_none() {
        out.issue(Issue::new(offset, "no such time", format_args!("DDMMYYhhmmss {}", to_hex(&time))));
    }
    at
}

/// When, from day, month, year of the century and hour, minute, second.
pub(super) fn instant(date: [u8; 3], time: [u8; 3]) -> Option<OccurredAt> {
    let [day, month, year] = date.map(u8::cast_signed);
    let [hour, minute, second] = time.map(u8::cast_signed);
    Timestamp::from_utc(2_000 + i16::from(year), month, day, hour, minute, second).map(OccurredAt)
}

/// Where. A place that is not current is `Stale`, also 0/0 of a device that never had one, as it was sent.
pub(super) fn place(location: &Location, by_cells: bool, out: &mut Decoded) -> Option<Position> {
    let latitude = bcd_number(&location.latitude);
    let [a, b, c, d, last] = location.longitude;
    let last_digit = (last >> 4 < 10).then_some(u64::from(last >> 4));
    let longitude = bcd_number(&[a, b, c, d]).zip(last_digit).map(|(digits, last)| digits * 10 + last);
    let flags = location.flags();
    let north = coordinate(latitude, flags & 2 == 0).and_then(|e7| LatitudeE7::new(e7).ok());
    if north.is_none() {
        let offset = location.offset + Location::LATITUDE;
        out.issue(Issue::new(
            offset,
            "no such latitude",
            format_args!("DDMMmmmm {}", to_hex(&location.latitude)),
        ));
    }
    let east = coordinate(longitude, flags & 4 == 0).and_then(|e7| LongitudeE7::new(e7).ok());
    if east.is_none() {
        let offset = location.offset + Location::LONGITUDE;
        let digits = to_hex(&location.longitude);
        out.issue(Issue::new(offset, "no such longitude", format_args!("DDDMMmmmm and flags {digits}")));
    }
    let (north, east) = (north?, east?);
    let nowhere = north.e7() == 0 && east.e7() == 0;
    let fix = match (by_cells, flags & 1 == 1) {
        (true, _) if !nowhere => Fix::Network,
        (false, true) => Fix::Gnss,
        _ => Fix::Stale,
    };
    let mut position = Position::new(north, east, fix);
    position.speed = Some(Speed::from_knots(u32::from(location.speed)));
    position.course = course(u64::from(location.course) * 2, location.offset + Location::COURSE, out);
    Some(position)
}

/// Degrees clockwise from north; 360 is north again.
pub(super) fn course(degrees: u64, offset: usize, out: &mut Decoded) -> Option<CentiDegrees> {
    match i32::try_from(degrees) {
        Ok(360) => Some(CentiDegrees(0)),
        Ok(degrees) if degrees < 360 => Some(CentiDegrees::from_degrees(degrees)),
        _ => {
            out.issue(Issue::new(offset, "no such course", format_args!("{degrees} degrees")));
            None
        }
    }
}

/// `DDDMMmmmm` as one number to 1e-7 degree.
fn coordinate(digits: Option<u64>, negative: bool) -> Option<i64> {
    let digits = u32::try_from(digits?).ok()?;
    let (degrees, minutes) = (digits / 1_000_000, digits % 1_000_000);
    let e7 = minutes_to_e7(degrees, minutes, 10_000);
    (minutes < 600_000).then_some(if negative { -e7 } else { e7 })
}

/// Charge in percent, or that it is being charged.
pub(super) fn battery(value: u8, offset: usize, out: &mut Decoded) -> Option<Reading> {
    match Percent::new(value) {
        Ok(percent) => Some(Reading::Battery(percent)),
        Err(_) if value == BATTERY_CHARGING => Some(Reading::Charging(true)),
        Err(_) => {
            out.issue(Issue::new(offset, "battery above 100 percent", value));
            None
        }
    }
}

/// Strength of the network from a level of 0 to 31 (99: not known).
pub(super) fn network(level: u64) -> Reading {
    match u32::try_from(level) {
        Ok(share) if level <= SIGNAL_MAX => Reading::NetworkSignal(Percent::share(share, 31)),
        _ => code("signal", level),
    }
}

/// Kilometres as metres.
pub(super) fn odometer(kilometres: u64) -> Reading {
    Reading::Odometer(Metres(i64::try_from(kilometres).unwrap_or(i64::MAX).saturating_mul(1_000)))
}

/// A number without a word of ours.
pub(super) fn code(name: &'static str, value: impl TryInto<i64>) -> Reading {
    Reading::Code { name: name.into(), value: value.try_into().unwrap_or(i64::MAX) }
}

/// Bytes without a word of ours.
pub(super) fn bytes(name: &'static str, value: &[u8]) -> Reading {
    Reading::Bytes { name: name.into(), value: value.into() }
}

/// What the event says of the seal as evidence.
pub(super) const fn evidence(event: &Event, tampered: bool) -> SealEvidence {
    if tampered {
        SealEvidence::ValidTampered
    } else if event.seal.is_empty() {
        SealEvidence::None
    } else {
        SealEvidence::ValidIntact
    }
}

/// Whether the record wants an acknowledgement.
pub(super) fn wants_answer(record: &LongRecord<'_>) -> bool {
    record.state.is_ok_and(|state| state.status & status::ACKNOWLEDGE != 0)
}

/// A lock's record. `located` finds the request that a fresh position answers.
pub(super) fn long(
    frame: &Long<'_>,
    record: &LongRecord<'_>,
    located: impl FnOnce(Option<OccurredAt>) -> Option<CommandTicket>,
    out: &mut Decoded,
) -> Event {
    let mut event = Event::new(EventKind::Position);
    event.readings.reserve_exact(READINGS);
    event.serial = frame.serial.map(u32::from);
    event.delivery = delivery(frame.data_type);
    event.occurred_at = occurred(record.location.time, record.location.offset, out);
    let by_cells = record.state.is_ok_and(|state| state.status & status::LBS != 0);
    event.position = place(&record.location, by_cells, out);
    match &record.state {
        Ok(state) => long_state(&mut event, frame.version, state, &record.tail, out),
        Err(short) => out.issue(Issue::new(short.offset, "record ends too early", short)),
    }
    if frame.data_type != DATA_TYPE_REAL_TIME {
        event.readings.push(code("data_type", frame.data_type));
    } else if let Some(ticket) = located(event.occurred_at) {
        let outcome = plomb_model::CommandOutcome::Answered;
        event.readings.push(Reading::CommandResult { ticket, outcome });
    }
    if frame.device_type != DEVICE_TYPE_RECHARGEABLE {
        event.readings.push(code("device_type", frame.device_type));
    }
    if !record.rest.is_empty() {
        event.readings.push(bytes("rest", record.rest));
    }
    event
}

/// Whether the data type says that the record was kept.
pub(super) const fn delivery(data_type: u8) -> Delivery {
    if data_type == DATA_TYPE_BLIND_AREA { Delivery::Buffered } else { Delivery::Live }
}

fn long_state(event: &mut Event, version: u8, state: &LongState, tail: &Tail, out: &mut Decoded) {
    if let Some(position) = &mut event.position {
        position.satellites = Some(state.satellites);
    }
    let bits = state.status;
    let on = |bit: u16| bits & bit != 0;
    event.signals = Signals::NONE
        .with_if(on(status::FENCE_IN), Signal::FenceEntered)
        .with_if(on(status::FENCE_OUT), Signal::FenceLeft)
        .with_if(on(status::ROPE_CUT), Signal::RopeCut)
        .with_if(on(status::VIBRATION), Signal::Shock)
        .with_if(on(status::LONG_UNLOCKED), Signal::LongUnlocked)
        .with_if(on(status::WRONG_PASSWORD), Signal::WrongPassword)
        .with_if(on(status::ILLEGAL_CARD), Signal::UnknownCard)
        .with_if(on(status::LOW_BATTERY), Signal::LowBattery)
        .with_if(on(status::COVER_OPENED), Signal::CoverOpen)
        .with_if(on(status::MOTOR_STUCK), Signal::MotorFault);
    event.seal = event
        .seal
        .with(SealPart::RopeInserted, on(status::ROPE_INSERTED))
        .with(SealPart::RopeIntact, !on(status::ROPE_CUT))
        .with(SealPart::MotorLocked, on(status::MOTOR_LOCKED));
    // Locks before 0x17 may have no switch at the cover: a 0 says nothing there.
    if version >= TAIL_VERSION_MIN || on(status::COVER_CLOSED | status::COVER_OPENED) {
        event.seal = event.seal.with(SealPart::CoverClosed, on(status::COVER_CLOSED));
    }
    let tampered =
        on(status::ROPE_CUT | status::COVER_OPENED) || event.seal.part(SealPart::CoverClosed) == Some(false);
    event.trust.seal = evidence(event, tampered);
    event.readings.extend(battery(state.battery, state.offset + LongState::BATTERY, out));
    event.readings.push(network(u64::from(state.signal)));
    event.readings.push(odometer(u64::from(state.mileage)));
    event.readings.push(code("status", bits));
    event.readings.extend(cell(state, tail));
    if state.vehicle != 0 {
        event.readings.push(Reading::BoundTo(format!("{:010}", state.vehicle).into()));
    }
    tail_readings(event, tail);
}

/// The cell of the network; without country and network where the version does not tell.
fn cell(state: &LongState, tail: &Tail) -> Option<Reading> {
    let part = |byte: Option<u8>| byte.filter(|byte| !matches!(*byte, NONE | 0xFF)).unwrap_or_default();
    let high = tail.cell_high.filter(|high| *high != u16::MAX).unwrap_or_default();
    let tower = CellTower {
        mcc: tail.country.unwrap_or_default(),
        mnc: u16::from_be_bytes([part(tail.network_high), tail.network_low.unwrap_or_default()]),
        area: u32::from(state.area),
        cell: u64::from(high) << 16 | u64::from(state.cell),
    };
    (tower.cell != 0 || tower.area != 0).then_some(Reading::CellTower(tower))
}

fn tail_readings(event: &mut Event, tail: &Tail) {
    if let Some(fence) = tail.fence.filter(|fence| !matches!(*fence, 0 | 0xFF)) {
        event.readings.push(Reading::Fence(u32::from(fence)));
    }
    if let Some(wake) = tail.wake.filter(|wake| !matches!(*wake, NONE | 0xFF)) {
        event.readings.push(Reading::WakeSource(wake & 0x0F));
        if wake >> 4 != 0 {
            event.readings.push(code("status_3", wake));
        }
    }
    if let Some(extended) = tail.extended.filter(|bits| !matches!(*bits, 0 | NONE | 0xFF)) {
        event.readings.push(code("extended_status_2", extended));
    }
    if let Some(digits) = tail.imei.filter(|imei| !imei.iter().all(|byte| matches!(*byte, 0 | NONE | 0xFF))) {
        event.readings.push(imei(digits));
    }
}

/// Fifteen digits among sixteen nibbles, the odd one 0 or F.
fn imei(packed: [u8; 8]) -> Reading {
    let text = to_hex(&packed);
    let digits = text.trim_matches('f');
    let digits = digits.strip_prefix('0').filter(|rest| rest.len() == 15).unwrap_or(digits);
    let device = DeviceId::new(Scheme::Imei, digits);
    match device {
        Ok(device) if digits.len() == 15 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Reading::Imei(device)
        }
        _ => bytes("imei", &packed),
    }
}
