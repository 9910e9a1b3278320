//! Round trips, canonical form, hostile bytes, later versions, and the keys compared with the whole entry.

use cbor4ii::core::dec::{Decode, Read};
use plomb_evidence::{
    DecodeError, Entry, EntryKind, Received, decode, encode, encode_received, is_canonical, keys,
};
use plomb_model::{
    ConnectionId, DeviceId, Event, EventKind, Protocol, Reading, ReceivedAt, Scheme, Timestamp,
};
use proptest::prelude::*;

use crate::arbitrary::{device, entry};

fn encoded(entry: &Entry) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(entry, &mut bytes);
    bytes
}

fn peripherals_of(event: &Event) -> Vec<DeviceId> {
    fn nested(readings: &[Reading], found: &mut Vec<DeviceId>) {
        for reading in readings {
            if let Reading::Peripheral { device, readings } = reading {
                found.push(*device);
                nested(readings, found);
            }
        }
    }
    let mut found: Vec<_> = event.peripheral.into_iter().collect();
    nested(&event.readings, &mut found);
    found
}

fn report() -> Received {
    Received {
        at: ReceivedAt(Timestamp::from_millis(5)),
        connection: ConnectionId(1),
        protocol: Protocol::Gt06,
        device: None,
        frame: [0x78, 0x78].into(),
        issues: [].into(),
        events: [Event::new(EventKind::Login)].into(),
        duplicates: 0,
        replies: [].into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_encoded_comes_back_and_has_one_form(entry in entry()) {
        let bytes = encoded(&entry);
        // Another reader of CBOR finds exactly one item.
        let mut other = cbor4ii::core::utils::SliceReader::new(&bytes);
        prop_assert!(cbor4ii::core::Value::decode(&mut other).is_ok());
        let nothing_follows = other.fill(1).unwrap().as_ref().is_empty();
        prop_assert!(nothing_follows);
        prop_assert_eq!(decode(&bytes), Ok(entry));
        prop_assert!(is_canonical(&bytes));
    }

    #[test]
    fn keys_are_those_of_the_entry(entry in entry()) {
        let found = keys(&encoded(&entry)).unwrap();
        match &entry {
            Entry::Received(received) => {
                prop_assert_eq!(found.kind, EntryKind::Received);
                prop_assert_eq!(found.device, received.device);
                prop_assert_eq!(found.received_at, Some(received.at));
                let times = received.events.iter().map(|event| event.occurred_at.map_or(received.at.0, |at| at.0));
                let first = times.clone().min().unwrap_or(received.at.0);
                prop_assert_eq!(found.times, Some((first, times.max().unwrap_or(received.at.0))));
                let mut devices: Vec<_> = received.events.iter().flat_map(peripherals_of).collect();
                devices.sort_unstable();
                devices.dedup();
                devices.retain(|device| Some(*device) != received.device);
                prop_assert_eq!(found.peripherals, devices);
            }
            Entry::Decided(decided) => {
                prop_assert_eq!(found.kind, EntryKind::Decided);
                prop_assert_eq!(found.device, decided.alarms.first().map(|(_, alarm)| alarm.device));
                let times = decided.alarms.iter().map(|(_, alarm)| alarm.occurred_at.0);
                prop_assert_eq!(found.times, times.clone().min().zip(times.max()));
                let told = decided.alarms.iter().flat_map(|(_, alarm)| {
                    let acknowledged = alarm.acknowledged.as_ref().map(|acknowledged| acknowledged.at);
                    [Some(alarm.raised_at), alarm.cleared_at, alarm.last_repeat_at, acknowledged]
                });
                prop_assert_eq!(found.received_at, told.flatten().max());
            }
            Entry::Clocked(at) => {
                prop_assert_eq!((found.kind, found.received_at), (EntryKind::Clocked, Some(*at)));
            }
            Entry::Sent(sent) => {
                prop_assert_eq!((found.kind, found.device), (EntryKind::Sent, Some(sent.device)));
                prop_assert_eq!(found.received_at, Some(sent.at));
            }
            Entry::Opened(_)
            | Entry::Closed(_)
            | Entry::Operated(_)
            | Entry::Configured(_)
            | Entry::Dispatched(_) => {
                prop_assert_eq!(found.device, None);
                prop_assert_eq!(found.times.map(|times| times.0), found.received_at.map(|at| at.0));
            }
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop((decode(&bytes), keys(&bytes)));
        let mut likely = vec![0x83, 1, 2];
        likely.extend_from_slice(&bytes);
        drop((decode(&likely), keys(&likely)));
    }

    #[test]
    fn changed_bytes_never_panic_and_never_pass_for_the_same(
        entry in entry(), place in any::<prop::sample::Index>(), bit in 0..8_u8,
    ) {
        let mut bytes = encoded(&entry);
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        drop(keys(&bytes));
        if is_canonical(&bytes) {
            prop_assert_ne!(decode(&bytes), Ok(entry));
        }
    }

    #[test]
    fn cut_bytes_are_refused(entry in entry(), place in any::<prop::sample::Index>()) {
        let bytes = encoded(&entry);
        let place = place.index(bytes.len());
        prop_assert!(decode(&bytes[..place]).is_err());
    }

    #[test]
    fn additions_of_a_later_version_are_skipped(device in device(), code in 45..=255_u8) {
        let mut received = report();
        received.device = Some(device);
        received.events[0].readings = vec![Reading::Motion(true)];
        let mut bytes = encoded(&Entry::Received(received.clone()));
        // The reading [14, true] at the end becomes [code, true, "x"].
        prop_assert!(bytes.ends_with(&[0x82, 14, 0xf5]));
        bytes.truncate(bytes.len() - 3);
        bytes.extend_from_slice(&[0x83, 0x18, code, 0xf5, 0x61, b'x']);
        received.events[0].readings.clear();
        prop_assert_eq!(decode(&bytes), Ok(Entry::Received(received)));
        prop_assert!(!is_canonical(&bytes));
        prop_assert_eq!(keys(&bytes).unwrap().device, Some(device));
    }
}

#[test]
fn a_report_is_these_bytes() {
    let mut received = report();
    received.device = Some(DeviceId::new(Scheme::Imei, "12").unwrap());
    let bytes = encoded(&Entry::Received(received));
    let expected = [
        0x83, 0x01, 0x02, 0xa6, // version 1, kind 2, six fields
        0x00, 0x05, // received at 5 ms
        0x01, 0x82, 0x01, 0x62, b'1', b'2', // imei:12
        0x02, 0x01, 0x03, 0x03, // connection 1, GT06
        0x04, 0x42, 0x78, 0x78, // the frame
        0x06, 0x81, 0xa1, 0x01, 0x01, // one event, a login
    ];
    assert_eq!(bytes, expected);
}

#[test]
fn an_entry_kind_of_a_later_version_is_indexed_but_not_decoded() {
    // [1, 99, {0: 7, 1: [1, "12"], 77: "?"}]
    let bytes = [0x83, 1, 0x18, 99, 0xa3, 0, 7, 1, 0x82, 1, 0x62, b'1', b'2', 0x18, 77, 0x61, b'?'];
    let found = keys(&bytes).unwrap();
    assert_eq!(found.kind, EntryKind::Other(99));
    assert_eq!(found.device, Some(DeviceId::new(Scheme::Imei, "12").unwrap()));
    assert_eq!(found.received_at, Some(ReceivedAt(Timestamp::from_millis(7))));
    assert!(matches!(decode(&bytes), Err(DecodeError::Unknown { code: 99, .. })));
    assert_eq!(decode(&[0x83, 2, 5, 0xa1, 0, 0]), Err(DecodeError::Version { found: 2 }));
    assert_eq!(decode(&[0x83, 1, 5, 0xa1, 0, 0, 0]), Err(DecodeError::Trailing { offset: 6 }));
}

#[test]
fn other_forms_of_the_same_are_refused_or_not_canonical() {
    // Keys that do not ascend, a repeated key, an indefinite length.
    for bytes in [
        &[0x83, 1, 5, 0xa2, 1, 0, 0, 0][..],
        &[0x83, 1, 5, 0xa2, 0, 0, 0, 0],
        &[0x83, 1, 5, 0xbf, 0, 0, 0xff],
    ] {
        assert!(matches!(decode(bytes), Err(DecodeError::Malformed { .. })), "{bytes:x?}");
    }
    // An integer longer than it need be.
    assert!(decode(&[0x83, 1, 5, 0xa1, 0, 0x18, 5]).is_err());
    // A default that is written out all the same: no duplicates.
    let mut bytes = encoded(&Entry::Received(report()));
    bytes[3] += 1;
    bytes.extend_from_slice(&[7, 0]);
    assert_eq!(decode(&bytes), Ok(Entry::Received(report())));
    assert!(!is_canonical(&bytes));
}

#[test]
fn lengths_that_lie_and_deep_nesting_are_refused_cheaply() {
    // An array of 2^60 events.
    let lie = [0x83, 1, 2, 0xa2, 0, 0, 6, 0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0];
    assert!(matches!(decode(&lie), Err(DecodeError::Limit { .. })));
    assert!(matches!(keys(&lie), Err(DecodeError::Limit { .. })));
    let mut deep = vec![0x83, 1, 2, 0xa2, 0, 0, 6, 0x81, 0xa1, 10];
    for _ in 0..100_000 {
        // [[31, [1, "1"], ...
        deep.extend_from_slice(&[0x81, 0x83, 0x18, 31, 0x82, 1, 0x61, b'1']);
    }
    assert!(matches!(decode(&deep), Err(DecodeError::Limit { .. })));
    assert!(matches!(keys(&deep), Err(DecodeError::Limit { .. })));
}

#[test]
fn nesting_beyond_the_limit_stays_out_of_the_encoding() {
    let number = |n: u32| DeviceId::new(Scheme::SubLock, &n.to_string()).unwrap();
    let mut reading = Reading::Motion(true);
    for depth in 0..20 {
        reading = Reading::Peripheral { device: number(depth), readings: [reading].into() };
    }
    let mut received = report();
    received.events[0].readings = vec![reading];
    let bytes = encoded(&Entry::Received(received));
    assert!(is_canonical(&bytes));
    assert_eq!(keys(&bytes).unwrap().peripherals.len(), 8);
}

#[test]
fn by_reference_is_the_same() {
    let received = report();
    let mut bytes = Vec::new();
    encode_received(&(&received).into(), &mut bytes);
    assert_eq!(bytes, encoded(&Entry::Received(received)));
}
