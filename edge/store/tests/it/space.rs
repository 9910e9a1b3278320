//! A disk that fills up. The free space is told by the test; a write that fails is in the crate's own tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use plomb_model::EntryId;
use plomb_store::{Health, Journal, JournalConfig, StoreError};

use crate::oracle::{Known, Oracle};
use crate::support::{Directory, SEGMENT_BYTES, append, config, wait_for};

fn with_space(directory: &Directory, free: &Arc<AtomicU64>) -> JournalConfig {
    let free = Arc::clone(free);
    JournalConfig {
        free_bytes_min: 10 * SEGMENT_BYTES,
        space: Arc::new(move |_| Ok(free.load(Ordering::Relaxed))),
        ..config(directory.path())
    }
}

fn root_cause(error: &StoreError) -> &StoreError {
    match error {
        StoreError::Refused(reason) => root_cause(reason),
        other => other,
    }
}

#[test]
fn a_full_disk_refuses_before_writing_and_recovers_by_itself() {
    let directory = Directory::new();
    let free = Arc::new(AtomicU64::new(100 * SEGMENT_BYTES));
    let (journal, _) = Journal::open(with_space(&directory, &free)).unwrap();
    let mut oracle = Oracle::default();
    let known = || vec![Known::report(1, None, &[1], 500)];
    append(&journal, 0, &[known()[0].bytes.clone()]).unwrap();
    oracle.add(known());
    free.store(SEGMENT_BYTES, Ordering::Relaxed);
    let mut refused = None;
    wait_for(|| {
        let outcome = append(&journal, oracle.next(), &[known()[0].bytes.clone()]);
        match outcome {
            Ok(_) => oracle.add(known()),
            Err(error) => refused = Some(error),
        }
        refused.is_some()
    });
    assert!(matches!(root_cause(&refused.unwrap()), StoreError::Full { free: SEGMENT_BYTES, .. }));
    assert!(
        matches!(journal.health(), Health::Refusing(reason) if matches!(*reason, StoreError::Full { .. }))
    );
    // A later batch is refused for the same reason, not for a gap.
    let later = append(&journal, oracle.next() + 5, &[known()[0].bytes.clone()]).unwrap_err();
    assert!(matches!(root_cause(&later), StoreError::Full { .. }), "{later}");
    oracle.check_whole(&journal, 0);
    free.store(100 * SEGMENT_BYTES, Ordering::Relaxed);
    std::thread::sleep(Duration::from_millis(300));
    append(&journal, oracle.next(), &[known()[0].bytes.clone()]).unwrap();
    oracle.add(known());
    wait_for(|| matches!(journal.health(), Health::Writing));
    journal.close();
    let (journal, recovered) = Journal::open(with_space(&directory, &free)).unwrap();
    assert_eq!(recovered.next_entry, EntryId(oracle.next()));
    oracle.check_whole(&journal, 0);
}

#[test]
fn a_journal_on_a_full_disk_opens_and_can_be_read() {
    let directory = Directory::new();
    let free = Arc::new(AtomicU64::new(100 * SEGMENT_BYTES));
    let (journal, _) = Journal::open(with_space(&directory, &free)).unwrap();
    let mut oracle = Oracle::default();
    for _ in 0..300 {
        let known = Known::report(1, None, &[1], 500);
        append(&journal, oracle.next(), std::slice::from_ref(&known.bytes)).unwrap();
        oracle.add(vec![known]);
    }
    journal.close();
    free.store(0, Ordering::Relaxed);
    let (journal, _) = Journal::open(with_space(&directory, &free)).unwrap();
    oracle.check_whole(&journal, 0);
    assert!(append(&journal, oracle.next(), &[vec![1]]).is_err());
    assert!(journal.write_snapshot(EntryId(1), b"state").is_err());
}
