//! The fleet as records of the platform's register: its models and devices, in the hands of made-up carriers.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::plan::Planned;

/// Who holds the devices, in turn.
const HOLDERS: [&str; 4] = ["Post Malaba", "Mombasa depot", "Northern Corridor Hauliers", "Lake Transit Ltd"];

/// JSON lines that `plomb registry import` takes. The last `strangers` devices are left out: nobody has registered them.
#[must_use]
pub fn lines(fleet: &[Planned], strangers: usize) -> String {
    let known = fleet.get(..fleet.len().saturating_sub(strangers)).unwrap_or_default();
    let mut text = String::new();
    let spoken: BTreeSet<_> = known.iter().map(|planned| planned.protocol).collect();
    for protocol in spoken {
        let (name, class) = (protocol.name(), protocol.class().name());
        writeln!(
            text,
            r#"{{"kind":"model","name":"simulated-{name}","class":"{class}","protocols":["{name}"]}}"#
        )
        .ok();
    }
    for (planned, holder) in known.iter().zip(HOLDERS.iter().cycle()) {
        let (id, name) = (planned.id, planned.protocol.name());
        writeln!(text, r#"{{"kind":"device","id":"{id}","model":"simulated-{name}","holder":"{holder}"}}"#)
            .ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::plan::plan;
    use crate::protocol::USUAL;

    #[test]
    fn all_but_the_strangers_are_registered() {
        let fleet = plan(20, 7, 0, &USUAL);
        let text = lines(&fleet, 3);
        let devices = text.lines().filter(|line| line.contains(r#""kind":"device""#));
        assert_eq!(devices.count(), 17);
        assert!(text.contains(&fleet[16].id.to_string()) && !text.contains(&fleet[17].id.to_string()));
        assert!(text.starts_with(r#"{"kind":"model""#));
    }
}
