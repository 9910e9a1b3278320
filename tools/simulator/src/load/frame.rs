//! Reports as frames that exist once and are changed in place: serial, place, speed, course, time and mileage.
//!
//! The checksum follows from the changed fields and a sum of the rest that is kept, so that no report reads its own
//! bytes twice; escapes are looked for once, with vector instructions.

use plomb_model::Timestamp;

use crate::number::low_u8;
use crate::protocol::jt808::{ESCAPE, FLAG, OFFSET_MIN, escape_into, unescaped_frame};
use crate::protocol::{Civil, bcd, gt06};

/// Bytes of a JT/T 808 report as it is kept: flags, header, body, checksum.
const JT808_BYTES: usize = 82;
/// A terminal's number is this and eight digits more.
const TERMINAL_PREFIX: u64 = 13_900_000_000;
/// Terminals are spread over this many 1e-6 degrees of latitude and longitude.
const SPREAD_E6: u32 = 20_000_000;

/// The second of the clock as frames hold it; made once for many reports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Second {
    /// The instant.
    pub(crate) at: Timestamp,
    bcd: [u8; 6],
    binary: [u8; 6],
}

impl Second {
    pub(crate) fn of(at: Timestamp) -> Self {
        let whole = Timestamp::from_millis(at.as_millis().div_euclid(1000) * 1000);
        let (local, utc) = (Civil::of(whole, OFFSET_MIN), Civil::of(whole, 0));
        Self { at: whole, bcd: local.year_first().map(bcd), binary: utc.year_first() }
    }
}

/// Number `index` of the terminals that a load has.
pub(crate) fn terminal_number(index: usize) -> String {
    format!("{:012}", TERMINAL_PREFIX + u64::try_from(index).unwrap_or_default() % 100_000_000)
}

/// The index that a terminal number in binary coded decimal came from.
pub(crate) fn terminal_index(digits: &[u8]) -> Option<usize> {
    let number = plomb_wire::bcd_number(digits)?;
    usize::try_from(number.checked_sub(TERMINAL_PREFIX)?).ok()
}

/// A JT/T 808-2013 terminal that only moves.
#[derive(Clone, Debug)]
pub(crate) struct Jt808Frame {
    bytes: [u8; JT808_BYTES],
    /// Exclusive or of everything that never changes.
    rest: u8,
    serial: u16,
    latitude_e6: u32,
    longitude_e6: u32,
    mileage: u32,
}

impl Jt808Frame {
    /// Terminal `index`, whose next report has the serial `serial`.
    pub(crate) fn new(index: usize, serial: u16, rng: &mut fastrand::Rng) -> Self {
        let mut body = vec![0; 28];
        body.splice(4..8, 0x000C_1003_u32.to_be_bytes()); // ACC on, fixed, doors locked, GPS and BeiDou.
        body.splice(16..18, 21_u16.to_be_bytes());
        body.extend([0x01, 4, 0, 0, 0, 0]);
        body.extend([0x30, 1, 24, 0x31, 1, 11, 0xD4, 1, 88]);
        body.extend([0x25, 4, 0, 0, 0, 0, 0x2A, 2, 0, 0]);
        body.extend([0x2B, 4, 0, 0, 0x0B, 0xB8, 0x03, 2, 0, 0, 0x02, 2, 0, 0]);
        let inner = unescaped_frame(&terminal_number(index), 0x0200, 0, &body);
        let mut bytes = [FLAG; JT808_BYTES];
        for (slot, byte) in bytes.iter_mut().skip(1).zip(&inner) {
            *slot = *byte;
        }
        let rest = inner.last().copied().unwrap_or_default();
        let mut frame = Self {
            bytes,
            rest,
            serial,
            latitude_e6: 5_000_000 + rng.u32(..SPREAD_E6),
            longitude_e6: 20_000_000 + rng.u32(..SPREAD_E6),
            mileage: rng.u32(..1_000_000),
        };
        frame.bytes[JT808_BYTES - 2] = rest;
        frame
    }

    /// Serial of the next report.
    pub(crate) const fn serial(&self) -> u16 {
        self.serial
    }

    /// Moves on and appends the next report to `out`.
    #[inline]
    pub(crate) fn append(&mut self, second: &Second, rng: &mut fastrand::Rng, out: &mut Vec<u8>) {
        let random = rng.u32(..);
        let [a, b, c, d] = random.to_be_bytes();
        self.latitude_e6 = self.latitude_e6.wrapping_add(u32::from(a >> 1)).wrapping_sub(63);
        self.longitude_e6 = self.longitude_e6.wrapping_add(u32::from(b >> 1)).wrapping_sub(63);
        self.mileage = self.mileage.wrapping_add(u32::from(c >> 6));
        let speed = 500 + u16::from(c) % 300;
        let course = u16::from(d);
        let frame = &mut self.bytes;
        frame[11..13].copy_from_slice(&self.serial.to_be_bytes());
        frame[21..25].copy_from_slice(&self.latitude_e6.to_be_bytes());
        frame[25..29].copy_from_slice(&self.longitude_e6.to_be_bytes());
        frame[31..33].copy_from_slice(&speed.to_be_bytes());
        frame[33..35].copy_from_slice(&course.to_be_bytes());
        frame[35..41].copy_from_slice(&second.bcd);
        frame[43..47].copy_from_slice(&self.mileage.to_be_bytes());
        let [t0, t1, t2, t3, t4, t5] = second.bcd;
        let words = self.latitude_e6
            ^ self.longitude_e6
            ^ self.mileage
            ^ u32::from(self.serial ^ speed ^ course)
            ^ u32::from_be_bytes([t0, t1, t2, t3])
            ^ u32::from_be_bytes([0, 0, t4, t5]);
        let halves = words ^ words >> 16;
        frame[JT808_BYTES - 2] = self.rest ^ low_u8(halves ^ halves >> 8);
        self.serial = self.serial.wrapping_add(1);
        // Type and terminal number, before the serial, never hold a flag: they are decimal digits.
        if memchr::memchr2(FLAG, ESCAPE, &frame[11..JT808_BYTES - 1]).is_none() {
            out.extend_from_slice(frame);
        } else {
            out.push(FLAG);
            escape_into(&frame[1..JT808_BYTES - 1], out);
            out.push(FLAG);
        }
    }
}

/// A GT06 device that only moves.
#[derive(Clone, Debug)]
pub(crate) struct Gt06Frame {
    serial: u16,
    latitude: u32,
    longitude: u32,
}

impl Gt06Frame {
    pub(crate) fn new(rng: &mut fastrand::Rng) -> Self {
        Self {
            serial: 1,
            latitude: 9_000_000 + rng.u32(..SPREAD_E6),
            longitude: 36_000_000 + rng.u32(..SPREAD_E6),
        }
    }

    /// Serial of the next report.
    pub(crate) const fn serial(&self) -> u16 {
        self.serial
    }

    /// Moves on and appends the next 0x22 to `out`.
    pub(crate) fn append(&mut self, second: &Second, rng: &mut fastrand::Rng, out: &mut Vec<u8>) {
        let [a, b, c, d] = rng.u32(..).to_be_bytes();
        self.latitude = self.latitude.wrapping_add(u32::from(a >> 1)).wrapping_sub(63);
        self.longitude = self.longitude.wrapping_add(u32::from(b >> 1)).wrapping_sub(63);
        let start = out.len();
        out.extend([0x78, 0x78, 0x26, 0x22]);
        out.extend(second.binary);
        out.push(0xCB);
        out.extend(self.latitude.to_be_bytes());
        out.extend(self.longitude.to_be_bytes());
        out.push(50 + c % 40);
        out.extend((0x1400 | u16::from(d)).to_be_bytes());
        out.extend(gt06::tower());
        out.extend([1, 0, 0]);
        out.extend([0; 4]);
        out.extend(self.serial.to_be_bytes());
        let crc = plomb_wire::Crc16::X25.of(out.get(start + 2..).unwrap_or_default());
        out.extend(crc.to_be_bytes());
        out.extend([0x0D, 0x0A]);
        self.serial = self.serial.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::jt808::{split, unescape};

    #[test]
    fn every_report_is_whole_and_its_own() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut frame = Jt808Frame::new(41, 5, &mut rng);
        let second = Second::of("2026-11-24T08:15:30.700Z".parse().unwrap());
        let (mut escaped, mut last) = (0, Vec::new());
        for number in 0..2_000_u16 {
            let mut out = Vec::new();
            frame.append(&second, &mut rng, &mut out);
            assert!((70..=100).contains(&out.len()), "{}", out.len());
            escaped += u32::from(out.len() > JT808_BYTES);
            let inner = unescape(&out[1..out.len() - 1]).unwrap();
            let (message, serial, body) = split(&inner).unwrap();
            assert_eq!((message, serial), (0x0200, number + 5));
            assert_eq!(terminal_index(&inner[4..10]), Some(41));
            assert_eq!(plomb_wire::to_hex(&body[22..28]), "261124161530");
            assert_ne!(body, last, "place or time changes");
            last = body.to_vec();
        }
        assert!(escaped > 50);
        assert_eq!(terminal_number(41), "013900000041");
    }

    #[test]
    fn gt06_reports_are_those_of_the_device() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut frame = Gt06Frame::new(&mut rng);
        let second = Second::of("2026-11-24T08:15:30Z".parse().unwrap());
        let mut out = Vec::new();
        frame.append(&second, &mut rng, &mut out);
        let content = out[4..out.len() - 6].to_vec();
        assert_eq!(out, gt06::frame(0x22, &content, 1));
        assert_eq!(content[..6], [26, 11, 24, 8, 15, 30]);
    }
}
