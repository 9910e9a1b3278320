//! Wialon IPS 2.0, the device's side: log-in, records, kept records as a black box, pings, messages of the operator.
//!
//! Source: Gurtam's public "Wialon IPS". Each line ends in a CRC-16 of what stands before it, its last `;` too.

use plomb_model::{DeviceId, Signal, Timestamp};
use plomb_wire::Crc16;

use super::bytes::degrees_minutes;
use super::{AckKey, Civil, Inbox, Incoming, Outgoing, Report, Terminal};

/// Of the conditions that are played it tells none: alarms other than a call for help are a matter of each maker's parameters.
pub(super) const TOLD: &[Signal] = &[];
/// Records of one black box; the manual leaves the number open.
const BATCH_MAX: usize = 20;
const RECORD: AckKey = AckKey(1);
const BLACK_BOX: AckKey = AckKey(2);

/// A device with an IMEI.
#[derive(Debug)]
pub struct WialonIps {
    id: DeviceId,
    ready: bool,
    inbox: Inbox,
    /// Texts received on this connection.
    commands: u32,
}

impl WialonIps {
    /// A device.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, ready: false, inbox: Inbox::default(), commands: 0 }
    }

    fn read(&mut self, line: &str, incoming: &mut Vec<Incoming>) {
        let Some((kind, content)) = line.strip_prefix('#').and_then(|line| line.split_once('#')) else {
            return;
        };
        match (kind, content) {
            ("AL", "1") => {
                self.ready = true;
                incoming.push(Incoming::Ready);
            }
            ("AL", _) => incoming.push(Incoming::Refused("the log-in was refused")),
            ("AD", "1") => incoming.push(Incoming::Acknowledged(RECORD)),
            ("AD", _) => incoming.push(Incoming::Rejected(RECORD)),
            ("AB", "0") => incoming.push(Incoming::Rejected(BLACK_BOX)),
            ("AB", _) => incoming.push(Incoming::Acknowledged(BLACK_BOX)),
            ("M", text) => {
                let text = text.rsplit_once(';').map_or(text, |(text, _)| text).to_owned();
                incoming.push(Incoming::Other { reference: self.commands, text });
                self.commands += 1;
            }
            _ => {}
        }
    }
}

/// A line with its checksum.
fn line(kind: &str, content: &str) -> Vec<u8> {
    format!("#{kind}#{content}{:04X}\r\n", Crc16::ARC.of(content.as_bytes())).into_bytes()
}

/// One record, without a separator at its end.
fn record(report: &Report) -> String {
    let (fix, civil) = (report.fix, Civil::of(report.at, 0));
    let (latitude, latitude_minutes) = degrees_minutes(fix.latitude_e7);
    let (longitude, longitude_minutes) = degrees_minutes(fix.longitude_e7);
    // A lithium cell: 3300 mV empty, 4200 mV full.
    let cell_mv = 3300 + u32::from(report.battery_percent) * 9;
    format!(
        "{:02}{:02}{:02};{:02}{:02}{:02};{latitude:02}{:02}.{:04};{};{longitude:03}{:02}.{:04};{};{};{};{};{};1.0;{};0;;NA;pwr_int:2:{}.{:03}",
        civil.day,
        civil.month,
        civil.short_year(),
        civil.hour,
        civil.minute,
        civil.second,
        latitude_minutes / 10_000,
        latitude_minutes % 10_000,
        if fix.latitude_e7 < 0 { "S" } else { "N" },
        longitude_minutes / 10_000,
        longitude_minutes % 10_000,
        if fix.longitude_e7 < 0 { "W" } else { "E" },
        fix.speed_kmh,
        fix.course_deg,
        fix.altitude_m,
        fix.satellites,
        // The first input is wired to the door.
        u8::from(!report.lock.door_closed),
        cell_mv / 1000,
        cell_mv % 1000,
    )
}

impl Terminal for WialonIps {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn connected(&mut self, _: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.ready = false;
        out.extend(line("L", &format!("2.0;{};NA;", self.id.value())));
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn heartbeat(&mut self, _: &Report, out: &mut Vec<u8>) {
        out.extend_from_slice(b"#P#\r\n");
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        Outgoing {
            bytes: line("D", &format!("{};", record(report))),
            expects: Some(RECORD),
            essential: report.fresh && !report.signals.is_empty(),
        }
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        let records: String = reports.iter().map(|report| format!("{}|", record(report))).collect();
        Outgoing { bytes: line("B", &records), expects: Some(BLACK_BOX), essential: true }
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
            self.read(&line, incoming);
        }
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::Scheme;

    use super::*;

    #[test]
    fn a_log_in_ends_in_its_checksum() {
        let mut device = WialonIps::new(DeviceId::new(Scheme::Tracker, "42001300083").unwrap());
        let mut hello = Vec::new();
        device.connected("2024-01-01T00:00:00Z".parse().unwrap(), &mut hello);
        let hello = String::from_utf8(hello).unwrap();
        assert!(hello.starts_with("#L#2.0;42001300083;NA;") && hello.ends_with("\r\n"));
        // CRC-16 with polynomial A001, as another program computes it.
        assert_eq!(line("L", "2.0;42001300083;;"), b"#L#2.0;42001300083;;DBEB\r\n");
    }

    #[test]
    fn answers_are_told_apart() {
        let mut device = WialonIps::new(DeviceId::new(Scheme::Tracker, "42001300083").unwrap());
        let mut incoming = Vec::new();
        device.receive(b"#AL#1\r\n#AD#", &mut incoming);
        device.receive(b"1\r\n#AD#16\r\n#AB#3\r\n#AB#0\r\n#AP#\r\n#M#stop;1A2B\r\n", &mut incoming);
        assert_eq!(
            incoming,
            [
                Incoming::Ready,
                Incoming::Acknowledged(RECORD),
                Incoming::Rejected(RECORD),
                Incoming::Acknowledged(BLACK_BOX),
                Incoming::Rejected(BLACK_BOX),
                Incoming::Other { reference: 0, text: "stop".to_owned() },
            ]
        );
    }
}
