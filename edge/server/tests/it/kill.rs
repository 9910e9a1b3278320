//! A process that is killed at any moment loses no acknowledged report and doubles none.

use std::collections::{BTreeSet, HashSet};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::time::Duration;

use plomb_evidence::{Entry, decode};
use plomb_model::EntryId;
use plomb_simulator::load::{Load, Mode, Speech, Tally, run};
use plomb_store::{Journal, JournalConfig};

use crate::server::{Server, text};

/// How often the process is killed.
const KILLS: u32 = 50;
/// Reports a second while it is being killed.
const RATE: f64 = 1_500.0;

#[test]
fn no_acknowledged_report_is_lost_and_none_is_doubled() {
    let mut server = Server::new();
    let mut kills = 0;
    let mut records = Vec::new();
    let mut resent = 0;
    server.start();
    while kills < KILLS {
        let record = server.file(&format!("acknowledged-{}.txt", records.len()));
        let load = load(&server, record.clone(), records.len());
        records.push(record);
        let sending = std::thread::spawn(move || run(&load).unwrap());
        while !sending.is_finished() {
            // Another moment each time, so that every stage of a batch is met.
            std::thread::sleep(Duration::from_millis(90 + u64::from(kills * 37 % 300)));
            server.kill();
            kills += 1;
            server.start();
            if kills >= KILLS {
                break;
            }
        }
        let tally: Tally = sending.join().unwrap();
        assert!(tally.acknowledged > 0, "nothing was acknowledged");
        resent += tally.resent;
    }
    assert!(resent > 0, "no kill met a report under way");
    server.kill();

    let acknowledged: BTreeSet<String> =
        records.iter().flat_map(|record| lines(&std::fs::read_to_string(record).unwrap())).collect();
    let held = held(&server);
    let lost: Vec<&String> = acknowledged.iter().filter(|report| !held.contains(*report)).collect();
    assert!(lost.is_empty(), "{} of {} lost: {:?}", lost.len(), acknowledged.len(), lost.first());

    // What is in the journal is also what its rules say, and every checksum and hash holds.
    let replay = server.run(&["replay", "--redecode", "--verify", "--directory", text(&server.data())]);
    let said = String::from_utf8_lossy(&replay.stdout).into_owned();
    assert!(replay.status.success(), "{said}{}", String::from_utf8_lossy(&replay.stderr));
}

fn load(server: &Server, record: std::path::PathBuf, round: usize) -> Load {
    Load {
        mode: Mode::Gateway,
        speech: Speech::Jt808,
        to: SocketAddr::from(([127, 0, 0, 1], server.port("JT808_TCP"))),
        connections: 4,
        devices: 200,
        window: 400,
        batch: 20,
        rate: Some(RATE),
        duration: Some(Duration::from_secs(30)),
        reports: None,
        threads: 1,
        seed: round as u64,
        authenticate: false,
        record: Some(record),
        resend: true,
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Every report of the journal as "device serial time"; fails when one is there twice.
fn held(server: &Server) -> HashSet<String> {
    let (journal, _) = Journal::open(JournalConfig::new(server.data().join("journal"))).unwrap();
    let mut held = HashSet::new();
    journal
        .replay(EntryId(0), &mut |id, bytes| {
            let Entry::Received(received) = decode(bytes).unwrap() else { return ControlFlow::Continue(()) };
            for (place, event) in received.events.iter().enumerate() {
                if received.duplicates >> place.min(63) & 1 == 1 {
                    continue;
                }
                let (Some(device), Some(serial), Some(at)) =
                    (received.device, event.serial, event.occurred_at)
                else {
                    continue;
                };
                let report = format!("{device} {serial} {}", at.0);
                assert!(held.insert(report.clone()), "entry {id} doubles {report}");
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    held
}
