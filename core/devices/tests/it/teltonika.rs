//! Teltonika against its vectors.

use crate::vectors;

#[test]
fn vectors_decode_as_the_reference_does() {
    let lines = vectors::run("teltonika.jsonl", plomb_devices::teltonika::session);
    assert_eq!(vectors::compare(&lines), Vec::<String>::new());
}
