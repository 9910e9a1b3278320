//! What an index needs of an entry, peeked without building it.

use plomb_model::{DeviceId, ReceivedAt, Timestamp};

use super::read::{DecodeError, Reader};
use super::{EntryKind, NESTING_MAX, PERIPHERAL_CODE};

type Result<T> = std::result::Result<T, DecodeError>;

/// Under which names and times an entry is found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryKeys {
    /// What sort of entry.
    pub kind: EntryKind,
    /// The sender; for a decision, the device of its first alarm.
    pub device: Option<DeviceId>,
    /// Other devices the entry is about, ascending, each once.
    pub peripherals: Vec<DeviceId>,
    /// Earliest and latest time of its events: when they occurred, else when they were received. Without events the
    /// time of the entry itself; for a decision the times at which its alarms occurred. `None` for an empty decision.
    pub times: Option<(Timestamp, Timestamp)>,
    /// By our clock; for a decision the latest time that its alarms name. `None` for an empty decision.
    pub received_at: Option<ReceivedAt>,
}

/// The keys of the entry in `bytes`, also of an entry kind of a later version.
///
/// ```
/// use plomb_evidence::{Entry, EntryKind, encode, keys};
/// use plomb_model::{ReceivedAt, Timestamp};
/// let mut bytes = Vec::new();
/// encode(&Entry::Clocked(ReceivedAt(Timestamp::from_millis(7))), &mut bytes);
/// let keys = keys(&bytes).unwrap();
/// assert_eq!(keys.kind, EntryKind::Clocked);
/// assert_eq!(keys.times, Some((Timestamp::from_millis(7), Timestamp::from_millis(7))));
/// ```
///
/// # Errors
/// [`DecodeError`] where the structure does not hold; values that are no key are not looked at.
pub fn keys(bytes: &[u8]) -> Result<EntryKeys> {
    let mut reader = Reader::new(bytes);
    let kind = reader.entry_head()?;
    let mut peek = Peek::default();
    reader.fields("fields", |reader, key| {
        match (key, kind) {
            (0, _) => peek.at = Some(reader.received_at()?),
            (1, _) => peek.device = Some(reader.device()?),
            (6, EntryKind::Received) => peek.events(reader)?,
            (3, EntryKind::Decided) => peek.alarms(reader)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(peek.keys(kind))
}

#[derive(Default)]
struct Peek {
    at: Option<ReceivedAt>,
    device: Option<DeviceId>,
    peripherals: Vec<DeviceId>,
    times: Option<(Timestamp, Timestamp)>,
}

impl Peek {
    fn keys(mut self, kind: EntryKind) -> EntryKeys {
        if self.peripherals.len() > 1 {
            self.peripherals.sort_unstable();
            self.peripherals.dedup();
        }
        self.peripherals.retain(|peripheral| Some(*peripheral) != self.device);
        EntryKeys {
            kind,
            device: self.device,
            peripherals: self.peripherals,
            times: self.times.or_else(|| self.at.map(|at| (at.0, at.0))),
            received_at: self.at,
        }
    }

    fn time(&mut self, time: Timestamp) {
        let (first, last) = self.times.unwrap_or((time, time));
        self.times = Some((first.min(time), last.max(time)));
    }

    fn events(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        for _ in 0..reader.array("events")? {
            let mut occurred_at = None;
            reader.fields("event", |reader, key| {
                match key {
                    3 => occurred_at = Some(reader.occurred_at()?.0),
                    9 => self.peripherals.push(reader.device()?),
                    10 => self.readings(reader, 0)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
            // The time of receipt has the lowest key, so it is known by now.
            if let Some(time) = occurred_at.or_else(|| self.at.map(|at| at.0)) {
                self.time(time);
            }
        }
        Ok(())
    }

    fn readings(&mut self, reader: &mut Reader<'_>, depth: usize) -> Result<()> {
        let count = reader.array("readings")?;
        if count > 0 && depth >= NESTING_MAX {
            return Err(reader.limit("nesting of peripherals", NESTING_MAX as u64));
        }
        for _ in 0..count {
            let values = reader.tuple(1, "reading")?;
            if reader.unsigned("reading code")? != u64::from(PERIPHERAL_CODE) {
                reader.skip(values)?;
                continue;
            }
            let more = values.checked_sub(2).ok_or_else(|| reader.malformed("peripheral"))?;
            self.peripherals.push(reader.device()?);
            self.readings(reader, depth + 1)?;
            reader.skip(more)?;
        }
        Ok(())
    }

    fn alarms(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        for _ in 0..reader.array("alarms")? {
            let more = reader.tuple(2, "alarm and its change")?;
            reader.skip(1)?;
            reader.fields("alarm", |reader, key| {
                match key {
                    4 => {
                        let device = reader.device()?;
                        self.device.get_or_insert(device);
                        self.peripherals.push(device);
                    }
                    5 => {
                        let time = reader.occurred_at()?.0;
                        self.time(time);
                    }
                    6 | 7 | 13 => self.told_at(reader.received_at()?),
                    14 => {
                        let more = reader.tuple(2, "acknowledgement")?;
                        reader.skip(1)?;
                        self.told_at(reader.received_at()?);
                        reader.skip(more)?;
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
            reader.skip(more)?;
        }
        Ok(())
    }

    fn told_at(&mut self, at: ReceivedAt) {
        self.at = Some(self.at.map_or(at, |known| known.max(at)));
    }
}
