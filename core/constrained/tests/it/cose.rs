//! The examples of the COSE working group: those with one signer, one MAC or one ciphertext.

use plomb_constrained::cose::{
    AES_CCM_16_64_128, ES256, HMAC_256_64, HMAC_256_256, Message, Shape, encrypt0, mac0, sign1, sign1_bytes,
};
use plomb_constrained::p256::{PrivateKey, PublicKey};
use serde_json::Value;

use crate::{bytes, hex, vectors};

/// Coordinates come in base64url or in hex.
fn coordinate(key: &Value, name: &str) -> Vec<u8> {
    match key[format!("{name}_hex")].as_str() {
        Some(text) => hex(text),
        None => from_base64url(key[name].as_str().unwrap()),
    }
}

fn from_base64url(text: &str) -> Vec<u8> {
    let (mut out, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

fn plaintext(input: &Value) -> Vec<u8> {
    match input["plaintext_hex"].as_str() {
        Some(text) => hex(text),
        None => input["plaintext"].as_str().unwrap().as_bytes().to_vec(),
    }
}

#[test]
fn every_example_with_one_signer_one_mac_or_one_ciphertext_is_judged_as_it_should_be() {
    let file = vectors("cose_examples.json");
    let (mut held, mut failed, mut others) = (0, 0, 0);
    for (name, example) in file["files"].as_object().unwrap() {
        let input = &example["input"];
        let shapes = [("sign0", Shape::Sign1), ("mac0", Shape::Mac0), ("encrypted", Shape::Encrypt0)];
        let Some((part, shape)) = shapes.into_iter().find(|(key, _)| input[key].is_object()) else {
            continue;
        };
        let encoded = bytes(&example["output"], "cbor");
        let external = bytes(&input[part], "external");
        let untagged = input["failures"]["RemoveCBORTag"].is_number().then_some(shape);
        let parsed = Message::parse(&encoded, untagged);
        let key = bytes(&example["intermediates"], "CEK_hex");
        let ours = parsed.is_ok_and(|message| {
            assert_eq!(message.shape, shape, "{name}");
            // A partial IV means that the rest of the IV is agreed elsewhere: OSCORE's own business.
            let has_iv = shape != Shape::Encrypt0 || message.iv.is_some();
            has_iv
                && matches!(
                    (shape, message.algorithm),
                    (Shape::Sign1, Some(ES256))
                        | (Shape::Mac0, Some(HMAC_256_64 | HMAC_256_256))
                        | (Shape::Encrypt0, Some(AES_CCM_16_64_128))
                )
        });
        let holds = parsed.is_ok_and(|message| match shape {
            Shape::Sign1 => {
                let key = &input[part]["key"];
                if key["crv"] != "P-256" {
                    return false;
                }
                let point = [coordinate(key, "x"), coordinate(key, "y")].concat();
                let key = PublicKey::new(&point).unwrap();
                message.payload == plaintext(input) && message.is_signed_by(&key, &external)
            }
            Shape::Mac0 => message.payload == plaintext(input) && message.is_authentic_by(&key, &external),
            Shape::Encrypt0 => {
                let mut out = [0; 256];
                let key = key.as_slice().try_into();
                let opened = key.ok().and_then(|key| message.decrypt(key, &external, &mut out));
                // The plain text of the nested example is a message of its own.
                opened.is_some_and(|text| *text == plaintext(input) || name == "CWT/A_6.json")
            }
        });
        match (example["fail"].as_bool(), ours) {
            (Some(true), _) => {
                assert!(!holds, "{name} should fail");
                failed += 1;
            }
            (_, true) => {
                assert!(holds, "{name}: {parsed:?}");
                held += 1;
            }
            // ES384, ES512, EdDSA, HMAC-SHA-384 and -512, AES-GCM, other shapes of CCM: not of the profile.
            (_, false) => {
                assert!(!holds, "{name} is not an algorithm of ours");
                others += 1;
            }
        }
    }
    assert_eq!((held, failed), (21, 20), "and {others} of other algorithms");
}

#[test]
fn what_is_signed_is_verified_and_one_changed_bit_is_not() {
    let key = PrivateKey::new(&[7; 32]).unwrap();
    let mut out = [0; 256];
    let signed = sign1(&key, b"kid", 112, b"payload", b"outside", &mut out).unwrap().to_vec();
    assert_eq!(signed.len(), sign1_bytes(b"kid", 112, 7));
    let message = Message::parse(&signed, None).unwrap();
    assert_eq!((message.kid, message.content_format), (Some(&b"kid"[..]), Some(112)));
    assert_eq!(&signed[message.payload_offset..message.payload_offset + 7], b"payload");
    assert!(message.is_signed_by(&key.public(), b"outside"));
    assert!(!message.is_signed_by(&key.public(), b"inside"));
    let x_only = PublicKey::new(&key.public().x()).unwrap();
    assert!(message.is_signed_by(&x_only, b"outside"), "by the x coordinate alone");
    assert!(!message.is_signed_by(&PrivateKey::new(&[8; 32]).unwrap().public(), b"outside"));
    for place in 0..signed.len() {
        let mut bad = signed.clone();
        bad[place] ^= 1;
        let holds = Message::parse(&bad, None).is_ok_and(|bad| bad.is_signed_by(&key.public(), b"outside"));
        assert!(!holds, "{place}");
    }
    for length in 0..signed.len() {
        assert!(Message::parse(&signed[..length], None).is_err());
    }
}

#[test]
fn what_is_authenticated_or_encrypted_comes_back_under_the_same_key_alone() {
    let mut out = [0; 256];
    let written = mac0(&[1; 32], b"kid", 112, b"payload", &mut out).unwrap();
    let message = Message::parse(written, Some(Shape::Mac0)).unwrap();
    assert!(message.is_authentic_by(&[1; 32], b"") && !message.is_authentic_by(&[2; 32], b""));
    let written = encrypt0(&[1; 16], &[7; 13], b"kid", 112, b"payload", &mut out).unwrap();
    let message = Message::parse(written, None).unwrap();
    let mut plain = [0; 64];
    assert_eq!(message.kid, Some(&b"kid"[..]));
    assert_eq!(message.decrypt(&[1; 16], b"", &mut plain).unwrap(), b"payload");
    assert!(message.decrypt(&[2; 16], b"", &mut plain).is_none());
}
