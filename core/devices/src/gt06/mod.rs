//! GT06, Concox, Jimi and the many devices that speak their protocol.
//!
//! Source: common knowledge of the protocol and recorded frames (`vectors/trackers/gt06.jsonl`), no vendor manual;
//! `docs/protocols/gt06.md` lists the variants and what is unverified. Covered: login, heartbeats, positions,
//! cells, Wi-Fi, alarms, information, modules, pictures, address and time requests, commands and their answers. Not
//! covered: sound, and what the peripherals of 0xF2 say (their bytes are kept).

mod alarm;
mod command;
mod condition;
mod describe;
mod extended;
mod frame;
mod message;
mod normalise;
mod part;
mod place;
mod radio;
mod reply;
mod split;
mod text;
mod words;

pub use describe::describe;

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, ReceivedAt};

use crate::{Decoded, Session, SessionConfig};
use command::Waiting;
use frame::Frame;
use normalise::Context;
use reply::Pictures;
use split::{Piece, Splitter};

/// Opens a conversation with a device that speaks GT06 or a kin of it.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Gt06 { lenient: config.lenient, ..Gt06::default() })
}

/// One connection of one device.
#[derive(Debug, Default)]
struct Gt06 {
    lenient: bool,
    splitter: Splitter,
    /// Bytes that belong to no piece yet.
    held: Vec<u8>,
    context: Context,
    waiting: Waiting,
    pictures: Pictures,
    /// The answer in hand; kept for its memory.
    answer: Vec<u8>,
}

impl Gt06 {
    fn piece(&mut self, now: ReceivedAt, piece: &Piece, data: &[u8], out: &mut Decoded) {
        let wire = data.get(piece.range.clone()).unwrap_or_default();
        if piece.intact {
            if let Some(frame) = Frame::intact(wire) {
                return self.frame(now, &frame, out);
            }
        } else {
            out.issue(frame::fault(wire));
            if self.lenient
                && let Some(frame) = Frame::recover(wire)
            {
                return self.frame(now, &frame, out);
            }
        }
        out.report(self.context.device, wire);
    }

    fn frame(&mut self, now: ReceivedAt, frame: &Frame<'_>, out: &mut Decoded) {
        let outcome = normalise::event(frame, &mut self.context, &mut self.waiting);
        for event in outcome.earlier {
            out.event(event);
        }
        out.event(outcome.event);
        for issue in outcome.issues {
            out.issue(issue);
        }
        self.answer.clear();
        let named = frame.number != 0x01 || outcome.imei.is_some();
        // A frame that was cut off is no delivery, even where a lenient session reads it.
        let whole = frame.has_trailer || frame.wire.ends_with(&frame::END_MARK);
        if named && whole {
            reply::to(now, frame, &mut self.pictures, &mut self.answer);
            out.reply(&self.answer);
        }
        // A message that names its sender needs no login to be somebody's.
        out.report(self.context.device.or(outcome.imei), frame.wire);
    }

    /// Drops what has become pieces.
    fn keep(&mut self, mut data: Vec<u8>) {
        data.drain(..self.splitter.origin().min(data.len()));
        self.splitter.rebase();
        self.held = data;
    }
}

impl Session for Gt06 {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        let mut data = std::mem::take(&mut self.held);
        data.extend_from_slice(bytes);
        while let Some(piece) = self.splitter.next(&data) {
            self.piece(now, &piece, &data, out);
        }
        self.keep(data);
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        let data = std::mem::take(&mut self.held);
        while let Some(piece) = self.splitter.finish(&data) {
            self.piece(now, &piece, &data, out);
        }
        self.keep(data);
    }

    fn tick(&mut self, _now: ReceivedAt, _out: &mut Decoded) {}

    fn deadline(&self) -> Option<ReceivedAt> {
        None
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        let device = self.context.device.ok_or(CommandError::UnknownDevice)?;
        if to.is_some_and(|to| to != device) {
            return Err(CommandError::UnknownDevice);
        }
        self.answer.clear();
        self.waiting.encode(now, ticket, command, &mut self.answer)?;
        out.reply_only(Some(device), &self.answer);
        Ok(())
    }
}
