//! Meitrack, the device's side: `AAA` lines with an event's number, and commands that are answered under their flag.
//!
//! Source: the public "Meitrack GPRS Protocol". No line waits for an answer: only the records of `CCC` do.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::{Civil, Inbox, Incoming, Outcome, Outgoing, Report, Terminal};

/// What it tells of the conditions that are played.
pub(super) const TOLD: &[Signal] = &[Signal::LowBattery, Signal::GnssJamming];
/// Numbers of events.
const EVENTS: [(Signal, u8); 5] = [
    (Signal::Sos, 1),
    (Signal::LowBattery, 17),
    (Signal::Overspeed, 19),
    (Signal::PowerCut, 23),
    (Signal::GnssJamming, 44),
];
const HEARTBEAT: u8 = 31;
const INTERVAL: u8 = 35;
/// A position that was asked for.
const ASKED_FOR: u8 = 34;
/// The flags of lines run from `A` to `z`.
const FLAGS: std::ops::RangeInclusive<u8> = b'A'..=b'z';

/// A Meitrack tracker.
#[derive(Debug)]
pub struct Meitrack {
    id: DeviceId,
    flag: u8,
    ready: bool,
    inbox: Inbox,
    /// Flags and commands received on this connection; their places are their references.
    commands: Vec<(u8, String)>,
}

impl Meitrack {
    /// A tracker with an IMEI.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, flag: *FLAGS.start(), ready: false, inbox: Inbox::default(), commands: Vec::new() }
    }

    /// A line: the length counts from the first comma to the end.
    fn line(&self, flag: u8, content: &str) -> Vec<u8> {
        let rest = format!(",{},{content}*", self.id.value());
        let head = format!("$${}{}{rest}", char::from(flag), rest.len() + 4);
        let sum = head.bytes().fold(0_u8, u8::wrapping_add);
        format!("{head}{sum:02X}\r\n").into_bytes()
    }

    fn next_flag(&mut self) -> u8 {
        let flag = self.flag;
        self.flag = if flag == *FLAGS.end() { *FLAGS.start() } else { flag + 1 };
        flag
    }

    fn told(&mut self, report: &Report, event: u8) -> Vec<u8> {
        let flag = self.next_flag();
        self.line(flag, &place(report, event))
    }
}

fn place(report: &Report, event: u8) -> String {
    let (fix, civil) = (report.fix, Civil::of(report.at, 0));
    // A lithium cell: 3.30 V empty, 4.20 V full, in hundredths of a volt.
    let cell = 330 + u32::from(report.battery_percent) * 90 / 100;
    format!(
        "AAA,{event},{},{},{:02}{:02}{:02}{:02}{:02}{:02},{},{},{},{},{},1.0,{},{},86400,639|2|0A1B|2C3D,{:04X},0000|0000|0000|{cell:04X}|0000,",
        degrees(fix.latitude_e7),
        degrees(fix.longitude_e7),
        civil.short_year(),
        civil.month,
        civil.day,
        civil.hour,
        civil.minute,
        civil.second,
        if fix.fixed { "A" } else { "V" },
        fix.satellites,
        report.csq,
        fix.speed_kmh,
        fix.course_deg,
        fix.altitude_m,
        u64::from(report.odometer_km) * 1000,
        // The first input is wired to the door.
        u32::from(!report.lock.door_closed) << 8,
    )
}

/// Degrees with six decimals, as the manual writes them.
fn degrees(e7: i32) -> String {
    let micro = (u64::from(e7.unsigned_abs()) + 5) / 10;
    format!("{}{}.{:06}", if e7 < 0 { "-" } else { "" }, micro / 1_000_000, micro % 1_000_000)
}

impl Terminal for Meitrack {
    fn id(&self) -> DeviceId {
        self.id
    }

    /// It has no log-in: each line names its device.
    fn connected(&mut self, _: Timestamp, _: &mut Vec<u8>) {
        self.inbox.clear();
        self.commands.clear();
        self.ready = true;
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn heartbeat(&mut self, report: &Report, out: &mut Vec<u8>) {
        out.extend(self.told(report, HEARTBEAT));
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        let event = EVENTS.iter().find(|(signal, _)| report.fresh && report.signals.contains(*signal));
        let bytes = self.told(report, event.map_or(INTERVAL, |(_, number)| *number));
        Outgoing { bytes, expects: None, essential: event.is_some() }
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        let mut bytes = Vec::new();
        for report in reports {
            bytes.extend(self.told(report, INTERVAL));
        }
        Outgoing { bytes, expects: None, essential: true }
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut lines = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
            lines.push(String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned());
            Some(end + 2)
        });
        for line in lines {
            // `@@`, flag and length, IMEI, command with its values; then `*` and the checksum.
            let Some((head, rest)) = line.strip_prefix("@@").and_then(|line| line.split_once(',')) else {
                continue;
            };
            let Some(flag) = head.bytes().next() else { continue };
            let content = rest.split_once(',').map_or("", |(_, content)| content);
            let content = content.rsplit_once('*').map_or(content, |(content, _)| content);
            let name = content.split(',').next().unwrap_or_default().to_owned();
            let reference = u32::try_from(self.commands.len()).unwrap_or(u32::MAX);
            incoming.push(match name.as_str() {
                "A10" => Incoming::Locate { reference },
                _ => Incoming::Other { reference, text: content.to_owned() },
            });
            self.commands.push((flag, name));
        }
    }

    /// A position is asked for and comes as one; all else is answered `OK`. The flag is the command's.
    fn answer(&mut self, reference: u32, outcome: Outcome, report: &Report) -> Vec<Outgoing> {
        let index = usize::try_from(reference).unwrap_or(usize::MAX);
        let Some((flag, name)) = self.commands.get(index).filter(|_| outcome == Outcome::Done) else {
            return Vec::new();
        };
        let content = if name == "A10" { place(report, ASKED_FOR) } else { format!("{name},OK") };
        vec![Outgoing { bytes: self.line(*flag, &content), expects: None, essential: true }]
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::Scheme;

    use super::*;

    #[test]
    fn a_line_has_its_length_and_sum() {
        let device = Meitrack::new(DeviceId::new(Scheme::Imei, "353358017784062").unwrap());
        // The example of the manual for a command's answer.
        let line = String::from_utf8(device.line(b'V', "A12,OK")).unwrap();
        assert!(line.starts_with("$$V28,353358017784062,A12,OK*"), "{line}");
        let (head, sum) = line.trim_end().rsplit_once('*').unwrap();
        let expected = head.bytes().chain([b'*']).fold(0_u8, u8::wrapping_add);
        assert_eq!(sum, format!("{expected:02X}"));
    }

    #[test]
    fn a_command_is_answered_under_its_flag() {
        let mut device = Meitrack::new(DeviceId::new(Scheme::Imei, "353358017784062").unwrap());
        let mut incoming = Vec::new();
        device.receive(b"@@Q25,353358017784062,A10*6A\r\n@@R28,353358017784062,A12,6*", &mut incoming);
        device.receive(b"11\r\n", &mut incoming);
        assert_eq!(
            incoming,
            [Incoming::Locate { reference: 0 }, Incoming::Other { reference: 1, text: "A12,6".to_owned() },]
        );
    }
}
