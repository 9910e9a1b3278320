//! The journal as a plain list, to compare with.

use std::ops::ControlFlow;

use plomb_evidence::merkle::{Frontier, leaf_hash};
use plomb_model::{EntryId, Timestamp};
use plomb_store::{HistoryQuery, Journal, Order};

use crate::support::{device, report};

/// One entry, and under what it is found.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) bytes: Vec<u8>,
    pub(crate) devices: Vec<u64>,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Known {
    pub(crate) fn report(sender: u64, peripheral: Option<u64>, times: &[i64], fill: usize) -> Self {
        let mut devices = vec![sender];
        devices.extend(peripheral.filter(|peripheral| *peripheral != sender));
        Self {
            bytes: report(sender, peripheral, times, fill),
            devices,
            first: *times.iter().min().unwrap(),
            last: *times.iter().max().unwrap(),
        }
    }
}

/// Everything that was acknowledged.
#[derive(Default)]
pub(crate) struct Oracle {
    pub(crate) entries: Vec<Known>,
    pub(crate) tree: Frontier,
}

impl Oracle {
    pub(crate) fn next(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn add(&mut self, entries: Vec<Known>) {
        self.tree.extend(entries.iter().map(|entry| leaf_hash(&entry.bytes)));
        self.entries.extend(entries);
    }

    fn history(&self, number: u64, from: i64, to: i64, order: Order) -> Vec<u64> {
        let belongs = |(_, known): &(u64, &Known)| {
            known.devices.contains(&number) && known.first < to && known.last >= from
        };
        let mut rows: Vec<_> =
            (0..).zip(&self.entries).filter(belongs).map(|(id, known)| (known.first, id)).collect();
        rows.sort_unstable();
        if order == Order::Descending {
            rows.reverse();
        }
        rows.into_iter().map(|(_, id)| id).collect()
    }

    /// Pages through a device's history and compares.
    pub(crate) fn check_history(
        &self,
        journal: &Journal,
        number: u64,
        (from, to): (i64, i64),
        order: Order,
        limit: usize,
    ) {
        let reader = journal.reader();
        let mut query = HistoryQuery {
            device: device(number),
            from: Timestamp::from_millis(from),
            to: Timestamp::from_millis(to),
            order,
            limit,
            cursor: None,
        };
        let mut found = Vec::new();
        loop {
            let page = reader.history(&query).unwrap();
            assert!(page.rows.len() <= limit);
            for (id, bytes) in page.rows {
                assert_eq!(bytes, self.entries[id.0 as usize].bytes);
                found.push(id.0);
            }
            // A cursor survives the way through somebody's browser.
            query.cursor = page.next.map(|cursor| cursor.to_string().parse().unwrap());
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, self.history(number, from, to, order), "device {number} {from}..{to} {order:?}");
    }

    /// Replays everything from `from` on, and verifies the tree.
    pub(crate) fn check_whole(&self, journal: &Journal, from: u64) {
        let mut expected = from;
        let mut each = |id: EntryId, bytes: &[u8]| {
            assert_eq!(id.0, expected);
            assert_eq!(bytes, self.entries[id.0 as usize].bytes);
            expected += 1;
            ControlFlow::Continue(())
        };
        journal.replay(EntryId(from), &mut each).unwrap();
        assert_eq!(expected, self.next());
        let report = journal.verify();
        assert_eq!(report.problems, []);
        assert_eq!((report.tree_size, report.root), (self.next(), self.tree.root()));
        let stats = journal.reader().stats();
        assert_eq!((stats.next_entry.0, stats.root), (self.next(), self.tree.root()));
    }
}
