//! A frame's content, read part by part in the manual's words.
//!
//! The protocol number says what is in it; where vendors put different things under one number, the length and
//! whether the first bytes can be a date decide. Nothing is converted here. Source: common knowledge of the
//! protocol and recorded frames, no vendor manual; see `docs/protocols/gt06.md`.

use plomb_wire::Short;

use super::extended;
use super::frame::Frame;
use super::part::{Fields, Part, Sink};
use super::radio::{self, Widths};

/// Date, satellites, coordinates, speed, course and status.
pub(super) const GPS_BYTES: usize = 18;
/// Terminal information, voltage, signal, alarm, language.
const STATUS_BYTES: usize = 5;
/// A telephone number in a message that asks for an address.
const PHONE_BYTES: usize = 21;
/// Bytes of the content from which 0x19 is a list of cells with a date (Space10X), not one cell and a status.
const DATED_CELLS_BYTES_MIN: usize = 18;

/// The manual's name of a message.
pub(super) const fn name(number: u8, extended: bool) -> &'static str {
    match number {
        0x01 => "login",
        0x10 => "GPS",
        0x11 | 0x12 | 0x22 | 0x2D | 0x31 | 0x37 | 0x38 | 0xA0 => "GPS and LBS",
        0x32 | 0x33 if extended => "GPS, LBS and Wi-Fi (AZ735)",
        0x32 => "GPS, LBS and alarm",
        0x13 => "status",
        0x14 => "satellites",
        0x15 | 0x21 => "answer to a command",
        0x16 | 0x26 | 0x27 => "GPS, LBS and alarm",
        0x17 => "LBS and telephone, Wi-Fi, or GPS and card",
        0x18 | 0x24 | 0x28 | 0x2E | 0x34 | 0xA1 => "cells",
        0x19 | 0xA5 => "LBS and alarm",
        0x1A | 0x2A | 0xA6 => "GPS and telephone: address request",
        0x1E => "GPS and cells",
        0x1F | 0x8A => "time request",
        0x23 => "heartbeat",
        0x2C | 0x33 | 0x69 | 0xA2 | 0xF3 => "cells and Wi-Fi",
        0x35 => "picture announced",
        0x36 if extended => "part of a picture",
        0x36 => "GPS, LBS and condition, or heartbeat",
        0x40 => "battery management",
        0x41 => "media",
        0x61 => "GPS, LBS and card",
        0x65 => "diagnostic trouble codes",
        0x66 => "vehicle parameters",
        0x70 => "modules",
        0x80..=0x82 => "command",
        0x8C => "vehicle data",
        0x94 => "information",
        0x95 => "camera event",
        0x97 => "address",
        0x9B => "serial port",
        0xA3 => "alarm of one fence, or status",
        0xA4 => "alarm of several fences",
        0xA7 => "LBS and telephone: address request",
        0xF2 => "peripheral",
        0xFD => "version",
        _ => "message",
    }
}

/// How many bytes the content of a message has at least, where that is fixed.
pub(super) const fn content_bytes_min(number: u8) -> usize {
    match number {
        0x01 => 8,
        0x10 | 0x11 | 0x12 | 0x16 | 0x1A | 0x1E | 0x22 | 0x26 | 0x27 | 0x2A | 0x2D | 0x31 | 0x37 | 0x38
        | 0xA0 | 0xA4 => GPS_BYTES,
        _ => 0,
    }
}

/// Reads the content of a frame.
///
/// # Errors
/// [`Short`] when the content ends too early; what came before has been given to the sink.
pub(super) fn read(frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Short> {
    let mut fields = Fields::new(frame.content, frame.content_at, sink);
    if frame.extended && extended::read(frame.number, &mut fields)? {
        return Ok(());
    }
    basic(frame.number, &mut fields)?;
    fields.remainder("rest")
}

fn basic(number: u8, fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    match number {
        0x01 => login(fields),
        0x10 => gps(fields),
        0x11 | 0x12 | 0x22 | 0x2D | 0x31 | 0x37 | 0x38 | 0xA0 => super::place::gps_and_cell(number, fields),
        0x13 => super::place::heartbeat(fields),
        0x15 => answer(fields),
        0x16 | 0x26 | 0x27 | 0x32 | 0xA4 => gps_and_alarm(number, fields),
        0x17 | 0x69 => cell_and_phone_or_wifi(number, fields),
        0x18 | 0x24 | 0x28 | 0x2C | 0x2E => dated_cells(false, fields),
        0xA1 => dated_cells(true, fields),
        0x19 => cell_and_alarm(Widths::SHORT, fields),
        0xA5 => cell_and_alarm(Widths::LONG, fields),
        0x1A | 0x2A | 0xA6 => gps_and_phone(number, fields),
        0x1E => {
            gps(fields)?;
            radio::cells(fields, false)
        }
        0x1F => request(fields, "time"),
        0x23 => short_heartbeat(fields),
        0x33 if !is_dated_cells(fields) && starts_with_date(fields.rest()) => {
            super::place::gps_and_cell(number, fields)
        }
        0x33 => dated_cells(true, fields),
        0x34 => super::place::x1_position(fields),
        0x35 => super::place::x1_picture(fields),
        0x36 if has_gps(fields) => super::place::gps_and_condition(fields),
        0x36 => super::place::heartbeat(fields),
        0x61 => gps_and_card(fields),
        0x80..=0x82 => command(fields),
        0x8A => request(fields, "time"),
        0x94 => fields.u16(Part::External).map(|_| ()),
        0x95 => super::place::camera_event(fields),
        0xA2 if !is_dated_cells(fields) && has_gps(fields) => super::place::gps_and_input(fields),
        0xA2 => dated_cells(true, fields),
        0xA3 if has_gps(fields) => gps_and_alarm(number, fields),
        0xA3 => super::place::fenced_status(fields),
        0xA7 => {
            radio::cell(fields, Widths::LONG)?;
            phone(fields)
        }
        0xF3 => wifi(fields),
        _ if fields.left() > 0 && extended::read(number, fields)? => Ok(()),
        _ => Ok(()),
    }
}

/// Whether six bytes are a date and time: tells a GPS block from what other vendors put there.
fn starts_with_date(content: &[u8]) -> bool {
    let Some([_, month, day, hour, minute, second]) = content.first_chunk().copied() else { return false };
    (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 60
}

fn has_gps(fields: &Fields<'_, '_>) -> bool {
    fields.left() >= GPS_BYTES && starts_with_date(fields.rest())
}

fn is_dated_cells(fields: &Fields<'_, '_>) -> bool {
    fields.rest().get(6..).is_some_and(|content| radio::is_cell_list(content, true))
}

/// The GPS block: date, satellites, latitude, longitude, speed, course and status.
pub(super) fn gps(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.array(Part::Date)?;
    fields.u8(Part::Satellites)?;
    coordinates(fields)?;
    fields.u8(|kmh| Part::Speed(kmh.into()))?;
    fields.u16(Part::CourseStatus)?;
    Ok(())
}

/// Latitude and longitude.
pub(super) fn coordinates(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.u32(Part::Latitude)?;
    fields.u32(Part::Longitude)?;
    Ok(())
}

fn login(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.array(Part::Imei)?;
    if fields.left() >= 2 {
        fields.code16("model")?;
    }
    if fields.left() >= 2 {
        fields.u16(Part::ZoneLanguage)?;
    }
    Ok(())
}

/// Terminal information, voltage, signal, alarm and language: as many as are left, other bytes after them.
pub(super) fn status(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.u8(Part::Terminal)?;
    if fields.left() > 0 {
        fields.u8(Part::Voltage)?;
    }
    if fields.left() > 0 {
        fields.u8(Part::Gsm)?;
    }
    alarm_and_language(fields)
}

/// Alarm and language, as many as are left; or one of the alarms of two bytes, whose second is no language.
pub(super) fn alarm_and_language(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    if matches!(fields.rest(), [0x01, 0x07 | 0x0B, ..]) {
        return fields.u16(Part::Alarm).map(|_| ());
    }
    if fields.left() > 0 {
        fields.u8(|code| Part::Alarm(code.into()))?;
    }
    if fields.left() > 0 {
        fields.u8(Part::Language)?;
    }
    Ok(())
}

fn gps_and_alarm(number: u8, fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    const FENCE: usize = 1;
    const MILEAGE: usize = 4;
    const CARD: usize = 8;
    gps(fields)?;
    let fenced = matches!(number, 0x27 | 0xA3 | 0xA4);
    let usual = if number >= 0xA0 { Widths::LONG } else { Widths::SHORT };
    let tails = if fenced {
        [STATUS_BYTES + FENCE, STATUS_BYTES, STATUS_BYTES + FENCE + MILEAGE, STATUS_BYTES + FENCE + CARD]
    } else {
        [STATUS_BYTES, STATUS_BYTES + FENCE, STATUS_BYTES + MILEAGE, STATUS_BYTES + CARD]
    };
    match fields.reader.peek() {
        None => return Ok(()),
        Some(byte) if byte == 0 || radio::is_cell_length(byte) => radio::cell_with_length(fields, &tails)?,
        // VXT01: no length before the cell, and the voltage in 10 mV instead of a level.
        Some(_) if number == 0x16 && fields.left() == 8 + STATUS_BYTES => {
            radio::cell(fields, usual)?;
            return super::place::vxt_status(fields);
        }
        Some(_) => radio::cell_before(fields, &tails, usual)?,
    }
    status(fields)?;
    if fenced && fields.left() > 0 {
        fields.u8(Part::Fence)?;
    }
    match fields.left() {
        MILEAGE => fields.u32(Part::Mileage).map(|_| ()),
        CARD => fields.bytes(CARD, Part::Card),
        _ => Ok(()),
    }
}

fn cell_and_alarm(widths: Widths, fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    if widths == Widths::SHORT && fields.left() >= DATED_CELLS_BYTES_MIN && starts_with_date(fields.rest()) {
        return dated_cells(false, fields);
    }
    radio::cell_before(fields, &[STATUS_BYTES, STATUS_BYTES + 1], widths)?;
    status(fields)
}

fn dated_cells(long: bool, fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.array(Part::Date)?;
    radio::cells(fields, long)
}

/// 0x17 is a cell and a telephone number that wants an address (GT06), a GPS block with a card (WanWay), or access
/// points and cells (ZhongXun); 0x69 is the last.
fn cell_and_phone_or_wifi(number: u8, fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    const CARD: usize = 8;
    if number == 0x17 && fields.left() == GPS_BYTES + 8 + 1 + CARD && starts_with_date(fields.rest()) {
        gps(fields)?;
        radio::cell(fields, Widths::SHORT)?;
        fields.code8("card_event")?;
        return fields.bytes(CARD, Part::Card);
    }
    if number == 0x17 && (8 + PHONE_BYTES..=9 + PHONE_BYTES + 2).contains(&fields.left()) {
        radio::cell(fields, Widths::SHORT)?;
        return phone(fields);
    }
    radio::bare_wifi(fields)
}

fn gps_and_phone(number: u8, fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    gps(fields)?;
    if number == 0xA6 && fields.left() > PHONE_BYTES + 2 {
        radio::cell(fields, Widths::LONG)?;
    }
    phone(fields)
}

/// A telephone number that wants the address, alarm and language.
fn phone(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    request(fields, "address")?;
    fields.bytes(fields.left().min(PHONE_BYTES), |value| Part::Bytes { name: "phone", value })?;
    alarm_and_language(fields)
}

fn request(fields: &mut Fields<'_, '_>, what: &'static str) -> Result<(), Short> {
    let at = fields.reader.offset();
    fields.give_since(at, Part::Request(what));
    Ok(())
}

/// Flag and text of the answer to a command, behind the length of both; the language after them.
fn answer(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    let length = usize::from(fields.u8(|_| Part::Reserved)?);
    if length >= 4 {
        fields.u32(Part::Flag)?;
        // Some devices pad the text beyond its length; the language ends the content.
        let text = (length - 4).min(fields.left());
        return fields.bytes(text, Part::Text);
    }
    fields.u32(Part::Flag)?;
    let text = fields.left().saturating_sub(2);
    fields.bytes(text, Part::Text)?;
    fields.reserved(fields.left())
}

/// A command of a server, as a capture of both directions has it: the length of flag and text, the flag, the text.
/// It is no answer, so the flag is a number like others.
fn command(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    let length = usize::from(fields.u8(|_| Part::Reserved)?);
    fields.code32("flag")?;
    fields.bytes(length.saturating_sub(4).min(fields.left()), Part::Text)
}

/// Heartbeat of the GK310: terminal information, battery voltage, signal, language.
fn short_heartbeat(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.u8(Part::Terminal)?;
    if fields.left() >= 2 {
        fields.u16(Part::Battery)?;
    }
    if fields.left() > 0 {
        fields.u8(Part::Gsm)?;
    }
    if fields.left() >= 2 {
        fields.u16(|_| Part::Reserved)?;
    }
    Ok(())
}

/// GPS, a cell and a driver's card behind the IMEI.
fn gps_and_card(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    const CARD: usize = 6;
    fields.array(Part::Imei)?;
    gps(fields)?;
    radio::cell_before(fields, &[CARD], Widths::MIDDLE)?;
    let at = fields.reader.offset();
    let number = fields.reader.array::<CARD>()?;
    let number = number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    fields.give_since(at, Part::CardNumber(number));
    Ok(())
}

/// Access points with their strengths behind a date and their count.
fn wifi(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.array(Part::Date)?;
    let count = fields.u8(|_| Part::Reserved)?;
    // Some firmwares write two more bytes before each address.
    let padded = fields.left() == usize::from(count) * 9;
    for _ in 0..count {
        if padded {
            fields.reserved(2)?;
        }
        radio::access_point(fields)?;
    }
    Ok(())
}
