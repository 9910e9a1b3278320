//! Torn writes, flipped bits, stale bytes, lost files.

use std::path::{Path, PathBuf};

use plomb_model::EntryId;
use plomb_store::{Journal, StoreError};

use crate::oracle::{Known, Oracle};
use crate::support::{Directory, append, config, open, wait_for, wait_sealed};

/// A page of the journal's files.
const PAGE: usize = 4096;

/// A batch of about `pages` pages.
fn batch(number: u64, pages: i64) -> Vec<Known> {
    (0..pages * 4).map(|entry| Known::report(number, None, &[entry], 900)).collect()
}

fn write(journal: &Journal, oracle: &mut Oracle, entries: Vec<Known>) {
    let bytes: Vec<_> = entries.iter().map(|entry| entry.bytes.clone()).collect();
    append(journal, oracle.next(), &bytes).unwrap();
    oracle.add(entries);
}

/// Three batches in one segment; answers where they begin and where the last ends.
fn three_batches(directory: &Directory) -> (Oracle, PathBuf, [usize; 4]) {
    let journal = open(directory).0;
    let mut oracle = Oracle::default();
    let mut offsets = [PAGE; 4];
    for number in 0..3 {
        write(&journal, &mut oracle, batch(number, 2));
        offsets[number as usize + 1] = PAGE + journal.reader().stats().unsealed_bytes as usize;
    }
    journal.close();
    (oracle, directory.files("wal-").pop().unwrap(), offsets)
}

fn first_two(oracle: Oracle) -> Oracle {
    let mut shorter = Oracle::default();
    let entries = oracle.entries.len() / 3 * 2;
    shorter.add(oracle.entries[..entries].to_vec());
    shorter
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_torn_last_batch_is_cut_wherever_it_tore() {
    // Of each length class: nothing, within the header, at its end, within a page, at page borders, one byte short.
    for kept in [0, 1, 12, 64, 127, 128, 129, 133, 2_000, PAGE - 1, PAGE, PAGE + 1, 7_000] {
        let directory = Directory::new();
        let (oracle, path, [_, _, start, end]) = three_batches(&directory);
        change(&path, |bytes| bytes[start + kept..end].fill(0));
        let mut oracle = first_two(oracle);
        let (journal, recovered) = open(&directory);
        assert_eq!((recovered.next_entry.0, recovered.root), (oracle.next(), oracle.tree.root()), "{kept}");
        if kept >= 64 {
            let torn = recovered.torn.unwrap();
            assert_eq!((torn.path, torn.offset), (path, start as u64), "{kept}");
        }
        // It goes on in the same place, with a shorter batch, and the torn rest means nothing.
        write(&journal, &mut oracle, batch(9, 1));
        oracle.check_whole(&journal, 0);
        journal.close();
        let (journal, recovered) = open(&directory);
        assert_eq!((recovered.next_entry.0, recovered.torn), (oracle.next(), None), "{kept}");
        oracle.check_whole(&journal, 0);
    }
}

#[test]
fn a_later_part_on_the_disk_does_not_make_a_torn_batch_whole() {
    let directory = Directory::new();
    let (oracle, path, [_, _, start, _]) = three_batches(&directory);
    change(&path, |bytes| bytes[start + 512..start + 1024].fill(0));
    let (journal, recovered) = open(&directory);
    let oracle = first_two(oracle);
    assert!(recovered.torn.is_some());
    oracle.check_whole(&journal, 0);
}

#[test]
fn damage_before_the_last_batch_is_an_error_that_names_the_place() {
    // In the header, its checksum, an entry's length, an entry, the last byte of the payload.
    for place in [0, 20, 40, 60, 100, 124, 127, 128, 131, 132, 1_000, PAGE, 7_000] {
        for bit in [0, 7] {
            let directory = Directory::new();
            let (_, path, [_, start, _, _]) = three_batches(&directory);
            change(&path, |bytes| bytes[start + place] ^= 1 << bit);
            let error = Journal::open(config(directory.path())).err().unwrap();
            match &error {
                StoreError::Damaged { path: found, offset, .. } => {
                    assert_eq!((found, *offset), (&path, start as u64), "{place}: {error}");
                }
                StoreError::Version { path: found, .. } => assert_eq!(found, &path),
                other => panic!("{place}: {other}"),
            }
            assert!(error.to_string().contains("hint:"), "{error}");
        }
    }
}

#[test]
fn a_damaged_segment_header_is_an_error() {
    for place in [0, 8, 16, 30, 60, PAGE - 1] {
        let directory = Directory::new();
        let (_, path, _) = three_batches(&directory);
        change(&path, |bytes| bytes[place] ^= 0x10);
        let error = Journal::open(config(directory.path())).err().unwrap();
        assert!(matches!(error, StoreError::Damaged { offset: 0, .. }), "{place}: {error}");
    }
}

#[test]
fn what_an_earlier_use_left_in_a_segment_is_never_taken_for_data() {
    let directory = Directory::new();
    let mut oracle = Oracle::default();
    let journal = open(&directory).0;
    // Each segment takes several batches and is used again many times.
    for round in 0..60 {
        write(&journal, &mut oracle, batch(round % 5, 3));
        if round % 7 == 0 {
            journal.rotate();
        }
    }
    wait_for(|| journal.counters().recycled_segments.load(std::sync::atomic::Ordering::Relaxed) >= 5);
    journal.close();
    for round in 0..10 {
        let (journal, recovered) = open(&directory);
        assert_eq!((recovered.next_entry.0, recovered.torn), (oracle.next(), None));
        oracle.check_whole(&journal, 0);
        write(&journal, &mut oracle, batch(round, 1));
        journal.rotate();
        journal.close();
    }
}

#[test]
fn every_flipped_bit_of_a_history_file_is_noticed() {
    let directory = Directory::new();
    let mut oracle = Oracle::default();
    let journal = open(&directory).0;
    for number in 0..4 {
        write(&journal, &mut oracle, batch(number, 2));
        write(&journal, &mut oracle, vec![Known::report(number, Some(77), &[5], 10)]);
    }
    journal.rotate();
    append(&journal, oracle.next(), &[]).unwrap();
    wait_sealed(&journal);
    journal.close();
    let path = directory.files("history-").pop().unwrap();
    let whole = std::fs::read(&path).unwrap();
    // A prime step, so that every part of the file is hit at many different places.
    for place in (0..whole.len()).step_by(61) {
        change(&path, |bytes| bytes[place] ^= 0x04);
        match Journal::open(config(directory.path())) {
            Ok((journal, _)) => {
                let report = journal.verify();
                assert_eq!(report.problems.len(), 1, "at {place} of {}", whole.len());
                assert_eq!(report.problems[0].path, path);
                // Asking never answers with anything but what was written.
                for id in (0..oracle.next()).step_by(5) {
                    match journal.reader().entry(EntryId(id)) {
                        Ok(found) => assert_eq!(found.as_ref(), Some(&oracle.entries[id as usize].bytes)),
                        Err(error) => assert!(matches!(error, StoreError::Damaged { .. }), "{error}"),
                    }
                }
            }
            Err(error) => {
                assert!(matches!(error, StoreError::Damaged { .. } | StoreError::Version { .. }), "{error}");
                assert!(place >= whole.len() - 2 * PAGE, "only the footer is read at the start, not {place}");
            }
        }
        std::fs::write(&path, &whole).unwrap();
    }
    oracle.check_whole(&open(&directory).0, 0);
}

#[test]
fn a_lost_file_is_named() {
    let directory = Directory::new();
    let mut oracle = Oracle::default();
    let journal = open(&directory).0;
    for number in 0..3 {
        write(&journal, &mut oracle, batch(number, 1));
        journal.rotate();
    }
    append(&journal, oracle.next(), &[]).unwrap();
    wait_sealed(&journal);
    journal.close();
    let files = directory.files("history-");
    assert_eq!(files.len(), 3);
    let aside = directory.path().join("aside");
    std::fs::rename(&files[1], &aside).unwrap();
    let error = Journal::open(config(directory.path())).err().unwrap();
    assert!(
        matches!(&error, StoreError::Missing { from: EntryId(4), to: EntryId(8), path } if *path == files[2]),
        "{error}"
    );
    std::fs::rename(&aside, &files[1]).unwrap();
    oracle.check_whole(&open(&directory).0, 0);
}

#[test]
fn a_crash_between_sealing_and_recycling_leaves_nothing_double() {
    let directory = Directory::new();
    let mut oracle = Oracle::default();
    let journal = open(&directory).0;
    write(&journal, &mut oracle, batch(1, 2));
    let segment = directory.files("wal-").pop().unwrap();
    let copy = std::fs::read(&segment).unwrap();
    journal.rotate();
    append(&journal, oracle.next(), &[]).unwrap();
    wait_sealed(&journal);
    write(&journal, &mut oracle, batch(2, 2));
    journal.close();
    // As if the sealed segment had never been renamed, and a history file had been half made.
    std::fs::write(&segment, copy).unwrap();
    let half = directory.path().join("history-00000000000000000008-00000000000000000016.plomb.tmp");
    std::fs::write(&half, b"half").unwrap();
    let (journal, _) = open(&directory);
    oracle.check_whole(&journal, 0);
    assert!(!segment.exists() && !half.exists());
}
