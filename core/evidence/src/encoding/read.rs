//! Reads an entry back: definite lengths, ascending keys, known codes; what a later version added is skipped.

use plomb_model::{
    AlarmId, CaseId, ConnectionId, DeviceId, EntryId, MovementId, OccurredAt, Protocol, ReceivedAt, Scheme,
    Standing, Timestamp, Transport,
};

use super::cbor::Cursor;
use super::{EntryKind, ITEMS_MAX, VERSION};
use crate::{Action, Closed, Configured, Decided, Entry, Opened, Operated, Received};

/// Why bytes are not an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not the CBOR that is due here.
    #[error("byte {offset}: {what} is missing or malformed")]
    Malformed {
        /// Where.
        offset: usize,
        /// What was due.
        what: &'static str,
    },
    /// A number without a meaning in this version.
    #[error("byte {offset}: no {what} has the number {code}; a later version may know it")]
    Unknown {
        /// Where.
        offset: usize,
        /// A number of what.
        what: &'static str,
        /// The number.
        code: u64,
    },
    /// More than a named limit allows.
    #[error("byte {offset}: {what} exceeds its limit of {limit}")]
    Limit {
        /// Where.
        offset: usize,
        /// Of what there are too many.
        what: &'static str,
        /// How many there may be.
        limit: u64,
    },
    /// A format that this version cannot read at all.
    #[error("format version {found}; this software reads version {VERSION}")]
    Version {
        /// The version found.
        found: u64,
    },
    /// Something follows the entry.
    #[error("byte {offset}: the entry ends here but the bytes go on")]
    Trailing {
        /// Where the entry ends.
        offset: usize,
    },
}

type Result<T> = std::result::Result<T, DecodeError>;

/// The entry in `bytes`, which must hold nothing else.
///
/// # Errors
/// [`DecodeError`] with the offset of what is wrong.
pub fn decode(bytes: &[u8]) -> Result<Entry> {
    let mut reader = Reader::new(bytes);
    let kind = reader.entry_head()?;
    let entry = match kind {
        EntryKind::Opened => Entry::Opened(reader.opened()?),
        EntryKind::Received => Entry::Received(reader.received()?),
        EntryKind::Closed => Entry::Closed(reader.closed()?),
        EntryKind::Operated => Entry::Operated(reader.operated()?),
        EntryKind::Clocked => Entry::Clocked(reader.clocked()?),
        EntryKind::Decided => Entry::Decided(reader.decided()?),
        EntryKind::Configured => Entry::Configured(reader.configured()?),
        EntryKind::Sent => Entry::Sent(reader.sent()?),
        EntryKind::Dispatched => Entry::Dispatched(reader.dispatched()?),
        EntryKind::Other(code) => return Err(reader.unknown("entry kind", code)),
    };
    reader.end()?;
    Ok(entry)
}

/// A decoder that answers in our errors.
pub(super) struct Reader<'b> {
    cursor: Cursor<'b>,
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { cursor: Cursor::new(bytes) }
    }

    pub(super) fn malformed(&self, what: &'static str) -> DecodeError {
        DecodeError::Malformed { offset: self.cursor.position(), what }
    }

    pub(super) fn unknown(&self, what: &'static str, code: u64) -> DecodeError {
        DecodeError::Unknown { offset: self.cursor.position(), what, code }
    }

    pub(super) fn limit(&self, what: &'static str, limit: u64) -> DecodeError {
        DecodeError::Limit { offset: self.cursor.position(), what, limit }
    }

    pub(super) fn unsigned(&mut self, what: &'static str) -> Result<u64> {
        self.cursor.unsigned().ok_or_else(|| self.malformed(what))
    }

    /// An unsigned integer that fits `T`.
    pub(super) fn number<T: TryFrom<u64>>(&mut self, what: &'static str) -> Result<T> {
        let value = self.unsigned(what)?;
        T::try_from(value).map_err(|_| self.malformed(what))
    }

    pub(super) fn signed(&mut self, what: &'static str) -> Result<i64> {
        self.cursor.signed().ok_or_else(|| self.malformed(what))
    }

    /// An integer that fits `T`.
    pub(super) fn integer<T: TryFrom<i64>>(&mut self, what: &'static str) -> Result<T> {
        let value = self.signed(what)?;
        T::try_from(value).map_err(|_| self.malformed(what))
    }

    pub(super) fn boolean(&mut self, what: &'static str) -> Result<bool> {
        self.cursor.boolean().ok_or_else(|| self.malformed(what))
    }

    pub(super) fn bytes(&mut self, what: &'static str) -> Result<&'b [u8]> {
        self.cursor.bytes().ok_or_else(|| self.malformed(what))
    }

    pub(super) fn text(&mut self, what: &'static str) -> Result<&'b str> {
        self.cursor.text().ok_or_else(|| self.malformed(what))
    }

    /// Length of the array that begins here. No longer than the bytes left: an item takes one at least.
    pub(super) fn array(&mut self, what: &'static str) -> Result<u64> {
        let items = self.cursor.array().ok_or_else(|| self.malformed(what))?;
        self.bounded(items, what)
    }

    fn bounded(&self, items: u64, what: &'static str) -> Result<u64> {
        if items > ITEMS_MAX {
            return Err(self.limit(what, ITEMS_MAX));
        }
        if usize::try_from(items).is_ok_and(|items| items <= self.cursor.left()) {
            Ok(items)
        } else {
            Err(self.malformed(what))
        }
    }

    /// An array of at least `least` items; answers how many more it has.
    pub(super) fn tuple(&mut self, least: u64, what: &'static str) -> Result<u64> {
        let items = self.array(what)?;
        items.checked_sub(least).ok_or_else(|| self.malformed(what))
    }

    pub(super) fn skip(&mut self, items: u64) -> Result<()> {
        self.cursor.skip(items).ok_or_else(|| self.malformed("item"))
    }

    /// Calls `field` for each key of the map that begins here; `false` from it has the value skipped.
    pub(super) fn fields(
        &mut self,
        what: &'static str,
        mut field: impl FnMut(&mut Self, u64) -> Result<bool>,
    ) -> Result<()> {
        let pairs = self.cursor.map().ok_or_else(|| self.malformed(what))?;
        let pairs = self.bounded(pairs, what)?;
        let mut last = None;
        for _ in 0..pairs {
            let key = self.unsigned("key")?;
            if last.is_some_and(|last| last >= key) {
                return Err(self.malformed("ascending key"));
            }
            last = Some(key);
            if !field(self, key)? {
                self.skip(1)?;
            }
        }
        Ok(())
    }

    /// `None` for null, else what `read` reads.
    pub(super) fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if self.cursor.null() { Ok(None) } else { read(self).map(Some) }
    }

    /// The items of an array.
    pub(super) fn items<T>(
        &mut self,
        what: &'static str,
        mut read: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let count = self.array(what)?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(read(self)?);
        }
        Ok(items)
    }

    /// A code that `meaning` knows.
    pub(super) fn code<C: TryFrom<u64>, T>(
        &mut self,
        what: &'static str,
        meaning: impl FnOnce(C) -> Option<T>,
    ) -> Result<T> {
        let code = self.unsigned(what)?;
        C::try_from(code).ok().and_then(meaning).ok_or_else(|| self.unknown(what, code))
    }

    /// The version and the kind; the fields follow.
    pub(super) fn entry_head(&mut self) -> Result<EntryKind> {
        let more = self.tuple(3, "entry")?;
        let version = self.unsigned("format version")?;
        if version != u64::from(VERSION) {
            return Err(DecodeError::Version { found: version });
        }
        if more != 0 {
            return Err(self.malformed("entry of three items"));
        }
        Ok(EntryKind::from_code(self.unsigned("entry kind")?))
    }

    fn end(&self) -> Result<()> {
        let offset = self.cursor.position();
        if self.cursor.left() == 0 { Ok(()) } else { Err(DecodeError::Trailing { offset }) }
    }

    pub(super) fn received_at(&mut self) -> Result<ReceivedAt> {
        self.signed("time").map(|millis| ReceivedAt(Timestamp::from_millis(millis)))
    }

    pub(super) fn occurred_at(&mut self) -> Result<OccurredAt> {
        self.signed("time").map(|millis| OccurredAt(Timestamp::from_millis(millis)))
    }

    pub(super) fn device(&mut self) -> Result<DeviceId> {
        let more = self.tuple(2, "device")?;
        let scheme = self.code("identifier scheme", Scheme::from_code)?;
        let value = self.text("identifier")?;
        self.skip(more)?;
        DeviceId::new(scheme, value).map_err(|_| self.malformed("identifier"))
    }

    fn protocol(&mut self) -> Result<Protocol> {
        self.code("protocol", Protocol::from_code)
    }

    fn configured(&mut self) -> Result<Configured> {
        let (mut at, mut settings) = (None, Vec::new());
        self.fields("fields", |reader, key| {
            match key {
                0 => at = Some(reader.received_at()?),
                2 => settings = reader.items("settings", Self::setting)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Configured { at: at.ok_or_else(|| self.malformed("time"))?, settings: settings.into() })
    }

    fn setting(&mut self) -> Result<(Box<str>, i64)> {
        let more = self.tuple(2, "setting")?;
        let name = self.text("setting's name")?.into();
        let value = self.signed("setting's value")?;
        self.skip(more)?;
        Ok((name, value))
    }

    fn opened(&mut self) -> Result<Opened> {
        let (mut at, mut connection, mut protocol, mut transport, mut peer) = (None, None, None, None, None);
        self.fields("fields", |reader, key| {
            match key {
                0 => at = Some(reader.received_at()?),
                2 => connection = Some(ConnectionId(reader.unsigned("connection")?)),
                3 => protocol = Some(reader.protocol()?),
                4 => transport = Some(reader.code("transport", transport_from_code)?),
                5 => peer = Some(reader.text("peer")?.into()),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Opened {
            connection: connection.ok_or_else(|| self.malformed("connection"))?,
            protocol,
            transport: transport.ok_or_else(|| self.malformed("transport"))?,
            peer: peer.ok_or_else(|| self.malformed("peer"))?,
            at: at.ok_or_else(|| self.malformed("time"))?,
        })
    }

    fn received(&mut self) -> Result<Received> {
        let (mut at, mut device, mut connection, mut protocol, mut frame) = (None, None, None, None, None);
        let (mut issues, mut events, mut duplicates, mut replies) = (Vec::new(), Vec::new(), 0, &[][..]);
        self.fields("fields", |reader, key| {
            match key {
                0 => at = Some(reader.received_at()?),
                1 => device = Some(reader.device()?),
                2 => connection = Some(ConnectionId(reader.unsigned("connection")?)),
                3 => protocol = Some(reader.protocol()?),
                4 => frame = Some(reader.bytes("frame")?.into()),
                5 => issues = reader.items("issues", Self::issue)?,
                6 => events = reader.items("events", Self::event)?,
                7 => duplicates = reader.unsigned("duplicates")?,
                8 => replies = reader.bytes("replies")?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Received {
            at: at.ok_or_else(|| self.malformed("time"))?,
            connection: connection.ok_or_else(|| self.malformed("connection"))?,
            protocol: protocol.ok_or_else(|| self.malformed("protocol"))?,
            device,
            frame: frame.ok_or_else(|| self.malformed("frame"))?,
            issues: issues.into(),
            events: events.into(),
            duplicates,
            replies: replies.into(),
        })
    }

    fn closed(&mut self) -> Result<Closed> {
        let (mut at, mut connection, mut reason) = (None, None, None);
        self.fields("fields", |reader, key| {
            match key {
                0 => at = Some(reader.received_at()?),
                2 => connection = Some(ConnectionId(reader.unsigned("connection")?)),
                3 => reason = Some(reader.text("reason")?.into()),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Closed {
            connection: connection.ok_or_else(|| self.malformed("connection"))?,
            reason: reason.ok_or_else(|| self.malformed("reason"))?,
            at: at.ok_or_else(|| self.malformed("time"))?,
        })
    }

    fn operated(&mut self) -> Result<Operated> {
        let (mut at, mut by, mut action) = (None, None, None);
        self.fields("fields", |reader, key| {
            match key {
                0 => at = Some(reader.received_at()?),
                2 => by = Some(reader.text("account")?.into()),
                3 => action = Some(reader.action()?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Operated {
            at: at.ok_or_else(|| self.malformed("time"))?,
            by: by.ok_or_else(|| self.malformed("account"))?,
            action: action.ok_or_else(|| self.malformed("action"))?,
        })
    }

    /// A step of a movement, a case, or a change of the rules: number, name and fields.
    fn step_action(&mut self, code: u64, more: u64) -> Result<Action> {
        let more = more.checked_sub(3).ok_or_else(|| self.malformed("step"))?;
        let number = self.unsigned("number")?;
        let step = self.text("step")?.into();
        let fields = self.items("fields", Self::field)?.into();
        self.skip(more)?;
        Ok(match code {
            20 => Action::Step { movement: MovementId(number), step, fields },
            22 => Action::Case { case: CaseId(number), step, fields },
            _ => Action::Rules { change: number, step, fields },
        })
    }

    fn action(&mut self) -> Result<Action> {
        let more = self.tuple(1, "action")?;
        match self.unsigned("action")? {
            1 => {
                let more = more.checked_sub(3).ok_or_else(|| self.malformed("acknowledgement"))?;
                let action = Action::Acknowledge {
                    alarm: AlarmId(self.unsigned("alarm")?),
                    reason: self.text("reason")?.into(),
                    note: self.text("note")?.into(),
                };
                self.skip(more)?;
                Ok(action)
            }
            2 => {
                let more = more.checked_sub(3).ok_or_else(|| self.malformed("standing"))?;
                let action = Action::SetStanding {
                    device: self.device()?,
                    standing: self.code("standing", Standing::from_code)?,
                    reason: self.text("reason")?.into(),
                };
                self.skip(more)?;
                Ok(action)
            }
            3 => {
                let more = more.checked_sub(3).ok_or_else(|| self.malformed("expectation"))?;
                let action = Action::Expect {
                    device: self.device()?,
                    gate: self.device()?,
                    by: Timestamp::from_millis(self.signed("time")?),
                };
                self.skip(more)?;
                Ok(action)
            }
            4 => {
                let more = more.checked_sub(2).ok_or_else(|| self.malformed("gate"))?;
                let action =
                    Action::PlaceGate { gate: self.device()?, place: self.optional(Self::position)? };
                self.skip(more)?;
                Ok(action)
            }
            code @ 10..=13 => self.command_action(code, more),
            code @ (20 | 22 | 23) => self.step_action(code, more),
            21 => {
                let more = more.checked_sub(2).ok_or_else(|| self.malformed("place"))?;
                let action =
                    Action::Draw { place: self.text("place")?.into(), feature: self.text("feature")?.into() };
                self.skip(more)?;
                Ok(action)
            }
            code => Err(self.unknown("action", code)),
        }
    }

    /// A field of a form: its name and its text.
    fn field(&mut self) -> Result<(Box<str>, Box<str>)> {
        let more = self.tuple(2, "field")?;
        let field = (self.text("name")?.into(), self.text("text")?.into());
        self.skip(more)?;
        Ok(field)
    }

    fn clocked(&mut self) -> Result<ReceivedAt> {
        let mut at = None;
        self.fields("fields", |reader, key| {
            if key == 0 {
                at = Some(reader.received_at()?);
            }
            Ok(key == 0)
        })?;
        at.ok_or_else(|| self.malformed("time"))
    }

    fn decided(&mut self) -> Result<Decided> {
        let (mut about, mut alarms, mut commands) = (None, Vec::new(), Vec::new());
        self.fields("fields", |reader, key| {
            match key {
                2 => about = Some(EntryId(reader.unsigned("entry")?)),
                3 => alarms = reader.items("alarms", Self::changed_alarm)?,
                4 => commands = reader.items("commands", Self::changed_command)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let about = about.ok_or_else(|| self.malformed("entry"))?;
        Ok(Decided { about, alarms: alarms.into(), commands: commands.into() })
    }
}

fn transport_from_code(code: u8) -> Option<Transport> {
    match code {
        1 => Some(Transport::Tcp),
        2 => Some(Transport::Udp),
        3 => Some(Transport::Http),
        4 => Some(Transport::Mqtt),
        5 => Some(Transport::Client),
        _ => None,
    }
}
