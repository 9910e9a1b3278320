//! EGTS, the terminal's side: packets of records, each record answered by its number.
//!
//! Source: GOST R 54619 (EGTS), transport and service layers; services AUTH, TELEDATA and COMMANDS. All numbers have
//! the low byte first.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::{AckKey, Inbox, Incoming, Outcome, Outgoing, Report, Terminal, crc8};

/// What it tells of the conditions that are played: it says why it sends, one reason a place.
pub(super) const TOLD: &[Signal] = &[Signal::CoverOpen, Signal::LowBattery];
/// 2010-01-01, from which seconds are counted.
const EPOCH_S: i64 = 1_262_304_000;
const HEADER_BYTES: usize = 11;
const RESPONSE: u8 = 0;
const APPDATA: u8 = 1;
const AUTH: u8 = 1;
const TELEDATA: u8 = 2;
const COMMANDS: u8 = 4;
const RECORD_RESPONSE: u8 = 0;
const TERM_IDENTITY: u8 = 1;
const RESULT_CODE: u8 = 9;
const POS_DATA: u8 = 16;
const STATE_DATA: u8 = 20;
const COMMAND_DATA: u8 = 51;
/// Bits of the identity: an IMEI is there.
const HAS_IMEI: u8 = 0x02;
/// Why it sends: timer, cover, battery, alarm button.
const TIMER: u8 = 0;
const COVER: u8 = 10;
const BATTERY: u8 = 12;
const BUTTON: u8 = 13;

/// A terminal of ERA-GLONASS.
#[derive(Debug)]
pub struct Egts {
    id: DeviceId,
    ready: bool,
    packet: u16,
    record: u16,
    inbox: Inbox,
    /// Numbers of the commands received on this connection; their places are their references.
    commands: Vec<u32>,
}

impl Egts {
    /// A terminal with an IMEI.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, ready: false, packet: 0, record: 0, inbox: Inbox::default(), commands: Vec::new() }
    }

    /// A packet that carries records.
    fn packet(&mut self, kind: u8, data: &[u8]) -> Vec<u8> {
        self.packet = self.packet.wrapping_add(1);
        let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
        let mut bytes = vec![1, 0, 0, 11, 0];
        bytes.extend(length.to_le_bytes());
        bytes.extend(self.packet.to_le_bytes());
        bytes.push(kind);
        bytes.push(crc8(&bytes));
        bytes.extend(data);
        bytes.extend(crc16(data).to_le_bytes());
        bytes
    }

    /// A record with its number, both services the same.
    fn record(&mut self, service: u8, subrecords: &[u8]) -> (Vec<u8>, AckKey) {
        self.record = self.record.wrapping_add(1);
        let length = u16::try_from(subrecords.len()).unwrap_or(u16::MAX);
        let head = [&length.to_le_bytes()[..], &self.record.to_le_bytes(), &[0, service, service]].concat();
        ([&head, subrecords].concat(), AckKey(u32::from(self.record)))
    }

    fn place(&mut self, report: &Report, kept: bool) -> (Vec<u8>, AckKey) {
        let (fix, at) = (report.fix, report.at.as_millis().div_euclid(1000) - EPOCH_S);
        let flags = 0x80 // height
            | u8::from(fix.longitude_e7 < 0) << 6
            | u8::from(fix.latitude_e7 < 0) << 5
            | u8::from(fix.speed_kmh > 0) << 4
            | u8::from(kept) << 3
            | 0x02 // in three dimensions
            | u8::from(fix.fixed);
        let course = fix.course_deg % 360;
        let [course_low, course_high] = course.to_le_bytes();
        let speed = (fix.speed_kmh.saturating_mul(10) & 0x3FFF)
            | u16::from(fix.altitude_m < 0) << 14
            | u16::from(course_high) << 15;
        let tenths = report.odometer_km.wrapping_mul(10).to_le_bytes();
        let height = u32::from(fix.altitude_m.unsigned_abs()).to_le_bytes();
        let mut data = u32::try_from(at).unwrap_or(0).to_le_bytes().to_vec();
        data.extend(angle(fix.latitude_e7, 900_000_000).to_le_bytes());
        data.extend(angle(fix.longitude_e7, 1_800_000_000).to_le_bytes());
        data.push(flags);
        data.extend(speed.to_le_bytes());
        data.push(course_low);
        data.extend(&tenths[..3]);
        // The first input is wired to the door.
        data.push(u8::from(!report.lock.door_closed));
        data.push(source(report));
        data.extend(&height[..3]);
        // Mode active, no supply, a lithium cell in tenths of a volt: 33 empty, 42 full.
        let cell = 33 + u8::try_from(u16::from(report.battery_percent) * 9 / 100).unwrap_or(9);
        let state = [1, 0, 0, cell, 0];
        self.record(TELEDATA, &[subrecord(POS_DATA, &data), subrecord(STATE_DATA, &state)].concat())
    }

    fn records(&mut self, reports: &[Report], kept: bool) -> Outgoing {
        let mut data = Vec::new();
        let mut expects = None;
        for report in reports {
            let (record, key) = self.place(report, kept);
            data.extend(record);
            // Answers come in the order of the records: with the last, all are taken.
            expects = Some(key);
        }
        let essential = kept || reports.iter().any(|report| report.fresh && !report.signals.is_empty());
        Outgoing { bytes: self.packet(APPDATA, &data), expects, essential }
    }

    /// The subrecords of a record of the platform.
    fn heard(&mut self, service: u8, mut subrecords: &[u8], incoming: &mut Vec<Incoming>) {
        while let [kind, low, high, rest @ ..] = subrecords {
            let length = usize::from(u16::from_le_bytes([*low, *high]));
            let Some((data, after)) = rest.split_at_checked(length) else { return };
            subrecords = after;
            match (*kind, data) {
                (RECORD_RESPONSE, [low, high, 0]) => {
                    incoming
                        .push(Incoming::Acknowledged(AckKey(u32::from(u16::from_le_bytes([*low, *high])))));
                }
                (RECORD_RESPONSE, [low, high, _]) => {
                    incoming.push(Incoming::Rejected(AckKey(u32::from(u16::from_le_bytes([*low, *high])))));
                }
                (RESULT_CODE, [0]) if service == AUTH => {
                    self.ready = true;
                    incoming.push(Incoming::Ready);
                }
                (RESULT_CODE, [_]) if service == AUTH => incoming.push(Incoming::Refused("not authorised")),
                (COMMAND_DATA, data) if service == COMMANDS => incoming.extend(self.command(data)),
                _ => {}
            }
        }
    }

    /// Type 5 is a command: number, sender, neither charset nor authorisation, module, action, code, data.
    fn command(&mut self, data: &[u8]) -> Option<Incoming> {
        let [0x50, a, b, c, d, _, _, _, _, 0, _, _, _, code_low, code_high, text @ ..] = data else {
            return None;
        };
        let reference = u32::try_from(self.commands.len()).ok()?;
        self.commands.push(u32::from_le_bytes([*a, *b, *c, *d]));
        let text = match u16::from_le_bytes([*code_low, *code_high]) {
            0 => String::from_utf8_lossy(text).into_owned(),
            code => format!("code {code}"),
        };
        Some(Incoming::Other { reference, text })
    }
}

/// The one reason that a place is sent for.
fn source(report: &Report) -> u8 {
    let told = [(Signal::Sos, BUTTON), (Signal::CoverOpen, COVER), (Signal::LowBattery, BATTERY)];
    told.into_iter().find(|(signal, _)| report.signals.contains(*signal)).map_or(TIMER, |(_, source)| source)
}

/// A share of 90 or 180 degrees in 2^32 - 1 parts, without its sign.
fn angle(e7: i32, whole_e7: u64) -> u32 {
    u32::try_from((u64::from(e7.unsigned_abs()) * 0xFFFF_FFFF).div_ceil(whole_e7)).unwrap_or(u32::MAX)
}

fn subrecord(kind: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    [&[kind][..], &length.to_le_bytes(), data].concat()
}

/// CRC-16/CCITT-FALSE, polynomial 1021, initial FFFF.
fn crc16(bytes: &[u8]) -> u16 {
    let shift = |crc: u16| (crc << 1) ^ if crc & 0x8000 == 0 { 0 } else { 0x1021 };
    bytes.iter().fold(0xFFFF, |crc, byte| (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| shift(crc)))
}

impl Terminal for Egts {
    fn id(&self) -> DeviceId {
        self.id
    }

    /// The identity: no number of its own, an IMEI.
    fn connected(&mut self, _: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.commands.clear();
        self.ready = false;
        let identity = [&[0, 0, 0, 0, HAS_IMEI][..], self.id.value().as_bytes()].concat();
        let (record, _) = self.record(AUTH, &subrecord(TERM_IDENTITY, &identity));
        out.extend(self.packet(APPDATA, &record));
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    /// The standard has none: a state says that it lives.
    fn heartbeat(&mut self, report: &Report, out: &mut Vec<u8>) {
        let (record, _) = self.place(report, false);
        out.extend(self.packet(APPDATA, &record));
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        self.records(&[*report], false)
    }

    fn batch_max(&self) -> usize {
        10
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        self.records(reports, true)
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut packets = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            if rest.first() != Some(&1) {
                return Some(1);
            }
            let length = usize::from(u16::from_le_bytes([*rest.get(5)?, *rest.get(6)?]));
            let whole = HEADER_BYTES + if length == 0 { 0 } else { length + 2 };
            packets.push(rest.get(..whole)?.to_vec());
            Some(whole)
        });
        for packet in packets {
            let kind = packet.get(9).copied();
            let Some(data) = packet.get(HEADER_BYTES..packet.len().saturating_sub(2)) else { continue };
            // An answer begins with the packet that it answers, and the result.
            let mut records = if kind == Some(RESPONSE) { data.get(3..).unwrap_or_default() } else { data };
            while let [low, high, _, _, _, service, _, rest @ ..] = records {
                let length = usize::from(u16::from_le_bytes([*low, *high]));
                let Some((subrecords, after)) = rest.split_at_checked(length) else { break };
                records = after;
                self.heard(*service, subrecords, incoming);
            }
        }
    }

    /// A confirmation: type 1, the result in the low four bits (0 done, 4 not supported).
    fn answer(&mut self, reference: u32, outcome: Outcome, _: &Report) -> Vec<Outgoing> {
        let index = usize::try_from(reference).unwrap_or(usize::MAX);
        let Some(number) = self.commands.get(index) else { return Vec::new() };
        let result = if outcome == Outcome::Done { 0 } else { 4 };
        let data = [&[0x10 | result][..], &number.to_le_bytes(), &[0; 5], &[0; 5]].concat();
        let (record, key) = self.record(COMMANDS, &subrecord(COMMAND_DATA, &data));
        vec![Outgoing { bytes: self.packet(APPDATA, &record), expects: Some(key), essential: true }]
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::Scheme;

    use super::*;

    #[test]
    fn check_values_and_an_angle() {
        assert_eq!((crc8(b"123456789"), crc16(b"123456789")), (0xF7, 0x29B1));
        assert_eq!((angle(900_000_000, 900_000_000), angle(0, 900_000_000)), (u32::MAX, 0));
    }

    #[test]
    fn it_is_ready_when_its_identity_is_accepted() {
        let mut device = Egts::new(DeviceId::new(Scheme::Tracker, "861230043907626").unwrap());
        let mut platform = Egts::new(device.id());
        let mut incoming = Vec::new();
        let (record, _) = platform.record(AUTH, &subrecord(RESULT_CODE, &[0]));
        let bytes = platform.packet(APPDATA, &record);
        device.receive(&bytes[..7], &mut incoming);
        device.receive(&bytes[7..], &mut incoming);
        assert_eq!(incoming, [Incoming::Ready]);
    }
}
