//! Wialon Retranslator, the side of a server that hands on: packets of blocks, each answered with one byte.
//!
//! Source: Gurtam's public "Wialon Retranslator". Lengths of packets have the low byte first, all other integers the high
//! byte, doubles the low byte.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::{AckKey, Incoming, Outgoing, Report, Terminal};

/// Of the conditions that are played it tells none: it hands places and a call for help on.
pub(super) const TOLD: &[Signal] = &[];
/// The packet has a place, inputs.
const PLACE_AND_INPUTS: u32 = 0x0000_0003;
/// The packet is an alarm.
const ALARM: u32 = 0x0000_0010;
const BLOCK: u16 = 0x0BBB;
const BINARY: u8 = 2;
const INTEGER: u8 = 3;
const DOUBLE: u8 = 4;
const TAKEN: u8 = 0x11;
const PACKET: AckKey = AckKey(1);

/// A unit of a server that hands on.
#[derive(Debug)]
pub struct Retranslator {
    id: DeviceId,
    ready: bool,
}

impl Retranslator {
    /// A unit.
    #[must_use]
    pub const fn new(id: DeviceId) -> Self {
        Self { id, ready: false }
    }

    fn packet(&self, report: &Report) -> Vec<u8> {
        let sos = report.signals.contains(Signal::Sos);
        let seconds = u32::try_from(report.at.as_millis().div_euclid(1000)).unwrap_or(u32::MAX);
        let flags = if sos { PLACE_AND_INPUTS | ALARM } else { PLACE_AND_INPUTS };
        let mut body =
            [self.id.value().as_bytes(), &[0], &seconds.to_be_bytes(), &flags.to_be_bytes()].concat();
        body.extend(block("posinfo", BINARY, &place(report)));
        body.extend(block("avl_inputs", INTEGER, &u32::from(!report.lock.door_closed).to_be_bytes()));
        // A lithium cell: 3.3 V empty, 4.2 V full.
        let cell = 3.3 + f64::from(report.battery_percent) * 0.009;
        body.extend(block("pwr_int", DOUBLE, &cell.to_le_bytes()));
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        [&length.to_le_bytes()[..], &body].concat()
    }
}

/// Longitude, latitude, height; speed, course, satellites.
fn place(report: &Report) -> Vec<u8> {
    let fix = report.fix;
    let degrees = |e7: i32| (f64::from(e7) / 1e7).to_le_bytes();
    [
        &degrees(fix.longitude_e7)[..],
        &degrees(fix.latitude_e7),
        &f64::from(fix.altitude_m).to_le_bytes(),
        &fix.speed_kmh.to_be_bytes(),
        &fix.course_deg.to_be_bytes(),
        &[fix.satellites],
    ]
    .concat()
}

/// Type, length of what follows, not hidden, type of the value, name, value.
fn block(name: &str, kind: u8, value: &[u8]) -> Vec<u8> {
    let inner = [&[0, kind][..], name.as_bytes(), &[0], value].concat();
    let length = u32::try_from(inner.len()).unwrap_or(u32::MAX);
    [&BLOCK.to_be_bytes()[..], &length.to_be_bytes(), &inner].concat()
}

impl Terminal for Retranslator {
    fn id(&self) -> DeviceId {
        self.id
    }

    /// There is no log-in.
    fn connected(&mut self, _: Timestamp, _: &mut Vec<u8>) {
        self.ready = true;
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    // There is no heartbeat: servers hand on what they have.

    fn live(&mut self, report: &Report) -> Outgoing {
        let essential = report.fresh && !report.signals.is_empty();
        Outgoing { bytes: self.packet(report), expects: Some(PACKET), essential }
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        let bytes = reports.iter().flat_map(|report| self.packet(report)).collect();
        Outgoing { bytes, expects: Some(PACKET), essential: true }
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let taken = bytes.iter().filter(|byte| **byte == TAKEN);
        incoming.extend(taken.map(|_| Incoming::Acknowledged(PACKET)));
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::Scheme;

    use super::*;

    #[test]
    fn the_length_counts_what_follows_and_each_answer_is_one_packet() {
        let id = DeviceId::new(Scheme::Tracker, "353976013445485").unwrap();
        let mut unit = Retranslator::new(id);
        assert_eq!(block("a", INTEGER, &[0, 0, 0, 5]), b"\x0b\xbb\0\0\0\x08\0\x03a\0\0\0\0\x05");
        let mut incoming = Vec::new();
        unit.receive(&[0x11, 0x11], &mut incoming);
        assert_eq!(incoming, [Incoming::Acknowledged(PACKET), Incoming::Acknowledged(PACKET)]);
    }
}
