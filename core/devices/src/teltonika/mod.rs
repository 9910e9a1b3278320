//! Teltonika trackers: codecs 8, 8 Extended, 16 (records), 12 to 15 (texts) and 7 (GH3000), over TCP and UDP.
//!
//! Source: Teltonika "Data sending protocols" and the AVL element lists of the FMB, FMC and TAT families, with the
//! vendor's pages on BLE and EYE beacons. Covered: login, records with their IO elements, BLE tags and beacons,
//! commands and answers as text, the camera's announcements. Not covered: reassembly of pictures (their parts are
//! kept as bytes), and codec 8 with values compressed by the vendor's own configuration.

mod command;
mod describe;
mod element;
mod frame;
mod message;
mod normalise;
mod record;
mod tag;

pub use describe::describe;

use std::collections::VecDeque;

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Issue, ReceivedAt, Scheme};
use plomb_wire::{Crc16, Reader, to_hex};

use crate::{Decoded, Session, SessionConfig};
use frame::{DATAGRAM_HEADER_BYTES, IMEI_DIGITS, PACKET_HEADER_BYTES, Step};
use message::Codec;
use normalise::Body;

/// Opens a conversation with a Teltonika device.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    let lenient = config.lenient;
    Box::new(Teltonika { lenient, buffer: Vec::new(), device: None, waiting: VecDeque::new() })
}

/// One conversation.
struct Teltonika {
    lenient: bool,
    buffer: Vec<u8>,
    device: Option<DeviceId>,
    /// Commands that wait for their answer, oldest first: the device answers in order.
    waiting: VecDeque<CommandTicket>,
}

impl Session for Teltonika {
    fn receive(&mut self, _now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.extend_from_slice(bytes);
        let used = self.frames(&buffer, false, out);
        buffer.drain(..used);
        self.buffer = buffer;
    }

    fn finish(&mut self, _now: ReceivedAt, out: &mut Decoded) {
        let buffer = std::mem::take(&mut self.buffer);
        let used = self.frames(&buffer, true, out);
        debug_assert_eq!(used, buffer.len(), "every byte is in a report");
    }

    fn tick(&mut self, _now: ReceivedAt, _out: &mut Decoded) {}

    fn deadline(&self) -> Option<ReceivedAt> {
        None
    }

    fn command(
        &mut self,
        _now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        let device = self.device.ok_or(CommandError::UnknownDevice)?;
        if to.is_some_and(|to| to != device) {
            return Err(CommandError::UnknownDevice);
        }
        let packet = command::encode(command, self.waiting.len())?;
        self.waiting.push_back(ticket);
        out.reply_only(Some(device), &packet);
        Ok(())
    }
}

impl Teltonika {
    /// Takes all frames that are decided; returns how many bytes they took.
    fn frames(&mut self, bytes: &[u8], ended: bool, out: &mut Decoded) -> usize {
        let mut used = 0;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            let step = frame::next(rest, ended);
            let length = match step {
                Step::Wait { .. } => break,
                Step::Ping => 1,
                Step::Login { length }
                | Step::Packet { length }
                | Step::Damaged { length }
                | Step::Datagram { length }
                | Step::Noise { length }
                | Step::Cut { length } => length.max(1),
            };
            let frame = rest.get(..length).unwrap_or(rest);
            self.frame(step, frame, out);
            out.report(self.device, frame);
            used += frame.len();
        }
        used
    }

    fn frame(&mut self, step: Step, frame: &[u8], out: &mut Decoded) {
        match step {
            Step::Wait { .. } | Step::Ping => {}
            Step::Login { .. } => self.login(frame, out),
            Step::Packet { .. } => self.packet(frame, out),
            Step::Damaged { .. } => {
                let (found, computed) = frame::checksums(frame);
                let found = format!("0x{found:08x}, computed 0x{computed:08x}");
                out.issue(Issue::new(frame.len().saturating_sub(4), "checksum differs", found));
                if self.lenient {
                    self.packet(frame, out);
                }
            }
            Step::Datagram { .. } => self.datagram(frame, out),
            Step::Noise { .. } => {
                let first = to_hex(frame.get(..16).unwrap_or(frame));
                out.issue(Issue::new(
                    0,
                    "bytes that belong to no frame",
                    format!("{} bytes: {first}", frame.len()),
                ));
            }
            Step::Cut { .. } => {
                out.issue(Issue::new(
                    frame.len(),
                    "the frame is not complete",
                    format!("{} bytes", frame.len()),
                ));
                if self.lenient && frame.len() > PACKET_HEADER_BYTES && frame.starts_with(&[0, 0, 0, 0]) {
                    let body = frame.get(PACKET_HEADER_BYTES..).unwrap_or_default();
                    let accepted = self.body(body, PACKET_HEADER_BYTES, out);
                    self.acknowledge(body, accepted, out);
                }
            }
        }
    }

    fn login(&mut self, frame: &[u8], out: &mut Decoded) {
        let text = frame.get(2..).unwrap_or_default();
        let imei = std::str::from_utf8(text)
            .ok()
            .filter(|text| text.len() == IMEI_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()));
        match imei.and_then(|imei| DeviceId::new(Scheme::Imei, imei).ok()) {
            Some(device) => {
                self.device = Some(device);
                out.event(normalise::login());
                out.reply(&[1]);
            }
            None => {
                out.issue(Issue::new(2, "the login is no IMEI of 15 digits", String::from_utf8_lossy(text)));
                out.reply(&[0]);
            }
        }
    }

    fn packet(&mut self, frame: &[u8], out: &mut Decoded) {
        let end = frame.len().saturating_sub(4);
        let body = frame.get(PACKET_HEADER_BYTES..end).unwrap_or_default();
        let accepted = self.body(body, PACKET_HEADER_BYTES, out);
        self.acknowledge(body, accepted, out);
    }

    /// Records are answered with how many were taken: the device sends the others again.
    fn acknowledge(&self, body: &[u8], accepted: u8, out: &mut Decoded) {
        if body.first().and_then(|byte| Codec::from_byte(*byte)).is_some_and(Codec::has_records) {
            out.reply(&u32::from(accepted).to_be_bytes());
        }
    }

    fn datagram(&mut self, frame: &[u8], out: &mut Decoded) {
        let imei = frame.get(8..DATAGRAM_HEADER_BYTES).and_then(|digits| std::str::from_utf8(digits).ok());
        self.device = imei.and_then(|imei| DeviceId::new(Scheme::Imei, imei).ok()).or(self.device);
        let body = frame.get(DATAGRAM_HEADER_BYTES..).unwrap_or_default();
        let accepted = self.body(body, DATAGRAM_HEADER_BYTES, out);
        if let Some(&[packet_high, packet_low, _, avl_packet]) = frame.get(2..6) {
            out.reply(&[0, 5, packet_high, packet_low, 1, avl_packet, accepted]);
        }
    }

    /// Reads a body that begins at `base` in its frame; returns how many records were taken.
    fn body(&mut self, body: &[u8], base: usize, out: &mut Decoded) -> u8 {
        Body { waiting: &mut self.waiting }.read(Reader::at(body, base), out)
    }
}

/// A packet around a body: preamble, length, body, checksum.
fn packet(body: &[u8]) -> Vec<u8> {
    let mut packet = vec![0; 4];
    packet.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    packet.extend_from_slice(body);
    packet.extend(u32::from(Crc16::ARC.of(body)).to_be_bytes());
    packet
}
