//! Digital Matter: asset trackers (Oyster, Yabby, G-series and others) over TCP, and their records as JSON over HTTP.
//!
//! Source: the layout as recorded frames and their reference decode show it; Digital Matter's "HTTP connector" JSON.
//! See `docs/protocols/digitalmatter.md`. Covered: hello, records of fields, records of 64 bytes, commit, the two
//! requests that are answered without content, and both JSON forms. There are no commands: devices are managed by the
//! vendor's server. The fixed record's checksum is not documented and is not verified.

mod frame;
mod http;
mod record;

use plomb_model::{
    Command, CommandError, CommandTicket, DeviceId, Event, EventKind, Issue, Reading, ReceivedAt, Scheme,
};
use plomb_wire::Reader;

use crate::web;
use crate::{Decoded, Description, Session, SessionConfig};
use frame::{HEADER_BYTES, Step};
use record::Record;

/// Seconds after which a frame that does not go on is no longer waited for.
const FRAME_WAIT_S_MAX: i64 = 30;
/// Content of the hello of devices that want the short answer.
const HELLO_SHORT_BYTES: usize = 51;

/// Opens a conversation with one device, or a session of one whole request.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    let whole = web::session(config.clone(), "digitalmatter", http::decode);
    Box::new(DigitalMatter { config, whole, is_web: None, device: None, pending: Vec::new(), until: None })
}

struct DigitalMatter {
    config: SessionConfig,
    /// Takes what is a request and no stream of frames.
    whole: Box<dyn Session>,
    /// Whether the conversation is a request, by its first byte.
    is_web: Option<bool>,
    device: Option<DeviceId>,
    pending: Vec<u8>,
    until: Option<ReceivedAt>,
}

impl Session for DigitalMatter {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        let Some(first) = bytes.first() else { return };
        if *self
            .is_web
            .get_or_insert(matches!(first, b'{' | b'[' | b'A'..=b'Z' | b'/' | b' ' | b'\r' | b'\n'))
        {
            self.whole.receive(now, bytes, out);
            self.until = Some(ReceivedAt(now.0.plus_secs(FRAME_WAIT_S_MAX)));
            return;
        }
        self.pending.extend_from_slice(bytes);
        self.take(now, self.config.datagrams, out);
        self.until = (!self.pending.is_empty()).then_some(ReceivedAt(now.0.plus_secs(FRAME_WAIT_S_MAX)));
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if self.is_web.take() == Some(true) {
            self.whole.finish(now, out);
        }
        self.take(now, true, out);
        self.until = None;
    }

    fn tick(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if self.until.is_some_and(|until| until <= now) {
            self.finish(now, out);
        }
    }

    fn deadline(&self) -> Option<ReceivedAt> {
        self.until
    }

    fn command(
        &mut self,
        _: ReceivedAt,
        _: Option<DeviceId>,
        _: CommandTicket,
        _: &Command,
        _: &mut Decoded,
    ) -> Result<(), CommandError> {
        Err(CommandError::Unsupported { protocol: "digitalmatter" })
    }
}

impl DigitalMatter {
    fn take(&mut self, now: ReceivedAt, ended: bool, out: &mut Decoded) {
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        while !rest.is_empty() {
            let length = match frame::next(rest, ended) {
                Step::Wait => break,
                Step::Frame { length } => {
                    self.frame(now, rest.get(..length).unwrap_or_default(), out);
                    length
                }
                Step::Noise { length } => {
                    let start = web::bytes_shown(rest.get(..length.min(16)).unwrap_or_default());
                    out.issue(Issue::new(0, "no Digital Matter frame begins here", start));
                    length
                }
                Step::Cut { length } => {
                    out.issue(Issue::new(length, "the frame is cut off", format_args!("{length} bytes")));
                    length
                }
            };
            let (frame, after) = rest.split_at_checked(length.max(1)).unwrap_or((rest, &[]));
            out.report(self.device, frame);
            rest = after;
        }
        self.pending = rest.to_vec();
    }

    fn frame(&mut self, now: ReceivedAt, frame: &[u8], out: &mut Decoded) {
        let kind = frame.get(2).copied().unwrap_or_default();
        let content = frame.get(HEADER_BYTES..).unwrap_or_default();
        match kind {
            0x00 => self.hello(now, content, out),
            0x04 => records(content, out),
            0x05 => {
                out.event(Event::new(EventKind::Heartbeat));
                out.reply(&frame::write(0x06, &[1]));
            }
            0x10 => {
                let (found, whole) = record::fixed(content);
                found.into_iter().flat_map(Record::events).for_each(|event| out.event(event));
                if whole != content.len() || content.is_empty() {
                    let left = format_args!("{} bytes left over", content.len() - whole);
                    out.issue(Issue::new(HEADER_BYTES + whole, "records of 64 bytes", left));
                }
            }
            0x14 => {
                asked("parameters", out);
                out.reply(&frame::write(0x15, &[0; 12]));
            }
            0x22 => {
                asked("updates", out);
                out.reply(&frame::write(0x23, &[]));
            }
            other => out.issue(Issue::new(2, "no such message", format_args!("type 0x{other:02x}"))),
        }
    }

    /// Serial number, IMEI, SIM card number; answered with the time.
    fn hello(&mut self, now: ReceivedAt, content: &[u8], out: &mut Decoded) {
        let digits = |from: usize, count: usize| {
            let text = content.get(from..from + count).and_then(|bytes| std::str::from_utf8(bytes).ok());
            text.map(|text| text.trim_matches(['\0', ' '])).filter(|text| !text.is_empty())
        };
        let imei =
            digits(4, 15).filter(|imei| imei.len() == 15 && imei.bytes().all(|byte| byte.is_ascii_digit()));
        let device = imei.and_then(|imei| DeviceId::new(Scheme::Tracker, imei).ok());
        self.device = device;
        if device.is_none() {
            let shown = web::bytes_shown(content.get(4..19).unwrap_or_default());
            out.issue(Issue::new(HEADER_BYTES + 4, "an IMEI has 15 digits", shown));
        } else {
            let mut event = Event::new(EventKind::Login);
            let iccid = digits(20, 20).filter(|iccid| iccid.bytes().all(|byte| byte.is_ascii_digit()));
            event.readings.extend(iccid.map(|iccid| Reading::Iccid(iccid.into())));
            out.event(event);
        }
        if content.len() == HELLO_SHORT_BYTES {
            out.reply(&frame::write(0x01, &[0; 5]));
        } else {
            let seconds = now.0.as_millis() / 1000 - record::EPOCH_S;
            let mut answer = u32::try_from(seconds).unwrap_or(0).to_le_bytes().to_vec();
            answer.extend(u32::from(device.is_none()).to_le_bytes());
            out.reply(&frame::write(0x01, &answer));
        }
    }
}

/// The device asks for something that we have not.
fn asked(what: &'static str, out: &mut Decoded) {
    let mut event = Event::new(EventKind::Message);
    event.readings.push(Reading::Request(what.into()));
    out.event(event);
}

/// Records of fields, each behind its length.
fn records(content: &[u8], out: &mut Decoded) {
    let mut reader = Reader::at(content, HEADER_BYTES);
    if reader.is_empty() {
        out.issue(Issue::new(HEADER_BYTES, "no record in it", "0 bytes"));
    }
    while !reader.is_empty() {
        let at = reader.offset();
        // The length counts itself.
        let length = reader.u16_le().map(|length| usize::from(length).saturating_sub(2));
        let content = match length.and_then(|length| reader.take(length)) {
            Ok(content) => content,
            Err(short) => {
                out.issue(Issue::new(at, "a record is cut off", short));
                return;
            }
        };
        match record::fields(content) {
            Ok(record) => record.events().into_iter().for_each(|event| out.event(event)),
            Err(short) => out.issue(Issue::new(at, "a record is cut off", short)),
        }
    }
}

/// A frame laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    if !frame.starts_with(&[0x02, 0x55]) || frame.len() < HEADER_BYTES {
        return web::describe("Digital Matter records", frame);
    }
    let kind = frame.get(2).copied().unwrap_or_default();
    let name = match kind {
        0x00 => "hello",
        0x04 => "records of fields",
        0x05 => "commit",
        0x10 => "records of 64 bytes",
        _ => "message",
    };
    let mut description = Description::new(format!("Digital Matter {name}"));
    description.field(0, 2, "sync", "0255");
    description.field(2, 1, "type", format_args!("0x{kind:02x}"));
    description.field(3, 2, "length", frame.len().saturating_sub(HEADER_BYTES));
    let content = frame.get(HEADER_BYTES..).unwrap_or_default();
    description.field(HEADER_BYTES, content.len(), "content", web::bytes_shown(content));
    description
}
