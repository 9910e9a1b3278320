//! Topflytech, the device's side: an asset tracker of the family 2727: log-in, positions, alarms, lock cards, commands.
//!
//! Source: the vendor's codec for the layouts. It has no words for a rope, a motor or a password.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::bytes::{bcd, put_digits};
use super::{AckKey, Civil, Inbox, Incoming, LockEvent, Outcome, Outgoing, Report, Terminal};

const LOGIN: u8 = 0x01;
const POSITION: u8 = 0x02;
const HEARTBEAT: u8 = 0x03;
const ALARM: u8 = 0x04;
const LOCK: u8 = 0x17;
const COMMAND: u8 = 0x81;
/// Alarm codes of message 04.
const ALARM_CODES: [(Signal, u8); 4] =
    [(Signal::Removed, 1), (Signal::CoverOpen, 2), (Signal::Sos, 3), (Signal::LowBattery, 6)];

/// What it tells of the conditions that are played.
pub(super) const TOLD: &[Signal] = &[Signal::CoverOpen, Signal::Removed, Signal::LowBattery];

/// An asset tracker.
#[derive(Debug)]
pub struct Topflytech {
    id: DeviceId,
    serial: u16,
    ready: bool,
    inbox: Inbox,
}

impl Topflytech {
    /// A device with an IMEI.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, serial: 0, ready: false, inbox: Inbox::default() }
    }

    fn frame(&mut self, kind: u8, content: &[u8]) -> (Vec<u8>, AckKey) {
        self.serial = self.serial.wrapping_add(1);
        (self.with_serial(kind, content, self.serial), key(kind, self.serial))
    }

    fn with_serial(&self, kind: u8, content: &[u8], serial: u16) -> Vec<u8> {
        let length = u16::try_from(content.len() + 15).unwrap_or(u16::MAX);
        let mut bytes = vec![0x27, 0x27, kind];
        bytes.extend(length.to_be_bytes());
        bytes.extend(serial.to_be_bytes());
        put_digits(&mut bytes, self.id.value());
        bytes.extend_from_slice(content);
        bytes
    }

    fn report(&mut self, report: &Report, kept: bool) -> Outgoing {
        let alarm = ALARM_CODES.iter().find(|(signal, _)| report.fresh && report.signals.contains(*signal));
        let code = alarm.map_or(0, |(_, code)| *code);
        let mut content = vec![state(report, kept), code];
        content.extend(date(report.at));
        content.extend(place(report));
        content.extend([0; 5]); // Acceleration.
        content.push(bcd(report.battery_percent % 100)); // 00 is full.
        content.extend([25, 0x00, 0x39, 0x00]); // Temperature, light, 3.9 V, no sun.
        content.extend(report.odometer_km.saturating_mul(1000).to_be_bytes());
        let signal = u16::from(report.csq) * 100 / 31;
        content.extend((signal << 4).to_be_bytes());
        content.extend([0; 15]); // Settings.
        content.push(0xFF); // No lock.
        let (bytes, key) = self.frame(if code == 0 { POSITION } else { ALARM }, &content);
        Outgoing { bytes, expects: Some(key), essential: kept || code != 0 }
    }
}

const fn key(kind: u8, serial: u16) -> AckKey {
    AckKey((kind as u32) << 16 | serial as u32)
}

fn state(report: &Report, kept: bool) -> u8 {
    u8::from(kept) << 7 | u8::from(report.fix.fixed) << 6 | report.fix.satellites & 0x1F
}

fn date(at: Timestamp) -> [u8; 6] {
    Civil::of(at, 0).year_first().map(bcd)
}

/// Altitude, longitude, latitude, speed and azimuth.
#[expect(clippy::cast_possible_truncation, reason = "the protocol has floats of 32 bits")]
fn place(report: &Report) -> Vec<u8> {
    let fix = report.fix;
    let degrees = |e7: i32| (f64::from(e7) / 1e7) as f32;
    let mut bytes = Vec::with_capacity(16);
    bytes.extend(f32::from(fix.altitude_m).to_le_bytes());
    bytes.extend(degrees(fix.longitude_e7).to_le_bytes());
    bytes.extend(degrees(fix.latitude_e7).to_le_bytes());
    let tenths = fix.speed_kmh.min(999) * 10;
    let pair = |value: u16| bcd(u8::try_from(value).unwrap_or(99));
    bytes.extend([pair(tenths / 100), pair(tenths % 100)]);
    bytes.extend(fix.course_deg.to_be_bytes());
    bytes
}

impl Terminal for Topflytech {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn connected(&mut self, _: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.ready = false;
        // Software, firmware and hardware versions.
        out.extend(self.frame(LOGIN, &[0x10, 0x16, 0x01, 0x02, 0x07, 0x11, 0x01, 0x11]).0);
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn heartbeat(&mut self, _: &Report, out: &mut Vec<u8>) {
        out.extend(self.frame(HEARTBEAT, &[]).0);
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        self.report(report, false)
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        match reports.first() {
            Some(report) => self.report(report, true),
            None => Outgoing { bytes: Vec::new(), expects: None, essential: false },
        }
    }

    fn event(&mut self, event: LockEvent, report: &Report) -> Option<Outgoing> {
        let (LockEvent::CardUnlock { card } | LockEvent::CardRefused { card }) = event else { return None };
        let mut content = date(report.at).to_vec();
        content.push(state(report, false));
        content.extend(place(report));
        content.extend([u8::from(matches!(event, LockEvent::CardUnlock { .. })), 4]);
        content.extend(card.to_be_bytes());
        let (bytes, key) = self.frame(LOCK, &content);
        Some(Outgoing { bytes, expects: Some(key), essential: true })
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut frames = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let [0x27, 0x27, _, high, low, ..] = *rest else {
                return (rest.len() >= 5 || rest.first() != Some(&0x27)).then_some(1);
            };
            let total = usize::from(u16::from_be_bytes([high, low]));
            if total < 15 {
                return Some(1);
            }
            frames.push(rest.get(..total)?.to_vec());
            Some(total)
        });
        for frame in frames {
            let [_, _, kind, _, _, high, low, ..] = *frame.as_slice() else { continue };
            let serial = u16::from_be_bytes([high, low]);
            match kind {
                LOGIN => {
                    self.ready = true;
                    incoming.push(Incoming::Ready);
                }
                COMMAND => {
                    let text = String::from_utf8_lossy(frame.get(16..).unwrap_or_default()).into_owned();
                    incoming.push(Incoming::Other { reference: u32::from(serial), text });
                }
                kind => incoming.push(Incoming::Acknowledged(key(kind, serial))),
            }
        }
    }

    fn answer(&mut self, reference: u32, outcome: Outcome, _: &Report) -> Vec<Outgoing> {
        let text = if outcome == Outcome::Done { "SET OK" } else { "SET ERROR" };
        let mut content = vec![1];
        content.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let serial = u16::try_from(reference).unwrap_or_default();
        vec![Outgoing { bytes: self.with_serial(COMMAND, &content, serial), expects: None, essential: true }]
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::{Scheme, Signals};
    use plomb_wire::{from_hex, to_hex};

    use super::*;
    use crate::protocol::{Fix, Lock};

    fn report() -> Report {
        Report {
            at: "2021-04-07T02:27:05Z".parse().unwrap(),
            fix: Fix {
                latitude_e7: 225_556_450,
                longitude_e7: 1_139_430_237,
                fixed: true,
                altitude_m: 57,
                speed_kmh: 0,
                course_deg: 0,
                satellites: 7,
            },
            odometer_km: 230,
            battery_percent: 88,
            csq: 31,
            lock: Lock::SEALED,
            signals: Signals::NONE,
            fresh: true,
        }
    }

    #[test]
    fn a_position_begins_as_a_capture() {
        let capture =
            from_hex("27270200497d880860112047066487470021040702270500006442d4e2e342f671b44100000000")
                .unwrap();
        let mut device = Topflytech::new(DeviceId::new(Scheme::Imei, "860112047066487").unwrap());
        device.serial = 0x7D87;
        let sent = device.live(&report());
        assert_eq!(sent.bytes.len(), 71);
        assert_eq!(sent.bytes[5..capture.len()], capture[5..]);
        let mut open = report();
        open.signals = Signals::from(Signal::CoverOpen);
        let sent = device.live(&open);
        assert_eq!((sent.bytes[2], sent.bytes[16], sent.essential), (ALARM, 2, true));
    }

    #[test]
    fn acknowledgements_and_commands() {
        let mut device = Topflytech::new(DeviceId::new(Scheme::Imei, "880616898888888").unwrap());
        let mut incoming = Vec::new();
        device.receive(&from_hex("272701000f000108806168988888882727").unwrap(), &mut incoming);
        device.receive(&from_hex("02000f00050880616898888888").unwrap(), &mut incoming);
        assert_eq!(incoming, [Incoming::Ready, Incoming::Acknowledged(key(POSITION, 5))]);
        incoming.clear();
        device.receive(&from_hex("2727810011000908806168988888880141").unwrap(), &mut incoming);
        assert_eq!(incoming, [Incoming::Other { reference: 9, text: "A".into() }]);
        let answer = device.answer(9, Outcome::Done, &report());
        assert_eq!(to_hex(&answer[0].bytes[..7]), "272781001c0009");
    }
}
