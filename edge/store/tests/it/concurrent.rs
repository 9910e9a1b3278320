//! Readers beside the writer, while segments are sealed and used again under them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use plomb_evidence::keys;
use plomb_model::{EntryId, Timestamp};
use plomb_store::{Batch, HistoryQuery, Order};

use crate::support::{Directory, device, open, report};

/// Entries written.
const ENTRIES: u64 = 30_000;

#[test]
fn readers_see_everything_that_is_durable_and_nothing_else() {
    let directory = Directory::new();
    let journal = open(&directory).0;
    let durable = Arc::new(AtomicU64::new(0));
    let done = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        for seed in 0..2_u64 {
            let (reader, durable, done) = (journal.reader(), Arc::clone(&durable), Arc::clone(&done));
            scope.spawn(move || {
                let mut round = seed;
                while !done.load(Ordering::Relaxed) {
                    round += 1;
                    let known = durable.load(Ordering::Acquire);
                    if known == 0 {
                        continue;
                    }
                    let id = round.wrapping_mul(7_919) % known;
                    let bytes = reader.entry(EntryId(id)).unwrap().unwrap();
                    assert_eq!(
                        keys(&bytes).unwrap().times.unwrap().0,
                        Timestamp::from_millis(id.cast_signed())
                    );
                    let number = round % 5;
                    let page = reader
                        .history(&HistoryQuery {
                            device: device(number),
                            from: Timestamp::from_millis(0),
                            to: Timestamp::from_millis(known.cast_signed()),
                            order: Order::Descending,
                            limit: 30,
                            cursor: None,
                        })
                        .unwrap();
                    let expected: Vec<_> = (0..known).rev().filter(|id| id % 5 == number).take(30).collect();
                    let found: Vec<_> = page.rows.iter().map(|row| row.0.0).collect();
                    assert_eq!(found, expected);
                }
            });
        }
        let writer = journal.writer();
        let mut next = EntryId(0);
        while next.0 < ENTRIES {
            let mut batch = Batch::new(next);
            for _ in 0..50 {
                let id = batch.next_entry().0;
                batch.push(|out| out.extend_from_slice(&report(id % 5, None, &[id.cast_signed()], 40)));
            }
            next = batch.next_entry();
            let durable = Arc::clone(&durable);
            writer.append(
                batch.when_durable(move |outcome| durable.store(outcome.unwrap().end.0, Ordering::Release)),
            );
        }
        crate::support::wait_for(|| durable.load(Ordering::Acquire) == ENTRIES);
        done.store(true, Ordering::Relaxed);
    });
    assert!(journal.reader().stats().history_files > 10);
    assert_eq!(journal.verify().problems, []);
}
