//! Suntech, the device's side: lines of an ST300: status, alerts, emergencies, commands.
//!
//! Source: "ST300/340 Operation Manual" 1.41, chapters 6 and 7. The platform acknowledges nothing in this protocol. It
//! has no words for a lock.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::{Civil, Inbox, Incoming, Outcome, Outgoing, Report, Terminal};

/// Model and firmware.
const MODEL: &str = "01;248";

/// What it tells of the conditions that are played.
pub(super) const TOLD: &[Signal] = &[Signal::Shock];

/// Emergencies and alerts by the condition that has just begun.
const ALARMS: [(Signal, &str, u8); 7] = [
    (Signal::Sos, "EMG", 1),
    (Signal::PowerCut, "ALT", 41),
    (Signal::Shock, "ALT", 15),
    (Signal::Collision, "ALT", 16),
    (Signal::NetworkJamming, "ALT", 50),
    (Signal::Overspeed, "ALT", 1),
    (Signal::DoorOpen, "EMG", 5),
];

/// An ST300.
#[derive(Debug)]
pub struct Suntech {
    id: DeviceId,
    number: u16,
    ready: bool,
    inbox: Inbox,
    /// Names of the commands received on this connection; their places are their references.
    commands: Vec<String>,
}

impl Suntech {
    /// A device with nine digits.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, number: 0, ready: false, inbox: Inbox::default(), commands: Vec::new() }
    }

    fn line(&mut self, report: &Report, kept: bool) -> Outgoing {
        let alarm = ALARMS.iter().find(|(signal, ..)| report.fresh && report.signals.contains(*signal));
        let (kind, own) = match alarm {
            Some((_, kind, number)) => (*kind, number.to_string()),
            None => {
                self.number = self.number % 9999 + 1;
                ("STT", format!("2;{:04}", self.number))
            }
        };
        let (civil, fix) = (Civil::of(report.at, 0), report.fix);
        let line = format!(
            "ST300{kind};{};{MODEL};{:04}{:02}{:02};{:02}:{:02}:{:02};2F100;{};{};{:03}.000;{:03}.00;{};{};{};12.60;{}00000;{own};001200;4.1;{}\r",
            self.id.value(),
            civil.year,
            civil.month,
            civil.day,
            civil.hour,
            civil.minute,
            civil.second,
            degrees(fix.latitude_e7, 2),
            degrees(fix.longitude_e7, 3),
            fix.speed_kmh,
            fix.course_deg,
            fix.satellites,
            u8::from(fix.fixed),
            report.odometer_km.saturating_mul(1000),
            u8::from(fix.speed_kmh > 3),
            u8::from(!kept),
        );
        Outgoing { bytes: line.into_bytes(), expects: None, essential: kept || alarm.is_some() }
    }
}

/// Sign, whole degrees of so many digits, six decimals.
fn degrees(e7: i32, digits: usize) -> String {
    let e6 = (e7.unsigned_abs() + 5) / 10;
    let sign = if e7 < 0 { '-' } else { '+' };
    format!("{sign}{:0digits$}.{:06}", e6 / 1_000_000, e6 % 1_000_000)
}

impl Terminal for Suntech {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn connected(&mut self, _: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.commands.clear();
        // There is no log-in: a sign of life opens the conversation.
        self.ready = true;
        out.extend(format!("ST300ALV;{}\r", self.id.value()).into_bytes());
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn heartbeat(&mut self, _: &Report, out: &mut Vec<u8>) {
        out.extend(format!("ST300ALV;{}\r", self.id.value()).into_bytes());
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        self.line(report, false)
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        match reports.first() {
            Some(report) => self.line(report, true),
            None => Outgoing { bytes: Vec::new(), expects: None, essential: false },
        }
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut lines = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let end = rest.iter().position(|byte| *byte == b'\r')?;
            lines.push(String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned());
            Some(end + 1)
        });
        for line in lines {
            let Some(name) = line.split(';').nth(3) else { continue };
            let reference = u32::try_from(self.commands.len()).unwrap_or(u32::MAX);
            self.commands.push(name.to_owned());
            incoming.push(match name {
                "StatusReq" => Incoming::Locate { reference },
                _ => Incoming::Other { reference, text: line },
            });
        }
    }

    /// A request for the status is answered by the status; the others name the command.
    fn answer(&mut self, reference: u32, _: Outcome, report: &Report) -> Vec<Outgoing> {
        let place = usize::try_from(reference).unwrap_or(usize::MAX);
        let name = self.commands.get(place).cloned().unwrap_or_default();
        if name == "StatusReq" {
            let status = Report { fresh: false, ..*report };
            return vec![self.line(&status, false)];
        }
        let bytes = format!("ST300CMD;Res;{};248;{name}\r", self.id.value()).into_bytes();
        vec![Outgoing { bytes, expects: None, essential: true }]
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::{Scheme, Signals};

    use super::*;
    use crate::protocol::{Fix, Lock};

    fn report() -> Report {
        Report {
            at: "2008-10-17T07:41:56Z".parse().unwrap(),
            fix: Fix {
                latitude_e7: 374_785_190,
                longitude_e7: 1_268_868_190,
                fixed: true,
                altitude_m: 70,
                speed_kmh: 62,
                course_deg: 65,
                satellites: 9,
            },
            odometer_km: 2,
            battery_percent: 90,
            csq: 20,
            lock: Lock::SEALED,
            signals: Signals::NONE,
            fresh: true,
        }
    }

    #[test]
    fn lines_are_as_the_manual_has_them() {
        let mut device = Suntech::new(DeviceId::new(Scheme::Tracker, "100850000").unwrap());
        let sent = device.live(&report());
        assert_eq!(
            String::from_utf8(sent.bytes).unwrap(),
            "ST300STT;100850000;01;248;20081017;07:41:56;2F100;+37.478519;+126.886819;062.000;065.00;9;1;2000;12.60;100000;2;0001;001200;4.1;1\r"
        );
        let shock = Report { signals: Signals::from(Signal::Shock), ..report() };
        let sent = device.kept(&[shock]);
        assert!(
            sent.essential
                && sent.bytes.starts_with(b"ST300ALT;")
                && sent.bytes.ends_with(b";15;001200;4.1;0\r")
        );
    }

    #[test]
    fn a_request_for_the_status_is_answered_by_it() {
        let mut device = Suntech::new(DeviceId::new(Scheme::Tracker, "100850000").unwrap());
        let mut incoming = Vec::new();
        device.receive(b"ST300CMD;100850000;02;StatusReq\rST300CMD;100850000;02;Reb", &mut incoming);
        device.receive(b"oot\r", &mut incoming);
        assert_eq!(incoming[0], Incoming::Locate { reference: 0 });
        assert!(device.answer(0, Outcome::Done, &report())[0].bytes.starts_with(b"ST300STT;"));
        let answer = device.answer(1, Outcome::Unknown, &report());
        assert_eq!(answer[0].bytes, b"ST300CMD;Res;100850000;248;Reboot\r");
    }
}
