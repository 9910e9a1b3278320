//! Suntech: ST200 to ST900 lines, the universal lines and their binary form, and "zip" frames.
//!
//! Sources: "ST300/340 Operation Manual" 1.41 (2015), "ST310U Operation Manual" 1.08 (2017), the vendor's public list of
//! alerts of the ST300H, and recorded frames (`vectors/trackers`). `docs/protocols/suntech.md` says what is covered.

mod binary;
mod command;
mod describe;
mod legacy;
mod line;
mod split;
mod universal;
mod words;
mod zip;

pub use describe::describe;

use plomb_model::{
    Command, CommandError, CommandTicket, DeviceId, Event, EventKind, Issue, Reading, ReceivedAt, Scheme,
    Signal,
};

use crate::stream::{Dialect, Start, Stream, Waiting};
use crate::{Decoded, Session, SessionConfig};
use command::Family;
use line::Line;

/// Opens a conversation with a Suntech device.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Stream::session(Suntech { lenient: config.lenient, ..Suntech::default() }, config.lenient)
}

/// Whether the first bytes of a conversation are a line's head and its separator, or a binary frame's type, length and
/// decimal identity; none while it is not clear.
pub(crate) fn begins(data: &[u8]) -> Option<bool> {
    match data {
        [0x81 | 0x82] | [0x81 | 0x82, 0] => None,
        [0x81 | 0x82, 0, rest @ ..] => {
            let identity = rest.get(1..6.min(rest.len())).unwrap_or_default();
            let decimal = identity.iter().all(|byte| byte >> 4 <= 9 && byte & 0x0F <= 9);
            if decimal && identity.len() < 5 { None } else { Some(decimal) }
        }
        _ => split::is_head(data),
    }
}

#[derive(Debug, Default)]
struct Suntech {
    lenient: bool,
    device: Option<DeviceId>,
    family: Option<Family>,
    waiting: Waiting,
}

impl Suntech {
    /// Notes who speaks; false where it is nobody.
    fn named(&mut self, name: &str, offset: usize, out: &mut Decoded) -> bool {
        match DeviceId::new(Scheme::Tracker, name) {
            Ok(device) => self.device = Some(device),
            Err(error) => out.issue(Issue::new(offset, error.to_string(), name)),
        }
        DeviceId::new(Scheme::Tracker, name).is_ok()
    }

    fn line(&mut self, wire: &[u8], out: &mut Decoded) {
        let ended = wire.ends_with(b"\r");
        let line = Line::of(wire);
        if !ended {
            out.issue(Issue::new(wire.len(), "no line end", format_args!("{} bytes", wire.len())));
            // What stands behind the fix may be cut; a place may not.
            if !self.lenient && !line.is_whole() {
                return;
            }
        }
        let (name, offset) = line.device();
        if !self.named(name, offset, out) {
            return;
        }
        self.family = Some(Family::of(line.head()));
        let mut issues = Vec::new();
        let mut events = match line.head() {
            "CRR" => crash(wire, &mut issues).into_iter().collect(),
            "RES" => vec![command::result(&line.join(2), &mut self.waiting)],
            head if head.ends_with("CMD") => vec![command::answer(&line, &mut self.waiting)],
            head if head.len() < 5 => universal::events(&line, &mut issues),
            _ => legacy::events(&line, wire, &mut issues),
        };
        if line.kind() == "STT"
            && let (Some(event), Some(ticket)) = (events.first_mut(), self.waiting.take(command::STATUS))
        {
            event.readings.push(command::answered(ticket));
        }
        issues.into_iter().for_each(|issue| out.issue(issue));
        events.into_iter().for_each(|event| out.event(event));
    }
}

/// A crash report: `CRR;id;part;parts;length;data;checksum`.
fn crash(wire: &[u8], issues: &mut Vec<Issue>) -> Option<Event> {
    let (start, length) = split::crash_data(wire)?;
    let data = wire.get(start..start + length)?;
    let sum = wire.get(start + length + 1..start + length + 3).map(String::from_utf8_lossy);
    let computed = format!("{:02X}", plomb_wire::sum8(data));
    if sum.as_deref() != Some(computed.as_str()) {
        let found = format!("{}, computed {computed}", sum.unwrap_or_default());
        issues.push(Issue::new(start + length + 1, "checksum differs", found));
        return None;
    }
    let mut event = Event::new(EventKind::Media);
    if let Some(time) = data.first_chunk() {
        event.occurred_at = binary::time(time);
    }
    event.signals = event.signals.with(Signal::Collision);
    event.readings.push(Reading::Bytes { name: "crash data".into(), value: data.into() });
    Some(event)
}

impl Dialect for Suntech {
    fn start(data: &[u8], finished: bool) -> Start {
        split::start(data, finished)
    }

    fn frame(&mut self, _: ReceivedAt, wire: &[u8], out: &mut Decoded) {
        let read = match wire.first() {
            Some(0x80..) => binary::read(wire),
            Some(&zip::STX) => zip::read(wire),
            _ => return self.line(wire, out),
        };
        match read {
            Ok((name, event)) => {
                if self.named(&name, 3, out) {
                    out.event(event);
                }
            }
            Err(issue) => out.issue(issue),
        }
    }

    fn device(&self) -> Option<DeviceId> {
        self.device
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        ticket: CommandTicket,
        command: &Command,
    ) -> Result<Vec<u8>, CommandError> {
        let device = self.device.ok_or(CommandError::UnknownDevice)?;
        let family = self.family.clone().unwrap_or_default();
        let (name, bytes) = command::encode(&family, device.value(), command)?;
        self.waiting.add(now, &name, ticket)?;
        Ok(bytes)
    }
}
