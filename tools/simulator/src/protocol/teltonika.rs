//! Teltonika codec 8 Extended and codec 12, the device's side, over TCP and UDP.
//!
//! Source: protocol notes, section 4.3. One packet is under way at a time, as the devices do; the door is watched by
//! an EYE beacon with a magnet sensor (element 11317) and by the door input (element 662).

use plomb_model::{DeviceId, Signal, Timestamp};
use plomb_wire::Crc16;

use super::{AckKey, Inbox, Incoming, LockEvent, Outcome, Outgoing, Report, Terminal};
use crate::number::{len_u8, len_u16, low_u8};

const CODEC_8E: u8 = 0x8E;
const CODEC_12: u8 = 0x0C;
/// Records in one packet: with 120 bytes each well below the 1,280 bytes that devices send.
const BATCH_MAX: usize = 10;
/// Longest body of a packet from the platform that is waited for, bytes; the devices' own limit is 1,280.
const PACKET_BYTES_MAX: u32 = 4_096;

/// Elements: event sources first, in the order in which one of them becomes the record's event.
mod io {
    pub(super) const ALARM: u16 = 236;
    pub(super) const DOOR: u16 = 662;
    pub(super) const JAMMING: u16 = 249;
    pub(super) const TOW: u16 = 246;
    pub(super) const BATTERY_PERCENT: u16 = 113;
    pub(super) const IGNITION: u16 = 239;
    pub(super) const MOVEMENT: u16 = 240;
    pub(super) const GSM_LEVEL: u16 = 21;
    pub(super) const SEAL_LOOP: u16 = 1;
    pub(super) const BATTERY_MV: u16 = 67;
    pub(super) const ODOMETER_M: u16 = 16;
    pub(super) const IBUTTON: u16 = 78;
    pub(super) const EYE: u16 = 11_317;
}

/// What it tells of the conditions that are played.
pub(super) const TOLD: &[Signal] =
    &[Signal::RopeCut, Signal::UnauthorisedOpen, Signal::Removed, Signal::LowBattery, Signal::GnssJamming];

/// A Teltonika device.
#[derive(Debug)]
pub struct Teltonika {
    id: DeviceId,
    datagrams: bool,
    packet: u16,
    ready: bool,
    inbox: Inbox,
}

impl Teltonika {
    /// A device with an IMEI.
    #[must_use]
    pub fn new(id: DeviceId, datagrams: bool) -> Self {
        Self { id, datagrams, packet: 0, ready: false, inbox: Inbox::default() }
    }

    fn send(&mut self, records: &[Vec<u8>], essential: bool) -> Outgoing {
        let count = u8::try_from(records.len()).unwrap_or(u8::MAX);
        let mut body = vec![CODEC_8E, count];
        body.extend(records.iter().flatten());
        body.push(count);
        if !self.datagrams {
            return Outgoing { bytes: packet(&body), expects: Some(AckKey(u32::from(count))), essential };
        }
        self.packet = self.packet.wrapping_add(1);
        let avl = low_u8(u32::from(self.packet));
        let imei = self.id.value().as_bytes();
        let mut inner = self.packet.to_be_bytes().to_vec();
        inner.extend([1, avl]);
        inner.extend(len_u16(imei).to_be_bytes());
        inner.extend_from_slice(imei);
        inner.extend(body);
        let mut bytes = len_u16(&inner).to_be_bytes().to_vec();
        bytes.extend(inner);
        Outgoing { bytes, expects: Some(datagram_key(avl, count)), essential }
    }

    fn datagram(bytes: &[u8]) -> Option<Incoming> {
        match bytes {
            [_, _, _, _, 1, avl, count] => Some(Incoming::Acknowledged(datagram_key(*avl, *count))),
            _ => None,
        }
    }
}

impl Terminal for Teltonika {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn connected(&mut self, _at: Timestamp, out: &mut Vec<u8>) {
        self.inbox.clear();
        self.ready = self.datagrams;
        if !self.datagrams {
            let imei = self.id.value().as_bytes();
            out.extend(len_u16(imei).to_be_bytes());
            out.extend_from_slice(imei);
        }
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    /// A lone 0xFF keeps network mappings open; the platform does not answer it.
    fn heartbeat(&mut self, _report: &Report, out: &mut Vec<u8>) {
        if self.datagrams {
            out.push(0xFF);
        }
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        self.send(&[record(report, None)], report.fresh && !report.signals.is_empty())
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        let records: Vec<Vec<u8>> =
            reports.iter().take(BATCH_MAX).map(|report| record(report, None)).collect();
        self.send(&records, true)
    }

    fn event(&mut self, event: LockEvent, report: &Report) -> Option<Outgoing> {
        match event {
            LockEvent::CardUnlock { card } | LockEvent::CardRefused { card } => {
                Some(self.send(&[record(report, Some(card))], true))
            }
            LockEvent::WrongPassword { .. } | LockEvent::AutomaticLock | LockEvent::RopePulledOut => None,
        }
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        if self.datagrams {
            incoming.extend(Self::datagram(bytes));
            return;
        }
        self.inbox.push(bytes);
        let ready = &mut self.ready;
        self.inbox.drain(|rest| {
            if !*ready {
                *ready = rest.first() == Some(&1);
                incoming.push(if *ready { Incoming::Ready } else { Incoming::Refused("IMEI refused") });
                return Some(1);
            }
            let first = u32::from_be_bytes(*rest.first_chunk()?);
            if first != 0 {
                incoming.push(Incoming::Acknowledged(AckKey(first)));
                return Some(4);
            }
            // Zeros begin a command, or say that no record was taken: then what follows makes no packet.
            let length = u32::from_be_bytes(*rest.get(4..)?.first_chunk()?);
            if length > PACKET_BYTES_MAX {
                return Some(4);
            }
            let total = usize::try_from(length).ok()? + 12;
            incoming.extend(command(rest.get(..total)?));
            Some(total)
        });
    }

    fn answer(&mut self, _reference: u32, outcome: Outcome, report: &Report) -> Vec<Outgoing> {
        let text = match outcome {
            Outcome::Done => "DOUT1:1 Timeout:INFINITY",
            Outcome::WrongPassword => "Wrong password",
            Outcome::Unknown => "Unknown command",
        };
        let reply = Outgoing { bytes: codec_12(6, text), expects: None, essential: true };
        if outcome == Outcome::Done && !self.datagrams { vec![reply, self.live(report)] } else { vec![reply] }
    }
}

const fn datagram_key(avl: u8, count: u8) -> AckKey {
    AckKey(1 << 31 | (avl as u32) << 8 | count as u32)
}

/// A codec body with preamble, length and checksum.
fn packet(body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.extend(u32::from(len_u16(body)).to_be_bytes());
    bytes.extend_from_slice(body);
    bytes.extend(u32::from(Crc16::ARC.of(body)).to_be_bytes());
    bytes
}

/// A codec 12 packet: type 5 is a command, 6 an answer.
fn codec_12(kind: u8, text: &str) -> Vec<u8> {
    let mut body = vec![CODEC_12, 1, kind];
    body.extend(u32::from(len_u16(text.as_bytes())).to_be_bytes());
    body.extend_from_slice(text.as_bytes());
    body.push(1);
    packet(&body)
}

/// Reads a codec 12 command whose checksum is right.
fn command(packet: &[u8]) -> Option<Incoming> {
    let (body, crc) = packet.get(8..)?.split_last_chunk::<4>()?;
    if u32::from(Crc16::ARC.of(body)) != u32::from_be_bytes(*crc) || body.first() != Some(&CODEC_12) {
        return None;
    }
    let text = String::from_utf8_lossy(body.get(7..body.len() - 1)?).trim().to_owned();
    let lower = text.to_ascii_lowercase();
    let reference = 0;
    Some(if lower.starts_with("setdigout 1") || lower.starts_with("lvcanopenalldoors") {
        Incoming::Unlock { reference, password: None }
    } else if lower.starts_with("setdigout 0") || lower.starts_with("lvcanclosealldoors") {
        Incoming::Lock { reference }
    } else if lower.starts_with("getrecord") || lower.starts_with("getgps") {
        Incoming::Locate { reference }
    } else {
        Incoming::Other { reference, text }
    })
}

/// One codec 8E record.
fn record(report: &Report, card: Option<u32>) -> Vec<u8> {
    let (fix, lock, signals) = (report.fix, report.lock, report.signals);
    let cut = signals.contains(Signal::RopeCut);
    let ones = [
        (io::ALARM, u8::from(cut)),
        (io::DOOR, u8::from(!lock.door_closed)),
        (io::JAMMING, u8::from(signals.contains(Signal::GnssJamming))),
        (io::TOW, u8::from(signals.contains(Signal::Displaced))),
        (io::BATTERY_PERCENT, report.battery_percent),
        (io::IGNITION, 1),
        (io::MOVEMENT, u8::from(fix.speed_kmh > 3)),
        (io::GSM_LEVEL, (report.csq / 6).min(5)),
        (io::SEAL_LOOP, u8::from(!cut)),
    ];
    let event = if card.is_some() {
        io::IBUTTON
    } else if !report.fresh {
        0
    } else if signals.contains(Signal::LowBattery) {
        io::BATTERY_PERCENT
    } else {
        ones.iter().take(4).find(|(_, value)| *value != 0).map_or(0, |(id, _)| *id)
    };
    let urgent = report.fresh && !signals.is_empty();
    let mut bytes = Vec::with_capacity(128);
    bytes.extend(report.at.as_millis().to_be_bytes());
    bytes.push(if cut && urgent { 2 } else { u8::from(urgent) });
    bytes.extend(fix.longitude_e7.to_be_bytes());
    bytes.extend(fix.latitude_e7.to_be_bytes());
    bytes.extend(fix.altitude_m.to_be_bytes());
    bytes.extend(fix.course_deg.to_be_bytes());
    bytes.push(if fix.fixed { fix.satellites } else { 0 });
    bytes.extend(fix.speed_kmh.to_be_bytes());
    bytes.extend(event.to_be_bytes());

    let battery_mv = 3_300 + u16::from(report.battery_percent) * 9;
    let eye = eye_element(lock.door_closed);
    let eights = u16::from(card.is_some());
    let total = u16::try_from(ones.len()).unwrap_or_default() + 3 + eights;
    bytes.extend(total.to_be_bytes());
    bytes.extend((total - 3 - eights).to_be_bytes());
    for (id, value) in ones {
        bytes.extend(id.to_be_bytes());
        bytes.push(value);
    }
    bytes.extend([0, 1]);
    bytes.extend(io::BATTERY_MV.to_be_bytes());
    bytes.extend(battery_mv.to_be_bytes());
    bytes.extend([0, 1]);
    bytes.extend(io::ODOMETER_M.to_be_bytes());
    bytes.extend(report.odometer_km.saturating_mul(1000).to_be_bytes());
    bytes.extend(eights.to_be_bytes());
    if let Some(card) = card {
        bytes.extend(io::IBUTTON.to_be_bytes());
        bytes.extend(u64::from(card).to_le_bytes());
    }
    bytes.extend([0, 1]);
    bytes.extend(io::EYE.to_be_bytes());
    bytes.extend(len_u16(&eye).to_be_bytes());
    bytes.extend(eye);
    bytes
}

/// The beacon list element with one EYE beacon on the door: signal, name, magnet (1 = field there), mV, address.
fn eye_element(closed: bool) -> Vec<u8> {
    let mut beacon = vec![0, 1, 0xC4];
    beacon.extend([5, 8]);
    beacon.extend_from_slice(b"EYE-DOOR");
    beacon.extend([8, 1, u8::from(closed)]);
    beacon.extend([14, 2]);
    beacon.extend(3_030_u16.to_be_bytes());
    beacon.extend([15, 6, 0x7C, 0xD9, 0xF4, 0x11, 0x0C, 0x40]);
    let mut element = vec![1, len_u8(&beacon)];
    element.extend(beacon);
    element
}

#[cfg(test)]
mod tests {
    use plomb_model::{Scheme, Signals};
    use plomb_wire::{Reader, from_hex, to_hex};

    use super::*;
    use crate::protocol::{Fix, Lock};

    fn device(datagrams: bool) -> Teltonika {
        Teltonika::new(DeviceId::new(Scheme::Imei, "356307042441013").unwrap(), datagrams)
    }

    fn report() -> Report {
        Report {
            at: "2025-06-13T15:18:07Z".parse().unwrap(),
            fix: Fix {
                latitude_e7: 414_349_316,
                longitude_e7: 22_190_583,
                fixed: true,
                altitude_m: 24,
                speed_kmh: 0,
                course_deg: 119,
                satellites: 8,
            },
            odometer_km: 61,
            battery_percent: 100,
            csq: 30,
            lock: Lock::SEALED,
            signals: Signals::NONE,
            fresh: true,
        }
    }

    /// Reads a record back by the layout; gives the event and every element as (id, value bytes).
    fn elements(record: &[u8]) -> (u16, Vec<(u16, Vec<u8>)>) {
        let mut reader = Reader::new(record);
        reader.skip(24).unwrap();
        let (event, total) = (reader.u16().unwrap(), reader.u16().unwrap());
        let mut found = Vec::new();
        for width in [1, 2, 4, 8] {
            for _ in 0..reader.u16().unwrap() {
                found.push((reader.u16().unwrap(), reader.take(width).unwrap().to_vec()));
            }
        }
        for _ in 0..reader.u16().unwrap() {
            let (id, length) = (reader.u16().unwrap(), reader.u16().unwrap());
            found.push((id, reader.take(usize::from(length)).unwrap().to_vec()));
        }
        assert!(reader.is_empty());
        assert_eq!(found.len(), usize::from(total));
        (event, found)
    }

    /// The first 24 bytes of a record of a public capture: time, priority, place, course, satellites, speed.
    #[test]
    fn same_bytes_as_a_capture() {
        let capture = "0000019769de9f9800015299f718b27804001800770800 00";
        let bytes = record(&report(), None);
        assert_eq!(to_hex(&bytes[8..24]), to_hex(&from_hex(capture).unwrap()[8..24]));
        // 2025-06-13T15:18:07.000Z
        assert_eq!(to_hex(&bytes[..8]), "0000019769de9f98");
        let sent = device(false).live(&report());
        assert_eq!(sent.expects, Some(AckKey(1)));
        let body = &sent.bytes[8..sent.bytes.len() - 4];
        assert_eq!(u32::from_be_bytes(sent.bytes[4..8].try_into().unwrap()), u32::from(len_u16(body)));
        assert!(sent.bytes.ends_with(&u32::from(Crc16::ARC.of(body)).to_be_bytes()));
    }

    #[test]
    fn seal_states_and_events() {
        let mut report = report();
        let (event, found) = elements(&record(&report, None));
        assert_eq!(event, 0);
        let eye = found.iter().find(|(id, _)| *id == io::EYE).unwrap();
        assert!(to_hex(&eye.1).contains("080101"), "magnet there");
        report.signals = Signals::from(Signal::UnauthorisedOpen);
        report.lock.door_closed = false;
        let (event, found) = elements(&record(&report, None));
        assert_eq!(event, io::DOOR);
        let eye = found.iter().find(|(id, _)| *id == io::EYE).unwrap();
        assert!(to_hex(&eye.1).contains("080100"), "magnet gone");
        report.signals = Signals::from(Signal::RopeCut);
        let bytes = record(&report, None);
        assert_eq!((elements(&bytes).0, bytes[8]), (io::ALARM, 2));
        assert_eq!(elements(&record(&report, Some(7))).0, io::IBUTTON);
        let kept = device(false).kept(&[report; 12]);
        assert_eq!((kept.expects, kept.bytes[9]), (Some(AckKey(10)), 10));
    }

    #[test]
    fn login_counts_and_commands_in_pieces() {
        let mut device = device(false);
        let mut hello = Vec::new();
        device.connected(report().at, &mut hello);
        assert_eq!(to_hex(&hello), "000f333536333037303432343431303133");
        let mut incoming = Vec::new();
        device.receive(&[1, 0, 0], &mut incoming);
        device.receive(&[0, 2], &mut incoming);
        assert_eq!(incoming, [Incoming::Ready, Incoming::Acknowledged(AckKey(2))]);
        incoming.clear();
        let unlock = codec_12(5, "setdigout 1");
        device.receive(&unlock[..13], &mut incoming);
        device.receive(&unlock[13..], &mut incoming);
        device.receive(&codec_12(5, "getver"), &mut incoming);
        let other = Incoming::Other { reference: 0, text: "getver".to_owned() };
        assert_eq!(incoming, [Incoming::Unlock { reference: 0, password: None }, other]);
        // The vendor's documented example of the command getinfo.
        assert_eq!(to_hex(&codec_12(5, "getinfo")), "000000000000000f0c010500000007676574696e666f0100004312");
    }

    #[test]
    fn datagrams_have_their_own_header() {
        let mut device = device(true);
        let sent = device.live(&report());
        assert_eq!(to_hex(&sent.bytes[2..8]), "00010101000f");
        assert_eq!(usize::from(u16::from_be_bytes([sent.bytes[0], sent.bytes[1]])), sent.bytes.len() - 2);
        let mut incoming = Vec::new();
        device.receive(&from_hex("00050001010101").unwrap(), &mut incoming);
        assert_eq!(incoming, [Incoming::Acknowledged(sent.expects.unwrap())]);
    }
}
