//! Stories of `tests/stories`, told line by line through the real flow in simulated time. What they may say is in
//! `tests/stories/README.md`. Every alarm that is raised must be told by the story, none may come unasked; each story is
//! replayed from its journal and must come out alike.

mod teller;

use std::collections::BTreeSet;

use plomb_model::AlarmKind;
use plomb_movements::{MovementState, Step};

use teller::{Seen, tell};

/// What the suite must have at least.
const STORIES_MIN: usize = 60;

/// The stories by file.
const FILES: [(&str, &str); 7] = [
    ("1-seals", include_str!("../../stories/1-seals.story")),
    ("2-devices", include_str!("../../stories/2-devices.story")),
    ("3-tags", include_str!("../../stories/3-tags.story")),
    ("4-places", include_str!("../../stories/4-places.story")),
    ("5-movements", include_str!("../../stories/5-movements.story")),
    ("6-openings", include_str!("../../stories/6-openings.story")),
    ("7-cases", include_str!("../../stories/7-cases.story")),
];

#[test]
fn every_story_comes_out_as_it_is_told() {
    let (mut seen, mut faults, mut count) = (Seen::default(), Vec::new(), 0);
    for (name, text) in FILES {
        for story in text.split("\n== ").skip(1) {
            let (title, lines) = story.split_once('\n').unwrap_or((story, ""));
            count += 1;
            if let Err(fault) = tell(lines, &mut seen) {
                faults.push(format!("{name}: {title}: {fault}"));
            }
        }
    }
    assert!(faults.is_empty(), "{} of {count} stories:\n{}", faults.len(), faults.join("\n"));
    assert!(count >= STORIES_MIN, "{count} stories");
    let missing = |all: &[&'static str], seen: &BTreeSet<String>| -> Vec<&'static str> {
        all.iter().copied().filter(|name| !seen.contains(*name)).collect()
    };
    let kinds = AlarmKind::ALL.map(AlarmKind::name);
    assert_eq!(missing(&kinds, &seen.raised), [""; 0], "alarms that no story raises");
    assert_eq!(missing(&Step::NAMES, &seen.steps), [""; 0], "steps that no story takes");
    let states = MovementState::ALL.map(MovementState::name);
    assert_eq!(missing(&states, &seen.states), [""; 0], "states that no story reaches");
    let ways =
        Step::NAMES.into_iter().flat_map(|step| Step::states(step).iter().map(move |state| (state, step)));
    let missing: Vec<String> = ways
        .map(|(state, step)| format!("{} {step}", state.name()))
        .filter(|way| !seen.ways.contains(way))
        .collect();
    assert_eq!(missing, [""; 0], "steps that no story takes from these states");
}
