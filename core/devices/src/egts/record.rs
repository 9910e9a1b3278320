//! The service layer: records of a service, each with subrecords.

use plomb_wire::{Reader, Short};

/// Services.
pub(super) const AUTH: u8 = 1;
pub(super) const TELEDATA: u8 = 2;
pub(super) const COMMANDS: u8 = 4;
pub(super) const ECALL: u8 = 10;

/// One record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    /// Where it begins in the packet.
    pub(super) offset: usize,
    pub(super) number: u16,
    /// The object (unit) that it is about.
    pub(super) object: Option<u32>,
    /// Seconds since 2010.
    pub(super) time: Option<u32>,
    pub(super) service: u8,
    /// The subrecords, and where they begin.
    pub(super) content: &'a [u8],
    pub(super) content_at: usize,
}

/// The record behind the reader.
pub(super) fn record<'a>(reader: &mut Reader<'a>) -> Result<Record<'a>, Short> {
    let offset = reader.offset();
    let length = usize::from(reader.u16_le()?);
    let number = reader.u16_le()?;
    let flags = reader.u8()?;
    let object = if flags & 1 != 0 { Some(reader.u32_le()?) } else { None };
    if flags & 2 != 0 {
        // Number of the event.
        reader.skip(4)?;
    }
    let time = if flags & 4 != 0 { Some(reader.u32_le()?) } else { None };
    let service = reader.u8()?;
    // The service of the receiver.
    reader.skip(1)?;
    let content_at = reader.offset();
    let content = reader.take(length)?;
    Ok(Record { offset, number, object, time, service, content, content_at })
}

/// One subrecord.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subrecord<'a> {
    pub(super) offset: usize,
    pub(super) kind: u8,
    pub(super) data: &'a [u8],
}

impl<'a> Subrecord<'a> {
    /// A reader of its data.
    pub(super) const fn reader(&self) -> Reader<'a> {
        Reader::at(self.data, self.offset + 3)
    }
}

/// The subrecord behind the reader.
pub(super) fn subrecord<'a>(reader: &mut Reader<'a>) -> Result<Subrecord<'a>, Short> {
    let offset = reader.offset();
    let kind = reader.u8()?;
    let length = usize::from(reader.u16_le()?);
    Ok(Subrecord { offset, kind, data: reader.take(length)? })
}

/// The standard's name for a subrecord of a service.
pub(super) const fn name(service: u8, kind: u8) -> &'static str {
    match (service, kind) {
        (_, 0) => "RECORD_RESPONSE",
        (AUTH, 1) => "TERM_IDENTITY",
        (AUTH, 2) => "MODULE_DATA",
        (AUTH, 3) => "VEHICLE_DATA",
        (AUTH, 5) => "DISPATCHER_IDENTITY",
        (AUTH, 6) => "AUTH_PARAMS",
        (AUTH, 7) => "AUTH_INFO",
        (AUTH, 8) => "SERVICE_INFO",
        (AUTH, 9) => "RESULT_CODE",
        (TELEDATA, 16) => "POS_DATA",
        (TELEDATA, 17) => "EXT_POS_DATA",
        (TELEDATA, 18) => "AD_SENSORS_DATA",
        (TELEDATA, 19) => "COUNTERS_DATA",
        (TELEDATA, 20 | 21) => "STATE_DATA",
        (TELEDATA, 22) => "LOOPIN_DATA",
        (TELEDATA, 23) => "ABS_DIG_SENS_DATA",
        (TELEDATA, 24) => "ABS_AN_SENS_DATA",
        (TELEDATA, 25) => "ABS_CNTR_DATA",
        (TELEDATA, 26) => "ABS_LOOPIN_DATA",
        (TELEDATA, 27) => "LIQUID_LEVEL_SENSOR",
        (TELEDATA, 28) => "PASSENGERS_COUNTERS",
        (COMMANDS, 51) => "COMMAND_DATA",
        (ECALL, 20) => "ACCEL_DATA",
        (ECALL, 40) => "RAW_MSD_DATA",
        (ECALL, 50) => "TRACK_DATA",
        _ => "subrecord",
    }
}
