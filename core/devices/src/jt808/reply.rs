//! The platform's messages: their header, and the answers that need nothing but the question.
//!
//! Frames are written escaped in one pass. Source: JT/T 808-2013 §8.2 (0x8001), §8.4 (0x8003), §8.6 (0x8100),
//! §8.51 (0x8800); JT/T 808-2019 §8.8 (0x8004); 0x4401 from a captured exchange; the vendors' 0x8109
//! as another platform answers [no capture].

use jiff::civil::DateTime;
use jiff::tz::Offset;
use plomb_model::Timestamp;

use super::frame::{Flag, Writer};
use super::header::{Header, TerminalId};

/// Longest body that the ten bits of the length can say.
pub(super) const BODY_BYTES_MAX: usize = 0x03FF;
/// Version flag in the attributes, 2019.
const VERSION_BIT: u16 = 1 << 14;
/// Protocol version that 2019 writes behind the attributes.
const PROTOCOL_VERSION: u8 = 1;
/// Jointech's general answer.
const JOINTECH_ANSWER: u16 = 0x4401;

/// Result of a general answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Outcome {
    /// 0: taken.
    Success = 0,
    /// 1: refused.
    Failure = 1,
}

/// Where answers go and by which numbers; one for each connection.
#[derive(Debug, Default)]
pub(super) struct Downlink {
    serial: u16,
    short_serial: u8,
    bytes: Vec<u8>,
}

impl Downlink {
    /// Writes a message of `parts` and gives its bytes and its serial number.
    pub(super) fn message(
        &mut self,
        flag: Flag,
        terminal: &TerminalId,
        message: u16,
        parts: &[&[u8]],
    ) -> (&[u8], u16) {
        let serial = self.serial;
        self.serial = serial.wrapping_add(1);
        let length: usize = parts.iter().map(|part| part.len()).sum();
        // Every caller stays below the limit of ten bits; the mask keeps a mistake from setting other bits.
        let length = u16::try_from(length.min(BODY_BYTES_MAX)).unwrap_or_default();
        let attributes = if terminal.is_long() { length | VERSION_BIT } else { length };
        let [a, b] = message.to_be_bytes();
        let [c, d] = attributes.to_be_bytes();
        self.bytes.clear();
        let mut writer = Writer::begin(flag, &mut self.bytes);
        writer.put(&[a, b, c, d]);
        if terminal.is_long() {
            writer.put(&[PROTOCOL_VERSION]);
        }
        writer.put(terminal.bytes());
        writer.put(&serial.to_be_bytes());
        for part in parts {
            writer.put(part);
        }
        writer.end();
        (&self.bytes, serial)
    }

    /// The general answer 0x8001 to a message.
    pub(super) fn general(&mut self, flag: Flag, header: &Header, outcome: Outcome) -> &[u8] {
        let [a, b] = header.serial.to_be_bytes();
        let [c, d] = header.message.to_be_bytes();
        let &[e, f, g, h, i, j] = header.terminal.bytes() else {
            return self.message(flag, &header.terminal, 0x8001, &[&[a, b, c, d, outcome as u8]]).0;
        };
        // The answer to nearly every message: written as a whole.
        let [k, l] = self.serial.to_be_bytes();
        self.serial = self.serial.wrapping_add(1);
        self.bytes.clear();
        let mut writer = Writer::begin(flag, &mut self.bytes);
        writer.put(&[0x80, 0x01, 0, 5, e, f, g, h, i, j, k, l, a, b, c, d, outcome as u8]);
        writer.end();
        &self.bytes
    }

    /// Jointech's general answer 0x4401, whose serial number is one byte and begins at 1.
    pub(super) fn jointech(&mut self, flag: Flag, header: &Header, outcome: Outcome) -> &[u8] {
        self.short_serial = self.short_serial.checked_add(1).unwrap_or(1);
        let [a, b] = JOINTECH_ANSWER.to_be_bytes();
        let [c, d] = header.message.to_be_bytes();
        self.bytes.clear();
        let mut writer = Writer::begin(flag, &mut self.bytes);
        writer.put(&[a, b, 0, 3]);
        writer.put(header.terminal.bytes());
        writer.put(&[self.short_serial, c, d, outcome as u8]);
        writer.end();
        &self.bytes
    }

    /// The answer 0x8100 to a registration: result 0 and the authentication code.
    pub(super) fn registered(&mut self, flag: Flag, header: &Header, code: &str) -> &[u8] {
        let parts: [&[u8]; 3] = [&header.serial.to_be_bytes(), &[0], code.as_bytes()];
        self.message(flag, &header.terminal, 0x8100, &parts).0
    }

    /// The server's time 0x8004: BCD `YYMMDDhhmmss` in UTC.
    pub(super) fn server_time(&mut self, flag: Flag, header: &Header, now: Timestamp) -> &[u8] {
        let [year, month, day, hour, minute, second] = civil(now);
        let bcd = [year % 100, month, day, hour, minute, second].map(bcd);
        self.message(flag, &header.terminal, 0x8004, &[&bcd]).0
    }

    /// The vendors' time synchronisation 0x8109: the year in two bytes, the rest in one each, binary, UTC.
    pub(super) fn time_sync(&mut self, flag: Flag, header: &Header, now: Timestamp) -> &[u8] {
        let [year, month, day, hour, minute, second] = civil(now);
        let low = [month, day, hour, minute, second].map(|field| u8::try_from(field).unwrap_or_default());
        self.message(flag, &header.terminal, 0x8109, &[&year.to_be_bytes(), &low]).0
    }

    /// The answer 0x8800 to media data that came whole.
    pub(super) fn media_received(&mut self, flag: Flag, header: &Header, media: u32) -> &[u8] {
        self.message(flag, &header.terminal, 0x8800, &[&media.to_be_bytes()]).0
    }

    /// The request 0x8003 for packages that are missing; `base` is the serial number of the first package.
    pub(super) fn send_again(
        &mut self,
        flag: Flag,
        terminal: &TerminalId,
        base: u16,
        missing: &[u16],
    ) -> &[u8] {
        let count = u8::try_from(missing.len()).unwrap_or(u8::MAX);
        let ids: Vec<u8> = missing.iter().flat_map(|index| index.to_be_bytes()).collect();
        let count: &[u8] = if terminal.is_long() { &[0, count] } else { &[count] };
        self.message(flag, terminal, 0x8003, &[&base.to_be_bytes(), count, &ids]).0
    }
}

/// Year, month, day, hour, minute and second in UTC; all zero beyond the calendar.
fn civil(now: Timestamp) -> [u16; 6] {
    let Ok(instant) = jiff::Timestamp::from_millisecond(now.as_millis()) else { return [0; 6] };
    let civil: DateTime = Offset::UTC.to_datetime(instant);
    let small = |field: i8| u16::try_from(field).unwrap_or_default();
    [
        u16::try_from(civil.year()).unwrap_or_default(),
        small(civil.month()),
        small(civil.day()),
        small(civil.hour()),
        small(civil.minute()),
        small(civil.second()),
    ]
}

/// Two digits as BCD.
fn bcd(number: u16) -> u8 {
    u8::try_from(((number / 10 % 10) << 4) | (number % 10)).unwrap_or_default()
}
