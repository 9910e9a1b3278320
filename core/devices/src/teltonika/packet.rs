//! What a body does to the conversation: events, issues and the answer it asks for.
//!
//! Refuses to answer records of a device whose login was refused, to believe an answer of a device that was
//! asked nothing, and to ask for pictures without bound. Source as in `mod.rs`.

use plomb_model::CardNumber;
use plomb_model::{
    CommandOutcome, DeviceId, Event, EventKind, Issue, OccurredAt, Reading, ReceivedAt, Scheme, Timestamp,
};
use plomb_wire::{Reader, Short};

use super::command::{self, Commands};
use super::message::{Camera, Codec, TYPE_ANSWER, TYPE_CAMERA, TYPE_REFUSED, Text};
use super::normalise::Draft;
use super::record::{Layout, MaskedHead};
use crate::Decoded;

/// Bytes of a picture asked for at once, as the devices expect it.
const PICTURE_PART_BYTES_MAX: u32 = 2048;
/// Largest picture that is asked for: some ten times what the cameras make.
const PICTURE_BYTES_MAX: u32 = 4 * 1024 * 1024;
/// Pictures that are asked for at the same time.
const PICTURES_MAX: usize = 4;

/// A body on its way to events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body<'a> {
    /// From codec to the second count.
    pub(super) bytes: &'a [u8],
    /// Where it begins in the frame.
    pub(super) base: usize,
    /// Number of the packet, where it has one (UDP).
    pub(super) serial: Option<u32>,
    /// Whether the frame ends before its time, so that the body has no known end.
    pub(super) cut: bool,
}

/// A picture that is being fetched.
#[derive(Clone, Copy, Debug)]
struct Picture {
    number: u32,
    size: u32,
    had: u32,
}

/// What is known of the other side.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// Who it is.
    pub(super) device: Option<DeviceId>,
    /// Commands without an answer.
    pub(super) commands: Commands,
    refused: bool,
    /// Whether the last frame was a datagram, whose answers have another form.
    datagram: bool,
    pictures: Vec<Picture>,
}

impl Conversation {
    /// A login that is accepted: a new conversation.
    pub(super) fn login(&mut self, device: DeviceId) {
        if self.device != Some(device) {
            *self = Self::default();
        }
        self.device = Some(device);
        self.refused = false;
        self.datagram = false;
    }

    /// A login that is refused.
    pub(super) fn refuse(&mut self) {
        *self = Self { refused: true, ..Self::default() };
    }

    /// A datagram names its device.
    pub(super) fn hears(&mut self, device: DeviceId) {
        self.device = Some(device);
        self.refused = false;
        self.datagram = true;
    }

    /// Decodes a body of a packet and writes its answer.
    pub(super) fn body(&mut self, now: ReceivedAt, body: Body<'_>, out: &mut Decoded) {
        self.datagram = false;
        if let Some(accepted) = self.records(now, body, out) {
            if self.refused {
                out.issue(Issue::new(body.base, "records after a refused login", "not acknowledged"));
            } else {
                out.reply(&u32::from(accepted).to_be_bytes());
            }
        }
    }

    /// Decodes a body; returns the number of records to acknowledge if it has records.
    pub(super) fn records(&mut self, now: ReceivedAt, body: Body<'_>, out: &mut Decoded) -> Option<u8> {
        let &[codec, count, ref rest @ ..] = body.bytes else {
            out.issue(Issue::new(body.base, "the body is empty", format_args!("{} bytes", body.bytes.len())));
            return None;
        };
        let Some(codec) = Codec::from_byte(codec) else {
            out.issue(Issue::new(body.base, "unknown codec", format_args!("0x{codec:02x}")));
            return None;
        };
        // The last byte is the count again; a cut frame may or may not have it.
        let content = match rest.split_last() {
            Some((_, content)) if !body.cut => content,
            _ => rest,
        };
        let mut reader = Reader::at(content, body.base + 2);
        if !codec.has_records() {
            self.texts(now, codec, count, &mut reader, out);
            return None;
        }
        let accepted = read_records(codec, count, &mut reader, body.serial, self.device, out);
        if accepted == count {
            after_records(body, count, &reader, out);
        }
        Some(accepted)
    }

    fn texts(
        &mut self,
        now: ReceivedAt,
        codec: Codec,
        count: u8,
        reader: &mut Reader<'_>,
        out: &mut Decoded,
    ) {
        for _ in 0..count {
            match Text::read(reader, codec) {
                Ok(text) if text.kind == TYPE_CAMERA && codec == Codec::Twelve => self.camera(text, out),
                Ok(text) => self.text(now, codec, text, out),
                Err(short) => return out.issue(Issue::new(short.offset, "the text is cut off", short)),
            }
        }
        if !reader.is_empty() {
            let found = format_args!("{} bytes", reader.left());
            out.issue(Issue::new(reader.offset(), "bytes left after the last text", found));
        }
    }

    fn text(&mut self, now: ReceivedAt, codec: Codec, text: Text<'_>, out: &mut Decoded) {
        let content = text.text();
        let mut event = Event::new(EventKind::Message);
        event.occurred_at = text.time_s.map(|time| OccurredAt(Timestamp::from_secs(i64::from(time))));
        self.check_imei(text, out);
        let may_answer = match (codec, text.kind) {
            (Codec::Twelve, TYPE_ANSWER) => content.is_some(),
            (Codec::Fourteen, TYPE_ANSWER | TYPE_REFUSED) => true,
            _ => false,
        };
        if may_answer && let Some(ticket) = self.commands.answered() {
            event.kind = EventKind::CommandResult;
            let outcome = match text.kind {
                TYPE_REFUSED => CommandOutcome::Failed,
                _ => command::outcome(content.unwrap_or_default()),
            };
            event.readings.push(Reading::CommandResult { ticket, outcome });
            if let Some(bytes) = self.commands.next(now) {
                out.reply(&bytes);
            }
        }
        if text.kind != TYPE_ANSWER {
            event.readings.push(Reading::Code { name: "type".into(), value: i64::from(text.kind) });
        }
        event.readings.extend(content.and_then(driver_card));
        match content {
            Some("") if text.content.is_empty() => {}
            Some(content) => event.readings.push(Reading::Text(content.into())),
            None => event.readings.push(Reading::Bytes { name: "serial".into(), value: text.content.into() }),
        }
        out.event(event);
    }

    /// Codecs 14 and 15 name the device once more.
    fn check_imei(&self, text: Text<'_>, out: &mut Decoded) {
        let Some(digits) = text.imei.map(|bcd| plomb_wire::bcd_digits(&bcd)) else { return };
        let imei = digits.strip_prefix('0').unwrap_or(&digits);
        let named = DeviceId::new(Scheme::Imei, imei).ok();
        if self.device.is_some() && named != self.device {
            out.issue(Issue::new(
                text.content_offset.saturating_sub(8),
                "the IMEI is another device's",
                imei,
            ));
        }
    }

    fn camera(&mut self, text: Text<'_>, out: &mut Decoded) {
        let mut event = Event::new(EventKind::Media);
        let code =
            |name: &'static str, value: u32| Reading::Code { name: name.into(), value: i64::from(value) };
        match Camera::read(text.content, text.content_offset) {
            Ok(Camera::Offer { photo, size }) => {
                event.readings.extend([code("photo", photo), code("size", size)]);
                self.pictures.retain(|picture| picture.number != photo);
                if self.datagram
                    || size == 0
                    || size > PICTURE_BYTES_MAX
                    || self.pictures.len() >= PICTURES_MAX
                {
                    out.issue(Issue::new(text.content_offset + 5, "the picture is not asked for", size));
                } else {
                    self.pictures.push(Picture { number: photo, size, had: 0 });
                    self.ask_for_part(photo, out);
                }
            }
            Ok(Camera::Part { photo, offset, bytes }) => {
                event.readings.extend([code("photo", photo), code("offset", offset)]);
                event.readings.push(Reading::Bytes { name: "part".into(), value: bytes.into() });
                let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                let picture = self.pictures.iter_mut().find(|picture| picture.number == photo);
                // A part that is not the next one (or empty) is not progress: asking for more could go on for ever.
                if let Some(picture) = picture.filter(|picture| offset == picture.had && length > 0) {
                    picture.had = picture.had.saturating_add(length);
                    self.ask_for_part(photo, out);
                }
            }
            Ok(Camera::Other { subtype }) => {
                event.readings.push(code("subtype", u32::from(subtype)));
                event.readings.push(Reading::Bytes { name: "camera".into(), value: text.content.into() });
            }
            Err(short) => out.issue(Issue::new(short.offset, "the camera's message is cut off", short)),
        }
        out.event(event);
    }

    /// Asks for what is missing of a picture; forgets it once nothing is.
    fn ask_for_part(&mut self, photo: u32, out: &mut Decoded) {
        let Some(picture) = self.pictures.iter().find(|picture| picture.number == photo) else { return };
        let missing = picture.size.saturating_sub(picture.had).min(PICTURE_PART_BYTES_MAX);
        match u16::try_from(missing) {
            Ok(1..) => {
                out.reply(&command::picture_request(photo, picture.had, u16::try_from(missing).unwrap_or(0)))
            }
            _ => self.pictures.retain(|picture| picture.number != photo),
        }
    }
}

/// Whether bytes without anything around them are the body of a packet of records.
pub(super) fn is_whole_body(bytes: &[u8]) -> bool {
    match bytes {
        [codec, count, records @ .., last] => {
            let codec = Codec::from_byte(*codec);
            let Some(codec) = codec.filter(|codec| codec.has_records() && count == last && *count > 0) else {
                return false;
            };
            let mut reader = Reader::new(records);
            (0..*count).all(|_| skip_record(codec, *count, records, &mut reader).is_ok()) && reader.is_empty()
        }
        _ => false,
    }
}

fn skip_record(codec: Codec, count: u8, records: &[u8], reader: &mut Reader<'_>) -> Result<(), Short> {
    let layout = Layout::of(codec, count, records);
    let mask = if codec == Codec::Seven {
        MaskedHead::read(reader)?.mask
    } else {
        layout.head(reader).map(|_| 0)?
    };
    layout.elements(reader, mask, |_| {})
}

/// Reads `count` records; returns how many leading ones are whole.
fn read_records(
    codec: Codec,
    count: u8,
    reader: &mut Reader<'_>,
    serial: Option<u32>,
    device: Option<DeviceId>,
    out: &mut Decoded,
) -> u8 {
    let layout = Layout::of(codec, count, reader.rest());
    for place in 0..count {
        let mut mask = 0;
        let draft = if codec == Codec::Seven {
            MaskedHead::read(reader).map(|head| {
                mask = head.mask;
                Draft::of_masked(&head, device, |issue| out.issue(issue))
            })
        } else {
            layout.head(reader).map(|head| Draft::of(&head, device, |issue| out.issue(issue)))
        };
        let mut draft = match draft {
            Ok(draft) => draft,
            Err(short) => {
                out.issue(Issue::new(short.offset, "the record is cut off", short));
                return place;
            }
        };
        let read = layout.elements(reader, mask, |element| draft.element(element, |issue| out.issue(issue)));
        let mut event = draft.finish();
        event.serial = serial;
        out.event(event);
        if let Err(short) = read {
            out.issue(Issue::new(short.offset, "the record is cut off", short));
            return place;
        }
    }
    count
}

/// Checks what follows the records: nothing, then the count again.
fn after_records(body: Body<'_>, count: u8, reader: &Reader<'_>, out: &mut Decoded) {
    if body.cut {
        return;
    }
    if !reader.is_empty() {
        let found = format_args!("{} bytes", reader.left());
        out.issue(Issue::new(reader.offset(), "bytes left after the last record", found));
    }
    if let Some(again) = body.bytes.last().filter(|again| **again != count) {
        let place = body.base + body.bytes.len().saturating_sub(1);
        out.issue(Issue::new(
            place,
            "the count of records differs at the end",
            format_args!("{again}, first {count}"),
        ));
    }
}

/// The driver's card in what a reader on the serial port writes: `GTSL|6|1|0|12749884|1|`.
fn driver_card(text: &str) -> Option<Reading> {
    let card = text.strip_prefix("GTSL|")?.split('|').nth(3)?;
    (!card.is_empty()).then(|| Reading::Card(CardNumber(card.into())))
}
