//! Device state, the alarm catalogue and the rules.
//!
//! [`State`] is a fold over events: [`State::apply`] takes one event and says what it changed ([`Transition`]),
//! [`evaluate`] judges the change and raises, repeats or clears alarms, [`State::advance`] takes note of time.
//! Nothing here reads a clock, and no float decides anything that differs between machines.

mod alarms;
mod cases;
mod catalogue;
mod chips;
mod commands;
mod device;
mod devices;
mod distance;
mod expected;
mod facts;
mod finding;
mod gates;
mod proof;
mod recent;
mod rule_changes;
mod rules;
mod settings;
mod silence;
mod standings;
mod state;
mod steps;
mod strangers;
mod transition;
mod watch;

pub use alarms::{Alarms, Change};
pub use catalogue::{Rationale, rationale};
pub use chips::Chips;
pub use commands::{
    CommandRecord, CommandRefusal, CommandStep, Commands, DETAIL_CHARS_MAX, KEY_BYTES_MAX,
    QUEUED_PER_DEVICE_MAX, TRIES_MAX, VALIDITY_MS_MAX,
};
pub use device::{ClockOffset, DeviceState};
pub use devices::{DeviceIndex, Devices};
pub use distance::metres_between;
pub use expected::{EXPECTED_DEVICES_MAX, EXPECTED_PER_DEVICE_MAX, Expected, ExpectedReads};
pub use finding::{Finding, Ground, Verdict};
pub use gates::Gates;
pub use proof::Proof;
pub use recent::Recent;
pub use rule_changes::{Decision, RULE_CHANGES_MAX, RuleChange, RuleChangeRefusal, RuleChanges, RuleFields};
pub use rules::evaluate;
pub use settings::{RuleSettings, SettingError};
pub use standings::Standings;
pub use state::{Condition, State};
pub use strangers::{STRANGER_ALARMS_PER_MINUTE_MAX, Strangers};
pub use transition::{Reported, Transition};
pub use watch::{Standstill, Watch, Watches};
