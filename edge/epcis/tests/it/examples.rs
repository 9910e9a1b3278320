//! The examples of the standard: read, checked, written and read again.

use plomb_epcis::{Event, XmlVersion, XmlWords, event_hash, query_document_xml, read_xml};

use crate::{files, read};

fn events(path: &std::path::Path) -> Vec<Event> {
    let document = read(path).unwrap_or_else(|faults| panic!("{}: {faults:?}", path.display()));
    document
        .events
        .into_iter()
        .map(|event| event.unwrap_or_else(|faults| panic!("{}: {faults:?}", path.display())))
        .collect()
}

#[test]
fn every_example_of_the_standard_is_read_and_survives_xml() {
    let mut count = 0;
    let mut paths = files("epcis/gs1/JSON", &["jsonld"]);
    paths.extend(files("epcis/gs1/XML", &["xml"]));
    for path in paths.iter().filter(|path| !path.to_string_lossy().contains("CaptureJob")) {
        let before = events(path);
        let xml =
            query_document_xml(&before, "all", None, "2026-11-28T10:00:00Z", XmlVersion::V2_0, XmlWords::Urn)
                .unwrap();
        let again =
            read_xml(xml.as_bytes()).unwrap_or_else(|faults| panic!("{}: {faults:?}\n{xml}", path.display()));
        let after: Vec<Event> = again
            .events
            .into_iter()
            .map(|event| event.unwrap_or_else(|faults| panic!("{}: {faults:?}\n{xml}", path.display())))
            .collect();
        let hashes = |events: &[Event]| events.iter().map(|event| event_hash(event, &[])).collect::<Vec<_>>();
        assert_eq!(hashes(&before), hashes(&after), "{}\n{xml}", path.display());
        count += before.len();
    }
    assert!(count > 110, "{count} events");
}

#[test]
fn documents_of_version_1_2_are_read_and_written() {
    for path in files("epcis/gs1/XML-1.2", &["xml"]) {
        let before = events(&path);
        let xml =
            query_document_xml(&before, "all", None, "2026-11-28T10:00:00Z", XmlVersion::V1_2, XmlWords::Urn)
                .unwrap();
        let again = read_xml(xml.as_bytes()).unwrap();
        let after: Vec<Event> = again.events.into_iter().map(Result::unwrap).collect();
        assert_eq!(before.len(), after.len());
        for (one, other) in before.iter().zip(&after) {
            assert_eq!(event_hash(one, &[]), event_hash(other, &[]), "{}\n{xml}", path.display());
        }
    }
}
