//! First bytes of anything: the recogniser decides within its look-ahead, and the protocol it names takes the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plomb_devices::{Decoded, LOOK_AHEAD_BYTES, Recognised, SessionConfig, open, recognise};
use plomb_model::{ReceivedAt, Timestamp};

fuzz_target!(|data: &[u8]| {
    match recognise(data) {
        Recognised::Is(protocol) => {
            let now = ReceivedAt(Timestamp::from_secs(1_800_000_000));
            let mut session = open(protocol, SessionConfig::default());
            let mut out = Decoded::default();
            session.receive(now, data, &mut out);
            session.finish(now, &mut out);
            assert_eq!(out.frame_bytes(), data.len(), "every byte is in a report");
        }
        Recognised::NeedMore => assert!(data.len() < LOOK_AHEAD_BYTES),
        Recognised::Unknown => {}
    }
});
