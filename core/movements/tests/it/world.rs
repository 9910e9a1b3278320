//! A book of movements and devices of which facts are known.

use std::collections::BTreeMap;

use plomb_model::{CaseId, DeviceId, EntryId, MovementId, ReceivedAt, Timestamp};
use plomb_movements::{Act, DeviceFacts, Facts, Form, Movement, MovementState, Movements, Refusal};

pub(crate) struct World {
    pub(crate) book: Movements,
    pub(crate) facts: Known,
    pub(crate) now: Timestamp,
    /// Who acts.
    pub(crate) by: &'static str,
    entry: u64,
}

/// Devices of which facts are known, and routes that are drawn.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) devices: BTreeMap<DeviceId, DeviceFacts>,
    pub(crate) routes: Vec<&'static str>,
    pub(crate) case: Option<CaseId>,
    pub(crate) posts: Vec<&'static str>,
    pub(crate) now: Timestamp,
}

impl Facts for Known {
    fn device(&self, device: &DeviceId) -> DeviceFacts {
        self.devices.get(device).cloned().unwrap_or_default()
    }

    fn has_route(&self, route: &str) -> bool {
        self.routes.contains(&route)
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn has_post(&self, place: &str) -> bool {
        self.posts.contains(&place)
    }

    fn open_case(&self, _: MovementId) -> Option<CaseId> {
        self.case
    }
}

/// A lock that is fit to be armed.
pub(crate) fn fit() -> DeviceFacts {
    DeviceFacts {
        heard: true,
        battery_percent: Some(90),
        fix_age_s: Some(30),
        rope_inserted: Some(true),
        locked: Some(true),
        whole: Some(true),
        ..DeviceFacts::default()
    }
}

pub(crate) fn lock(number: u32) -> DeviceId {
    format!("jointech:{number:010}").parse().unwrap()
}

pub(crate) fn form(fields: &[(&str, &str)]) -> Form {
    Form::of(fields.iter().map(|(name, text)| (*name, *text)))
}

/// A declaration with all that is needed.
pub(crate) fn declaration(lrn: &str) -> Form {
    form(&[
        ("lrn", lrn),
        ("policy", "eac"),
        ("holder.name", "Mombasa Freight"),
        ("holder.id", "KE123"),
        ("consignee.name", "Kigali Stores"),
        ("carrier.name", "Carrier A"),
        ("goods.1.hs", "1701.99"),
        ("goods.1.description", "sugar"),
        ("goods.1.gross_kg", "27000"),
        ("duty", "41250.50 USD"),
        ("guarantee", "RCTG-77"),
        ("guaranteed", "50000 USD"),
        ("unit.1.number", "CSQU 305438-3"),
        ("departure", "KEMBA"),
        ("destination", "RWKGL"),
        ("limit", "2026-03-06T18:00:00Z"),
    ])
}

impl World {
    pub(crate) fn new() -> Self {
        let now = Timestamp::from_utc(2026, 3, 1, 8, 0, 0).unwrap();
        Self { book: Movements::default(), facts: Known::default(), now, by: "officer", entry: 0 }
    }

    pub(crate) fn take(
        &mut self,
        id: MovementId,
        step: &str,
        fields: &[(&str, &str)],
    ) -> Result<(), Refusal> {
        self.take_form(id, step, &form(fields))
    }

    pub(crate) fn take_form(&mut self, id: MovementId, step: &str, form: &Form) -> Result<(), Refusal> {
        self.entry += 1;
        self.now = self.now.plus_secs(60);
        self.facts.now = self.now;
        let act = Act { movement: id, step, form, by: self.by };
        self.book.take(EntryId(self.entry), ReceivedAt(self.now), act, &self.facts)
    }

    /// Declares a movement.
    pub(crate) fn declare(&mut self, lrn: &str) -> MovementId {
        let id = self.book.next_id();
        self.take_form(id, "declare", &declaration(lrn)).unwrap();
        id
    }

    /// A movement that is booked, and a fit lock for it.
    pub(crate) fn booked(&mut self, lrn: &str, device: DeviceId) -> MovementId {
        let id = self.declare(lrn);
        self.facts.devices.insert(device, fit());
        self.take(id, "submit", &[]).unwrap();
        self.take(id, "accept", &[("mrn", "26KE0001")]).unwrap();
        self.take(id, "book", &[("class", "active")]).unwrap();
        id
    }

    pub(crate) fn of(&self, id: MovementId) -> &Movement {
        self.book.get(id).unwrap()
    }

    pub(crate) fn state(&self, id: MovementId) -> MovementState {
        self.of(id).state
    }
}
