//! Any bytes, in two parts, strict and lenient: no panic, and every byte in exactly one report.

#![no_main]

use plomb_devices::{Decoded, SessionConfig, jointech};
use plomb_model::{ReceivedAt, Timestamp};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // The first byte says where the rest is cut.
    let Some((cut, data)) = data.split_first() else { return };
    let (first, second) = data.split_at(usize::from(*cut) * data.len() / 256);
    let now = ReceivedAt(Timestamp::from_secs(1_790_000_000));
    for lenient in [false, true] {
        let mut session = jointech::session(SessionConfig { lenient, ..SessionConfig::default() });
        let mut out = Decoded::default();
        session.receive(now, first, &mut out);
        session.receive(now, second, &mut out);
        session.finish(now, &mut out);
        let mut reported = Vec::with_capacity(data.len());
        for report in out.reports() {
            reported.extend_from_slice(report.frame);
            let _ = jointech::describe(report.frame);
        }
        assert_eq!(reported, data);
    }
    let _ = jointech::describe(data);
});
