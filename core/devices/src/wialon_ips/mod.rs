//! Wialon IPS 1.1 and 2.0: lines of text, `#TYPE#fields\r\n`, over TCP and UDP.
//!
//! Source: Gurtam's public "Wialon IPS" communication protocol, versions 1.1 and 2.0. See
//! `docs/protocols/wialon-ips.md`.
//! Covered: log-in (L), short and full data (SD, D), black box (B), ping (P), driver messages (M), images (I), file
//! and configuration traffic (their lines), checksums of 2.0, the identity before a datagram. Commands are texts (M).

mod data;
mod line;

pub use line::describe;

use plomb_model::{
    Command, CommandError, CommandTicket, Delivery, DeviceId, Event, EventKind, Issue, Reading, ReceivedAt,
    Scheme,
};

use crate::{Decoded, Session, SessionConfig};
use line::{Checksum, Line};

/// Longest line: a black box of 10,000 records never comes in one, firmwares send up to 200 of 200 bytes.
const LINE_BYTES_MAX: usize = 128 * 1024;
/// Longest text that is sent as a command.
const TEXT_BYTES_MAX: usize = 1000;
/// How much of bytes of no line an issue shows.
const SHOWN_BYTES_MAX: usize = 24;

/// Opens a conversation with a device that speaks Wialon IPS.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(WialonIps { lenient: config.lenient, held: Vec::new(), image: 0, device: None, second: false })
}

struct WialonIps {
    lenient: bool,
    held: Vec<u8>,
    /// Bytes of an image that are still to come.
    image: usize,
    device: Option<DeviceId>,
    /// The device said that it speaks version 2.0, whose lines end in a checksum.
    second: bool,
}

impl WialonIps {
    fn take(&mut self, now: ReceivedAt, bytes: &[u8], finished: bool, out: &mut Decoded) {
        let mut data = std::mem::take(&mut self.held);
        data.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            let image = self.image.min(rest.len());
            if image > 0 && (image == self.image || finished) {
                if image < self.image {
                    out.issue(Issue::new(0, "the image ends early", format_args!("{image} bytes")));
                }
                out.report(self.device, rest.get(..image).unwrap_or(rest));
                (self.image, at) = (0, at + image);
                continue;
            }
            if image > 0 {
                break;
            }
            let end = rest.iter().position(|byte| *byte == b'\n').map(|place| place + 1);
            let end = match end {
                Some(end) => end,
                None if finished || rest.len() > LINE_BYTES_MAX => rest.len(),
                None => break,
            };
            self.line(now, rest.get(..end).unwrap_or(rest), out);
            at += end;
        }
        data.drain(..at.min(data.len()));
        self.held = data;
    }

    fn line(&mut self, now: ReceivedAt, wire: &[u8], out: &mut Decoded) {
        let Some(line) = Line::of(wire) else {
            if wire.iter().any(|byte| !byte.is_ascii_whitespace()) {
                let shown = wire.get(..SHOWN_BYTES_MAX).unwrap_or(wire);
                out.issue(Issue::new(0, "no line of Wialon IPS", String::from_utf8_lossy(shown)));
            }
            return out.report(self.device, wire);
        };
        self.announced(&line, out);
        match line.kind {
            "L" => self.log_in(&line, out),
            "P" => {
                out.event(Event::new(EventKind::Heartbeat));
                out.reply(b"#AP#\r\n");
            }
            "SD" | "D" => self.data(&line, now, out),
            "B" => self.black_box(&line, now, out),
            "M" => self.message(&line, out),
            "I" => self.image(&line, out),
            kind => {
                let mut event = Event::new(EventKind::Message);
                event.readings.push(Reading::Text(format!("{kind} {}", line.body).into()));
                out.event(event);
            }
        }
        out.report(self.device, wire);
    }

    /// The identity, and the version, that stand before the line of a datagram: `IMEI#D#` or `2.0;IMEI#D#`.
    fn announced(&mut self, line: &Line<'_>, out: &mut Decoded) {
        let name = match line.before.split_once(';') {
            Some((version, name)) => {
                self.second = version.starts_with("2.");
                name
            }
            None => line.before,
        };
        if !name.trim().is_empty() {
            self.name(name.trim(), 0, out);
        }
    }

    fn name(&mut self, name: &str, offset: usize, out: &mut Decoded) {
        match DeviceId::new(Scheme::Tracker, name) {
            Ok(device) => self.device = Some(device),
            Err(error) => out.issue(Issue::new(offset, error.to_string(), format_args!("{name:?}"))),
        }
    }

    /// The body without its checksum; none where the checksum differs and that counts.
    fn body<'a>(&self, line: &Line<'a>, out: &mut Decoded) -> Option<&'a str> {
        match line.checksum(self.second) {
            Checksum::None => Some(line.body),
            Checksum::Holds(body) => Some(body),
            Checksum::Differs { body, expected, found } => {
                let differs = format!("{found:04X}, the line makes {expected:04X}");
                out.issue(Issue::new(line.offset, "checksum differs", differs));
                self.lenient.then_some(body)
            }
        }
    }

    fn log_in(&mut self, line: &Line<'_>, out: &mut Decoded) {
        self.second = line.body.starts_with("2.");
        let Some(body) = self.body(line, out) else { return out.reply(b"#AL#10\r\n") };
        let mut fields = body.split(';');
        let name = if self.second { fields.nth(1) } else { fields.next() };
        self.device = None;
        self.name(name.unwrap_or_default().trim(), line.offset, out);
        if self.device.is_some() {
            let mut event = Event::new(EventKind::Login);
            event
                .readings
                .push(Reading::Text(if self.second { "version 2.0" } else { "version 1.1" }.into()));
            out.event(event);
            out.reply(b"#AL#1\r\n");
        } else {
            out.reply(b"#AL#0\r\n");
        }
    }

    fn data(&mut self, line: &Line<'_>, now: ReceivedAt, out: &mut Decoded) {
        let kind = line.kind;
        let Some(body) = self.body(line, out) else {
            // 13 and 16 are the words of version 2.0 for a wrong checksum.
            let code = if kind == "SD" { 13 } else { 16 };
            return out.reply(format!("#A{kind}#{code}\r\n").as_bytes());
        };
        match data::event(body, line.offset, now, self.lenient, out) {
            Some(event) => {
                out.event(event);
                out.reply(format!("#A{kind}#1\r\n").as_bytes());
            }
            None => out.reply(format!("#A{kind}#-1\r\n").as_bytes()),
        }
    }

    fn black_box(&mut self, line: &Line<'_>, now: ReceivedAt, out: &mut Decoded) {
        let Some(body) = self.body(line, out) else { return out.reply(b"#AB#\r\n") };
        let (mut offset, mut count) = (line.offset, 0);
        for record in body.split('|') {
            if !record.trim().is_empty()
                && let Some(mut event) = data::event(record, offset, now, self.lenient, out)
            {
                event.delivery = Delivery::Buffered;
                out.event(event);
                count += 1;
            }
            offset += record.len() + 1;
        }
        out.reply(format!("#AB#{count}\r\n").as_bytes());
    }

    fn message(&mut self, line: &Line<'_>, out: &mut Decoded) {
        let Some(body) = self.body(line, out) else { return out.reply(b"#AM#01\r\n") };
        let mut event = Event::new(EventKind::Message);
        event.readings.push(Reading::Text(body.trim_end_matches(';').into()));
        out.event(event);
        out.reply(b"#AM#1\r\n");
    }

    /// `size;part;count;date;time;name`, and then so many bytes.
    fn image(&mut self, line: &Line<'_>, out: &mut Decoded) {
        let size = line.body.split(';').next().and_then(|size| size.trim().parse::<usize>().ok());
        match size.filter(|size| *size <= LINE_BYTES_MAX) {
            Some(size) => self.image = size,
            None => out.issue(Issue::new(line.offset, "an image of no size that is taken", line.body)),
        }
        let part = line.body.split(';').nth(1).unwrap_or_default().trim();
        out.reply(format!("#AI#{part};1\r\n").as_bytes());
        let mut event = Event::new(EventKind::Message);
        event.readings.push(Reading::Text(format!("image {}", line.body).into()));
        out.event(event);
    }
}

impl Session for WialonIps {
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
        _: ReceivedAt,
        to: Option<DeviceId>,
        _: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        let device = self.device.ok_or(CommandError::UnknownDevice)?;
        if to.is_some_and(|to| to != device) {
            return Err(CommandError::UnknownDevice);
        }
        let Command::Text(text) = command else {
            return Err(CommandError::Unsupported { protocol: "wialon-ips" });
        };
        if text.len() > TEXT_BYTES_MAX || text.contains(['\r', '\n', '#']) {
            return Err(CommandError::Value {
                what: "the text",
                found: text.to_string(),
                allowed: "one line of at most 1000 bytes without #",
            });
        }
        let line = if self.second {
            let body = format!("{text};");
            format!("#M#{body}{:04X}\r\n", line::sum(&body))
        } else {
            format!("#M#{text}\r\n")
        };
        out.reply_only(Some(device), line.as_bytes());
        Ok(())
    }
}
