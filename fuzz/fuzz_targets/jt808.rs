#![no_main]

use plomb_devices::{Decoded, SessionConfig, jt808};
use plomb_model::{ReceivedAt, Timestamp};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let now = ReceivedAt(Timestamp::from_secs(1_788_264_000));
    let (first, second) = data.split_at(data.len() / 2);
    for lenient in [false, true] {
        let mut session = jt808::session(SessionConfig { lenient, ..SessionConfig::default() });
        let mut out = Decoded::default();
        session.receive(now, first, &mut out);
        session.receive(now, second, &mut out);
        session.finish(now, &mut out);
        assert_eq!(out.frame_bytes(), data.len());
        while let Some(due) = session.deadline() {
            session.tick(due, &mut out);
        }
    }
    let described = jt808::describe(data);
    assert!(described.fields.iter().all(|field| field.offset + field.length <= data.len()));
});
