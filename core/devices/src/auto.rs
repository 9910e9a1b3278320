//! A conversation whose protocol is found out from its first bytes.

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Issue, Protocol, ReceivedAt};

use crate::open::open;
use crate::recognise::{LOOK_AHEAD_BYTES, Recognised, recognise};
use crate::{Decoded, Session, SessionConfig};

/// After so many reads of no known protocol the conversation ends: a scanner tries a few greetings, a device none.
const UNKNOWN_READS_MAX: u32 = 8;

/// Opens a conversation in the protocol that the device turns out to speak.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Auto { config, held: Vec::new(), inner: None, unknown_reads: 0 })
}

/// Holds bytes until the protocol is known, then hands everything to that protocol's session.
struct Auto {
    config: SessionConfig,
    /// Bytes that do not tell the protocol yet: fewer than [`LOOK_AHEAD_BYTES`].
    held: Vec<u8>,
    inner: Option<Box<dyn Session>>,
    unknown_reads: u32,
}

impl Auto {
    /// What is held is of no known protocol: reports it and begins anew with the next bytes.
    fn unknown(&mut self, out: &mut Decoded) {
        let tried: Vec<&str> = Protocol::ALL.into_iter().map(Protocol::name).collect();
        let shown = self.held.get(..LOOK_AHEAD_BYTES).unwrap_or(&self.held);
        let what = format!("no protocol of these: {}", tried.join(", "));
        out.issue(Issue::new(0, what, plomb_wire::to_hex(shown)));
        out.report(None, &self.held);
        self.held.clear();
        self.unknown_reads += 1;
        if self.unknown_reads >= UNKNOWN_READS_MAX {
            out.close("no known protocol");
        }
    }
}

impl Session for Auto {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        if let Some(inner) = &mut self.inner {
            return inner.receive(now, bytes, out);
        }
        self.held.extend_from_slice(bytes);
        match recognise(&self.held) {
            Recognised::Is(protocol) => {
                let held = std::mem::take(&mut self.held);
                self.inner.insert(open(protocol, self.config.clone())).receive(now, &held, out);
            }
            Recognised::NeedMore => {}
            Recognised::Unknown => self.unknown(out),
        }
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        match &mut self.inner {
            Some(inner) => inner.finish(now, out),
            None if self.held.is_empty() => {}
            None => self.unknown(out),
        }
    }

    fn tick(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if let Some(inner) = &mut self.inner {
            inner.tick(now, out);
        }
    }

    fn deadline(&self) -> Option<ReceivedAt> {
        self.inner.as_ref()?.deadline()
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        match &mut self.inner {
            Some(inner) => inner.command(now, to, ticket, command, out),
            None => Err(CommandError::UnknownDevice),
        }
    }
}
