//! H02: the text and the binary form of many makers' trackers (SinoTrack, Haicom, ...), over TCP and UDP.
//!
//! Source: the public "H02 GPS tracker protocol" (`*HQ,...#`) and recorded frames. See `docs/protocols/h02.md`.
//! Covered: positions in text (V0 to V6, VP1, answers V4) and in the binary form that begins with `$`, cells (V3, NBR),
//! state (LINK, HTBT), answers. Commands: cutting fuel is not ours; position and interval, and texts.

mod binary;
mod split;
mod text;

pub use text::describe;

use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, DeviceId, EventKind, Issue, Reading, ReceivedAt,
};

use crate::{Decoded, Session, SessionConfig};
use split::Piece;

/// A binary frame that may be whole waits so long for what would show its end, milliseconds.
const BINARY_WAIT_MS: i64 = 2_000;
/// Longest text that is sent as a command.
const TEXT_BYTES_MAX: usize = 512;
/// How much of bytes of no frame an issue shows.
const SHOWN_BYTES_MAX: usize = 16;

/// Opens a conversation with a tracker.
#[must_use]
pub fn session(_: SessionConfig) -> Box<dyn Session> {
    Box::new(H02::default())
}

#[derive(Default)]
struct H02 {
    held: Vec<u8>,
    due: Option<ReceivedAt>,
    device: Option<DeviceId>,
    /// The two letters of the maker, which answers and commands repeat.
    maker: [u8; 2],
    waiting: Option<(CommandTicket, &'static str)>,
}

impl H02 {
    fn take(&mut self, now: ReceivedAt, bytes: &[u8], finished: bool, out: &mut Decoded) {
        let mut data = std::mem::take(&mut self.held);
        data.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            let Some((piece, length)) = split::next(rest, finished) else { break };
            let wire = rest.get(..length).unwrap_or(rest);
            match piece {
                Piece::Text => self.text(now, wire, out),
                Piece::Binary => self.binary(wire, out),
                Piece::Blank => {}
                Piece::Noise | Piece::Cut => {
                    let what = if piece == Piece::Cut { "the frame is cut off" } else { "bytes of no frame" };
                    let shown = plomb_wire::to_hex(wire.get(..SHOWN_BYTES_MAX).unwrap_or(wire));
                    out.issue(Issue::new(0, what, shown));
                }
            }
            out.report(self.device, wire);
            at += length.max(1);
        }
        data.drain(..at.min(data.len()));
        self.held = data;
        let may_be_whole = self.held.first() == Some(&b'$') && self.held.len() >= split::BINARY_BYTES_MIN;
        self.due = may_be_whole.then(|| ReceivedAt(now.0.plus_millis(BINARY_WAIT_MS)));
    }

    fn text(&mut self, now: ReceivedAt, wire: &[u8], out: &mut Decoded) {
        let Some(message) = text::Message::of(wire) else {
            out.issue(Issue::new(0, "the text is no message", String::from_utf8_lossy(wire)));
            return;
        };
        self.maker = message.maker;
        if let Some(name) = message.name() {
            match text::tracker(name) {
                Ok(device) => self.device = Some(device),
                Err(error) => out.issue(Issue::new(4, error.to_string(), format_args!("{name:?}"))),
            }
        }
        let mut event = text::event(&message, now, out);
        if message.kind() == "V4"
            && let Some((ticket, _)) = self.waiting.take_if(|(_, word)| message.field(3) == Some(*word))
        {
            let failed = message.field(4) == Some("ERROR");
            let outcome = if failed { CommandOutcome::Failed } else { CommandOutcome::Acknowledged };
            event.kind = EventKind::CommandResult;
            event.readings.push(Reading::CommandResult { ticket, outcome });
        }
        out.event(event);
        let maker = String::from_utf8_lossy(&message.maker).into_owned();
        let name = message.name().unwrap_or_default();
        match message.kind() {
            "HTBT" => out.reply(format!("*{maker},{name},HTBT#").as_bytes()),
            kind @ ("V1" | "NBR" | "V0") if !name.is_empty() => {
                out.reply(format!("*{maker},{name},V4,{kind},{}#", text::stamp(now)).as_bytes());
            }
            _ => {}
        }
    }

    fn binary(&mut self, wire: &[u8], out: &mut Decoded) {
        match binary::read(wire) {
            Ok((device, event)) => {
                self.device = Some(device);
                out.event(event);
            }
            Err(issue) => out.issue(issue),
        }
    }
}

impl Session for H02 {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.take(now, bytes, false, out);
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        self.take(now, &[], true, out);
    }

    fn tick(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if self.due.is_some_and(|due| due <= now) {
            self.take(now, &[], true, out);
        }
    }

    fn deadline(&self) -> Option<ReceivedAt> {
        self.due
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        let device = self.device.ok_or(CommandError::UnknownDevice)?;
        if to.is_some_and(|to| to != device) {
            return Err(CommandError::UnknownDevice);
        }
        let maker = String::from_utf8_lossy(&self.maker).into_owned();
        let maker = if self.maker == [0, 0] { "HQ".to_owned() } else { maker };
        let (name, time) = (device.value(), text::clock(now));
        let line = match command {
            Command::ReportingInterval { seconds, .. } => {
                self.waiting = Some((ticket, "D1"));
                format!("*{maker},{name},D1,{time},{seconds},1#")
            }
            Command::Restart => {
                self.waiting = Some((ticket, "R1"));
                format!("*{maker},{name},R1,{time}#")
            }
            Command::Text(words)
                if words.len() <= TEXT_BYTES_MAX && !words.contains(['*', '#', '\r', '\n']) =>
            {
                format!("*{maker},{name},{words}#")
            }
            Command::Text(words) => {
                return Err(CommandError::Value {
                    what: "the text",
                    found: words.to_string(),
                    allowed: "at most 512 bytes without * and #",
                });
            }
            _ => return Err(CommandError::Unsupported { protocol: "h02" }),
        };
        out.reply_only(Some(device), line.as_bytes());
        Ok(())
    }
}
