//! What a message is made of: each part in the manual's words and raw units, with its place in the frame.
//!
//! A message is read once, as a sequence of parts given to a [`Sink`]: `normalise.rs` makes an event of them,
//! `describe.rs` a list for a person. Source: common knowledge of the protocol and recorded frames, no vendor
//! manual; see `docs/protocols/gt06.md`.

use plomb_wire::{Reader, Short};

/// One part of a message, raw.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'a> {
    /// Year - 2000, month, day, hour, minute, second.
    Date([u8; 6]),
    /// The same in BCD.
    BcdDate([u8; 6]),
    /// Seconds since 1970.
    Epoch(u32),
    /// Low nibble: satellites.
    Satellites(u8),
    /// 1/1,800,000 degree.
    Latitude(u32),
    /// 1/1,800,000 degree.
    Longitude(u32),
    /// km/h.
    Speed(u16),
    /// Bits 0-9 course, 10 north, 11 west, 12 fixed, 14 "bit 15 is the ignition". Completes the position.
    CourseStatus(u16),
    /// Metres.
    Altitude(i16),
    /// Hundredths.
    Hdop(u16),
    /// A cell of the network, with its received strength (-dBm) where it is given.
    Cell { cell: plomb_model::CellTower, strength: Option<u8> },
    /// A Wi-Fi access point and its received strength (-dBm).
    AccessPoint { address: [u8; 6], strength: u8 },
    /// Terminal information: bits 0 armed, 1 ignition, 2 charging, 3-5 alarm, 6 GPS on, 7 oil and power cut.
    Terminal(u8),
    /// Voltage level 0-6, or percent.
    Voltage(u8),
    /// Signal level 0-4, or CSQ, or percent.
    Gsm(u8),
    /// Alarm code.
    Alarm(u16),
    /// Alarm code of the AZ735.
    Az735Alarm(u8),
    /// Event of a JC camera, with or without a place.
    CameraEvent { code: u8, with_place: bool },
    /// Low byte of "alarm and language".
    Language(u8),
    /// Ignition.
    Acc(u8),
    /// 1: sent again from memory.
    Reupload(u8),
    /// Metres.
    Mileage(u32),
    /// External supply, 10 mV.
    External(u16),
    /// Own battery, 10 mV.
    Battery(u16),
    /// Own battery, percent.
    BatteryPercent(u8),
    /// 15 BCD digits after a nibble.
    Imei([u8; 8]),
    /// Time zone x 100 in bits 4-15, bit 3 west of Greenwich, bits 0-1 language.
    ZoneLanguage(u16),
    /// BCD digits, padded with F.
    Iccid(&'a [u8]),
    /// A card or driver number in bytes; all zero means none.
    Card(&'a [u8]),
    /// A card or driver number as a number; zero means none.
    CardNumber(u64),
    /// A card in letters.
    CardText(&'a [u8]),
    /// The server's flag of the command that is answered.
    Flag(u32),
    /// Text in ASCII or UTF-8.
    Text(&'a [u8]),
    /// Text in UTF-16, big-endian.
    Utf16(&'a [u8]),
    /// 0.01 degree Celsius of sensor 1.
    Temperature(i32),
    /// 0.01 percent of sensor 1.
    Humidity(u32),
    /// Door opened, door sensor present on "input 2".
    Door { open: bool },
    /// The case's tamper contact.
    Tamper { tampered: bool },
    /// Digital input.
    Input { number: u8, on: bool },
    /// Digital output.
    Output { number: u8, on: bool },
    /// Analogue input, 10 mV.
    Analog { number: u8, value: u16 },
    /// A Bluetooth temperature tag.
    Tag(Tag),
    /// The device asks for something.
    Request(&'static str),
    /// Fence, kept in the device.
    Fence(u8),
    /// A module of message 0x70 without a word of ours.
    Module { number: u16, value: &'a [u8] },
    /// Any other number.
    Code { name: &'static str, value: i64 },
    /// Any other bytes.
    Bytes { name: &'static str, value: &'a [u8] },
    /// Nothing: reserved or unused.
    Reserved,
}

/// A Bluetooth temperature tag as module 0x7F of message 0x70 carries it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag {
    /// Bluetooth address.
    pub(super) address: [u8; 6],
    /// Battery, mV; 0x7FFF unknown.
    pub(super) battery_mv: u16,
    /// Battery, percent.
    pub(super) battery: u8,
    /// 0.1 degree Celsius; 0x7FFF unknown.
    pub(super) temperature: i16,
    /// 0.1 percent.
    pub(super) humidity: u16,
    /// Status of the tag.
    pub(super) status: u8,
}

/// Takes the parts of a message one after another.
pub(super) trait Sink {
    /// A part of `length` bytes at `offset` of the frame.
    fn take(&mut self, offset: usize, length: usize, part: Part<'_>);
}

/// Reads parts from a content and gives them to a sink.
pub(super) struct Fields<'a, 's> {
    /// What is left.
    pub(super) reader: Reader<'a>,
    sink: &'s mut dyn Sink,
}

impl<'a, 's> Fields<'a, 's> {
    pub(super) fn new(content: &'a [u8], offset: usize, sink: &'s mut dyn Sink) -> Self {
        Self { reader: Reader::at(content, offset), sink }
    }

    /// How many bytes are left.
    pub(super) const fn left(&self) -> usize {
        self.reader.left()
    }

    /// Bytes that are left, without taking them.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.reader.rest()
    }

    /// A part made of what has been read since `offset`.
    pub(super) fn give_since(&mut self, offset: usize, part: Part<'_>) {
        self.sink.take(offset, self.reader.offset() - offset, part);
    }

    /// The next `length` bytes as fields of their own.
    pub(super) fn part(&mut self, length: usize) -> Result<Fields<'a, '_>, Short> {
        let reader = self.reader.part(length)?;
        Ok(Fields { reader, sink: &mut *self.sink })
    }

    pub(super) fn u8(&mut self, part: impl FnOnce(u8) -> Part<'a>) -> Result<u8, Short> {
        let at = self.reader.offset();
        let value = self.reader.u8()?;
        self.sink.take(at, 1, part(value));
        Ok(value)
    }

    pub(super) fn u16(&mut self, part: impl FnOnce(u16) -> Part<'a>) -> Result<u16, Short> {
        let at = self.reader.offset();
        let value = self.reader.u16()?;
        self.sink.take(at, 2, part(value));
        Ok(value)
    }

    pub(super) fn u32(&mut self, part: impl FnOnce(u32) -> Part<'a>) -> Result<u32, Short> {
        let at = self.reader.offset();
        let value = self.reader.u32()?;
        self.sink.take(at, 4, part(value));
        Ok(value)
    }

    pub(super) fn array<const N: usize>(
        &mut self,
        part: impl FnOnce([u8; N]) -> Part<'a>,
    ) -> Result<(), Short> {
        let at = self.reader.offset();
        let value = self.reader.array()?;
        self.sink.take(at, N, part(value));
        Ok(())
    }

    pub(super) fn bytes(
        &mut self,
        length: usize,
        part: impl FnOnce(&'a [u8]) -> Part<'a>,
    ) -> Result<(), Short> {
        let at = self.reader.offset();
        let value = self.reader.take(length)?;
        self.sink.take(at, length, part(value));
        Ok(())
    }

    /// A byte of the vendor under its name.
    pub(super) fn code8(&mut self, name: &'static str) -> Result<u8, Short> {
        self.u8(|value| Part::Code { name, value: value.into() })
    }

    /// Two bytes of the vendor under their name.
    pub(super) fn code16(&mut self, name: &'static str) -> Result<u16, Short> {
        self.u16(|value| Part::Code { name, value: value.into() })
    }

    /// Four bytes of the vendor under their name.
    pub(super) fn code32(&mut self, name: &'static str) -> Result<u32, Short> {
        self.u32(|value| Part::Code { name, value: value.into() })
    }

    /// Whatever is left, under a name; nothing when nothing is left.
    pub(super) fn remainder(&mut self, name: &'static str) -> Result<(), Short> {
        match self.left() {
            0 => Ok(()),
            left => self.bytes(left, |value| Part::Bytes { name, value }),
        }
    }

    /// Bytes without meaning.
    pub(super) fn reserved(&mut self, length: usize) -> Result<(), Short> {
        self.bytes(length, |_| Part::Reserved)
    }
}
