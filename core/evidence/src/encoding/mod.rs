//! The bytes of a journal entry: deterministic CBOR, described for outsiders in `docs/journal-format.md`.
//!
//! An entry has exactly one encoding, so its leaf hash can be recomputed from its meaning. Decoding refuses what it
//! cannot represent, skips map keys and readings of later versions, never panics and allocates no more than a small
//! multiple of the input. Secrets cannot get in: no type of an entry holds one.

mod cbor;
mod keys;
mod read;
mod read_alarm;
mod read_command;
mod read_event;
mod read_reading;
mod write;
mod write_command;

pub use keys::{EntryKeys, keys};
pub use read::{DecodeError, decode};

use cbor::{Writer, present};

use crate::{Action, Closed, Configured, Decided, Entry, Opened, Operated, Received, ReceivedRef};

/// Version of the format, the first item of every entry.
const VERSION: u8 = 1;

/// Code of the reading that holds readings of another device.
const PERIPHERAL_CODE: u8 = 31;

/// Deepest nesting of readings in peripherals. A sensor heard through a sub-lock heard through its master makes 3.
const NESTING_MAX: usize = 8;

/// Most items of any one array of an entry: an event is named by a 16-bit index.
const ITEMS_MAX: u64 = 65_536;

/// Room for a usual report with its frame, so that a growing buffer grows once.
const USUAL_BYTES: usize = 256;

/// What sort of entry it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// [`Entry::Opened`].
    Opened,
    /// [`Entry::Received`].
    Received,
    /// [`Entry::Closed`].
    Closed,
    /// [`Entry::Operated`].
    Operated,
    /// [`Entry::Clocked`].
    Clocked,
    /// [`Entry::Decided`].
    Decided,
    /// [`Entry::Configured`].
    Configured,
    /// [`Entry::Sent`].
    Sent,
    /// [`Entry::Dispatched`].
    Dispatched,
    /// One of a later version.
    Other(u64),
}

impl EntryKind {
    /// The number in the journal.
    #[must_use]
    pub const fn code(self) -> u64 {
        match self {
            Self::Opened => 1,
            Self::Received => 2,
            Self::Closed => 3,
            Self::Operated => 4,
            Self::Clocked => 5,
            Self::Decided => 6,
            Self::Configured => 7,
            Self::Sent => 9,
            Self::Dispatched => 10,
            Self::Other(code) => code,
        }
    }

    /// The kind with this number.
    #[must_use]
    pub const fn from_code(code: u64) -> Self {
        match code {
            1 => Self::Opened,
            2 => Self::Received,
            3 => Self::Closed,
            4 => Self::Operated,
            5 => Self::Clocked,
            6 => Self::Decided,
            7 => Self::Configured,
            9 => Self::Sent,
            10 => Self::Dispatched,
            other => Self::Other(other),
        }
    }
}

/// Appends the encoding of `entry` to `out`.
///
/// ```
/// use plomb_evidence::{Entry, decode, encode};
/// use plomb_model::{ReceivedAt, Timestamp};
/// let entry = Entry::Clocked(ReceivedAt(Timestamp::from_millis(1000)));
/// let mut bytes = Vec::new();
/// encode(&entry, &mut bytes);
/// assert_eq!(bytes, [0x83, 1, 5, 0xa1, 0, 0x19, 0x03, 0xe8]);
/// assert_eq!(decode(&bytes), Ok(entry));
/// ```
pub fn encode(entry: &Entry, out: &mut Vec<u8>) {
    match entry {
        Entry::Opened(opened) => encode_opened(opened, out),
        Entry::Received(received) => encode_received(&received.into(), out),
        Entry::Closed(closed) => encode_closed(closed, out),
        Entry::Operated(operated) => encode_operated(operated, out),
        Entry::Clocked(at) => {
            let mut writer = head(out, EntryKind::Clocked, 1);
            writer.unsigned(0_u8);
            writer.signed(at.0.as_millis());
        }
        Entry::Decided(decided) => encode_decided(decided, out),
        Entry::Configured(configured) => encode_configured(configured, out),
        Entry::Sent(sent) => write_command::sent(sent, &mut head(out, EntryKind::Sent, 5)),
        Entry::Dispatched(dispatched) => {
            write_command::dispatched(dispatched, &mut head(out, EntryKind::Dispatched, 4));
        }
    }
}

/// Appends the encoding of an [`Entry::Received`] that nobody has to build first.
pub fn encode_received(received: &ReceivedRef<'_>, out: &mut Vec<u8>) {
    out.reserve(USUAL_BYTES + received.frame.len());
    let mut writer = head(
        out,
        EntryKind::Received,
        present([
            true,
            received.device.is_some(),
            true,
            true,
            true,
            !received.issues.is_empty(),
            !received.events.is_empty(),
            received.duplicates != 0,
            !received.replies.is_empty(),
        ]),
    );
    writer.unsigned(0_u8);
    writer.signed(received.at.0.as_millis());
    if let Some(device) = &received.device {
        writer.unsigned(1_u8);
        writer.device(device);
    }
    writer.unsigned(2_u8);
    writer.unsigned(received.connection.0);
    writer.unsigned(3_u8);
    writer.unsigned(received.protocol as u16);
    writer.unsigned(4_u8);
    writer.bytes(received.frame);
    if !received.issues.is_empty() {
        writer.unsigned(5_u8);
        writer.issues(received.issues);
    }
    if !received.events.is_empty() {
        writer.unsigned(6_u8);
        writer.events(received.events);
    }
    if received.duplicates != 0 {
        writer.unsigned(7_u8);
        writer.unsigned(received.duplicates);
    }
    if !received.replies.is_empty() {
        writer.unsigned(8_u8);
        writer.bytes(received.replies);
    }
}

/// Whether `bytes` are the one encoding of an entry that this version understands wholly.
///
/// A later version's additions are skipped by [`decode`] and make this false.
#[must_use]
pub fn is_canonical(bytes: &[u8]) -> bool {
    let Ok(entry) = decode(bytes) else { return false };
    let mut again = Vec::with_capacity(bytes.len());
    encode(&entry, &mut again);
    again == bytes
}

/// `[version, kind, {fields}]`, of which the caller writes the fields.
fn head(out: &mut Vec<u8>, kind: EntryKind, fields: usize) -> Writer<'_> {
    let mut writer = Writer(out);
    writer.array(3);
    writer.unsigned(VERSION);
    writer.unsigned(kind.code());
    writer.map(fields);
    writer
}

fn encode_opened(opened: &Opened, out: &mut Vec<u8>) {
    let mut writer =
        head(out, EntryKind::Opened, present([true, true, opened.protocol.is_some(), true, true]));
    writer.unsigned(0_u8);
    writer.signed(opened.at.0.as_millis());
    writer.unsigned(2_u8);
    writer.unsigned(opened.connection.0);
    if let Some(protocol) = opened.protocol {
        writer.unsigned(3_u8);
        writer.unsigned(protocol as u16);
    }
    writer.unsigned(4_u8);
    writer.transport(opened.transport);
    writer.unsigned(5_u8);
    writer.text(&opened.peer);
}

fn encode_closed(closed: &Closed, out: &mut Vec<u8>) {
    let mut writer = head(out, EntryKind::Closed, 3);
    writer.unsigned(0_u8);
    writer.signed(closed.at.0.as_millis());
    writer.unsigned(2_u8);
    writer.unsigned(closed.connection.0);
    writer.unsigned(3_u8);
    writer.text(&closed.reason);
}

fn encode_operated(operated: &Operated, out: &mut Vec<u8>) {
    let mut writer = head(out, EntryKind::Operated, 3);
    writer.unsigned(0_u8);
    writer.signed(operated.at.0.as_millis());
    writer.unsigned(2_u8);
    writer.text(&operated.by);
    writer.unsigned(3_u8);
    match &operated.action {
        Action::Acknowledge { alarm, reason, note } => {
            writer.array(4);
            writer.unsigned(1_u8);
            writer.unsigned(alarm.0);
            writer.text(reason);
            writer.text(note);
        }
        Action::SetStanding { device, standing, reason } => {
            writer.array(4);
            writer.unsigned(2_u8);
            writer.device(device);
            writer.unsigned(*standing as u8);
            writer.text(reason);
        }
        Action::Expect { device, gate, by } => {
            writer.array(4);
            writer.unsigned(3_u8);
            writer.device(device);
            writer.device(gate);
            writer.signed(by.as_millis());
        }
        Action::PlaceGate { gate, place } => {
            writer.array(3);
            writer.unsigned(4_u8);
            writer.device(gate);
            writer.optional(place.as_ref(), |writer, place| writer.position(place));
        }
        Action::Step { movement, step, fields } => writer.step(20, movement.0, step, fields),
        Action::Case { case, step, fields } => writer.step(22, case.0, step, fields),
        Action::Rules { change, step, fields } => writer.step(23, *change, step, fields),
        Action::Draw { place, feature } => {
            writer.array(3);
            writer.unsigned(21_u8);
            writer.text(place);
            writer.text(feature);
        }
        Action::Order { .. } | Action::Authorise { .. } | Action::Refuse { .. } | Action::Cancel { .. } => {
            write_command::action(&operated.action, &mut writer);
        }
    }
}

fn encode_decided(decided: &Decided, out: &mut Vec<u8>) {
    let mut writer = head(
        out,
        EntryKind::Decided,
        present([true, !decided.alarms.is_empty(), !decided.commands.is_empty()]),
    );
    writer.unsigned(2_u8);
    writer.unsigned(decided.about.0);
    if !decided.alarms.is_empty() {
        writer.unsigned(3_u8);
        writer.array(decided.alarms.len());
        for (change, alarm) in &decided.alarms {
            writer.array(2);
            writer.unsigned(*change as u8);
            writer.alarm(alarm);
        }
    }
    if !decided.commands.is_empty() {
        writer.unsigned(4_u8);
        write_command::changes(&decided.commands, &mut writer);
    }
}

fn encode_configured(configured: &Configured, out: &mut Vec<u8>) {
    let mut writer = head(out, EntryKind::Configured, 2);
    writer.unsigned(0_u8);
    writer.signed(configured.at.0.as_millis());
    writer.unsigned(2_u8);
    writer.array(configured.settings.len());
    for (name, value) in &configured.settings {
        writer.array(2);
        writer.text(name);
        writer.signed(*value);
    }
}

impl<'a> From<&'a Received> for ReceivedRef<'a> {
    fn from(received: &'a Received) -> Self {
        Self {
            at: received.at,
            connection: received.connection,
            protocol: received.protocol,
            device: received.device,
            frame: &received.frame,
            issues: &received.issues,
            events: &received.events,
            duplicates: received.duplicates,
            replies: &received.replies,
        }
    }
}
