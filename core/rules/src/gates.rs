//! Where gates stand: a passive seal is where it is read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plomb_model::{DeviceClass, DeviceId, Event, Position};

use crate::Reported;

/// The place of each gate, reader or gateway that is on record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gates(BTreeMap<DeviceId, Position>);

impl Gates {
    /// Where a gate stands, if that is on record.
    #[must_use]
    pub fn of(&self, gate: &DeviceId) -> Option<&Position> {
        self.0.get(gate)
    }

    /// Sets where a gate stands; `None` takes it off the record.
    pub fn set(&mut self, gate: DeviceId, place: Option<Position>) {
        match place {
            Some(place) => self.0.insert(gate, place),
            None => self.0.remove(&gate),
        };
    }

    /// How many gates are on record.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every gate with its place, by identifier.
    pub fn iter(&self) -> impl Iterator<Item = (&DeviceId, &Position)> {
        self.0.iter()
    }

    /// The event, with the place of the gate that read a passive seal where the event itself has none.
    pub(crate) fn placed<'a>(&self, reported: &Reported<'a>) -> Cow<'a, Event> {
        let event = reported.event;
        let read = event.peripheral.is_some() && reported.protocol.class() == DeviceClass::Passive;
        match self.of(&reported.device).filter(|_| read && event.position.is_none()) {
            Some(place) => Cow::Owned(Event { position: Some(*place), ..event.clone() }),
            None => Cow::Borrowed(event),
        }
    }
}
