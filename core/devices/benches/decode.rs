//! What a report costs to decode: one typical frame of each protocol through a session, on one core.
//!
//! Each frame is one of `vectors/trackers`, after the log-in of its protocol; events, issues and replies are made as in
//! service, into a `Decoded` that is used again. The number behind the name says how many frames come in one read.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark stops at the first thing that is not so")]

use std::hint::black_box;

use divan::Bencher;
use divan::counter::ItemsCount;
use plomb_devices::{Decoded, Session, SessionConfig, open};
use plomb_model::{Protocol, ReceivedAt, Timestamp};

fn main() {
    divan::main();
}

/// Protocol, log-in (if it has one), report, and the name in the table.
struct Case {
    name: &'static str,
    protocol: Protocol,
    login: &'static str,
    report: &'static str,
}

const CASES: [Case; 5] = [
    Case {
        name: "jointech-binary",
        protocol: Protocol::Jointech,
        login: "",
        report: "2407012345671911003424112608153044256789026061234f1e5a000004d2090000000020c055123405671800010f000f0f\
                 0f0f0f0f0f0f000100e20141",
    },
    Case {
        name: "jt808-lock",
        protocol: Protocol::Jt808,
        login: "",
        report: "7e0200004d794308010679013800000000022c004e01819568036ef38c005c00120000251118112611d40164d50201a23001\
                 1d31010cf40104f9020007fe0400000090fd0a02e8000400044a150fe6ef014a0b062200623a4965977e",
    },
    Case {
        name: "gt06-lock",
        protocol: Protocol::Gt06,
        login: "78781101086655103001234531010002010112700d0a",
        report: "787825261a081e0c0005cc052bda4001c19d9000145a0800e801123400abcd0105030002010212ed0d0a",
    },
    Case {
        name: "teltonika-codec8",
        protocol: Protocol::Teltonika,
        login: "000f313233343536373839303132333435",
        report: "0000000000000025080100000199c82cc000020f0cd82020a22fe00064005a0900000102020101ef010000000100006995",
    },
    Case {
        name: "teltonika-codec8e",
        protocol: Protocol::Teltonika,
        login: "000f313233343536373839303132333435",
        report: "000000000000004b8e010000018368952793000f0e54fc209ab05800b300b40e00002a4f0001000000000000000000012a4f\
                 001e011c0001a40110eb47706aa38255aa96f21a154e2d00550d01000e020bd6010000823f",
    },
];

/// Frames of one read: a device alone, and a gateway.
const FRAMES_PER_READ: [usize; 2] = [1, 100];

fn arguments() -> impl Iterator<Item = String> {
    CASES.iter().flat_map(|case| FRAMES_PER_READ.map(|frames| format!("{} x{frames}", case.name)))
}

fn session(case: &Case, at: ReceivedAt, out: &mut Decoded) -> Box<dyn Session> {
    let mut session = open(case.protocol, SessionConfig::default());
    session.receive(at, &plomb_wire::from_hex(case.login).unwrap(), out);
    out.clear();
    session
}

#[divan::bench(args = arguments())]
fn decode(bencher: Bencher<'_, '_>, which: &str) {
    let (name, frames) = which.split_once(" x").unwrap();
    let case = CASES.iter().find(|case| case.name == name).unwrap();
    let frames: usize = frames.parse().unwrap();
    let at = ReceivedAt(Timestamp::from_utc(2026, 9, 1, 12, 0, 0).unwrap());
    let mut out = Decoded::default();
    let mut session = session(case, at, &mut out);
    let bytes = plomb_wire::from_hex(case.report).unwrap().repeat(frames);
    session.receive(at, &bytes, &mut out);
    assert_eq!(out.len(), frames, "{name}: every frame is a report");
    assert!(out.reports().all(|report| !report.events.is_empty()), "{name}: every report tells something");
    bencher.counter(ItemsCount::new(frames)).bench_local(|| {
        out.clear();
        session.receive(at, black_box(&bytes), &mut out);
        out.len()
    });
}
