//! Messages a second on one core, from a datagram under OSCORE to an event: key looked up, tag verified, decrypted, SenML
//! read, and the acknowledgement protected. Run with `cargo bench -p plomb-profile`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench stops at the first thing that is not so"
)]

use std::sync::Arc;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use plomb_constrained::cbor::Buffer;
use plomb_constrained::coap::{Kind, Message, Writer, code, format, option};
use plomb_constrained::cose;
use plomb_constrained::oscore::{Context, protect_request};
use plomb_constrained::p256::PrivateKey;
use plomb_constrained::profile::{PLATFORM_ID, REPORT_PATH, name};
use plomb_constrained::senml::{PackWriter, Written};
use plomb_model::{ReceivedAt, Timestamp};
use plomb_profile::plomb_coap;
use plomb_session::{Decoded, SecretTable, SessionConfig};

const KID: [u8; 3] = [0x0a, 0x0b, 0x0c];
const MASTER: [u8; 16] = [7; 16];
/// Messages of one sample: every one has a number of its own, as on the wire.
const MESSAGES: usize = 512;

fn main() {
    divan::main();
}

/// A position of a sealed container with its battery.
fn position(seq: i64) -> Vec<u8> {
    let mut bytes = [0; 512];
    let mut pack = PackWriter::begin(Buffer::new(&mut bytes), "", Some(1_795_694_400_000));
    pack.record(name::SEQUENCE, "", 0, Written::Decimal(seq, 0));
    pack.record(name::LATITUDE, "lat", 0, Written::Decimal(-12_966, -4));
    pack.record(name::LONGITUDE, "lon", 0, Written::Decimal(368_172, -4));
    pack.record("s/rope_intact", "", 0, Written::Bool(true));
    pack.record("s/never_opened", "", 0, Written::Bool(true));
    pack.record(name::BATTERY, "%EL", 0, Written::Decimal(87, 0));
    pack.end().finish().unwrap().to_vec()
}

fn datagrams(body: impl Fn(i64) -> Vec<u8>) -> Vec<Vec<u8>> {
    let mut context = Context::derive(&MASTER, &[], None, &KID, PLATFORM_ID).unwrap();
    (0..MESSAGES)
        .map(|number| {
            let (mut plain, mut out) = ([0; 1280], [0; 1280]);
            let id = u16::try_from(number).unwrap();
            let mut writer = Writer::new(&mut plain, Kind::Confirmable, code::POST, id, &[1]);
            writer.path(REPORT_PATH).uint(option::CONTENT_FORMAT, format::SENML_CBOR.into());
            let plain = writer.payload(&body(i64::from(id))).unwrap();
            let plain = Message::parse(plain).unwrap();
            protect_request(&mut context, &plain, false, &mut out).unwrap().0.to_vec()
        })
        .collect()
}

fn run(bencher: Bencher<'_, '_>, datagrams: &[Vec<u8>]) {
    let (x, y) = PrivateKey::new(&[0x42; 32]).unwrap().public().coordinates();
    let keys = format!(
        "oscore-master 0a0b0c {}\ndevice-public-key 0a0b0c 04{}{}",
        plomb_wire::to_hex(&MASTER),
        plomb_wire::to_hex(&x),
        plomb_wire::to_hex(&y)
    );
    let config =
        SessionConfig { secrets: Arc::new(SecretTable::parse(&keys).unwrap()), ..SessionConfig::default() };
    let now = ReceivedAt(Timestamp::from_millis(1_795_694_400_000));
    let bytes: usize = datagrams.iter().map(Vec::len).sum();
    bencher
        .counter(ItemsCount::new(datagrams.len()))
        .counter(BytesCount::new(bytes))
        .with_inputs(|| plomb_coap::session(config.clone()))
        .bench_local_values(|mut session| {
            let mut out = Decoded::default();
            for datagram in datagrams {
                out.clear();
                session.receive(now, black_box(datagram), &mut out);
                session.finish(now, &mut out);
                assert_eq!(out.reports().map(|report| report.events.len()).sum::<usize>(), 1);
            }
        });
}

/// Under OSCORE.
#[divan::bench]
fn protected(bencher: Bencher<'_, '_>) {
    run(bencher, &datagrams(position));
}

/// Under OSCORE, and signed.
#[divan::bench]
fn protected_and_signed(bencher: Bencher<'_, '_>) {
    let key = PrivateKey::new(&[0x42; 32]).unwrap();
    let body = |seq| {
        let mut out = [0; 512];
        cose::sign1(&key, &KID, format::SENML_CBOR, &position(seq), &[], &mut out).unwrap().to_vec()
    };
    run(bencher, &datagrams(body));
}
