//! What is kept, what is dropped, and how the reports hang together.

use plomb_device::{Cause, Input, Part, Place};
use sha2::{Digest, Sha256};

use crate::board::{Dice, deliver, device, now, sealed, sent};
use crate::peer::Peer;

fn report(device: &mut crate::board::Tested, up_s: u64) {
    device.poll(now(up_s)).unwrap();
    if device.take_actions().find_place {
        let place = Place { latitude_e7: up_s as i32, longitude_e7: 1, ..Place::default() };
        device.input(now(up_s), Input::Place(place)).unwrap();
    }
}

#[test]
fn reports_hang_together_by_their_digests() {
    let mut device = sealed();
    for hour in 1..30 {
        report(&mut device, hour * 3601);
    }
    device.input(now(200_000), Input::Part(Part::RopeIntact, false)).unwrap();
    let mut peer = Peer::new();
    deliver(&mut device, 200_001, &mut peer);
    let events: Vec<_> = peer.events.values().collect();
    for pair in events.windows(2) {
        assert_eq!(pair[1].sequence(), pair[0].sequence() + 1);
        assert_eq!(pair[1].previous, Sha256::digest(&pair[0].pack)[..16], "the digest of the one before");
    }
}

#[test]
fn an_event_of_the_seal_is_signed_and_goes_first() {
    let mut device = device();
    let mut dice = Dice(9);
    for hour in 1..30 {
        report(&mut device, hour * 43_300);
    }
    device.input(now(1_300_000), Input::Lock).unwrap();
    device.input(now(1_300_001), Input::Part(Part::RopeIntact, false)).unwrap();
    let mut peer = Peer::new();
    for step in 0..2 {
        let at = now(1_300_002 + step);
        let datagram = sent(&mut device, at, &mut dice).unwrap();
        device.receive(at, &mut dice, &peer.take(&datagram)).unwrap();
    }
    assert!(device.waiting().unwrap() > 20);
    let causes: Vec<_> = peer.events.values().filter(|seen| seen.signed).map(|seen| seen.cause()).collect();
    assert_eq!(causes, [Cause::Armed as i64, Cause::Sealed as i64, Cause::RopeCut as i64]);
    let cut = peer.events.values().find(|seen| seen.cause() == Cause::RopeCut as i64).unwrap();
    assert!(cut.flags["a/rope-cut"] && !cut.flags["s/rope_intact"] && !cut.flags["s/never_opened"]);
}

#[test]
fn when_memory_is_short_routine_goes_with_a_count_and_the_seal_stays() {
    let mut device = sealed();
    device.input(now(2), Input::Part(Part::DoorClosed, false)).unwrap();
    // Five pages of eleven events are the memory; nobody answers.
    for hour in 1..200 {
        report(&mut device, hour * 3601);
    }
    let waiting = device.waiting().unwrap();
    assert_eq!(waiting, 55);
    assert!(device.lost() > 100);
    assert_eq!(u32::try_from(waiting).unwrap() + device.lost() + 1, device.next_sequence());
    let mut peer = Peer::new();
    deliver(&mut device, 720_000, &mut peer);
    let (_, last) = peer.events.last_key_value().unwrap();
    assert_eq!(last.numbers["lost"], i64::from(device.lost()));
    for cause in [Cause::Armed, Cause::Sealed, Cause::DoorOpened] {
        assert!(peer.events.values().any(|seen| seen.cause() == cause as i64), "{cause:?}");
    }
    assert!(peer.events.values().any(|seen| seen.numbers["seq"] > 190), "the newest routine is kept");
}

#[test]
fn a_seal_is_not_armed_where_its_story_would_find_no_room() {
    let mut device = device();
    let mut armed = 0;
    for turn in 0..100 {
        let before = device.seal().arming;
        device.input(now(turn * 10), Input::Lock).unwrap();
        if device.seal().arming == before {
            break;
        }
        armed += 1;
        for part in [Part::RopeIntact, Part::RopeInserted, Part::MotorLocked, Part::DoorClosed, Part::Dark] {
            device.input(now(turn * 10 + 1), Input::Part(part, false)).unwrap();
            device.input(now(turn * 10 + 2), Input::Part(part, true)).unwrap();
        }
        let unlock = Peer::new().command_at("unlock", turn);
        device.receive(now(turn * 10 + 3), &mut Dice(1), &unlock).unwrap();
        device.input(now(turn * 10 + 4), Input::Part(Part::MotorLocked, false)).unwrap();
        device.input(now(turn * 10 + 5), Input::Part(Part::MotorLocked, true)).unwrap();
    }
    assert!((3..8).contains(&armed), "{armed}");
    let mut peer = Peer::new();
    deliver(&mut device, 5000, &mut peer);
    for arming in 1..=armed {
        let story = |seen: &&crate::peer::Seen| seen.signed && seen.numbers["arm"] == arming;
        assert_eq!(peer.events.values().filter(story).count(), 8, "arming {arming} is told whole");
    }
    device.input(now(9000), Input::Lock).unwrap();
    assert_eq!(i64::from(device.seal().arming), armed + 1, "after delivery there is room again");
}
