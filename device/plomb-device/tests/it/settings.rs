//! How often it reports, and how long its battery lasts.

use plomb_device::{Draw, INTERVAL_S_MAX, INTERVAL_S_MIN, Phase, Settings, Situation, Use};
use proptest::prelude::*;

const SEALED: Situation =
    Situation { phase: Phase::Sealed, moving: false, battery: Some(80), alarm_age_s: None, track_s: None };

#[test]
fn the_interval_follows_state_motion_battery_and_alarm() {
    let settings = Settings::default();
    assert_eq!(settings.interval_s(&SEALED), 3600);
    assert_eq!(settings.interval_s(&Situation { moving: true, ..SEALED }), 600);
    assert_eq!(settings.interval_s(&Situation { phase: Phase::Open, moving: true, ..SEALED }), 12 * 3600);
    assert_eq!(settings.interval_s(&Situation { battery: Some(19), ..SEALED }), 7200);
    assert_eq!(settings.interval_s(&Situation { battery: Some(4), ..SEALED }), 6 * 3600);
    assert_eq!(settings.interval_s(&Situation { track_s: Some(30), ..SEALED }), 30);
    let alarm = Situation { phase: Phase::Cut, alarm_age_s: Some(10), battery: Some(4), ..SEALED };
    assert_eq!(settings.interval_s(&alarm), 60, "an alarm is followed whatever the battery says");
    assert_eq!(settings.interval_s(&Situation { alarm_age_s: Some(1800), ..alarm }), 3600);
}

#[test]
fn a_line_of_settings_is_taken_whole_or_not_at_all() {
    let mut settings = Settings::default();
    assert!(settings.set_line("moving=300 still=7200  low-battery=30"));
    assert_eq!((settings.moving_s, settings.still_s, settings.low_battery), (300, 7200, 30));
    let before = settings;
    for wrong in ["", "moving=5", "moving=400 speed=3", "moving", "still=99999999", "low-battery=60"] {
        assert!(!settings.set_line(wrong), "{wrong}");
        assert_eq!(settings, before);
    }
}

#[test]
fn the_table_of_battery_life_in_the_guide_is_what_is_computed() {
    let guide = include_str!("../../../../docs/firmware.md");
    for (name, interval_s, fixes_percent) in
        [("still", 3600, 25), ("moving", 600, 100), ("alarm", 60, 100), ("open", 12 * 3600, 100)]
    {
        let usage = Use { interval_s, fixes_percent, seal_events_a_day: 2 };
        let draw = Draw::default();
        let line = format!(
            "| {name} | {interval_s} | {fixes_percent} | {} | {} | {} |",
            draw.average_ua(&usage),
            draw.hours(&usage, 10_000, 100),
            draw.hours(&usage, 10_000, 20),
        );
        assert!(guide.contains(&line), "{line}");
    }
}

proptest! {
    #[test]
    fn the_interval_is_always_one_that_may_be_set(
        moving in any::<bool>(), battery in any::<Option<u8>>(), alarm_age_s in any::<Option<u32>>(),
        track_s in any::<Option<u32>>(), phase in 0..6_u8,
    ) {
        let phase = [Phase::Open, Phase::Armed, Phase::Sealed, Phase::OpenedWithRight, Phase::Cut, Phase::Tampered]
            [usize::from(phase)];
        let interval = Settings::default().interval_s(&Situation { phase, moving, battery, alarm_age_s, track_s });
        prop_assert!((INTERVAL_S_MIN..=INTERVAL_S_MAX).contains(&interval));
    }
}
