//! Frames to events. Layouts: the vendor's public codec (TOPFLYtechCodec) for the four families.

use plomb_model::{
    CardNumber, CentiCelsius, Delivery, Event, EventKind, Fix, Issue, Metres, Millivolts, OccurredAt,
    Percent, Reading, SealEvidence, SealPart, Signal,
};
use plomb_wire::{bcd_u8, to_hex};

use super::frame::Frame;
use super::{ble, place};

/// Personal and asset trackers.
pub(super) const PERSONAL: u8 = 0x27;
/// OBD trackers.
const OBD: u8 = 0x26;

/// The events of a frame.
pub(super) fn events(frame: &Frame<'_>, issues: &mut Vec<Issue>) -> Vec<Event> {
    let mut events = match (frame.head, frame.kind) {
        (_, 0x01) => vec![login(frame)],
        (_, 0x03) => vec![Event::new(EventKind::Heartbeat)],
        (PERSONAL, 0x02 | 0x04) => vec![personal(frame)],
        (PERSONAL, 0x17) => vec![lock(frame)],
        (OBD, 0x02 | 0x04 | 0x13 | 0x14) => vec![found(frame)],
        (_, 0x02 | 0x04 | 0x16 | 0x18) => vec![vehicle(frame, 18, 2, 22)],
        (_, 0x13 | 0x14) => vec![vehicle(frame, 20, 5, 30)],
        (0x23 | 0x25 | OBD, 0x05) => behaviour(frame),
        (0x23 | 0x25 | OBD, 0x06 | 0x07) => acceleration(frame),
        (_, 0x10 | 0x12) => vec![ble::event(frame)],
        (_, 0x81) => vec![answer(frame)],
        _ => vec![other(frame)],
    };
    for event in &mut events {
        event.serial = Some(u32::from(frame.serial));
        let timed = matches!(event.kind, EventKind::Position | EventKind::Seal | EventKind::Status);
        if timed && event.occurred_at.is_none() {
            issues.push(Issue::new(
                15,
                "no date where the message has one",
                to_hex(frame.wire.get(15..25).unwrap_or_default()),
            ));
        }
    }
    events
}

fn login(frame: &Frame<'_>) -> Event {
    let mut event = Event::new(EventKind::Login);
    let versions = frame.wire.get(15..).unwrap_or_default();
    if !versions.is_empty() {
        event.readings.push(Reading::Firmware(to_hex(versions).into()));
    }
    event
}

/// The place at an offset if the state byte says so, else the cells that stand there.
pub(super) fn located(frame: &Frame<'_>, state: u8, fixed: bool, at: usize, event: &mut Event) {
    if fixed {
        event.position = place::position(frame, at);
    }
    match &mut event.position {
        Some(position) => {
            event.kind = EventKind::Position;
            position.satellites = Some(state & 0x1F);
            // Bit 5: the receiver sleeps, the place is the last one.
            if state & 0x20 != 0 {
                position.fix = Fix::Stale;
            }
        }
        None => place::cells(frame, at, &mut event.readings),
    }
}

fn sign(byte: u8) -> i32 {
    let value = i32::from(byte & 0x7F) * 100;
    if byte & 0x80 != 0 { -value } else { value }
}

fn percent(frame: &Frame<'_>, at: usize, event: &mut Event) {
    // 00 is full (two digits have no 100).
    let value = frame.u8(at).and_then(bcd_u8).map(|value| if value == 0 { 100 } else { value });
    event.readings.extend(value.and_then(|value| Percent::new(value).ok()).map(Reading::Battery));
}

fn tenths(frame: &Frame<'_>, at: usize) -> Option<u32> {
    frame.u8(at).and_then(bcd_u8).map(|volts| u32::from(volts) * 100)
}

/// Vehicle trackers: the content begins at 15; `analog_at` and `analogs` BCD voltages, the alarm's place behind them.
fn vehicle(frame: &Frame<'_>, analog_at: usize, analogs: u8, alarm_at: usize) -> Event {
    let mut event = Event::new(EventKind::Status);
    let at = |offset: usize| 15 + offset;
    let state = frame.u8(at(9)).unwrap_or(0);
    let date_at = if analogs == 2 { 29 } else { 37 };
    event.occurred_at = place::time(frame, at(date_at)).map(OccurredAt);
    if state & 0x80 != 0 {
        event.delivery = Delivery::Buffered;
    }
    located(frame, state, state & 0x40 != 0, at(date_at + 6), &mut event);
    if let Some(inputs) = frame.u16(at(16)) {
        event.readings.push(Reading::Ignition(inputs & 0x4000 != 0));
        event.readings.push(Reading::ExternalPowerPresent(inputs & 0x8000 != 0));
        event.readings.push(Reading::Input { number: 3, on: inputs & 0x1000 != 0 });
        event.readings.push(Reading::Input { number: 4, on: inputs & 0x0800 != 0 });
    }
    for number in 0..analogs {
        let value = place::bcd(frame, at(analog_at + usize::from(number) * 2));
        event
            .readings
            .extend(value.map(|value| Reading::Analog { number: number + 1, value: Millivolts(value * 10) }));
    }
    let after = alarm_at + 2;
    event.readings.extend(frame.u32(at(after)).map(|metres| Reading::Odometer(Metres(i64::from(metres)))));
    percent(frame, at(after + 4), &mut event);
    let supply_at = date_at + 22;
    let supply = if analogs == 2 {
        place::bcd(frame, at(supply_at))
    } else {
        let battery = place::bcd(frame, at(supply_at)).map(|value| Millivolts(value * 10));
        event.readings.extend(battery.map(Reading::BatteryVoltage));
        place::bcd(frame, at(supply_at + 2))
    };
    event.readings.extend(supply.map(|value| Reading::ExternalPower(Millivolts(value * 10))));
    alarm(frame.u8(at(alarm_at)).unwrap_or(0), &mut event);
    event
}

fn alarm(code: u8, event: &mut Event) {
    let signal = match code {
        0 => return,
        1 => Signal::PowerCut,
        2 => Signal::LowBattery,
        3 => Signal::Sos,
        4 => Signal::Overspeed,
        5 => Signal::FenceEntered,
        6 => Signal::FenceLeft,
        7 => Signal::Displaced,
        8 => Signal::Shock,
        21 => Signal::NetworkJamming,
        23 => Signal::ExternalPowerRestored,
        24 => Signal::PowerLow,
        // Without a word of ours: the number says it.
        _ => Signal::General,
    };
    event.readings.push(Reading::Code { name: "alarm".into(), value: i64::from(code) });
    event.signals = event.signals.with(signal);
}

/// 2626: its layout is found by the date and the place.
fn found(frame: &Frame<'_>) -> Event {
    let mut event = Event::new(EventKind::Status);
    let state = frame.u8(24).unwrap_or(0);
    if state & 0x80 != 0 {
        event.delivery = Delivery::Buffered;
    }
    if let Some((time, mut position)) = place::find(frame, 15) {
        position.satellites = Some(state & 0x1F);
        event.kind = EventKind::Position;
        event.occurred_at = Some(OccurredAt(time));
        event.position = Some(position);
    } else {
        let time = (15..frame.wire.len())
            .find_map(|at| place::time(frame, at).filter(|time| time.as_millis() > 1_451_606_400_000));
        event.occurred_at = time.map(OccurredAt);
    }
    event
}

/// 2727: place at 23, condition behind it.
fn personal(frame: &Frame<'_>) -> Event {
    let mut event = Event::new(EventKind::Status);
    let state = frame.u8(15).unwrap_or(0);
    event.occurred_at = place::time(frame, 17).map(OccurredAt);
    if state & 0x80 != 0 {
        event.delivery = Delivery::Buffered;
    }
    located(frame, state, state & 0x40 != 0, 23, &mut event);
    percent(frame, 44, &mut event);
    if let Some(value) = frame.u8(45).filter(|value| *value != 0xFF) {
        event.readings.push(Reading::Temperature { sensor: 0, value: CentiCelsius(sign(value)) });
    }
    if let Some(light) = frame.u8(46).and_then(bcd_u8) {
        event.readings.push(Reading::Code { name: "light".into(), value: i64::from(light) });
    }
    event.readings.extend(tenths(frame, 47).map(|volts| Reading::BatteryVoltage(Millivolts(volts))));
    event.readings.extend(frame.u32(49).map(|metres| Reading::Odometer(Metres(i64::from(metres)))));
    if let Some(status) = frame.u16(53) {
        event.readings.push(Reading::Charging(status & 0x8008 != 0));
        event.readings.push(Reading::Ignition(status & 4 != 0));
        let level = u32::from(status >> 4 & 0x7F);
        event.readings.push(Reading::NetworkSignal(Percent::share(level, 100)));
    }
    if let Some(lock) = frame.u8(70).filter(|lock| *lock != 0xFF) {
        event.readings.push(Reading::Code { name: "lock_type".into(), value: i64::from(lock) });
    }
    personal_alarm(frame.u8(16).unwrap_or(0), &mut event);
    event
}

fn personal_alarm(code: u8, event: &mut Event) {
    let signal = match code {
        0 => return,
        1 | 4 => Signal::Removed,
        2 => Signal::CoverOpen,
        3 => Signal::Sos,
        5 => Signal::Drop,
        6 => Signal::LowBattery,
        14 => Signal::FenceEntered,
        15 => Signal::FenceLeft,
        _ => Signal::General,
    };
    match signal {
        Signal::Removed => event.seal = event.seal.with(SealPart::Attached, false),
        Signal::CoverOpen => event.seal = event.seal.with(SealPart::CoverClosed, false),
        _ => {}
    }
    if !event.seal.is_empty() {
        event.trust.seal = SealEvidence::ValidTampered;
    }
    event.readings.push(Reading::Code { name: "alarm".into(), value: i64::from(code) });
    event.signals = event.signals.with(signal);
}

/// Something was done at the lock: its kind as a number, and the card or tag.
fn lock(frame: &Frame<'_>) -> Event {
    let mut event = Event::new(EventKind::Seal);
    let state = frame.u8(21).unwrap_or(0);
    event.occurred_at = place::time(frame, 15).map(OccurredAt);
    if state & 0x80 != 0 {
        event.delivery = Delivery::Buffered;
    }
    located(frame, state, state & 0x40 != 0, 22, &mut event);
    event.kind = EventKind::Seal;
    if let Some(kind) = frame.u8(38) {
        event.readings.push(Reading::Code { name: "lock_type".into(), value: i64::from(kind) });
    }
    let length = usize::from(frame.u8(39).unwrap_or(0));
    let card = frame.wire.get(40..40 + length).or_else(|| frame.wire.get(40..)).unwrap_or_default();
    if !card.is_empty() {
        event.readings.push(Reading::Card(CardNumber(to_hex(card).to_uppercase().into())));
    }
    event
}

/// Harsh driving: its begin and its end.
fn behaviour(frame: &Frame<'_>) -> Vec<Event> {
    let size = if frame.head == OBD { 24 } else { 22 };
    let kind = i64::from(frame.u8(15).unwrap_or(0));
    [16, 16 + size]
        .into_iter()
        .map(|at| {
            let mut event = Event::new(EventKind::Status);
            event.occurred_at = place::time(frame, at).map(OccurredAt);
            event.position = place::position(frame, at + 6);
            if event.position.is_some() {
                event.kind = EventKind::Position;
            }
            event.readings.push(Reading::Code { name: "behaviour".into(), value: kind });
            event
        })
        .collect()
}

/// Accelerations: one record for harsh driving (06), several for an accident (07).
fn acceleration(frame: &Frame<'_>) -> Vec<Event> {
    let accident = frame.kind == 0x07;
    let size = if frame.head == OBD { 30 } else { 28 };
    let records = if accident { frame.wire.len().saturating_sub(16) / size } else { 1 };
    let mut events = Vec::new();
    for record in 0..records.max(1) {
        let at = 16 + record * size;
        let mut event = Event::new(EventKind::Status);
        let state = frame.u8(at + 6).unwrap_or(0);
        event.occurred_at = place::time(frame, at).map(OccurredAt);
        if state & 0x80 != 0 {
            event.delivery = Delivery::Buffered;
        }
        located(frame, state, state & 0x40 != 0, at + 12, &mut event);
        event.signals = event.signals.with_if(accident, Signal::Collision);
        events.push(event);
    }
    events
}

fn answer(frame: &Frame<'_>) -> Event {
    let mut event = Event::new(EventKind::Message);
    event.readings.push(Reading::Text(text(frame).into()));
    event
}

/// The words of an answer, UTF-16 with the low byte first.
pub(super) fn text(frame: &Frame<'_>) -> String {
    let bytes = frame.wire.get(16..).unwrap_or_default();
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    String::from_utf16_lossy(&units)
}

/// Serial devices, network, Wi-Fi: kept as they are.
fn other(frame: &Frame<'_>) -> Event {
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = place::time(frame, 15).map(OccurredAt);
    event.readings.push(Reading::Bytes {
        name: format!("message_{:02x}", frame.kind).into(),
        value: frame.wire.get(15..).unwrap_or_default().into(),
    });
    event
}
