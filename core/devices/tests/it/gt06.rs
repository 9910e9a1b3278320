//! GT06 and its kin.

use crate::vectors;
use plomb_devices::gt06;

#[test]
fn positions_times_and_identities_are_those_of_the_reference() {
    let lines = vectors::run("gt06.jsonl", gt06::session);
    let differences = vectors::compare(&lines);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn replies_are_those_of_the_reference() {
    for line in vectors::run("gt06.jsonl", gt06::session) {
        let Some(replies) = line.vector["replies"].as_array() else { continue };
        let expected: String =
            replies.iter().map(|r| r.as_str().unwrap().strip_prefix("hex:").unwrap()).collect();
        assert_eq!(plomb_wire::to_hex(&line.replies), expected, "{}", line.id);
    }
}

#[test]
fn show() {
    for line in vectors::run("gt06.jsonl", gt06::session) {
        println!("{} dev {:?} issues {:?}", line.id, line.device, line.issues);
        for e in &line.events {
            println!("   {e:?}");
        }
    }
}
