//! The session around protocols whose frames are pieces of a stream and that have no commands: it holds, cuts and
//! reports; the protocol says where its frames end and what they mean.

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, ReceivedAt};

use crate::pieces::{self, Held, Piece, Start};
use crate::{Decoded, Session};

/// One protocol's part.
pub(crate) trait Talk: Send {
    /// Its name.
    const NAME: &'static str;
    /// What begins at the front of `data`, which is not empty. With `ended` no more bytes will come.
    fn start(&self, data: &[u8], ended: bool) -> Start;
    /// Takes one frame.
    fn frame(&mut self, wire: &[u8], out: &mut Decoded);
    /// Who sent the last frame.
    fn device(&self) -> Option<DeviceId>;
}

/// Opens a session.
pub(crate) fn session<T: Talk + 'static>(talk: T) -> Box<dyn Session> {
    Box::new(Stream { held: Held::default(), talk })
}

struct Stream<T> {
    held: Held,
    talk: T,
}

impl<T: Talk> Stream<T> {
    fn take(&mut self, now: ReceivedAt, bytes: &[u8], ended: bool, out: &mut Decoded) {
        let data = self.held.with(bytes);
        let mut at = 0;
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            let Some((piece, length)) = pieces::next(rest, ended, |data| self.talk.start(data, ended)) else {
                break;
            };
            let wire = rest.get(..length).unwrap_or(rest);
            match piece {
                Piece::Frame => self.talk.frame(wire, out),
                Piece::Noise if wire.iter().all(u8::is_ascii_whitespace) => {}
                Piece::Noise | Piece::Cut => out.issue(pieces::issue(piece, wire)),
            }
            out.report(self.talk.device(), wire);
            at += length.max(1);
        }
        self.held.keep(now, data, at);
    }
}

impl<T: Talk> Session for Stream<T> {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.take(now, bytes, false, out);
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        self.take(now, &[], true, out);
    }

    fn tick(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if self.held.is_due(now) {
            self.take(now, &[], true, out);
        }
    }

    fn deadline(&self) -> Option<ReceivedAt> {
        self.held.deadline()
    }

    fn command(
        &mut self,
        _: ReceivedAt,
        _: Option<DeviceId>,
        _: CommandTicket,
        _: &Command,
        _: &mut Decoded,
    ) -> Result<(), CommandError> {
        Err(CommandError::Unsupported { protocol: T::NAME })
    }
}
