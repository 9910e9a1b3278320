//! The text that is signed, and what a holder may do to a document.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not so"
)]

use plomb_evidence::log::{Checkpoint, KeyKind, Note, SigningKey};
use plomb_evidence::merkle::{Frontier, Hash, leaf_hash, leaves, many_proof};
use plomb_evidence::{Action, Entry, Operated, encode};
use plomb_model::{EntryId, MovementId, ReceivedAt, Timestamp};
use plomb_report::{Disclosed, Document, Evidence, canonical, redact, verify};
use serde_json::{Map, Value, json};

/// RFC 8785, section 3.2.3, "Property sorting".
#[test]
fn names_are_sorted_as_the_standard_does() {
    let value = json!({
        "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh", "1": "One",
        "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis",
    });
    let text = canonical(&value).unwrap();
    let places: Vec<usize> = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]
        .map(|name| text.find(name).unwrap())
        .to_vec();
    assert!(places.is_sorted(), "{text}");
    assert!(text.starts_with("{\"\\r\":"), "{text}");
}

/// RFC 8785, section 3.2.2: literals, strings and the numbers that are taken.
#[test]
fn values_are_written_as_the_standard_does() {
    let value: Value = serde_json::from_str(
        r#"{"numbers": [333333333.33333329, 4.50, 2e-3, -0.0, 39.66, 1e3],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#,
    )
    .unwrap();
    let expected = concat!(
        r#"{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,0,39.66,1000],"#,
        r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
    );
    assert_eq!(canonical(&value).unwrap(), expected);
    for number in [json!(1e30), json!(1e-27), json!(u64::MAX), json!(9_007_199_254_740_993_i64)] {
        assert!(canonical(&json!([number])).is_err(), "{number}");
    }
}

fn key() -> SigningKey {
    SigningKey::new("example.org/log", KeyKind::Note, &[3; 32]).unwrap()
}

fn entry(by: &str, step: &str, holder: &str) -> Vec<u8> {
    let fields = vec![("holder.name".into(), holder.into())].into();
    let action = Action::Step { movement: MovementId(1), step: step.into(), fields };
    let at = ReceivedAt(Timestamp::from_secs(1_795_508_130));
    let mut bytes = Vec::new();
    encode(&Entry::Operated(Operated { at, by: by.into(), action }), &mut bytes);
    bytes
}

fn report() -> Document {
    let all =
        [entry("ann", "declare", "Beira Freight"), entry("ann", "submit", "-"), entry("ben", "accept", "-")];
    let hashes: Vec<Hash> = all.iter().map(|bytes| leaf_hash(bytes)).collect();
    let mut tree = Frontier::default();
    tree.extend(hashes.iter().copied());
    let head = Checkpoint { origin: "example.org/log".into(), size: 3, root: tree.root() };
    let mut note = Note::new(&head.to_string()).unwrap();
    note.sign(&key());
    let entries = [0, 2].map(|id| (EntryId(id as u64), all[id].clone())).to_vec();
    let proof = many_proof(&[0, 2], 3, &mut leaves(&hashes)).unwrap();
    let at = "2026-11-24T08:15:30.000Z";
    let statement = json!({
        "complete": true, "alarms": [],
        "movement": {"history": [
            {"entry": 0, "by": "ann", "step": "declare", "at": at},
            {"entry": 2, "by": "ben", "step": "accept", "at": at},
        ]},
    });
    let Value::Object(statement) = statement else { unreachable!() };
    let fields = vec![
        Disclosed::new(&[1; 16], "holder", json!({"name": "Beira Freight"})),
        Disclosed::new(&[2; 16], "duty", json!("12000 USD")),
    ];
    Document::trip(statement, fields, &Evidence { entries, proof, checkpoint: note.to_string() }, &key())
        .unwrap()
}

fn failed(document: &Document) -> Vec<&'static str> {
    let verdict = verify(document, &[key().public().clone()]);
    verdict.findings.iter().filter(|finding| !finding.holds).map(|finding| finding.about).collect()
}

#[test]
fn a_report_holds_and_so_does_what_is_left_of_it() {
    let report = report();
    assert_eq!(failed(&report), [""; 0], "{}", verify(&report, &[key().public().clone()]));
    let again: Document = report.to_string().parse().unwrap();
    assert_eq!(again, report);
    let less = redact(report.clone(), &["holder".to_owned()]).unwrap();
    assert_eq!(failed(&less), [""; 0], "{}", verify(&less, &[key().public().clone()]));
    assert!(!less.to_string().contains("Beira") && less.entries[0].bytes.is_none() && less.record.len() == 1);
    assert!(less.entries[1].bytes.is_some(), "what does not tell it stays");
    let unknown = redact(report, &["holders".to_owned()]).unwrap_err().to_string();
    assert!(unknown.contains("holder, duty"), "{unknown}");
}

#[test]
fn without_a_key_nothing_holds() {
    let verdict = verify(&report(), &[]);
    assert!(!verdict.holds() && verdict.to_string().contains("no key was given"));
    assert!(!verify(&Document { format: "plomb-proof/1".to_owned(), ..report() }, &[]).holds());
}

#[test]
fn a_step_that_nobody_took_is_found() {
    let key = [key().public().clone()];
    // Signed by the log itself: an operator who lies about who did what.
    let forged = |change: fn(&mut Map<String, Value>)| {
        let report = report();
        let mut statement = report.statement.clone();
        change(&mut statement);
        let entries =
            report.entries.iter().map(|part| (EntryId(part.entry), part.bytes().unwrap())).collect();
        let proof = report.proof.iter().map(|_| Hash(leaf_hash(&entry("ann", "submit", "-")).0)).collect();
        let evidence = Evidence { entries, proof, checkpoint: report.checkpoint.clone() };
        let secret = SigningKey::new("example.org/log", KeyKind::Note, &[3; 32]).unwrap();
        Document::trip(statement, report.disclosed, &evidence, &secret).unwrap()
    };
    let another = forged(|statement| statement["movement"]["history"][1]["by"] = json!("ann"));
    let verdict = verify(&another, &key).to_string();
    assert!(verdict.contains("FAILED statement   entry 2 says by \"ben\", it says \"ann\""), "{verdict}");
    let invented = forged(|statement| {
        let step = json!({"entry": 1, "by": "ben", "step": "arm", "at": "2026-11-24T08:15:30.000Z"});
        statement["movement"]["history"].as_array_mut().unwrap().push(step);
    });
    assert!(verify(&invented, &key).to_string().contains("the step of entry 1 has no entry"));
    // A report that says that entries are missing says which steps it does not prove.
    let honest = forged(|statement| {
        statement.insert("complete".to_owned(), json!(false));
        let step = json!({"entry": 1, "by": "ben", "step": "arm", "at": "2026-11-24T08:15:30.000Z"});
        statement["movement"]["history"].as_array_mut().unwrap().push(step);
    });
    let told = verify(&honest, &key).to_string();
    assert!(told.contains("1 steps are said and NOT proved"), "{told}");
    let alarm = forged(|statement| {
        statement.insert(
            "alarms".to_owned(),
            json!([{"id": 4, "kind": "seal-cut", "device": "x:1", "raised_at": ""}]),
        );
    });
    assert!(verify(&alarm, &key).to_string().contains("alarm 4 is in no entry"));
}
