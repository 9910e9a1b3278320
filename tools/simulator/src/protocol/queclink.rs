//! Queclink @Track, the device's side: texts of a GL300 (1A0102): positions, alarms, heartbeats, commands.
//!
//! Source: "GL300 @Tracker Air Interface Protocol" 1.02. The device waits for the `+SACK` of each report. It has no
//! words for a lock: the incidents of one are not told.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::{AckKey, Civil, Inbox, Incoming, Outcome, Outgoing, Report, Terminal};

/// GL300, protocol 1.02.
const VERSION: &str = "1A0102";

/// What it tells of the conditions that are played.
pub(super) const TOLD: &[Signal] = &[Signal::LowBattery, Signal::GnssJamming];

/// A GL300.
#[derive(Debug)]
pub struct Queclink {
    id: DeviceId,
    count: u16,
    ready: bool,
    inbox: Inbox,
}

impl Queclink {
    /// A device with an IMEI.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, count: 0, ready: false, inbox: Inbox::default() }
    }

    /// A text whose `body` stands between the device name and the send time.
    fn text(&mut self, head: &str, name: &str, body: &str, at: Timestamp) -> (Vec<u8>, AckKey) {
        self.count = self.count.wrapping_add(1);
        let (id, at, count) = (self.id.value(), time(at), self.count);
        let text = format!("+{head}:GT{name},{VERSION},{id},{body},{at},{count:04X}$");
        (text.into_bytes(), AckKey(u32::from(count)))
    }

    fn report(&mut self, head: &str, report: &Report) -> Outgoing {
        let place = place(report);
        let battery = report.battery_percent;
        let fresh = |signal| report.fresh && report.signals.contains(signal);
        let (name, body) = if fresh(Signal::Sos) {
            ("SOS", format!(",0,0,1,{place},,{battery}"))
        } else if fresh(Signal::LowBattery) {
            ("BPL", format!(",3.55,{place},"))
        } else if fresh(Signal::GnssJamming) {
            ("GPJ", format!(",3,{place},"))
        } else {
            ("FRI", format!(",0,0,1,{place},{}.0,{battery}", report.odometer_km))
        };
        let (bytes, key) = self.text(head, name, &body, report.at);
        Outgoing { bytes, expects: Some(key), essential: name != "FRI" || head == "BUFF" }
    }
}

fn time(at: Timestamp) -> String {
    let civil = Civil::of(at, 0);
    let (date, clock) = ((civil.year, civil.month, civil.day), (civil.hour, civil.minute, civil.second));
    format!("{:04}{:02}{:02}{:02}{:02}{:02}", date.0, date.1, date.2, clock.0, clock.1, clock.2)
}

/// Accuracy to cell and the reserved field.
fn place(report: &Report) -> String {
    let fix = report.fix;
    let degrees = |e7: i32| {
        let e6 = (e7.unsigned_abs() + 5) / 10;
        format!("{}{}.{:06}", if e7 < 0 { "-" } else { "" }, e6 / 1_000_000, e6 % 1_000_000)
    };
    format!(
        "{},{}.0,{},{}.0,{},{},{},0639,0002,1408,4C00,00",
        u8::from(fix.fixed),
        fix.speed_kmh,
        fix.course_deg,
        fix.altitude_m,
        degrees(fix.longitude_e7),
        degrees(fix.latitude_e7),
        time(report.at)
    )
}

impl Terminal for Queclink {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn connected(&mut self, at: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        // There is no log-in: the first heartbeat opens the conversation.
        self.ready = true;
        out.extend(self.text("ACK", "HBD", "", at).0);
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn heartbeat(&mut self, report: &Report, out: &mut Vec<u8>) {
        out.extend(self.text("ACK", "HBD", "", report.at).0);
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        self.report("RESP", report)
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        match reports.first() {
            Some(report) => self.report("BUFF", report),
            None => Outgoing { bytes: Vec::new(), expects: None, essential: false },
        }
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut texts = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let end = rest.iter().position(|byte| *byte == b'$')?;
            texts.push(String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned());
            Some(end + 1)
        });
        for text in texts {
            let last = text.rsplit([',', ':']).next().unwrap_or_default();
            let Ok(number) = u16::from_str_radix(last, 16) else { continue };
            if text.starts_with("+SACK:GTHBD") {
                incoming.push(Incoming::Ready);
            } else if text.starts_with("+SACK:") {
                incoming.push(Incoming::Acknowledged(AckKey(u32::from(number))));
            } else if text.starts_with("AT+GTRTO=") && text.split(',').nth(1) == Some("1") {
                incoming.push(Incoming::Locate { reference: u32::from(number) });
            } else if text.starts_with("AT+GT") {
                incoming.push(Incoming::Other { reference: u32::from(number), text });
            }
        }
    }

    fn answer(&mut self, reference: u32, outcome: Outcome, report: &Report) -> Vec<Outgoing> {
        let head = if outcome == Outcome::Done { "ACK" } else { "NACK" };
        let (bytes, _) = self.text(head, "RTO", &format!(",{reference:04X}"), report.at);
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
            at: "2009-02-14T01:32:54Z".parse().unwrap(),
            fix: Fix {
                latitude_e7: 312_220_730,
                longitude_e7: 1_213_543_350,
                fixed: true,
                altitude_m: 70,
                speed_kmh: 4,
                course_deg: 92,
                satellites: 7,
            },
            odometer_km: 2000,
            battery_percent: 90,
            csq: 20,
            lock: Lock::SEALED,
            signals: Signals::NONE,
            fresh: true,
        }
    }

    #[test]
    fn texts_are_as_the_manual_has_them() {
        let mut device = Queclink::new(DeviceId::new(Scheme::Imei, "135790246811220").unwrap());
        let sent = device.live(&report());
        assert_eq!(
            String::from_utf8(sent.bytes).unwrap(),
            "+RESP:GTFRI,1A0102,135790246811220,,0,0,1,1,4.0,92,70.0,121.354335,31.222073,20090214013254,0639,0002,1408,4C00,00,2000.0,90,20090214013254,0001$"
        );
        let mut sos = report();
        sos.signals = Signals::from(Signal::Sos);
        let sent = device.kept(&[sos]);
        assert!(sent.essential && sent.bytes.starts_with(b"+BUFF:GTSOS,"));
    }

    #[test]
    fn acknowledgements_and_commands() {
        let mut device = Queclink::new(DeviceId::new(Scheme::Imei, "135790246811220").unwrap());
        let mut incoming = Vec::new();
        device.receive(b"+SACK:GTHBD,1A0102,0001$+SACK:00", &mut incoming);
        device.receive(b"0A$AT+GTRTO=gl300,1,,,,,,0015$", &mut incoming);
        let expected =
            [Incoming::Ready, Incoming::Acknowledged(AckKey(10)), Incoming::Locate { reference: 0x15 }];
        assert_eq!(incoming, expected);
        let answer = device.answer(0x15, Outcome::Done, &report());
        let text = String::from_utf8(answer[0].bytes.clone()).unwrap();
        assert_eq!(text, "+ACK:GTRTO,1A0102,135790246811220,,0015,20090214013254,0001$");
    }
}
