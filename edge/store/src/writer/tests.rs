//! Writes that fail, callers that make mistakes, and writing without `O_DIRECT`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use plomb_model::EntryId;

use super::{RETRY_INTERVAL, StoreError};
use crate::{Batch, Health, Journal, JournalConfig};

fn append(journal: &Journal, first: u64, count: u8) -> Result<u64, Arc<StoreError>> {
    let mut batch = Batch::new(EntryId(first));
    for entry in 0..count {
        batch.push(|out| out.extend_from_slice(&[entry; 3_000]));
    }
    let (tell, told) = channel();
    journal.writer().append(batch.when_durable(move |outcome| tell.send(outcome).unwrap()));
    told.recv().unwrap().map(|durable| durable.end.0)
}

fn config(name: &str) -> JournalConfig {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let directory = std::env::temp_dir().join(format!("plomb-{name}-{}-{number}", std::process::id()));
    drop(std::fs::remove_dir_all(&directory));
    JournalConfig { segment_bytes: 256 << 10, free_bytes_min: 0, ..JournalConfig::new(directory) }
}

#[test]
fn a_failed_write_is_never_acknowledged_and_writing_goes_on_after_it() {
    let config = config("failed-write");
    let (journal, _) = Journal::open(config.clone()).unwrap();
    let mut next = 0;
    for round in 0..6 {
        next = append(&journal, next, 5).unwrap();
        let reader = journal.reader();
        // By turns half of the batch and all of it reaches the disk.
        reader.shared.failing_write.store(1 + round % 2, Ordering::Relaxed);
        let error = append(&journal, next, 5).unwrap_err();
        assert!(matches!(*error, StoreError::Io { action: "write", .. }), "{error}");
        assert!(matches!(journal.health(), Health::Refusing(_)));
        // What would have followed is refused for the same reason.
        let later = append(&journal, next + 5, 1).unwrap_err();
        assert!(matches!(*later, StoreError::Refused(_)), "{later}");
        assert_eq!(reader.stats().next_entry, EntryId(next));
        assert_eq!(reader.entry(EntryId(next)).unwrap(), None);
        std::thread::sleep(RETRY_INTERVAL);
        next = append(&journal, next, 2).unwrap();
        assert!(!matches!(journal.health(), Health::Refusing(_)));
        if round == 3 {
            journal.rotate();
        }
    }
    let report = journal.verify();
    assert_eq!((report.problems, report.tree_size), (Vec::new(), next));
    journal.close();
    let (journal, recovered) = Journal::open(config.clone()).unwrap();
    assert_eq!((recovered.next_entry, recovered.root), (EntryId(next), report.root));
    assert_eq!(journal.verify().problems, []);
    journal.close();
    std::fs::remove_dir_all(config.directory).unwrap();
}

#[test]
fn a_failed_batch_that_reached_the_disk_gives_way_to_its_successor() {
    let config = config("overlap");
    let (journal, _) = Journal::open(config.clone()).unwrap();
    assert_eq!(append(&journal, 0, 5).unwrap(), 5);
    journal.reader().shared.failing_write.store(2, Ordering::Relaxed);
    append(&journal, 5, 5).unwrap_err();
    let segment = journal.shared().state().wal.last().unwrap().path.clone();
    let copy = std::fs::read(&segment).unwrap();
    std::thread::sleep(RETRY_INTERVAL);
    assert_eq!(append(&journal, 5, 2).unwrap(), 7);
    let root = journal.verify().root;
    while journal.reader().stats().history_files == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let sealed = journal.shared().state().history.first().unwrap().path.clone();
    journal.close();
    // As if the process had ended before the first segment was sealed.
    std::fs::remove_file(sealed).unwrap();
    std::fs::write(&segment, copy).unwrap();
    let (journal, recovered) = Journal::open(config.clone()).unwrap();
    assert_eq!((recovered.next_entry, recovered.root), (EntryId(7), root));
    assert_eq!(journal.verify().problems, []);
    journal.close();
    std::fs::remove_dir_all(config.directory).unwrap();
}

#[test]
fn who_waits_is_answered_when_the_writer_dies() {
    let config = config("panic");
    let (journal, _) = Journal::open(config.clone()).unwrap();
    let writer = journal.writer();
    let (tell, told) = channel();
    for first in 0..3 {
        let mut batch = Batch::new(EntryId(first));
        batch.push(|out| out.push(1));
        let tell = tell.clone();
        writer.append(batch.when_durable(move |outcome| {
            tell.send(outcome.is_ok()).unwrap();
            assert!(first > 0, "a mistake of the caller");
        }));
    }
    drop(tell);
    assert!(told.recv().unwrap());
    assert_eq!(told.iter().count(), 2);
    // Those who waited are answered while the writer's stack is taken down, which ends with its word that it is gone.
    let closed =
        || matches!(journal.health(), Health::Refusing(reason) if matches!(*reason, StoreError::Closed));
    let deadline = Instant::now() + Duration::from_secs(10);
    while !closed() && Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert!(closed());
    journal.close();
    assert!(Journal::open(config.clone()).unwrap().1.next_entry >= EntryId(1));
    std::fs::remove_dir_all(config.directory).unwrap();
}

#[test]
fn too_much_is_refused_alone() {
    let config = config("too-much");
    let (journal, _) = Journal::open(config.clone()).unwrap();
    let error = append(&journal, 0, 100).unwrap_err();
    assert!(matches!(*error, StoreError::TooLarge { what: "a batch", .. }), "{error}");
    assert_eq!(append(&journal, 0, 3).unwrap(), 3);
    journal.close();
    std::fs::remove_dir_all(config.directory).unwrap();
}

#[test]
fn it_works_through_the_page_cache_too() {
    let config = JournalConfig { direct_io: crate::DirectIo::Off, ..config("cached") };
    let (journal, _) = Journal::open(config.clone()).unwrap();
    let mut next = 0;
    for _ in 0..60 {
        next = append(&journal, next, 5).unwrap();
    }
    journal.close();
    let (journal, recovered) = Journal::open(config.clone()).unwrap();
    assert_eq!(recovered.next_entry, EntryId(next));
    assert_eq!(journal.verify().problems, []);
    journal.close();
    std::fs::remove_dir_all(config.directory).unwrap();
}
