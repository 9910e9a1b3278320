//! The checklist before a device is armed: each row from facts, none from trust.

use plomb_model::DeviceId;

use crate::book::{Facts, Movements};
use crate::movement::Movement;
use crate::policy::Policy;

/// What is known of a device at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFacts {
    /// It has been heard at all.
    pub heard: bool,
    /// It is in service; else how it stands.
    pub out_of_service: Option<&'static str>,
    /// Battery, per cent, where it told.
    pub battery_percent: Option<u8>,
    /// Age of its newest position, seconds.
    pub fix_age_s: Option<i64>,
    /// The rope or bolt is inserted.
    pub rope_inserted: Option<bool>,
    /// The motor holds.
    pub locked: Option<bool>,
    /// The rope, bolt or loop is whole, and the tamper memory clear.
    pub whole: Option<bool>,
    /// Words for its open alarms of high or critical priority.
    pub alarms: Vec<&'static str>,
    /// It has a battery, a position and a motor: passive seals have none.
    pub passive: bool,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Well.
    Passed,
    /// Not well: a person may arm it all the same, with a reason.
    Failed,
    /// Not well, and no reason helps.
    Forbidden,
    /// The device does not say. No hindrance.
    Unknown,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 4] = [Self::Passed, Self::Failed, Self::Forbidden, Self::Unknown];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Forbidden => "forbidden",
            Self::Unknown => "unknown",
        }
    }
}

/// One row of the checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is checked.
    pub name: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// What was found, for a person.
    pub found: String,
}

/// The checklist of a device that is to be armed on a movement.
#[must_use]
pub fn checklist(
    book: &Movements,
    movement: &Movement,
    policy: &Policy,
    device: DeviceId,
    facts: &dyn Facts,
) -> Vec<Check> {
    let route = route(movement, facts);
    let facts = facts.device(&device);
    let row = |name, verdict, found: String| Check { name, verdict, found };
    let must = |passed: bool| if passed { Verdict::Passed } else { Verdict::Failed };
    let said = |name: &'static str, value: Option<bool>, yes: &str, no: &str| {
        let verdict = value.map_or(Verdict::Unknown, must);
        row(name, verdict, value.map_or("it does not say", |value| if value { yes } else { no }).to_owned())
    };
    let mut rows = vec![match book.armed_on(&device) {
        Some(other) if other != movement.id => {
            row("free", Verdict::Forbidden, format!("it is armed on movement {other}"))
        }
        _ => row("free", Verdict::Passed, "on no other movement".to_owned()),
    }];
    rows.push(match facts.out_of_service {
        Some(standing) => row("in-service", Verdict::Forbidden, format!("it is {standing}")),
        None => row("in-service", Verdict::Passed, "in service".to_owned()),
    });
    let heard = if facts.heard { "it has been heard" } else { "it was never heard" };
    rows.push(row("heard", must(facts.heard), heard.to_owned()));
    rows.push(said("whole", facts.whole, "whole", "cut or opened before"));
    let alarms = facts.alarms.join(", ");
    let quiet = facts.alarms.is_empty();
    rows.push(row("alarms", must(quiet), if quiet { "no open alarm".to_owned() } else { alarms }));
    if facts.passive {
        return rows;
    }
    rows.push(route);
    let least = policy.battery_min_percent;
    rows.push(match facts.battery_percent {
        Some(percent) => row("battery", must(percent >= least), format!("{percent} %, at least {least} %")),
        None => row("battery", Verdict::Unknown, "it does not say".to_owned()),
    });
    let oldest = i64::from(policy.fix_age_s_max);
    if oldest > 0 {
        rows.push(match facts.fix_age_s {
            Some(age) => row("position", must(age <= oldest), format!("{age} s old, at most {oldest} s")),
            None => row("position", Verdict::Failed, "it has told none".to_owned()),
        });
    }
    rows.push(said("rope-inserted", facts.rope_inserted, "inserted", "pulled out"));
    rows.push(said("locked", facts.locked, "locked", "unlocked"));
    rows
}

/// A device is held to a route only while one of that name is drawn.
fn route(movement: &Movement, facts: &dyn Facts) -> Check {
    let route = &*movement.declaration.route;
    let (verdict, found) = match route {
        "" => (Verdict::Unknown, "none was chosen: it is not held to one".to_owned()),
        _ if facts.has_route(route) => (Verdict::Passed, route.to_owned()),
        _ => (Verdict::Failed, format!("no route {route} is drawn: it could not be held to it")),
    };
    Check { name: "route", verdict, found }
}
