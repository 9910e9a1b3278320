//! TK103 in its older layout, the device's side: fields that run together, alarms of their own, commands by name.
//!
//! Source: the public "GPS tracker communication protocol" of the TK103.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::bytes::degrees_minutes;
use super::{AckKey, Civil, Inbox, Incoming, Outcome, Outgoing, Report, Terminal};

/// What it tells of the conditions that are played.
pub(super) const TOLD: &[Signal] = &[Signal::Shock];
/// Numbers of the alarms of `BO01`.
const ALARMS: [(Signal, u32); 4] =
    [(Signal::PowerCut, 0), (Signal::Sos, 2), (Signal::Shock, 3), (Signal::Overspeed, 5)];

/// A TK103 tracker.
#[derive(Debug)]
pub struct Tk103 {
    id: DeviceId,
    ready: bool,
    inbox: Inbox,
    /// Names of the commands received on this connection; their places are their references.
    commands: Vec<String>,
}

impl Tk103 {
    /// A tracker with a number of twelve digits.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, ready: false, inbox: Inbox::default(), commands: Vec::new() }
    }

    fn message(&self, body: &str) -> Vec<u8> {
        format!("({}{body})", self.id.value()).into_bytes()
    }

    fn read(&mut self, text: &str, incoming: &mut Vec<Incoming>) {
        let Some(body) = text.get(self.id.value().len()..) else { return };
        let (name, rest) = body.split_at_checked(4).unwrap_or((body, ""));
        match name {
            "AP01" => {
                self.ready = true;
                incoming.push(Incoming::Ready);
            }
            "AS01" => incoming.extend(rest.parse().ok().map(|number| Incoming::Acknowledged(AckKey(number)))),
            _ if name.starts_with('A') => {
                let reference = u32::try_from(self.commands.len()).unwrap_or(u32::MAX);
                self.commands.push(name.to_owned());
                incoming.push(match name {
                    "AP00" => Incoming::Locate { reference },
                    _ => Incoming::Other { reference, text: body.to_owned() },
                });
            }
            _ => {}
        }
    }
}

/// Date, mark, place, speed, time, course, state, mileage.
fn place(report: &Report) -> String {
    let (fix, civil) = (report.fix, Civil::of(report.at, 0));
    let (latitude, latitude_minutes) = degrees_minutes(fix.latitude_e7);
    let (longitude, longitude_minutes) = degrees_minutes(fix.longitude_e7);
    format!(
        "{:02}{:02}{:02}{}{latitude:02}{:02}.{:04}{}{longitude:03}{:02}.{:04}{}{:03}.0{:02}{:02}{:02}{:03}.00{}L{:08X}",
        civil.short_year(),
        civil.month,
        civil.day,
        if fix.fixed { "A" } else { "V" },
        latitude_minutes / 10_000,
        latitude_minutes % 10_000,
        if fix.latitude_e7 < 0 { "S" } else { "N" },
        longitude_minutes / 10_000,
        longitude_minutes % 10_000,
        if fix.longitude_e7 < 0 { "W" } else { "E" },
        fix.speed_kmh,
        civil.hour,
        civil.minute,
        civil.second,
        fix.course_deg,
        // Bit 3 of the fourth character: the door.
        if report.lock.door_closed { "00000000" } else { "00080000" },
        u64::from(report.odometer_km) * 1000,
    )
}

impl Terminal for Tk103 {
    fn id(&self) -> DeviceId {
        self.id
    }

    /// Its handshake stands for a log-in.
    fn connected(&mut self, _: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.commands.clear();
        self.ready = false;
        out.extend(self.message(&format!("BP00{}HSO", self.id.value())));
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn heartbeat(&mut self, _: &Report, out: &mut Vec<u8>) {
        out.extend(self.message(&format!("BP00{}HSO", self.id.value())));
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        let told = ALARMS.iter().find(|(signal, _)| report.fresh && report.signals.contains(*signal));
        match told {
            Some((_, number)) => Outgoing {
                bytes: self.message(&format!("BO01{number}{}", place(report))),
                expects: Some(AckKey(*number)),
                essential: true,
            },
            None => Outgoing {
                bytes: self.message(&format!("BR00{}", place(report))),
                expects: None,
                essential: false,
            },
        }
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        let bytes =
            reports.iter().flat_map(|report| self.message(&format!("BR00{}", place(report)))).collect();
        Outgoing { bytes, expects: None, essential: true }
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut texts = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let end = rest.iter().position(|byte| *byte == b')')?;
            let begin = rest.iter().position(|byte| *byte == b'(').map_or(0, |at| at + 1);
            texts.push(String::from_utf8_lossy(rest.get(begin..end).unwrap_or_default()).into_owned());
            Some(end + 1)
        });
        for text in texts {
            self.read(&text, incoming);
        }
    }

    /// `BP04` brings the place, `BS08` says that the interval is set; others are named as the command.
    fn answer(&mut self, reference: u32, outcome: Outcome, report: &Report) -> Vec<Outgoing> {
        let index = usize::try_from(reference).unwrap_or(usize::MAX);
        let Some(name) = self.commands.get(index).filter(|_| outcome == Outcome::Done) else {
            return Vec::new();
        };
        let body = match name.as_str() {
            "AP00" => format!("BP04{}", place(report)),
            "AR00" => "BS08".to_owned(),
            name => format!("B{}", name.get(1..).unwrap_or_default()),
        };
        vec![Outgoing { bytes: self.message(&body), expects: None, essential: true }]
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::Scheme;

    use super::*;

    #[test]
    fn answers_and_commands_are_told_apart() {
        let mut device = Tk103::new(DeviceId::new(Scheme::Tracker, "013612345678").unwrap());
        let mut incoming = Vec::new();
        device.receive(b"(013612345678AP01HSO)(0136123456", &mut incoming);
        device.receive(b"78AS013)(013612345678AP00)(013612345678AR00003C0000)", &mut incoming);
        assert_eq!(
            incoming,
            [
                Incoming::Ready,
                Incoming::Acknowledged(AckKey(3)),
                Incoming::Locate { reference: 0 },
                Incoming::Other { reference: 1, text: "AR00003C0000".to_owned() },
            ]
        );
    }
}
