//! What happens on the way: each event adds a weight in log-odds to what the movement starts from, decays, and is
//! capped. The sum is exact, so that every score is explained to the last digit. What no model may unlearn is
//! mandatory: it goes to the red lane whatever the sum.
//!
//! The weights are set by judgement from the order of EAEU and WCO alarm catalogues; they are not learned, for no
//! public set joins seal events with what inspections found.

use serde::Serialize;

/// Log-odds of a movement of which nothing is known but that it travels under seal: one in twenty.
pub const START: f64 = -2.944_438_979_166_440_3;
/// Events of one kind count for so many times the weight of one, at most.
const CAP: f64 = 1.5;
/// Probabilities from which a movement is in the red and in the yellow lane.
const RED: f64 = 0.5;
const YELLOW: f64 = 0.15;

/// What an officer is told of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LiveReason {
    /// What the seal says of itself.
    Seal,
    /// Whether the seal is the one it says it is.
    Identity,
    /// Where it has been.
    Route,
    /// That it was not heard.
    Silence,
    /// Limits, incidents and the guarantee.
    Procedure,
}

impl LiveReason {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Seal, Self::Identity, Self::Route, Self::Silence, Self::Procedure];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Identity => "identity",
            Self::Route => "route",
            Self::Silence => "silence",
            Self::Procedure => "procedure",
        }
    }
}

/// What an event is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weight {
    /// Its name, as alarms have it.
    pub kind: &'static str,
    /// Under which reason it is told.
    pub reason: LiveReason,
    /// Log-odds when it has just happened.
    pub log_odds: f64,
    /// Hours after which half of that is left; none: it stays until the movement is over.
    pub half_life_h: Option<f64>,
    /// It goes to the red lane, whatever the sum.
    pub mandatory: bool,
}

const fn weight(
    kind: &'static str,
    reason: LiveReason,
    log_odds: f64,
    half_life_h: Option<f64>,
    mandatory: bool,
) -> Weight {
    Weight { kind, reason, log_odds, half_life_h, mandatory }
}

use LiveReason as R;

/// What is known to count. Faults of devices (a flat battery, a stuck motor, a wrong clock) do not: they are the
/// vendor's, never the trader's.
pub const WEIGHTS: [Weight; 23] = [
    weight("seal-cut", R::Seal, 5.0, None, true),
    weight("unauthorised-open", R::Seal, 4.0, None, true),
    weight("case-open", R::Seal, 2.5, None, false),
    weight("long-unlocked", R::Seal, 0.8, Some(24.0), false),
    weight("unlock-refused", R::Seal, 1.0, Some(24.0), false),
    weight("shock", R::Seal, 0.3, Some(12.0), false),
    weight("destroyed-seal-read", R::Identity, 4.0, None, true),
    weight("cloned-tag", R::Identity, 4.0, None, true),
    weight("seal-mismatch", R::Identity, 3.5, None, true),
    weight("seal-at-two-places", R::Identity, 3.0, None, false),
    weight("proof-invalid", R::Identity, 2.0, Some(48.0), false),
    weight("proof-replayed", R::Identity, 2.0, Some(48.0), false),
    weight("restricted-zone", R::Route, 3.0, None, true),
    weight("split", R::Route, 3.0, None, true),
    weight("route-deviation", R::Route, 1.5, Some(24.0), false),
    weight("overstay", R::Route, 1.0, Some(24.0), false),
    weight("gnss-implausible", R::Route, 1.2, Some(24.0), false),
    weight("signal-loss", R::Silence, 0.6, Some(12.0), false),
    weight("late-upload", R::Silence, 0.3, Some(12.0), false),
    weight("expected-read-missed", R::Silence, 1.0, Some(24.0), false),
    weight("overdue", R::Procedure, 1.0, None, false),
    weight("incident", R::Procedure, 0.5, None, false),
    // A guarantee that does not cover the duty leaves more to win.
    weight("guarantee-short", R::Procedure, 0.7, None, false),
];

/// The weight of an event; none where it does not count.
#[must_use]
pub fn weight_of(kind: &str) -> Option<&'static Weight> {
    WEIGHTS.iter().find(|weight| weight.kind == kind)
}

/// An event on the way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// Its kind, as in [`WEIGHTS`].
    pub kind: String,
    /// Hours since it was last so; 0 while it still is.
    pub age_h: f64,
    /// The alarm that tells of it, where one does.
    pub alarm: Option<u64>,
    /// An authority has confirmed a reason for it, or a person has judged it false: it does not count.
    pub excused: bool,
}

/// What an event adds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contribution {
    /// The event.
    pub evidence: Evidence,
    /// What it adds to the log-odds.
    pub log_odds: f64,
}

/// Where a movement goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lane {
    /// The load is examined.
    Red,
    /// Documents and seals are examined.
    Yellow,
    /// It passes.
    Green,
}

impl Lane {
    /// All of them, in order of urgency.
    pub const ALL: [Self; 3] = [Self::Red, Self::Yellow, Self::Green];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
        }
    }
}

/// What the events say together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assessment {
    /// Log-odds: [`START`] and all contributions, in their order.
    pub log_odds: f64,
    /// The same as a probability.
    pub probability: f64,
    /// Where it goes.
    pub lane: Lane,
    /// Whether the lane is that of a mandatory event and not of the sum.
    pub mandatory: bool,
    /// What each reason adds, largest first, with its events.
    pub reasons: Vec<(LiveReason, f64, Vec<Contribution>)>,
}

/// Weigh what happened on the way of one movement.
#[must_use]
pub fn assess(evidence: Vec<Evidence>) -> Assessment {
    let mut by_reason: Vec<(LiveReason, f64, Vec<Contribution>)> =
        LiveReason::ALL.into_iter().map(|reason| (reason, 0.0, Vec::new())).collect();
    let mut spent = [0.0; WEIGHTS.len()];
    let mut mandatory = false;
    for evidence in evidence {
        let Some((place, weight)) =
            WEIGHTS.iter().enumerate().find(|(_, weight)| weight.kind == evidence.kind)
        else {
            continue;
        };
        mandatory |= weight.mandatory && !evidence.excused;
        let decayed = weight.half_life_h.map_or(1.0, |half| (-evidence.age_h.max(0.0) / half).exp2());
        let left = (CAP * weight.log_odds - spent.get(place).copied().unwrap_or_default()).max(0.0);
        let log_odds = if evidence.excused { 0.0 } else { (weight.log_odds * decayed).min(left) };
        if let Some(spent) = spent.get_mut(place) {
            *spent += log_odds;
        }
        if let Some((_, sum, contributions)) = by_reason.get_mut(weight.reason as usize) {
            *sum += log_odds;
            contributions.push(Contribution { evidence, log_odds });
        }
    }
    let log_odds = by_reason.iter().fold(START, |sum, (_, share, _)| sum + share);
    let probability = 1.0 / (1.0 + (-log_odds).exp());
    let by_sum = if probability >= RED {
        Lane::Red
    } else if probability >= YELLOW {
        Lane::Yellow
    } else {
        Lane::Green
    };
    by_reason.retain(|(_, _, contributions)| !contributions.is_empty());
    by_reason.sort_by(|a, b| b.1.total_cmp(&a.1));
    let lane = if mandatory { Lane::Red } else { by_sum };
    Assessment {
        log_odds,
        probability,
        lane,
        mandatory: mandatory && by_sum != Lane::Red,
        reasons: by_reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, age_h: f64) -> Evidence {
        Evidence { kind: kind.into(), age_h, alarm: None, excused: false }
    }

    #[test]
    fn nothing_happened_is_green_and_a_cut_is_red_for_ever() {
        let quiet = assess(Vec::new());
        assert_eq!((quiet.lane, quiet.reasons.len()), (Lane::Green, 0));
        assert!((quiet.probability - 0.05).abs() < 1e-12);
        let cut = assess(vec![event("seal-cut", 500.0)]);
        assert!(cut.lane == Lane::Red && cut.probability > 0.85 && !cut.mandatory);
        let zone = assess(vec![event("restricted-zone", 1.0)]);
        assert_eq!(zone.lane, Lane::Red);
        // Faults of the device are not the trader's.
        assert_eq!(assess(vec![event("low-battery", 0.0), event("motor-fault", 0.0)]), quiet);
    }

    #[test]
    fn weights_halve_are_capped_and_add_up() {
        let fresh = assess(vec![event("route-deviation", 0.0)]);
        let old = assess(vec![event("route-deviation", 24.0)]);
        assert!((fresh.log_odds - START - 2.0 * (old.log_odds - START)).abs() < 1e-12);
        let often = assess((0..9).map(|_| event("route-deviation", 0.0)).collect());
        assert!((often.log_odds - START - 1.5 * 1.5).abs() < 1e-12);
        let many = assess(WEIGHTS.iter().map(|weight| event(weight.kind, 3.0)).collect());
        let parts: f64 = many.reasons.iter().flat_map(|(_, _, all)| all).map(|one| one.log_odds).sum();
        assert!((START + parts - many.log_odds).abs() < 1e-9);
        assert!(many.reasons.windows(2).all(|pair| pair[0].1 >= pair[1].1));
    }

    #[test]
    fn what_is_excused_is_shown_and_adds_nothing() {
        let excused = Evidence { excused: true, ..event("seal-cut", 0.0) };
        let told = assess(vec![excused]);
        assert_eq!((told.lane, told.log_odds), (Lane::Green, START));
        assert_eq!(told.reasons[0].2.len(), 1);
    }
}
