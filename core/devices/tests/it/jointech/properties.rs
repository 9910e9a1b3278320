//! What must hold for any bytes.

use plomb_devices::jointech;
use proptest::prelude::*;

use super::{decode, stream};
use crate::vectors;

proptest! {
    #[test]
    fn cutting_the_stream_anywhere_changes_nothing(cuts in prop::collection::vec(0_usize..6_000, 0..20)) {
        let stream = stream();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let parts: Vec<&[u8]> = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
        prop_assert_eq!(decode(false, &parts), decode(false, &[&stream]));
    }

    #[test]
    fn any_bytes_are_accounted_for(bytes in damaged(), cut in 0_usize..2_000, lenient: bool) {
        let cut = cut.min(bytes.len());
        let found = decode(lenient, &[&bytes[..cut], &bytes[cut..]]);
        let frames: Vec<u8> = found.iter().flat_map(|report| report.frame.clone()).collect();
        prop_assert_eq!(&frames, &bytes);
        prop_assert_eq!(&found, &decode(lenient, &[&bytes]));
        for report in &found {
            prop_assert!(!jointech::describe(&report.frame).fields.is_empty());
            prop_assert!(!report.events.is_empty() || !report.issues.is_empty());
        }
    }

    #[test]
    fn a_good_frame_after_garbage_is_found(garbage in prop::collection::vec(any::<u8>(), 0..200)) {
        let good = plomb_wire::from_hex("2480413009781914003406102107544354193631006213423b00000000006c070000000020e064f91ea0671d00020f0f0f0f0f0f0f0f0f0f07f100ea0f6e").unwrap();
        let found = decode(false, &[&[&garbage[..], &good].concat()]);
        let last = found.last().unwrap();
        prop_assert_eq!(&last.frame, &good);
        prop_assert_eq!(last.events.len(), 1);
    }

    #[test]
    fn fields_of_a_description_lie_in_the_frame(bytes in damaged()) {
        for report in decode(true, &[&bytes]) {
            let description = jointech::describe(&report.frame);
            let mut end = 0;
            for field in &description.fields {
                prop_assert!(field.offset >= end, "{description:?}");
                end = field.offset + field.length;
                prop_assert!(end <= report.frame.len(), "{description:?}");
            }
        }
    }
}

/// Noise, and vectors with some bytes changed, left out or put in.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let frames: Vec<Vec<u8>> = ["jointech.jsonl", "jointech-synthetic.jsonl"]
        .into_iter()
        .flat_map(vectors::read)
        .filter_map(|vector| vectors::bytes(&vector))
        .collect();
    let hurt = (
        prop::collection::vec(prop::sample::select(frames), 1..5),
        prop::collection::vec((0_usize..1_000, any::<u8>(), 0_u8..3), 0..6),
    )
        .prop_map(|(frames, wounds)| {
            let mut bytes = frames.concat();
            for (at, value, what) in wounds {
                let at = at % bytes.len().max(1);
                match what {
                    0 => bytes[at] = value,
                    1 => bytes.insert(at, value),
                    _ => {
                        bytes.remove(at);
                    }
                }
            }
            bytes
        });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..300), hurt]
}
