//! What the platform may ask for, and who else may not.

use plomb_constrained::coap::code;
use plomb_constrained::profile::{code_key, opening_code};
use plomb_constrained::senml::Written;
use plomb_device::{Actions, Input, Motor, Part, Phase};

use crate::board::{Dice, Tested, deliver, device, now, provision, sealed, sent, start};
use crate::peer::Peer;

const FORBIDDEN: u8 = 0x83;

fn ask(device: &mut Tested, peer: &mut Peer, up_s: u64, verb: &str, with: &[(&str, Written<'_>)]) -> u8 {
    let mut dice = Dice(3);
    device.receive(now(up_s), &mut dice, &peer.command(verb, with)).unwrap();
    peer.code(&sent(device, now(up_s), &mut dice).unwrap())
}

#[test]
fn unlock_opens_with_right_and_the_motor_ends_the_command() {
    let (mut device, mut peer) = (sealed(), Peer::new());
    assert_eq!(ask(&mut device, &mut peer, 10, "unlock", &[]), code::CREATED);
    assert_eq!(device.seal().phase, Phase::OpenedWithRight);
    assert_eq!(device.take_actions().motor, Some(Motor::Unlock));
    device.input(now(12), Input::Part(Part::MotorLocked, false)).unwrap();
    deliver(&mut device, 13, &mut peer);
    let opened = peer.events.values().find(|seen| seen.texts.contains_key("unl")).unwrap();
    assert!(opened.signed && opened.flags["unl/ok"] && opened.texts["unl"] == "remote");
    let ended = peer.events.values().find(|seen| seen.texts.contains_key("res")).unwrap();
    assert_eq!((ended.texts["res"].as_str(), ended.numbers["cmd"]), ("done", 7));
}

#[test]
fn a_motor_that_does_not_move_fails_the_command() {
    let (mut device, mut peer) = (sealed(), Peer::new());
    assert_eq!(ask(&mut device, &mut peer, 10, "unlock", &[]), code::CREATED);
    device.poll(now(30)).unwrap();
    deliver(&mut device, 30, &mut peer);
    let ended = peer.events.values().find(|seen| seen.texts.contains_key("res")).unwrap();
    assert_eq!(ended.texts["res"], "failed");
    assert!(ended.flags["a/motor-fault"]);
}

#[test]
fn where_a_password_is_set_unlock_needs_it() {
    let (mut device, mut peer) = (sealed(), Peer::new());
    let new = [("npw", Written::Text("314159"))];
    assert_eq!(ask(&mut device, &mut peer, 10, "password", &new), code::CHANGED);
    assert_eq!(ask(&mut device, &mut peer, 11, "password", &new), FORBIDDEN, "without the old one");
    assert_eq!(ask(&mut device, &mut peer, 12, "unlock", &[]), FORBIDDEN);
    assert_eq!(ask(&mut device, &mut peer, 13, "unlock", &[("pw", Written::Text("271828"))]), FORBIDDEN);
    assert_eq!(device.seal().phase, Phase::Sealed);
    device.input(now(14), Input::Password("314159")).unwrap();
    assert_eq!(device.seal().phase, Phase::OpenedWithRight);
}

#[test]
fn after_five_wrong_passwords_even_the_right_one_waits() {
    let (mut device, mut peer) = (sealed(), Peer::new());
    ask(&mut device, &mut peer, 10, "password", &[("npw", Written::Text("314159"))]);
    for guess in ["000000", "000001", "000002", "000003", "000004"] {
        device.input(now(11), Input::Password(guess)).unwrap();
    }
    device.input(now(300), Input::Password("314159")).unwrap();
    assert_eq!(device.seal().phase, Phase::Sealed);
    device.input(now(311), Input::Password("314159")).unwrap();
    assert_eq!(device.seal().phase, Phase::OpenedWithRight);
}

#[test]
fn a_card_that_is_listed_opens_and_another_does_not() {
    let (mut device, mut peer) = (sealed(), Peer::new());
    let cards = [("card", Written::Text("0102030405")), ("card", Written::Text("0605040302"))];
    assert_eq!(ask(&mut device, &mut peer, 10, "cards", &cards), code::CHANGED);
    device.input(now(11), Input::Card("0102030406")).unwrap();
    assert_eq!(device.seal().phase, Phase::Sealed);
    device.input(now(12), Input::Card("0605040302")).unwrap();
    assert_eq!(device.seal().phase, Phase::OpenedWithRight);
}

#[test]
fn a_command_is_done_once_however_often_it_comes_and_after_a_restart_too() {
    let (mut device, mut peer) = (device(), Peer::new());
    let mut dice = Dice(2);
    let restart = peer.command("restart", &[]);
    device.receive(now(5), &mut dice, &restart).unwrap();
    let answer = sent(&mut device, now(5), &mut dice).unwrap();
    assert!(device.take_actions().restart);
    device.receive(now(6), &mut dice, &restart).unwrap();
    assert_eq!(sent(&mut device, now(6), &mut dice).unwrap(), answer, "the same answer to the same bytes");
    assert_eq!(device.take_actions(), Actions::default());
    let (flash, safe) = device.stop();
    let mut device = start(flash, safe, 0).unwrap();
    device.receive(now(7), &mut dice, &restart).unwrap();
    assert!(!device.take_actions().restart, "a replay over a restart");
}

#[test]
fn settings_and_clock_are_set_and_nonsense_is_answered_as_such() {
    let (mut device, mut peer) = (device(), Peer::new());
    let interval = [("s", Written::Decimal(300, 0)), ("wake", Written::Decimal(120, 0))];
    assert_eq!(ask(&mut device, &mut peer, 5, "interval", &interval), code::CHANGED);
    assert_eq!((device.settings().moving_s, device.settings().still_s), (300, 7200));
    assert_eq!(ask(&mut device, &mut peer, 5, "interval", &[("s", Written::Decimal(1, 0))]), FORBIDDEN);
    assert_eq!(ask(&mut device, &mut peer, 5, "interval", &[]), code::BAD_REQUEST);
    let text = [("msg", Written::Text("alarm=30 unlocked=0"))];
    assert_eq!(ask(&mut device, &mut peer, 5, "text", &text), code::CHANGED);
    assert_eq!((device.settings().alarm_s, device.settings().unlocked_s), (30, 0));
    assert_eq!(ask(&mut device, &mut peer, 5, "text", &[("msg", Written::Text("dance"))]), code::NOT_FOUND);
    assert_eq!(ask(&mut device, &mut peer, 5, "dance", &[]), code::NOT_FOUND);
    let time = [("s", Written::Decimal(1_800_000_000_123, -3))];
    assert_eq!(ask(&mut device, &mut peer, 5, "time", &time), code::CHANGED);
    assert_eq!(device.take_actions().set_time_ms, Some(1_800_000_000_123));
    let (flash, safe) = device.stop();
    let device = start(flash, safe, 0).unwrap();
    assert_eq!(device.settings().alarm_s, 30, "settings outlast a restart");
}

#[test]
fn what_is_not_the_platforms_own_word_changes_nothing() {
    let (mut device, mut peer) = (sealed(), Peer::new());
    let mut dice = Dice(2);
    let unlock = peer.command("unlock", &[]);
    for at in 0..unlock.len() {
        let mut changed = unlock.clone();
        changed[at] ^= 0x40;
        device.receive(now(5), &mut dice, &changed).unwrap();
        device.receive(now(5), &mut dice, &unlock[..at]).unwrap();
        // The head of CoAP, 8 bytes, is not under the protection; everything that would be done is.
        if at >= 8 {
            assert_eq!(device.seal().phase, Phase::Sealed, "byte {at}");
        }
        if device.seal().phase != Phase::Sealed {
            device = sealed();
        }
    }
}

#[test]
fn what_lasts_too_long_is_told_once() {
    let (mut device, mut peer) = (sealed(), Peer::new());
    ask(&mut device, &mut peer, 10, "unlock", &[]);
    device.input(now(11), Input::Part(Part::MotorLocked, false)).unwrap();
    for at in [100, 1811, 1900, 4000] {
        device.poll(now(at)).unwrap();
    }
    deliver(&mut device, 4001, &mut peer);
    let told = peer.events.values().filter(|seen| seen.flags.contains_key("a/long-unlocked"));
    assert_eq!(told.count(), 1);
}

#[test]
fn in_service_the_case_may_be_opened_and_under_seal_there_is_no_service() {
    let (mut device, mut peer) = (device(), Peer::new());
    let service = [("msg", Written::Text("service=600"))];
    assert_eq!(ask(&mut device, &mut peer, 5, "text", &service), code::CHANGED);
    device.input(now(100), Input::Part(Part::CaseClosed, false)).unwrap();
    assert!(device.has_keys());
    device.input(now(700), Input::Part(Part::CaseClosed, true)).unwrap();
    device.input(now(701), Input::Lock).unwrap();
    assert_eq!(ask(&mut device, &mut peer, 702, "text", &service), FORBIDDEN);
    device.input(now(703), Input::Part(Part::CaseClosed, false)).unwrap();
    assert!(!device.has_keys());
}

/// The code of the platform for the seal of the tests.
fn code_of(device: &Tested, until_h: u32) -> String {
    let key = code_key(&provision().master, &provision().salt, device.id().as_bytes()).unwrap();
    String::from_utf8(opening_code(&key, device.seal().arming, until_h).to_vec()).unwrap()
}

fn hour(at: plomb_device::Now) -> u32 {
    u32::try_from(at.wall_ms.unwrap() / 3_600_000).unwrap()
}

#[test]
fn a_one_time_code_opens_once_and_says_so() {
    let (mut device, mut peer) = (sealed(), Peer::new());
    let until_h = hour(now(10)) + 3;
    let code = code_of(&device, until_h);
    device.input(now(10), Input::Password(&code)).unwrap();
    assert_eq!(device.seal().phase, Phase::OpenedWithRight);
    deliver(&mut device, 13, &mut peer);
    let opened = peer.events.values().find(|seen| seen.texts.contains_key("unl")).unwrap();
    assert!(opened.signed && opened.flags["unl/ok"] && opened.texts["unl"] == "dynamic");
    // The same again, and one that ends earlier, open nothing, even after a restart.
    let (storage, vault) = device.stop();
    let mut device = start(storage, vault, 20).unwrap();
    for typed in [code, code_of(&device, until_h - 1)] {
        device.input(now(21), Input::Password(&typed)).unwrap();
    }
    deliver(&mut device, 25, &mut peer);
    let refused = peer.events.values().filter(|seen| seen.flags.get("unl/ok") == Some(&false)).count();
    assert_eq!(refused, 2);
}

#[test]
fn a_code_is_for_its_hours_its_arming_and_a_clock() {
    let opens = |at: plomb_device::Now, typed: &str| {
        let mut device = sealed();
        device.input(at, Input::Password(typed)).unwrap();
        device.seal().phase == Phase::OpenedWithRight
    };
    let (device, now_h) = (sealed(), hour(now(10)));
    assert!(opens(now(10), &code_of(&device, now_h + 1)) && opens(now(10), &code_of(&device, now_h + 25)));
    assert!(!opens(now(10), &code_of(&device, now_h)), "its hour is over");
    assert!(!opens(now(10), &code_of(&device, now_h + 26)), "too far ahead");
    assert!(!opens(now(10), code_of(&device, now_h + 1).get(1..).unwrap()), "a digit is missing");
    let no_clock = plomb_device::Now { wall_ms: None, ..now(10) };
    assert!(!opens(no_clock, &code_of(&device, now_h + 1)), "it does not know the hour");
    let key = code_key(&provision().master, &provision().salt, device.id().as_bytes()).unwrap();
    let earlier = opening_code(&key, device.seal().arming - 1, now_h + 1);
    assert!(!opens(now(10), std::str::from_utf8(&earlier).unwrap()), "of the arming before");
}
