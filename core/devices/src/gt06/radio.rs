//! Cells and Wi-Fi access points, in the many widths that the vendors use.
//!
//! A cell is MCC u16 (bit 15: the MNC has two bytes), MNC, area code, cell identity; the widths differ by message
//! and vendor, and mostly follow from how many bytes there are. Source: common knowledge of the protocol and
//! recorded frames, no vendor manual; see `docs/protocols/gt06.md`.

use plomb_model::CellTower;
use plomb_wire::Short;

use super::part::{Fields, Part};

/// Bit of the MCC that says that the MNC has two bytes.
const LONG_MNC: u16 = 0x8000;
/// Neighbours of a "multiple LBS" message, the serving cell included.
const CELLS: usize = 7;

/// How many bytes a cell's fields have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Widths {
    /// MNC: 1 or 2.
    mnc: usize,
    /// Area code: 2 or 4.
    area: usize,
    /// Cell identity: 3, 4 or 8.
    cell: usize,
}

impl Widths {
    /// GT06: area u16, cell u24.
    pub(super) const SHORT: Self = Self { mnc: 1, area: 2, cell: 3 };
    /// Later 2G and 3G models: cell u32.
    pub(super) const MIDDLE: Self = Self { mnc: 1, area: 2, cell: 4 };
    /// 4G models (0xA0 and up): area u32, cell u64.
    pub(super) const LONG: Self = Self { mnc: 1, area: 4, cell: 8 };

    const fn total(self) -> usize {
        2 + self.mnc + self.area + self.cell
    }

    /// The same with the width of the MNC that bit 15 of the MCC tells.
    const fn with_mnc_of(self, mcc: u16) -> Self {
        if mcc & LONG_MNC == 0 { self } else { Self { mnc: 2, ..self } }
    }

    /// The widths of a cell of `total` bytes that begins with `mcc`.
    fn of_total(total: usize, mcc: u16) -> Option<Self> {
        let narrow = [Self::SHORT, Self::MIDDLE, Self::LONG].map(|widths| widths.with_mnc_of(mcc));
        // Some models write a two-byte MNC without saying so.
        let wide = narrow.map(|widths| Self { mnc: 2, ..widths });
        narrow.into_iter().chain(wide).find(|widths| widths.total() == total)
    }
}

fn mcc_ahead(fields: &Fields<'_, '_>) -> u16 {
    match fields.rest() {
        [high, low, ..] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    }
}

fn number(fields: &mut Fields<'_, '_>, width: usize) -> Result<u64, Short> {
    let bytes = fields.reader.take(width)?;
    Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// One cell of known widths.
fn cell_of(fields: &mut Fields<'_, '_>, widths: Widths) -> Result<(), Short> {
    let at = fields.reader.offset();
    let mcc = fields.reader.u16()? & !LONG_MNC;
    let mnc = number(fields, widths.mnc)?;
    identity(fields, widths, mcc, mnc, at, false)
}

/// Area and identity of a cell whose network is known; `signal` if its strength follows.
fn identity(
    fields: &mut Fields<'_, '_>,
    widths: Widths,
    mcc: u16,
    mnc: u64,
    at: usize,
    signal: bool,
) -> Result<(), Short> {
    let area = number(fields, widths.area)?;
    let cell = number(fields, widths.cell)?;
    let strength = if signal { Some(fields.reader.u8()?) } else { None };
    let absent = area == 0 && cell == 0;
    let (mnc, area) = (u16::try_from(mnc).unwrap_or(u16::MAX), u32::try_from(area).unwrap_or(u32::MAX));
    let part = Part::Cell { cell: CellTower { mcc, mnc, area, cell }, strength };
    fields.give_since(at, if absent { Part::Reserved } else { part });
    Ok(())
}

/// One cell of these widths (the MNC's by bit 15 of the MCC).
pub(super) fn cell(fields: &mut Fields<'_, '_>, widths: Widths) -> Result<(), Short> {
    let widths = widths.with_mnc_of(mcc_ahead(fields));
    cell_of(fields, widths)
}

/// One cell that, with one of `tails` after it, takes all that is left; else one of `usual` widths.
pub(super) fn cell_before(fields: &mut Fields<'_, '_>, tails: &[usize], usual: Widths) -> Result<(), Short> {
    let mcc = mcc_ahead(fields);
    let fitting = tails
        .iter()
        .filter_map(|tail| fields.left().checked_sub(*tail))
        .find_map(|total| Widths::of_total(total, mcc));
    cell_of(fields, fitting.unwrap_or_else(|| usual.with_mnc_of(mcc)))
}

/// One cell of `total` bytes; other widths are kept as bytes.
pub(super) fn cell_of_bytes(fields: &mut Fields<'_, '_>, total: usize) -> Result<(), Short> {
    match Widths::of_total(total, mcc_ahead(fields)) {
        Some(widths) => cell_of(fields, widths),
        None => fields.bytes(total.min(fields.left()), |value| Part::Bytes { name: "lbs", value }),
    }
}

/// One cell behind its own length, before a tail of one of the lengths `tails` (likeliest first).
///
/// The length counts itself in some firmwares and not in others; the tail decides. Length 0: no cell is given, and
/// the tail ends the content.
pub(super) fn cell_with_length(fields: &mut Fields<'_, '_>, tails: &[usize]) -> Result<(), Short> {
    let length = usize::from(fields.u8(|value| Part::Code { name: "lbs_length", value: value.into() })?);
    if length == 0 {
        let tail = tails.first().copied().unwrap_or(0);
        let filler = fields.left().saturating_sub(tail);
        return if fields.rest().iter().take(filler).all(|byte| *byte == 0) {
            fields.reserved(filler)
        } else {
            fields.bytes(filler, |value| Part::Bytes { name: "lbs", value })
        };
    }
    let left = fields.left();
    let total = tails
        .iter()
        .filter_map(|tail| left.checked_sub(*tail))
        .find(|total| *total == length || *total + 1 == length)
        .unwrap_or(if length == Widths::SHORT.total() { length } else { length - 1 });
    cell_of_bytes(fields, total)
}

/// Whether a byte can be the length of a cell (and not the first of an MCC, which is 0 to 3 or has bit 7 set).
pub(super) const fn is_cell_length(byte: u8) -> bool {
    byte >= 8 && byte <= 18
}

/// How a list of cells is laid out.
#[derive(Clone, Copy, Debug)]
struct CellList {
    widths: Widths,
    cells: usize,
    counted: bool,
    wifi: bool,
}

/// Several cells of one network with their strengths, a byte "time leads", and perhaps access points: messages
/// 0x18, 0x1E, 0x24, 0x28, 0x2C, 0x2E, 0x33, 0x34, 0xA1, 0xA2. The content's length tells the widths and counts.
pub(super) fn cells(fields: &mut Fields<'_, '_>, long: bool) -> Result<(), Short> {
    let list = cell_list(fields.rest(), long);
    let at = fields.reader.offset();
    let mcc = fields.reader.u16()? & !LONG_MNC;
    let mnc = number(fields, list.widths.mnc)?;
    fields.give_since(at, Part::Reserved);
    if list.counted {
        fields.u8(|_| Part::Reserved)?;
    }
    for _ in 0..list.cells {
        let at = fields.reader.offset();
        identity(fields, list.widths, mcc, mnc, at, true)?;
    }
    if !list.counted && fields.left() > 0 {
        fields.code8("time_leads")?;
    }
    if list.wifi {
        let count = fields.u8(|_| Part::Reserved)?;
        for _ in 0..count {
            access_point(fields)?;
        }
    }
    if fields.left() == 2 {
        return fields.u16(|_| Part::Reserved).map(|_| ());
    }
    fields.remainder("rest")
}

/// Whether a content of this length can be such a list exactly.
pub(super) fn is_cell_list(content: &[u8], long: bool) -> bool {
    exact_list(content, long).is_some()
}

fn cell_list(bytes: &[u8], long: bool) -> CellList {
    exact_list(bytes, long).unwrap_or_else(|| {
        let mcc = bytes.first_chunk().copied().map_or(0, u16::from_be_bytes);
        let widths = if long { Widths::LONG } else { Widths::SHORT }.with_mnc_of(mcc);
        let each = widths.area + widths.cell + 1;
        let cells = (bytes.len().saturating_sub(2 + widths.mnc) / each).min(CELLS);
        CellList { widths, cells, counted: false, wifi: false }
    })
}

fn exact_list(bytes: &[u8], long: bool) -> Option<CellList> {
    let mcc = u16::from_be_bytes(*bytes.first_chunk()?);
    let shapes: &[Widths] =
        if long { &[Widths::LONG] } else { &[Widths::SHORT, Widths::MIDDLE, Widths::LONG] };
    let narrow = shapes.iter().map(|widths| widths.with_mnc_of(mcc));
    let wide = shapes.iter().map(|widths| Widths { mnc: 2, ..*widths });
    narrow.chain(wide).find_map(|widths| {
        let after = bytes.get(2 + widths.mnc..)?;
        let each = widths.area + widths.cell + 1;
        let fixed = (1..=CELLS).rev().find_map(|cells| {
            let tail = after.get(cells * each + 1..)?;
            ends_list(tail).map(|wifi| CellList { widths, cells, counted: false, wifi })
        });
        let counted = || {
            let cells = usize::from(*after.first()?);
            let tail = after.get(1 + cells * each..)?;
            ends_list(tail).map(|wifi| CellList { widths, cells, counted: true, wifi })
        };
        fixed.or_else(counted)
    })
}

/// What may follow the cells: nothing, the language, or counted access points (and the language): whether the latter.
fn ends_list(tail: &[u8]) -> Option<bool> {
    let wifi = |count: u8| {
        let length = 1 + usize::from(count) * 7;
        (tail.len() == length || tail.len() == length + 2).then_some(true)
    };
    match tail {
        [] => Some(false),
        [0, 0..=2] => Some(false),
        [count, ..] => wifi(*count),
    }
}

/// A Wi-Fi access point: address and strength.
pub(super) fn access_point(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    let at = fields.reader.offset();
    let address = fields.reader.array()?;
    let strength = fields.reader.u8()?;
    fields.give_since(at, Part::AccessPoint { address, strength });
    Ok(())
}

/// Access points, then cells, as 0x17 and 0x69 of the ZhongXun family carry them: the frame's length byte is the
/// number of access points.
pub(super) fn bare_wifi(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.array(Part::BcdDate)?;
    let points = bare_wifi_points(fields.rest()).unwrap_or(0);
    for _ in 0..points {
        access_point(fields)?;
    }
    let cells = fields.u8(|_| Part::Reserved)?;
    let at = fields.reader.offset();
    let mcc = fields.reader.u16()?;
    let mnc = fields.reader.u8()?;
    fields.give_since(at, Part::Reserved);
    let widths = Widths { mnc: 1, area: 2, cell: 2 };
    for _ in 0..cells {
        let at = fields.reader.offset();
        identity(fields, widths, mcc, mnc.into(), at, true)?;
    }
    fields.remainder("rest")
}

/// How many access points make the rest fit: the first count after which the cells end the content.
fn bare_wifi_points(bytes: &[u8]) -> Option<usize> {
    (0..=bytes.len() / 7).find(|points| bare_wifi_ends(bytes, *points))
}

fn bare_wifi_ends(bytes: &[u8], points: usize) -> bool {
    bytes.get(points * 7).is_some_and(|cells| bytes.len() == points * 7 + 4 + usize::from(*cells) * 5)
}

/// Whether a content is that of such a frame, which has neither serial nor checksum.
pub(super) fn is_bare_wifi(number: u8, points: u8, content: &[u8]) -> bool {
    matches!(number, 0x17 | 0x69)
        && content.get(6..).is_some_and(|bytes| bare_wifi_ends(bytes, points.into()))
}
