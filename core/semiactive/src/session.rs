//! The session around messages that come whole: it waits for the end, decodes once, and every byte is in the report.

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Issue, Protocol, ReceivedAt};
use plomb_session::{Decoded, REQUEST_BYTES_MAX, Request, Session, SessionConfig};

/// Reads a message: writes its events and issues and returns who sent it.
pub(crate) type Decode = fn(&Whole, &Request<'_>, &mut Decoded) -> Option<DeviceId>;

/// A session of `protocol`.
pub(crate) fn session(config: SessionConfig, protocol: Protocol, decode: Decode) -> Box<dyn Session> {
    let now = ReceivedAt(plomb_model::Timestamp::from_secs(0));
    Box::new(Whole { config, now, protocol, decode, held: Vec::new() })
}

pub(crate) struct Whole {
    /// How the session was opened.
    pub(crate) config: SessionConfig,
    /// When the message in hand came.
    pub(crate) now: ReceivedAt,
    protocol: Protocol,
    decode: Decode,
    held: Vec<u8>,
}

impl Session for Whole {
    fn receive(&mut self, _: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.held.extend_from_slice(bytes);
        if self.held.len() > REQUEST_BYTES_MAX {
            out.issue(Issue::new(0, "message too long", self.held.len()));
            out.report(None, &std::mem::take(&mut self.held));
        }
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        let frame = std::mem::take(&mut self.held);
        if frame.is_empty() {
            return;
        }
        self.now = now;
        let device = (self.decode)(self, &Request::of(&frame), out);
        out.report(device, &frame);
    }

    fn tick(&mut self, _: ReceivedAt, _: &mut Decoded) {}

    fn deadline(&self) -> Option<ReceivedAt> {
        None
    }

    fn command(
        &mut self,
        _: ReceivedAt,
        _: Option<DeviceId>,
        _: CommandTicket,
        _: &Command,
        _: &mut Decoded,
    ) -> Result<(), CommandError> {
        Err(CommandError::Unsupported { protocol: self.protocol.name() })
    }
}
