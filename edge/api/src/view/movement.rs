//! Movements under seal.

use std::collections::BTreeMap;

use plomb_movements::{
    Check, Done, Form, Incident, Link, Movement, Opening, OpeningEnd, Policy, Seal, SealEnd, Step,
};
use plomb_rules::State;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{CheckWord, ClassWord, GuaranteeWord, MovementStateWord, Time};

/// A movement in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MovementSummary)]
pub(crate) struct MovementSummaryView {
    /// From 1.
    pub(crate) id: u64,
    /// The declarant's reference.
    lrn: String,
    /// The number that customs gave; empty before.
    mrn: String,
    state: MovementStateWord,
    since: Time,
    /// Since when its limit has passed.
    #[schema(required)]
    overdue_since: Option<Time>,
    /// By when it must have arrived.
    #[schema(required)]
    limit: Option<Time>,
    /// Name of its policy; empty in a draft that has none.
    policy: String,
    holder: String,
    carrier: String,
    departure: String,
    destination: String,
    /// Numbers of its containers, trucks and other units.
    units: Vec<String>,
    /// The devices that watch it now.
    devices: Vec<String>,
    /// Open alarms of these devices.
    open_alarms: u32,
}

/// A page of movements.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MovementList)]
pub(crate) struct MovementsView {
    pub(crate) items: Vec<MovementSummaryView>,
    /// Pass it as `cursor` for the next page; null at the end.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
    /// How many match the filter, on all pages.
    pub(crate) total: u64,
}

/// A movement with all that was done.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Movement)]
pub(crate) struct MovementView {
    #[serde(flatten)]
    summary: MovementSummaryView,
    /// What is declared, in the shape that `POST /movements` takes.
    declaration: Value,
    guarantee: GuaranteeWord,
    /// The class of device that was decided.
    #[schema(required)]
    class: Option<ClassWord>,
    /// The partner administration that is responsible; null: we are.
    #[schema(required)]
    partner: Option<String>,
    #[schema(required)]
    departed_at: Option<Time>,
    #[schema(required)]
    arrived_at: Option<Time>,
    /// Every seal that was ever on it.
    seals: Vec<SealOnView>,
    incidents: Vec<IncidentView>,
    /// The openings of seals that were asked for.
    openings: Vec<OpeningView>,
    /// The links that were given to people without an account; never the links themselves.
    links: Vec<GivenLinkView>,
    /// All that was done, oldest first.
    history: Vec<DoneView>,
    /// The steps that its state allows; rules may still forbid one.
    steps: Vec<String>,
}

/// A seal on a unit.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SealOnUnit)]
pub(crate) struct SealOnView {
    unit: String,
    /// What is printed on it, or the device's identifier.
    number: String,
    #[schema(required)]
    device: Option<String>,
    set_at: Time,
    set_by: String,
    /// Whether its number was declared.
    declared: bool,
    #[schema(required)]
    ended_at: Option<Time>,
    #[schema(required)]
    ended_by: Option<String>,
    /// The seal that took its place.
    #[schema(required)]
    replaced_by: Option<String>,
}

/// What the carrier declared to have happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Incident)]
pub(crate) struct IncidentView {
    /// Of the NCTS list CL019, 1 to 6.
    code: u8,
    text: String,
    place: String,
    at: Time,
    by: String,
    #[schema(required)]
    endorsed_at: Option<Time>,
    #[schema(required)]
    endorsed_by: Option<String>,
}

/// An opening that was asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Opening)]
pub(crate) struct OpeningView {
    /// From 1.
    number: u8,
    /// `asked` (a second person must agree), `granted`, `used`, `missed`, `withdrawn`.
    state: &'static str,
    seal: String,
    from: Time,
    until: Time,
    /// Identifier of the place where it may be opened; empty: anywhere.
    place: String,
    /// `any`, `remote`, `card`, `bluetooth`, `code`.
    way: &'static str,
    card: String,
    reason: String,
    asked_at: Time,
    asked_by: String,
    /// Whether it is early or bound to no place, so that a second person must agree.
    two_persons: bool,
    #[schema(required)]
    confirmed_at: Option<Time>,
    #[schema(required)]
    confirmed_by: Option<String>,
    /// When the device opened.
    #[schema(required)]
    used_at: Option<Time>,
    /// Number of the journal entry of the report that says so.
    #[schema(required)]
    used_entry: Option<u64>,
}

/// A link that was given.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = GivenLink)]
pub(crate) struct GivenLinkView {
    /// From 1.
    number: u8,
    /// `shipper` or `driver`.
    audience: &'static str,
    until: Time,
    given_at: Time,
    given_by: String,
    #[schema(required)]
    withdrawn_at: Option<Time>,
    #[schema(required)]
    withdrawn_by: Option<String>,
    /// Whether it was not taken back; its time may be over.
    good: bool,
}

impl GivenLinkView {
    fn new((number, link): (u8, &Link)) -> Self {
        let withdrawn = link.withdrawn.as_ref();
        Self {
            number,
            audience: link.audience.name(),
            until: Time(link.until),
            given_at: link.given.0.into(),
            given_by: link.given.1.to_string(),
            withdrawn_at: withdrawn.map(|(at, _)| Time::from(*at)),
            withdrawn_by: withdrawn.map(|(_, by)| by.to_string()),
            good: withdrawn.is_none(),
        }
    }
}

/// A one-time code.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OpeningCode)]
pub(crate) struct CodeView {
    /// Eight digits, to be typed at the device.
    pub(crate) code: String,
    pub(crate) device: String,
    /// From then on the device does not take it any more.
    pub(crate) until: Time,
}

/// A step that was taken.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MovementStep)]
pub(crate) struct DoneView {
    /// Number of the journal entry.
    entry: u64,
    at: Time,
    /// Account name; `clock` where time took it.
    by: String,
    step: String,
    /// What was filled in.
    fields: BTreeMap<String, String>,
    /// Where it led.
    state: MovementStateWord,
}

impl MovementSummaryView {
    pub(crate) fn new(state: &State, movement: &Movement) -> Self {
        let declaration = &movement.declaration;
        let devices: Vec<_> = movement.devices().collect();
        let rows = devices.iter().filter_map(|device| state.devices.find(device));
        let open: usize = rows.map(|index| state.alarms.open_of(index).count()).sum();
        Self {
            id: movement.id.0,
            lrn: declaration.lrn.to_string(),
            mrn: declaration.mrn.to_string(),
            state: MovementStateWord(movement.state),
            since: movement.since.into(),
            overdue_since: movement.overdue.map(Time::from),
            limit: movement.limit().map(Time),
            policy: declaration.policy.to_string(),
            holder: declaration.holder.name.to_string(),
            carrier: declaration.carrier.name.to_string(),
            departure: declaration.departure.to_string(),
            destination: declaration.destination.to_string(),
            units: declaration.units.iter().map(|unit| unit.number.to_string()).collect(),
            devices: devices.iter().map(ToString::to_string).collect(),
            open_alarms: u32::try_from(open).unwrap_or(u32::MAX),
        }
    }
}

impl MovementView {
    pub(crate) fn new(state: &State, movement: &Movement) -> Self {
        let allowed = Step::NAMES.into_iter().filter(|name| Step::states(name).contains(&movement.state));
        Self {
            summary: MovementSummaryView::new(state, movement),
            declaration: nested(&movement.declaration.form()),
            guarantee: GuaranteeWord(movement.guarantee),
            class: movement.class.map(ClassWord),
            partner: movement.partner.as_ref().map(ToString::to_string),
            departed_at: movement.departed_at.map(Time::from),
            arrived_at: movement.arrived_at.map(Time::from),
            seals: movement.seals.iter().map(SealOnView::from).collect(),
            incidents: movement.incidents.iter().map(IncidentView::from).collect(),
            openings: (1..).zip(&movement.openings).map(OpeningView::from).collect(),
            links: (1..).zip(&movement.links).map(GivenLinkView::new).collect(),
            history: movement.history.iter().map(DoneView::from).collect(),
            steps: allowed.map(str::to_owned).collect(),
        }
    }
}

impl From<&Seal> for SealOnView {
    fn from(seal: &Seal) -> Self {
        let ended = seal.ended.as_ref();
        Self {
            unit: seal.unit.to_string(),
            number: seal.number.to_string(),
            device: seal.device.map(|device| device.to_string()),
            set_at: seal.set_at.into(),
            set_by: seal.set_by.to_string(),
            declared: seal.declared,
            ended_at: ended.map(|(at, ..)| (*at).into()),
            ended_by: ended.map(|(_, by, _)| by.to_string()),
            replaced_by: ended.and_then(|(.., how)| match how {
                SealEnd::Replaced(number) => Some(number.to_string()),
                SealEnd::Removed => None,
            }),
        }
    }
}

impl From<&Incident> for IncidentView {
    fn from(incident: &Incident) -> Self {
        let endorsed = incident.endorsed.as_ref();
        Self {
            code: incident.code,
            text: incident.text.to_string(),
            place: incident.place.to_string(),
            at: incident.at.into(),
            by: incident.by.to_string(),
            endorsed_at: endorsed.map(|(at, _)| (*at).into()),
            endorsed_by: endorsed.map(|(_, authority)| authority.to_string()),
        }
    }
}

impl From<(u8, &Opening)> for OpeningView {
    fn from((number, opening): (u8, &Opening)) -> Self {
        let (asked_at, asked_by) = &opening.asked;
        let confirmed = opening.confirmed.as_ref();
        let used = match &opening.end {
            Some(OpeningEnd::Used { at, entry }) => Some((*at, *entry)),
            _ => None,
        };
        Self {
            number,
            state: opening.standing(),
            seal: opening.seal.to_string(),
            from: Time(opening.from),
            until: Time(opening.until),
            place: opening.place.to_string(),
            way: opening.way.name(),
            card: opening.card.to_string(),
            reason: opening.reason.to_string(),
            asked_at: (*asked_at).into(),
            asked_by: asked_by.to_string(),
            two_persons: opening.two_persons,
            confirmed_at: confirmed.map(|(at, _)| (*at).into()),
            confirmed_by: confirmed.map(|(_, by)| by.to_string()),
            used_at: used.map(|(at, _)| Time(at)),
            used_entry: used.map(|(_, entry)| entry.0),
        }
    }
}

impl From<&Done> for DoneView {
    fn from(done: &Done) -> Self {
        let field = |(name, text): &(Box<str>, Box<str>)| (name.to_string(), text.to_string());
        Self {
            entry: done.entry.0,
            at: done.at.into(),
            by: done.by.to_string(),
            step: done.step.to_string(),
            fields: done.form.fields().iter().map(field).collect(),
            state: MovementStateWord(done.state),
        }
    }
}

/// The checklist before a device is armed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Checklist)]
pub(crate) struct ChecklistView {
    pub(crate) items: Vec<CheckView>,
}

/// One row of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ChecklistRow)]
pub(crate) struct CheckView {
    /// `free`, `in-service`, `heard`, `whole`, `alarms`, `battery`, `position`, `rope-inserted`, `locked`.
    name: String,
    verdict: CheckWord,
    /// What was found, for a person.
    found: String,
}

impl From<Check> for CheckView {
    fn from(check: Check) -> Self {
        Self { name: check.name.to_owned(), verdict: CheckWord(check.verdict), found: check.found }
    }
}

/// What differs from country to country.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Policy)]
pub(crate) struct PolicyView {
    name: String,
    title: String,
    limit_h: u32,
    class: ClassWord,
    battery_min_percent: u8,
    fix_age_s_max: u32,
    deviation_m: u32,
    stop_min: u32,
    discharges_by_itself: bool,
    /// An opening that the device allowed is an alarm all the same, unless it was authorised here.
    openings_need_authority: bool,
    acknowledge_critical_s: u32,
    acknowledge_high_s: u32,
    /// National codes, by the kind of alarm.
    codes: BTreeMap<String, String>,
    /// Fees and penalties, by what they are for.
    fees: BTreeMap<String, String>,
}

/// Every policy.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PolicyList)]
pub(crate) struct PoliciesView {
    pub(crate) items: Vec<PolicyView>,
}

impl From<&Policy> for PolicyView {
    fn from(policy: &Policy) -> Self {
        let texts = |map: &BTreeMap<Box<str>, Box<str>>| {
            map.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
        };
        Self {
            name: policy.name.to_string(),
            title: policy.title.to_string(),
            limit_h: policy.limit_h,
            class: ClassWord(policy.class),
            battery_min_percent: policy.battery_min_percent,
            fix_age_s_max: policy.fix_age_s_max,
            deviation_m: policy.deviation_m,
            stop_min: policy.stop_min,
            discharges_by_itself: policy.discharges_by_itself,
            openings_need_authority: policy.openings_need_authority,
            acknowledge_critical_s: policy.acknowledge_critical_s,
            acknowledge_high_s: policy.acknowledge_high_s,
            codes: texts(&policy.codes),
            fees: texts(&policy.fees),
        }
    }
}

/// A report of an import.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = ImportReport)]
pub(crate) struct ImportView {
    /// Rows of the file.
    pub(crate) rows: u64,
    /// Movements that were declared, or would be.
    pub(crate) taken: u64,
    /// Whether nothing was changed.
    pub(crate) dry_run: bool,
    /// What is wrong, at most 1000 rows of it.
    pub(crate) faults: Vec<RowFaultView>,
}

/// What is wrong with one row.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RowFault)]
pub(crate) struct RowFaultView {
    /// From 1; in a table the head is not counted.
    pub(crate) row: u64,
    /// Which field, or which column of the file.
    pub(crate) field: String,
    pub(crate) why: String,
}

/// A form as nested JSON: `unit.1.number` becomes `{"unit":[{"number":..}]}`.
pub(crate) fn nested(form: &Form) -> Value {
    let mut root = Value::Object(Map::new());
    for (name, text) in form.fields() {
        put(&mut root, name.split('.').collect::<Vec<_>>().as_slice(), text);
    }
    root
}

fn put(at: &mut Value, path: &[&str], text: &str) {
    let Some((first, rest)) = path.split_first() else {
        *at = Value::String(text.to_owned());
        return;
    };
    let inside = match first.parse::<usize>() {
        Ok(place) => {
            if !at.is_array() {
                *at = Value::Array(Vec::new());
            }
            let Value::Array(list) = at else { return };
            if list.len() < place {
                list.push(Value::Object(Map::new()));
            }
            list.last_mut()
        }
        Err(_) => {
            let Value::Object(object) = at else { return };
            Some(object.entry((*first).to_owned()).or_insert_with(|| Value::Object(Map::new())))
        }
    };
    if let Some(inside) = inside {
        put(inside, rest, text);
    }
}
