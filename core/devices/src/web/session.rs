//! The session around protocols whose messages come whole: it waits for the end, decodes once, and sees to it that
//! every byte is in a report.

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Issue, ReceivedAt};
use plomb_session::REQUEST_BYTES_MAX;

use super::downlink::{Encode, Publishers};
use crate::{Decoded, Request, Session, SessionConfig};

/// One whole message.
pub(crate) struct Message<'a> {
    /// The bytes as they came.
    pub(crate) frame: &'a [u8],
    /// The same, read as a request.
    pub(crate) request: Request<'a>,
    /// When it came.
    pub(crate) now: ReceivedAt,
    /// How the session was opened.
    pub(crate) config: &'a SessionConfig,
    /// Who was told what.
    pub(crate) publishers: &'a Publishers,
}

/// Reads a message: writes its events and issues, closes the reports of all parts but the last, and returns whose
/// the last one is.
pub(crate) type Decode = fn(&Message<'_>, &mut Decoded) -> Option<DeviceId>;

impl Message<'_> {
    /// The body as text; where it is none, an issue.
    pub(crate) fn text(&self, out: &mut Decoded) -> Option<&str> {
        match std::str::from_utf8(self.request.body) {
            Ok(text) => Some(text.strip_prefix('\u{FEFF}').unwrap_or(text)),
            Err(error) => {
                let at = self.request.body_offset + error.valid_up_to();
                out.issue(Issue::new(at, "the body is no text", plomb_wire::to_hex(self.around(at))));
                None
            }
        }
    }

    /// Some bytes from `offset` on, to show.
    pub(crate) fn around(&self, offset: usize) -> &[u8] {
        let rest = self.frame.get(offset..).unwrap_or_default();
        rest.get(..16).unwrap_or(rest)
    }

    /// Reads each part of a message that holds several, one report a part; `end_of` says where a part ends in the
    /// body.
    pub(crate) fn each<T>(
        &self,
        parts: Vec<T>,
        end_of: impl Fn(&T) -> usize,
        out: &mut Decoded,
        mut read: impl FnMut(T, &mut Decoded) -> Option<DeviceId>,
    ) -> Option<DeviceId> {
        let mut start = 0;
        let mut device = None;
        let count = parts.len();
        if count == 0 {
            out.issue(Issue::new(self.request.body_offset, "no message in it", "an empty list"));
        }
        for (index, part) in parts.into_iter().enumerate() {
            let end = self.request.body_offset.saturating_add(end_of(&part));
            device = read(part, out);
            if index + 1 < count {
                out.report(device, self.frame.get(start..end).unwrap_or_default());
                start = end.max(start).min(self.frame.len());
            }
        }
        device
    }
}

/// A session of the protocol named `protocol`.
pub(crate) fn session(config: SessionConfig, protocol: &'static str, decode: Decode) -> Box<dyn Session> {
    whole(config, protocol, decode, None)
}

/// One whose devices take commands by MQTT.
pub(crate) fn talking(
    config: SessionConfig,
    protocol: &'static str,
    decode: Decode,
    encode: Encode,
) -> Box<dyn Session> {
    whole(config, protocol, decode, Some(encode))
}

fn whole(
    config: SessionConfig,
    protocol: &'static str,
    decode: Decode,
    encode: Option<Encode>,
) -> Box<dyn Session> {
    Box::new(Whole {
        config,
        protocol,
        decode,
        encode,
        publishers: Publishers::default(),
        pending: Vec::new(),
    })
}

struct Whole {
    config: SessionConfig,
    protocol: &'static str,
    decode: Decode,
    encode: Option<Encode>,
    publishers: Publishers,
    pending: Vec<u8>,
}

impl Whole {
    fn take(&mut self, now: ReceivedAt, frame: &[u8], out: &mut Decoded) {
        if frame.is_empty() {
            return;
        }
        let before = out.frame_bytes();
        let device = if frame.len() > REQUEST_BYTES_MAX {
            out.issue(Issue::new(
                REQUEST_BYTES_MAX,
                "the message is too long",
                format_args!("{} bytes", frame.len()),
            ));
            None
        } else {
            let (config, publishers) = (&self.config, &self.publishers);
            let message = Message { frame, request: Request::of(frame), now, config, publishers };
            let device = (self.decode)(&message, out);
            if let (Some(device), Some(_)) = (device, self.encode) {
                self.publishers.heard(device, &Request::of(frame));
            }
            device
        };
        let reported = out.frame_bytes() - before;
        out.report(device, frame.get(reported..).unwrap_or_default());
    }
}

impl Session for Whole {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.pending.extend_from_slice(bytes);
        if self.config.datagrams || self.pending.len() > REQUEST_BYTES_MAX {
            self.finish(now, out);
        }
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        let mut pending = std::mem::take(&mut self.pending);
        self.take(now, &pending, out);
        pending.clear();
        self.pending = pending;
    }

    fn tick(&mut self, _: ReceivedAt, _: &mut Decoded) {}

    fn deadline(&self) -> Option<ReceivedAt> {
        None
    }

    fn command(
        &mut self,
        _: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        let unsupported = CommandError::Unsupported { protocol: self.protocol };
        self.publishers.tell(self.encode.ok_or(unsupported)?, to, ticket, command, out)
    }
}
