//! Binary frames in the vendor's words and raw units: nothing is converted here and nothing judged.
//!
//! Source: `docs/protocols/jointech.md`, "Layout". All numbers are big-endian.

use plomb_wire::{Reader, Short};

use super::frame::{LONG_HEADER_BYTES, SHORT_HEADER_BYTES, SHORT_RECORD_BYTES};

/// Bytes of a lock's record before its tail.
const LONG_RECORD_BYTES: usize = 34;
/// First protocol version of locks whose record has a tail.
pub(super) const TAIL_VERSION_MIN: u8 = 0x17;
/// First protocol version (JT701D) that is acknowledged with its serial number.
pub(super) const SERIAL_ACK_VERSION_MIN: u8 = 0x19;

/// Time and place, 17 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Location {
    /// Where it begins in the frame (in the payload for a sub-device).
    pub(super) offset: usize,
    /// BCD `DDMMYYhhmmss`, UTC.
    pub(super) time: [u8; 6],
    /// BCD `DDMMmmmm`.
    pub(super) latitude: [u8; 4],
    /// BCD `DDDMMmmmm` in nine nibbles; the tenth holds the flags.
    pub(super) longitude: [u8; 5],
    /// Knots.
    pub(super) speed: u8,
    /// Half the course in degrees.
    pub(super) course: u8,
}

impl Location {
    /// Offset of the latitude from the beginning.
    pub(super) const LATITUDE: usize = 6;
    /// Offset of the longitude from the beginning.
    pub(super) const LONGITUDE: usize = 10;
    /// Offset of the course from the beginning.
    pub(super) const COURSE: usize = 16;

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Short> {
        Ok(Self {
            offset: reader.offset(),
            time: reader.array()?,
            latitude: reader.array()?,
            longitude: reader.array()?,
            speed: reader.u8()?,
            course: reader.u8()?,
        })
    }

    /// Bit 0 positioned, bit 1 north, bit 2 east.
    pub(super) const fn flags(&self) -> u8 {
        self.longitude[4] & 0x0F
    }
}

/// A frame of a lock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Long<'a> {
    /// Terminal number, BCD.
    pub(super) device: [u8; 5],
    /// Protocol version.
    pub(super) version: u8,
    /// 1 = rechargeable.
    pub(super) device_type: u8,
    /// 1 real-time, 2 alarm, 3 blind area sent again, 4 sub-new.
    pub(super) data_type: u8,
    /// The last byte, to be acknowledged; absent where the frame is cut.
    pub(super) serial: Option<u8>,
    body: &'a [u8],
}

impl<'a> Long<'a> {
    /// Reads the header; `whole` says whether the last byte of the frame is there.
    pub(super) fn read(frame: &'a [u8], whole: bool) -> Option<Self> {
        let [_, device @ .., version, types, _, _] = *frame.first_chunk::<LONG_HEADER_BYTES>()?;
        let body = frame.get(LONG_HEADER_BYTES..)?;
        let (serial, body) = match body.split_last() {
            Some((serial, body)) if whole => (Some(*serial), body),
            _ => (None, body),
        };
        Some(Self { device, version, device_type: types >> 4, data_type: types & 0x0F, serial, body })
    }

    /// The records, and at the end what a cut one lacks.
    pub(super) fn records(&self) -> impl Iterator<Item = Result<LongRecord<'a>, Short>> {
        let mut reader = Reader::at(self.body, LONG_HEADER_BYTES);
        let version = self.version;
        let mut done = false;
        std::iter::from_fn(move || {
            if done {
                return None;
            }
            let record = LongRecord::read(&mut reader, version);
            done = record.is_err() || reader.is_empty();
            Some(record)
        })
    }
}

/// One record of a lock.
#[derive(Clone, Copy, Debug)]
pub(super) struct LongRecord<'a> {
    /// Time and place.
    pub(super) location: Location,
    /// The rest of the fixed part, or what it lacks.
    pub(super) state: Result<LongState, Short>,
    /// What newer versions add, as far as it goes.
    pub(super) tail: Tail,
    /// Bytes beyond the known layout.
    pub(super) rest: &'a [u8],
}

impl<'a> LongRecord<'a> {
    fn read(reader: &mut Reader<'a>, version: u8) -> Result<Self, Short> {
        let location = Location::read(reader)?;
        let state = LongState::read(reader);
        let more_records = version < TAIL_VERSION_MIN
            && reader.left() >= LONG_RECORD_BYTES
            && reader.left().is_multiple_of(LONG_RECORD_BYTES);
        let mut tail = Tail::default();
        let mut rest = &[][..];
        if !more_records {
            tail.read(reader);
            rest = reader.take(reader.left())?;
        }
        Ok(Self { location, state, tail, rest })
    }
}

/// The fixed part of a lock's record after the place, 17 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct LongState {
    /// Where it begins in the frame.
    pub(super) offset: usize,
    /// Kilometres.
    pub(super) mileage: u32,
    /// Satellites.
    pub(super) satellites: u8,
    /// Number of the bound vehicle card, 0 for none.
    pub(super) vehicle: u32,
    /// Status word.
    pub(super) status: u16,
    /// Percent; 0xFF: charging.
    pub(super) battery: u8,
    /// Low 16 bits of the cell.
    pub(super) cell: u16,
    /// Location area.
    pub(super) area: u16,
    /// Signal of the network, 0 to 31.
    pub(super) signal: u8,
}

impl LongState {
    /// Offset of the battery from the beginning.
    pub(super) const BATTERY: usize = 11;

    fn read(reader: &mut Reader<'_>) -> Result<Self, Short> {
        Ok(Self {
            offset: reader.offset(),
            mileage: reader.u32()?,
            satellites: reader.u8()?,
            vehicle: reader.u32()?,
            status: reader.u16()?,
            battery: reader.u8()?,
            cell: reader.u16()?,
            area: reader.u16()?,
            signal: reader.u8()?,
        })
    }
}

/// What newer locks add to a record. 0x0F stands for "none" in the single bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tail {
    /// Fence that alarmed.
    pub(super) fence: Option<u8>,
    /// Low nibble: what woke the device.
    pub(super) wake: Option<u8>,
    /// High part of the network code.
    pub(super) network_high: Option<u8>,
    /// Extended status 2.
    pub(super) extended: Option<u8>,
    /// Equipment identity, BCD padded with F.
    pub(super) imei: Option<[u8; 8]>,
    /// High 16 bits of the cell.
    pub(super) cell_high: Option<u16>,
    /// Country code of the network.
    pub(super) country: Option<u16>,
    /// Low part of the network code.
    pub(super) network_low: Option<u8>,
}

impl Tail {
    fn read(&mut self, reader: &mut Reader<'_>) {
        self.fence = reader.u8().ok();
        self.wake = reader.u8().ok();
        self.network_high = reader.u8().ok();
        self.extended = reader.u8().ok();
        self.imei = reader.array().ok();
        if self.imei.is_some() {
            self.cell_high = reader.u16().ok();
            self.country = reader.u16().ok();
            self.network_low = reader.u8().ok();
        }
    }
}

/// A frame of an older tracker.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShortFrame<'a> {
    /// Terminal number, BCD.
    pub(super) device: [u8; 5],
    /// Which record layout: 1, 2 or 3.
    pub(super) layout: u8,
    /// As for a lock.
    pub(super) data_type: u8,
    /// The byte after the records; absent where the frame is cut.
    pub(super) serial: Option<u8>,
    body: &'a [u8],
}

impl<'a> ShortFrame<'a> {
    /// Reads the header; `whole` says whether the last byte of the frame is there.
    pub(super) fn read(frame: &'a [u8], whole: bool) -> Option<Self> {
        let [_, device @ .., types, _, _] = *frame.first_chunk::<SHORT_HEADER_BYTES>()?;
        let body = frame.get(SHORT_HEADER_BYTES..)?;
        let (serial, body) = match body.split_last() {
            Some((serial, body)) if whole => (Some(*serial), body),
            _ => (None, body),
        };
        Some(Self { device, layout: types >> 4, data_type: types & 0x0F, serial, body })
    }

    /// The records, and at the end what a cut one lacks.
    pub(super) fn records(&self) -> impl Iterator<Item = Result<ShortRecord, Short>> {
        let layout = self.layout;
        self.body.chunks(SHORT_RECORD_BYTES).enumerate().map(move |(index, bytes)| {
            let mut reader = Reader::at(bytes, SHORT_HEADER_BYTES + index * SHORT_RECORD_BYTES);
            Ok(ShortRecord {
                location: Location::read(&mut reader)?,
                state: ShortState::read(&mut reader, layout)?,
            })
        })
    }
}

/// One record of an older tracker.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShortRecord {
    /// Time and place.
    pub(super) location: Location,
    /// What depends on the layout.
    pub(super) state: ShortState,
}

/// The ten bytes after the place, by layout.
#[derive(Clone, Copy, Debug)]
pub(super) enum ShortState {
    /// Layout 1: portable trackers.
    Portable {
        /// Satellites.
        satellites: u8,
        /// Battery, percent.
        power: u8,
        /// Flags and sensors.
        flags: u8,
        /// Metres.
        altitude: u16,
        /// Cell.
        cell: u16,
        /// Location area.
        area: u16,
        /// Signal of the network, 0 to 31.
        signal: u8,
    },
    /// Layout 2: vehicle trackers.
    Vehicle {
        /// Fuel, two bytes that stand apart.
        fuel: u16,
        /// Status bits.
        status: [u8; 4],
        /// Kilometres.
        mileage: u32,
    },
    /// Layout 3: fuel trackers.
    Fuel {
        /// Three fuel sensors, 12 bits each.
        fuel: [u16; 3],
        /// Kilometres, 20 bits.
        mileage: u32,
        /// Status, 24 bits.
        status: u32,
    },
    /// A layout nobody described.
    Other([u8; 10]),
}

impl ShortState {
    fn read(reader: &mut Reader<'_>, layout: u8) -> Result<Self, Short> {
        Ok(match layout {
            1 => Self::Portable {
                satellites: reader.u8()?,
                power: reader.u8()?,
                flags: reader.u8()?,
                altitude: reader.u16()?,
                cell: reader.u16()?,
                area: reader.u16()?,
                signal: reader.u8()?,
            },
            2 => {
                let high = reader.u8()?;
                let status = reader.array()?;
                let mileage = reader.u32()?;
                Self::Vehicle { fuel: u16::from_be_bytes([high, reader.u8()?]), status, mileage }
            }
            3 => {
                let [a, b, c, d, e, f, g, h, i, j] = reader.array()?;
                let first = u16::from_be_bytes([a, b]) >> 4;
                let second = u16::from_be_bytes([b, c]) & 0x0FFF;
                let third = u16::from_be_bytes([d, e]) >> 4;
                let mileage = u32::from_be_bytes([0, e, f, g]) & 0x000F_FFFF;
                Self::Fuel { fuel: [first, second, third], mileage, status: u32::from_be_bytes([0, h, i, j]) }
            }
            _ => Self::Other(reader.array()?),
        })
    }
}
