//! Jointech JT701D, the device's side: binary position frames, P45 lock events, P43 unlocking, P69 acknowledgements.
//!
//! Source: protocol notes, section 4.1. Speaks version 0x19 (acknowledged by `(P69,0,serial)`); does not speak the
//! short binary frames, the U and W text messages, nor wireless sub-locks.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::bytes::{degrees_minutes, put_digits};
use super::{AckKey, Civil, Inbox, Incoming, LockEvent, Outcome, Outgoing, Report, Terminal, bcd};
use crate::number::{len_u16, low_u8, to_u8};

/// Protocol version of a JT701D.
const VERSION: u8 = 0x19;
/// Device type in the high nibble: rechargeable.
const RECHARGEABLE: u8 = 0x10;
/// Static password that locks leave the factory with.
pub const FACTORY_PASSWORD: &str = "888888";
/// Kilometres in a nautical mile, for speeds in knots; the notes multiply by 1.85.
const KMH_PER_KNOT: f64 = 1.85;

/// Data type, the low nibble of byte 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DataType {
    Live = 1,
    Alarm = 2,
    Kept = 3,
}

/// Status word bits that are alarms.
const ALARM_BITS: [(Signal, u32); 10] = [
    (Signal::FenceEntered, 1),
    (Signal::FenceLeft, 2),
    (Signal::RopeCut, 3),
    (Signal::Shock, 4),
    (Signal::LongUnlocked, 8),
    (Signal::WrongPassword, 9),
    (Signal::UnknownCard, 10),
    (Signal::LowBattery, 11),
    (Signal::CoverOpen, 12),
    (Signal::MotorFault, 14),
];

/// A JT701D.
#[derive(Debug)]
pub struct Jointech {
    id: DeviceId,
    serial: u8,
    open: bool,
    inbox: Inbox,
}

impl Jointech {
    /// A lock with a terminal number of ten digits.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, serial: 0, open: false, inbox: Inbox::default() }
    }

    fn next_serial(&mut self) -> u8 {
        self.serial = self.serial.wrapping_add(1);
        self.serial
    }

    fn position(&mut self, data_type: DataType, report: &Report) -> Outgoing {
        let serial = self.next_serial();
        Outgoing {
            bytes: position_frame(self.id.value(), data_type, report, serial),
            expects: Some(AckKey(u32::from(serial))),
            essential: data_type != DataType::Live,
        }
    }

    fn lock_event(&mut self, event: Unlocking, report: &Report) -> Outgoing {
        let serial = self.next_serial();
        Outgoing {
            bytes: lock_event_frame(self.id.value(), event, report, serial),
            expects: Some(AckKey(u32::from(serial))),
            essential: true,
        }
    }
}

impl Terminal for Jointech {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn connected(&mut self, _at: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.open = true;
        self.heartbeat_text(out);
    }

    fn disconnected(&mut self) {
        self.open = false;
    }

    fn ready(&self) -> bool {
        self.open
    }

    fn heartbeat(&mut self, _report: &Report, out: &mut Vec<u8>) {
        self.heartbeat_text(out);
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        let alarm = report.fresh && !report.signals.is_empty();
        let data_type = if alarm { DataType::Alarm } else { DataType::Live };
        self.position(data_type, report)
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        match reports.first() {
            Some(report) => self.position(DataType::Kept, report),
            None => Outgoing { bytes: Vec::new(), expects: None, essential: false },
        }
    }

    fn event(&mut self, event: LockEvent, report: &Report) -> Option<Outgoing> {
        let unlocking = match event {
            LockEvent::CardUnlock { card } => Unlocking { source: 1, verify: 1, card, ..Unlocking::NONE },
            LockEvent::CardRefused { card } => Unlocking { source: 2, card, ..Unlocking::NONE },
            LockEvent::WrongPassword { count } => Unlocking { source: 4, wrong: count, ..Unlocking::NONE },
            LockEvent::AutomaticLock => Unlocking { source: 5, verify: 1, ..Unlocking::NONE },
            LockEvent::RopePulledOut => Unlocking { source: 8, ..Unlocking::NONE },
        };
        Some(self.lock_event(unlocking, report))
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let (start, end) = (memchr::memchr(b'(', rest), memchr::memchr(b')', rest));
            match (start, end) {
                (None, _) => Some(rest.len()),
                (Some(start), Some(end)) if end < start => Some(start),
                (Some(start), Some(end)) => {
                    incoming.extend(read(rest.get(start + 1..end).unwrap_or_default()));
                    Some(end + 1)
                }
                (Some(_), None) => None,
            }
        });
    }

    fn answer(&mut self, _reference: u32, outcome: Outcome, report: &Report) -> Vec<Outgoing> {
        let event = match outcome {
            Outcome::Done => Unlocking { source: 4, verify: 1, password_right: true, ..Unlocking::NONE },
            Outcome::WrongPassword => Unlocking { source: 4, wrong: 1, ..Unlocking::NONE },
            Outcome::Unknown => return Vec::new(),
        };
        vec![self.lock_event(event, report)]
    }
}

impl Jointech {
    fn heartbeat_text(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("({},@JT)", self.id.value()).as_bytes());
    }
}

/// The verdict fields of P45.
#[derive(Clone, Copy)]
struct Unlocking {
    source: u8,
    verify: u8,
    card: u32,
    password_right: bool,
    wrong: u16,
}

impl Unlocking {
    const NONE: Self = Self { source: 0, verify: 0, card: 0, password_right: false, wrong: 0 };
}

/// The status word; bit 5 asks for an acknowledgement, which these locks always do.
fn status_word(report: &Report) -> u16 {
    let lock = report.lock;
    let mut bits = 1_u16 << 5;
    let states =
        [(!report.fix.fixed, 0), (lock.rope_inserted, 6), (lock.motor_locked, 7), (lock.cover_closed, 13)];
    for (on, bit) in states {
        bits |= u16::from(on) << bit;
    }
    for (signal, bit) in ALARM_BITS {
        bits |= u16::from(report.signals.contains(signal)) << bit;
    }
    bits
}

fn position_frame(id: &str, data_type: DataType, report: &Report, serial: u8) -> Vec<u8> {
    let fix = report.fix;
    let mut payload = Vec::with_capacity(52);
    payload.extend(Civil::of(report.at, 0).day_first().map(bcd));
    let (degrees, minutes) = degrees_minutes(fix.latitude_e7);
    put_digits(&mut payload, &format!("{degrees:02}{minutes:06}"));
    let (degrees, minutes) = degrees_minutes(fix.longitude_e7);
    // Nine digits, and the flags in the tenth nibble: positioned, north, east, and one that is always set.
    put_digits(&mut payload, &format!("{degrees:03}{minutes:06}0"));
    let flags = u8::from(fix.fixed)
        | u8::from(fix.latitude_e7 >= 0) << 1
        | u8::from(fix.longitude_e7 >= 0) << 2
        | 0x08;
    if let Some(last) = payload.last_mut() {
        *last |= flags;
    }
    payload.push(to_u8(f64::from(fix.speed_kmh) / KMH_PER_KNOT));
    payload.push(low_u8(u32::from(fix.course_deg / 2)));
    payload.extend(report.odometer_km.to_be_bytes());
    payload.push(fix.satellites);
    payload.extend([0; 4]); // No vehicle bound.
    payload.extend(status_word(report).to_be_bytes());
    payload.push(report.battery_percent);
    payload.extend([0x32, 0x75, 0x96, 0x00]); // Cell id low, location area.
    payload.push(report.csq);
    payload.push(0); // No fence of the device's own.
    payload.push(1); // Woken by its clock.
    payload.extend([0x0F; 2]); // Network code high, extended status: absent.
    payload.extend([0x0F; 8]); // IMEI: absent.
    payload.extend([0x00, 0x07]); // Cell id high.
    payload.extend([0x02, 0x85, 0x02]); // Country 645, network 2.
    payload.push(serial);

    let mut frame = Vec::with_capacity(payload.len() + 10);
    frame.push(b'$');
    put_digits(&mut frame, id);
    frame.extend([VERSION, RECHARGEABLE | data_type as u8]);
    frame.extend(len_u16(&payload).to_be_bytes());
    frame.extend(payload);
    frame
}

fn lock_event_frame(id: &str, event: Unlocking, report: &Report, serial: u8) -> Vec<u8> {
    let fix = report.fix;
    let time = Civil::of(report.at, 0);
    let degrees = |e7: i32| f64::from(e7.unsigned_abs()) / 1e7;
    format!(
        "({id},P45,{:02}{:02}{:02},{:02}{:02}{:02},{:.6},{},{:.6},{},{},{},{},{},{},{:010},{},{},{serial},{})",
        time.day,
        time.month,
        time.short_year(),
        time.hour,
        time.minute,
        time.second,
        degrees(fix.latitude_e7),
        if fix.latitude_e7 >= 0 { 'N' } else { 'S' },
        degrees(fix.longitude_e7),
        if fix.longitude_e7 >= 0 { 'E' } else { 'W' },
        if fix.fixed { 'A' } else { 'V' },
        to_u8(f64::from(fix.speed_kmh) / KMH_PER_KNOT),
        fix.course_deg,
        event.source,
        event.verify,
        event.card,
        u8::from(event.password_right),
        event.wrong,
        report.odometer_km,
    )
    .into_bytes()
}

/// Reads one message of the platform, without its brackets.
fn read(message: &[u8]) -> Option<Incoming> {
    let text = std::str::from_utf8(message).ok()?;
    let mut fields = text.split(',');
    Some(match fields.next()? {
        "P69" => Incoming::Acknowledged(AckKey(fields.nth(1)?.parse().ok()?)),
        "P43" => Incoming::Unlock { reference: 0, password: fields.next().map(str::to_owned) },
        "P02" => Incoming::Locate { reference: 0 },
        _ => Incoming::Other { reference: 0, text: text.to_owned() },
    })
}

#[cfg(test)]
mod tests {
    use plomb_model::{Scheme, Signals};
    use plomb_wire::{from_hex, to_hex};

    use super::*;
    use crate::protocol::{Fix, Lock};

    fn lock() -> Jointech {
        Jointech::new(DeviceId::new(Scheme::Jointech, "8041300978").unwrap())
    }

    fn report() -> Report {
        Report {
            at: "2021-10-06T07:54:43Z".parse().unwrap(),
            fix: Fix {
                latitude_e7: 543_227_183,
                longitude_e7: -63_557_050,
                fixed: true,
                altitude_m: 0,
                speed_kmh: 0,
                course_deg: 0,
                satellites: 7,
            },
            odometer_km: 108,
            battery_percent: 100,
            csq: 29,
            lock: Lock::SEALED,
            signals: Signals::NONE,
            fresh: true,
        }
    }

    /// The public capture of a JT701D at the same place and time: all but data type, cell and tail is the same.
    #[test]
    fn same_bytes_as_a_capture() {
        let capture = from_hex(
            "2480413009781914003406102107544354193631006213423b00000000006c070000000020e064f91ea0671d00\
             020f0f0f0f0f0f0f0f0f0f07f100ea0f6e",
        )
        .unwrap();
        let mut lock = lock();
        lock.serial = 0x6D;
        let ours = lock.live(&report());
        assert_eq!(ours.expects, Some(AckKey(0x6E)));
        assert_eq!(ours.bytes.len(), capture.len());
        for range in [0..7, 8..39, 43..45, 46..56, 61..62] {
            assert_eq!(to_hex(&ours.bytes[range.clone()]), to_hex(&capture[range.clone()]), "{range:?}");
        }
        assert_eq!(ours.bytes[7], 0x11);
    }

    #[test]
    fn alarm_bits_of_the_status_word() {
        let mut report = report();
        report.signals = Signals::from(Signal::RopeCut);
        report.lock.rope_inserted = false;
        let bytes = lock().live(&report).bytes;
        assert_eq!(bytes[7], 0x12);
        assert_eq!(u16::from_be_bytes([bytes[36], bytes[37]]), 1 << 3 | 1 << 5 | 1 << 7 | 1 << 13);
        report.signals = ALARM_BITS.iter().fold(Signals::NONE, |all, (signal, _)| all.with(*signal));
        assert_eq!(status_word(&report), 0b0111_1111_1011_1110);
        let kept = lock().kept(&[report]);
        assert_eq!((kept.bytes[7], kept.essential), (0x13, true));
    }

    #[test]
    fn p45_as_the_public_capture_writes_it() {
        let mut lock = lock();
        lock.serial = 8;
        let event = LockEvent::CardUnlock { card: 12_260_888 };
        let text = String::from_utf8(lock.event(event, &report()).unwrap().bytes).unwrap();
        assert_eq!(
            text,
            "(8041300978,P45,061021,075443,54.322718,N,6.355705,W,A,0,0,1,1,0012260888,0,0,9,108)"
        );
    }

    #[test]
    fn acknowledgements_and_commands_in_pieces() {
        let mut lock = lock();
        let mut incoming = Vec::new();
        for piece in [&b"(P69,0,11"[..], b"0)noise(P43,888888)(P0", b"2)"] {
            lock.receive(piece, &mut incoming);
        }
        let unlock = Incoming::Unlock { reference: 0, password: Some("888888".to_owned()) };
        assert_eq!(
            incoming,
            [Incoming::Acknowledged(AckKey(110)), unlock, Incoming::Locate { reference: 0 }]
        );
        let done = lock.answer(0, Outcome::Done, &report());
        let text = String::from_utf8(done[0].bytes.clone()).unwrap();
        assert!(text.ends_with(",4,1,0000000000,1,0,1,108)"), "{text}");
    }
}
