//! eSeal, the device's side: start-up, periodic reports, events of the seal, remote commands.
//!
//! Source: `docs/protocols/eseal.md`. The seal waits for the acknowledgement of each report, which brings its index
//! back. It tells no battery alarm and no cut of a rope: its seal is a door contact and a lock.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::{AckKey, Civil, Inbox, Incoming, LockEvent, Outcome, Outgoing, Report, Terminal};

/// Customer and firmware.
const CUSTOMER: &str = "256";
const FIRMWARE: &str = "3.0.8";
/// Interval of the reports, minutes.
const INTERVAL_MIN: u32 = 15;

/// What it tells of the conditions that are played.
pub(super) const TOLD: &[Signal] = &[Signal::Shock];

/// Events by the condition that has just begun.
const EVENTS: [(Signal, &str); 5] = [
    (Signal::DoorOpen, "Event-Door"),
    (Signal::Shock, "Event-Shock"),
    (Signal::Drop, "Event-Drop"),
    (Signal::Locked, "Event-Lock"),
    (Signal::Unlocked, "Event-RC-Unlock"),
];

/// An electronic seal.
#[derive(Debug)]
pub struct Eseal {
    id: DeviceId,
    index: u32,
    ready: bool,
    inbox: Inbox,
    /// Names of the commands received on this connection; their places are their references.
    commands: Vec<String>,
}

impl Eseal {
    /// A seal with a number.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, index: 0, ready: false, inbox: Inbox::default(), commands: Vec::new() }
    }

    fn message(&self, body: &str) -> Vec<u8> {
        format!("##S,eSeal,{},{CUSTOMER},{FIRMWARE},{body},E##\r\n", self.id.value()).into_bytes()
    }

    fn report(&mut self, name: &str, report: &Report) -> Outgoing {
        self.index = self.index.wrapping_add(1);
        let civil = Civil::of(report.at, 0);
        let (fix, index) = (report.fix, self.index);
        let body = format!(
            "{name},{index},{:04}-{:02}-{:02},{:02}:{:02}:{:02},{INTERVAL_MIN},{},{}{} {}{},{},{},{},1.0,0:0:3:0,{},{}",
            civil.year,
            civil.month,
            civil.day,
            civil.hour,
            civil.minute,
            civil.second,
            if fix.fixed { "A" } else { "V" },
            degrees(fix.latitude_e7),
            if fix.latitude_e7 < 0 { "S" } else { "N" },
            degrees(fix.longitude_e7),
            if fix.longitude_e7 < 0 { "W" } else { "E" },
            fix.course_deg,
            fix.speed_kmh,
            if report.lock.door_closed { "Close" } else { "Open" },
            volts(report.battery_percent),
            i32::from(report.csq) * 2 - 113,
        );
        Outgoing { bytes: self.message(&body), expects: Some(AckKey(index)), essential: name != "Normal" }
    }
}

fn degrees(e7: i32) -> String {
    let e6 = (e7.unsigned_abs() + 5) / 10;
    format!("{}.{:06}", e6 / 1_000_000, e6 % 1_000_000)
}

/// A lithium cell: 3.3 V empty, 4.2 V full.
fn volts(percent: u8) -> String {
    let tenths = 33 + u16::from(percent) * 9 / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

impl Terminal for Eseal {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn connected(&mut self, at: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.commands.clear();
        self.ready = false;
        // Before the first fix it has no place.
        let civil = Civil::of(at, 0);
        self.index = self.index.wrapping_add(1);
        let body = format!(
            "Startup,{},{:04}-{:02}-{:02},{:02}:{:02}:{:02},{INTERVAL_MIN},V,0.000000N 0.000000E,0,0,Close,1.0,0:0:3:0,4.0,-81",
            self.index, civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second
        );
        out.extend(self.message(&body));
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn heartbeat(&mut self, report: &Report, out: &mut Vec<u8>) {
        out.extend(self.report("Normal", report).bytes);
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        let begun = EVENTS.iter().find(|(signal, _)| report.fresh && report.signals.contains(*signal));
        self.report(begun.map_or("Normal", |(_, name)| name), report)
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        match reports.first() {
            Some(report) => Outgoing { essential: true, ..self.live(report) },
            None => Outgoing { bytes: Vec::new(), expects: None, essential: false },
        }
    }

    fn event(&mut self, event: LockEvent, report: &Report) -> Option<Outgoing> {
        matches!(event, LockEvent::AutomaticLock).then(|| self.report("Event-Lock", report))
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut texts = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let end = rest.windows(4).position(|part| part == b",E##")?;
            texts.push(String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned());
            Some(end + 4)
        });
        for text in texts {
            let mut fields = text.split(',').skip(5);
            let name = fields.next().unwrap_or_default();
            let index = fields.next().and_then(|index| index.parse().ok());
            match (name.strip_suffix(" ACK"), index) {
                (Some("Startup"), _) => {
                    self.ready = true;
                    incoming.push(Incoming::Ready);
                }
                (Some(_), Some(index)) => incoming.push(Incoming::Acknowledged(AckKey(index))),
                _ => {
                    let reference = u32::try_from(self.commands.len()).unwrap_or(u32::MAX);
                    self.commands.push(name.to_owned());
                    incoming.push(match name {
                        "RC-Unlock" => Incoming::Unlock { reference, password: None },
                        _ => Incoming::Other { reference, text: name.to_owned() },
                    });
                }
            }
        }
    }

    fn answer(&mut self, reference: u32, outcome: Outcome, report: &Report) -> Vec<Outgoing> {
        let place = usize::try_from(reference).unwrap_or(usize::MAX);
        let name = self.commands.get(place).cloned().unwrap_or_default();
        let plain = |bytes: Vec<u8>| Outgoing { bytes, expects: None, essential: true };
        let mut answers = vec![plain(self.message(&format!("{name} ACK,")))];
        if outcome == Outcome::Done {
            answers.push(plain(self.message(&format!("{name} OK,"))));
            if name == "RC-Unlock" {
                answers.push(self.report("Event-RC-Unlock", report));
            }
        }
        answers
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::{Scheme, Signals};

    use super::*;
    use crate::protocol::{Fix, Lock};

    fn report() -> Report {
        Report {
            at: "2017-08-31T08:14:40Z".parse().unwrap(),
            fix: Fix {
                latitude_e7: 257_088_280,
                longitude_e7: -1_003_728_700,
                fixed: true,
                altitude_m: 540,
                speed_kmh: 36,
                course_deg: 10,
                satellites: 7,
            },
            odometer_km: 7,
            battery_percent: 60,
            csq: 20,
            lock: Lock { door_closed: false, ..Lock::SEALED },
            signals: Signals::from(Signal::DoorOpen),
            fresh: true,
        }
    }

    #[test]
    fn an_opened_door_is_an_event() {
        let mut seal = Eseal::new(DeviceId::new(Scheme::Tracker, "1000821").unwrap());
        let sent = seal.live(&report());
        assert_eq!(
            String::from_utf8(sent.bytes).unwrap(),
            "##S,eSeal,1000821,256,3.0.8,Event-Door,1,2017-08-31,08:14:40,15,A,25.708828N 100.372870W,10,36,Open,1.0,0:0:3:0,3.8,-73,E##\r\n"
        );
        assert!(sent.essential && sent.expects == Some(AckKey(1)));
    }

    #[test]
    fn acknowledgements_and_an_unlocking() {
        let mut seal = Eseal::new(DeviceId::new(Scheme::Tracker, "1000821").unwrap());
        let mut incoming = Vec::new();
        seal.receive(
            b"##S,eSeal,1000821,256,3.0.8,Startup ACK,1,,E##\r\n##S,eSeal,1000821,256,3.0.8,Nor",
            &mut incoming,
        );
        seal.receive(b"mal ACK,34,E##\r\n##S,eSeal,1000821,256,3.0.8,RC-Unlock,E##", &mut incoming);
        let unlock = Incoming::Unlock { reference: 0, password: None };
        assert_eq!(incoming, [Incoming::Ready, Incoming::Acknowledged(AckKey(34)), unlock]);
        let answers = seal.answer(0, Outcome::Done, &report());
        let texts: Vec<String> =
            answers.iter().map(|sent| String::from_utf8(sent.bytes.clone()).unwrap()).collect();
        assert!(texts[0].contains("RC-Unlock ACK") && texts[1].contains("RC-Unlock OK"));
        assert!(texts[2].contains("Event-RC-Unlock,1,"));
    }
}
