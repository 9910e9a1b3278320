//! The session and the description of each protocol.

use plomb_model::Protocol;

use crate::{Description, Session, SessionConfig, gt06};

/// Opens a conversation in `protocol`.
#[must_use]
pub fn open(protocol: Protocol, config: SessionConfig) -> Box<dyn Session> {
    match protocol {
        Protocol::Gt06 => gt06::session(config),
        Protocol::Jointech | Protocol::Jt808 | Protocol::Teltonika => Box::new(unread::Unread::default()),
    }
}

/// Lays a frame of `protocol` open field by field.
#[must_use]
pub fn describe(protocol: Protocol, frame: &[u8]) -> Description {
    match protocol {
        Protocol::Gt06 => gt06::describe(frame),
        Protocol::Jointech | Protocol::Jt808 | Protocol::Teltonika => {
            let mut description = Description::new(protocol.name());
            description.field(0, frame.len(), "bytes", plomb_wire::to_hex(frame));
            description
        }
    }
}

/// A conversation whose protocol this build does not read.
mod unread {
    use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Issue, ReceivedAt};

    use crate::{Decoded, Session};

    /// Reports what it is given, unread.
    #[derive(Debug, Default)]
    pub(super) struct Unread(());

    impl Session for Unread {
        fn receive(&mut self, _now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
            if !bytes.is_empty() {
                out.issue(Issue::new(0, "this build does not read the protocol", bytes.len()));
                out.report(None, bytes);
            }
        }

        fn finish(&mut self, _now: ReceivedAt, _out: &mut Decoded) {}

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
            Err(CommandError::UnknownDevice)
        }
    }
}
