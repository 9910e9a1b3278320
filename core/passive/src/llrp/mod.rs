//! LLRP, the protocol of fixed UHF readers: EPCglobal Low Level Reader Protocol 1.0.1 and 1.1.
//!
//! A conversation that begins with a [`gate::Gate`] is one that the platform has opened: the session is the reader's
//! host. Any other is listened to, with the messages of both sides.

pub mod codec;
mod describe;
pub mod element;
pub mod gate;
mod gate_events;
pub mod host;
mod normalise;
pub mod status;
pub mod table;

pub use describe::describe;

use gate::Gate;
use host::Host;

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
    /// Whether nothing was received yet that is told: only then a gate may be.
    begun: bool,
    host: Option<Box<Host>>,
}

impl Llrp {
    fn reader(&self) -> Option<DeviceId> {
        self.host.as_ref().map(|host| host.reader())
    }

    fn message(&mut self, now: ReceivedAt, wire: &[u8], out: &mut Decoded) {
        let mut items = Vec::new();
        let kind = codec::read(wire, &mut items);
        let keepalive = kind == Ok(62);
        match (kind, &mut self.host) {
            (Err(issue), _) => out.issue(issue),
            (Ok(kind), Some(host)) => {
                let (_, id) = codec::version_and_id(wire);
                host.message(kind, id, &items, now, out);
            }
            (Ok(40), None) => normalise::learn(&items, &mut self.asked),
            (Ok(61), None) => {
                normalise::too_many(&items).into_iter().for_each(|issue| out.issue(issue));
                normalise::tags(&items, &self.asked).into_iter().for_each(|event| out.event(event));
            }
            (Ok(_), None) => {}
        }
        if keepalive {
            out.event(Event::new(EventKind::Heartbeat));
            let mut ack = [0, 72, 0, 0, 0, 10, 0, 0, 0, 0];
            ack.iter_mut().zip(wire).take(1).for_each(|(to, from)| *to = from & 0x1C);
            ack.iter_mut().zip(wire).skip(6).for_each(|(to, from)| *to = *from);
            out.reply(&ack);
        }
        out.report(self.reader(), wire);
    }

    /// Takes the first frame of a conversation that the platform has opened; false while it is not whole.
    fn begin(&mut self, now: ReceivedAt, out: &mut Decoded) -> bool {
        let data = std::mem::take(&mut self.held);
        let end = data.windows(gate::END.len()).position(|bytes| bytes == gate::END);
        let Some(end) = end.map(|end| end + gate::END.len()) else {
            self.begun = data.len() > gate::FRAME_BYTES_MAX;
            self.held = data;
            return self.begun;
        };
        self.begun = true;
        let (frame, rest) = data.split_at_checked(end).unwrap_or_default();
        self.held = rest.to_vec();
        match Gate::read(frame) {
            Ok(gate) => {
                let reader = gate.reader;
                self.host = Some(Box::new(Host::new(gate, now)));
                out.report(Some(reader), frame);
            }
            Err(issue) => {
                out.issue(issue);
                out.report(None, frame);
            }
        }
        true
    }

    fn take(&mut self, now: ReceivedAt, last: bool, out: &mut Decoded) {
        let beginning = self.held.get(..gate::BEGINNING.len()).unwrap_or(&self.held);
        if !self.begun && !beginning.is_empty() && gate::BEGINNING.starts_with(beginning) {
            if !self.begin(now, out) && !last {
                return;
            }
        } else if !beginning.is_empty() {
            self.begun = true;
        }
        // A long message that trickles in is not moved again for each of its bytes.
        if !last && codec::head(&self.held).is_some_and(|(_, length)| self.held.len() < length) {
            return;
        }
        let data = std::mem::take(&mut self.held);
        let mut rest = data.as_slice();
        while !rest.is_empty() {
            if let Some((_, length)) = codec::head(rest) {
                let Some((message, after)) = rest.split_at_checked(length) else { break };
                self.message(now, message, out);
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
            out.report(self.reader(), garbage);
            rest = after;
        }
        if last && !rest.is_empty() {
            out.issue(Issue::new(0, "message cut off", rest.len()));
            out.report(self.reader(), rest);
            rest = &[];
        }
        self.held = rest.to_vec();
    }
}

impl Session for Llrp {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.held.extend_from_slice(bytes);
        self.take(now, false, out);
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        self.take(now, true, out);
    }

    fn tick(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if let Some(host) = &mut self.host {
            host.tick(now, out);
        }
    }

    fn deadline(&self) -> Option<ReceivedAt> {
        self.host.as_ref().map(|host| host.deadline())
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
