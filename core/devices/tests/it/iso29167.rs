//! Tags read by handhelds: reads that are claims, and answers to challenges of ours and of others.

use std::sync::Arc;

use plomb_devices::{SecretTable, SessionConfig, SessionKey, challenge};
use plomb_model::{Identity, Protocol, Reading, SealEvidence, Timestamp};
use plomb_passive::crypto::{Block, encrypt, xor};
use plomb_wire::to_hex;
use serde_json::{Value, json};

use crate::vectors::now;
use crate::web;

const PROTOCOL: Protocol = Protocol::Iso29167;
const VECTORS: &str = "../passive/iso29167-10-synthetic.jsonl";
const TID: &str = "E2C0689220006D021E2086E6";
const EPC: &str = "E2C068920000003A1E2086E6";
const KEY: Block = [0x11; 16];

fn config(keys: &str) -> SessionConfig {
    let secrets = Arc::new(SecretTable::parse(keys).unwrap());
    SessionConfig { key: SessionKey::new([7; 32]), secrets, ..SessionConfig::default() }
}

fn own_key() -> String {
    format!("tam 01{TID} {}\n", to_hex(&KEY))
}

/// The challenge that we issued so many seconds ago.
fn challenge_of(seconds: i64) -> [u8; 10] {
    challenge(&SessionKey::new([7; 32]), now().0.plus_secs(-seconds))
}

/// What the chip answers: the block of the challenge, and the memory enciphered after it.
fn answer(challenge: &[u8; 10], memory: Option<Block>) -> String {
    let head: Block = [&[0x96, 0xC5, 1, 2, 3, 4][..], challenge].concat().try_into().unwrap();
    let head = encrypt(&KEY, &head);
    let memory = memory.map(|memory| encrypt(&KEY, &xor(memory, &head)));
    to_hex(&[&head[..], memory.as_ref().map_or(&[][..], |memory| memory)].concat())
}

/// Identity, seal evidence, whose event, and issues.
fn judged(keys: &str, tag: &Value) -> (Identity, SealEvidence, String, Vec<String>) {
    let out = web::decode(PROTOCOL, config(keys), tag.to_string().as_bytes());
    let report = out.reports().next().unwrap();
    let event = &report.events[0];
    (event.trust.identity, event.trust.seal, event.peripheral.unwrap().to_string(), web::issues(&out))
}

#[test]
fn messages_mean_what_the_page_says() {
    web::synthetic(VECTORS, PROTOCOL);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&[VECTORS], PROTOCOL);
}

#[test]
fn an_answer_to_a_challenge_of_ours_proves_the_chip() {
    let own = challenge_of(5);
    let tag = json!({"epc": EPC, "tid": TID, "reader": "HH-7",
        "tam": {"key_id": 1, "challenge": to_hex(&own), "response": answer(&own, None)}});
    let (identity, seal, whose, issues) = judged(&own_key(), &tag);
    assert_eq!((identity, seal, issues), (Identity::Mac, SealEvidence::None, Vec::new()));
    assert_eq!(whose, format!("tag:{TID}"), "the chip is proved, not the EPC that is written in it");
    let out = web::decode(PROTOCOL, config(&own_key()), tag.to_string().as_bytes());
    let readings = &out.reports().next().unwrap().events[0].readings;
    let since_2026 = now().0.as_millis() / 1000 - 5 - Timestamp::from_secs(1_767_225_600).as_millis() / 1000;
    assert!(readings.contains(&Reading::Counter(since_2026.try_into().unwrap())), "{readings:?}");

    // The flat form of readers' libraries.
    let flat = json!({"tid": TID, "csi": 0, "tam": 1, "key_id": 1, "ichallenge": to_hex(&own), "response": answer(&own, None)});
    assert_eq!(judged(&own_key(), &flat).0, Identity::Mac);
    // A tamper bit that no answer covers stays a claim: only a broken seal is believed.
    for (tamper, expected) in [(false, SealEvidence::None), (true, SealEvidence::ValidTampered)] {
        let mut tag = tag.clone();
        tag["tamper"] = json!(tamper);
        assert_eq!(judged(&own_key(), &tag).1, expected);
        tag["tam"] = Value::Null;
        let unproved = if tamper { SealEvidence::ValidTampered } else { SealEvidence::ValidIntact };
        assert_eq!((judged(&own_key(), &tag).0, judged(&own_key(), &tag).1), (Identity::Claimed, unproved));
    }
}

#[test]
fn memory_that_is_proved_is_compared_with_what_the_reader_tells() {
    let own = challenge_of(1);
    let bank: Block = plomb_wire::from_hex("50063400e2c068920000003a1e2086e6").unwrap().try_into().unwrap();
    let tag = |epc: &str, profile: &str| {
        json!({"epc": epc, "tid": TID, "tam": {"method": 2, "key_id": 1, "profile": profile,
            "challenge": to_hex(&own), "response": answer(&own, Some(bank))}})
    };
    // A key of many tags is enough where the answer says whose it is.
    let batch = format!("tam 01 {}\n", to_hex(&KEY));
    let (identity, _, whose, issues) = judged(&batch, &tag(EPC, "EPC"));
    assert_eq!((identity, whose, issues), (Identity::Mac, format!("epc:{EPC}"), Vec::new()));
    let (identity, seal, _, issues) = judged(&batch, &tag("E2C068920000003A1E2086E7", "EPC"));
    assert_eq!((identity, seal), (Identity::Claimed, SealEvidence::Invalid));
    assert_eq!(issues, ["the answer proves other memory than the reader tells"]);
    let (identity, seal, _, issues) = judged(&batch, &tag(EPC, "USER"));
    assert_eq!((identity, seal), (Identity::Claimed, SealEvidence::None));
    assert_eq!(issues, ["a key of many chips answered, and no TID or EPC in the answer says which one"]);
}

#[test]
fn answers_that_prove_nothing_say_why() {
    let own = challenge_of(5);
    let with = |challenge: &[u8; 10], response: String| json!({"tid": TID, "tam": {"key_id": 1, "challenge": to_hex(challenge), "response": response}});
    let foreign = *b"0123456789";
    let rows = [
        (
            own_key(),
            with(&own, answer(&foreign, None)),
            SealEvidence::Invalid,
            "the answer of the tag does not hold",
        ),
        (
            own_key(),
            with(&foreign, answer(&foreign, None)),
            SealEvidence::Invalid,
            "the challenge was not issued by this platform: the answer may be an old one",
        ),
        (
            own_key(),
            with(&challenge_of(121), answer(&challenge_of(121), None)),
            SealEvidence::Invalid,
            "the challenge was answered too late: the answer may be an old one",
        ),
        (
            own_key(),
            with(&challenge_of(-5), answer(&challenge_of(-5), None)),
            SealEvidence::Invalid,
            "the challenge was answered too late: the answer may be an old one",
        ),
        (
            String::new(),
            with(&own, answer(&own, None)),
            SealEvidence::None,
            "no key of this chip is known: its answer cannot be checked",
        ),
        (
            own_key(),
            json!({"tid": TID, "tam": {"key_id": 1, "response": answer(&own, None)}}),
            SealEvidence::None,
            "the answer of a tag without its challenge of 10 bytes in hex",
        ),
        (
            own_key(),
            with(&own, "00".to_owned()),
            SealEvidence::None,
            "the answer of a tag is no whole blocks of 16 bytes in hex",
        ),
    ];
    for (keys, tag, expected, why) in rows {
        let (identity, seal, _, issues) = judged(&keys, &tag);
        assert_eq!((identity, seal, issues), (Identity::Claimed, expected, vec![why.to_owned()]), "{tag}");
    }
}
