//! The state in bytes, so that a start need not replay the whole journal.
//!
//! A snapshot is a convenience, never evidence: one that does not fit this version is left aside and the journal
//! replayed. What the journal can already say (positions, seals, alarms) is written in the journal's encoding, the
//! rest as plain numbers.

mod records;

use std::num::{NonZeroU8, NonZeroU32};

use plomb_evidence::{Decided, Entry, Received, decode, encode};
use plomb_model::{
    Alarm, AlarmChange, AlarmId, ConnectionId, EntryId, Event, EventId, EventKind, OccurredAt, Reading,
    ReceivedAt, Timestamp,
};
use plomb_rules::{ClockOffset, DeviceIndex, DeviceState, Recent, RuleSettings, State};

use crate::Flow;

mod cases;
mod commands;
mod movements;
mod places;

/// Version of this layout; another one is not read.
const VERSION: i64 = 13;
/// Stands for "not known" among the numbers.
const ABSENT: i64 = i64::MIN;
/// Most bytes of one item: an alarm with its causes, or a device with its batch fingerprints.
const ITEM_BYTES_MAX: usize = 1 << 20;

/// Why a snapshot cannot be used; the journal is replayed instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Written by another version.
    #[error("the snapshot has layout {0}, this version reads {VERSION}")]
    Version(i64),
    /// Cut off or damaged.
    #[error("the snapshot is damaged at byte {0}")]
    Damaged(usize),
}

impl Flow {
    /// The state in bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        let state = &self.state;
        let settings = state.base_settings().pairs();
        out.numbers(&[
            VERSION,
            count(settings.len()),
            count(state.devices.len()),
            count(state.alarms.iter().count()),
        ]);
        for (name, value) in settings {
            out.bytes(name.as_bytes());
            out.numbers(&[value]);
        }
        for (_, device) in state.devices.iter() {
            write_device(&mut out, device);
        }
        for alarm in state.alarms.iter() {
            write_alarm(&mut out, state, alarm);
        }
        let endings: Vec<i64> = state
            .alarms
            .endings()
            .flat_map(|(id, index, at)| [number(id.0), i64::from(index.0), at.as_millis()])
            .collect();
        out.numbers(&endings);
        records::write(&mut out, state);
        out.numbers(&[count(state.commands.iter().count()), number(state.commands.last())]);
        for record in state.commands.iter() {
            commands::write(&mut out, record);
        }
        movements::write(&mut out, state);
        places::write(&mut out, state);
        cases::write(&mut out, state);
        out.0
    }

    /// The state of a snapshot. Its settings come with it.
    ///
    /// # Errors
    /// [`SnapshotError`] when the bytes are of another version or damaged.
    pub fn restore(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader { bytes, at: 0 };
        let [version, settings_count, devices, alarms] = reader.fixed()?;
        if version != VERSION {
            return Err(SnapshotError::Version(version));
        }
        let mut settings = RuleSettings::default();
        for _ in 0..settings_count {
            let name = String::from_utf8_lossy(reader.bytes()?).into_owned();
            let [value] = reader.fixed()?;
            // A setting that no longer exists judges nothing any more.
            let _known = settings.set(&name, value).is_ok();
        }
        let mut state = State::new(settings);
        for _ in 0..devices {
            let device = read_device(&mut reader)?;
            let index = state.devices.add(device);
            state.watch(index);
        }
        for _ in 0..alarms {
            let (index, alarm) = read_alarm(&mut reader)?;
            state.alarms.insert(index, alarm);
        }
        let endings = reader.numbers()?;
        for ending in endings.chunks_exact(3) {
            if let [id, index, at] = ending {
                let index = u32::try_from(*index).map_err(|_| reader.damaged())?;
                let id = AlarmId(id.cast_unsigned());
                state.alarms.end_later(id, DeviceIndex(index), Timestamp::from_millis(*at));
            }
        }
        records::read(&mut reader, &mut state)?;
        let [records, last] = reader.fixed()?;
        for _ in 0..records {
            state.commands.restore(commands::read(&mut reader)?);
        }
        state.commands.restore_last(last.cast_unsigned());
        movements::read(&mut reader, &mut state)?;
        places::read(&mut reader, &mut state)?;
        cases::read(&mut reader, &mut state)?;
        Ok(Self::with_state(state))
    }
}

fn write_device(out: &mut Writer, device: &DeviceState) {
    let mut event = Event::new(EventKind::Position);
    event.occurred_at = device.occurred_at;
    event.position = device.position;
    event.seal = device.seal;
    event.signals = device.signals;
    event.trust = device.trust;
    event.readings.extend(device.battery.map(Reading::Battery));
    event.readings.extend(device.battery_voltage.map(Reading::BatteryVoltage));
    event.readings.extend(device.external_power.map(Reading::ExternalPower));
    event.readings.extend(device.charging.map(Reading::Charging));
    event.readings.extend(device.network_signal.map(Reading::NetworkSignal));
    event.readings.extend(device.temperature.map(|value| Reading::Temperature { sensor: 0, value }));
    event.readings.extend(device.humidity.map(|value| Reading::Humidity { sensor: 0, value }));
    let received = Received {
        at: device.last_received_at,
        connection: device.connection,
        protocol: device.protocol,
        device: Some(device.id),
        frame: Box::default(),
        issues: Box::default(),
        events: Box::new([event]),
        duplicates: 0,
        replies: Box::default(),
    };
    out.entry(&Entry::Received(received));
    let [gap_a, gap_b, gap_c, gap_d] = device.gaps_s.map(i64::from);
    out.numbers(&[
        device.heard_through.map_or(ABSENT, |index| i64::from(index.0)),
        device.first_received_at.0.as_millis(),
        i64::from(device.reports),
        number(device.last_entry.0),
        i64::from(device.last_index),
        device.position_at.map_or(ABSENT, |at| at.0.as_millis()),
        number(device.position_entry.0),
        i64::from(device.position_index),
        device.odometer_m.map_or(ABSENT, i64::from),
        gap_a,
        gap_b,
        gap_c,
        gap_d,
        device.clock_offset.map_or(ABSENT, |known| i64::from(known.seconds)),
        device.clock_offset.map_or(0, |known| i64::from(known.count.get())),
        device.unlock_allowed_s.map_or(ABSENT, |second| i64::from(second.get())),
        device.proof_counter.map_or(ABSENT, |counter| i64::from(counter.get())),
        device.proof_seen.cast_signed(),
        i64::from(device.open_alarms),
        i64::from(device.holding_alarms),
        // When it is looked at next follows from its reports; only that it is watched is state.
        device.silence_checked_s.map_or(ABSENT, |_| 0),
        i64::from(device.burst),
    ]);
    out.numbers(&[i64::from(device.recent.next())]);
    let prints: Vec<i64> = device.recent.prints().iter().map(|print| print.cast_signed()).collect();
    out.numbers(&prints);
}

fn read_device(reader: &mut Reader<'_>) -> Result<DeviceState, SnapshotError> {
    let Entry::Received(received) = reader.entry()? else { return Err(reader.damaged()) };
    let (Some(id), Some(event)) = (received.device, received.events.first()) else {
        return Err(reader.damaged());
    };
    let mut device = DeviceState::new(id, received.protocol, received.at);
    device.occurred_at = event.occurred_at;
    device.position = event.position;
    device.seal = event.seal;
    device.signals = event.signals;
    device.trust = event.trust;
    if !event.readings.iter().all(|reading| device.measure(reading)) {
        return Err(reader.damaged());
    }
    read_numbers(reader, &mut device, received.connection)?;
    let [next] = reader.fixed()?;
    let next = u8::try_from(next).map_err(|_| reader.damaged())?;
    let prints: Vec<u64> = reader.numbers()?.into_iter().map(i64::cast_unsigned).collect();
    device.recent = Recent::restored(&prints, next).ok_or_else(|| reader.damaged())?;
    Ok(device)
}

fn read_numbers(
    reader: &mut Reader<'_>,
    device: &mut DeviceState,
    connection: ConnectionId,
) -> Result<(), SnapshotError> {
    let numbers: [i64; 22] = reader.fixed()?;
    let damaged = reader.damaged();
    let [
        heard_through,
        first_received,
        reports,
        last_entry,
        last_index,
        position_at,
        position_entry,
        position_index,
        odometer,
        gap_a,
        gap_b,
        gap_c,
        gap_d,
        offset,
        offset_count,
        unlock_allowed,
        proof_counter,
        proof_seen,
        open,
        holding,
        silence,
        burst,
    ] = numbers;
    let small = |value: i64| u32::try_from(value).map_err(|_| damaged.clone());
    let event = |entry: i64, index: i64| {
        let index = u16::try_from(index).map_err(|_| damaged.clone())?;
        Ok(EventId { entry: EntryId(entry.cast_unsigned()), index })
    };
    let known = |value: i64| (value != ABSENT).then_some(value);
    device.heard_through = known(heard_through).map(small).transpose()?.map(DeviceIndex);
    device.first_received_at = ReceivedAt(Timestamp::from_millis(first_received));
    device.reports = small(reports)?;
    EventId { entry: device.last_entry, index: device.last_index } = event(last_entry, last_index)?;
    device.position_at = known(position_at).map(|millis| OccurredAt(Timestamp::from_millis(millis)));
    EventId { entry: device.position_entry, index: device.position_index } =
        event(position_entry, position_index)?;
    device.odometer_m = known(odometer).map(small).transpose()?;
    device.connection = connection;
    device.gaps_s = [small(gap_a)?, small(gap_b)?, small(gap_c)?, small(gap_d)?];
    let offset = known(offset).map(i32::try_from).transpose().map_err(|_| damaged.clone())?;
    let offset_count = u8::try_from(offset_count).map_err(|_| damaged.clone())?;
    device.clock_offset =
        offset.zip(NonZeroU8::new(offset_count)).map(|(seconds, count)| ClockOffset { seconds, count });
    device.unlock_allowed_s = known(unlock_allowed).map(small).transpose()?.and_then(NonZeroU32::new);
    device.proof_counter = known(proof_counter).map(small).transpose()?.and_then(NonZeroU32::new);
    device.proof_seen = proof_seen.cast_unsigned();
    device.open_alarms = small(open)?;
    device.holding_alarms = small(holding)?;
    device.burst = u8::try_from(burst).map_err(|_| damaged.clone())?;
    device.silence_checked_s = known(silence).map(|_| NonZeroU32::MIN);
    Ok(())
}

fn write_alarm(out: &mut Writer, state: &State, alarm: &Alarm) {
    let index = state.devices.find(&alarm.device).map_or(ABSENT, |index| i64::from(index.0));
    out.numbers(&[index]);
    let decided = Decided {
        about: EntryId(0),
        alarms: Box::new([(AlarmChange::Raised, alarm.clone())]),
        commands: Box::default(),
    };
    out.entry(&Entry::Decided(decided));
}

fn read_alarm(reader: &mut Reader<'_>) -> Result<(DeviceIndex, Alarm), SnapshotError> {
    let [index] = reader.fixed()?;
    let index = u32::try_from(index).map_err(|_| reader.damaged())?;
    let Entry::Decided(decided) = reader.entry()? else { return Err(reader.damaged()) };
    let alarm = decided.alarms.into_iter().next().map(|(_, alarm)| alarm);
    Ok((DeviceIndex(index), alarm.ok_or_else(|| reader.damaged())?))
}

struct Writer(Vec<u8>);

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn entry(&mut self, entry: &Entry) {
        let mut bytes = Vec::new();
        encode(entry, &mut bytes);
        self.bytes(&bytes);
    }

    fn numbers(&mut self, numbers: &[i64]) {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.bytes(&bytes);
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    const fn damaged(&self) -> SnapshotError {
        SnapshotError::Damaged(self.at)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], SnapshotError> {
        let end = self.at.saturating_add(length);
        let taken = self.bytes.get(self.at..end).ok_or_else(|| self.damaged())?;
        self.at = end;
        Ok(taken)
    }

    fn bytes(&mut self) -> Result<&'a [u8], SnapshotError> {
        let length: [u8; 4] = self.take(4)?.try_into().map_err(|_| self.damaged())?;
        let length = usize::try_from(u32::from_le_bytes(length)).map_err(|_| self.damaged())?;
        if length > ITEM_BYTES_MAX {
            return Err(self.damaged());
        }
        self.take(length)
    }

    fn entry(&mut self) -> Result<Entry, SnapshotError> {
        let bytes = self.bytes()?;
        decode(bytes).map_err(|_| self.damaged())
    }

    fn text(&mut self) -> Result<&'a str, SnapshotError> {
        let bytes = self.bytes()?;
        std::str::from_utf8(bytes).map_err(|_| self.damaged())
    }

    fn numbers(&mut self) -> Result<Vec<i64>, SnapshotError> {
        let (chunks, rest) = self.bytes()?.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(self.damaged());
        }
        Ok(chunks.iter().map(|chunk| i64::from_le_bytes(*chunk)).collect())
    }

    fn fixed<const N: usize>(&mut self) -> Result<[i64; N], SnapshotError> {
        self.numbers()?.try_into().map_err(|_| self.damaged())
    }
}

fn number(value: u64) -> i64 {
    value.cast_signed()
}

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
