//! The published vectors of the event hash.

use plomb_epcis::{Event, event_hash, pre_hash};

use crate::{files, read, vectors};

/// Hashes of a file's events.
fn hashes(path: &std::path::Path) -> Vec<String> {
    let document = read(path).unwrap_or_else(|faults| panic!("{}: {faults:?}", path.display()));
    let events: Vec<Event> = document
        .events
        .into_iter()
        .map(|event| event.unwrap_or_else(|faults| panic!("{}: {faults:?}", path.display())))
        .collect();
    events.iter().map(|event| event_hash(event, &document.ignored)).collect()
}

/// Places of the events of a file that do not hold.
fn excepted(name: &str) -> Vec<usize> {
    let text = std::fs::read_to_string(vectors("epcis/exceptions.json")).unwrap();
    let list: serde_json::Value = serde_json::from_str(&text).unwrap();
    let places = list.get(name).and_then(|one| one["events"].as_array()).into_iter().flatten();
    places.map(|place| usize::try_from(place.as_u64().unwrap()).unwrap()).collect()
}

#[test]
fn every_published_hash() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for path in files("epcis/event-hash/examples", &["jsonld", "xml"]) {
        let expected = std::fs::read_to_string(path.with_extension("hashes")).unwrap();
        let expected: Vec<&str> = expected.split_whitespace().collect();
        let found = hashes(&path);
        checked += found.len();
        let name = format!("event-hash/examples/{}", path.file_name().unwrap().to_string_lossy());
        let excepted = excepted(&name);
        let differs =
            |(place, (ours, theirs)): (usize, (&String, &&str))| ours != theirs && !excepted.contains(&place);
        if found.len() != expected.len() || found.iter().zip(&expected).enumerate().any(differs) {
            let texts = std::fs::read_to_string(path.with_extension("prehashes")).unwrap_or_default();
            let document = read(&path).unwrap();
            let ours: Vec<String> =
                document.events.iter().flatten().map(|event| pre_hash(event, &document.ignored)).collect();
            wrong.push(format!("{}\nthey:\n{texts}\nwe:\n{}\n", path.display(), ours.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{} files differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > 80, "{checked} events");
}

#[test]
fn events_that_are_the_same_have_one_hash() {
    for path in files("epcis/event-hash/expected_equal", &["json", "xml"]) {
        let found = hashes(&path);
        assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{}: {found:?}", path.display());
    }
    let mut all = Vec::new();
    for path in files("epcis/gs1/XML/WithEventHashID", &["xml"]) {
        let name = format!("gs1/XML/WithEventHashID/{}", path.file_name().unwrap().to_string_lossy());
        if excepted(&name).is_empty() {
            all.extend(hashes(&path));
        }
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{all:?}");
}
