//! Teltonika EYE: the maker's example.

use plomb_devices::{Decoded, SessionConfig, open};
use plomb_model::{CentiCelsius, Event, Millivolts, Protocol, Reading, SealPart, Signal};

use crate::vectors::{bytes, now, read};

#[test]
fn the_example_has_its_values_and_a_cut_one_is_an_issue() {
    let decoded: Vec<(Vec<Event>, usize)> = read("../semi-active/eye.jsonl")
        .iter()
        .map(|vector| {
            let mut out = Decoded::default();
            let mut session = open(Protocol::Eye, SessionConfig::default());
            session.receive(now(), &bytes(vector).unwrap(), &mut out);
            session.finish(now(), &mut out);
            let issues = out.reports().map(|report| report.issues.len()).sum();
            (out.reports().flat_map(|report| report.events.to_vec()).collect(), issues)
        })
        .collect();
    let sensor = &decoded[0].0[0];
    assert_eq!(sensor.seal.part(SealPart::DoorClosed), Some(false));
    assert!(sensor.readings.contains(&Reading::Temperature { sensor: 0, value: CentiCelsius(2228) }));
    assert!(sensor.readings.contains(&Reading::BatteryVoltage(Millivolts(3030))));
    assert!(decoded[1].0[0].signals.contains(Signal::LowBattery));
    assert!(decoded[2].0.is_empty() && decoded[2].1 == 1);
}
