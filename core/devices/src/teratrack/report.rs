//! An object to events: one of the lock, and one of each sub-lock that it hears.

use plomb_model::{
    CardNumber, DeviceId, Event, EventKind, Fix, Issue, Metres, OccurredAt, Percent, Reading, Scheme,
    SealEvidence, SealPart, Signal,
};
use serde_json::Value;

use crate::web;

/// Sub-locks that are read of one object.
const SUB_LOCKS_MAX: usize = 64;
/// Greatest level of the network signal (CSQ).
const SIGNAL_MAX: u32 = 31;
/// What `Power` says while the lock is being charged.
const CHARGING: u32 = 255;

/// The lock.
pub(super) fn device(value: &Value, issues: &mut Vec<Issue>) -> Option<DeviceId> {
    let name = web::member(value, &["MDeviceID", "MDeviceId", "DeviceID", "IMEI"]);
    let device = match name {
        Some(name) => web::tracker(&name, 0),
        None => Err(Issue::new(0, "no device is named", "no MDeviceID")),
    };
    device.map_err(|issue| issues.push(issue)).ok()
}

/// Whether a member is 1; nothing where it is not there.
fn bit(value: &Value, names: &[&str]) -> Option<bool> {
    web::member(value, names).and_then(|text| web::truth(&text))
}

fn number(value: &Value, names: &[&str]) -> Option<u32> {
    web::member(value, names).and_then(|text| web::scaled(&text, 0)).and_then(|n| n.try_into().ok())
}

fn percent(value: u32) -> Option<Percent> {
    u8::try_from(value).ok().and_then(|value| Percent::new(value).ok())
}

/// The events of an object.
pub(super) fn events(value: &Value, issues: &mut Vec<Issue>) -> Vec<Event> {
    let mut event = Event::new(EventKind::Status);
    event.occurred_at =
        web::member(value, &["DateTime"]).and_then(|time| web::instant(&time)).map(OccurredAt);
    if event.occurred_at.is_none() {
        issues.push(Issue::new(0, "no time that can be read", value.get("DateTime").unwrap_or(&Value::Null)));
    }
    place(value, &mut event, issues);
    lock(value, &mut event);
    readings(value, &mut event);
    let slaves = value.get("Slave").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if slaves.len() > SUB_LOCKS_MAX {
        issues.push(Issue::new(0, "more sub-locks than are read", slaves.len()));
    }
    let subs: Vec<Event> =
        slaves.iter().take(SUB_LOCKS_MAX).filter_map(|slave| sub_lock(slave, &event, issues)).collect();
    std::iter::once(event).chain(subs).collect()
}

/// Degrees with their sign; the members `LatitudeState` and `LongitudeState` say the same again.
fn place(value: &Value, event: &mut Event, issues: &mut Vec<Issue>) {
    let (north, east) = (web::member(value, &["Latitude"]), web::member(value, &["Longitude"]));
    let Some((north, east)) = north.zip(east) else { return };
    match web::in_place(&north, &east, Fix::Gnss, 0) {
        // Without a fix the lock sends zeros.
        Ok(place) if place.latitude.e7() == 0 && place.longitude.e7() == 0 => {}
        Ok(mut place) => {
            place.speed = web::member(value, &["Speed"]).and_then(|speed| web::speed(&speed, 1000));
            place.course =
                web::member(value, &["Direction", "Course"]).and_then(|course| web::course(&course));
            event.kind = EventKind::Position;
            event.position = Some(place);
        }
        Err(issue) => issues.push(issue),
    }
}

/// The bits of the lock; the second spelling is that of other relays.
fn lock(value: &Value, event: &mut Event) {
    let cut = bit(value, &["LockCutOff"]);
    let tampered = bit(value, &["SealTampered", "SealTempered"]);
    let uncovered = bit(value, &["UnCoverBack"]);
    let on = |names: &[&str]| bit(value, names) == Some(true);
    parts(
        event,
        [
            (SealPart::RopeIntact, cut.map(|cut| !cut)),
            (SealPart::RopeInserted, bit(value, &["LockRope"])),
            (SealPart::MotorLocked, bit(value, &["LockStatus"])),
            (SealPart::CoverClosed, bit(value, &["CoverStatus"])),
        ],
    );
    event.signals = event
        .signals
        .with_if(cut == Some(true), Signal::RopeCut)
        .with_if(tampered == Some(true), Signal::UnauthorisedOpen)
        .with_if(uncovered == Some(true), Signal::CoverOpen)
        .with_if(on(&["LockOpen"]), Signal::LongUnlocked)
        .with_if(on(&["PasswordError"]), Signal::WrongPassword)
        .with_if(on(&["IllegalCard"]), Signal::UnknownCard)
        .with_if(on(&["LowPower"]), Signal::LowBattery)
        .with_if(on(&["LockStuck"]), Signal::MotorFault)
        .with_if(on(&["Vibration", "VibrationAlarm"]), Signal::Shock);
    // 1 is into the fence and 2 out of it, in the order of Jointech's own bits.
    match number(value, &["FenceAlarm"]) {
        Some(1) => event.signals = event.signals.with(Signal::FenceEntered),
        Some(2) => event.signals = event.signals.with(Signal::FenceLeft),
        _ => {}
    }
    evidence(event, [cut, tampered, uncovered].contains(&Some(true)));
}

fn parts(event: &mut Event, parts: [(SealPart, Option<bool>); 4]) {
    for (part, whole) in parts {
        if let Some(whole) = whole {
            event.seal = event.seal.with(part, whole);
        }
    }
}

fn evidence(event: &mut Event, tampered: bool) {
    let open = event.seal.part(SealPart::CoverClosed) == Some(false);
    event.trust.seal = match (tampered || open, event.seal.is_empty()) {
        (true, _) => SealEvidence::ValidTampered,
        (false, true) => SealEvidence::None,
        (false, false) => SealEvidence::ValidIntact,
    };
}

fn readings(value: &Value, event: &mut Event) {
    event.serial = number(value, &["Index"]);
    let readings = &mut event.readings;
    match number(value, &["Power"]) {
        Some(CHARGING) => readings.push(Reading::Charging(true)),
        power => readings.extend(power.and_then(percent).map(Reading::Battery)),
    }
    let signal = number(value, &["GSM"]).filter(|level| *level <= SIGNAL_MAX);
    readings.extend(signal.map(|level| Reading::NetworkSignal(Percent::share(level, SIGNAL_MAX))));
    // Whole kilometres, as in Jointech's frames.
    readings.extend(number(value, &["Mileage"]).map(|km| Reading::Odometer(Metres(i64::from(km) * 1000))));
    readings.extend(number(value, &["AreaAlarmID"]).filter(|fence| *fence != 0).map(Reading::Fence));
    let card = web::member(value, &["CardNo"]).filter(|card| !card.trim_matches('0').is_empty());
    readings.extend(card.map(|card| Reading::Card(CardNumber(card.into()))));
    let imei = web::member(value, &["IMEI"]).and_then(|imei| DeviceId::new(Scheme::Imei, &imei).ok());
    readings.extend(imei.map(Reading::Imei));
    for (name, members) in
        [("data_type", &["DataType"][..]), ("device_type", &["DeviceType", "DiviceType"][..])]
    {
        let code = number(value, members);
        readings.extend(code.map(|code| Reading::Code { name: name.into(), value: i64::from(code) }));
    }
}

/// A sub-lock; its time is its master's.
fn sub_lock(value: &Value, master: &Event, issues: &mut Vec<Issue>) -> Option<Event> {
    let Some(name) = web::member(value, &["SDeviceId", "SDeviceID"]) else {
        issues.push(Issue::new(0, "no sub-lock is named", "no SDeviceId"));
        return None;
    };
    let device = web::device(Scheme::SubLock, &name, 0).map_err(|issue| issues.push(issue)).ok()?;
    let mut event = Event::new(EventKind::Seal);
    event.occurred_at = master.occurred_at;
    event.peripheral = Some(device);
    let (cut, uncovered) = (bit(value, &["SLockCutOff"]), bit(value, &["SUnCoverBack"]));
    let tampered = bit(value, &["SSealTampered", "SSealTempered"]);
    let on = |name: &str| bit(value, &[name]) == Some(true);
    parts(
        &mut event,
        [
            (SealPart::RopeIntact, cut.map(|cut| !cut)),
            (SealPart::RopeInserted, bit(value, &["SLockRope"])),
            (SealPart::MotorLocked, bit(value, &["SLockOpen"]).map(|open| !open)),
            (SealPart::CoverClosed, bit(value, &["SCoverStatus"])),
        ],
    );
    event.signals = event
        .signals
        .with_if(cut == Some(true), Signal::RopeCut)
        .with_if(tampered == Some(true), Signal::UnauthorisedOpen)
        .with_if(uncovered == Some(true), Signal::CoverOpen)
        .with_if(on("STimeOut"), Signal::PeripheralLost)
        .with_if(on("SLockStuck"), Signal::MotorFault);
    evidence(&mut event, [cut, tampered, uncovered].contains(&Some(true)));
    // 00 is not told.
    let power = number(value, &["SPower"]).filter(|power| *power > 0).and_then(percent);
    event.readings.extend(power.map(Reading::Battery));
    Some(event)
}
