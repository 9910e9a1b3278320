//! The examples of RFC 8428.

use plomb_constrained::cbor::{Buffer, Decoder, Encoder};
use plomb_constrained::senml::{Number, Pack, PackWriter, Record, Value, Written};
use serde_json::Value as Json;

use crate::{bytes, hex, vectors};

const LABELS: [(&str, i64); 15] = [
    ("bver", -1),
    ("bn", -2),
    ("bt", -3),
    ("bu", -4),
    ("bv", -5),
    ("bs", -6),
    ("n", 0),
    ("u", 1),
    ("v", 2),
    ("vs", 3),
    ("vb", 4),
    ("s", 5),
    ("t", 6),
    ("ut", 7),
    ("vd", 8),
];

/// The pack in CBOR, as section 6 has it.
fn cbor(pack: &Json, out: &mut [u8]) -> usize {
    let mut encoder = Encoder(Buffer::new(out));
    let records = pack.as_array().unwrap();
    encoder.array(records.len());
    for record in records {
        let fields = record.as_object().unwrap();
        encoder.map(fields.len());
        for (name, value) in fields {
            match LABELS.iter().find(|(known, _)| known == name) {
                Some((_, label)) => encoder.integer(*label),
                None => encoder.text(name),
            };
            match value {
                Json::Number(number) if number.is_i64() => encoder.integer(number.as_i64().unwrap()),
                Json::Number(number) => encoder.double(number.as_f64().unwrap()),
                Json::Bool(value) => encoder.bool(*value),
                Json::String(_) if name == "vd" => encoder.bytes(b"hi \n"),
                Json::String(text) => encoder.text(text),
                other => panic!("{other}"),
            };
        }
    }
    encoder.0.written().unwrap()
}

fn resolved(bytes: &[u8]) -> Vec<Record<'_>> {
    Pack::new(bytes).unwrap().collect::<Result<_, _>>().unwrap()
}

fn compare(name: &str, records: &[Record<'_>], expected: &[Json]) {
    assert_eq!(records.len(), expected.len(), "{name}");
    for (record, expected) in records.iter().zip(expected) {
        assert_eq!(format!("{}{}", record.base_name, record.name), expected["n"].as_str().unwrap(), "{name}");
        assert_eq!(record.unit, expected["u"].as_str(), "{name}");
        let now_ms = (expected["t"].as_f64().unwrap() * 1000.0).round() as i64;
        assert_eq!(record.at_ms(now_ms), Some(now_ms), "{name}: dated records say it, the others are now");
        match record.value {
            Some(Value::Number(number)) => {
                assert!((number.float() - expected["v"].as_f64().unwrap()).abs() < 1e-12, "{name}");
            }
            Some(Value::Text(text)) => assert_eq!(Some(text), expected["vs"].as_str()),
            Some(Value::Bool(value)) => assert_eq!(Some(value), expected["vb"].as_bool()),
            Some(Value::Data(bytes)) => assert_eq!(bytes, b"hi \n"),
            None => panic!("{name}: no value"),
        }
    }
}

#[test]
fn every_example_resolves_as_the_standard_says() {
    let file = vectors("senml_rfc8428.json");
    let examples = file["examples"].as_object().unwrap();
    let mut compared = 0;
    for (name, pack) in examples.iter().filter(|(_, pack)| pack.is_array()) {
        let Some(expected) = examples.get(&format!("{name}_resolved")) else { continue };
        let mut out = [0; 2048];
        let length = cbor(pack, &mut out);
        let mut expected = expected.as_array().unwrap().clone();
        if name == "ex7" {
            // The resolved form in the draft leaves out the record of bytes.
            expected.push(
                serde_json::json!({"n": "urn:dev:ow:10e2073a01080063:nfv-reader", "t": 1_499_109_309.0}),
            );
        }
        compare(name, &resolved(&out[..length]), &expected);
        compared += 1;
    }
    assert_eq!(compared, 12, "the thirteenth has no resolved form");
}

#[test]
fn the_example_in_cbor_is_that_in_words() {
    let file = vectors("senml_rfc8428.json");
    let encoded = bytes(&file["examples"], "ex3_cbor_hex");
    compare("ex3", &resolved(&encoded), file["examples"]["ex3_resolved"].as_array().unwrap());
}

#[test]
fn base_values_and_sums_are_added() {
    // [{bn:"a", bv:-20, bs:100, n:"b", v:1.5 as 15e-1, s:1}, {n:"c"}]
    let pack = hex("82a62161612434250018640061620 2c482200f0501".replace(' ', "").as_str());
    assert!(Pack::new(&pack).unwrap().any(|record| record.is_err()), "cut off");
    let mut out = [0; 64];
    let mut encoder = Encoder(Buffer::new(&mut out));
    encoder.array(2).map(6).integer(-2).text("a").integer(-5).integer(-20).integer(-6).integer(100);
    encoder.integer(0).text("b").integer(2).decimal(15, -1).integer(5).integer(1);
    encoder.map(1).integer(0).text("c");
    let length = encoder.0.written().unwrap();
    let records = resolved(&out[..length]);
    assert_eq!(records[0].value, Some(Value::Number(Number::Decimal { mantissa: -185, exponent: -1 })));
    assert_eq!(records[0].sum, Some(Number::Int(101)));
    assert_eq!(
        (records[1].value, records[1].sum),
        (Some(Value::Number(Number::Int(-20))), Some(Number::Int(100)))
    );
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (pack, place, what) in [
        ("a0", 0, "a SenML pack is an array of records"),
        ("8100", 1, "a SenML record is a map"),
        ("81a2006161", 5, "CBOR item cut off"),
        ("81a100", 3, "CBOR item cut off"),
        ("81a1006161", 1, "a record without value or sum"),
        ("81a10201", 1, "a record without a name"),
        ("81a20062206102 01".replace(' ', "").as_str(), 1, "a name with characters that no name has"),
        ("81a20061610261 61".replace(' ', "").as_str(), 6, "a number should stand here"),
        ("81a300616102010400", 7, "vb is true or false"),
        ("81a3006161020104f5", 7, "a record with two values"),
        ("81a2200b006161", 2, "a version of SenML that is not understood"),
        ("81a10063ffffff", 3, "a text that is no UTF-8"),
        ("81a1615f01", 2, "a field that must be understood and is not"),
        ("81a2006161020100", 7, "bytes after the end"),
        ("81a20061610 2f97e00".replace(' ', "").as_str(), 6, "a number should stand here"),
        ("9fa200616102 01".replace(' ', "").as_str(), 7, "the end of the array or map is missing"),
    ] {
        let bytes = hex(pack);
        let fault = match Pack::new(&bytes) {
            Ok(pack) => {
                pack.clone().filter_map(Result::err).next().unwrap_or_else(|| panic!("{pack:?} is taken"))
            }
            Err(fault) => fault,
        };
        assert_eq!((fault.offset, fault.what), (place, what), "{bytes:02x?}");
    }
}

#[test]
fn numbers_are_scaled_without_losing_digits() {
    let decimal = |mantissa, exponent| Number::Decimal { mantissa, exponent };
    assert_eq!(decimal(543_227_180, -7).scaled(7), Some(543_227_180));
    assert_eq!(decimal(5, -1).scaled(0), Some(1), "halves go away from zero");
    assert_eq!(decimal(-5, -1).scaled(0), Some(-1));
    assert_eq!(decimal(4, -1).scaled(0), Some(0));
    assert_eq!(decimal(1, -100).scaled(7), Some(0));
    assert_eq!(decimal(1, 100).scaled(0), None);
    assert_eq!(Number::Float(24.30621).scaled(7), Some(243_062_100));
    assert_eq!(Number::Float(-0.05).scaled(1), Some(-1));
    assert_eq!(Number::Float(f64::INFINITY).scaled(0), None);
    assert_eq!(Number::Float(1e300).scaled(0), None);
    assert_eq!(Number::Int(i64::MAX).scaled(1), None);
    assert_eq!(Number::Int(i64::MAX).plus(Number::Int(1)), Number::Float(9.223_372_036_854_776e18));
    assert_eq!(Number::Int(1_320_078_429).plus(decimal(1, -1)), decimal(13_200_784_291, -1));
}

#[test]
fn what_is_written_is_read() {
    let mut out = [0; 256];
    let mut pack = PackWriter::begin(Buffer::new(&mut out), "urn:dev:plomb:01:", Some(1_790_000_000_500));
    pack.record("lat", "lat", 0, Written::Decimal(543_227_180, -7));
    pack.record("rope", "", -1000, Written::Bool(true)).record("id", "", 0, Written::Text("x"));
    pack.record("raw", "", 250, Written::Data(&[1, 2]));
    let written = pack.end().finish().unwrap();
    let mut decoder = Decoder::new(written);
    decoder.skip().unwrap();
    decoder.end().unwrap();
    let records = resolved(written);
    assert_eq!(records.len(), 4);
    let times = records.iter().map(|record| record.at_ms(0).unwrap()).collect::<Vec<_>>();
    assert_eq!(times, [1_790_000_000_500, 1_789_999_999_500, 1_790_000_000_500, 1_790_000_000_750]);
    assert_eq!(records[1].value, Some(Value::Bool(true)));
    assert!(records.iter().all(|record| record.base_name == "urn:dev:plomb:01:"));
}
