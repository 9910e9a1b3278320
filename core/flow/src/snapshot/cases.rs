//! Cases in a snapshot: numbers and texts, and each step as the journal writes it.

use plomb_cases::{Case, CaseState, Done, Outcome, Shelf, Silent, Subject};
use plomb_evidence::{Action, Entry, Operated};
use plomb_model::{
    AlarmId, AlarmKind, CaseId, DeviceId, EntryId, MovementId, Priority, ReceivedAt, Timestamp,
};
use plomb_movements::Form;
use plomb_rules::State;

use super::{ABSENT, Reader, SnapshotError, Writer, count, number};

pub(super) fn write(out: &mut Writer, state: &State) {
    let cases = &state.cases;
    let silences: Vec<_> = cases.silences.iter().collect();
    let counted = [count(cases.iter().count()), count(silences.len())];
    out.numbers(&[counted[0], counted[1], number(cases.last().0), number(cases.held_back)]);
    for case in cases.iter() {
        write_case(out, case);
    }
    for (group, silent) in silences {
        write_subject(out, group);
        out.device(&silent.device);
        out.numbers(&[silent.at.0.as_millis(), number(silent.alarm.0)]);
    }
}

pub(super) fn read(reader: &mut Reader<'_>, state: &mut State) -> Result<(), SnapshotError> {
    let [cases, silences, last, held_back] = reader.fixed()?;
    for _ in 0..cases {
        let case = read_case(reader)?;
        state.cases.put(case);
    }
    for _ in 0..silences {
        let group = read_subject(reader)?;
        let device = reader.device()?;
        let [at, alarm] = reader.fixed()?;
        let silent = Silent { at: received(at), alarm: AlarmId(alarm.cast_unsigned()), device };
        state.cases.silences.restore(group, silent);
    }
    state.cases.restore_last(CaseId(last.cast_unsigned()), held_back.cast_unsigned());
    Ok(())
}

fn write_subject(out: &mut Writer, subject: &Subject) {
    let (kind, text) = match subject {
        Subject::Movement(movement) => (0, movement.to_string()),
        Subject::Device(device) => (1, device.to_string()),
        Subject::Gateway(device) => (2, device.to_string()),
        Subject::Carrier(carrier) => (3, carrier.to_string()),
    };
    out.numbers(&[kind]);
    out.bytes(text.as_bytes());
}

fn read_subject(reader: &mut Reader<'_>) -> Result<Subject, SnapshotError> {
    let [kind] = reader.fixed()?;
    let text = reader.text()?;
    let device = || text.parse::<DeviceId>().map_err(|_| reader.damaged());
    Ok(match kind {
        0 => Subject::Movement(MovementId(text.parse().map_err(|_| reader.damaged())?)),
        1 => Subject::Device(device()?),
        2 => Subject::Gateway(device()?),
        3 => Subject::Carrier(text.into()),
        _ => return Err(reader.damaged()),
    })
}

fn write_case(out: &mut Writer, case: &Case) {
    write_subject(out, &case.subject);
    let at = |at: Option<ReceivedAt>| at.map_or(ABSENT, |at| at.0.as_millis());
    let place = |known: Option<usize>| known.map_or(ABSENT, count);
    out.numbers(&[
        number(case.id.0),
        case.opened_at.0.as_millis(),
        place(CaseState::ALL.iter().position(|state| *state == case.state)),
        case.since.0.as_millis(),
        i64::from(case.priority as u8),
        i64::from(case.alarm_count),
        at(case.quiet_since),
        i64::from(case.unseen),
        case.attention_by.map_or(ABSENT, Timestamp::as_millis),
        i64::from(case.attention_s),
        i64::from(case.level),
        at(case.acknowledged_at),
        place(Outcome::ALL.iter().position(|outcome| Some(*outcome) == case.outcome)),
        case.merged_into.map_or(ABSENT, |into| number(into.0)),
        case.shelf.as_ref().map_or(ABSENT, |shelf| shelf.until.as_millis()),
        i64::from(case.assignee.is_some()),
        count(case.devices.len()),
        count(case.history.len()),
    ]);
    out.numbers(&case.alarms.iter().map(|alarm| number(alarm.0)).collect::<Vec<_>>());
    out.numbers(&case.holding.iter().map(|alarm| number(alarm.0)).collect::<Vec<_>>());
    out.numbers(&case.kinds.iter().map(|kind| i64::from(*kind as u8)).collect::<Vec<_>>());
    if let Some(shelf) = &case.shelf {
        out.bytes(shelf.by.as_bytes());
        out.bytes(shelf.reason.as_bytes());
    }
    if let Some(assignee) = &case.assignee {
        out.bytes(assignee.as_bytes());
    }
    for device in &case.devices {
        out.bytes(device.to_string().as_bytes());
    }
    for done in &case.history {
        let state = CaseState::ALL.iter().position(|state| *state == done.state);
        out.numbers(&[number(done.entry.0), place(state)]);
        let action =
            Action::Case { case: case.id, step: done.step.clone(), fields: done.form.fields().into() };
        out.entry(&Entry::Operated(Operated { at: done.at, by: done.by.clone(), action }));
    }
}

fn read_case(reader: &mut Reader<'_>) -> Result<Case, SnapshotError> {
    let subject = read_subject(reader)?;
    let numbers: [i64; 18] = reader.fixed()?;
    let damaged = reader.damaged();
    let [
        id,
        opened_at,
        state,
        since,
        priority,
        alarm_count,
        quiet_since,
        unseen,
        attention_by,
        attention_s,
        level,
        acknowledged_at,
        outcome,
        merged_into,
        shelf,
        assignee,
        devices,
        history,
    ] = numbers;
    let known = |value: i64| (value != ABSENT).then_some(value);
    let small = |value: i64| u32::try_from(value).map_err(|_| damaged.clone());
    let priorities = [Priority::Critical, Priority::High, Priority::Medium, Priority::Low];
    let priority = priorities.into_iter().find(|known| i64::from(*known as u8) == priority);
    let alarms = |reader: &mut Reader<'_>| {
        let numbers = reader.numbers()?;
        Ok(numbers.into_iter().map(|alarm| AlarmId(alarm.cast_unsigned())))
    };
    let mut case = Case {
        id: CaseId(id.cast_unsigned()),
        subject,
        opened_at: received(opened_at),
        state: state_at(state).ok_or_else(|| damaged.clone())?,
        since: received(since),
        priority: priority.ok_or_else(|| damaged.clone())?,
        alarms: alarms(reader)?.collect(),
        alarm_count: small(alarm_count)?,
        holding: alarms(reader)?.collect(),
        kinds: reader.numbers()?.into_iter().filter_map(kind_at).collect(),
        devices: std::collections::BTreeSet::new(),
        quiet_since: known(quiet_since).map(received),
        unseen: small(unseen)?,
        attention_by: known(attention_by).map(Timestamp::from_millis),
        attention_s: small(attention_s)?,
        level: u8::try_from(level).map_err(|_| damaged.clone())?,
        assignee: None,
        shelf: None,
        acknowledged_at: known(acknowledged_at).map(received),
        outcome: known(outcome).and_then(|place| Outcome::ALL.get(usize::try_from(place).ok()?).copied()),
        merged_into: known(merged_into).map(|into| CaseId(into.cast_unsigned())),
        history: Vec::new(),
    };
    if let Some(until) = known(shelf) {
        let (by, reason) = (reader.text()?.into(), reader.text()?.into());
        case.shelf = Some(Shelf { until: Timestamp::from_millis(until), by, reason });
    }
    if assignee == 1 {
        case.assignee = Some(reader.text()?.into());
    }
    for _ in 0..devices {
        case.devices.insert(reader.text()?.parse().map_err(|_| damaged.clone())?);
    }
    case.history = read_history(reader, history)?;
    Ok(case)
}

fn read_history(reader: &mut Reader<'_>, count: i64) -> Result<Vec<Done>, SnapshotError> {
    let mut history = Vec::new();
    for _ in 0..count {
        let [entry, state] = reader.fixed()?;
        let Entry::Operated(Operated { at, by, action: Action::Case { step, fields, .. } }) =
            reader.entry()?
        else {
            return Err(reader.damaged());
        };
        let (entry, form) = (EntryId(entry.cast_unsigned()), Form::of(fields));
        let state = state_at(state).ok_or_else(|| reader.damaged())?;
        history.push(Done { entry, at, by, step, form, state });
    }
    Ok(history)
}

fn state_at(place: i64) -> Option<CaseState> {
    CaseState::ALL.get(usize::try_from(place).ok()?).copied()
}

fn kind_at(code: i64) -> Option<AlarmKind> {
    AlarmKind::ALL.into_iter().find(|kind| i64::from(*kind as u8) == code)
}

const fn received(millis: i64) -> ReceivedAt {
    ReceivedAt(Timestamp::from_millis(millis))
}
