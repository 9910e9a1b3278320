//! LLRP, the protocol of fixed UHF readers: EPCglobal Low Level Reader Protocol 1.0.1 and 1.1, read from the
//! reader's side of the connection. The platform's own host is not part of this module.

pub mod codec;
mod describe;
pub mod element;
mod normalise;
pub mod table;

pub use describe::describe;

use plomb_model::{
    Command, CommandError, CommandTicket, DeviceId, Event, EventKind, Issue, Protocol, ReceivedAt,
};
use plomb_session::{Decoded, Session, SessionConfig};

/// Opens a conversation with a reader.
#[must_use]
pub fn session(_config: SessionConfig) -> Box<dyn Session> {
    Box::new(Llrp::default())
}

#[derive(Debug, Default)]
struct Llrp {
    held: Vec<u8>,
    asked: Vec<normalise::Asked>,
}

impl Llrp {
    fn message(&mut self, wire: &[u8], out: &mut Decoded) {
        let mut items = Vec::new();
        match codec::read(wire, &mut items) {
            Err(issue) => out.issue(issue),
            Ok(40) => normalise::learn(&items, &mut self.asked),
            Ok(61) => normalise::tags(&items, &self.asked).into_iter().for_each(|event| out.event(event)),
            Ok(62) => {
                out.event(Event::new(EventKind::Heartbeat));
                let mut ack = [0, 72, 0, 0, 0, 10, 0, 0, 0, 0];
                ack.iter_mut().zip(wire).take(1).for_each(|(to, from)| *to = from & 0x1C);
                ack.iter_mut().zip(wire).skip(6).for_each(|(to, from)| *to = *from);
                out.reply(&ack);
            }
            Ok(_) => {}
        }
        out.report(None, wire);
    }

    fn take(&mut self, last: bool, out: &mut Decoded) {
        let data = std::mem::take(&mut self.held);
        let mut rest = data.as_slice();
        while !rest.is_empty() {
            if let Some((_, length)) = codec::head(rest) {
                let Some((message, after)) = rest.split_at_checked(length) else { break };
                self.message(message, out);
                rest = after;
                continue;
            }
            // A head may begin in the last nine bytes.
            let next = (1..rest.len()).find(|at| codec::head(rest.get(*at..).unwrap_or_default()).is_some());
            let skipped = match next {
                Some(next) => next,
                None if rest.len() < codec::HEADER_BYTES => break,
                None => rest.len() - (codec::HEADER_BYTES - 1),
            };
            let (garbage, after) = rest.split_at(skipped);
            out.issue(Issue::new(0, "bytes of no LLRP message", garbage.len()));
            out.report(None, garbage);
            rest = after;
        }
        if last && !rest.is_empty() {
            out.issue(Issue::new(0, "message cut off", rest.len()));
            out.report(None, rest);
            rest = &[];
        }
        self.held = rest.to_vec();
    }
}

impl Session for Llrp {
    fn receive(&mut self, _now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.held.extend_from_slice(bytes);
        self.take(false, out);
    }

    fn finish(&mut self, _now: ReceivedAt, out: &mut Decoded) {
        self.take(true, out);
    }

    fn tick(&mut self, _now: ReceivedAt, _out: &mut Decoded) {}

    fn deadline(&self) -> Option<ReceivedAt> {
        None
    }

    fn command(
        &mut self,
        _now: ReceivedAt,
        _to: Option<DeviceId>,
        _ticket: CommandTicket,
        _command: &Command,
        _out: &mut Decoded,
    ) -> Result<(), CommandError> {
        Err(CommandError::Unsupported { protocol: Protocol::Llrp.name() })
    }
}
