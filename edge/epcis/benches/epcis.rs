//! What an EPCIS event costs: read and checked, hashed, captured; and how fast one thing's events are found among many.
//!
//! `cargo bench -p plomb-epcis` measures the first; `cargo bench -p plomb-epcis -- scale 10000000` fills a repository with
//! so many events and measures capture and queries at that size.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark stops and says")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use divan::Bencher;
use divan::counter::ItemsCount;
use plomb_epcis::{Behaviour, Namespaces, Query, Repository, event_hash, read_json};

/// Events of a document.
const EVENTS: u64 = 1_000;
/// Queries whose times are looked at.
const QUERIES: u64 = 2_000;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    if arguments.next().as_deref() == Some("scale") {
        scale(arguments.next().and_then(|count| count.parse().ok()).unwrap_or(1_000_000));
    } else {
        divan::main();
    }
}

/// A document of seals that are read at gates: four identifiers an event, two of them its own.
fn document(first: u64) -> Vec<u8> {
    let mut text = r#"{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        {"plomb":"urn:plomb:epcis:"}],"type":"EPCISDocument","schemaVersion":"2.0",
        "creationDate":"2026-11-28T10:00:00Z","epcisBody":{"eventList":["#
        .to_owned();
    for number in first..first + EVENTS {
        if number > first {
            text.push(',');
        }
        let (thing, gate) = (number / 10, number % 100);
        text.push_str(&format!(
            r#"{{"type":"ObjectEvent","eventTime":"2026-11-{:02}T{:02}:{:02}:{:02}.{:03}Z","eventTimeZoneOffset":"+03:00",
            "action":"OBSERVE","bizStep":"inspecting","disposition":"in_transit",
            "epcList":["urn:epc:id:sgtin:4012345.011111.{thing}","urn:epc:id:grai:4012345.00022.{thing}"],
            "readPoint":{{"id":"urn:epc:id:sgln:4012345.{gate:05}.0"}},"plomb:entry":"{number}"}}"#,
            1 + number / 86_400_000 % 28,
            number / 3_600_000 % 24,
            number / 60_000 % 60,
            number / 1_000 % 60,
            number % 1_000,
        ));
    }
    text.push_str("]}}");
    text.into_bytes()
}

fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("plomb-epcis-bench-{name}-{}", std::process::id()));
    drop(std::fs::remove_dir_all(&directory));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn capture(repository: &Repository, first: u64) -> usize {
    let bytes = document(first);
    let id = first.to_string();
    repository.begin_capture(&id, "bench", "application/json", &bytes, Behaviour::Rollback, 0).unwrap();
    repository.capture(&id, read_json(&bytes).unwrap(), Behaviour::Rollback, 0).unwrap().stored
}

#[divan::bench]
fn read_and_check(bencher: Bencher<'_, '_>) {
    let bytes = document(0);
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| read_json(divan::black_box(&bytes)).unwrap());
}

#[divan::bench]
fn hash(bencher: Bencher<'_, '_>) {
    let document = read_json(&document(0)).unwrap();
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| {
        document
            .events
            .iter()
            .flatten()
            .map(|event| event_hash(divan::black_box(event), &[]).len())
            .sum::<usize>()
    });
}

#[divan::bench(sample_count = 20)]
fn capture_a_document(bencher: Bencher<'_, '_>) {
    let directory = directory("capture");
    let repository = Repository::open(&directory.join("epcis.sqlite")).unwrap();
    let mut first = 0;
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        first += EVENTS;
        capture(&repository, first)
    });
    drop(std::fs::remove_dir_all(directory));
}

/// Fills a repository and asks it.
fn scale(events: u64) {
    let directory = directory("scale");
    let repository = Repository::open(&directory.join("epcis.sqlite")).unwrap();
    let began = Instant::now();
    let mut last = began;
    // Two senders, as there are two cores.
    let next = AtomicU64::new(0);
    for tenth in 1..=10 {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while next.load(Ordering::Relaxed) < tenth * events / 10 {
                        capture(&repository, next.fetch_add(EVENTS, Ordering::Relaxed));
                    }
                });
            }
        });
        let rate = (events / 10) as f64 / last.elapsed().as_secs_f64();
        println!("{:>10} events, the last tenth at {rate:.0} events/s", next.load(Ordering::Relaxed));
        last = Instant::now();
    }
    println!("captured {events} events in {:.0} s", began.elapsed().as_secs_f64());
    let mut times: Vec<Duration> = (0..QUERIES)
        .map(|number| {
            let thing = number * 7_919 % (events / 10);
            let epc = format!("urn:epc:id:sgtin:4012345.011111.{thing}");
            let query = Query::of_parameters([("MATCH_epc", epc.as_str())], &Namespaces::default()).unwrap();
            let began = Instant::now();
            let found = repository.find(&query, 100).unwrap();
            assert_eq!(found.events.len(), 10);
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    println!("by EPC: p50 {:?}, p99 {:?}", at(50), at(99));
    let bytes = std::fs::metadata(directory.join("epcis.sqlite")).unwrap().len();
    println!("{} bytes an event on disk", bytes / events);
    drop(std::fs::remove_dir_all(directory));
}
