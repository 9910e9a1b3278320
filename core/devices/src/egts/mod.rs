//! EGTS: the telematics standard of ERA-GLONASS (GOST R 54619), its transport and service layers, with the services
//! AUTH, TELEDATA, COMMANDS and ECALL.
//!
//! Source: the standard's public text and recorded packets (`vectors/trackers/egts.jsonl`). See
//! `docs/protocols/egts.md`.

mod auth;
mod command;
mod describe;
mod frame;
mod record;
mod teledata;

pub use describe::describe;

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Issue, ReceivedAt};
use plomb_wire::Reader;

use crate::pieces::{self, Held, Piece};
use crate::{Decoded, Session, SessionConfig, web};
use command::Waiting;
use frame::Packet;
use record::{AUTH, COMMANDS, Record};

/// Results of a packet: taken, wrong checksum of the data, cannot be decrypted.
const TAKEN: u8 = 0;
const WRONG_SUM: u8 = 138;
const CLOSED: u8 = 129;
/// Subrecords: the answer to a record, the result of an authorisation.
const RECORD_RESPONSE: u8 = 0;
const RESULT_CODE: u8 = 9;
/// Flags of a record of ours: both services are of the platform.
const OURS: u8 = 0;

/// Opens a conversation with a terminal or another server.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Egts {
        lenient: config.lenient,
        held: Held::default(),
        device: None,
        authorised: false,
        packet: 0,
        record: 0,
        waiting: Waiting::default(),
    })
}

struct Egts {
    lenient: bool,
    held: Held,
    device: Option<DeviceId>,
    /// The terminal said who it is: numbers of objects then say nothing more.
    authorised: bool,
    /// Numbers of the next packet and record of ours.
    packet: u16,
    record: u16,
    waiting: Waiting,
}

impl Egts {
    fn take(&mut self, now: ReceivedAt, bytes: &[u8], ended: bool, out: &mut Decoded) {
        let data = self.held.with(bytes);
        let mut at = 0;
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            let Some((piece, length)) = pieces::next(rest, ended, frame::start) else { break };
            let wire = rest.get(..length).unwrap_or(rest);
            match Packet::of(wire).filter(|_| piece == Piece::Frame) {
                Some(packet) => self.packet(&packet, wire, out),
                None => {
                    out.issue(pieces::issue(piece, wire));
                    out.report(self.device, wire);
                }
            }
            at += length.max(1);
        }
        self.held.keep(now, data, at);
    }

    fn packet(&mut self, packet: &Packet<'_>, wire: &[u8], out: &mut Decoded) {
        let refused = if packet.is_sound() {
            packet.is_closed().then_some(CLOSED)
        } else {
            let (found, computed) = packet.sum.unwrap_or_default();
            let found = format!("{found:04x}, computed {computed:04x}");
            out.issue(Issue::new(packet.header_bytes + packet.data.len(), "the checksum differs", found));
            Some(WRONG_SUM)
        };
        if packet.is_closed() {
            let found = format!("flags {:02x}", packet.flags);
            out.issue(Issue::new(2, "encrypted or compressed data", found));
        }
        if let Some(result) = refused.filter(|result| !self.lenient || *result == CLOSED) {
            if packet.kind != frame::RESPONSE {
                self.respond(packet, result, &[], out);
            }
            return out.report(self.device, wire);
        }
        let mut reader = Reader::at(packet.data, packet.header_bytes);
        if let Err(short) = preamble(packet, &mut reader) {
            out.issue(Issue::new(packet.header_bytes, "the packet ends early", short));
            return out.report(self.device, wire);
        }
        self.records(packet, &mut reader, wire, out);
    }

    /// The records of a packet; where the next is of another object, a report ends before it.
    fn records(&mut self, packet: &Packet<'_>, reader: &mut Reader<'_>, wire: &[u8], out: &mut Decoded) {
        let mut answered = Vec::new();
        let mut asks = false;
        let mut told = false;
        let mut start = 0;
        while !reader.is_empty() {
            let offset = reader.offset();
            let record = match record::record(reader) {
                Ok(record) => record,
                Err(short) => {
                    out.issue(Issue::new(offset, "the record ends early", short));
                    break;
                }
            };
            let object = record.object.filter(|_| !self.authorised);
            let object = object.and_then(|object| web::tracker(&object.to_string(), record.offset).ok());
            if let Some(object) = object {
                if told && self.device != Some(object) {
                    out.report(self.device, wire.get(start..record.offset).unwrap_or_default());
                    start = record.offset;
                }
                self.device = Some(object);
            }
            told = true;
            asks |= self.record(&record, out);
            answered.push(record);
        }
        if packet.kind != frame::RESPONSE {
            self.respond(packet, TAKEN, &answered, out);
        }
        if asks {
            let record = self.write_record(AUTH, &[RESULT_CODE, 1, 0, TAKEN]);
            let bytes = self.write(frame::APPDATA, &record);
            out.reply(&bytes);
        }
        out.report(self.device, wire.get(start..).unwrap_or_default());
    }

    /// One record; whether the terminal wants to know that it is accepted.
    fn record(&mut self, record: &Record<'_>, out: &mut Decoded) -> bool {
        let mut issues = Vec::new();
        let mut asks = false;
        match record.service {
            AUTH => {
                let found = auth::read(record, &mut issues);
                if let Some(device) = found.device {
                    self.device = Some(device);
                    self.authorised = true;
                }
                asks = found.asks;
                found.event.into_iter().for_each(|event| out.event(event));
            }
            COMMANDS => {
                let events = self.waiting.answers(record, &mut issues);
                events.into_iter().for_each(|event| out.event(event));
            }
            _ => {
                let events = teledata::events(record, &mut issues);
                // A bare answer to a record of ours is no event.
                let bare = |event: &plomb_model::Event| event.readings.is_empty() && event.signals.is_empty();
                events.into_iter().filter(|event| !bare(event)).for_each(|event| out.event(event));
            }
        }
        issues.into_iter().for_each(|issue| out.issue(issue));
        asks
    }

    /// The answer to a packet and to each of its records.
    fn respond(&mut self, packet: &Packet<'_>, result: u8, records: &[Record<'_>], out: &mut Decoded) {
        let mut data = packet.number.to_le_bytes().to_vec();
        data.push(result);
        for answered in records {
            let [low, high] = answered.number.to_le_bytes();
            let record = self.write_record(answered.service, &[RECORD_RESPONSE, 3, 0, low, high, TAKEN]);
            data.extend_from_slice(&record);
        }
        let bytes = self.write(frame::RESPONSE, &data);
        out.reply(&bytes);
    }

    fn write(&mut self, kind: u8, data: &[u8]) -> Vec<u8> {
        let number = self.packet;
        self.packet = self.packet.wrapping_add(1);
        frame::write(number, kind, data)
    }

    fn write_record(&mut self, service: u8, subrecords: &[u8]) -> Vec<u8> {
        let number = self.record;
        self.record = self.record.wrapping_add(1);
        let mut record = u16::try_from(subrecords.len()).unwrap_or(u16::MAX).to_le_bytes().to_vec();
        record.extend_from_slice(&number.to_le_bytes());
        record.extend_from_slice(&[OURS, service, service]);
        record.extend_from_slice(subrecords);
        record
    }
}

/// What stands before the records: the number and result of an answer, or a signature.
fn preamble(packet: &Packet<'_>, reader: &mut Reader<'_>) -> Result<(), plomb_wire::Short> {
    match packet.kind {
        frame::RESPONSE if !packet.data.is_empty() => reader.skip(3),
        frame::SIGNED => {
            let length = usize::from(reader.u16_le()?);
            reader.skip(length)
        }
        _ => Ok(()),
    }
}

impl Session for Egts {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.take(now, bytes, false, out);
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        self.take(now, &[], true, out);
    }

    fn tick(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if self.held.is_due(now) {
            self.take(now, &[], true, out);
        }
    }

    fn deadline(&self) -> Option<ReceivedAt> {
        self.held.deadline()
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        let device = self.device.ok_or(CommandError::UnknownDevice)?;
        if to.is_some_and(|to| to != device) {
            return Err(CommandError::UnknownDevice);
        }
        let subrecord = self.waiting.encode(now, ticket, command)?;
        let record = self.write_record(COMMANDS, &subrecord);
        let bytes = self.write(frame::APPDATA, &record);
        out.reply_only(Some(device), &bytes);
        Ok(())
    }
}
