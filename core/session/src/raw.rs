//! Bytes that belong to no protocol: kept as they come, one report a read.

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Protocol, ReceivedAt};

use crate::{Decoded, Session};

/// A session that keeps everything and understands nothing.
#[must_use]
pub fn raw() -> Box<dyn Session> {
    Box::new(Raw)
}

struct Raw;

impl Session for Raw {
    fn receive(&mut self, _: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        out.report(None, bytes);
    }

    fn finish(&mut self, _: ReceivedAt, _: &mut Decoded) {}

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
        Err(CommandError::Unsupported { protocol: Protocol::Unrecognised.name() })
    }
}
