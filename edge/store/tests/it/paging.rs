//! A hundred thousand entries, sealed while they are paged through.

use plomb_store::{Journal, JournalConfig, Order};

use crate::oracle::{Known, Oracle};
use crate::support::{Directory, append, config, wait_sealed};

/// Entries in all.
const ENTRIES: usize = 100_000;
/// Devices that send them.
const DEVICES: u64 = 40;

fn fill(journal: &Journal, oracle: &mut Oracle, entries: usize) {
    let mut seed = oracle.next() + 1;
    let mut random = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for _ in 0..entries / 500 {
        let batch: Vec<_> = (0..500)
            .map(|_| {
                let now = oracle.next().cast_signed();
                // One in ten is late by up to everything.
                let late = if random(10) == 0 { random(now.cast_unsigned() + 1).cast_signed() } else { 0 };
                let peripheral = (random(20) == 0).then(|| random(DEVICES));
                Known::report(random(DEVICES), peripheral, &[now - late, now - late + 3], 30)
            })
            .collect();
        let bytes: Vec<_> = batch.iter().map(|entry| entry.bytes.clone()).collect();
        append(journal, oracle.next(), &bytes).unwrap();
        oracle.add(batch);
    }
}

#[test]
fn paging_equals_the_list_before_during_and_after_sealing() {
    let directory = Directory::new();
    let settings = || JournalConfig { segment_bytes: 1 << 20, ..config(directory.path()) };
    let (journal, _) = Journal::open(settings()).unwrap();
    let mut oracle = Oracle::default();
    fill(&journal, &mut oracle, ENTRIES);
    let everything = (i64::MIN, i64::MAX);
    for number in 0..8 {
        oracle.check_history(&journal, number, everything, Order::Ascending, 997);
        oracle.check_history(&journal, number, everything, Order::Descending, 61);
    }
    journal.rotate();
    append(&journal, oracle.next(), &[]).unwrap();
    wait_sealed(&journal);
    assert!(journal.reader().stats().history_files > 5);
    journal.close();
    let (journal, _) = Journal::open(settings()).unwrap();
    for number in [0, 9, DEVICES - 1, DEVICES] {
        oracle.check_history(&journal, number, everything, Order::Ascending, 10_000);
        oracle.check_history(&journal, number, everything, Order::Descending, 127);
        oracle.check_history(&journal, number, (30_000, 31_000), Order::Ascending, 10);
        oracle.check_history(&journal, number, (30_000, 31_000), Order::Descending, 10);
        oracle.check_history(&journal, number, (7, 7), Order::Descending, 10);
    }
    oracle.check_whole(&journal, 99_000);
}
