//! Fleet, trigger and load over real sockets.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use plomb_model::Protocol;
use plomb_simulator::fleet::incident::Incident;
use plomb_simulator::fleet::run::{Fleet, run};
use plomb_simulator::fleet::unit::Conditions;
use plomb_simulator::load::{self, Load, Mode, Speech};
use plomb_simulator::protocol::USUAL;
use plomb_simulator::trigger::{self, Trigger};

use super::peer::{Manners, start, start_datagrams};

fn fleet(to: SocketAddr) -> Fleet {
    Fleet {
        speaking: USUAL.map(|protocol| (protocol, to)).to_vec(),
        devices: 24,
        seed: 7,
        interval: Duration::from_millis(400),
        conditions: Conditions { time_factor: 30.0, apparent_kmh_max: 900.0, gaps_percent: 0 },
        udp_percent: 0,
        incidents: vec!["cut:0@3".parse().unwrap(), "late-upload:1@3".parse().unwrap()],
        incidents_every: None,
        gates: Vec::new(),
        duration: Some(Duration::from_secs(5)),
    }
}

#[test]
fn every_device_is_acknowledged_and_incidents_arrive() {
    let (address, frames) = start(Manners::default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let counters = runtime.block_on(run(fleet(address)));
    let (sent, acknowledged) =
        (counters.sent.load(Ordering::Relaxed), counters.acknowledged.load(Ordering::Relaxed));
    assert!(acknowledged >= 24 * 5 && sent - acknowledged <= 24, "{sent} {acknowledged}");
    assert_eq!((counters.again.load(Ordering::Relaxed), counters.lost.load(Ordering::Relaxed)), (0, 0));
    let mut kinds: BTreeMap<u8, usize> = BTreeMap::new();
    for frame in frames.lock().unwrap().iter() {
        *kinds.entry(frame[0]).or_default() += 1;
    }
    assert!([b'$', 0x7E, 0x78, 0].iter().all(|first| kinds[first] > 5), "{kinds:?}");
}

#[test]
fn datagrams_are_acknowledged_too() {
    let ((stream, _), (datagrams, frames)) = (start(Manners::default()), start_datagrams());
    let mut fleet = Fleet { udp_percent: 100, incidents: Vec::new(), ..fleet(stream) };
    for (protocol, to) in &mut fleet.speaking {
        if [Protocol::Jt808, Protocol::Teltonika].contains(protocol) {
            *to = datagrams;
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let counters = runtime.block_on(run(fleet));
    assert_eq!((counters.again.load(Ordering::Relaxed), counters.lost.load(Ordering::Relaxed)), (0, 0));
    let frames = frames.lock().unwrap();
    assert!(frames.iter().filter(|frame| frame[0] == 0x7E).count() > 20);
    assert!(frames.iter().filter(|frame| frame[0] == 0 && frame[23] == 0x8E).count() > 20);
}

#[test]
fn trigger_tells_when_it_was_sent() {
    let (to, frames) = start(Manners::default());
    for protocol in Protocol::ALL {
        for incident in Incident::ALL.into_iter().filter(|kind| kind.told_by(protocol)) {
            let mut told = Vec::new();
            let done = trigger::run(&Trigger { incident, protocol, to, device: None }, &mut told);
            if matches!(incident, Incident::Silent | Incident::ClockDrift) {
                assert!(done.is_err());
                continue;
            }
            done.unwrap();
            let told = String::from_utf8(told).unwrap();
            assert!(
                told.starts_with("sent ") && told.ends_with('\n') && told.contains(protocol.scheme().name())
            );
        }
    }
    // The cut of the Jointech lock: an alarm frame with bit 3 of the status word.
    let cut = |frame: &Vec<u8>| frame[0] == b'$' && frame[7] == 0x12 && frame[37] & 0x08 != 0;
    assert!(frames.lock().unwrap().iter().any(cut));
}

fn load(to: SocketAddr) -> Load {
    Load {
        mode: Mode::Gateway,
        speech: Speech::Jt808,
        to,
        connections: 3,
        devices: 500,
        window: 400,
        batch: 100,
        rate: None,
        duration: None,
        reports: Some(30_000),
        threads: 1,
        seed: 7,
        authenticate: true,
        record: None,
        resend: false,
    }
}

#[test]
fn gateways_count_what_was_acknowledged() {
    let (address, frames) = start(Manners::default());
    let tally = load::run(&load(address)).unwrap();
    assert_eq!((tally.sent, tally.acknowledged, tally.unexpected, tally.broken), (30_000, 30_000, 0, 0));
    assert!(tally.checked > 10 && tally.rate() > 1_000.0);
    assert_eq!(frames.lock().unwrap().len(), 30_000 + 2 * 500);
}

#[test]
fn a_limited_rate_is_kept() {
    let (address, _) = start(Manners::default());
    let limited = Load { rate: Some(2_000.0), reports: Some(3_000), authenticate: false, ..load(address) };
    let tally = load::run(&limited).unwrap();
    assert_eq!(tally.acknowledged, 3_000);
    assert!((1.3..3.0).contains(&tally.span().as_secs_f64()), "{:?}", tally.span());
}

#[test]
fn after_a_broken_connection_the_same_bytes_go_again() {
    let (address, frames) = start(Manners { drop_after: Some(450) });
    let path = std::env::temp_dir().join(format!("plomb-simulator-record-{}", std::process::id()));
    let crash = Load {
        connections: 1,
        devices: 50,
        reports: Some(5_000),
        record: Some(path.clone()),
        resend: true,
        authenticate: false,
        ..load(address)
    };
    let tally = load::run(&crash).unwrap();
    assert_eq!((tally.sent, tally.acknowledged, tally.broken), (5_000, 5_000, 1));
    assert!(tally.resent > 0);
    let lines = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 5_000);
    assert!(lines[0].starts_with("jt808:0139000000") && lines[0].ends_with('Z'));
    let mut times: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for frame in frames.lock().unwrap().iter() {
        *times.entry(frame.clone()).or_default() += 1;
    }
    assert_eq!(times.len(), 5_000, "what came again was the same");
    assert!(times.values().any(|count| *count == 2));
}

#[test]
fn devices_wait_for_each_acknowledgement() {
    for speech in [Speech::Jt808, Speech::Gt06] {
        let (address, _) = start(Manners::default());
        let each = Load {
            mode: Mode::Devices,
            speech,
            connections: 20,
            devices: 20,
            reports: Some(2_000),
            ..load(address)
        };
        let tally = load::run(&each).unwrap();
        assert_eq!((tally.sent, tally.acknowledged, tally.unexpected), (2_000, 2_000, 0), "{speech:?}");
    }
    let (address, _) = start(Manners::default());
    let limited = Load {
        mode: Mode::Devices,
        connections: 20,
        devices: 20,
        rate: Some(400.0),
        reports: None,
        duration: Some(Duration::from_secs(2)),
        ..load(address)
    };
    let tally = load::run(&limited).unwrap();
    assert!((600..=840).contains(&tally.acknowledged), "{}", tally.acknowledged);
}
