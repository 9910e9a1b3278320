//! Bytes as a journal entry: neither decoding nor peeking panics, what is canonical comes back, and both agree.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plomb_evidence::{Entry, decode, encode, is_canonical, keys};

fuzz_target!(|bytes: &[u8]| {
    let peeked = keys(bytes);
    let Ok(entry) = decode(bytes) else { return };
    let mut again = Vec::new();
    encode(&entry, &mut again);
    assert_eq!(decode(&again), Ok(entry.clone()));
    assert_eq!(is_canonical(bytes), again == bytes);
    if let (true, Entry::Received(received)) = (again == bytes, entry) {
        let peeked = peeked.expect("what decodes can be peeked at");
        assert_eq!(peeked.device, received.device);
        assert_eq!(peeked.received_at, Some(received.at));
    }
});
