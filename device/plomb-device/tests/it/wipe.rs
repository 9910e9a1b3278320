//! After tampering no byte of a key is left, and the device can still say what happened.

use std::os::unix::fs::FileExt;

use plomb_constrained::cbor::Decoder;
use plomb_constrained::coap::Message;
use plomb_constrained::cose;
use plomb_constrained::oscore::Context;
use plomb_constrained::profile::{PLATFORM_ID, mac0_key};
use plomb_device::{Input, Part, Phase, Storage};

use crate::board::{Dice, ID, Tested, breaks, now, provision, sealed, sent, start};
use crate::peer::Peer;

/// What lies in memory at a place: of this very process, as a debugger would read it.
#[allow(clippy::disallowed_types, reason = "this memory is what is looked at")]
fn memory_of<T>(value: &T) -> Vec<u8> {
    let mut bytes = vec![0; size_of_val(value)];
    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    memory.read_exact_at(&mut bytes, std::ptr::from_ref(value).addr() as u64).unwrap();
    bytes
}

/// Eight bytes in a row of each key, wherever they come from.
fn key_pieces() -> Vec<(&'static str, Vec<u8>)> {
    let provision = provision();
    let mac = mac0_key(&provision.master, &provision.salt, &ID).unwrap();
    // A context holds its keys made ready: the first round keys are the keys themselves.
    let ours = Context::derive(&provision.master, &provision.salt, None, &ID, PLATFORM_ID).unwrap();
    let context = memory_of(&ours);
    let mut reversed = provision.signing;
    reversed.reverse();
    let mut pieces = Vec::new();
    let mut take = |name, bytes: &[u8]| {
        for piece in bytes.chunks_exact(8).filter(|piece| piece.iter().filter(|byte| **byte != 0).count() > 4)
        {
            pieces.push((name, piece.to_vec()));
        }
    };
    take("master secret", &provision.master);
    take("private key", &provision.signing);
    take("private key, as numbers", &reversed);
    take("key of the beacon", &mac);
    take("context", &context);
    pieces
}

fn found(pieces: &[(&'static str, Vec<u8>)], memory: &[u8]) -> Vec<&'static str> {
    let mut names: Vec<_> = pieces
        .iter()
        .filter(|(_, piece)| memory.windows(8).any(|window| window == piece.as_slice()))
        .map(|(name, _)| *name)
        .collect();
    names.dedup();
    names
}

#[test]
fn not_one_piece_of_a_key_is_left_in_the_device_its_vault_or_its_flash() {
    let pieces = key_pieces();
    // Where it stands it stays, as in a static of firmware.
    let mut device = Box::new(sealed());
    let before = found(&pieces, &memory_of(&*device));
    assert!(before.contains(&"context") && before.contains(&"private key, as numbers"), "{before:?}");
    assert!(before.contains(&"key of the beacon"), "{before:?}");
    breaks(&mut device, 5, Part::CaseClosed);
    assert_eq!(device.seal().phase, Phase::Tampered);
    // The identifiers of a context are no secrets, so that a piece that holds nothing else is none.
    assert_eq!(found(&pieces, &memory_of(&*device)), Vec::<&str>::new());
    let (flash, safe) = device.stop();
    assert!(safe.bytes.iter().all(|byte| *byte == 0));
    let mut page = vec![0; flash.page_bytes()];
    for number in 0..flash.pages() {
        flash.read(number, 0, &mut page).unwrap();
        assert_eq!(found(&pieces, &page), Vec::<&str>::new(), "page {number}");
    }
}

fn beacon(device: &mut Tested, up_s: u64) -> Vec<Vec<u8>> {
    let datagram = sent(device, now(up_s), &mut Dice(1)).unwrap();
    let message = Message::parse(&datagram).unwrap();
    assert!(message.has_path(&["p"]));
    let mut decoder = Decoder::new(message.payload);
    let mut items = Vec::new();
    while !decoder.is_empty() {
        items.push(decoder.skip().unwrap().to_vec());
    }
    items
}

#[test]
fn the_beacon_is_the_one_of_this_arming_and_signed_events_go_with_it() {
    let mut device = sealed();
    breaks(&mut device, 4, Part::RopeIntact);
    breaks(&mut device, 5, Part::CaseClosed);
    let items = beacon(&mut device, 5);
    let provision = provision();
    let key = mac0_key(&provision.master, &provision.salt, &ID).unwrap();
    let message = cose::Message::parse(&items[0], None).unwrap();
    assert!(message.is_authentic_by(&key, &[]));
    assert_eq!(message.kid, Some(&ID[..]));
    let told: Vec<_> =
        plomb_constrained::senml::Pack::new(message.payload).unwrap().map(Result::unwrap).collect();
    assert_eq!(told[0].name, "beacon");
    assert_eq!((told[1].name, told[1].time), ("arm", plomb_constrained::senml::Number::Int(0)));
    let peer = Peer::new();
    let mut causes = Vec::new();
    for items in [items, beacon(&mut device, 20), beacon(&mut device, 60)] {
        let seen = items[1..].iter().map(|item| peer.item(item));
        causes.extend(seen.map(|seen| (seen.signed, seen.cause())));
    }
    assert!(causes.contains(&(true, plomb_device::Cause::RopeCut as i64)), "{causes:?}");
}

#[test]
fn after_tampering_nothing_is_obeyed_and_the_beacon_goes_on_over_restarts() {
    let mut device = sealed();
    let mut peer = Peer::new();
    let unlock = peer.command("unlock", &[]);
    device.input(now(5), Input::Attack).unwrap();
    device.receive(now(6), &mut Dice(1), &unlock).unwrap();
    device.input(now(6), Input::Lock).unwrap();
    device.input(now(6), Input::Password("314159")).unwrap();
    assert_eq!(device.seal().phase, Phase::Tampered);
    assert_eq!(device.take_actions().motor, None);
    let first = beacon(&mut device, 7);
    assert_eq!(sent(&mut device, now(8), &mut Dice(1)), None, "not more often than it may");
    assert_eq!(device.deadline_ms(now(8)), Some(12_000));
    let (flash, safe) = device.stop();
    let mut device = start(flash, safe, 0).unwrap();
    assert_eq!(device.seal().phase, Phase::Tampered);
    assert_eq!(beacon(&mut device, 0)[0], first[0]);
}

#[test]
fn a_vault_that_will_not_be_wiped_is_tried_again() {
    let (flash, mut safe) = sealed().stop();
    safe.stuck = 2;
    let mut device = start(flash, safe, 10).unwrap();
    device.input(now(11), Input::Attack).unwrap();
    assert!(!device.has_keys());
    assert_eq!(device.deadline_ms(now(11)), Some(0));
    device.poll(now(12)).unwrap();
    device.poll(now(13)).unwrap();
    let (_, safe) = device.stop();
    assert!(safe.bytes.iter().all(|byte| *byte == 0));
}

#[test]
fn power_that_fails_while_keys_are_wiped_does_not_bring_them_back() {
    let (flash, mut safe) = sealed().stop();
    let power = safe.power.clone();
    let mut device = start(flash, safe.clone(), 10).unwrap();
    power.0.set(Some(0));
    device.input(now(11), Input::Attack).unwrap();
    let (flash, _) = device.stop();
    power.0.set(None);
    // The vault was cleared by the tamper pin itself, the state was not stored: the empty vault says it.
    plomb_device::Vault::wipe(&mut safe).unwrap();
    let device = start(flash, safe, 0).unwrap();
    assert_eq!(device.seal().phase, Phase::Tampered);
}
