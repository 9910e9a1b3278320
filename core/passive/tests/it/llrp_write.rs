//! LLRP as it is written: every message and parameter of the standard comes back as it went, and recorded messages
//! are written again byte for byte.

use plomb_passive::llrp::element::{Element, EncodeError, Message, Value};
use plomb_passive::llrp::table::{Field, MESSAGES, Row, TLV, TV};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;

use crate::llrp::frames;

fn value(field: Field) -> Option<BoxedStrategy<Value>> {
    let number = |most: u64| (0..=most).prop_map(Value::Number).boxed();
    Some(match field {
        Field::Byte(_) | Field::I8(_) => number(0xFF),
        Field::Word(_) | Field::I16(_) => number(0xFFFF),
        Field::Double(_) | Field::Secret(_) => number(0xFFFF_FFFF),
        Field::Long(_) => number(u64::MAX),
        Field::Text(_) | Field::Bytes(_) | Field::Rest(_) => {
            vec(any::<u8>(), 0..40).prop_map(Value::Bytes).boxed()
        }
        Field::Fixed(_, length) => vec(any::<u8>(), length).prop_map(Value::Bytes).boxed(),
        Field::Bits(_) => vec(any::<u8>(), 0..20)
            .prop_flat_map(|bytes| {
                let most = u16::try_from(bytes.len() * 8).unwrap();
                (most.saturating_sub(7)..=most).prop_map(move |bits| Value::Bits(bits, bytes.clone()))
            })
            .prop_filter("as many bytes as hold the bits", |value| {
                matches!(value, Value::Bits(bits, bytes) if bytes.len() == usize::from(*bits).div_ceil(8))
            })
            .boxed(),
        Field::Words(_) => vec(0_u32..=0xFFFF, 0..20).prop_map(Value::Numbers).boxed(),
        Field::Quads(_) => vec(any::<u32>(), 0..20).prop_map(Value::Numbers).boxed(),
        Field::Params => return None,
    })
}

/// An element of a row, with parameters nested so deep.
fn element(row: &'static Row, depth: u32) -> BoxedStrategy<Element> {
    let values: Vec<_> = row.2.iter().filter_map(|field| value(*field)).collect();
    let parts = if depth > 0 && row.2.contains(&Field::Params) {
        let any_row: Vec<&'static Row> = TV.iter().chain(TLV).collect();
        let known = select(any_row).prop_flat_map(move |row| element(row, depth - 1));
        let unknown = vec(any::<u8>(), 0..30).prop_map(|bytes| Element {
            number: 900,
            values: vec![Value::Bytes(bytes)],
            parts: Vec::new(),
        });
        vec(prop_oneof![9 => known, 1 => unknown], 0..4).boxed()
    } else {
        Just(Vec::new()).boxed()
    };
    (values, parts).prop_map(move |(values, parts)| Element { number: row.0, values, parts }).boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn what_is_written_is_read(
        body in select(MESSAGES.iter().collect::<Vec<_>>()).prop_flat_map(|row| element(row, 4)),
        version in 1_u8..=2,
        id in any::<u32>(),
    ) {
        let message = Message { version, id, body };
        let wire = message.encode().unwrap();
        prop_assert_eq!(Message::read(&wire).unwrap(), message);
    }
}

#[test]
fn every_message_and_parameter_of_the_table_is_written_and_read() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for row in MESSAGES {
        for _ in 0..20 {
            let body = element(row, 1).new_tree(&mut runner).unwrap().current();
            let message = Message { version: 1, id: 7, body };
            assert_eq!(Message::read(&message.encode().unwrap()), Ok(message));
        }
    }
    for row in TV.iter().chain(TLV) {
        let part = element(row, 1).new_tree(&mut runner).unwrap().current();
        let message = Message { version: 2, id: 8, body: Element::message("ADD_ROSPEC", vec![], vec![part]) };
        assert_eq!(Message::read(&message.encode().unwrap()), Ok(message), "{}", row.1);
    }
}

#[test]
fn recorded_messages_are_written_again_as_they_were() {
    for (id, frame) in frames() {
        let message = Message::read(&frame).unwrap();
        assert_eq!(message.encode().unwrap(), frame, "{id}");
    }
}

#[test]
fn what_the_standard_does_not_have_is_not_written() {
    let wrong = |body: Element| Message { version: 1, id: 1, body }.encode().unwrap_err();
    assert_eq!(wrong(Element::message("MAKE_TEA", vec![], vec![])), EncodeError::Unknown(0));
    let missing = Element::message("ENABLE_ROSPEC", vec![], vec![]);
    assert_eq!(wrong(missing), EncodeError::Values("ENABLE_ROSPEC"));
    let large = Element::message("DELETE_ROSPEC", vec![Value::Number(1 << 32)], vec![]);
    assert_eq!(wrong(large), EncodeError::Values("DELETE_ROSPEC"));
    let text = Element::parameter("LLRPStatus", vec![0.into(), Value::Bytes(vec![b'x'; 65_530])], vec![]);
    assert_eq!(
        wrong(Element::message("ERROR_MESSAGE", vec![], vec![text])),
        EncodeError::TooLong("LLRPStatus")
    );
}
