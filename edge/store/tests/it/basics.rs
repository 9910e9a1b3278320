//! Written, found again, sealed, reopened.

use std::ops::ControlFlow;

use plomb_evidence::merkle::{Frontier, leaf_hash};
use plomb_model::{EntryId, Timestamp};
use plomb_store::{HistoryQuery, Journal, Order, StoreError};

use crate::support::{Directory, append, config, device, open, report, wait_sealed};

fn everything(device_number: u64, order: Order) -> HistoryQuery {
    HistoryQuery {
        device: device(device_number),
        from: Timestamp::from_millis(i64::MIN),
        to: Timestamp::from_millis(i64::MAX),
        order,
        limit: 100,
        cursor: None,
    }
}

fn replayed(journal: &Journal, from: u64) -> Vec<(EntryId, Vec<u8>)> {
    let mut all = Vec::new();
    let mut each = |id, entry: &[u8]| {
        all.push((id, entry.to_vec()));
        ControlFlow::Continue(())
    };
    journal.replay(EntryId(from), &mut each).unwrap();
    all
}

#[test]
fn an_entry_is_found_before_and_after_sealing_and_reopening() {
    let directory = Directory::new();
    let (journal, recovered) = open(&directory);
    assert_eq!(recovered.next_entry, EntryId(0));
    let entries =
        [report(1, Some(9), &[500], 20), report(2, None, &[400, 600], 20), report(1, None, &[100], 20)];
    let durable = append(&journal, 0, &entries).unwrap();
    let mut tree = Frontier::default();
    tree.extend(entries.iter().map(|entry| leaf_hash(entry)));
    assert_eq!((durable.tree_size, durable.root), (3, tree.root()));
    let check = |journal: &Journal| {
        let reader = journal.reader();
        let of = |number, order| -> Vec<u64> {
            let page = reader.history(&everything(number, order)).unwrap();
            assert_eq!(page.next, None);
            for (id, bytes) in &page.rows {
                assert_eq!(*bytes, entries[usize::try_from(id.0).unwrap()]);
            }
            page.rows.into_iter().map(|row| row.0.0).collect()
        };
        assert_eq!(of(1, Order::Ascending), [2, 0]);
        assert_eq!(of(1, Order::Descending), [0, 2]);
        assert_eq!(of(2, Order::Ascending), [1]);
        assert_eq!(of(9, Order::Ascending), [0]);
        assert_eq!(of(3, Order::Ascending), [] as [u64; 0]);
        assert_eq!(reader.entry(EntryId(1)).unwrap().as_ref(), Some(&entries[1]));
        assert_eq!(reader.entry(EntryId(3)).unwrap(), None);
        assert_eq!(reader.leaf_hash(EntryId(2)).unwrap(), Some(leaf_hash(&entries[2])));
        assert_eq!(replayed(journal, 1).len(), 2);
        let report = journal.verify();
        assert_eq!((report.root, report.entries), (tree.root(), 3));
        assert_eq!(report.problems, []);
    };
    check(&journal);
    journal.rotate();
    append(&journal, 3, &[]).unwrap();
    wait_sealed(&journal);
    assert_eq!(journal.reader().stats().history_files, 1);
    check(&journal);
    journal.close();
    let (journal, recovered) = open(&directory);
    assert_eq!((recovered.next_entry, recovered.root, recovered.torn), (EntryId(3), tree.root(), None));
    check(&journal);
}

#[test]
fn a_second_process_is_told_who_has_the_journal() {
    let directory = Directory::new();
    let (journal, _) = open(&directory);
    let error = Journal::open(config(directory.path())).err().unwrap();
    assert!(
        matches!(error, StoreError::InUse { pid: Some(pid), .. } if pid == std::process::id()),
        "{error}"
    );
    journal.close();
    assert!(Journal::open(config(directory.path())).is_ok());
}

#[test]
fn a_gap_is_refused_and_the_next_entry_named() {
    let directory = Directory::new();
    let (journal, _) = open(&directory);
    let error = append(&journal, 5, &[report(1, None, &[1], 1)]).unwrap_err();
    assert!(matches!(*error, StoreError::Gap { expected: EntryId(0), found: EntryId(5) }));
    append(&journal, 0, &[report(1, None, &[1], 1)]).unwrap();
    let writer = journal.writer();
    journal.close();
    let (tell, told) = std::sync::mpsc::channel();
    let batch = plomb_store::Batch::new(EntryId(1));
    writer.append(batch.when_durable(move |outcome| tell.send(outcome.is_err()).unwrap()));
    assert!(told.recv().unwrap());
}

#[test]
fn snapshots_come_back_and_only_two_are_kept() {
    let directory = Directory::new();
    let (journal, _) = open(&directory);
    append(&journal, 0, &vec![report(1, None, &[1], 1); 10]).unwrap();
    assert!(matches!(journal.write_snapshot(EntryId(11), b"x"), Err(StoreError::SnapshotAhead { .. })));
    for at in [2, 5, 10] {
        journal.write_snapshot(EntryId(at), format!("state at {at}").as_bytes()).unwrap();
    }
    journal.close();
    let files = directory.files("snapshot-");
    assert_eq!(files.len(), 2);
    let (journal, recovered) = open(&directory);
    assert_eq!(recovered.snapshot, Some((EntryId(10), b"state at 10".to_vec())));
    journal.close();
    let mut newest = std::fs::read(&files[1]).unwrap();
    *newest.last_mut().unwrap() ^= 1;
    std::fs::write(&files[1], newest).unwrap();
    let (_journal, recovered) = open(&directory);
    assert_eq!(recovered.snapshot, Some((EntryId(5), b"state at 5".to_vec())));
    assert_eq!(recovered.rejected_snapshots.len(), 1);
    assert_eq!(directory.files("snapshot-").len(), 2, "the damaged one is kept under another name");
}
