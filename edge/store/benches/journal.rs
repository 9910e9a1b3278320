//! What an entry costs: encoding, peeking, hashing, committing, sealing, finding.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark stops at the first thing that is not so")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use plomb_evidence::merkle::{Frontier, leaf_hash};
use plomb_evidence::{ReceivedRef, decode, encode_received, keys};
use plomb_model::{
    CentiDegrees, ConnectionId, DeviceId, EntryId, Event, EventKind, Fix, LatitudeE7, LongitudeE7, Metres,
    Millivolts, OccurredAt, Percent, Position, Protocol, Reading, ReceivedAt, Scheme, SealPart, Signal,
    Signals, Speed, Timestamp,
};
use plomb_store::{Batch, HistoryQuery, Journal, JournalConfig, Order};

/// Devices that report.
const DEVICES: u64 = 20_000;
/// Entries of a batch, as the flow hands them over under load.
const BATCH: u64 = 500;
/// Entries of a run of the whole journal: 76 MB, 20 of each device, two segments.
const ENTRIES: u64 = 400_000;

fn main() {
    divan::main();
}

fn device(number: u64) -> DeviceId {
    DeviceId::new(Scheme::Jt808, &format!("{:012}", 13_800_000_000_u64 + number)).unwrap()
}

/// A location report (message 0x0200) of a JT/T 808 lock: one event, six readings, a frame of 61 bytes.
fn event(number: u64) -> Event {
    let step = i64::try_from(number % 100_000).unwrap();
    let mut event = Event::new(EventKind::Position);
    event.occurred_at = Some(OccurredAt(Timestamp::from_millis(1_760_000_000_000 + step * 997)));
    event.position = Some(Position {
        latitude: LatitudeE7::new(543_227_180 + step * 113).unwrap(),
        longitude: LongitudeE7::new(487_300_000 + step * 71).unwrap(),
        fix: Fix::Gnss,
        altitude: Some(Metres(120)),
        speed: Some(Speed::from_kmh(63)),
        course: Some(CentiDegrees::from_degrees(271)),
        satellites: Some(11),
    });
    event.seal = event.seal.with(SealPart::MotorLocked, true).with(SealPart::RopeIntact, true);
    event.signals = Signals::from(Signal::LowBattery);
    event.serial = Some(u32::try_from(number % 65_536).unwrap());
    event.readings = vec![
        Reading::Battery(Percent::new(71).unwrap()),
        Reading::BatteryVoltage(Millivolts(3_912)),
        Reading::NetworkSignal(Percent::new(58).unwrap()),
        Reading::Odometer(Metres(412_300 + step)),
        Reading::Ignition(true),
        Reading::LockCycles(118),
    ];
    event
}

/// Bytes that differ as those of real frames do: a counter in a frame of constants, and a checksum of noise.
fn frame(number: u64) -> Vec<u8> {
    let mut frame = vec![0x7e, 0x02, 0x00, 0x00, 0x2e, 0x01, 0x38, 0x00, 0x13, 0x80];
    frame.extend_from_slice(&number.to_be_bytes());
    frame.extend_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    frame.resize(61, 0x30);
    frame
}

fn report<'a>(device: DeviceId, events: &'a [Event], frame: &'a [u8]) -> ReceivedRef<'a> {
    ReceivedRef {
        at: ReceivedAt(Timestamp::from_millis(1_760_000_001_234)),
        connection: ConnectionId(17_042),
        protocol: Protocol::Jt808,
        device: Some(device),
        frame,
        issues: &[],
        events,
        duplicates: 0,
        replies: &[0x7e, 0x80, 0x01, 0x00, 0x05, 0x7e],
    }
}

fn encoded(number: u64) -> Vec<u8> {
    let (events, frame) = ([event(number)], frame(number));
    let mut bytes = Vec::new();
    encode_received(&report(device(number % DEVICES), &events, &frame), &mut bytes);
    bytes
}

#[divan::bench(sample_size = 1000)]
fn encode_report(bencher: Bencher<'_, '_>) {
    let (events, frame) = ([event(7)], frame(7));
    let report = report(device(7), &events, &frame);
    let mut out = Vec::with_capacity(1 << 20);
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        if out.len() > 1 << 19 {
            out.clear();
        }
        encode_received(black_box(&report), &mut out);
    });
}

#[divan::bench(sample_size = 1000)]
fn decode_report(bencher: Bencher<'_, '_>) {
    let bytes = encoded(7);
    bencher.counter(BytesCount::of_slice(&bytes)).bench(|| decode(black_box(&bytes)).unwrap());
}

#[divan::bench(sample_size = 1000)]
fn peek_keys(bencher: Bencher<'_, '_>) {
    let bytes = encoded(7);
    bencher.counter(BytesCount::of_slice(&bytes)).bench(|| keys(black_box(&bytes)).unwrap());
}

#[divan::bench(sample_size = 1000)]
fn hash_leaf_into_tree(bencher: Bencher<'_, '_>) {
    let bytes = encoded(7);
    let mut tree = Frontier::default();
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| tree.push(leaf_hash(black_box(&bytes))));
}

/// A directory that is deleted at the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn open(directory: &Directory) -> Journal {
    Journal::open(JournalConfig::new(&directory.0)).unwrap().0
}

/// One entry at a time, each waiting for the one before: the latency of a quiet journal.
#[divan::bench(sample_count = 200)]
fn append_one_and_wait(bencher: Bencher<'_, '_>) {
    let directory = Directory::new();
    let journal = open(&directory);
    let (writer, entry) = (journal.writer(), encoded(7));
    let mut next = EntryId(0);
    bencher.bench_local(|| {
        let (tell, told) = channel();
        let mut batch = Batch::new(next);
        batch.push(|out| out.extend_from_slice(&entry));
        next = batch.next_entry();
        writer.append(batch.when_durable(move |outcome| tell.send(outcome.is_ok()).unwrap()));
        assert!(told.recv().unwrap());
    });
}

/// All entries, by batch; the devices come in no order.
fn payloads() -> Vec<Vec<Vec<u8>>> {
    let batch = |batch| (0..BATCH).map(|entry| encoded((batch * BATCH + entry) * 104_729)).collect();
    (0..ENTRIES / BATCH).map(batch).collect()
}

/// Appends all entries and waits for the last.
fn append_all(journal: &Journal, payloads: &[Vec<Vec<u8>>]) {
    let writer = journal.writer();
    let (tell, told) = channel();
    let mut next = EntryId(0);
    for payload in payloads {
        let mut batch = Batch::new(next);
        for entry in payload {
            batch.push(|out| out.extend_from_slice(entry));
        }
        next = batch.next_entry();
        let tell = tell.clone();
        writer.append(batch.when_durable(move |outcome| tell.send(outcome.map(|done| done.end)).unwrap()));
    }
    while told.recv().unwrap().unwrap() < next {}
}

/// CPU time of this process, user and system.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).unwrap().parse::<f64>().unwrap();
    // utime and stime, proc(5), in ticks of 1/100 s.
    (ticks(11) + ticks(12)) / 100.0
}

fn wait_sealed(journal: &Journal) {
    while journal.reader().stats().unsealed_segments > 1 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// From append to durability with sealing beside it; prints the CPU time of all threads for each entry.
#[divan::bench(sample_count = 3, sample_size = 1)]
#[expect(clippy::print_stdout, reason = "CPU time is not what the harness measures")]
fn append_commit_seal(bencher: Bencher<'_, '_>) {
    let payloads = payloads();
    let prepare = || {
        let directory = Directory::new();
        let journal = open(&directory);
        // A journal that runs has its segments: two ready, and those in use are used again.
        while journal.counters().prepared_segments.load(Ordering::Relaxed) < 2 {
            std::thread::sleep(Duration::from_millis(5));
        }
        (directory, journal)
    };
    bencher.counter(ItemsCount::new(ENTRIES)).with_inputs(prepare).bench_local_values(|(directory, journal)| {
        let before = cpu_seconds();
        append_all(&journal, &payloads);
        let committed = cpu_seconds() - before;
        journal.rotate();
        wait_sealed(&journal);
        let (sealed, stats, counters) = (cpu_seconds() - before, journal.reader().stats(), journal.counters());
        let per = |seconds: f64| seconds * 1e6 / 400_000.0;
        println!(
            "CPU us/entry: {:.3} until durable (sealing beside it), {:.3} until all sealed; {} commits; {} B/entry raw, {} B/entry sealed",
            per(committed),
            per(sealed),
            counters.commits.load(Ordering::Relaxed),
            counters.entry_bytes.load(Ordering::Relaxed) / ENTRIES,
            stats.history_bytes / counters.entries.load(Ordering::Relaxed).max(1),
        );
        (directory, journal)
    });
}

fn query(device: DeviceId, order: Order) -> HistoryQuery {
    HistoryQuery {
        device,
        from: Timestamp::from_millis(i64::MIN),
        to: Timestamp::from_millis(i64::MAX),
        order,
        limit: 100,
        cursor: None,
    }
}

/// All 20 rows of a device out of two sealed files.
#[divan::bench(sample_count = 100)]
fn history_page_sealed(bencher: Bencher<'_, '_>) {
    let directory = Directory::new();
    let journal = open(&directory);
    append_all(&journal, &payloads());
    journal.rotate();
    wait_sealed(&journal);
    let reader = journal.reader();
    let number = AtomicU64::new(0);
    bencher.bench(|| {
        let device = device(number.fetch_add(7_919, Ordering::Relaxed) % DEVICES);
        reader.history(&query(device, Order::Descending)).unwrap()
    });
}
