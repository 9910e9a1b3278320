//! Teltonika: any bytes, in two reads, strict and lenient; none may panic, and every byte must end in one report.

#![no_main]

use plomb_devices::{Decoded, SessionConfig, teltonika};
use plomb_model::{ReceivedAt, Timestamp};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let now = ReceivedAt(Timestamp::from_secs(1_788_264_000));
    let cut = data.first().map_or(0, |byte| usize::from(*byte)).min(data.len());
    let (head, tail) = data.split_at(cut);
    for (lenient, datagrams) in [(false, false), (true, false), (false, true)] {
        let config = SessionConfig { lenient, datagrams, ..SessionConfig::default() };
        let mut session = teltonika::session(config);
        let mut out = Decoded::default();
        session.receive(now, head, &mut out);
        session.receive(now, tail, &mut out);
        session.finish(now, &mut out);
        let bytes: usize = out.reports().map(|report| report.frame.len()).sum();
        assert_eq!(bytes, data.len());
    }
    let description = teltonika::describe(data);
    assert!(description.fields.iter().all(|field| field.offset + field.length <= data.len()));
});
