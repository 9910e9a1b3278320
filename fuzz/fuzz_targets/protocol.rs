//! Any bytes for the session of one protocol, named by `PLOMB_FUZZ_PROTOCOL`: in two reads, strict, lenient and as a
//! datagram. None may panic, every byte must end in exactly one report, and what is laid open lies inside the frame.

#![no_main]

use std::sync::LazyLock;

use plomb_devices::{Decoded, SessionConfig, describe, open};
use plomb_model::{Protocol, ReceivedAt, Timestamp};

/// More turns of a session's own clock than any has to do.
const TICKS_MAX: usize = 16;

static PROTOCOL: LazyLock<Protocol> = LazyLock::new(|| {
    let name = std::env::var("PLOMB_FUZZ_PROTOCOL").unwrap_or_default();
    Protocol::from_name(&name).unwrap_or_else(|| panic!("PLOMB_FUZZ_PROTOCOL names no protocol: {name:?}"))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let now = ReceivedAt(Timestamp::from_secs(1_790_000_000));
    let cut = data.first().map_or(0, |byte| usize::from(*byte)) * data.len() / 256;
    for (lenient, datagrams) in [(false, false), (true, false), (false, true)] {
        let mut session = open(*PROTOCOL, SessionConfig { lenient, datagrams, ..SessionConfig::default() });
        let mut out = Decoded::default();
        // A datagram comes whole.
        let (first, second) = if datagrams { (data, &data[..0]) } else { data.split_at(cut) };
        session.receive(now, first, &mut out);
        if !datagrams {
            session.receive(now, second, &mut out);
        }
        session.finish(now, &mut out);
        let mut reported = Vec::with_capacity(data.len());
        for report in out.reports() {
            reported.extend_from_slice(report.frame);
            let _ = describe(*PROTOCOL, report.frame);
        }
        assert_eq!(reported, data);
        for _ in 0..TICKS_MAX {
            let Some(due) = session.deadline() else { break };
            session.tick(due, &mut out);
        }
    }
    let described = describe(*PROTOCOL, data);
    assert!(described.fields.iter().all(|field| field.offset + field.length <= data.len()));
});
