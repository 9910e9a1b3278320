//! Galileosky, the device's side: packets of tags, each answered with its checksum.
//!
//! Source: the vendor's public "Galileosky protocol". All numbers have the low byte first.

use plomb_model::{DeviceId, Signal, Timestamp};
use plomb_wire::Crc16;

use super::{AckKey, Inbox, Incoming, Outcome, Outgoing, Report, Terminal};

/// What it tells of the conditions that are played: doors and locks are wired to inputs, and which is not said.
pub(super) const TOLD: &[Signal] = &[Signal::LowBattery, Signal::GnssJamming];
const TAGS: u8 = 0x01;
const TAKEN: u8 = 0x02;
/// Head, length, checksum.
const FRAME_BYTES: usize = 5;
/// The bit of the length that says that the archive holds more.
const ARCHIVE: u16 = 0x8000;
const NUMBER: u16 = 50;

/// A Galileosky terminal.
#[derive(Debug)]
pub struct Galileosky {
    id: DeviceId,
    ready: bool,
    record: u16,
    inbox: Inbox,
    /// The checksum of the head packet, which waits for its answer.
    head: u16,
    /// Numbers of the commands received on this connection; their places are their references.
    commands: Vec<u32>,
}

impl Galileosky {
    /// A terminal with an IMEI.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, ready: false, record: 0, inbox: Inbox::default(), head: 0, commands: Vec::new() }
    }

    /// IMEI and number: they begin every packet.
    fn identity(&self) -> Vec<u8> {
        [&[0x03][..], self.id.value().as_bytes(), &[0x04], &NUMBER.to_le_bytes()].concat()
    }

    fn record(&mut self, report: &Report) -> Vec<u8> {
        self.record = self.record.wrapping_add(1);
        let fix = report.fix;
        let seconds = u32::try_from(report.at.as_millis().div_euclid(1000)).unwrap_or(u32::MAX);
        let correctness = if fix.fixed { 0 } else { 0x10 };
        let micro = |e7: i32| (e7 / 10).to_le_bytes();
        // Bit 5: the battery is low. Bit 4 of 48: the satellites are jammed.
        let status = u16::from(report.signals.contains(Signal::LowBattery)) << 5;
        let jammed = u16::from(report.signals.contains(Signal::GnssJamming)) << 4;
        // A lithium cell: 3300 mV empty, 4200 mV full.
        let cell_mv = 3300 + u16::from(report.battery_percent) * 9;
        [
            &[0x10][..],
            &self.record.to_le_bytes(),
            &[0x20],
            &seconds.to_le_bytes(),
            &[0x30, correctness | fix.satellites.min(15)],
            &micro(fix.latitude_e7),
            &micro(fix.longitude_e7),
            &[0x33],
            &(fix.speed_kmh.saturating_mul(10)).to_le_bytes(),
            &(fix.course_deg.saturating_mul(10)).to_le_bytes(),
            &[0x34],
            &fix.altitude_m.to_le_bytes(),
            &[0x40],
            &status.to_le_bytes(),
            &[0x42],
            &cell_mv.to_le_bytes(),
            // The first input is wired to the door.
            &[0x46],
            &u16::from(!report.lock.door_closed).to_le_bytes(),
            &[0x48],
            &jammed.to_le_bytes(),
        ]
        .concat()
    }
}

/// Head, length, tags, checksum of all that (CRC-16/MODBUS).
fn packet(tags: &[u8], archive: bool) -> (Vec<u8>, u16) {
    let length = u16::try_from(tags.len()).unwrap_or(0) | if archive { ARCHIVE } else { 0 };
    let inner = [&[TAGS][..], &length.to_le_bytes(), tags].concat();
    let sum = Crc16::MODBUS.of(&inner);
    ([&inner[..], &sum.to_le_bytes()].concat(), sum)
}

impl Terminal for Galileosky {
    fn id(&self) -> DeviceId {
        self.id
    }

    /// The head packet: version of hardware and firmware, IMEI, number.
    fn connected(&mut self, _: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.commands.clear();
        self.ready = false;
        let (bytes, sum) = packet(&[&[0x01, 0x11, 0x02, 0xE0][..], &self.identity()].concat(), false);
        self.head = sum;
        out.extend(bytes);
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn heartbeat(&mut self, _: &Report, out: &mut Vec<u8>) {
        out.extend(packet(&self.identity(), false).0);
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        let tags = [self.identity(), self.record(report)].concat();
        let (bytes, sum) = packet(&tags, false);
        let essential = report.fresh && !report.signals.is_empty();
        Outgoing { bytes, expects: Some(AckKey(u32::from(sum))), essential }
    }

    fn batch_max(&self) -> usize {
        8
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        let mut tags = self.identity();
        for report in reports {
            tags.extend(self.record(report));
        }
        let (bytes, sum) = packet(&tags, true);
        Outgoing { bytes, expects: Some(AckKey(u32::from(sum))), essential: true }
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut frames = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let length = match rest {
                [TAKEN, ..] => 3,
                [TAGS, low, high, ..] => {
                    usize::from(u16::from_le_bytes([*low, *high]) & !ARCHIVE) + FRAME_BYTES
                }
                [TAGS, ..] => return None,
                _ => 1,
            };
            frames.push(rest.get(..length)?.to_vec());
            Some(length)
        });
        for frame in frames {
            match frame.as_slice() {
                [TAKEN, low, high] => {
                    let sum = u16::from_le_bytes([*low, *high]);
                    if !self.ready && sum == self.head {
                        self.ready = true;
                        incoming.push(Incoming::Ready);
                    } else {
                        incoming.push(Incoming::Acknowledged(AckKey(u32::from(sum))));
                    }
                }
                [TAGS, _, _, inner @ ..] => incoming.extend(self.command(inner)),
                _ => {}
            }
        }
    }

    /// The same number, and a text.
    fn answer(&mut self, reference: u32, outcome: Outcome, _: &Report) -> Vec<Outgoing> {
        let index = usize::try_from(reference).unwrap_or(usize::MAX);
        let Some(number) = self.commands.get(index) else { return Vec::new() };
        let text: &[u8] = if outcome == Outcome::Done { b"OK" } else { b"ERROR" };
        let length = u8::try_from(text.len()).unwrap_or(0);
        let tags = [&self.identity()[..], &[0xE0], &number.to_le_bytes(), &[0xE1, length], text].concat();
        vec![Outgoing { bytes: packet(&tags, false).0, expects: None, essential: true }]
    }
}

impl Galileosky {
    /// The command of a packet: number (E0) and text (E1) behind IMEI and number of the terminal.
    fn command(&mut self, inner: &[u8]) -> Option<Incoming> {
        let rest = inner.get(1 + 15 + 3..)?;
        let (number, rest) = rest.strip_prefix(&[0xE0])?.split_first_chunk::<4>()?;
        let (length, text) = rest.strip_prefix(&[0xE1])?.split_first()?;
        let text = String::from_utf8_lossy(text.get(..usize::from(*length))?).into_owned();
        let reference = u32::try_from(self.commands.len()).ok()?;
        self.commands.push(u32::from_le_bytes(*number));
        Some(if text == "where" {
            Incoming::Locate { reference }
        } else {
            Incoming::Other { reference, text }
        })
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::Scheme;

    use super::*;

    #[test]
    fn the_head_is_answered_by_its_checksum() {
        let mut device = Galileosky::new(DeviceId::new(Scheme::Imei, "861230043907626").unwrap());
        let mut hello = Vec::new();
        device.connected("2026-01-01T00:00:00Z".parse().unwrap(), &mut hello);
        let sum = hello.split_off(hello.len() - 2);
        assert_eq!(Crc16::MODBUS.of(&hello).to_le_bytes()[..], sum[..]);
        let mut incoming = Vec::new();
        device.receive(&[0x02, sum[0]], &mut incoming);
        assert_eq!(incoming, []);
        device.receive(&[sum[1], 0x02, 0x34, 0x12], &mut incoming);
        assert_eq!(incoming, [Incoming::Ready, Incoming::Acknowledged(AckKey(0x1234))]);
    }
}
