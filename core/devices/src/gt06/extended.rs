//! Messages of the long form (`7979`), and those that come in either form: command answers, information, serial
//! port, modules, AZ735, pictures, vehicle data.
//!
//! Source: common knowledge of the protocol and recorded frames, no vendor manual; see `docs/protocols/gt06.md`.

use plomb_wire::Short;

use super::message::coordinates;
use super::part::{Fields, Part, Tag};
use super::radio;

/// Reads a message that this file knows; false if it does not.
pub(super) fn read(number: u8, fields: &mut Fields<'_, '_>) -> Result<bool, Short> {
    match number {
        0x21 => answer(fields)?,
        0x32 | 0x33 => az735(number, fields)?,
        0x36 => picture_part(fields)?,
        0x65 | 0x66 | 0x8C => vehicle(fields)?,
        0x70 => modules(fields)?,
        0x94 => information(fields)?,
        0x9B => serial_port(fields)?,
        0xF2 => peripheral(fields)?,
        0xFD => fields.array(Part::Imei)?,
        _ => return Ok(false),
    }
    fields.remainder("rest")?;
    Ok(true)
}

/// 0x21: the command's flag, the encoding (1 ASCII, 2 UTF-16), the text.
fn answer(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.u32(Part::Flag)?;
    let encoding = fields.u8(|_| Part::Reserved)?;
    let part = if encoding == 2 { Part::Utf16 } else { Part::Text };
    fields.bytes(fields.left(), part)
}

/// 0x32 and 0x33 of the AZ735: each block behind its length, then a status.
fn az735(number: u8, fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.array(Part::Date)?;
    if fields.u8(|_| Part::Reserved)? > 0 {
        fields.u8(Part::Satellites)?;
        coordinates(fields)?;
        fields.u8(|kmh| Part::Speed(kmh.into()))?;
        fields.u16(Part::CourseStatus)?;
    }
    let length = usize::from(fields.u8(|_| Part::Reserved)?);
    if length > 0 {
        // The length counts itself.
        radio::cell_of_bytes(fields, length - 1)?;
        fields.u8(|value| Part::Code { name: "cell_signal", value: value.into() })?;
    }
    let cells = usize::from(fields.u8(|_| Part::Reserved)?);
    fields.bytes(cells, |value| Part::Bytes { name: "cells", value })?;
    let points = usize::from(fields.u8(|_| Part::Reserved)?);
    let mut points = fields.part(points)?;
    while points.left() >= 7 {
        radio::access_point(&mut points)?;
    }
    points.remainder("wifi")?;
    if number == 0x33 {
        fields.u8(Part::Az735Alarm)?;
    } else {
        fields.code8("status")?;
    }
    if fields.left() > 0 {
        let length = usize::from(fields.u8(|_| Part::Reserved)?);
        fields.bytes(length, |value| Part::Bytes { name: "extension", value })?;
    }
    Ok(())
}

/// 0x36 of the X1: a part of a picture.
fn picture_part(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.code32("picture")?;
    fields.code32("picture_offset")?;
    let length = usize::from(fields.code16("picture_part_bytes")?);
    fields.bytes(length, |value| Part::Bytes { name: "picture_part", value })
}

/// 0x65, 0x66, 0x8C: date, ignition, `name=value,` in ASCII, and the place at the end.
fn vehicle(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    /// Satellites, latitude, longitude, speed, course and status.
    const PLACE_BYTES: usize = 12;
    fields.array(Part::Date)?;
    fields.u8(Part::Acc)?;
    let text = fields.left().saturating_sub(PLACE_BYTES);
    let placed = fields.rest().split_at_checked(text).is_some_and(|(text, place)| {
        place.len() == PLACE_BYTES && text.iter().all(u8::is_ascii_graphic) && has_coordinates(place)
    });
    if !placed {
        return fields.bytes(fields.left(), Part::Text);
    }
    fields.bytes(text, Part::Text)?;
    fields.u8(Part::Satellites)?;
    coordinates(fields)?;
    fields.u8(|kmh| Part::Speed(kmh.into()))?;
    fields.u16(Part::CourseStatus)?;
    Ok(())
}

/// Whether latitude and longitude behind one byte are on the Earth.
fn has_coordinates(place: &[u8]) -> bool {
    let number = |at: usize| place.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
    number(1).is_some_and(|latitude| latitude <= 90 * 1_800_000)
        && number(5).is_some_and(|longitude| longitude <= 180 * 1_800_000)
}

/// 0x70: modules of identifier u16, length u16, value.
fn modules(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    while fields.left() >= 4 {
        let module = fields.u16(|_| Part::Reserved)?;
        let length = usize::from(fields.u16(|_| Part::Reserved)?);
        // A value that the content cuts off is read as far as it goes; the missing bytes are the reader's error.
        let cut = length > fields.left();
        let mut value = fields.part(length.min(fields.left()))?;
        self::module(module, &mut value)?;
        if value.left() > 0 {
            value.bytes(value.left(), |value| Part::Module { number: module, value })?;
        }
        if cut {
            fields.reader.take(length)?;
        }
    }
    Ok(())
}

fn module(module: u16, value: &mut Fields<'_, '_>) -> Result<(), Short> {
    match module {
        0x0001 => value.array(Part::Imei),
        0x0002 => value.remainder("imsi"),
        0x0003 => value.bytes(10, Part::Iccid),
        0x0009 => value.u8(Part::Satellites).map(|_| ()),
        0x000A => value.code8("satellites_visible").map(|_| ()),
        0x0011 => module_cell(value),
        0x0018 => value.u16(Part::Battery).map(|_| ()),
        0x0028 => value.u8(|tenths| Part::Hdop(u16::from(tenths) * 10)).map(|_| ()),
        0x0029 => value.code32("index").map(|_| ()),
        0x002A => contacts(value),
        0x002B => value.code8("boot_reason").map(|_| ()),
        0x002C => value.code32("module_time").map(|_| ()),
        0x0033 => module_place(value),
        0x0034 => {
            value.code8("event")?;
            value.code32("event_time")?;
            let length = usize::from(value.u8(|_| Part::Reserved)?);
            value.bytes(length, |value| Part::Bytes { name: "event_content", value })
        }
        0x007F => tag(value),
        _ => Ok(()),
    }
}

fn module_cell(value: &mut Fields<'_, '_>) -> Result<(), Short> {
    let at = value.reader.offset();
    let (mcc, mnc) = (value.reader.u16()?, value.reader.u16()?);
    let (area, cell) = (u32::from(value.reader.u16()?), u64::from(value.reader.u24()?));
    let strength = Some(value.reader.u8()?);
    let cell = plomb_model::CellTower { mcc, mnc, area, cell };
    value.give_since(at, if cell.cell == 0 { Part::Reserved } else { Part::Cell { cell, strength } });
    Ok(())
}

/// Low nibble: door; high nibble: the case's tamper contact.
fn contacts(value: &mut Fields<'_, '_>) -> Result<(), Short> {
    let at = value.reader.offset();
    let bits = value.reader.u8()?;
    value.give_since(at, Part::Door { open: bits & 0x0F != 0 });
    value.give_since(at, Part::Tamper { tampered: bits & 0xF0 != 0 });
    Ok(())
}

fn module_place(value: &mut Fields<'_, '_>) -> Result<(), Short> {
    value.u32(Part::Epoch)?;
    value.u8(Part::Satellites)?;
    value.u16(|raw| Part::Altitude(i16::from_be_bytes(raw.to_be_bytes())))?;
    coordinates(value)?;
    value.u8(|kmh| Part::Speed(kmh.into()))?;
    value.u16(Part::CourseStatus)?;
    Ok(())
}

fn tag(value: &mut Fields<'_, '_>) -> Result<(), Short> {
    let at = value.reader.offset();
    let tag = Tag {
        address: value.reader.array()?,
        battery_mv: value.reader.u16()?,
        battery: value.reader.u8()?,
        temperature: value.reader.i16()?,
        humidity: value.reader.u16()?,
        status: value.reader.u8()?,
    };
    value.give_since(at, Part::Tag(tag));
    Ok(())
}

/// 0x94: information, by its sub-number.
fn information(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    match fields.u8(|value| Part::Code { name: "information", value: value.into() })? {
        0x00 | 0x0B => fields.u16(Part::External).map(|_| ()),
        0x04 | 0x0D => fields.bytes(fields.left(), Part::Text),
        0x05 => {
            if fields.left() >= 7 {
                fields.array(Part::Date)?;
            }
            let at = fields.reader.offset();
            let bits = fields.reader.u8()?;
            fields.give_since(at, Part::Door { open: bits & 1 != 0 });
            fields.give_since(at, Part::Input { number: 1, on: bits & 4 != 0 });
            Ok(())
        }
        0x0A => {
            fields.array(Part::Imei)?;
            fields.bytes(8, |value| Part::Bytes { name: "imsi", value })?;
            fields.bytes(10, Part::Iccid)
        }
        0x1B => card(fields),
        0x1E => {
            fields.u32(|raw| Part::Temperature(i32::from_be_bytes(raw.to_be_bytes()).saturating_mul(10)))?;
            fields.u32(|tenths| Part::Humidity(tenths.saturating_mul(10)))?;
            Ok(())
        }
        _ => fields.remainder("information_content"),
    }
}

/// A card: `RFID:...` in letters, or header, type, four bytes, checksum, footer.
fn card(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    if fields.reader.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) {
        return fields.bytes(fields.left(), Part::CardText);
    }
    fields.reserved(2)?;
    fields.bytes(4, Part::Card)
}

/// 0x9B: what a device at the serial port said.
fn serial_port(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.code8("serial_device")?;
    let rest = fields.rest();
    let printable = rest.trim_ascii().iter().all(|byte| (b' '..=b'~').contains(byte));
    if printable { fields.bytes(rest.len(), Part::Text) } else { fields.remainder("serial_port") }
}

/// 0xF2 of the VL842: what its Bluetooth peripherals said. The layout is not public: the bytes are kept.
fn peripheral(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.remainder("peripheral")
}
