//! JT/T 808-2013 and -2019, the terminal's side: registration, authentication, heartbeats, 0x0200 with lock items,
//! 0x0704 re-uploads, 0x8500 door control.
//!
//! Source: protocol notes, section 4.2. Splits no message into sub-packages and encrypts none.
//! A terminal number of 20 digits speaks the 2019 edition, one of 12 digits the 2013 edition.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::{
    AckKey, Civil, Inbox, Incoming, LockEvent, Outcome, Outgoing, Report, Terminal, bcd, put_digits,
};
use crate::number::{len_u8, len_u16, low_u16};

/// Frame delimiter.
pub(crate) const FLAG: u8 = 0x7E;
/// Escape byte.
pub(crate) const ESCAPE: u8 = 0x7D;
/// Times are written in GMT+8 whatever the place.
pub(crate) const OFFSET_MIN: i64 = 480;
/// Digits of a terminal number since 2019.
const DIGITS_2019: usize = 20;
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

/// Alarm bits of 0x0200.
const ALARM_BITS: [(Signal, u32); 6] = [
    (Signal::GnssJamming, 4),
    (Signal::LowBattery, 7),
    (Signal::RouteDeviation, 23),
    (Signal::Displaced, 28),
    (Signal::Shock, 29),
    (Signal::UnauthorisedOpen, 31),
];

/// Event codes of item 0x60 (padlock event table of the notes).
const LOCK_EVENTS: [(Signal, u16); 8] = [
    (Signal::RopeCut, 0x11),
    (Signal::UnauthorisedOpen, 0x0F),
    (Signal::CoverOpen, 0x10),
    (Signal::WrongPassword, 0x13),
    (Signal::UnknownCard, 0x0B),
    (Signal::LongUnlocked, 0x14),
    (Signal::MotorFault, 0x18),
    (Signal::LowBattery, 0x17),
];

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
                // 2013: one flag byte, bit 0 clear opens. 2019: count, then type u16 (1 = doors) and its value.
                let flag = if self.is_2019() { body.get(4) } else { body.first() };
                incoming.push(match flag {
                    Some(flag) if flag & 1 == 0 => Incoming::Unlock { reference, password: None },
                    Some(_) => Incoming::Lock { reference },
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

const fn key(message: u16, serial: u16) -> AckKey {
    AckKey((message as u32) << 16 | serial as u32)
}

fn text<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [0; N];
    for (slot, byte) in field.iter_mut().zip(text.bytes()) {
        *slot = byte;
    }
    field
}

/// Body of 0x0100 for this terminal number, in the edition that its length tells.
pub(crate) fn registration(id: &str) -> Vec<u8> {
    let mut body = vec![0, 44, 1, 44]; // Province and city of the vehicle's papers.
    if id.len() == DIGITS_2019 {
        body.extend(text::<11>("PLOMB"));
        body.extend(text::<30>("SIM-LOCK-19"));
        body.extend(text::<30>(id));
    } else {
        body.extend(text::<5>("PLOMB"));
        body.extend(text::<20>("SIM-LOCK-13"));
        body.extend(text::<7>(id.get(id.len().saturating_sub(7)..).unwrap_or(id)));
    }
    body.push(1); // Colour of the plate: blue.
    body.extend_from_slice(b"SIM");
    body.extend_from_slice(id.get(id.len().saturating_sub(5)..).unwrap_or(id).as_bytes());
    body
}

/// A whole frame, escaped.
pub(crate) fn frame(id: &str, message: u16, serial: u16, body: &[u8]) -> Vec<u8> {
    escape(&unescaped_frame(id, message, serial, body))
}

/// Header, body and checksum, without flags and escapes.
pub(crate) fn unescaped_frame(id: &str, message: u16, serial: u16, body: &[u8]) -> Vec<u8> {
    let edition_2019 = id.len() == DIGITS_2019;
    let mut bytes = Vec::with_capacity(body.len() + 20);
    bytes.extend(message.to_be_bytes());
    bytes.extend((len_u16(body) & 0x03FF | u16::from(edition_2019) << 14).to_be_bytes());
    if edition_2019 {
        bytes.push(1);
    }
    put_digits(&mut bytes, id);
    bytes.extend(serial.to_be_bytes());
    bytes.extend_from_slice(body);
    bytes.push(plomb_wire::xor8(&bytes));
    bytes
}

/// Puts flags around and escapes between.
pub(crate) fn escape(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 8);
    out.push(FLAG);
    escape_into(bytes, &mut out);
    out.push(FLAG);
    out
}

/// Appends `bytes`, escaped.
pub(crate) fn escape_into(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        match *byte {
            FLAG => out.extend([ESCAPE, 0x02]),
            ESCAPE => out.extend([ESCAPE, 0x01]),
            byte => out.push(byte),
        }
    }
}

/// Takes the escapes out; `None` when one is neither 01 nor 02.
pub(crate) fn unescape(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        out.push(match (*byte, byte == &ESCAPE) {
            (_, true) => match rest.next()? {
                1 => ESCAPE,
                2 => FLAG,
                _ => return None,
            },
            (byte, false) => byte,
        });
    }
    Some(out)
}

/// Message, serial and body of an unescaped frame; `None` when its checksum or length is wrong.
pub(crate) fn split(unescaped: &[u8]) -> Option<(u16, u16, &[u8])> {
    let (sum, bytes) = unescaped.split_last()?;
    if plomb_wire::xor8(bytes) != *sum {
        return None;
    }
    let mut reader = plomb_wire::Reader::new(bytes);
    let message = reader.u16().ok()?;
    let attributes = reader.u16().ok()?;
    reader.skip(if attributes & 1 << 14 == 0 { 6 } else { 11 }).ok()?;
    let serial = reader.u16().ok()?;
    let body = reader.rest();
    (body.len() == usize::from(attributes & 0x03FF)).then_some((message, serial, body))
}

/// Body of 0x0200.
pub(crate) fn location(report: &Report) -> Vec<u8> {
    let event = LOCK_EVENTS.iter().find(|(signal, _)| report.fresh && report.signals.contains(*signal));
    location_with(report, event.map(|(_, code)| *code))
}

fn location_with(report: &Report, lock_event: Option<u16>) -> Vec<u8> {
    let (fix, lock) = (report.fix, report.lock);
    let mut body = Vec::with_capacity(64);
    let alarm = ALARM_BITS
        .iter()
        .fold(0_u32, |bits, (signal, bit)| bits | u32::from(report.signals.contains(*signal)) << bit);
    body.extend(alarm.to_be_bytes());
    let status = [
        (true, 0),
        (fix.fixed, 1),
        (fix.latitude_e7 < 0, 2),
        (fix.longitude_e7 < 0, 3),
        (lock.motor_locked, 12),
        (!lock.door_closed, 13),
        (true, 18),
        (true, 19),
    ];
    let status = status.iter().fold(0_u32, |bits, (on, bit)| bits | u32::from(*on) << bit);
    body.extend(status.to_be_bytes());
    body.extend((fix.latitude_e7.unsigned_abs() / 10).to_be_bytes());
    body.extend((fix.longitude_e7.unsigned_abs() / 10).to_be_bytes());
    body.extend(fix.altitude_m.to_be_bytes());
    body.extend((fix.speed_kmh.saturating_mul(10)).to_be_bytes());
    body.extend(fix.course_deg.to_be_bytes());
    body.extend(Civil::of(report.at, OFFSET_MIN).year_first().map(bcd));
    body.extend([0x01, 4]);
    body.extend(report.odometer_km.saturating_mul(10).to_be_bytes());
    body.extend([0x30, 1, report.csq]);
    body.extend([0x31, 1, fix.satellites]);
    body.extend([0xD4, 1, report.battery_percent]);
    if let Some(code) = lock_event {
        body.extend([0x60, 2]);
        body.extend(code.to_be_bytes());
    }
    body
}

#[cfg(test)]
mod tests {
    use plomb_model::{Scheme, Signals};
    use plomb_wire::{from_hex, to_hex};

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
