//! The words of the reports are those of the platform's model.

use plomb_model::{EventKind, SealPart, Signal};

use crate::board::{deliver, now, sealed, storage};
use crate::flash::Power;
use crate::peer::Peer;
use plomb_device::{Device, Input, Part, Parts, Place, Readings};

#[test]
fn every_part_and_alarm_that_is_sent_is_one_that_the_platform_knows() {
    let mut device = sealed();
    let mut peer = Peer::new();
    let full = Readings {
        battery: Some(4),
        battery_mv: Some(3600),
        temperature_c100: Some(-1234),
        rssi_dbm: Some(-101),
        light_lx: Some(3),
        moving: Some(true),
    };
    let place = Place { latitude_e7: -515_000_000, longitude_e7: 1_234_567_891, ..Place::default() };
    device.input(now(2), Input::Place(place)).unwrap();
    device.input(now(2), Input::Readings(full)).unwrap();
    device.input(now(2), Input::Shock).unwrap();
    device.input(now(2), Input::Card("04 A1 B2 C3 D4 E5 F6 80 no such card")).unwrap();
    device.input(now(2), Input::Password("000000")).unwrap();
    for part in [Part::RopeIntact, Part::RopeInserted, Part::MotorLocked, Part::DoorClosed, Part::Dark] {
        device.input(now(3), Input::Part(part, false)).unwrap();
    }
    deliver(&mut device, 4, &mut peer);
    assert!(peer.events.len() > 10);
    for seen in peer.events.values() {
        for name in seen.flags.keys() {
            let known = match name.split_once('/') {
                Some(("s", part)) => SealPart::ALL.iter().any(|known| known.name() == part),
                Some(("a", alarm)) => Signal::ALL.iter().any(|known| known.name() == alarm),
                _ => ["mov", "unl/ok", "buf"].contains(&name.as_str()),
            };
            assert!(known, "{name}");
        }
        let kind = &seen.texts["kind"];
        assert!(EventKind::ALL.iter().any(|known| known.name() == kind), "{kind}");
    }
}

#[test]
fn the_first_word_is_what_the_sensors_see_so_that_nothing_seems_to_open() {
    // Out of the box: the lock is open, the case is closed.
    let (flash, safe) = storage(&Power::default());
    let sensed = Parts::ALL.with(Part::MotorLocked, false);
    let mut device = Device::start(flash, safe, Parts::ALL, sensed, now(0)).unwrap();
    let mut peer = Peer::new();
    deliver(&mut device, 1, &mut peer);
    let told: Vec<_> = peer
        .events
        .values()
        .map(|seen| (seen.flags["s/motor_locked"], seen.flags["s/cover_closed"], seen.flags["s/sealed"]))
        .collect();
    assert!(told.iter().all(|told| *told == (false, true, false)), "{told:?}");
    assert!(!told.is_empty());
}
