//! Navtelecom, the tracker's side: log-in and announcement by NTCB, then records of FLEX 1.0.
//!
//! Source: the vendor's "NTCB and FLEX exchange protocol" (6.2). All numbers have the low byte first.

use plomb_model::{DeviceId, Signal, Timestamp};
use plomb_wire::xor8;

use super::{AckKey, Inbox, Incoming, Outcome, Outgoing, Report, Terminal, crc8};

/// Of the conditions that are played it tells none: doors and locks are wired to inputs, and which is not said.
pub(super) const TOLD: &[Signal] = &[];
const HEADER_BYTES: usize = 16;
/// Number of the platform.
const PLATFORM: u32 = 1;
/// FLEX 1.0: mark, version of protocol and structure, 69 fields, and a bit for each of those that are sent: 1 to 4, 7 to
/// 15, 19, 20 and 29.
const ANNOUNCEMENT: [u8; 13] = [0xB0, 0x0A, 0x0A, 69, 0xF3, 0xFE, 0x30, 0x08, 0, 0, 0, 0, 0];
/// Event: by the timer.
const TIMER: u16 = 0x1102;

/// A Signal or Smart tracker.
#[derive(Debug)]
pub struct Navtelecom {
    id: DeviceId,
    ready: bool,
    index: u32,
    inbox: Inbox,
    /// Commands received on this connection.
    commands: u32,
}

impl Navtelecom {
    /// A tracker with an IMEI.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, ready: false, index: 0, inbox: Inbox::default(), commands: 0 }
    }

    /// The fields that were announced, in the order of their numbers.
    fn record(&mut self, report: &Report) -> Vec<u8> {
        self.index = self.index.wrapping_add(1);
        let fix = report.fix;
        let seconds = u32::try_from(report.at.as_millis().div_euclid(1000)).unwrap_or(u32::MAX).to_le_bytes();
        // Alarm, and guard while the lock holds.
        let status =
            u8::from(report.signals.contains(Signal::Sos)) << 2 | u8::from(report.lock.motor_locked) << 3;
        let angle = |e7: i32| {
            let ten_thousandths = (i64::from(e7) * 6).div_euclid(100);
            i32::try_from(ten_thousandths).unwrap_or_default().to_le_bytes()
        };
        // A lithium cell: 3300 mV empty, 4200 mV full.
        let cell_mv = 3300 + u16::from(report.battery_percent) * 9;
        #[expect(clippy::cast_precision_loss, reason = "the protocol counts kilometres in a float")]
        let odometer = (report.odometer_km as f32).to_le_bytes();
        [
            &self.index.to_le_bytes()[..],
            &TIMER.to_le_bytes(),
            &seconds,
            &[status, report.csq, u8::from(fix.fixed) << 1 | fix.satellites.min(63) << 2],
            &seconds,
            &angle(fix.latitude_e7),
            &angle(fix.longitude_e7),
            &(i32::from(fix.altitude_m) * 10).to_le_bytes(),
            &f32::from(fix.speed_kmh).to_le_bytes(),
            &fix.course_deg.to_le_bytes(),
            &odometer,
            &[0, 0],
            &cell_mv.to_le_bytes(),
            // The first input is wired to the door.
            &[u8::from(!report.lock.door_closed)],
        ]
        .concat()
    }

    /// What the platform says within NTCB.
    fn heard(&mut self, data: &[u8]) -> Option<Incoming> {
        match data {
            b"*<S" => Some(Incoming::Reply(ntcb(&[b"*>FLEX", &ANNOUNCEMENT[..]].concat()))),
            [b'*', b'<', b'F', b'L', b'E', b'X', 0xB0, version @ ..] if *version == [0x0A, 0x0A] => {
                self.ready = true;
                Some(Incoming::Ready)
            }
            [b'*', b'<', b'F', b'L', b'E', b'X', ..] => Some(Incoming::Refused("another version of FLEX")),
            [b'*', ..] => {
                let reference = self.commands;
                self.commands += 1;
                Some(Incoming::Other { reference, text: String::from_utf8_lossy(data).into_owned() })
            }
            _ => None,
        }
    }
}

/// A packet of NTCB: preamble, receiver, sender, length, XOR of the data, XOR of the header.
fn ntcb(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let mut bytes = b"@NTC".to_vec();
    bytes.extend(PLATFORM.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.push(xor8(data));
    bytes.push(xor8(&bytes));
    bytes.extend(data);
    bytes
}

/// A frame of FLEX with its CRC-8 (polynomial 31, initial FF).
fn flex(mut bytes: Vec<u8>) -> Vec<u8> {
    let crc = crc8(&bytes);
    bytes.push(crc);
    bytes
}

impl Terminal for Navtelecom {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn connected(&mut self, _: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.commands = 0;
        self.ready = false;
        out.extend(ntcb(format!("*>S:{}", self.id.value()).as_bytes()));
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn heartbeat(&mut self, _: &Report, out: &mut Vec<u8>) {
        out.push(0x7F);
    }

    /// The urgent record: its index is answered.
    fn live(&mut self, report: &Report) -> Outgoing {
        let record = self.record(report);
        let bytes = flex([b"~T", &self.index.to_le_bytes()[..], &record].concat());
        let essential = report.fresh && !report.signals.is_empty();
        Outgoing { bytes, expects: Some(AckKey(self.index)), essential }
    }

    fn batch_max(&self) -> usize {
        10
    }

    /// The archive: its count is answered. Keys of archives begin above those of records.
    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        let count = u8::try_from(reports.len()).unwrap_or(u8::MAX);
        let mut bytes = vec![b'~', b'A', count];
        for report in reports {
            bytes.extend(self.record(report));
        }
        Outgoing { bytes: flex(bytes), expects: Some(archive(count)), essential: true }
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut frames = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let length = match rest {
                [b'@', ..] => {
                    HEADER_BYTES + usize::from(u16::from_le_bytes([*rest.get(12)?, *rest.get(13)?]))
                }
                [b'~', b'T', ..] => 7,
                [b'~', b'A', ..] => 4,
                [b'~'] => return None,
                _ => 1,
            };
            frames.push(rest.get(..length)?.to_vec());
            Some(length)
        });
        for frame in frames {
            match frame.as_slice() {
                [b'~', b'T', a, b, c, d, _] => {
                    incoming.push(Incoming::Acknowledged(AckKey(u32::from_le_bytes([*a, *b, *c, *d]))));
                }
                [b'~', b'A', count, _] => incoming.push(Incoming::Acknowledged(archive(*count))),
                [b'@', ..] => incoming.extend(self.heard(frame.get(HEADER_BYTES..).unwrap_or_default())),
                _ => {}
            }
        }
    }

    /// A text that begins with `*@`.
    fn answer(&mut self, _: u32, outcome: Outcome, _: &Report) -> Vec<Outgoing> {
        let text: &[u8] = if outcome == Outcome::Done { b"*@OK" } else { b"*@ERR" };
        vec![Outgoing { bytes: ntcb(text), expects: None, essential: true }]
    }
}

const fn archive(count: u8) -> AckKey {
    AckKey(0xFFFF_FF00 | count as u32)
}
