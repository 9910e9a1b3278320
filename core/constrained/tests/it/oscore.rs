//! RFC 8613, appendix C, and the vectors of the crate `oscore`.

use plomb_constrained::coap::Message;
use plomb_constrained::oscore::{
    Binding, Context, Header, Id, OscoreError, PartialIv, SEQUENCE_MAX, Seen, Window, open_request,
    open_response, protect_request, protect_response, reassemble,
};
use serde_json::Value;

use crate::{bytes, hex, vectors};

fn context(row: &Value, [secret, salt, ids, sender, recipient]: [&str; 5]) -> Option<Context> {
    let id_context = row[ids].as_str().map(hex);
    let id_context = id_context.as_deref();
    Context::derive(
        &bytes(row, secret),
        &bytes(row, salt),
        id_context,
        &bytes(row, sender),
        &bytes(row, recipient),
    )
}

const RFC: [&str; 5] = ["Master Secret", "Master Salt", "ID Context", "Sender ID", "Recipient ID"];
const CRATE: [&str; 5] = ["master_secret", "master_salt", "id_context", "sender_id", "recipient_id"];

fn zero() -> PartialIv {
    PartialIv::new(0).unwrap()
}

fn section(name: &str) -> Value {
    let file = vectors("oscore_rfc8613.json");
    let sections = file["sections"].as_array().unwrap().clone();
    sections.into_iter().find(|section| section["section"] == name).unwrap()["fields"].clone()
}

#[test]
fn the_contexts_of_appendix_c_have_their_nonces() {
    for name in ["C.1.1", "C.1.2", "C.2.1", "C.2.2", "C.3.1", "C.3.2"] {
        let row = section(name);
        let context = context(&row, RFC).unwrap();
        assert_eq!(
            context.nonce(&context.sender_id(), zero()).to_vec(),
            bytes(&row, "sender nonce"),
            "{name}"
        );
        assert_eq!(context.nonce(&context.recipient_id(), zero()).to_vec(), bytes(&row, "recipient nonce"));
    }
}

#[test]
fn the_requests_of_appendix_c_are_protected_and_opened() {
    for (name, client, server) in
        [("C.4", "C.1.1", "C.1.2"), ("C.5", "C.2.1", "C.2.2"), ("C.6", "C.3.1", "C.3.2")]
    {
        let row = section(name);
        let mut client = context(&section(client), RFC).unwrap();
        let server = context(&section(server), RFC).unwrap();
        client.go_on_from(20);
        let plain = bytes(&row, "message_0");
        let expected = match row["Protected CoAP request (OSCORE message)"].as_str() {
            Some(text) => hex(text),
            None => bytes(&row, "message_1"),
        };
        let mut out = [0; 128];
        let parsed = Message::parse(&plain).unwrap();
        let (protected, binding) = protect_request(&mut client, &parsed, true, &mut out).unwrap();
        assert_eq!(protected, expected, "{name}");
        assert_eq!(binding.partial_iv.sequence(), 20);
        assert_eq!(client.sequence(), 21);

        let message = Message::parse(&expected).unwrap();
        let (mut inner, mut whole) = ([0; 128], [0; 128]);
        let (inner, seen) = open_request(&server, &message, &mut inner).unwrap();
        assert_eq!(inner, bytes(&row, "plaintext"));
        assert_eq!(seen, binding);
        assert_eq!(reassemble(&message, inner, &mut whole).unwrap(), plain);
    }
}

#[test]
fn the_responses_of_appendix_c_are_protected_and_opened() {
    for (name, with_partial_iv) in [("C.7", false), ("C.8", true)] {
        let row = section(name);
        let mut server = context(&section("C.1.2"), RFC).unwrap();
        let client = context(&section("C.1.1"), RFC).unwrap();
        let binding = Binding { kid: Id::new(&[]).unwrap(), partial_iv: PartialIv::new(20).unwrap() };
        let plain = bytes(&row, "message_0");
        let mut out = [0; 128];
        let parsed = Message::parse(&plain).unwrap();
        let protected = protect_response(&mut server, &binding, &parsed, with_partial_iv, &mut out).unwrap();
        let key = if with_partial_iv { "Protected CoAP response (OSCORE message)" } else { "message_1" };
        assert_eq!(protected, bytes(&row, key));
        let message = Message::parse(protected).unwrap();
        let mut inner = [0; 128];
        assert_eq!(open_response(&client, &binding, &message, &mut inner).unwrap(), bytes(&row, "plaintext"));
    }
}

/// A message with these parts (options as they are on the wire).
fn message(plaintext: &Value) -> Vec<u8> {
    let mut message = vec![0x40, plaintext["code"].as_u64().unwrap() as u8, 0, 1];
    message.extend(bytes(plaintext, "options"));
    let payload = bytes(plaintext, "payload");
    if !payload.is_empty() {
        message.push(0xFF);
        message.extend(payload);
    }
    message
}

#[test]
fn every_vector_of_the_crate_oscore_holds() {
    let file = vectors("oscore_rfc8613.json");
    let rows = file["crate_oscore_0_1_2_vectors"]["data"]["vectors"].as_array().unwrap();
    let mut kinds = std::collections::BTreeMap::<&str, usize>::new();
    for row in rows {
        let kind = row["type"].as_str().unwrap();
        *kinds.entry(kind).or_default() += 1;
        match kind {
            "key_derivation" => {
                let context = context(row, CRATE).unwrap();
                let nonce = context.nonce(&Id::new(&[]).unwrap(), zero());
                assert_eq!(nonce.to_vec(), bytes(&row["expected"], "common_iv"));
            }
            "request_protection" | "ssn_restore" => protects_a_request(row),
            "response_protection" => protects_a_response(row),
            "roundtrip" => goes_there_and_back(row),
            "replay" => judges_a_replay(row),
            "invalid" if row["sender_id"].is_string() => assert!(context(row, CRATE).is_none()),
            "invalid" => {
                let mut short = vec![0x40, 2, 0, 1, 0x92, 0x01, 0x00, 0xFF];
                short.extend(&bytes(row, "ciphertext")[..7]);
                let context = Context::derive(b"secret", b"", None, b"a", b"b").unwrap();
                let mut out = [0; 64];
                let opened = open_request(&context, &Message::parse(&short).unwrap(), &mut out);
                assert_eq!(opened.unwrap_err(), OscoreError::Forged);
            }
            other => panic!("an unknown kind of vector: {other}"),
        }
    }
    assert_eq!(kinds.values().sum::<usize>(), rows.len());
    assert_eq!(kinds.len(), 7, "{kinds:?}");
}

fn protects_a_request(row: &Value) {
    let mut context = context(row, CRATE).unwrap();
    let sequence = row["sender_seq"].as_u64().or_else(|| row["starting_sequence_number"].as_u64()).unwrap();
    context.go_on_from(sequence);
    let nonce = context.nonce(&context.sender_id(), PartialIv::new(sequence).unwrap());
    assert_eq!(nonce.to_vec(), bytes(&row["expected"], "nonce"));
    if row["plaintext"].is_object() {
        let mut plain = message(&row["plaintext"]);
        if row["type"] == "ssn_restore" {
            // Its ciphertext is that of the path `/tv1` as one segment, not of the options it names.
            plain.splice(4.., hex("b42f747631"));
        }
        let mut out = [0; 128];
        let plain = Message::parse(&plain).unwrap();
        let (protected, _) = protect_request(&mut context, &plain, true, &mut out).unwrap();
        let protected = Message::parse(protected).unwrap();
        assert_eq!(protected.payload, bytes(&row["expected"], "ciphertext"));
        assert_eq!(protected.option(9).unwrap().value, bytes(&row["expected"], "oscore_option"));
    }
}

fn protects_a_response(row: &Value) {
    let mut context = context(row, CRATE).unwrap();
    let request_iv = bytes(row, "request_piv").iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    let binding = Binding {
        kid: Id::new(&bytes(row, "request_kid")).unwrap(),
        partial_iv: PartialIv::new(request_iv).unwrap(),
    };
    let plain = message(&row["plaintext"]);
    let mut out = [0; 128];
    let plain = Message::parse(&plain).unwrap();
    let own = row["include_piv"].as_bool().unwrap();
    let protected = protect_response(&mut context, &binding, &plain, own, &mut out).unwrap();
    let protected = Message::parse(protected).unwrap();
    assert_eq!(protected.payload, bytes(&row["expected"], "ciphertext"));
    assert_eq!(protected.option(9).unwrap().value, bytes(&row["expected"], "oscore_option"));
}

fn goes_there_and_back(row: &Value) {
    let mut client = context(row, CRATE).unwrap();
    let back = ["master_secret", "master_salt", "id_context", "recipient_id", "sender_id"];
    let server = context(row, back).unwrap();
    client.go_on_from(row["sender_seq"].as_u64().unwrap());
    let plain = message(&row["plaintext"]);
    let (mut out, mut inner, mut whole) = ([0; 128], [0; 128], [0; 128]);
    let (protected, _) =
        protect_request(&mut client, &Message::parse(&plain).unwrap(), false, &mut out).unwrap();
    let protected = Message::parse(protected).unwrap();
    let (inner, _) = open_request(&server, &protected, &mut inner).unwrap();
    assert_eq!(reassemble(&protected, inner, &mut whole).unwrap(), plain);
}

fn judges_a_replay(row: &Value) {
    let number = |value: &Value| value.as_u64().unwrap();
    let mut window = Window::of(number(&row["highest_seq"]), number(&row["window_bits"]) as u32);
    let sequence = number(&row["test_seq"]);
    let expected = &row["expected"];
    let replayed = window.look(sequence) == Seen::Before;
    assert_eq!(replayed, expected["is_replay"].as_bool().unwrap(), "{row}");
    if !replayed {
        window.take(sequence);
        let parts = (number(&expected["new_highest"]), number(&expected["new_window"]) as u32);
        assert_eq!(window.parts(), Some(parts));
    }
}

#[test]
fn malformed_options_are_refused() {
    for (value, why) in [
        ("00", "zero flags"),
        ("20", "reserved bit 5"),
        ("80", "reserved bit 7"),
        ("0e00", "length 6"),
        ("0f00", "length 7"),
        ("0914", "fine"),
        ("02", "cut off"),
        ("020014", "leading zero"),
        ("0114ff", "bytes after"),
        ("1114", "kid context without length"),
        ("111403aa", "kid context cut off"),
    ] {
        assert_eq!(Header::parse(&hex(value)).is_ok(), why == "fine", "{value} {why}");
    }
    assert_eq!(Header::parse(&[]).unwrap(), Header::default());
    let header = hex("19140837cbf3210017a2d3");
    let header = Header::parse(&header).unwrap();
    assert_eq!(header.kid_context.unwrap(), hex("37cbf3210017a2d3"));
    assert_eq!(header.kid, Some(&[][..]));
}

#[test]
fn one_changed_bit_is_noticed_wherever_it_is() {
    let server = context(&section("C.1.2"), RFC).unwrap();
    let good = bytes(&section("C.4"), "Protected CoAP request (OSCORE message)");
    // What OSCORE protects: partial IV and ciphertext; the rest is of hops between.
    let protected = (24..25).chain(26..good.len());
    for place in protected {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[place] ^= 1 << bit;
            let Ok(message) = Message::parse(&bad) else { continue };
            let mut out = [0; 64];
            assert!(open_request(&server, &message, &mut out).is_err(), "{place} {bit}");
        }
    }
}

#[test]
fn a_context_ends_with_its_numbers() {
    let mut context = Context::derive(b"secret", b"", None, b"a", b"b").unwrap();
    context.go_on_from(SEQUENCE_MAX);
    let plain = [0x40, 1, 0, 1];
    let mut out = [0; 64];
    assert!(protect_request(&mut context, &Message::parse(&plain).unwrap(), false, &mut out).is_ok());
    let again = protect_request(&mut context, &Message::parse(&plain).unwrap(), false, &mut out);
    assert_eq!(again.unwrap_err(), OscoreError::Exhausted);
    assert!(Context::derive(b"secret", b"", None, b"a", b"a").is_none(), "the same identifier on both sides");
}

#[test]
fn too_little_memory_is_told_and_never_overrun() {
    let plain = bytes(&section("C.4"), "message_0");
    let plain = Message::parse(&plain).unwrap();
    for room in 0..35 {
        let mut client = context(&section("C.1.1"), RFC).unwrap();
        let mut out = vec![0; room];
        assert_eq!(protect_request(&mut client, &plain, false, &mut out).unwrap_err(), OscoreError::Full);
    }
}
