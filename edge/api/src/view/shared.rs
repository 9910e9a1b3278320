//! What a link shows to people without an account: no more than they need.

use plomb_model::{Position, ReceivedAt, Timestamp};
use plomb_movements::{Audience, Movement};
use plomb_rules::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{MovementStateWord, PositionView, Time};

/// A link that was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Link)]
pub(crate) struct LinkView {
    /// From 1, among the links of the movement.
    pub(crate) number: u8,
    pub(crate) audience: String,
    /// To be put behind the address of the page.
    #[schema(example = "/s/7.1.1796000000.0123456789abcdef0123456789abcdef")]
    pub(crate) path: String,
    pub(crate) until: Time,
}

/// A movement as its shipper or driver sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SharedMovement)]
pub(crate) struct SharedView {
    /// The declarant's reference.
    lrn: String,
    /// `shipper` or `driver`.
    audience: &'static str,
    state: MovementStateWord,
    since: Time,
    departure: String,
    destination: String,
    units: Vec<String>,
    /// By when it must have arrived.
    #[schema(required)]
    limit: Option<Time>,
    /// Whether that has passed.
    overdue: bool,
    #[schema(required)]
    departed_at: Option<Time>,
    #[schema(required)]
    arrived_at: Option<Time>,
    /// Its newest fix.
    #[schema(required)]
    position: Option<PositionView>,
    #[schema(required)]
    position_at: Option<Time>,
    /// Whether none of its seals says that it was cut or opened.
    seals_whole: bool,
    /// Incidents that were declared.
    incidents: Vec<SharedIncidentView>,
    /// When this was so.
    now: Time,
}

/// An incident, as its shipper or driver sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SharedIncident)]
pub(crate) struct SharedIncidentView {
    code: u8,
    text: String,
    place: String,
    at: Time,
    /// Whether an authority has confirmed it.
    confirmed: bool,
}

impl SharedView {
    pub(crate) fn new(
        state: &State,
        movement: &Movement,
        audience: Audience,
        fix: Option<(Position, Timestamp)>,
        now: ReceivedAt,
    ) -> Self {
        use plomb_model::SealPart::{NeverOpened, RopeIntact};
        let declaration = &movement.declaration;
        let is_broken = |device: plomb_model::DeviceId| {
            let seal = state.devices.get(&device).map(|row| row.seal);
            seal.is_some_and(|seal| {
                [RopeIntact, NeverOpened].iter().any(|part| seal.part(*part) == Some(false))
            })
        };
        let incidents = movement.incidents.iter().map(|incident| SharedIncidentView {
            code: incident.code,
            text: incident.text.to_string(),
            place: incident.place.to_string(),
            at: incident.at.into(),
            confirmed: incident.endorsed.is_some(),
        });
        Self {
            lrn: declaration.lrn.to_string(),
            audience: audience.name(),
            state: MovementStateWord(movement.state),
            since: movement.since.into(),
            departure: declaration.departure.to_string(),
            destination: declaration.destination.to_string(),
            units: declaration.units.iter().map(|unit| unit.number.to_string()).collect(),
            limit: movement.limit().map(Time),
            overdue: movement.overdue.is_some() && !movement.state.is_over(),
            departed_at: movement.departed_at.map(Time::from),
            arrived_at: movement.arrived_at.map(Time::from),
            position: fix.as_ref().map(|(position, _)| PositionView::from(position)),
            position_at: fix.map(|(_, at)| Time(at)),
            seals_whole: !movement.devices().any(is_broken),
            incidents: incidents.collect(),
            now: now.into(),
        }
    }
}
