//! Directories that vanish, entries to write, and a journal that is appended to and waited for.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use plomb_evidence::{Entry, Received, encode};
use plomb_model::{
    ConnectionId, DeviceId, EntryId, Event, EventKind, OccurredAt, Protocol, Reading, ReceivedAt, Scheme,
    Timestamp,
};
use plomb_store::{Batch, Durable, Journal, JournalConfig, StoreError};

/// Smallest segment, so that a test fills many.
pub(crate) const SEGMENT_BYTES: u64 = 64 << 10;
/// Longest that background work may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A directory of its own for each test, deleted at the end.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The files whose names begin so, sorted.
    pub(crate) fn files(&self, prefix: &str) -> Vec<PathBuf> {
        let names = std::fs::read_dir(&self.0).unwrap().map(|item| item.unwrap().path());
        let wanted = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(prefix);
        let mut files: Vec<_> = names.filter(wanted).collect();
        files.sort();
        files
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

pub(crate) fn config(directory: &Path) -> JournalConfig {
    JournalConfig { segment_bytes: SEGMENT_BYTES, free_bytes_min: 0, ..JournalConfig::new(directory) }
}

pub(crate) fn open(directory: &Directory) -> (Journal, plomb_store::Recovered) {
    Journal::open(config(directory.path())).unwrap()
}

pub(crate) fn device(number: u64) -> DeviceId {
    DeviceId::new(Scheme::Imei, &format!("{number:015}")).unwrap()
}

/// A report of a device, with a peripheral where one is named, at the times of its events (milliseconds).
pub(crate) fn report(sender: u64, peripheral: Option<u64>, times: &[i64], fill: usize) -> Vec<u8> {
    let events = times.iter().map(|time| {
        let mut event = Event::new(EventKind::Position);
        event.occurred_at = Some(OccurredAt(Timestamp::from_millis(*time)));
        event.readings = peripheral
            .map(|number| Reading::Peripheral { device: device(number), readings: [].into() })
            .into_iter()
            .collect();
        event
    });
    let entry = Entry::Received(Received {
        at: ReceivedAt(Timestamp::from_millis(1_000_000)),
        connection: ConnectionId(1),
        protocol: Protocol::Jt808,
        device: Some(device(sender)),
        frame: vec![sender.to_le_bytes()[0]; fill].into(),
        issues: [].into(),
        events: events.collect(),
        duplicates: 0,
        replies: [].into(),
    });
    let mut bytes = Vec::new();
    encode(&entry, &mut bytes);
    bytes
}

/// Appends entries as one batch and waits for the outcome.
pub(crate) fn append(journal: &Journal, first: u64, entries: &[Vec<u8>]) -> Result<Durable, Arc<StoreError>> {
    let mut batch = Batch::new(EntryId(first));
    for entry in entries {
        batch.push(|out| out.extend_from_slice(entry));
    }
    let (tell, told) = channel();
    journal.writer().append(batch.when_durable(move |outcome| tell.send(outcome).unwrap()));
    told.recv().unwrap()
}

/// Waits until all but the segment being written are sealed.
pub(crate) fn wait_sealed(journal: &Journal) {
    wait_for(|| journal.reader().stats().unsealed_segments <= 1);
}

pub(crate) fn wait_for(mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "it took too long");
        std::thread::sleep(Duration::from_millis(5));
    }
}
