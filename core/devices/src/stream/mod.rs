//! What the protocols share whose frames stand between marks: the session around them, and fields of text.
//!
//! A protocol says what begins at a place ([`Dialect::start`]) and what a frame means ([`Dialect::frame`]); here the
//! stream is held, cut, and every byte of it put into one report. What comes of a stream does not depend on how it
//! is cut into reads.

mod fields;
mod waiting;

pub(crate) use fields::{Fields, date_time};
pub(crate) use waiting::Waiting;

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Issue, ReceivedAt};

use crate::{Decoded, Session};

/// Bytes of no frame that are kept together in one report.
const NOISE_BYTES_MAX: usize = 1024;
/// How much of bytes of no frame an issue shows.
const SHOWN_BYTES_MAX: usize = 12;

/// What begins at a place of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// No frame.
    Nothing,
    /// More bytes will tell.
    NeedMore,
    /// A frame of so many bytes.
    Whole(usize),
    /// A frame of so many bytes whose end is missing.
    Cut(usize),
}

/// A protocol whose frames stand between marks.
pub(crate) trait Dialect: Send {
    /// What begins at the front of `data`, which is not empty. Never [`Start::NeedMore`] when `finished`, nor a length
    /// of 0 or beyond the data.
    fn start(data: &[u8], finished: bool) -> Start;

    /// Reads a frame: writes events, issues and replies into `out`, but does not close the report.
    fn frame(&mut self, now: ReceivedAt, wire: &[u8], out: &mut Decoded);

    /// The device, once it has said who it is.
    fn device(&self) -> Option<DeviceId>;

    /// The bytes of a command to the device of this conversation.
    ///
    /// # Errors
    /// As [`Session::command`].
    fn command(
        &mut self,
        now: ReceivedAt,
        ticket: CommandTicket,
        command: &Command,
    ) -> Result<Vec<u8>, CommandError>;
}

/// The session around a dialect.
#[derive(Debug)]
pub(crate) struct Stream<D> {
    dialect: D,
    lenient: bool,
    held: Vec<u8>,
}

impl<D: Dialect + 'static> Stream<D> {
    /// Opens a conversation.
    pub(crate) fn session(dialect: D, lenient: bool) -> Box<dyn Session> {
        Box::new(Self { dialect, lenient, held: Vec::new() })
    }

    fn take(&mut self, now: ReceivedAt, bytes: &[u8], finished: bool, out: &mut Decoded) {
        let mut data = std::mem::take(&mut self.held);
        data.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            let Some((start, length)) = next::<D>(rest, finished) else { break };
            self.piece(now, start, rest.get(..length).unwrap_or(rest), out);
            at += length.max(1);
        }
        data.drain(..at.min(data.len()));
        self.held = data;
    }

    fn piece(&mut self, now: ReceivedAt, start: Start, wire: &[u8], out: &mut Decoded) {
        let shown = || plomb_wire::to_hex(wire.get(..SHOWN_BYTES_MAX).unwrap_or(wire));
        match start {
            Start::Whole(_) => self.dialect.frame(now, wire, out),
            Start::Cut(_) => {
                out.issue(Issue::new(wire.len(), "frame is incomplete", shown()));
                if self.lenient {
                    self.dialect.frame(now, wire, out);
                }
            }
            Start::Nothing | Start::NeedMore => {
                if !wire.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
                    out.issue(Issue::new(0, "bytes outside any frame", shown()));
                }
            }
        }
        out.report(self.dialect.device(), wire);
    }
}

/// The piece at the front of `data` and its length; `None` when more bytes are needed.
fn next<D: Dialect>(data: &[u8], finished: bool) -> Option<(Start, usize)> {
    let mut noise = 0;
    while let Some(rest) = data.get(noise..).filter(|rest| !rest.is_empty()) {
        match D::start(rest, finished) {
            start @ (Start::Whole(length) | Start::Cut(length)) if noise == 0 => {
                return Some((start, length.clamp(1, rest.len())));
            }
            Start::Whole(_) | Start::Cut(_) => return Some((Start::Nothing, noise)),
            // Nothing that follows may be decided before this is.
            Start::NeedMore if !finished => return None,
            Start::NeedMore | Start::Nothing => noise += 1,
        }
        if noise >= NOISE_BYTES_MAX {
            return Some((Start::Nothing, noise));
        }
    }
    (finished && noise > 0).then_some((Start::Nothing, noise))
}

impl<D: Dialect + 'static> Session for Stream<D> {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.take(now, bytes, false, out);
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        self.take(now, &[], true, out);
    }

    fn tick(&mut self, _: ReceivedAt, _: &mut Decoded) {}

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
        let device = self.dialect.device().ok_or(CommandError::UnknownDevice)?;
        if to.is_some_and(|to| to != device) {
            return Err(CommandError::UnknownDevice);
        }
        let bytes = self.dialect.command(now, ticket, command)?;
        out.reply_only(Some(device), &bytes);
        Ok(())
    }
}
