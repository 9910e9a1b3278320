//! Digital Matter, the device's side, over TCP: hello, records of fields, commit.
//!
//! Source: `docs/protocols/digitalmatter.md`. Records are acknowledged by the answer to the commit that follows them.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::{AckKey, Inbox, Incoming, LockEvent, Outcome, Outgoing, Report, Terminal};
use crate::number::len_u16;

/// 2013-01-01T00:00:00Z, from which the device counts seconds.
const EPOCH_MS: i64 = 1_356_998_400_000;
/// Records behind one commit: with 60 bytes each well below the 1,280 bytes of a segment.
const BATCH_MAX: usize = 10;
/// Messages: hello and its answer, records of fields, commit and its answer.
const HELLO: u8 = 0x00;
const HELLO_ANSWER: u8 = 0x01;
const RECORDS: u8 = 0x04;
const COMMIT: u8 = 0x05;
const COMMIT_ANSWER: u8 = 0x06;
/// A commit has no number: one is under way at a time.
const COMMITTED: AckKey = AckKey(1);

/// What it tells of the conditions that are played: it is a tracker and no lock.
pub(super) const TOLD: &[Signal] = &[Signal::CoverOpen, Signal::Removed, Signal::LowBattery];

/// A Digital Matter device.
#[derive(Debug)]
pub struct DigitalMatter {
    id: DeviceId,
    serial: u32,
    ready: bool,
    inbox: Inbox,
}

impl DigitalMatter {
    /// A device with an IMEI.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, serial: 0, ready: false, inbox: Inbox::default() }
    }

    /// Records and the commit that wants them acknowledged.
    fn send(&mut self, reports: &[Report], essential: bool) -> Outgoing {
        let records: Vec<u8> = reports.iter().flat_map(|report| self.record(report)).collect();
        let mut bytes = frame(RECORDS, &records);
        bytes.extend(frame(COMMIT, &[]));
        Outgoing { bytes, expects: Some(COMMITTED), essential }
    }

    fn record(&mut self, report: &Report) -> Vec<u8> {
        self.serial = self.serial.wrapping_add(1);
        let (fix, seconds) = (report.fix, seconds(report.at));
        let mut body = self.serial.to_le_bytes().to_vec();
        body.extend(seconds.to_le_bytes());
        body.push(reason(report));
        // Field 0: the place.
        body.extend([0, 21]);
        body.extend(seconds.to_le_bytes());
        body.extend(fix.latitude_e7.to_le_bytes());
        body.extend(fix.longitude_e7.to_le_bytes());
        body.extend(fix.altitude_m.to_le_bytes());
        // Centimetres a second: 1000 km/h are 27,778.
        let centimetres = u32::from(fix.speed_kmh) * 250 / 9;
        body.extend(u16::try_from(centimetres).unwrap_or(u16::MAX).to_le_bytes());
        body.extend([5, u8::try_from(fix.course_deg / 2).unwrap_or(0), 15, 8, u8::from(fix.fixed)]);
        // Field 2: inputs, outputs, status; bit 1 of the status is a good battery, bit 6 tampering.
        let good = !report.signals.contains(Signal::LowBattery);
        let status = u16::from(good) << 1 | u16::from(!report.lock.cover_closed) << 6;
        body.extend([2, 8]);
        body.extend(u32::from(fix.speed_kmh > 3).to_le_bytes());
        body.extend(0_u16.to_le_bytes());
        body.extend(status.to_le_bytes());
        // Field 6: battery in millivolts, network of 31.
        body.extend([6, 6, 1]);
        body.extend((3_300 + u16::from(report.battery_percent) * 9).to_le_bytes());
        body.push(4);
        body.extend(u16::from(report.csq.min(31)).to_le_bytes());
        let mut record = (len_u16(&body) + 2).to_le_bytes().to_vec();
        record.extend(body);
        record
    }
}

/// What made the record: an alarm that has just begun, else the interval.
fn reason(report: &Report) -> u8 {
    let reasons = [
        (Signal::CoverOpen, 29),
        (Signal::Displaced, 20),
        (Signal::Collision, 23),
        (Signal::Overspeed, 18),
        (Signal::FenceEntered, 44),
        (Signal::FenceLeft, 45),
    ];
    let begun = reasons.iter().find(|(signal, _)| report.fresh && report.signals.contains(*signal));
    begun.map_or(11, |(_, reason)| *reason)
}

fn seconds(at: Timestamp) -> u32 {
    u32::try_from((at.as_millis() - EPOCH_MS) / 1000).unwrap_or(0)
}

fn frame(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x02, 0x55, kind];
    bytes.extend(len_u16(content).to_le_bytes());
    bytes.extend_from_slice(content);
    bytes
}

impl Terminal for DigitalMatter {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn connected(&mut self, _at: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.ready = false;
        // Serial number, IMEI and ICCID with a zero behind each.
        let mut hello = 1_u32.to_le_bytes().to_vec();
        hello.extend_from_slice(self.id.value().as_bytes());
        hello.push(0);
        hello.extend(b"89882390000000000000\0");
        out.extend(frame(HELLO, &hello));
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    /// A commit without records.
    fn heartbeat(&mut self, _report: &Report, out: &mut Vec<u8>) {
        out.extend(frame(COMMIT, &[]));
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        self.send(std::slice::from_ref(report), report.fresh && !report.signals.is_empty())
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        self.send(reports.get(..BATCH_MAX).unwrap_or(reports), true)
    }

    fn event(&mut self, _event: LockEvent, _report: &Report) -> Option<Outgoing> {
        None
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        self.inbox.push(bytes);
        let ready = &mut self.ready;
        self.inbox.drain(|rest| {
            let length = usize::from(u16::from_le_bytes(*rest.get(3..)?.first_chunk()?));
            let content = rest.get(5..5 + length)?;
            match (rest.get(2), content.first()) {
                (Some(&HELLO_ANSWER), _) => {
                    *ready = true;
                    incoming.push(Incoming::Ready);
                }
                (Some(&COMMIT_ANSWER), Some(1)) => incoming.push(Incoming::Acknowledged(COMMITTED)),
                (Some(&COMMIT_ANSWER), _) => incoming.push(Incoming::Rejected(COMMITTED)),
                _ => {}
            }
            Some(5 + length)
        });
    }

    /// It takes no commands.
    fn answer(&mut self, _reference: u32, _outcome: Outcome, _report: &Report) -> Vec<Outgoing> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::{Scheme, Signals};

    use super::*;
    use crate::protocol::{Fix, Lock};

    #[test]
    fn a_tampered_cover_is_a_record_of_its_reason_and_its_commit() {
        let mut device = DigitalMatter::new(DeviceId::new(Scheme::Tracker, "352656106127312").unwrap());
        let report = Report {
            at: Timestamp::from_secs(1_785_578_400),
            fix: Fix {
                latitude_e7: 485_000_000,
                longitude_e7: 112_500_000,
                fixed: true,
                altitude_m: 520,
                speed_kmh: 36,
                course_deg: 90,
                satellites: 9,
            },
            odometer_km: 7,
            battery_percent: 50,
            csq: 31,
            lock: Lock { cover_closed: false, ..Lock::SEALED },
            signals: Signals::from(Signal::CoverOpen),
            fresh: true,
        };
        let sent = device.live(&report);
        // Records: length, serial number, time, reason 29, then fields 0, 2 and 6; the commit behind them.
        let expected = [
            "0255043400340001000000a09c8b191d",
            "0015a09c8b194083e81c209db4060802e803052d0f0801",
            "02080100000000004200",
            "060601a60e041f00",
            "0255050000",
        ];
        assert_eq!(plomb_wire::to_hex(&sent.bytes), expected.concat());
        let mut incoming = Vec::new();
        device.receive(&[2, 0x55, 6, 1, 0, 1], &mut incoming);
        assert_eq!(incoming, [Incoming::Acknowledged(COMMITTED)]);
    }
}
