//! Items about networks: cells in use, Wi-Fi access points heard.
//!
//! Each vendor has its own layout, known by item and length. Wi-Fi lists stay bytes: no word of ours carries
//! them, and a place computed from them needs a service that this platform does not call.
//! Source: device captures [each one source].

use plomb_model::{CellTower, Percent, Reading};
use plomb_wire::{Reader, Short};

use super::location::Draft;

/// Most cells kept of one item.
const CELLS_MAX: usize = 16;

/// Reads a network item; false when it is none.
pub(super) fn read(id: u8, mut value: Reader<'_>, draft: &mut Draft) -> bool {
    let reader = &mut value;
    let read = match (id, reader.left()) {
        (0x5D, 11..) if (reader.left() - 1).is_multiple_of(10) => counted(reader, draft),
        (0x66, 11..) if (reader.left() - 2).is_multiple_of(9) => ranked(reader, draft),
        (0xE1, 12) => cell_e1(reader, draft),
        (0xF0, 13) => cell_f0(reader, draft),
        (0xFD, 10) => cell_fd(reader, draft),
        (0xFF, 12) => cell_ff(reader, draft),
        (0x50 | 0xEC | 0xF4, length @ 7..) if length.is_multiple_of(7) => {
            let value = reader.rest().into();
            draft.push(Reading::Bytes { name: "wifi".into(), value });
            Ok(())
        }
        (0x6A, 1) => {
            let csq = reader.u8().unwrap_or_default();
            draft.push(Reading::NetworkSignal(Percent::share(u32::from(csq), 31)));
            Ok(())
        }
        (0x6B, 1) => {
            draft.satellites = reader.peek();
            Ok(())
        }
        _ => return false,
    };
    read.is_ok()
}

fn push(draft: &mut Draft, mcc: u16, mnc: u16, area: u32, cell: u32) {
    draft.push(Reading::CellTower(CellTower { mcc, mnc, area, cell: u64::from(cell) }));
}

/// 5D: count, then {country u16, network u8, area u16, cell u32, strength u8}.
fn counted(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    reader.skip(1)?;
    for _ in 0..CELLS_MAX {
        if reader.is_empty() {
            break;
        }
        let (mcc, mnc, area, cell) = (reader.u16()?, reader.u8()?, reader.u16()?, reader.u32()?);
        reader.skip(1)?;
        push(draft, mcc, u16::from(mnc), u32::from(area), cell);
    }
    Ok(())
}

/// 66: country u16, then {strength u8, network u16, area u16, cell u32}, strongest first.
fn ranked(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let mcc = reader.u16()?;
    for _ in 0..CELLS_MAX {
        if reader.is_empty() {
            break;
        }
        reader.skip(1)?;
        let (mnc, area, cell) = (reader.u16()?, reader.u16()?, reader.u32()?);
        push(draft, mcc, mnc, u32::from(area), cell);
    }
    Ok(())
}

/// E1 with 12 bytes: country u16, network u16, area u24, cell u32, strength u8.
fn cell_e1(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let (mcc, mnc, area, cell) = (reader.u16()?, reader.u16()?, reader.u24()?, reader.u32()?);
    push(draft, mcc, mnc, area, cell);
    Ok(())
}

/// F0 with 13 bytes: country u16, network u16, cell u32, area u32, strength i8.
fn cell_f0(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let (mcc, mnc, cell, area) = (reader.u16()?, reader.u16()?, reader.u32()?, reader.u32()?);
    push(draft, mcc, mnc, area, cell);
    draft.push(Reading::Rssi(i16::from(reader.i8()?)));
    Ok(())
}

/// FD with 10 bytes: country u16, network u16, cell u32, area u16.
fn cell_fd(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let (mcc, mnc, cell, area) = (reader.u16()?, reader.u16()?, reader.u32()?, reader.u16()?);
    push(draft, mcc, mnc, u32::from(area), cell);
    Ok(())
}

/// FF with 12 bytes: country u16, network u16, area u32, cell u32.
fn cell_ff(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let (mcc, mnc, area, cell) = (reader.u16()?, reader.u16()?, reader.u32()?, reader.u32()?);
    push(draft, mcc, mnc, area, cell);
    Ok(())
}

/// EB beginning with a country code: country u16, network u8, then {area u16, cell u16, strength u8}.
pub(super) fn cells_eb(mut reader: Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let (mcc, mnc) = (reader.u16()?, u16::from(reader.u8()?));
    for _ in 0..CELLS_MAX {
        if reader.left() < 5 {
            break;
        }
        let (area, cell) = (reader.u16()?, reader.u16()?);
        reader.skip(1)?;
        push(draft, mcc, mnc, u32::from(area), u32::from(cell));
    }
    Ok(())
}

/// 00D8 inside EB: country u16, network u8, area u16, cell u32.
pub(super) fn cell_d8(mut reader: Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let (mcc, mnc, area, cell) = (reader.u16()?, reader.u8()?, reader.u16()?, reader.u32()?);
    push(draft, mcc, u16::from(mnc), u32::from(area), cell);
    Ok(())
}

/// Jointech's cell: cell u32, area u16, without country and network.
pub(super) const fn jointech_cell(cell: u32, area: u16) -> Reading {
    Reading::CellTower(CellTower { mcc: 0, mnc: 0, area: area as u32, cell: cell as u64 })
}
