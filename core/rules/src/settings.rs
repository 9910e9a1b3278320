//! Thresholds and times of the rules, as numbers with names so that a journal can record which were in force.

/// Largest value of a setting: in seconds some thirty years, in metres far round the globe.
const VALUE_MAX: i64 = 1_000_000_000;

/// Why a setting was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// None of ours has this name.
    #[error("unknown rule setting {0}; `GET /api/v1/rules` and deploy/plomb.toml list them")]
    Unknown(Box<str>),
    /// No such value.
    #[error("rule setting {name} = {value}: it must be from 0 to {VALUE_MAX}")]
    Value {
        /// Which setting.
        name: Box<str>,
        /// What it was to be.
        value: i64,
    },
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident = $default:literal;)+) => {
        /// What the rules go by. Units are in the names.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct RuleSettings {
            $($(#[doc = $doc])+ pub $name: i64,)+
        }

        impl Default for RuleSettings {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl RuleSettings {
            /// Every setting with its name, in a fixed order.
            #[must_use]
            pub fn pairs(&self) -> Vec<(&'static str, i64)> {
                vec![$((stringify!($name), self.$name),)+]
            }

            /// Changes one setting.
            ///
            /// # Errors
            /// [`SettingError`] when there is none of this name, or the value is negative or beyond all reason.
            pub fn set(&mut self, name: &str, value: i64) -> Result<(), SettingError> {
                if !(0..=VALUE_MAX).contains(&value) {
                    return Err(SettingError::Value { name: name.into(), value });
                }
                match name {
                    $(stringify!($name) => self.$name = value,)+
                    _ => return Err(SettingError::Unknown(name.into())),
                }
                Ok(())
            }
        }
    };
}

settings! {
    /// Battery charge below which it is low (EAEU code 05).
    battery_low_percent = 15;
    /// Charge at which a low battery is well again; the gap keeps the alarm from chattering.
    battery_well_percent = 20;
    /// A report that reaches us so long after it happened is late.
    late_s = 300;
    /// A clock that is off by so much, three live reports in a row, drifts.
    clock_drift_s = 120;
    /// How far the offset may wander between those reports and still be one drift.
    clock_drift_jitter_s = 5;
    /// Faster than this between two fixes is impossible for a truck, train or ship.
    jump_kmh = 300;
    /// Shorter jumps are noise.
    jump_m = 5_000;
    /// Faster than this between two readings of a passive seal is impossible for its cargo.
    seal_kmh = 150;
    /// Readings of a passive seal nearer to each other than this are at one place.
    seal_m = 2_000;
    /// Reporting period of a device that has not shown its own yet.
    silence_period_default_s = 3_600;
    /// Shortest reporting period that is believed: a burst is no period.
    silence_period_min_s = 10;
    /// Allowed on top of two reporting periods.
    silence_grace_s = 5;
    /// A device last heard in a mapped coverage gap is silent so much later, seconds.
    gap_silence_s = 14_400;
    /// Off the corridor by less than this is the receiver's error, metres.
    route_margin_m = 50;
    /// Fixes nearer to each other than this are one standstill: the receiver wanders, and a queue creeps.
    stop_m = 200;
    /// A standstill is excused so long after the carrier has declared an incident, seconds.
    breakdown_s = 14_400;
    /// Leaving the route is excused so long after an authority has confirmed that the carrier had to, seconds.
    detour_s = 86_400;
    /// Somebody must take note of a critical alarm of a device on no movement within so long, seconds; a movement's policy
    /// has its own time.
    case_critical_s = 300;
    /// Of a high one, seconds.
    case_high_s = 900;
    /// A case of silence alone that nobody has touched is over so long after the silence, seconds.
    case_quiet_s = 3_600;
    /// So many devices silent behind one gateway or carrier are one case.
    storm_devices = 10;
    /// Within so long, seconds.
    storm_s = 600;
    /// Devices of one movement farther apart than this, beyond what they travel between their fixes, are apart.
    split_m = 1_000;
    /// Faster than this a truck is not, for that.
    split_kmh = 120;
    /// Fixes of two devices farther apart in time than this are not compared, seconds.
    split_s = 600;
    /// An opening within so long of an unlocking that the device calls allowed is authorised.
    unlock_window_s = 900;
    /// A condition that has no end of its own (a shock, a refused card) ends after so long without another.
    momentary_s = 600;
    /// A condition that comes back so soon after it ended is the same alarm, not a new one.
    chatter_s = 600;
    /// A repeated condition is told at most once in so long.
    repeat_told_s = 60;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_can_be_read_and_set_by_its_name() {
        let mut settings = RuleSettings::default();
        for (name, value) in RuleSettings::default().pairs() {
            settings.set(name, value + 1).unwrap();
        }
        for ((name, before), (_, after)) in RuleSettings::default().pairs().into_iter().zip(settings.pairs())
        {
            assert_eq!(after, before + 1, "{name}");
        }
        assert!(settings.set("no_such", 1).is_err());
        assert!(settings.set("late_s", -1).is_err() && settings.set("late_s", i64::MAX).is_err());
    }
}
