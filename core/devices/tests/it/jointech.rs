//! Jointech locks, trackers and sub-devices.

use plomb_devices::{Decoded, SessionConfig, jointech};
use plomb_model::Event;

use crate::vectors;

#[test]
fn recorded_frames_agree_with_the_reference() {
    let lines = vectors::run("jt600.jsonl", jointech::session);
    assert!(lines.len() >= 17);
    assert_eq!(vectors::compare(&lines), Vec::<String>::new());
    for line in &lines {
        assert_eq!(line.issues, Vec::<String>::new(), "{}", line.id);
        println!(
            "{} {:?} {:?} {:#?}",
            line.id,
            line.device,
            String::from_utf8_lossy(&line.replies),
            line.events.first()
        );
        println!("{:#?}", jointech::describe(&vectors::bytes(&line.vector).unwrap()));
    }
}
