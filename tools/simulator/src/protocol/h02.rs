//! H02, the device's side: places with an alarm status whose bits are 0 while an alarm holds, heartbeats, commands.
//!
//! Source: the public "H02 GPS tracker protocol". Nothing waits for an answer: the protocol's V4 names no report.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::bytes::degrees_minutes;
use super::{Civil, Inbox, Incoming, Outcome, Outgoing, Report, Terminal};

/// What it tells of the conditions that are played.
pub(super) const TOLD: &[Signal] = &[Signal::Shock];
/// Bits of the status that are 0 while the alarm holds.
const ALARM_BITS: [(Signal, u32); 4] =
    [(Signal::Shock, 0), (Signal::Sos, 1), (Signal::Overspeed, 2), (Signal::PowerCut, 19)];

/// An H02 tracker.
#[derive(Debug)]
pub struct H02 {
    id: DeviceId,
    ready: bool,
    inbox: Inbox,
    /// Names and times of the commands received on this connection; their places are their references.
    commands: Vec<(String, String)>,
}

impl H02 {
    /// A tracker with a number of ten digits.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, ready: false, inbox: Inbox::default(), commands: Vec::new() }
    }

    fn message(&self, body: &str) -> Vec<u8> {
        format!("*HQ,{},{body}#", self.id.value()).into_bytes()
    }

    fn position(&self, report: &Report, kept: bool) -> Outgoing {
        let bytes = self.message(&format!("V1,{}", place(report)));
        Outgoing { bytes, expects: None, essential: kept || report.fresh && !report.signals.is_empty() }
    }
}

/// Time, validity, place, speed in knots, course, date, status.
fn place(report: &Report) -> String {
    let (fix, civil) = (report.fix, Civil::of(report.at, 0));
    let (latitude, latitude_minutes) = degrees_minutes(fix.latitude_e7);
    let (longitude, longitude_minutes) = degrees_minutes(fix.longitude_e7);
    let knots = (u32::from(fix.speed_kmh) * 100_000 + 926) / 1852;
    let status = ALARM_BITS
        .iter()
        .filter(|(signal, _)| report.signals.contains(*signal))
        .fold(u32::MAX, |status, (_, bit)| status & !(1 << bit));
    format!(
        "{:02}{:02}{:02},{},{latitude:02}{:02}.{:04},{},{longitude:03}{:02}.{:04},{},{:03}.{:02},{:03},{:02}{:02}{:02},{status:08X}",
        civil.hour,
        civil.minute,
        civil.second,
        if fix.fixed { "A" } else { "V" },
        latitude_minutes / 10_000,
        latitude_minutes % 10_000,
        if fix.latitude_e7 < 0 { "S" } else { "N" },
        longitude_minutes / 10_000,
        longitude_minutes % 10_000,
        if fix.longitude_e7 < 0 { "W" } else { "E" },
        knots / 100,
        knots % 100,
        fix.course_deg,
        civil.day,
        civil.month,
        civil.short_year(),
    )
}

impl Terminal for H02 {
    fn id(&self) -> DeviceId {
        self.id
    }

    /// It has no log-in: a heartbeat is its greeting.
    fn connected(&mut self, _: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.commands.clear();
        self.ready = true;
        out.extend(self.message("HTBT"));
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn heartbeat(&mut self, report: &Report, out: &mut Vec<u8>) {
        out.extend(self.message(&format!("HTBT,{}", report.battery_percent)));
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        self.position(report, false)
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

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut texts = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let end = rest.iter().position(|byte| *byte == b'#')?;
            texts.push(String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned());
            Some(end + 1)
        });
        for text in texts {
            let mut fields = text.split(',').skip(2);
            let name = fields.next().unwrap_or_default();
            if matches!(name, "V4" | "HTBT" | "") {
                continue;
            }
            let reference = u32::try_from(self.commands.len()).unwrap_or(u32::MAX);
            self.commands.push((name.to_owned(), fields.next().unwrap_or_default().to_owned()));
            incoming.push(Incoming::Other { reference, text: name.to_owned() });
        }
    }

    fn answer(&mut self, reference: u32, outcome: Outcome, report: &Report) -> Vec<Outgoing> {
        let index = usize::try_from(reference).unwrap_or(usize::MAX);
        let Some((name, time)) = self.commands.get(index).filter(|_| outcome == Outcome::Done) else {
            return Vec::new();
        };
        let bytes = self.message(&format!("V4,{name},{time},{}", place(report)));
        vec![Outgoing { bytes, expects: None, essential: true }]
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::{Scheme, Signals};

    use super::*;
    use crate::protocol::{Fix, Lock};

    fn report(signals: Signals) -> Report {
        Report {
            at: "2019-12-05T09:12:33Z".parse().unwrap(),
            fix: Fix {
                latitude_e7: 238_148_533,
                longitude_e7: -903_555_033,
                fixed: true,
                altitude_m: 0,
                speed_kmh: 50,
                course_deg: 7,
                satellites: 9,
            },
            odometer_km: 0,
            battery_percent: 80,
            csq: 20,
            lock: Lock::SEALED,
            signals,
            fresh: true,
        }
    }

    #[test]
    fn a_place_has_the_layout_of_the_manual() {
        let mut tracker = H02::new(DeviceId::new(Scheme::Tracker, "4110051415").unwrap());
        let sent = tracker.live(&report(Signals::from(Signal::Shock)));
        assert_eq!(
            String::from_utf8(sent.bytes).unwrap(),
            "*HQ,4110051415,V1,091233,A,2348.8912,N,09021.3302,W,027.00,007,051219,FFFFFFFE#"
        );
        assert!(sent.essential && !tracker.live(&report(Signals::NONE)).essential);
    }

    #[test]
    fn a_command_is_answered_under_its_name_and_time() {
        let mut tracker = H02::new(DeviceId::new(Scheme::Tracker, "4110051415").unwrap());
        let mut incoming = Vec::new();
        tracker.receive(b"*HQ,4110051415,V4,V1,20191205091233#*HQ,4110051415,R1,13", &mut incoming);
        tracker.receive(b"0305#", &mut incoming);
        assert_eq!(incoming, [Incoming::Other { reference: 0, text: "R1".to_owned() }]);
        let [answer] = &tracker.answer(0, Outcome::Done, &report(Signals::NONE))[..] else { panic!() };
        assert!(answer.bytes.starts_with(b"*HQ,4110051415,V4,R1,130305,091233,A,"));
        assert!(tracker.answer(0, Outcome::Unknown, &report(Signals::NONE)).is_empty());
    }
}
