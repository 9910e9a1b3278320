//! Messages of CoAP.

use plomb_constrained::coap::{Kind, MESSAGE_BYTES_MAX, Message, Writer, code, option};
use proptest::prelude::*;

use crate::hex;

#[test]
fn the_example_of_the_standard_is_read() {
    // RFC 7252, figure 16: GET coap://server/temperature.
    let bytes = hex("40017d34bb74656d7065726174757265");
    let message = Message::parse(&bytes).unwrap();
    assert_eq!((message.kind, message.code, message.id), (Kind::Confirmable, code::GET, 0x7d34));
    assert!(message.has_path(&["temperature"]) && message.is_request() && !message.is_response());
    let bytes = hex("60457d34ff32322e332043");
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(
        (message.kind, message.payload, message.payload_offset),
        (Kind::Acknowledgement, &b"22.3 C"[..], 5)
    );
}

#[test]
fn what_is_no_message_is_named_with_its_place() {
    for (text, place, what) in [
        ("4001", 2, "CoAP header cut off"),
        ("80017d34", 0, "not version 1 of CoAP"),
        ("49017d34", 0, "token longer than 8 bytes"),
        ("44017d340102", 4, "token cut off"),
        ("40007d3401", 4, "bytes in an empty message"),
        ("40017d34f0", 4, "reserved option head"),
        ("40017d340f", 4, "reserved option head"),
        ("40017d34b5", 4, "option value cut off"),
        ("40017d34d0", 4, "option head cut off or too great"),
        ("40017d34e0ffff", 4, "option head cut off or too great"),
        ("40017d34e0fef2e00000", 7, "option number beyond 65535"),
        ("40017d34ff", 4, "payload marker without a payload"),
    ] {
        let bytes = hex(text);
        let fault = Message::parse(&bytes).unwrap_err();
        assert_eq!((fault.offset, fault.what), (place, what), "{text}");
    }
    let many = [hex("40017d34"), vec![0x00; 33]].concat();
    assert_eq!(Message::parse(&many).unwrap_err().what, "more options than are taken");
}

#[test]
fn options_out_of_order_are_a_mistake_that_is_told() {
    let mut out = [0; 64];
    let mut writer = Writer::new(&mut out, Kind::Confirmable, code::POST, 1, &[]);
    writer.option(option::URI_PATH, b"a").option(option::URI_HOST, b"b");
    assert!(writer.payload(b"").is_err());
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        token in proptest::collection::vec(any::<u8>(), 0..9),
        mut options in proptest::collection::vec((any::<u16>(), proptest::collection::vec(any::<u8>(), 0..300)), 0..8),
        payload in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        options.sort();
        let mut out = [0; 4096];
        let mut writer = Writer::new(&mut out, Kind::NonConfirmable, code::PUT, 7, &token);
        for (number, value) in &options {
            writer.option(*number, value);
        }
        let bytes = writer.payload(&payload).unwrap();
        let message = Message::parse(bytes).unwrap();
        prop_assert_eq!(message.token, &token[..]);
        prop_assert_eq!(message.payload, &payload[..]);
        let read: Vec<_> = message.options().map(|option| (option.number, option.value.to_vec())).collect();
        prop_assert_eq!(read, options);
    }

    #[test]
    fn bytes_of_nobody_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..MESSAGE_BYTES_MAX)) {
        if let Ok(message) = Message::parse(&bytes) {
            prop_assert!(message.options().all(|option| option.offset <= bytes.len()));
        }
    }
}
