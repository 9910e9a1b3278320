//! JT/T 808: terminals of road vehicles, and the many locks and trackers that speak the same protocol.
//!
//! One connection is one terminal or a gateway that forwards up to a million; what is kept for each is in
//! `terminals.rs` and exists only where it is needed. Covers the editions of 2011, 2013 and 2019, sub-packages,
//! registration with a checked authentication code, location reports with the standard's and the lock vendors'
//! items, batches, media, Jointech's dialect (0x5501, text frames) and the E7 dialect. Does not decrypt, does not
//! decompress (0x0901), does not set fences or routes in the device. Sources: JT/T 808-2011, -2013, -2019;
//! vendor items from device captures. `docs/protocols/jt808.md` tells what is not verified; the paragraph numbers in
//! these modules are to be checked against the printed standards.

mod command;
mod describe;
mod frame;
mod handle;
mod header;
mod message;
mod normalise;
mod package;
mod reply;
mod terminals;
mod text;

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Issue, ReceivedAt};

pub use describe::describe;

use crate::{Decoded, Session, SessionConfig};
use frame::{Damage, Flag, Step};
use header::TerminalId;

/// Longest run of bytes outside any frame that becomes one report.
const GARBAGE_BYTES_MAX: usize = 1024;
/// Most bytes that a lenient session gathers before it reads them; captures are single frames.
const LENIENT_BYTES_MAX: usize = 64 * 1024;

/// A conversation with a terminal, or with a gateway that speaks for many.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    // The code of an empty number is used for nothing else: its digits seed the hash of the terminals.
    let seed = u64::from_str_radix(&config.key.code("jt808 terminals", ""), 16).unwrap_or_default();
    Box::new(Jt808 {
        config,
        buffer: Vec::new(),
        skipped: 0,
        content: Vec::new(),
        last: None,
        several: false,
        downlink: reply::Downlink::default(),
        terminals: terminals::Terminals::new(seed),
        packages: package::Packages::default(),
        commands: command::Commands::default(),
    })
}

/// The state of one conversation.
struct Jt808 {
    config: SessionConfig,
    /// Bytes that are not reported yet; the first `skipped` belong to no frame.
    buffer: Vec<u8>,
    skipped: usize,
    /// Content of the frame in hand, kept for its memory.
    content: Vec<u8>,
    /// The terminal heard last.
    last: Option<Heard>,
    /// Whether more than one terminal has been heard.
    several: bool,
    downlink: reply::Downlink,
    terminals: terminals::Terminals,
    packages: package::Packages,
    commands: command::Commands,
}

/// A terminal as it was heard last.
#[derive(Clone, Copy, Debug)]
struct Heard {
    terminal: TerminalId,
    device: Option<DeviceId>,
    flag: Flag,
    /// Whether it uses Jointech's header, which has no room for the standard's commands.
    jointech: bool,
}

impl Session for Jt808 {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        if self.config.lenient {
            self.buffer.extend_from_slice(bytes);
            if self.buffer.len() > LENIENT_BYTES_MAX {
                self.finish(now, out);
            }
            return;
        }
        if self.buffer.is_empty() {
            let kept = self.split(now, bytes, 0, out);
            self.buffer.extend_from_slice(bytes.get(kept..).unwrap_or_default());
        } else {
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.extend_from_slice(bytes);
            let kept = self.split(now, &buffer, self.skipped, out);
            buffer.drain(..kept);
            self.buffer = buffer;
        }
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let (mut start, mut skipped) = (0, std::mem::take(&mut self.skipped));
        if self.config.lenient && self.bare(now, &buffer, out) {
            start = buffer.len();
        }
        while start + skipped < buffer.len() {
            start += self.split(now, buffer.get(start..).unwrap_or_default(), skipped, out);
            skipped = std::mem::take(&mut self.skipped);
            // What waits for more bytes gets none: a frame is cut, a false start is stepped over.
            let left = buffer.get(start + skipped..).unwrap_or_default();
            let cut = left.len() > 1
                && (left.first() == Some(&0x7E) || self.config.lenient && left.first() == Some(&0xE7));
            if cut {
                self.garbage(buffer.get(start..start + skipped).unwrap_or_default(), out);
                self.cut(now, left, out);
                (start, skipped) = (buffer.len(), 0);
            } else {
                skipped += usize::from(!left.is_empty());
            }
        }
        self.garbage(buffer.get(start..).unwrap_or_default(), out);
        buffer.clear();
        self.buffer = buffer;
    }

    fn tick(&mut self, now: ReceivedAt, out: &mut Decoded) {
        while let Some(due) = self.packages.due(now) {
            self.package_due(due, out);
        }
    }

    fn deadline(&self) -> Option<ReceivedAt> {
        self.packages.deadline()
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        self.commands.room(now)?;
        let (terminal, device) = match to {
            Some(device) => {
                (TerminalId::of_device(&device).ok_or(CommandError::UnknownDevice)?, Some(device))
            }
            None if self.several => return Err(CommandError::UnknownDevice),
            None => {
                self.last.map(|heard| (heard.terminal, heard.device)).ok_or(CommandError::UnknownDevice)?
            }
        };
        let heard = self.last.filter(|heard| heard.terminal == terminal);
        if heard.is_some_and(|heard| heard.jointech) {
            return Err(CommandError::Unsupported { protocol: "jt808 in Jointech's dialect" });
        }
        let encoded = command::encode(command, terminal.is_long())?;
        let flag = self.last.map(|heard| heard.flag).unwrap_or_default();
        let (bytes, serial) = self.downlink.message(flag, &terminal, encoded.message, &[&encoded.body]);
        out.reply_only(device, bytes);
        self.commands.sent(now, serial, terminal, ticket, &encoded);
        Ok(())
    }
}

impl Jt808 {
    /// Reads all that is decided in `bytes`, of which the first `skipped` belong to no frame. Gives how many
    /// bytes are reported; how many of the rest belong to no frame is kept in `self.skipped`.
    fn split(&mut self, now: ReceivedAt, bytes: &[u8], skipped: usize, out: &mut Decoded) -> usize {
        let mut content = std::mem::take(&mut self.content);
        let (mut reported, mut at) = (0, skipped);
        while at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let length = match frame::next(rest, self.config.lenient, &mut content) {
                Step::Wait => break,
                Step::Skip(count) => {
                    at += count;
                    while at - reported >= GARBAGE_BYTES_MAX {
                        self.garbage(
                            bytes.get(reported..reported + GARBAGE_BYTES_MAX).unwrap_or_default(),
                            out,
                        );
                        reported += GARBAGE_BYTES_MAX;
                    }
                    continue;
                }
                Step::Frame(found) => {
                    self.garbage(bytes.get(reported..at).unwrap_or_default(), out);
                    let wire = rest.get(..found.length).unwrap_or_default();
                    self.frame(now, &found, wire, &content, out);
                    found.length
                }
                Step::Damaged { length, damage } => {
                    self.garbage(bytes.get(reported..at).unwrap_or_default(), out);
                    damaged(rest.get(..length).unwrap_or_default(), damage, out);
                    length
                }
                Step::Text(length) => {
                    self.garbage(bytes.get(reported..at).unwrap_or_default(), out);
                    self.text(rest.get(..length).unwrap_or_default(), out);
                    length
                }
            };
            at += length;
            reported = at;
        }
        self.content = content;
        self.skipped = at - reported;
        reported
    }

    /// Reports bytes that belong to no frame.
    fn garbage(&self, bytes: &[u8], out: &mut Decoded) {
        if !bytes.is_empty() {
            out.issue(Issue::new(0, "bytes outside any frame", format_args!("{} bytes", bytes.len())));
            out.report(None, bytes);
        }
    }

    /// Lenient: reads bytes that a capture tool has stripped of their flags. Says whether they were such.
    fn bare(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) -> bool {
        if bytes.first().is_none_or(|first| matches!(first, 0x7E | 0xE7 | b'(')) {
            return false;
        }
        let mut content = std::mem::take(&mut self.content);
        let found = frame::leftover(bytes, &mut content);
        if let Some(found) = &found {
            self.frame(now, found, bytes, &content, out);
        }
        self.content = content;
        found.is_some()
    }

    /// Reports a frame whose end will not come; in a lenient session it is decoded where possible.
    fn cut(&mut self, now: ReceivedAt, wire: &[u8], out: &mut Decoded) {
        let mut content = std::mem::take(&mut self.content);
        let found = if self.config.lenient { frame::leftover(wire, &mut content) } else { None };
        match found {
            Some(found) => self.frame(now, &found, wire, &content, out),
            None => damaged(wire, Damage::Cut, out),
        }
        self.content = content;
    }
}

/// Reports a frame that cannot be believed; not even the sender's number in it.
fn damaged(wire: &[u8], damage: Damage, out: &mut Decoded) {
    out.issue(handle::damage_issue(damage, wire));
    out.report(None, wire);
}
