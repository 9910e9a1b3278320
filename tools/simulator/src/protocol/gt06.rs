//! GT06 / Concox, the device's side: log-in, status heartbeats, 0x22 positions, 0x26 alarms, 0x80 commands.
//!
//! Source: protocol notes, section 4.4. Has no wireless cells beyond one tower and no 0x94 information packets.

use plomb_model::{DeviceId, Signal, Timestamp};
use plomb_wire::Crc16;

use super::bytes::put_digits;
use super::{AckKey, Civil, Inbox, Incoming, LockEvent, Outcome, Outgoing, Report, Terminal};
use crate::number::{len_u8, low_u8};

const LOGIN: u8 = 0x01;
const STATUS: u8 = 0x13;
const COMMAND_REPLY: u8 = 0x15;
const POSITION: u8 = 0x22;
const ALARM: u8 = 0x26;
const COMMAND: u8 = 0x80;

/// Alarm codes of packet 0x26.
const ALARM_CODES: [(Signal, u8); 8] = [
    (Signal::RopeCut, 0x13),
    (Signal::UnauthorisedOpen, 0x14),
    (Signal::CoverOpen, 0x25),
    (Signal::Removed, 0x18),
    (Signal::Shock, 0x03),
    (Signal::LowBattery, 0x19),
    (Signal::GnssJamming, 0x30),
    (Signal::Sos, 0x01),
];
/// Alarm codes for the lock closing and opening.
const LOCKED: u8 = 0x33;
const UNLOCKED: u8 = 0x34;
/// Units of a degree: 1/1,800,000, that is 1/30,000 minute.
const UNITS_PER_DEGREE: u64 = 1_800_000;

/// What it tells of the conditions that are played.
pub(super) const TOLD: &[Signal] = &[
    Signal::RopeCut,
    Signal::UnauthorisedOpen,
    Signal::CoverOpen,
    Signal::Removed,
    Signal::Shock,
    Signal::LowBattery,
    Signal::GnssJamming,
];

/// A GT06 device.
#[derive(Debug)]
pub struct Gt06 {
    id: DeviceId,
    serial: u16,
    ready: bool,
    inbox: Inbox,
}

impl Gt06 {
    /// A device with an IMEI.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, serial: 0, ready: false, inbox: Inbox::default() }
    }

    fn frame(&mut self, packet: u8, content: &[u8]) -> (Vec<u8>, AckKey) {
        self.serial = self.serial.wrapping_add(1);
        (frame(packet, content, self.serial), key(packet, self.serial))
    }

    fn alarm(&mut self, code: u8, report: &Report) -> Outgoing {
        let mut content = position_block(report);
        let tower = tower();
        content.push(len_u8(&tower)); // As public captures count it: without itself.
        content.extend(tower);
        content.extend(status(report));
        content.extend([code, 2]);
        let (bytes, key) = self.frame(ALARM, &content);
        Outgoing { bytes, expects: Some(key), essential: true }
    }

    fn position(&mut self, report: &Report, kept: bool) -> Outgoing {
        let mut content = position_block(report);
        content.extend(tower());
        content.push(1); // ACC on.
        content.push(0); // Sent because its time had come.
        content.push(u8::from(kept));
        content.extend(report.odometer_km.saturating_mul(1000).to_be_bytes());
        let (bytes, key) = self.frame(POSITION, &content);
        Outgoing { bytes, expects: Some(key), essential: kept }
    }

    fn read(&mut self, frame: &[u8], incoming: &mut Vec<Incoming>) {
        let body = frame.get(if frame.starts_with(b"\x79\x79") { 4 } else { 3 }..frame.len() - 4);
        let Some(([packet, content @ ..], Some(serial))) = body.map(|body| {
            let (content, serial) = body.split_at(body.len().saturating_sub(2));
            (content, serial.first_chunk().map(|pair| u16::from_be_bytes(*pair)))
        }) else {
            return;
        };
        match *packet {
            LOGIN => {
                self.ready = true;
                incoming.push(Incoming::Ready);
            }
            COMMAND => {
                let flag =
                    content.get(1..5).and_then(|f| f.first_chunk()).map_or(0, |f| u32::from_be_bytes(*f));
                let length = usize::from(content.first().copied().unwrap_or_default()).saturating_sub(4);
                let text = content.get(5..).unwrap_or_default();
                let text = String::from_utf8_lossy(text.get(..length).unwrap_or(text)).into_owned();
                incoming.push(command(flag, text));
            }
            packet => incoming.push(Incoming::Acknowledged(key(packet, serial))),
        }
    }
}

impl Terminal for Gt06 {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn connected(&mut self, _at: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.ready = false;
        self.serial = 0;
        let mut content = Vec::new();
        put_digits(&mut content, self.id.value());
        content.extend([0x10, 0x0F]); // Model.
        content.extend([0x00, 0x02]); // UTC, English.
        out.extend(self.frame(LOGIN, &content).0);
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn heartbeat(&mut self, report: &Report, out: &mut Vec<u8>) {
        let mut content = status(report).to_vec();
        content.extend([0, 2]);
        out.extend(self.frame(STATUS, &content).0);
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        match ALARM_CODES.iter().find(|(signal, _)| report.fresh && report.signals.contains(*signal)) {
            Some((_, code)) => self.alarm(*code, report),
            None => self.position(report, false),
        }
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        match reports.first() {
            Some(report) => self.position(report, true),
            None => Outgoing { bytes: Vec::new(), expects: None, essential: false },
        }
    }

    fn event(&mut self, event: LockEvent, report: &Report) -> Option<Outgoing> {
        match event {
            LockEvent::CardUnlock { .. } => Some(self.alarm(UNLOCKED, report)),
            LockEvent::AutomaticLock => Some(self.alarm(LOCKED, report)),
            LockEvent::RopePulledOut | LockEvent::CardRefused { .. } | LockEvent::WrongPassword { .. } => {
                None
            }
        }
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut frames = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let total = match rest {
                [0x78, 0x78, length, ..] => usize::from(*length) + 5,
                [0x79, 0x79, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])) + 6,
                [0x78] | [0x78, 0x78] | [0x79] | [0x79, 0x79] | [0x79, 0x79, _] => return None,
                _ => return Some(1),
            };
            let frame = rest.get(..total)?;
            if !is_whole(frame) {
                return Some(1);
            }
            frames.push(frame.to_vec());
            Some(total)
        });
        for frame in frames {
            self.read(&frame, incoming);
        }
    }

    fn answer(&mut self, reference: u32, outcome: Outcome, report: &Report) -> Vec<Outgoing> {
        let text = match outcome {
            Outcome::Done => "OK!",
            Outcome::WrongPassword => "Password error!",
            Outcome::Unknown => "Command error!",
        };
        let mut content = vec![len_u8(text.as_bytes()) + 4];
        content.extend(reference.to_be_bytes());
        content.extend_from_slice(text.as_bytes());
        content.extend([0, 2]);
        let (bytes, _) = self.frame(COMMAND_REPLY, &content);
        let mut answers = vec![Outgoing { bytes, expects: None, essential: true }];
        if outcome == Outcome::Done && !report.lock.motor_locked {
            answers.push(self.alarm(UNLOCKED, report));
        }
        answers
    }
}

const fn key(packet: u8, serial: u16) -> AckKey {
    AckKey((packet as u32) << 16 | serial as u32)
}

/// A whole short frame.
pub(crate) fn frame(packet: u8, content: &[u8], serial: u16) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(content.len() + 10);
    bytes.extend([0x78, 0x78, len_u8(content) + 5, packet]);
    bytes.extend_from_slice(content);
    bytes.extend(serial.to_be_bytes());
    let crc = Crc16::X25.of(bytes.get(2..).unwrap_or_default());
    bytes.extend(crc.to_be_bytes());
    bytes.extend([0x0D, 0x0A]);
    bytes
}

/// Whether a frame ends as it must and its checksum is right.
fn is_whole(frame: &[u8]) -> bool {
    match frame.split_last_chunk() {
        Some((rest, [high, low, 0x0D, 0x0A])) if rest.len() >= 4 => {
            Crc16::X25.of(rest.get(2..).unwrap_or_default()) == u16::from_be_bytes([*high, *low])
        }
        _ => false,
    }
}

fn command(reference: u32, text: String) -> Incoming {
    let upper = text.to_ascii_uppercase();
    if upper.contains("UNLOCK") || upper.contains("OPEN") {
        Incoming::Unlock { reference, password: None }
    } else if upper.contains("LOCK") || upper.contains("CLOSE") {
        Incoming::Lock { reference }
    } else if upper.contains("WHERE") || upper.contains("POSITION") {
        Incoming::Locate { reference }
    } else {
        Incoming::Other { reference, text }
    }
}

/// Time, satellites, place, speed and flags.
pub(crate) fn position_block(report: &Report) -> Vec<u8> {
    let fix = report.fix;
    let units = |e7: i32| {
        let units = (u64::from(e7.unsigned_abs()) * UNITS_PER_DEGREE + 5_000_000) / 10_000_000;
        u32::try_from(units).unwrap_or(u32::MAX)
    };
    let mut content = Vec::with_capacity(32);
    content.extend(Civil::of(report.at, 0).year_first());
    content.push(0xC0 | fix.satellites & 0x0F);
    content.extend(units(fix.latitude_e7).to_be_bytes());
    content.extend(units(fix.longitude_e7).to_be_bytes());
    content.push(low_u8(u32::from(fix.speed_kmh.min(255))));
    let flags = fix.course_deg & 0x03FF
        | u16::from(fix.latitude_e7 >= 0) << 10
        | u16::from(fix.longitude_e7 < 0) << 11
        | u16::from(fix.fixed) << 12;
    content.extend(flags.to_be_bytes());
    content
}

/// Country 639, network 20, location area, cell.
pub(crate) const fn tower() -> [u8; 8] {
    [0x02, 0x7F, 0x14, 0x08, 0x4C, 0x00, 0x38, 0x42]
}

/// Info byte, voltage level 0 to 6, network level 0 to 4.
fn status(report: &Report) -> [u8; 3] {
    let kind = match report.signals {
        signals if signals.contains(Signal::Shock) => 1,
        signals if signals.contains(Signal::LowBattery) => 3,
        signals if signals.contains(Signal::Removed) => 7,
        _ => 0,
    };
    let info = u8::from(report.lock.motor_locked) | 1 << 1 | kind << 3 | u8::from(report.fix.fixed) << 6;
    let voltage = match report.battery_percent {
        0..=4 => 1,
        5..=14 => 2,
        15..=34 => 3,
        35..=59 => 4,
        60..=84 => 5,
        _ => 6,
    };
    [info, voltage, (report.csq / 7).min(4)]
}

#[cfg(test)]
mod tests {
    use plomb_model::{Scheme, Signals};
    use plomb_wire::{from_hex, to_hex};

    use super::*;
    use crate::protocol::{Fix, Lock};

    fn device(imei: &str) -> Gt06 {
        Gt06::new(DeviceId::new(Scheme::Imei, imei).unwrap())
    }

    fn report() -> Report {
        Report {
            at: "2022-07-22T15:16:00Z".parse().unwrap(),
            fix: Fix {
                latitude_e7: 200_203_728,
                longitude_e7: 1_103_603_333,
                fixed: true,
                altitude_m: 0,
                speed_kmh: 44,
                course_deg: 151,
                satellites: 15,
            },
            odometer_km: 0,
            battery_percent: 100,
            csq: 29,
            lock: Lock::SEALED,
            signals: Signals::NONE,
            fresh: true,
        }
    }

    /// Public captures: a log-in in full, and the position block of a 0x22.
    #[test]
    fn same_bytes_as_captures() {
        let capture = from_hex("787811010864717003664467100f190a0002c6d20d0a").unwrap();
        let mut device = device("864717003664467");
        device.serial = 1;
        let mut hello = Vec::new();
        device.connected(report().at, &mut hello);
        assert_eq!(to_hex(&hello[..14]), to_hex(&capture[..14]));
        assert_eq!(frame(LOGIN, &capture[4..16], 2), capture);

        let capture = "787822221607160f1000cf0225e03f0bd723182c149701cc0075c300933301000002a5f0860d0a";
        let capture = from_hex(capture).unwrap();
        let position = device.live(&report()).bytes;
        assert_eq!(to_hex(&position[3..22]), to_hex(&capture[3..22]));
        assert_eq!(position.len(), capture.len() + 4, "the capture ends before the mileage");
        assert!(is_whole(&capture));
    }

    #[test]
    fn alarms_have_the_layout_of_a_capture() {
        let capture = "78782526160913063918c002780fab0c44750f00040008027f14084c0038420600030c020007398e0d0a";
        let capture = from_hex(capture).unwrap();
        let mut device = device("864717003664467");
        let mut report = report();
        for (signal, code) in ALARM_CODES {
            report.signals = Signals::from(signal);
            let alarm = device.live(&report);
            assert_eq!(alarm.bytes.len(), capture.len());
            assert_eq!(alarm.bytes[2..4], capture[2..4]);
            assert_eq!(to_hex(&alarm.bytes[22..31]), to_hex(&capture[22..31]));
            assert_eq!(alarm.bytes[34], code);
            assert!(is_whole(&alarm.bytes) && alarm.essential);
        }
    }

    #[test]
    fn acknowledgements_and_commands() {
        let mut device = device("864717003664467");
        let mut incoming = Vec::new();
        device.receive(&from_hex("78780501000955940d0affff787805260007").unwrap(), &mut incoming);
        device.receive(&from_hex("33d40d0a").unwrap(), &mut incoming);
        assert_eq!(incoming, [Incoming::Ready, Incoming::Acknowledged(AckKey(0x0026_0007))]);
        assert!(device.ready());
        incoming.clear();
        let mut content = vec![4 + 7, 0xDE, 0xAD, 0xBE, 0xEF];
        content.extend_from_slice(b"UNLOCK#");
        content.extend([0, 2]);
        device.receive(&frame(COMMAND, &content, 3), &mut incoming);
        assert_eq!(incoming, [Incoming::Unlock { reference: 0xDEAD_BEEF, password: None }]);
        let answer = device.answer(0xDEAD_BEEF, Outcome::Unknown, &report());
        assert_eq!(to_hex(&answer[0].bytes[3..9]), "1512deadbeef");
        assert!(is_whole(&answer[0].bytes));
    }
}
