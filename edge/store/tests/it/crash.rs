//! A process that is ended at any moment, again and again: what it had acknowledged is there.

use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::time::Duration;

use plomb_model::EntryId;
use plomb_store::{Batch, Journal};

use crate::support::{Directory, config, report};

/// Where the child finds its journal, how it is to end, and after how long.
const DIRECTORY: &str = "PLOMB_STORE_TEST_DIRECTORY";
const ABORT_AFTER_US: &str = "PLOMB_STORE_TEST_ABORT_AFTER_US";
/// Lives of the process.
const LIVES: u64 = 40;

/// The entry with this number: known from the number alone, so that a parent can check it.
fn entry(id: u64) -> Vec<u8> {
    report(
        id % 7,
        id.is_multiple_of(3).then_some(99),
        &[id.cast_signed()],
        usize::try_from(id % 400).unwrap(),
    )
}

/// Not a test of its own: the child's life. Writes as fast as it can and tells every acknowledgement.
#[test]
#[ignore = "is started by the test below"]
fn child() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let after = std::env::var(ABORT_AFTER_US).unwrap().parse().unwrap();
    let (journal, recovered) = Journal::open(config(directory.as_ref())).unwrap();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_micros(after));
        std::process::abort();
    });
    let writer = journal.writer();
    let mut next = recovered.next_entry;
    for round in 0.. {
        let mut batch = Batch::new(next);
        for _ in 0..=round % 20 {
            let id = batch.next_entry().0;
            batch.push(|out| out.extend_from_slice(&entry(id)));
        }
        next = batch.next_entry();
        writer.append(batch.when_durable(|outcome| {
            let line = format!("durable {}\n", outcome.unwrap().end.0);
            std::io::stdout().write_all(line.as_bytes()).unwrap();
        }));
        if round % 50 == 49 {
            journal.rotate();
        }
    }
}

#[test]
fn what_was_acknowledged_survives_any_end() {
    let directory = Directory::new();
    let mut acknowledged = 0;
    let mut alive = 0;
    for life in 0..LIVES {
        // From before the first write to long after, at moments that do not repeat.
        let after = 2_000 + (life * 7_919) % 60_000;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--ignored", "--nocapture", "--test-threads=1"])
            .env(DIRECTORY, directory.path())
            .env(ABORT_AFTER_US, after.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let durable = told.filter_map(|line| line.rsplit_once("durable ")?.1.parse().ok());
        let last = durable.fold(0, u64::max);
        assert!(!child.wait().unwrap().success());
        acknowledged = last.max(acknowledged);
        alive += u64::from(last > 0);
        let (journal, recovered) = Journal::open(config(directory.path())).unwrap();
        assert!(recovered.next_entry.0 >= acknowledged, "life {life}: {acknowledged} were acknowledged");
        let mut expected = 0;
        let mut each = |id: EntryId, bytes: &[u8]| {
            assert_eq!((id.0, bytes), (expected, entry(expected).as_slice()));
            expected += 1;
            ControlFlow::Continue(())
        };
        // Whole replays only now and then: they grow with every life.
        if life % 8 == 7 {
            journal.replay(EntryId(0), &mut each).unwrap();
            assert_eq!(expected, recovered.next_entry.0);
            let report = journal.verify();
            assert_eq!(report.problems, []);
            assert_eq!(report.root, recovered.root);
        }
    }
    assert!(alive > LIVES / 2, "only {alive} lives wrote anything");
}
