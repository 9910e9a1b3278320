//! Old history is given up by size and by age, but nothing that a snapshot still needs.

use std::time::Duration;

use plomb_model::EntryId;
use plomb_store::{Journal, JournalConfig, StoreError};

use crate::oracle::{Known, Oracle};
use crate::support::{Directory, append, config, wait_for, wait_sealed};

fn fill(journal: &Journal, oracle: &mut Oracle, batches: i64) {
    for number in 0..batches {
        let entries: Vec<_> =
            (0..20).map(|entry| Known::report(3, None, &[number * 100 + entry], 300)).collect();
        let bytes: Vec<_> = entries.iter().map(|entry| entry.bytes.clone()).collect();
        append(journal, oracle.next(), &bytes).unwrap();
        oracle.add(entries);
    }
    journal.rotate();
    append(journal, oracle.next(), &[]).unwrap();
    wait_sealed(journal);
}

fn check_after(journal: &Journal, oracle: &Oracle, snapshot: u64) {
    let stats = journal.reader().stats();
    let oldest = stats.oldest_entry;
    assert!(oldest.0 > 0 && oldest.0 <= snapshot);
    assert_eq!(journal.reader().entry(EntryId(0)).unwrap(), None);
    let expired = journal.replay(EntryId(0), &mut |_, _| std::ops::ControlFlow::Continue(()));
    assert!(matches!(expired, Err(StoreError::Expired { oldest: found, .. }) if found == oldest));
    // What is left still leads from its own beginning to the same root.
    oracle.check_whole(journal, oldest.0);
}

#[test]
fn history_beyond_its_size_is_deleted_up_to_the_older_snapshot() {
    let directory = Directory::new();
    let settings = || JournalConfig { retention_bytes: Some(20_000), ..config(directory.path()) };
    let (journal, _) = Journal::open(settings()).unwrap();
    let mut oracle = Oracle::default();
    fill(&journal, &mut oracle, 40);
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(journal.reader().stats().oldest_entry, EntryId(0), "without a snapshot nothing is deleted");
    let first = oracle.next();
    journal.write_snapshot(EntryId(first), b"a").unwrap();
    fill(&journal, &mut oracle, 40);
    journal.write_snapshot(EntryId(oracle.next()), b"b").unwrap();
    wait_for(|| journal.reader().stats().oldest_entry == EntryId(first));
    check_after(&journal, &oracle, first);
    journal.close();
    let (journal, recovered) = Journal::open(settings()).unwrap();
    assert_eq!(recovered.snapshot, Some((EntryId(oracle.next()), b"b".to_vec())));
    check_after(&journal, &oracle, first);
}

#[test]
fn history_beyond_its_age_is_deleted() {
    let directory = Directory::new();
    let age = Duration::from_millis(200);
    let settings = JournalConfig { retention_age: Some(age), ..config(directory.path()) };
    let (journal, _) = Journal::open(settings).unwrap();
    let mut oracle = Oracle::default();
    fill(&journal, &mut oracle, 30);
    let middle = oracle.next() / 2;
    journal.write_snapshot(EntryId(middle), b"a").unwrap();
    wait_for(|| journal.reader().stats().oldest_entry.0 > 0);
    std::thread::sleep(Duration::from_millis(600));
    check_after(&journal, &oracle, middle);
}

#[test]
fn a_quiet_segment_is_sealed_by_age() {
    let directory = Directory::new();
    let settings = JournalConfig { seal_after: Duration::from_millis(100), ..config(directory.path()) };
    let (journal, _) = Journal::open(settings).unwrap();
    let mut oracle = Oracle::default();
    let known = Known::report(1, None, &[1], 10);
    append(&journal, 0, std::slice::from_ref(&known.bytes)).unwrap();
    oracle.add(vec![known]);
    wait_for(|| journal.reader().stats().history_files == 1);
    oracle.check_whole(&journal, 0);
}
