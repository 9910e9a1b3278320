//! Messages with a place and what different vendors put around it, and heartbeats.
//!
//! The tails are told apart by their length. Source: common knowledge of the protocol and recorded frames, no
//! vendor manual; see `docs/protocols/gt06.md`.

use plomb_wire::Short;

use super::message::{GPS_BYTES, alarm_and_language, coordinates, gps, status};
use super::part::{Fields, Part};
use super::radio::{self, Widths};

/// 0x11, 0x12, 0x22, 0x2D, 0x31, 0x33, 0x37, 0x38, 0xA0: GPS, a cell, and a tail of the vendor.
pub(super) fn gps_and_cell(number: u8, fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    /// Ignition, upload mode, re-upload, with and without mileage; nothing; status and voltage.
    const TAILS: [usize; 4] = [3, 7, 0, 5];
    gps(fields)?;
    if fields.left() < 8 {
        // No cell: the tail alone.
        return tail(number, fields);
    }
    match number {
        0x12 | 0x22 | 0x2D | 0x37 => radio::cell(fields, Widths::SHORT)?,
        0x11 => radio::cell_before(fields, &[0, 3, 7], Widths::SHORT)?,
        0xA0 => radio::cell(fields, Widths::LONG)?,
        _ if fields.reader.peek().is_some_and(radio::is_cell_length) => {
            radio::cell_with_length(fields, &TAILS)?
        }
        _ => radio::cell_before(fields, &TAILS, Widths::SHORT)?,
    }
    tail(number, fields)
}

fn tail(number: u8, fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    match (number, fields.left()) {
        (0x12, 2) => benway_mask(fields),
        (0x12, 5) => vxt_status(fields),
        (0x12, 10) => wetrust_card(fields),
        (0x12, 12) => s5_status(fields),
        (0x12, 75..) => gt06e_card(fields),
        (_, 4) => fields.u32(Part::Mileage).map(|_| ()),
        (0x37, 6..) => {
            mode(fields)?;
            modules_of_gps(fields)
        }
        (0x22, 16) => {
            mode(fields)?;
            climate(fields)
        }
        (_, 3..) => {
            mode(fields)?;
            match fields.left() {
                4 => fields.u32(Part::Mileage).map(|_| ()),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Ignition, upload mode, re-upload (0x22 of the GT06E and later).
fn mode(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.u8(Part::Acc)?;
    fields.code8("upload_mode")?;
    fields.u8(Part::Reupload)?;
    Ok(())
}

/// Mileage, driving time, temperature and humidity (Seeworld).
fn climate(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.u32(Part::Mileage)?;
    fields.code32("driving_time_s")?;
    fields.u16(|raw| {
        let size = i32::from(raw & 0x7FFF);
        Part::Temperature(if raw & 0x8000 == 0 { size } else { -size })
    })?;
    fields.u16(|raw| Part::Humidity(raw.into()))?;
    Ok(())
}

/// Modules of 0x37: identifier u16, length u8, value.
fn modules_of_gps(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    while fields.left() >= 3 {
        let module = fields.u16(|_| Part::Reserved)?;
        let length = usize::from(fields.u8(|_| Part::Reserved)?);
        let mut value = fields.part(length.min(fields.left()))?;
        match (module, length) {
            (0x0027, 2) => value.u16(Part::External).map(|_| ())?,
            (0x002E, 4) => value.u32(Part::Mileage).map(|_| ())?,
            (0x003B, 2) => value.code16("accuracy_cm").map(|_| ())?,
            _ => value.remainder("module")?,
        }
    }
    Ok(())
}

/// Benway: a word of inputs with a temperature or an analogue value.
fn benway_mask(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    let at = fields.reader.offset();
    let mask = fields.reader.u16()?;
    fields.give_since(at, Part::Input { number: 2, on: mask & 0x4000 != 0 });
    fields.give_since(at, Part::Acc(u8::from(mask & 0x8000 != 0)));
    if mask & 0x1000 == 0 {
        // Volts or tenths of a volt, by bit 13.
        let (value, scale) = (mask & 0x03FF, if mask & 0x2000 == 0 { 10 } else { 100 });
        fields.give_since(at, Part::Analog { number: 1, value: value.saturating_mul(scale) });
    } else {
        let size = i32::from(mask & 0x01FF) * 100;
        fields.give_since(at, Part::Temperature(if mask & 0x0200 == 0 { size } else { -size }));
    }
    Ok(())
}

/// VXT01: terminal information, voltage in 10 mV, signal, alarm.
pub(super) fn vxt_status(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.u8(Part::Terminal)?;
    fields.u16(Part::External)?;
    fields.u8(Part::Gsm)?;
    fields.code8("alarm_extension")?;
    Ok(())
}

/// S5: terminal information, voltage, signal, alarm, fuel, temperature, mileage in 10 m.
fn s5_status(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.u8(Part::Terminal)?;
    fields.u16(Part::External)?;
    fields.u8(Part::Gsm)?;
    fields.u8(|code| Part::Alarm(code.into()))?;
    fields.code16("fuel")?;
    fields.u8(|raw| {
        let size = i32::from(raw & 0x7F) * 100;
        Part::Temperature(if raw & 0x80 == 0 { size } else { -size })
    })?;
    fields.u32(|tens| Part::Mileage(tens.saturating_mul(10)))?;
    Ok(())
}

/// WeTrust: mileage, a card behind its length, alarm, card state, driving time.
fn wetrust_card(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.u32(Part::Mileage)?;
    let length = usize::from(fields.u8(|_| Part::Reserved)?);
    fields.bytes(length.min(fields.left()), Part::CardText)?;
    if fields.left() >= 4 {
        fields.code8("card_alarm")?;
        fields.code8("card_status")?;
        fields.code16("driving_time")?;
    }
    Ok(())
}

/// GT06E with a card reader: mileage, the card's text behind its length, alarm, swiped.
fn gt06e_card(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.u32(Part::Mileage)?;
    let length = usize::from(fields.u8(|_| Part::Reserved)?);
    fields.bytes(length.min(fields.left()), Part::CardText)?;
    if fields.left() >= 2 {
        fields.code8("card_alarm")?;
        fields.code8("card_swiped")?;
    }
    Ok(())
}

/// 0x36 of the VL103: GPS, cell, mode, mileage, supply, battery, working time, driver.
pub(super) fn gps_and_condition(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    const TAIL: usize = 3 + 4 + 2 + 1 + 3 + 8;
    gps(fields)?;
    radio::cell_before(fields, &[TAIL, TAIL - 8], Widths::MIDDLE)?;
    if fields.left() < TAIL - 8 {
        return tail(0x36, fields);
    }
    mode(fields)?;
    fields.u32(Part::Mileage)?;
    fields.u16(Part::External)?;
    fields.u8(|tenths| Part::Battery(u16::from(tenths) * 10))?;
    let at = fields.reader.offset();
    let minutes = fields.reader.u24()?;
    fields.give_since(at, Part::Code { name: "working_time_min", value: minutes.into() });
    if fields.left() >= 8 {
        fields.bytes(8, Part::Card)?;
    }
    Ok(())
}

/// 0xA2 with a GPS block (a 4G tracker with inputs): cell, status, mileage, working time, IMEI, inputs.
pub(super) fn gps_and_input(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    gps(fields)?;
    radio::cell(fields, Widths::LONG)?;
    fields.code8("event")?;
    fields.u8(Part::Terminal)?;
    fields.u16(Part::External)?;
    fields.u8(Part::Voltage)?;
    fields.u8(Part::Gsm)?;
    alarm_and_language(fields)?;
    fields.u32(Part::Mileage)?;
    fields.code32("working_time")?;
    fields.array(Part::Imei)?;
    fields.code16("inputs")?;
    Ok(())
}

/// 0x13 and 0x36: a heartbeat; longer ones have the condition of OBD and temperature models.
pub(super) fn heartbeat(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    match fields.left() {
        14 => obd_heartbeat(fields),
        16 => climate_heartbeat(fields),
        _ => status(fields),
    }
}

fn obd_heartbeat(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.u8(Part::Terminal)?;
    let at = fields.reader.offset();
    let signal = fields.reader.u16()?;
    fields.give_since(at, Part::Gsm(u8::try_from(signal & 0x1F).unwrap_or(0)));
    let satellites = ((signal >> 5) & 0x1F) + ((signal >> 10) & 0x1F);
    fields.give_since(at, Part::Code { name: "satellites", value: satellites.into() });
    alarm_and_language(fields)?;
    fields.u8(Part::BatteryPercent)?;
    fields.code8("working_mode")?;
    fields.u16(Part::External)?;
    Ok(())
}

fn climate_heartbeat(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.u8(Part::Terminal)?;
    fields.code16("satellites")?;
    alarm_and_language(fields)?;
    fields.u8(Part::BatteryPercent)?;
    fields.code8("working_mode")?;
    fields.code16("working_voltage")?;
    fields.reserved(1)?;
    fields.code16("working_times")?;
    fields.code16("working_time")?;
    fields.u16(|raw| {
        // Bit 15 set: above zero.
        let tenths = i32::from(raw & 0x7FFF) * 10;
        Part::Temperature(if raw & 0x8000 == 0 { -tenths } else { tenths })
    })?;
    Ok(())
}

/// 0xA3 without a place: a status with a fence and a re-upload flag, or the condition of an animal's tracker (GL21L).
pub(super) fn fenced_status(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    const GL21L_BYTES: usize = 19;
    if fields.left() == GL21L_BYTES {
        fields.u8(Part::Terminal)?;
        fields.reserved(2)?;
        fields.code8("state")?;
        fields.code8("signal")?;
        fields.code8("supply_v")?;
        fields.code8("motion")?;
        fields.reserved(2)?;
        fields.code32("steps")?;
        fields.u8(Part::BatteryPercent)?;
        return Ok(());
    }
    fields.u8(Part::Terminal)?;
    if fields.left() >= 6 {
        fields.u8(Part::Voltage)?;
        fields.u8(Part::Gsm)?;
        fields.u8(|code| Part::Alarm(code.into()))?;
        fields.code16("limit")?;
        fields.u8(Part::Reupload)?;
    }
    Ok(())
}

/// 0x95: what a JC camera noticed, with the names of its recordings.
pub(super) fn camera_event(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    let marked = fields.rest().starts_with(&[0xFF, 0xFF]);
    if marked {
        // JC400: a mark and a version before the date.
        fields.reserved(3)?;
    }
    fields.array(Part::Date)?;
    let with_place = fields.left() > 3;
    if with_place && marked {
        fields.u8(Part::Satellites)?;
        coordinates(fields)?;
        fields.u16(Part::CourseStatus)?;
        fields.u16(Part::Speed)?;
        fields.u16(|tenths| Part::External(tenths.saturating_mul(10)))?;
    } else if with_place {
        coordinates(fields)?;
        fields.u16(Part::CourseStatus)?;
    }
    fields.u8(|code| Part::CameraEvent { code, with_place })?;
    if fields.left() >= 2 {
        fields.code16("event_data")?;
    }
    match fields.left() {
        0 => Ok(()),
        left => fields.bytes(left, Part::Text),
    }
}

/// 0x34 of the X1: a word of alarms before the GPS block; or a list of cells with a date (SL4X).
pub(super) fn x1_position(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    const X1_BYTES_MIN: usize = 4 + GPS_BYTES + 2 + 4;
    let dated_at = |offset: usize| {
        fields
            .rest()
            .get(offset..offset + 6)
            .is_some_and(|date| matches!(date, [_, 1..=12, 1..=31, 0..=23, ..]))
    };
    if fields.left() < X1_BYTES_MIN || !dated_at(4) {
        fields.array(Part::Date)?;
        return radio::cells(fields, true);
    }
    fields.code32("data_and_alarm")?;
    gps(fields)?;
    fields.code16("terminal_information")?;
    fields.u32(Part::Mileage)?;
    radio::cell(fields, Widths::MIDDLE)?;
    fields.u32(|number| Part::CardNumber(number.into()))?;
    fields.u16(Part::External)?;
    fields.u16(Part::Battery)?;
    let ports = fields.code32("ports")?;
    for number in 0..8 {
        let bit = |byte: u8| byte >> number & 1 != 0;
        let [.., inputs, outputs] = fields.rest().first_chunk::<2>().copied().unwrap_or_default();
        let at = fields.reader.offset();
        if bit(inputs) {
            fields.give_since(at, Part::Input { number: number + 1, on: true });
        }
        if bit(outputs) {
            fields.give_since(at, Part::Output { number: number + 1, on: true });
        }
    }
    fields.code8("inputs")?;
    fields.code8("outputs")?;
    let analogues = u8::try_from(ports >> 20 & 0x0F).unwrap_or(0);
    for number in 1..=analogues.min(u8::try_from(fields.left() / 2).unwrap_or(u8::MAX)) {
        fields.u16(|value| Part::Analog { number, value })?;
    }
    Ok(())
}

/// 0x35 of the X1: a picture that can be fetched; its place has no hemisphere and is kept as numbers.
pub(super) fn x1_picture(fields: &mut Fields<'_, '_>) -> Result<(), Short> {
    fields.array(Part::Date)?;
    fields.code8("gps_state")?;
    fields.code32("latitude_raw")?;
    fields.code32("longitude_raw")?;
    fields.code8("camera")?;
    fields.code8("picture_source")?;
    fields.code8("picture_format")?;
    fields.code32("picture_bytes")?;
    fields.code32("picture")?;
    Ok(())
}
