//! A line: fields between semicolons, and where date, place and external data stand among them.
//!
//! Models differ in what stands before the place (model, cell, seven cells), so date and place are found by their form
//! and the fields are counted from there.

use plomb_model::Timestamp;

use crate::stream::date_time;
use crate::web::scaled;

/// Fields between the time and the place: none, the cell, or five of a cell.
const BETWEEN_MAX: usize = 5;
/// Longest length of external data that is believed.
const EXTERNAL_BYTES_MAX: usize = 2048;

/// One line without its carriage return.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Bytes beyond ASCII, which external data may have, are replaced, so that places stay.
    text: String,
    ends: Vec<usize>,
}

impl Line {
    pub(super) fn of(wire: &[u8]) -> Self {
        let wire = wire.strip_suffix(b"\r").unwrap_or(wire);
        let text: String =
            wire.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect();
        let ends = text.match_indices(';').map(|(at, _)| at).chain([text.len()]).collect();
        Self { text, ends }
    }

    /// How many fields there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Where a field begins.
    pub(super) fn offset(&self, index: usize) -> usize {
        let before = index.checked_sub(1).map(|before| self.ends.get(before).map(|end| end + 1));
        before.map_or(0, |start| start.unwrap_or(self.text.len()))
    }

    /// A field as it came; empty where it is not there.
    pub(super) fn raw(&self, index: usize) -> &str {
        let end = self.ends.get(index).copied().unwrap_or(0);
        self.text.get(self.offset(index)..end).unwrap_or_default()
    }

    /// A field without blanks around it.
    pub(super) fn at(&self, index: usize) -> &str {
        self.raw(index).trim()
    }

    /// A field as a whole number.
    pub(super) fn number<T: std::str::FromStr>(&self, index: usize) -> Option<T> {
        self.at(index).parse().ok()
    }

    /// A field as a hexadecimal number.
    pub(super) fn hex(&self, index: usize) -> Option<u32> {
        u32::from_str_radix(self.at(index), 16).ok()
    }

    /// The fields from `index` on.
    pub(super) fn join(&self, index: usize) -> String {
        self.text.get(self.offset(index)..).unwrap_or_default().trim_end_matches(';').to_owned()
    }

    /// The first field: family and kind.
    pub(super) fn head(&self) -> &str {
        self.at(0)
    }

    /// What kind of report it is: the head without its family.
    pub(super) fn kind(&self) -> &str {
        let head = self.head();
        if head.len() < 5 { head } else { head.get(5..).unwrap_or_default() }
    }

    /// Whether it is of the ST900 family, whose second field is the kind.
    pub(super) fn is_asset(&self) -> bool {
        self.head().starts_with("ST9")
    }

    /// The device's number and where it stands.
    pub(super) fn device(&self) -> (&str, usize) {
        let index =
            if self.is_asset() || (self.head().ends_with("CMD") && self.at(1) == "Res") { 2 } else { 1 };
        (self.at(index), self.offset(index))
    }

    /// The field of the date, which the time follows.
    pub(super) fn date(&self) -> Option<usize> {
        (2..self.len()).find(|index| {
            let date = self.at(*index);
            date.len() == 8
                && date.bytes().all(|byte| byte.is_ascii_digit())
                && self.at(index + 1).split(':').count() == 3
        })
    }

    /// The time whose date is the field `index`, UTC.
    pub(super) fn time(&self, index: usize) -> Option<Timestamp> {
        date_time(self.at(index), self.at(index + 1), false)
    }

    /// The field of the latitude, which the longitude follows, behind the time at `date`.
    pub(super) fn place(&self, date: usize) -> Option<usize> {
        let signed = |index: usize| {
            let text = self.at(index);
            text.starts_with(['+', '-']) && text.contains('.') && scaled(text, 7).is_some()
        };
        (date + 2..=date + 2 + BETWEEN_MAX).find(|index| signed(*index) && signed(index + 1))
    }

    /// Where external data begin and how many they are.
    pub(super) fn external(&self) -> Option<(usize, usize)> {
        let length = if self.head() == "UEX" {
            (2..self.len()).find(|index| *index > 17)?
        } else {
            // Speed, course, satellites, fix, distance, supply, inputs stand behind the place.
            self.place(self.date()?)? + 9
        };
        let bytes = self.number::<usize>(length).filter(|bytes| *bytes <= EXTERNAL_BYTES_MAX)?;
        Some((self.offset(length + 1), bytes))
    }

    /// Whether what must not be cut is there: a place with its fix, which is one character, or with what stands behind
    /// it in a line of beacons. A line whose place is not read is whole as it is.
    pub(super) fn is_whole(&self) -> bool {
        let fix = if self.is_asset() { 4 } else { 5 };
        let Some(date) = self.date() else { return self.len() > 2 };
        match (self.kind(), self.place(date)) {
            ("HTE" | "BSA" | "BDA" | "SNB", _) => true,
            ("BLE", place) => place.is_some_and(|place| self.len() > place + 2),
            (_, place) => place.is_some_and(|place| matches!(self.at(place + fix), "0" | "1")),
        }
    }
}
