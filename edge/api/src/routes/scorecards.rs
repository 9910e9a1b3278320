//! Scorecards of models and makers.

use std::collections::BTreeMap;

use axum::Json;
use plomb_cases::{Case, Tally, tally};
use plomb_model::{AlarmKind, DeviceId, Timestamp};
use plomb_registry::{DeviceFilter, Registry, RegistryError};
use plomb_rules::State;
use serde::Deserialize;

use crate::access::{Authorised, Read};
use crate::problem::{Problem, ProblemView};
use crate::request::{Parameters, optional, span};
use crate::view::{ScorecardView, ScorecardsView, Time};
use crate::{HistoryOrder, HistoryQuery};

/// Devices of the register that are looked at, at most.
const DEVICES_MAX: usize = 200_000;
/// Devices that are read from the register at once.
const DEVICES_AT_ONCE: usize = 1_000;
/// Devices of a card whose delays are taken, and reports of each.
const SAMPLED_DEVICES: usize = 10;
const SAMPLED_REPORTS: usize = 25;
/// Cards whose delays are taken; those with most devices.
const SAMPLED_CARDS: usize = 20;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ScorecardParameters {
    /// `model`, which it is unless said, or `vendor`.
    #[serde(deserialize_with = "optional")]
    by: Option<String>,
    /// Alarms raised then or later; unless said, 30 days ago.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    from: Option<Time>,
    /// Raised before; unless said, now.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    to: Option<Time>,
}

/// How the devices of each model or maker do: silence, delay, plausible positions, batteries, false alarms.
#[utoipa::path(get, operation_id = "get_scorecards", path = "/scorecards", tag = "registry",
    params(ScorecardParameters), responses(
    (status = 200, body = ScorecardsView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn get(
    reader: Authorised<Read>,
    Parameters(parameters): Parameters<ScorecardParameters>,
) -> Result<Json<ScorecardsView>, Problem> {
    let (from, to) = span(parameters.from, parameters.to, reader.now())?;
    let by_vendor = match parameters.by.as_deref() {
        None | Some("model") => false,
        Some("vendor") => true,
        Some(_) => return Err(Problem::bad_parameter("by: it must be model or vendor")),
    };
    let card_of = reader.look(move |registry| cards(registry, by_vendor)).await?;
    let (mut cards, heard) = reader.ask(move |state| count(state, card_of, (from, to))).await?;
    let mut items: Vec<ScorecardView> = Vec::new();
    cards.sort_by_key(|card| std::cmp::Reverse(card.devices));
    for (place, mut card) in cards.into_iter().enumerate() {
        if place < SAMPLED_CARDS {
            let sampled = heard.get(&card.name).map_or(&[][..], Vec::as_slice);
            card.with_delays(delays(&reader, sampled, (from, to)).await?);
        }
        items.push(card);
    }
    Ok(Json(ScorecardsView { from: Time(from), to: Time(to), items }))
}

/// On which card each registered device counts.
fn cards(registry: &Registry, by_vendor: bool) -> Result<BTreeMap<DeviceId, String>, RegistryError> {
    let makers: BTreeMap<String, String> =
        registry.models()?.into_iter().map(|model| (model.name, model.manufacturer)).collect();
    let mut card_of = BTreeMap::new();
    let mut filter = DeviceFilter::default();
    loop {
        let (devices, _) = registry.devices(&filter, DEVICES_AT_ONCE)?;
        filter.after = devices.last().map(|device| device.id.to_string());
        let is_last = devices.len() < DEVICES_AT_ONCE;
        for device in devices {
            let name =
                if by_vendor { makers.get(&device.model).cloned().unwrap_or_default() } else { device.model };
            card_of.insert(device.id, name);
        }
        if is_last || card_of.len() >= DEVICES_MAX {
            return Ok(card_of);
        }
    }
}

/// The cards without their delays, and by card some of the devices that were heard.
fn count(
    state: &State,
    card_of: BTreeMap<DeviceId, String>,
    (from, to): (Timestamp, Timestamp),
) -> (Vec<ScorecardView>, BTreeMap<String, Vec<DeviceId>>) {
    let mut cards: BTreeMap<&str, ScorecardView> = BTreeMap::new();
    let mut heard: BTreeMap<String, Vec<DeviceId>> = BTreeMap::new();
    for (device, name) in &card_of {
        let card =
            cards.entry(name).or_insert_with(|| ScorecardView { name: name.clone(), ..Default::default() });
        card.devices += 1;
        if state.devices.get(device).is_some_and(|row| row.reports > 0) {
            card.heard += 1;
            let sampled = heard.entry(name.clone()).or_default();
            if sampled.len() < SAMPLED_DEVICES {
                sampled.push(*device);
            }
        }
    }
    for alarm in state.alarms.iter().filter(|alarm| (from..to).contains(&alarm.raised_at.0)) {
        let Some(card) = card_of.get(&alarm.device).and_then(|name| cards.get_mut(&**name)) else { continue };
        card.alarms += 1;
        let counted = match alarm.kind {
            AlarmKind::SignalLoss => &mut card.silences,
            AlarmKind::GnssImplausible => &mut card.implausible,
            AlarmKind::LowBattery => &mut card.batteries,
            AlarmKind::MotorFault => &mut card.motors,
            AlarmKind::ClockDrift => &mut card.clocks,
            AlarmKind::ProofInvalid | AlarmKind::ProofReplayed => &mut card.proofs,
            _ => continue,
        };
        *counted += 1;
    }
    let names = |case: &Case| case.devices.iter().filter_map(|id| card_of.get(id)).collect::<Vec<_>>();
    let cases = state.cases.iter().filter(|case| (from..to).contains(&case.opened_at.0));
    let tallies: BTreeMap<&String, Tally> = tally(cases, names);
    for (name, tally) in tallies {
        if let Some(card) = cards.get_mut(&**name) {
            card.with_cases(tally);
        }
    }
    (cards.into_values().collect(), heard)
}

/// Seconds from event to arrival, of the newest reports of some devices. What came out of a memory counts too: somebody
/// waited for it.
async fn delays(
    reader: &Authorised<Read>,
    devices: &[DeviceId],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<i64>, Problem> {
    let mut delays_s = Vec::new();
    for device in devices {
        let (from, to, order) = (Some(from), Some(to), HistoryOrder::NewestFirst);
        let query = HistoryQuery { device: *device, from, to, order, beyond: None, limit: SAMPLED_REPORTS };
        for report in reader.history(query).await?.reports {
            let at = report.received.at.0;
            let times = report.received.events.iter().filter_map(|event| event.occurred_at);
            delays_s.extend(times.map(|occurred| at.since(occurred.0) / 1000));
        }
    }
    Ok(delays_s)
}
