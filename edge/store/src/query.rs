//! What may be asked of the history, and the merging of all files that know something.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use plomb_model::{DeviceId, EntryId, Timestamp};

use crate::StoreError;
use crate::device_key::DeviceKey;
use crate::history::HistoryFile;
use crate::row_index::WalRow;
use crate::segment::Segment;
use crate::shared::Shared;

/// Most rows of a page, whatever was asked for.
const PAGE_ROWS_MAX: usize = 10_000;
/// A page ends when its rows take so many bytes: what an answer over the network may sensibly hold.
const PAGE_BYTES_MAX: usize = 16 << 20;

/// Direction of a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    #[default]
    Ascending,
    /// Newest first.
    Descending,
}

/// A question about one device.
///
/// An entry belongs to the device that sent it and to those heard through it. It is placed by the earliest time of its
/// events, equal times by number, and is found when any of its events may lie in the range.
#[derive(Clone, Copy, Debug)]
pub struct HistoryQuery {
    /// Whose history.
    pub device: DeviceId,
    /// From this time on.
    pub from: Timestamp,
    /// Up to, not including, this time.
    pub to: Timestamp,
    /// Direction.
    pub order: Order,
    /// Most rows wanted (at most 10,000 come at a time).
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
}

/// The last row of a page. Stays good when segments are sealed or late entries come.
///
/// ```
/// use plomb_model::{EntryId, Timestamp};
/// use plomb_store::Cursor;
/// let cursor = Cursor { time: Timestamp::from_millis(-5), entry: EntryId(9) };
/// assert_eq!(cursor.to_string(), "-5_9");
/// assert_eq!("-5_9".parse(), Ok(cursor));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Its time.
    pub time: Timestamp,
    /// Its number.
    pub entry: EntryId,
}

/// The text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor that a page ended with")]
pub struct NotACursor;

/// Part of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// Entries, encoded as they were written.
    pub rows: Vec<(EntryId, Vec<u8>)>,
    /// Where to go on, unless this was all.
    pub next: Option<Cursor>,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.time.as_millis(), self.entry)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (time, entry) = text.split_once('_').ok_or(NotACursor)?;
        Ok(Self {
            time: Timestamp::from_millis(time.parse().map_err(|_| NotACursor)?),
            entry: EntryId(entry.parse().map_err(|_| NotACursor)?),
        })
    }
}

/// A row that may come into the page.
struct Candidate {
    time: i64,
    entry: u64,
    found: Found,
}

enum Found {
    Bytes(Vec<u8>),
    Ranked(Arc<HistoryFile>, u32),
    Wal(Arc<Segment>, WalRow),
}

/// What a row must satisfy.
pub(crate) struct Window {
    from: i64,
    to: i64,
    descending: bool,
    cursor: Option<(i64, u64)>,
}

impl Window {
    pub(crate) fn contains(&self, first: i64, last: i64, entry: u64) -> bool {
        first < self.to && last >= self.from && self.is_after_cursor(first, entry)
    }

    fn is_after_cursor(&self, time: i64, entry: u64) -> bool {
        self.cursor.is_none_or(|cursor| self.order((time, entry), cursor) == Ordering::Greater)
    }

    fn order(&self, a: (i64, u64), b: (i64, u64)) -> Ordering {
        if self.descending { b.cmp(&a) } else { a.cmp(&b) }
    }

    /// Whether rows with these extremes may be in it.
    fn may_contain(&self, first_min: i64, first_max: i64, last_max: i64) -> bool {
        let beyond_cursor = self
            .cursor
            .is_none_or(|(time, _)| if self.descending { first_min <= time } else { first_max >= time });
        first_min < self.to && last_max >= self.from && beyond_cursor
    }
}

/// The page that answers the question.
pub(crate) fn history(shared: &Shared, query: &HistoryQuery) -> Result<HistoryPage, StoreError> {
    let limit = query.limit.min(PAGE_ROWS_MAX);
    if limit == 0 {
        return Ok(HistoryPage::default());
    }
    let device = DeviceKey::from(&query.device);
    let window = Window {
        from: query.from.as_millis(),
        to: query.to.as_millis(),
        descending: query.order == Order::Descending,
        cursor: query.cursor.map(|cursor| (cursor.time.as_millis(), cursor.entry.0)),
    };
    // Both lists at once, so that an entry is in exactly one of them.
    let (segments, mut files) = {
        let state = shared.state();
        (state.wal.clone(), state.history.clone())
    };
    // One more than wanted tells whether there is a next page.
    let mut best = Best { window: &window, limit: limit + 1, candidates: Vec::new() };
    for segment in &segments {
        best.add_segment(shared, segment, &device)?;
    }
    files.retain(|file| {
        let footer = &file.footer;
        window.may_contain(footer.first_min, footer.first_max, footer.last_max)
    });
    if window.descending {
        files.sort_by_key(|file| std::cmp::Reverse(file.footer.first_max));
    } else {
        files.sort_by_key(|file| file.footer.first_min);
    }
    for file in &files {
        if best.is_beyond(&file.footer) {
            break;
        }
        match best.add_file(shared, file, &device) {
            Err(_) if file.is_removed() => {}
            other => other?,
        }
    }
    page(shared, best.candidates, limit)
}

/// The first rows so far, in order, at most `limit`.
struct Best<'a> {
    window: &'a Window,
    limit: usize,
    candidates: Vec<Candidate>,
}

impl Best<'_> {
    fn add_segment(
        &mut self,
        shared: &Shared,
        segment: &Arc<Segment>,
        device: &DeviceKey,
    ) -> Result<(), StoreError> {
        let mut rows = segment.rows(shared, device, self.window)?;
        rows.sort_unstable_by(|a, b| self.window.order((a.first, a.entry), (b.first, b.entry)));
        rows.truncate(self.limit);
        self.candidates.extend(rows.into_iter().map(|row| Candidate {
            time: row.first,
            entry: row.entry,
            found: Found::Wal(Arc::clone(segment), row),
        }));
        self.tidy();
        Ok(())
    }

    fn add_file(
        &mut self,
        shared: &Shared,
        file: &Arc<HistoryFile>,
        device: &DeviceKey,
    ) -> Result<(), StoreError> {
        let (window, limit, candidates) = (self.window, self.limit, &mut self.candidates);
        // Rows of one kind come in order, so the first `limit` of each are enough.
        let mut taken = [0_usize; 2];
        file.rows(
            &shared.files,
            device,
            window.descending,
            |block| block.first < window.to && block.last >= window.from,
            |row, bytes| {
                let entry = file.first() + u64::from(row.id_offset);
                if !window.contains(row.first, row.last, entry) {
                    let past = !window.descending && row.first >= window.to;
                    return !past;
                }
                let found = match bytes {
                    Some(bytes) => Found::Bytes(bytes.to_vec()),
                    None => Found::Ranked(Arc::clone(file), row.value),
                };
                candidates.push(Candidate { time: row.first, entry, found });
                let [peripheral, own] = &mut taken;
                let taken = if bytes.is_some() { own } else { peripheral };
                *taken += 1;
                *taken < limit
            },
        )?;
        self.tidy();
        Ok(())
    }

    fn tidy(&mut self) {
        let window = self.window;
        self.candidates.sort_by(|a, b| window.order((a.time, a.entry), (b.time, b.entry)));
        self.candidates.truncate(self.limit);
    }

    /// Whether neither this file nor those sorted after it can bring a better row.
    fn is_beyond(&self, footer: &crate::history::Footer) -> bool {
        let Some(worst) = self.candidates.get(self.limit - 1) else { return false };
        if self.window.descending { footer.first_max < worst.time } else { footer.first_min > worst.time }
    }
}

fn page(shared: &Shared, candidates: Vec<Candidate>, limit: usize) -> Result<HistoryPage, StoreError> {
    let mut page = HistoryPage::default();
    let mut bytes = 0_usize;
    let mut last = None;
    for candidate in candidates {
        if page.rows.len() >= limit || bytes >= PAGE_BYTES_MAX {
            page.next = last;
            break;
        }
        let entry = match candidate.found {
            Found::Bytes(entry) => entry,
            Found::Ranked(file, rank) => match file.ranked(&shared.files, rank, candidate.entry) {
                Err(_) if file.is_removed() => continue,
                other => other?,
            },
            Found::Wal(segment, row) => segment.row_bytes(&row)?,
        };
        bytes += entry.len();
        last = Some(Cursor { time: Timestamp::from_millis(candidate.time), entry: EntryId(candidate.entry) });
        page.rows.push((EntryId(candidate.entry), entry));
    }
    Ok(page)
}
