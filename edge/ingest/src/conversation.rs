//! A session as the listeners use it: opened when the protocol is known, and never able to take the listener down.

use std::panic::{AssertUnwindSafe, catch_unwind};

use plomb_devices::{Decoded, LOOK_AHEAD_BYTES, Recognised, Session, SessionConfig, open, recognise};
use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Issue, Protocol, ReceivedAt};

/// The state of one conversation.
pub(crate) struct Conversation {
    config: SessionConfig,
    stage: Stage,
}

enum Stage {
    /// A shared port that has not seen enough bytes.
    Unplaced(Vec<u8>),
    Open(Protocol, Box<dyn Session>),
    /// Nobody could place the bytes, or the decoder failed: bytes are kept as they come.
    Raw(Protocol),
}

/// The decoder failed on these bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DecoderFault;

impl Conversation {
    pub(crate) fn new(protocol: Option<Protocol>, config: SessionConfig) -> Self {
        let stage = match protocol {
            Some(protocol) => Stage::Open(protocol, open(protocol, config.clone())),
            None => Stage::Unplaced(Vec::new()),
        };
        Self { config, stage }
    }

    /// What is spoken, as far as it is known.
    pub(crate) const fn protocol(&self) -> Protocol {
        match &self.stage {
            Stage::Unplaced(_) => Protocol::Unrecognised,
            Stage::Open(protocol, _) | Stage::Raw(protocol) => *protocol,
        }
    }

    /// When [`Conversation::tick`] is due.
    pub(crate) fn deadline(&self) -> Option<ReceivedAt> {
        match &self.stage {
            Stage::Open(_, session) => session.deadline(),
            Stage::Unplaced(_) | Stage::Raw(_) => None,
        }
    }

    /// Takes bytes; if the decoder fails, they are kept as they came, with an issue, and so are all later ones.
    pub(crate) fn receive(
        &mut self,
        now: ReceivedAt,
        bytes: &[u8],
        out: &mut Decoded,
    ) -> Result<(), DecoderFault> {
        match &mut self.stage {
            Stage::Unplaced(waiting) => {
                waiting.extend_from_slice(bytes);
                let bytes = std::mem::take(waiting);
                self.place(now, bytes, out)
            }
            Stage::Raw(_) => {
                out.report(None, bytes);
                Ok(())
            }
            Stage::Open(protocol, session) => {
                let protocol = *protocol;
                let result = catch_unwind(AssertUnwindSafe(|| session.receive(now, bytes, out)));
                result.map_err(|_| {
                    out.clear();
                    out.issue(Issue::new(
                        0,
                        "the decoder stopped on these bytes; they are kept as they came",
                        protocol.name(),
                    ));
                    out.report(None, bytes);
                    out.close("the decoder stopped");
                    self.stage = Stage::Raw(protocol);
                    DecoderFault
                })
            }
        }
    }

    fn place(&mut self, now: ReceivedAt, bytes: Vec<u8>, out: &mut Decoded) -> Result<(), DecoderFault> {
        match recognise(&bytes) {
            Recognised::Is(protocol) => {
                self.stage = Stage::Open(protocol, open(protocol, self.config.clone()));
                self.receive(now, &bytes, out)
            }
            Recognised::NeedMore if bytes.len() < LOOK_AHEAD_BYTES => {
                self.stage = Stage::Unplaced(bytes);
                Ok(())
            }
            Recognised::NeedMore | Recognised::Unknown => {
                self.keep_unplaced(&bytes, out);
                out.close("the protocol was not recognised");
                Ok(())
            }
        }
    }

    fn keep_unplaced(&mut self, bytes: &[u8], out: &mut Decoded) {
        let names = Protocol::ALL.map(Protocol::name).join(", ");
        let first = plomb_devices::first_bytes(bytes);
        out.issue(Issue::new(0, format!("the first bytes are of no protocol spoken here ({names})"), first));
        out.report(None, bytes);
        self.stage = Stage::Raw(Protocol::Unrecognised);
    }

    /// The bytes have ended: a stream was closed, or this was a datagram.
    pub(crate) fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        match &mut self.stage {
            Stage::Unplaced(waiting) => {
                let bytes = std::mem::take(waiting);
                if !bytes.is_empty() {
                    self.keep_unplaced(&bytes, out);
                }
            }
            Stage::Open(_, session) => {
                if catch_unwind(AssertUnwindSafe(|| session.finish(now, out))).is_err() {
                    out.clear();
                }
            }
            Stage::Raw(_) => {}
        }
    }

    /// Puts a command into bytes.
    pub(crate) fn command(
        &mut self,
        now: ReceivedAt,
        to: DeviceId,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        match &mut self.stage {
            Stage::Unplaced(_) => Err(CommandError::UnknownDevice),
            Stage::Raw(protocol) => Err(CommandError::Unsupported { protocol: protocol.name() }),
            Stage::Open(protocol, session) => {
                let protocol = protocol.name();
                let made =
                    catch_unwind(AssertUnwindSafe(|| session.command(now, Some(to), ticket, command, out)));
                made.unwrap_or_else(|_| {
                    out.clear();
                    Err(CommandError::Unsupported { protocol })
                })
            }
        }
    }

    /// Time has come.
    pub(crate) fn tick(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if let Stage::Open(_, session) = &mut self.stage
            && catch_unwind(AssertUnwindSafe(|| session.tick(now, out))).is_err()
        {
            out.clear();
        }
    }
}
