//! Turns messages into events: the only place where this protocol's units become ours.
//!
//! Refuses to guess: what is impossible becomes an issue and stays out, what has no word of ours keeps the
//! protocol's name. Source: JT/T 808-2013 §8.18, tables 23 to 27; JT/T 808-2019 §8.12; vendor items as each
//! table says.

mod alarm;
mod item;
pub(super) mod lock;
pub(super) mod names;
mod radio;
mod vendor;

pub(super) mod jointech;
pub(super) mod location;
pub(super) mod other;
pub(super) mod transparent;

use std::fmt;

use plomb_model::{Delivery, Event, EventKind, Identity, Issue, OccurredAt, SealEvidence, SealPart};
use plomb_model::{Signal, Timestamp};
use plomb_wire::Short;

use super::frame;
use super::terminals::Known;
use crate::Decoded;

/// What holds for all records of one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// Minutes that the device's clock is ahead of UTC.
    pub(super) utc_offset_min: i16,
    /// What vouches for the sender.
    pub(super) identity: Identity,
    /// The message's serial number.
    pub(super) serial: u16,
    /// Whether the header is that of 2019.
    pub(super) edition_2019: bool,
    /// What is known of the terminal.
    pub(super) known: Known,
    /// Fresh or out of the device's memory.
    pub(super) delivery: Delivery,
}

impl Scope {
    /// An event of this message that says nothing else yet.
    pub(super) const fn event(&self, kind: EventKind) -> Event {
        let mut event = Event::new(kind);
        event.delivery = self.delivery;
        event.serial = Some(self.serial as u32);
        event.trust.identity = self.identity;
        event
    }

    /// A time in BCD `YYMMDDhhmmss` of the device's zone as an instant; an impossible one is an issue.
    pub(super) fn time(&self, bytes: [u8; 6], offset: usize, notes: &mut Notes<'_>) -> Option<OccurredAt> {
        let found = local_time(bytes);
        if found.is_none() {
            notes.issue(offset, "no such time", format_args!("0x{}", plomb_wire::to_hex(&bytes)));
        }
        found.map(|time| OccurredAt(time.plus_secs(-60 * i64::from(self.utc_offset_min))))
    }
}

/// A BCD time as if it were UTC.
pub(super) fn local_time(bytes: [u8; 6]) -> Option<Timestamp> {
    let [year, month, day, hour, minute, second] = super::header::bcd_time(bytes)?.map(|field| {
        #[expect(clippy::cast_possible_wrap, reason = "two decimal digits are at most 99")]
        let field = field as i8;
        field
    });
    Timestamp::from_utc(2000 + i16::from(year), month, day, hour, minute, second)
}

/// Takes the issues of the report in hand and knows where the message's bytes stood on the wire.
#[derive(Debug)]
pub(super) struct Notes<'a> {
    /// Where events, issues and replies go.
    pub(super) out: &'a mut Decoded,
    /// The frame, unless the message was put together from several or came without escapes.
    pub(super) wire: Option<&'a [u8]>,
    /// What to add to an offset where `wire` is absent.
    pub(super) base: usize,
}

impl Notes<'_> {
    /// Something is not as the protocol has it, at `offset` of the content.
    pub(super) fn issue(&mut self, offset: usize, what: &'static str, found: impl fmt::Display) {
        let offset = match self.wire {
            Some(wire) => frame::wire_offset(wire, offset),
            None => self.base + offset,
        };
        self.out.issue(Issue::new(offset, what, found));
    }

    /// The body ends before a field.
    pub(super) fn short(&mut self, short: Short) {
        self.issue(
            short.offset,
            "the message ends too early",
            format_args!("{} bytes where {} are needed", short.left, short.needed),
        );
    }
}

/// Judges the seal evidence from what the event says, once it is complete. Opened with authority is neither
/// whole nor tampered with.
pub(super) fn judge(event: &mut Event) {
    const TAMPERED: [Signal; 4] =
        [Signal::RopeCut, Signal::UnauthorisedOpen, Signal::CoverOpen, Signal::Removed];
    const BROKEN: [SealPart; 3] = [SealPart::RopeIntact, SealPart::CoverClosed, SealPart::Attached];
    let tampered = TAMPERED.into_iter().any(|signal| event.signals.contains(signal))
        || BROKEN.into_iter().any(|part| event.seal.part(part) == Some(false));
    let (known, whole) = event.seal.bits();
    event.trust.seal = if tampered {
        SealEvidence::ValidTampered
    } else if known != 0 && known == whole {
        SealEvidence::ValidIntact
    } else {
        SealEvidence::None
    };
}

/// Text of a vendor, without the zeros and blanks that pad it; GBK, of which ASCII is a part.
pub(super) fn text(bytes: &[u8]) -> Box<str> {
    let (text, _, _) = encoding_rs::GBK.decode(bytes);
    let keep = |c: char| if c.is_control() { ' ' } else { c };
    let clean: String =
        text.trim_matches(|c: char| c.is_control() || c.is_whitespace()).chars().map(keep).collect();
    clean.into()
}

/// Text that must be printable ASCII to be believed.
pub(super) fn ascii(bytes: &[u8]) -> Option<Box<str>> {
    let text = std::str::from_utf8(bytes).ok()?.trim_matches(|c: char| c == '\0' || c == ' ');
    let printable = !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    printable.then(|| text.into())
}
