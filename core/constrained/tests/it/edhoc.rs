//! RFC 9529: the whole exchange of section 3, and the steps of the six traces with certificates and static keys.

use plomb_constrained::cbor::{Buffer, Decoder, Encoder};
use plomb_constrained::edhoc::{
    Asked, Cred, EdhocError, IdCred, Initiator, Method, Own, Peer, ccs, extract, kdf, put_request_prefix,
    split_request,
};
use plomb_constrained::oscore::Id;
use plomb_constrained::p256::{PrivateKey, PublicKey};
use serde_json::Value;

use crate::{bytes, hex, vectors};

fn trace() -> Value {
    vectors("edhoc_rfc9529_trace2_lakers.json")["values"].clone()
}

fn private(bytes: &[u8]) -> PrivateKey {
    PrivateKey::new(bytes).unwrap()
}

/// The key in a CWT claims set: the coordinates stand behind their labels.
fn key_of(cred: &[u8]) -> PublicKey {
    let place = cred.windows(3).position(|head| head == [0x21, 0x58, 0x20]).unwrap() + 3;
    let x = &cred[place..place + 32];
    PublicKey::new(&[x, &cred[place + 35..place + 67]].concat()).unwrap()
}

fn peer(cred: &[u8]) -> Peer {
    Peer { cred: Cred::new(cred).unwrap(), key: key_of(cred) }
}

/// The responder's static key and ephemeral key: of section 3 (the lakers file leaves them out).
const SK_R: &str = "72cc4761dbd4c78f758931aa589d348d1ef874a7e303ede2f140dcf3e6aa4aac";
const Y: &str = "e2f4126777205e853b437d6eaca1e1f753cdcc3e2c69fa884b0a1a640977e418";

#[test]
fn the_exchange_of_section_3_comes_out_byte_for_byte_on_both_sides() {
    let trace = trace();
    let (sk_i, sk_r) = (private(&bytes(&trace, "SK_I_TV")), private(&hex(SK_R)));
    let (cred_i, cred_r) = (bytes(&trace, "CRED_I_TV"), bytes(&trace, "CRED_R_TV"));
    let own_i = Own { key: &sk_i, id: IdCred::Kid(&[0x2b]), cred: &cred_i };
    let own_r = Own { key: &sk_r, id: IdCred::Kid(&[0x32]), cred: &cred_r };

    let c_i = Id::new(&[0x37]).unwrap();
    let initiator = Initiator::new(Method::StaticStatic, private(&bytes(&trace, "X_TV")), c_i, &[6]).unwrap();
    assert_eq!(initiator.message_1(), bytes(&trace, "MESSAGE_1_TV"));

    let message_1 = initiator.message_1().to_vec();
    let asked = Asked::new(&message_1).unwrap();
    assert_eq!((asked.method(), asked.c_i()), (Method::StaticStatic, c_i));
    let mut out = [0; 256];
    let c_r = Id::new(&[0x27]).unwrap();
    let (message_2, waiting) = asked.message_2(private(&hex(Y)), c_r, &own_r, &mut out).unwrap();
    assert_eq!(message_2, bytes(&trace, "MESSAGE_2_TV"));

    let answered = initiator
        .take_message_2(message_2, |id| (id == IdCred::Kid(&[0x32])).then(|| peer(&cred_r)))
        .unwrap();
    assert_eq!(answered.c_r(), c_r);
    let mut out = [0; 256];
    let (message_3, ours) = answered.message_3(&own_i, &mut out).unwrap();
    assert_eq!(message_3, bytes(&trace, "MESSAGE_3_TV"));

    let theirs =
        waiting.take_message_3(message_3, |id| (id == IdCred::Kid(&[0x2b])).then(|| peer(&cred_i))).unwrap();
    let mut out = [0; 64];
    let message_4 = theirs.message_4(&mut out).unwrap();
    assert_eq!(message_4, bytes(&trace, "MESSAGE_4_TV"));
    ours.take_message_4(message_4).unwrap();

    for side in [&ours, &theirs] {
        let (mut secret, mut salt) = ([0; 16], [0; 8]);
        side.export(0, &[], &mut secret);
        side.export(1, &[], &mut salt);
        assert_eq!(secret.to_vec(), bytes(&trace, "OSCORE_MASTER_SECRET_TV"));
        assert_eq!(salt.to_vec(), bytes(&trace, "OSCORE_MASTER_SALT_TV"));
    }
    let (device, platform) = (ours.oscore().unwrap(), theirs.oscore().unwrap());
    assert_eq!(device.sender_id(), platform.recipient_id());
    assert_eq!(device.sender_id().as_bytes(), [0x27]);
}

#[test]
fn message_1_is_refused_as_the_traces_and_lakers_say() {
    let trace = trace();
    let refused = |name: &str| match Asked::new(&bytes(&trace, name)) {
        Ok(asked) => panic!("{name} is taken: {asked:?}"),
        Err(error) => error,
    };
    assert_eq!(refused("MESSAGE_1_TV_FIRST_TIME"), EdhocError::Suite);
    let mut out = [0; 8];
    assert_eq!(EdhocError::Suite.message(&mut out).unwrap(), [2, 2], "the error that names our suite");
    for name in [
        "MESSAGE_1_INVALID_ARRAY_TV",
        "MESSAGE_1_INVALID_C_I_TV",
        "MESSAGE_1_INVALID_CIPHERSUITE_TV",
        "MESSAGE_1_INVALID_TEXT_EPHEMERAL_KEY_TV",
        "MESSAGE_1_TV_SUITE_ONLY_ERR",
    ] {
        assert!(matches!(refused(name), EdhocError::Fault(_)), "{name}");
    }
    // The lists of suites alone are read to their end, where the rest of the message is missing.
    for name in ["MESSAGE_1_TV_SUITE_ONLY_A", "MESSAGE_1_TV_SUITE_ONLY_B", "MESSAGE_1_TV_SUITE_ONLY_C"] {
        let EdhocError::Fault(fault) = refused(name) else { panic!("{name}") };
        assert_eq!((fault.offset, fault.what), (bytes(&trace, name).len(), "CBOR item cut off"), "{name}");
    }
    assert!(Asked::new(&bytes(&trace, "MESSAGE_1_WITH_DUMMY_EAD_NO_VALUE_TV")).is_ok());
    assert!(Asked::new(&bytes(&trace, "MESSAGE_1_WITH_DUMMY_EAD_TV")).is_ok());
    assert_eq!(refused("MESSAGE_1_WITH_DUMMY_CRITICAL_EAD_TV"), EdhocError::CriticalData);
    assert_eq!(refused("MESSAGE_1_WITH_TWO_EADS"), EdhocError::CriticalData);
}

#[test]
fn message_2_and_its_plain_text_are_refused_when_malformed() {
    let trace = trace();
    let initiator = || {
        let key = private(&bytes(&trace, "X_TV"));
        Initiator::new(Method::StaticStatic, key, Id::new(&[0x37]).unwrap(), &[6]).unwrap()
    };
    let message = bytes(&trace, "MESSAGE_2_INVALID_NUMBER_OF_CBOR_SEQUENCE_TV");
    assert!(matches!(initiator().take_message_2(&message, |_| None), Err(EdhocError::Fault(_))));
    let good = bytes(&trace, "MESSAGE_2_TV");
    assert_eq!(initiator().take_message_2(&good, |_| None).unwrap_err(), EdhocError::UnknownCredential);
    let mut other = peer(&bytes(&trace, "CRED_I_TV"));
    assert_eq!(initiator().take_message_2(&good, |_| Some(other)).unwrap_err(), EdhocError::Unauthentic);
    other.cred = Cred::new(&bytes(&trace, "CRED_R_TV")).unwrap();
    assert_eq!(initiator().take_message_2(&good, |_| Some(other)).unwrap_err(), EdhocError::Unauthentic);
    // Plain texts whose identifier is longer than it need be, under the keystream of the trace.
    for name in ["PLAINTEXT_2_SURPLUS_MAP_ID_CRED_TV", "PLAINTEXT_2_SURPLUS_BSTR_ID_CRED_TV"] {
        let plaintext = bytes(&trace, name);
        let prk: [u8; 32] = bytes(&trace, "PRK_2E_TV").try_into().unwrap();
        let mut text = vec![0; plaintext.len()];
        kdf(&prk, 0, &[&bytes(&trace, "TH_2_TV")], &mut text);
        for (byte, plain) in text.iter_mut().zip(&plaintext) {
            *byte ^= plain;
        }
        let mut out = [0; 64];
        let mut encoder = Encoder(Buffer::new(&mut out));
        encoder.bytes_head(32 + text.len()).raw(&bytes(&trace, "G_Y_TV")).raw(&text);
        let message = encoder.0.finish().unwrap();
        let refused = initiator().take_message_2(message, |_| Some(other)).unwrap_err();
        let EdhocError::Fault(fault) = refused else { panic!("{name} {refused:?}") };
        assert!(fault.what.contains("should be written"), "{name} {fault}");
    }
}

/// The steps of the six traces. They are of an earlier draft whose transcripts are other than the standard's, so that the
/// inputs of each step are taken from the trace.
#[test]
fn every_step_of_the_six_traces_comes_out() {
    let file = vectors("edhoc_rfc9529_p256.json");
    let traces = file["vectors"].as_object().unwrap();
    assert_eq!(traces.len(), 6);
    for (name, t) in traces {
        let get = |key: &str| bytes(t, key);
        let array = |key: &str| <[u8; 32]>::try_from(get(key)).unwrap();
        let (x, y) = (private(&get("x_raw")), private(&get("y_raw")));
        assert_eq!(x.public().x(), array("g_x_raw"), "{name}");
        let g_y = PublicKey::new(&get("g_y_raw")).unwrap();
        assert_eq!(*x.agree(&g_y).expose(), array("g_xy_raw"));
        assert_eq!(*y.agree(&x.public()).expose(), array("g_xy_raw"));
        assert!(Asked::new(&get("message_1")).is_ok());
        assert_eq!(extract(&get("salt_raw"), &get("g_xy_raw")), array("prk_2e_raw"));
        let signs = t["method"] == "00";
        if signs {
            assert_eq!(array("prk_3e2m_raw"), array("prk_2e_raw"));
        } else {
            let r = private(&get("r_raw"));
            assert_eq!(*r.agree(&x.public()).expose(), array("g_rx_raw"));
            assert_eq!(extract(&get("salt_3e2m"), &get("g_rx_raw")), array("prk_3e2m_raw"));
            let i = private(&get("i_raw"));
            assert_eq!(*i.agree(&g_y).expose(), array("g_iy_raw"));
            assert_eq!(extract(&get("salt_4e3m"), &get("g_iy_raw")), array("prk_4e3m_raw"));
        }
        // Each derivation whose info the trace writes out: label and context are taken from it.
        for (prk, info, result) in [
            ("prk_3e2m_raw", "info_mac_2", "mac_2_raw"),
            ("prk_2e_raw", "info_keystream_2", "keystream_2_raw"),
            ("prk_4e3m_raw", "info_mac_3", "mac_3_raw"),
            ("prk_3e2m_raw", "info_k_3", "k_3_raw"),
            ("prk_3e2m_raw", "info_iv_3", "iv_3_raw"),
            ("prk_4e3m_raw", "info_k_4", "k_4_raw"),
            ("prk_4e3m_raw", "info_iv_4", "iv_4_raw"),
            ("prk_exporter", "info_oscore_secret", "oscore_secret_raw"),
            ("prk_exporter", "info_oscore_salt", "oscore_salt_raw"),
        ] {
            let expected = get(result);
            let info_bytes = get(info);
            let mut decoder = Decoder::new(&info_bytes);
            let (label, context) = (decoder.integer().unwrap(), decoder.bytes().unwrap());
            assert_eq!(usize::try_from(decoder.integer().unwrap()), Ok(expected.len()), "{name} {info}");
            let mut out = vec![0; expected.len()];
            kdf(&array(prk), label, &[context], &mut out);
            assert_eq!(out, expected, "{name} {info}");
        }
        let mut prk_out = [0; 32];
        kdf(&array("prk_4e3m_raw"), 7, &[&get("th_4_raw")], &mut prk_out);
        assert_eq!(prk_out, array("prk_out"));
        let mut prk_exporter = [0; 32];
        kdf(&prk_out, 10, &[], &mut prk_exporter);
        assert_eq!(prk_exporter, array("prk_exporter"));
        if signs {
            for (key, message, signature) in
                [("pk_r_raw", "m_2", "sig_or_mac_2_raw"), ("pk_i_raw", "m_3", "sig_or_mac_3_raw")]
            {
                let key = PublicKey::new(&get(key)).unwrap();
                assert!(key.verifies(&sha256(&get(message)), &get(signature)), "{name} {message}");
            }
        }
        for (number, aad, plain) in [(3, "a_3", "p_3"), (4, "a_4", "p_4")] {
            let key = plomb_constrained::aead::Key::new(&get(&format!("k_{number}_raw")).try_into().unwrap());
            let nonce = get(&format!("iv_{number}_raw")).try_into().unwrap();
            let mut text = get(&format!("ciphertext_{number}_raw"));
            assert_eq!(key.open(&nonce, &get(aad), &mut text).unwrap(), get(plain), "{name} {number}");
        }
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).into()
}

#[test]
fn every_method_goes_through_and_a_changed_bit_ends_it() {
    let (sk_i, sk_r) = (private(&[3; 32]), private(&[4; 32]));
    let (kid_i, kid_r) = (*b"device", *b"platform");
    let (cred_i, cred_r) = (ccs(&kid_i, &sk_i.public()).unwrap(), ccs(&kid_r, &sk_r.public()).unwrap());
    let own_i = Own { key: &sk_i, id: IdCred::Kid(&kid_i), cred: cred_i.as_bytes() };
    // By a map, as a hash of a certificate would be.
    let map = hex("a11822822e483480f5fa01a8abf4");
    let own_r = Own { key: &sk_r, id: IdCred::Map(&map), cred: cred_r.as_bytes() };
    let peer_i = Peer { cred: cred_i, key: sk_i.public() };
    let peer_r = Peer { cred: cred_r, key: sk_r.public() };
    for method in [Method::SignSign, Method::SignStatic, Method::StaticSign, Method::StaticStatic] {
        let c_i = Id::new(b"").unwrap();
        let initiator = || Initiator::new(method, private(&[5; 32]), c_i, &[]).unwrap();
        let message_1 = initiator().message_1().to_vec();
        let asked = Asked::new(&message_1).unwrap();
        let mut out = [0; 512];
        let (message_2, waiting) =
            asked.message_2(private(&[6; 32]), Id::new(b"abc").unwrap(), &own_r, &mut out).unwrap();
        let mut bad = message_2.to_vec();
        *bad.last_mut().unwrap() ^= 1;
        assert!(initiator().take_message_2(&bad, |_| Some(peer_r)).is_err());
        let answered = initiator()
            .take_message_2(message_2, |id| (id == IdCred::Map(&map)).then_some(peer_r))
            .unwrap_or_else(|error| panic!("{method:?} {error:?}"));
        let mut out = [0; 512];
        let (message_3, ours) = answered.message_3(&own_i, &mut out).unwrap();
        let mut bad = message_3.to_vec();
        *bad.last_mut().unwrap() ^= 1;
        assert_eq!(waiting.take_message_3(&bad, |_| Some(peer_i)).unwrap_err(), EdhocError::Unauthentic);
        let wrong = Peer { key: sk_r.public(), ..peer_i };
        assert_eq!(waiting.take_message_3(message_3, |_| Some(wrong)).unwrap_err(), EdhocError::Unauthentic);
        let theirs =
            waiting.take_message_3(message_3, |id| (id == IdCred::Kid(&kid_i)).then_some(peer_i)).unwrap();
        let (mut a, mut b) = ([0; 16], [0; 16]);
        ours.export(0, &[], &mut a);
        theirs.export(0, &[], &mut b);
        assert_eq!(a, b, "{method:?}");
        assert_ne!(a, [0; 16]);
    }
}

#[test]
fn requests_to_the_resource_say_which_exchange_they_are_of() {
    assert_eq!(split_request(&hex("f503")).unwrap(), (None, &[3][..]));
    assert_eq!(split_request(&hex("2740")).unwrap(), (Id::new(&[0x27]), &[0x40][..]));
    assert_eq!(split_request(&hex("43aabbcc40")).unwrap(), (Id::new(&[0xaa, 0xbb, 0xcc]), &[0x40][..]));
    assert!(split_request(&hex("412740")).is_err(), "a byte that should be an integer");
    assert!(split_request(&hex("f6")).is_err());
    let mut out = [0; 8];
    let id = Id::new(&[0xaa, 0xbb]).unwrap();
    assert_eq!(put_request_prefix(Buffer::new(&mut out), Some(&id)).finish().unwrap(), hex("42aabb"));
    let mut out = [0; 8];
    assert_eq!(put_request_prefix(Buffer::new(&mut out), None).finish().unwrap(), hex("f5"));
}
