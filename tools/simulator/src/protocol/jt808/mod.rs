//! JT/T 808-2013 and -2019, the terminal's side: registration, authentication, heartbeats, 0x0200 with lock items,
//! 0x0704 re-uploads, 0x8500 door control.
//!
//! Source: protocol notes, section 4.2. Splits no message into sub-packages and encrypts none.
//! A terminal number of 20 digits speaks the 2019 edition, one of 12 digits the 2013 edition.

mod body;
mod frame;

use plomb_model::{DeviceId, Timestamp};

use super::{AckKey, Inbox, Incoming, LockEvent, Outcome, Outgoing, Report, Terminal};
use crate::number::{len_u8, len_u16, low_u16};

pub(crate) use body::{OFFSET_MIN, registration};
use body::{location, location_with, text};
use frame::DIGITS_2019;
pub(crate) use frame::{ESCAPE, FLAG, escape_into, frame, split, unescape, unescaped_frame};

/// Reports in one 0x0704: with 80 bytes each well below the 1,023 bytes of a body.
const BATCH_MAX: usize = 10;

const REGISTER: u16 = 0x0100;
const AUTHENTICATE: u16 = 0x0102;
const HEARTBEAT: u16 = 0x0002;
const GENERAL_REPLY: u16 = 0x0001;
const LOCATION: u16 = 0x0200;
const LOCATION_REPLY: u16 = 0x0201;
const BATCH: u16 = 0x0704;
const CONTROL_REPLY: u16 = 0x0500;

/// How far a terminal has come on its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    New,
    Registering,
    Authenticating,
    Ready,
}

/// A JT/T 808 terminal.
#[derive(Debug)]
pub struct Jt808 {
    id: DeviceId,
    serial: u16,
    stage: Stage,
    code: Option<Vec<u8>>,
    control: Option<u16>,
    reply: Vec<u8>,
    inbox: Inbox,
}

impl Jt808 {
    /// A terminal with a number of 12 or 20 digits.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        let (reply, inbox) = (Vec::new(), Inbox::default());
        Self { id, serial: 0, stage: Stage::New, code: None, control: None, reply, inbox }
    }

    fn is_2019(&self) -> bool {
        self.id.value().len() == DIGITS_2019
    }

    fn frame(&mut self, message: u16, body: &[u8]) -> (Vec<u8>, u16) {
        let serial = self.serial;
        self.serial = self.serial.wrapping_add(1);
        (frame(self.id.value(), message, serial, body), serial)
    }

    fn send(&mut self, message: u16, body: &[u8], essential: bool) -> Outgoing {
        let (bytes, serial) = self.frame(message, body);
        Outgoing { bytes, expects: Some(key(message, serial)), essential }
    }

    fn register(&mut self, out: &mut Vec<u8>) {
        let body = registration(self.id.value());
        out.extend(self.frame(REGISTER, &body).0);
        self.stage = Stage::Registering;
    }

    fn authenticate(&mut self, code: &[u8], out: &mut Vec<u8>) {
        let body = if self.is_2019() {
            let mut body = vec![len_u8(code)];
            body.extend_from_slice(code);
            body.extend_from_slice(b"860000000000000");
            body.extend(text::<20>("PLOMB-SIM 1"));
            body
        } else {
            code.to_vec()
        };
        out.extend(self.frame(AUTHENTICATE, &body).0);
        self.stage = Stage::Authenticating;
    }

    fn read(&mut self, unescaped: &[u8], incoming: &mut Vec<Incoming>) {
        let Some((message, serial, body)) = split(unescaped) else { return };
        let u16_at = |at: usize| body.get(at..)?.first_chunk().map(|pair| u16::from_be_bytes(*pair));
        match message {
            0x8100 => match (body.get(2), body.get(3..)) {
                (Some(0), Some(code)) => {
                    self.code = Some(code.to_vec());
                    let mut reply = Vec::new();
                    self.authenticate(code, &mut reply);
                    self.reply.extend(reply);
                }
                _ => incoming.push(Incoming::Refused("registration refused")),
            },
            0x8001 => {
                let (Some(of), Some(what), Some(result)) = (u16_at(0), u16_at(2), body.get(4)) else {
                    return;
                };
                match (what, result) {
                    (AUTHENTICATE, 0) => {
                        self.stage = Stage::Ready;
                        incoming.push(Incoming::Ready);
                    }
                    (AUTHENTICATE, _) => {
                        self.code = None;
                        incoming.push(Incoming::Refused("authentication refused"));
                    }
                    (_, 0 | 4) => incoming.push(Incoming::Acknowledged(key(what, of))),
                    _ => incoming.push(Incoming::Rejected(key(what, of))),
                }
            }
            0x8500 => {
                self.control = Some(serial);
                let reference = u32::from(serial);
                incoming.push(match door(body) {
                    Some(true) => Incoming::Unlock { reference, password: None },
                    Some(false) => Incoming::Lock { reference },
                    None => Incoming::Other { reference: reference | 0x8500 << 16, text: String::new() },
                });
            }
            0x8201 => incoming.push(Incoming::Locate { reference: u32::from(serial) }),
            0x8003 | 0x8004 | 0x8109 => {}
            _ => incoming.push(Incoming::Other {
                reference: u32::from(message) << 16 | u32::from(serial),
                text: String::from_utf8_lossy(body.get(1..).unwrap_or_default()).into_owned(),
            }),
        }
    }

    /// What the log-in conversation has to send next, after [`Terminal::receive`].
    fn take_reply(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.reply)
    }
}

impl Terminal for Jt808 {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn connected(&mut self, _at: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.reply.clear();
        match self.code.clone() {
            Some(code) => self.authenticate(&code, out),
            None => self.register(out),
        }
    }

    fn disconnected(&mut self) {
        self.stage = Stage::New;
    }

    fn ready(&self) -> bool {
        self.stage == Stage::Ready
    }

    fn heartbeat(&mut self, _report: &Report, out: &mut Vec<u8>) {
        out.extend(self.frame(HEARTBEAT, &[]).0);
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        let body = location(report);
        self.send(LOCATION, &body, report.fresh && !report.signals.is_empty())
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        let reports = reports.get(..BATCH_MAX).unwrap_or(reports);
        let mut body = Vec::with_capacity(3 + reports.len() * 80);
        body.extend(u16::try_from(reports.len()).unwrap_or_default().to_be_bytes());
        body.push(1); // Blind-area re-upload.
        for report in reports {
            let item = location(report);
            body.extend(len_u16(&item).to_be_bytes());
            body.extend(item);
        }
        self.send(BATCH, &body, true)
    }

    fn event(&mut self, event: LockEvent, report: &Report) -> Option<Outgoing> {
        let code = match event {
            LockEvent::CardUnlock { .. } => 0x04,
            LockEvent::CardRefused { .. } => 0x0B,
            LockEvent::WrongPassword { .. } => 0x13,
            LockEvent::AutomaticLock => 0x02,
            LockEvent::RopePulledOut => 0x01,
        };
        let body = location_with(report, Some(code));
        Some(self.send(LOCATION, &body, true))
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut frames = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let start = memchr::memchr(FLAG, rest);
            let Some(start) = start else { return Some(rest.len()) };
            let end = start + 1 + memchr::memchr(FLAG, rest.get(start + 1..)?)?;
            if end == start + 1 {
                return Some(end);
            }
            frames.extend(unescape(rest.get(start + 1..end).unwrap_or_default()));
            Some(end + 1)
        });
        for frame in frames {
            self.read(&frame, incoming);
        }
        let reply = self.take_reply();
        if !reply.is_empty() {
            incoming.push(Incoming::Reply(reply));
        }
    }

    fn answer(&mut self, reference: u32, outcome: Outcome, report: &Report) -> Vec<Outgoing> {
        let serial = low_u16(reference);
        let control = self.control.take_if(|control| *control == serial).is_some();
        let of = match (reference >> 16, control) {
            (0, true) => 0x8500,
            (0, false) => 0x8201,
            (message, _) => low_u16(message),
        };
        if of == 0x8201 {
            let mut body = serial.to_be_bytes().to_vec();
            body.extend(location(report));
            return vec![self.send(LOCATION_REPLY, &body, true)];
        }
        let result = match outcome {
            Outcome::Done => 0,
            Outcome::WrongPassword => 1,
            Outcome::Unknown => 3,
        };
        let mut body = serial.to_be_bytes().to_vec();
        body.extend(of.to_be_bytes());
        body.push(result);
        let mut general = self.send(GENERAL_REPLY, &body, true);
        general.expects = None; // The platform does not acknowledge an acknowledgement.
        let mut answers = vec![general];
        if of == 0x8500 && outcome == Outcome::Done {
            let mut body = serial.to_be_bytes().to_vec();
            body.extend(location(report));
            answers.push(self.send(CONTROL_REPLY, &body, true));
        }
        answers
    }
}

/// Whether an 0x8500 opens the doors.
///
/// 2013: one flag byte, bit 0 clear opens. 2019: count, then the control's type (1 is the doors) and its value,
/// where 1 opens.
fn door(body: &[u8]) -> Option<bool> {
    match body {
        [flag] => Some(flag & 1 == 0),
        [_, _, 0, 1, value, ..] => Some(*value == 1),
        _ => None,
    }
}

const fn key(message: u16, serial: u16) -> AckKey {
    AckKey((message as u32) << 16 | serial as u32)
}

#[cfg(test)]
mod tests {
    use plomb_model::{Scheme, Signal, Signals};
    use plomb_wire::{from_hex, to_hex};

    use super::frame::escape;
    use super::*;
    use crate::protocol::{Fix, Lock};

    fn terminal(id: &str) -> Jt808 {
        Jt808::new(DeviceId::new(Scheme::Jt808, id).unwrap())
    }

    fn report() -> Report {
        Report {
            at: "2020-11-22T03:56:39Z".parse().unwrap(),
            fix: Fix {
                latitude_e7: 226_097_780,
                longitude_e7: 1_141_061_880,
                fixed: true,
                altitude_m: 0,
                speed_kmh: 0,
                course_deg: 291,
                satellites: 20,
            },
            odometer_km: 0,
            battery_percent: 90,
            csq: 31,
            lock: Lock::SEALED,
            signals: Signals::NONE,
            fresh: true,
        }
    }

    fn from_platform(message: u16, serial: u16, body: &[u8]) -> Vec<u8> {
        frame("017051564189", message, serial, body)
    }

    /// A public capture with the same place and time: alarm, place, speed, course and time are the same bytes.
    #[test]
    fn same_bytes_as_a_capture() {
        let capture = from_hex(
            "7e02000033017051564189000c00000000000c00020158ff7206cd1f4c000000000123201122115639010400000000\
             300143310114930100e3060064019a0000557e",
        )
        .unwrap();
        let mut terminal = terminal("017051564189");
        terminal.serial = 0x0C;
        let ours = terminal.live(&report());
        assert_eq!(ours.expects, Some(AckKey(0x0200_000C)));
        // Header but for the length, then latitude to the end of the mileage item.
        assert_eq!(to_hex(&ours.bytes[..4]), to_hex(&capture[..4]));
        assert_eq!(to_hex(&ours.bytes[5..17]), to_hex(&capture[5..17]));
        assert_eq!(to_hex(&ours.bytes[21..47]), to_hex(&capture[21..47]));
        let capture = unescape(&capture[1..capture.len() - 1]).unwrap();
        assert_eq!(
            split(&capture).map(|(message, serial, body)| (message, serial, body.len())),
            Some((0x0200, 0x0C, 0x33))
        );
        assert_eq!(
            to_hex(&escape(&capture)),
            "7e02000033017051564189000c00000000000c00020158ff7206cd1f4c\
            000000000123201122115639010400000000300143310114930100e3060064019a0000557e"
        );
    }

    #[test]
    fn escapes_and_checksums() {
        assert_eq!(to_hex(&escape(&[0x30, 0x7E, 0x08, 0x7D, 0x55])), "7e307d02087d01557e");
        assert_eq!(unescape(&[0x30, 0x7D, 0x02, 0x7D, 0x01]).unwrap(), [0x30, 0x7E, 0x7D]);
        assert_eq!(unescape(&[0x7D, 0x03]), None);
        let mut bytes = unescaped_frame("013512211221", HEARTBEAT, 7, &[]);
        assert_eq!(split(&bytes), Some((HEARTBEAT, 7, &[][..])));
        bytes[4] ^= 1;
        assert_eq!(split(&bytes), None);
    }

    #[test]
    fn registers_authenticates_and_remembers_the_code() {
        for (id, code_at) in [("017051564189", 12), ("00000000017051564189", 18)] {
            let mut terminal = terminal(id);
            let mut hello = Vec::new();
            let now = report().at;
            terminal.connected(now, &mut hello);
            assert_eq!(hello[1..3], [0x01, 0x00]);
            let mut incoming = Vec::new();
            terminal.receive(&from_platform(0x8100, 1, b"\0\0\0c0de~}"), &mut incoming);
            let [Incoming::Reply(reply)] = incoming.as_slice() else { panic!("{incoming:?}") };
            let inner = unescape(&reply[1..reply.len() - 1]).unwrap();
            assert_eq!(inner[..2], [0x01, 0x02]);
            assert_eq!(inner[code_at..code_at + 6], *b"c0de~}");
            assert!(!terminal.ready());
            incoming.clear();
            terminal.receive(&from_platform(0x8001, 2, &[0, 1, 1, 2, 0]), &mut incoming);
            assert_eq!(incoming, [Incoming::Ready]);
            assert!(terminal.ready());
            let mut again = Vec::new();
            terminal.connected(now, &mut again);
            assert_eq!(again[1..3], [0x01, 0x02]);
        }
    }

    #[test]
    fn lock_events_and_alarm_bits() {
        let mut report = report();
        report.signals = Signals::from(Signal::UnauthorisedOpen);
        report.lock.motor_locked = false;
        report.lock.door_closed = false;
        let body = location(&report);
        assert_eq!(body[..4], 0x8000_0000_u32.to_be_bytes());
        assert_eq!(u32::from_be_bytes(body[4..8].try_into().unwrap()) & 0x3000, 0x2000);
        assert_eq!(body[body.len() - 4..], [0x60, 2, 0, 0x0F]);
        report.signals = Signals::from(Signal::RopeCut);
        assert!(location(&report).ends_with(&[0x60, 2, 0, 0x11]));
        let kept = terminal("017051564189").kept(&[report, report]);
        let inner = unescape(&kept.bytes[1..kept.bytes.len() - 1]).unwrap();
        let (message, _, body) = split(&inner).unwrap();
        assert_eq!((message, &body[..3]), (BATCH, &[0, 2, 1][..]));
        assert_eq!(body.len(), 3 + 2 * (2 + location(&report).len()));
    }

    #[test]
    fn door_control_is_answered_twice() {
        let mut terminal = terminal("017051564189");
        let mut incoming = Vec::new();
        terminal.receive(&from_platform(0x8500, 77, &[0]), &mut incoming);
        assert_eq!(incoming, [Incoming::Unlock { reference: 77, password: None }]);
        assert_eq!(
            (door(&[1]), door(&[0, 1, 0, 1, 1]), door(&[0, 1, 0, 1, 0])),
            (Some(false), Some(true), Some(false))
        );
        assert_eq!(door(&[0, 1, 0, 9, 0]), None);
        let answers = terminal.answer(77, Outcome::Done, &report());
        assert_eq!(answers[0].bytes[1..3], [0x00, 0x01]);
        assert_eq!(answers[0].expects, None);
        let inner = unescape(&answers[1].bytes[1..answers[1].bytes.len() - 1]).unwrap();
        let (message, _, body) = split(&inner).unwrap();
        assert_eq!((message, &body[..2]), (CONTROL_REPLY, &[0, 77][..]));
        incoming.clear();
        terminal.receive(&from_platform(0x8001, 3, &[0, 9, 2, 0, 1]), &mut incoming);
        assert_eq!(incoming, [Incoming::Rejected(AckKey(0x0200_0009))]);
    }
}
