//! Damaged frames give issues, take no good frame along, and the connection lives on.

use super::{Report, decode, open, reports};
use crate::vectors;
use plomb_devices::Decoded;

const LOCK: &str = "2480413009781914003406102107544354193631006213423b00000000006c070000000020e064f91ea0671d00020f0f0f0f0f0f0f0f0f0f07f100ea0f6e";
const EVENT: &[u8] = b"(2050018634,P45,051124,204046,9.861502,N,83.950336,W,A,1,0,1,1,0012260888,0,0,0)";

fn lock() -> Vec<u8> {
    plomb_wire::from_hex(LOCK).unwrap()
}

/// The bytes must be reported once each, in order.
fn whole(found: &[Report], bytes: &[u8]) {
    let frames: Vec<u8> = found.iter().flat_map(|report| report.frame.clone()).collect();
    assert_eq!(frames, bytes);
}

#[test]
fn a_frame_cut_short_does_not_take_the_next_one_along() {
    let lock = lock();
    for cut in [7, 9, 12, 30, 55, 59] {
        for next in [lock.clone(), EVENT.to_vec()] {
            if next[0] == b'(' && cut > 50 {
                continue; // too little of the text is inside the cut frame to be told from data
            }
            let bytes = [&lock[..cut], &next].concat();
            let found = decode(false, &[&bytes]);
            whole(&found, &bytes);
            assert_eq!(found.len(), 2, "cut at {cut}: {found:#?}");
            assert_eq!(found[0].issues.len(), 1);
            assert_eq!(found[0].events, []);
            assert_eq!((found[1].events.len(), found[1].issues.len()), (1, 0), "cut at {cut}");
        }
    }
}

#[test]
fn a_text_cut_short_does_not_take_the_next_one_along() {
    let report = plomb_wire::from_hex(
        "28383034313330303937382c312c3136382c574c4e45542c352c322c3d1502250859532516928805732794",
    )
    .unwrap();
    for first in [&EVENT[..30], &EVENT[..3], &report] {
        for next in [lock(), EVENT.to_vec()] {
            let bytes = [first, &next].concat();
            let found = decode(false, &[&bytes]);
            whole(&found, &bytes);
            assert_eq!(found.len(), 2, "{found:#?}");
            assert_eq!(found[0].events, []);
            assert_eq!((found[1].events.len(), found[1].issues.len()), (1, 0));
        }
    }
}

#[test]
fn a_false_beginning_in_garbage_takes_nothing_along() {
    // `$`, ten digits and a length that would reach far into the good frame.
    let bytes = [&b"\x00\xFF$\x01\x23\x45\x67\x89\x19\x11\x00\xF0\xAB\xCD"[..], &lock(), EVENT].concat();
    let found = decode(false, &[&bytes]);
    whole(&found, &bytes);
    assert_eq!(found.iter().map(|report| report.events.len()).collect::<Vec<_>>(), [0, 1, 1]);
    assert_eq!(found[0].issues, ["at byte 0: bytes outside any frame (found 14 bytes that begin with 0x00)"]);
}

#[test]
fn a_report_without_its_end_is_decoded_only_when_lenient() {
    let lock = lock();
    for cut in [27, 40, 50, 61] {
        let strict = decode(false, &[&lock[..cut]]);
        assert_eq!((strict.len(), strict[0].events.len(), strict[0].issues.len()), (1, 0, 1));
        let lenient = decode(true, &[&lock[..cut]]);
        assert_eq!((lenient.len(), lenient[0].events.len()), (1, 1), "cut at {cut}");
        assert!(lenient[0].events[0].position.is_some() && !lenient[0].issues.is_empty());
    }
    let lenient = decode(true, &[&EVENT[..EVENT.len() - 1]]);
    assert_eq!((lenient[0].events.len(), lenient[0].issues.len()), (1, 1));
}

#[test]
fn a_connection_lives_on_after_any_damage() {
    let mut session = open(false);
    let mut out = Decoded::default();
    for bad in [&b"\r\n"[..], b"((((((", b"$$$$$$$$", b"(12345,)", &[0xFF; 3_000]] {
        session.receive(vectors::now(), bad, &mut out);
        out.clear();
        session.receive(vectors::now(), &lock(), &mut out);
        let found = reports(&out);
        let last = found.last().unwrap();
        assert_eq!(last.events.len(), 1, "{bad:?}: {found:#?}");
        assert_eq!(last.replies, b"(P69,0,110)");
    }
}
