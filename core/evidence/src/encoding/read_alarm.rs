//! Reads the alarms of a decision back.

use plomb_model::{
    Acknowledgement, Alarm, AlarmChange, AlarmId, AlarmKind, DeviceId, EntryId, EventId, OccurredAt,
    Position, Priority, ReceivedAt,
};

use super::read::{DecodeError, Reader};

type Result<T> = std::result::Result<T, DecodeError>;

/// The fields of an alarm as they come.
#[derive(Default)]
struct Fields {
    id: Option<AlarmId>,
    kind: Option<AlarmKind>,
    priority: Option<Priority>,
    device: Option<DeviceId>,
    occurred_at: Option<OccurredAt>,
    raised_at: Option<ReceivedAt>,
    cleared_at: Option<ReceivedAt>,
    late: bool,
    position: Option<Position>,
    causes: Vec<EventId>,
    detail: Box<str>,
    repeats: u32,
    last_repeat_at: Option<ReceivedAt>,
    acknowledged: Option<Acknowledgement>,
}

impl Reader<'_> {
    pub(super) fn changed_alarm(&mut self) -> Result<(AlarmChange, Alarm)> {
        let more = self.tuple(2, "alarm and its change")?;
        let change = self.code("alarm change", change)?;
        let alarm = self.alarm()?;
        self.skip(more)?;
        Ok((change, alarm))
    }

    fn alarm(&mut self) -> Result<Alarm> {
        let mut read = Fields::default();
        self.fields("alarm", |reader, key| {
            match key {
                1 => read.id = Some(AlarmId(reader.unsigned("alarm number")?)),
                2 => read.kind = Some(reader.code("alarm kind", AlarmKind::from_code)?),
                3 => read.priority = Some(reader.code("priority", priority)?),
                4 => read.device = Some(reader.device()?),
                5 => read.occurred_at = Some(reader.occurred_at()?),
                6 => read.raised_at = Some(reader.received_at()?),
                7 => read.cleared_at = Some(reader.received_at()?),
                8 => read.late = reader.boolean("late")?,
                9 => read.position = Some(reader.position()?),
                10 => read.causes = reader.items("causes", Self::event_id)?,
                11 => read.detail = reader.text("detail")?.into(),
                12 => read.repeats = reader.number("repeats")?,
                13 => read.last_repeat_at = Some(reader.received_at()?),
                14 => read.acknowledged = Some(reader.acknowledgement()?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Alarm {
            id: read.id.ok_or_else(|| self.malformed("alarm number"))?,
            kind: read.kind.ok_or_else(|| self.malformed("alarm kind"))?,
            priority: read.priority.ok_or_else(|| self.malformed("priority"))?,
            device: read.device.ok_or_else(|| self.malformed("device"))?,
            occurred_at: read.occurred_at.ok_or_else(|| self.malformed("time of happening"))?,
            raised_at: read.raised_at.ok_or_else(|| self.malformed("time of raising"))?,
            cleared_at: read.cleared_at,
            late: read.late,
            position: read.position,
            causes: read.causes,
            detail: read.detail,
            repeats: read.repeats,
            last_repeat_at: read.last_repeat_at,
            acknowledged: read.acknowledged,
        })
    }

    fn event_id(&mut self) -> Result<EventId> {
        let more = self.tuple(2, "event number")?;
        let id = EventId { entry: EntryId(self.unsigned("entry")?), index: self.number("index")? };
        self.skip(more)?;
        Ok(id)
    }

    fn acknowledgement(&mut self) -> Result<Acknowledgement> {
        let more = self.tuple(4, "acknowledgement")?;
        let acknowledgement = Acknowledgement {
            by: self.text("account")?.into(),
            at: self.received_at()?,
            reason: self.text("reason")?.into(),
            note: self.text("note")?.into(),
        };
        self.skip(more)?;
        Ok(acknowledgement)
    }
}

fn change(code: u8) -> Option<AlarmChange> {
    [AlarmChange::Raised, AlarmChange::Repeated, AlarmChange::Cleared, AlarmChange::Acknowledged]
        .into_iter()
        .find(|change| *change as u8 == code)
}

fn priority(code: u8) -> Option<Priority> {
    [Priority::Critical, Priority::High, Priority::Medium, Priority::Low]
        .into_iter()
        .find(|priority| *priority as u8 == code)
}
