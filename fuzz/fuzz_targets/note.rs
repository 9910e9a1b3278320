//! What strangers send to a witness, and what a checker is given: read or refused, and written again alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plomb_evidence::log::{AddCheckpoint, Note, Tile, VerifyingKey};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(note) = text.parse::<Note>() {
        assert_eq!(note.to_string(), text);
        let _known = note.verify(&[]);
    }
    if let Ok(request) = text.parse::<AddCheckpoint>() {
        assert_eq!(request.to_string().parse(), Ok(request.clone()));
        let _judged = request.judge(None, &[]);
    }
    if let Ok(tile) = text.parse::<Tile>() {
        assert_eq!(tile.to_string(), text);
    }
    let _key = text.parse::<VerifyingKey>();
});
