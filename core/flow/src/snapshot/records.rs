//! What is on record about devices beside their reports, in a snapshot: how they stand, which chip carries which code,
//! where they are to be read; and where gates stand.

use plomb_evidence::{Action, Entry, Operated};
use plomb_model::{DeviceId, EntryId, EventId, ReceivedAt, Standing, Timestamp};
use plomb_rules::{DeviceIndex, Expected, State, Strangers};

use super::{Reader, SnapshotError, Writer, count, number};

pub(super) fn write(out: &mut Writer, state: &State) {
    out.numbers(&[
        count(state.standings.len()),
        count(state.chips.len()),
        count(state.expected.len()),
        count(state.gates.len()),
    ]);
    let Strangers { minute, raised, held_back } = state.strangers;
    out.numbers(&[minute, i64::from(raised), number(held_back)]);
    for (device, standing, since) in state.standings.iter() {
        out.device(device);
        out.numbers(&[i64::from(standing as u8), since.0.as_millis()]);
    }
    for (index, chip, event) in state.chips.iter() {
        out.device(chip);
        out.numbers(&[i64::from(index.0), number(event.entry.0), i64::from(event.index)]);
    }
    for (device, expected) in state.expected.iter() {
        out.device(device);
        out.numbers(&[count(expected.len())]);
        for expected in expected {
            out.device(&expected.gate);
            let times = [expected.by.as_millis(), expected.since.0.as_millis(), i64::from(expected.missed)];
            out.numbers(&times);
        }
    }
    for (gate, place) in state.gates.iter() {
        let action = Action::PlaceGate { gate: *gate, place: Some(*place) };
        let at = ReceivedAt(Timestamp::from_millis(0));
        out.entry(&Entry::Operated(Operated { at, by: Box::default(), action }));
    }
}

pub(super) fn read(reader: &mut Reader<'_>, state: &mut State) -> Result<(), SnapshotError> {
    let [standings, chips, expected, gates] = reader.fixed()?;
    let [minute, raised, held_back] = reader.fixed()?;
    let raised = u32::try_from(raised).map_err(|_| reader.damaged())?;
    state.strangers = Strangers { minute, raised, held_back: held_back.cast_unsigned() };
    for _ in 0..standings {
        let device = reader.device()?;
        let [code, since] = reader.fixed()?;
        let standing = u8::try_from(code).ok().and_then(Standing::from_code);
        let since = ReceivedAt(Timestamp::from_millis(since));
        state.standings.set(device, standing.ok_or_else(|| reader.damaged())?, since);
    }
    for _ in 0..chips {
        let chip = reader.device()?;
        let [row, entry, place] = reader.fixed()?;
        let row = u32::try_from(row).map_err(|_| reader.damaged())?;
        let index = u16::try_from(place).map_err(|_| reader.damaged())?;
        state.chips.learn(DeviceIndex(row), chip, EventId { entry: EntryId(entry.cast_unsigned()), index });
    }
    for _ in 0..expected {
        let device = reader.device()?;
        let [reads] = reader.fixed()?;
        for _ in 0..reads {
            let gate = reader.device()?;
            let [by, since, missed] = reader.fixed()?;
            let since = ReceivedAt(Timestamp::from_millis(since));
            let expected = Expected { gate, by: Timestamp::from_millis(by), since, missed: missed != 0 };
            state.expected.await_read(device, expected);
        }
    }
    for _ in 0..gates {
        let Entry::Operated(Operated { action: Action::PlaceGate { gate, place }, .. }) = reader.entry()?
        else {
            return Err(reader.damaged());
        };
        state.gates.set(gate, place);
    }
    Ok(())
}

impl Writer {
    /// A device's identifier as people write it.
    pub(super) fn device(&mut self, device: &DeviceId) {
        self.bytes(device.to_string().as_bytes());
    }
}

impl Reader<'_> {
    pub(super) fn device(&mut self) -> Result<DeviceId, SnapshotError> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| self.damaged())?;
        text.parse().map_err(|_| self.damaged())
    }
}
