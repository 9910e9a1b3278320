//! A text taken apart: its fields with their places, and the groups of them that say where the device is.

use plomb_model::Timestamp;

/// One field between commas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    /// Where it begins in the frame.
    pub(super) offset: usize,
    pub(super) text: &'a str,
}

/// A text: `+RESP:GTFRI,060100,135790246811220,...,20090214093254,11F0$`.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    /// `RESP`, `BUFF`, `ACK` ...
    pub(super) head: &'a str,
    /// The message's name without `GT`.
    pub(super) name: &'a str,
    pub(super) fields: Vec<Field<'a>>,
    /// Index of the field that holds the identity.
    pub(super) identity: Option<usize>,
}

/// Reads a frame without judging it; `None` if it is no ASCII or has no name.
pub(super) fn read(wire: &[u8]) -> Option<Text<'_>> {
    let whole = std::str::from_utf8(wire).ok()?;
    let body = whole.trim_end_matches(['$', '\0', '\r', '\n']);
    let (head, rest) = body.strip_prefix('+')?.split_once(':')?;
    let mut offset = head.len() + 2;
    let mut fields = Vec::new();
    for text in rest.split(',') {
        fields.push(Field { offset, text });
        offset += text.len() + 1;
    }
    let name = fields.first()?.text;
    let name = name.strip_prefix("GT").unwrap_or(name);
    let digits = |field: &Field<'_>| field.text.len() == 15 && field.text.bytes().all(|b| b.is_ascii_digit());
    // An IMEI, or an MEID of 14 hex digits.
    let meid =
        |field: &Field<'_>| field.text.len() == 14 && field.text.bytes().all(|b| b.is_ascii_hexdigit());
    let identity = (1..4.min(fields.len()))
        .find(|at| fields.get(*at).is_some_and(digits))
        .or_else(|| fields.get(2).is_some_and(meid).then_some(2));
    Some(Text { head, name, fields, identity })
}

impl<'a> Text<'a> {
    /// The field at an index, empty where there is none.
    pub(super) fn at(&self, index: usize) -> &'a str {
        self.fields.get(index).map_or("", |field| field.text)
    }

    /// Offset of a field.
    pub(super) fn offset(&self, index: usize) -> usize {
        self.fields.get(index).map_or(0, |field| field.offset)
    }

    /// The field at an index counted from the last.
    pub(super) fn back(&self, index: usize) -> &'a str {
        self.fields.len().checked_sub(index + 1).map_or("", |at| self.at(at))
    }

    /// The first field behind the device name.
    pub(super) fn payload(&self) -> usize {
        self.identity.map_or(3, |identity| identity + 2)
    }

    /// Protocol version: device type and version.
    pub(super) fn version(&self) -> &'a str {
        match self.identity {
            Some(2..) => self.at(1),
            _ => "",
        }
    }

    /// The count number.
    pub(super) fn count(&self) -> Option<u32> {
        let count = self.back(0);
        (count.len() == 4).then(|| u32::from_str_radix(count, 16).ok()).flatten()
    }

    /// The send time.
    pub(super) fn sent_at(&self) -> Option<Timestamp> {
        time(self.back(1))
    }

    /// Indexes of the longitudes of the points.
    pub(super) fn points(&self) -> Vec<usize> {
        (self.payload()..self.fields.len().saturating_sub(2)).filter(|at| self.is_point(*at)).collect()
    }

    fn is_point(&self, at: usize) -> bool {
        let degrees = |text: &str| text.split_once('.').is_some_and(|(_, part)| part.len() >= 4);
        degrees(self.at(at))
            && degrees(self.at(at + 1))
            && decimal(self.at(at), 7).is_some_and(|e7| e7.abs() <= 1_800_000_000)
            && decimal(self.at(at + 1), 7).is_some_and(|e7| e7.abs() <= 900_000_000)
            && time(self.at(at + 2)).is_some()
    }

    /// Index where the longitude would be, found by the cell behind it; for messages without a fix.
    pub(super) fn empty_point(&self) -> Option<usize> {
        (self.payload() + 4..self.fields.len()).find(|at| {
            self.at(*at).is_empty()
                && self.at(at + 1).is_empty()
                && self.at(at + 2).is_empty()
                && self.cell(at + 3).is_some()
        })
    }

    /// The cell (MCC, MNC, LAC, cell identity) that begins at an index.
    pub(super) fn cell(&self, at: usize) -> Option<(u16, u16, u32, u64)> {
        let (mcc, mnc, lac, cell) = (self.at(at), self.at(at + 1), self.at(at + 2), self.at(at + 3));
        let decimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !(3..=4).contains(&mcc.len()) || !(1..=4).contains(&mnc.len()) || !decimal(mcc) || !decimal(mnc) {
            return None;
        }
        let mcc: u16 = mcc.parse().ok().filter(|mcc| (200..800).contains(mcc))?;
        if !(2..=6).contains(&lac.len()) || !(2..=9).contains(&cell.len()) {
            return None;
        }
        let lac = u32::from_str_radix(lac, 16).ok()?;
        Some((mcc, mnc.parse().ok()?, lac, u64::from_str_radix(cell, 16).ok()?))
    }
}

/// A decimal number times `10^digits`, rounded; `None` if it is none.
pub(super) fn decimal(text: &str, digits: u32) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty()
        || whole.len() > 10
        || !(whole.bytes().chain(part.bytes())).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let mut value: i64 = whole.parse().ok()?;
    let mut part = part.bytes().map(|byte| i64::from(byte.saturating_sub(b'0')));
    for _ in 0..digits {
        value = value.checked_mul(10)?.checked_add(part.next().unwrap_or(0))?;
    }
    value += i64::from(part.next().unwrap_or(0) >= 5);
    Some(if negative { -value } else { value })
}

/// `YYYYMMDDHHMMSS` in UTC.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| text.get(at..at + 2).and_then(|part| part.parse::<i8>().ok());
    let year: i16 = text.get(..4)?.parse().ok().filter(|year| *year >= 2000)?;
    Timestamp::from_utc(year, two(4)?, two(6)?, two(8)?, two(10)?, two(12)?)
}
