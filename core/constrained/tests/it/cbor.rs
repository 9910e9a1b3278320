//! CBOR against appendix A of RFC 8949, and against bytes of nobody.

use plomb_constrained::cbor::{Buffer, DEPTH_MAX, Decoder, Encoder, Item};
use proptest::prelude::*;

use crate::hex;

fn one(text: &str) -> Vec<Item<'static>> {
    let bytes = Box::leak(hex(text).into_boxed_slice());
    let mut decoder = Decoder::new(bytes);
    let mut items = Vec::new();
    while !decoder.is_empty() {
        items.push(decoder.item().unwrap());
    }
    items
}

#[test]
fn appendix_a_is_read() {
    assert_eq!(one("1bffffffffffffffff"), [Item::Unsigned(u64::MAX)]);
    assert_eq!(one("3bffffffffffffffff"), [Item::Negative(u64::MAX)]);
    assert_eq!(one("3903e7")[0].integer(), Some(-1000));
    assert_eq!(one("1bffffffffffffffff")[0].integer(), None);
    for (text, value) in [
        ("f90000", 0.0),
        ("f93c00", 1.0),
        ("f93e00", 1.5),
        ("f97bff", 65504.0),
        ("f90001", 5.960_464_477_539_063e-8),
        ("f90400", 0.000_061_035_156_25),
        ("f9c400", -4.0),
        ("fa47c35000", 100_000.0),
        ("fb3ff199999999999a", 1.1),
        ("f97c00", f64::INFINITY),
        ("f9fc00", f64::NEG_INFINITY),
    ] {
        assert_eq!(one(text), [Item::Float(value)], "{text}");
    }
    assert!(matches!(one("f97e00")[0], Item::Float(nan) if nan.is_nan()));
    assert_eq!(
        one("f4f5f6f7f0f8ff"),
        [
            Item::Bool(false),
            Item::Bool(true),
            Item::Null,
            Item::Simple(23),
            Item::Simple(16),
            Item::Simple(255),
        ]
    );
    assert_eq!(one("c11a514b67b0"), [Item::Tag(1), Item::Unsigned(1_363_896_240)]);
    assert_eq!(one("4401020304"), [Item::Bytes(&[1, 2, 3, 4])]);
    assert_eq!(one("62c3bc"), [Item::Text("ü")]);
    assert_eq!(one("9f01ff"), [Item::Array(None), Item::Unsigned(1), Item::Break]);
}

#[test]
fn what_is_no_cbor_is_refused() {
    for text in ["1c", "5f42010243030405ff", "7f657374726561ff", "62c3", "1a0000", "f81f", "1f", "3f", "df"] {
        assert!(Decoder::new(&hex(text)).item().is_err(), "{text}");
    }
    let deep = vec![0x81; DEPTH_MAX + 1];
    assert_eq!(Decoder::new(&deep).skip().unwrap_err().what, "CBOR items too deep in one another");
    assert_eq!(Decoder::new(&[0xFF]).skip().unwrap_err().offset, 0);
    // A length that nobody can have is no reason to reserve memory for it.
    assert!(Decoder::new(&hex("9bffffffffffffffff00")).skip().is_err());
    assert!(Decoder::new(&hex("5bffffffffffffffff00")).item().is_err());
}

#[test]
fn heads_are_as_short_as_can_be() {
    let mut out = [0; 64];
    let mut encoder = Encoder(Buffer::new(&mut out));
    encoder.integer(23).integer(24).integer(-25).integer(65_536).integer(i64::MIN).bytes(&[9]).text("a");
    let written = encoder.0.finish().unwrap();
    assert_eq!(*written, hex("17181838181a000100003b7fffffffffffffff41096161"));
}

proptest! {
    #[test]
    fn bytes_of_nobody_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut decoder = Decoder::new(&bytes);
        while !decoder.is_empty() && decoder.item().is_ok() {}
        prop_assert!(decoder.offset() <= bytes.len());
        let passed = Decoder::new(&bytes).skip().map_or(0, <[u8]>::len);
        prop_assert!(passed <= bytes.len());
        if let Ok(pack) = plomb_constrained::senml::Pack::new(&bytes) {
            prop_assert!(pack.count() <= bytes.len());
        }
        let parsed = plomb_constrained::cose::Message::parse(&bytes, Some(plomb_constrained::cose::Shape::Sign1));
        prop_assert!(parsed.is_err() || bytes.len() > 4);
    }

    #[test]
    fn every_integer_comes_back(value in any::<i64>()) {
        let mut out = [0; 9];
        let mut encoder = Encoder(Buffer::new(&mut out));
        encoder.integer(value);
        let written = encoder.0.finish().unwrap();
        prop_assert_eq!(Decoder::new(written).integer().unwrap(), value);
    }
}
