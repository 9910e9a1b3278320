//! Documents of partners and customs: read or refused, and what was read is the same event after it was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plomb_epcis::{Namespaces, Query, XmlVersion, XmlWords, event_hash, query_document, query_document_xml};

fuzz_target!(|bytes: &[u8]| {
    let _form = plomb_customs::read_ncts(bytes);
    let _forms = plomb_customs::read_asycuda(bytes);
    let _reports = plomb_customs::read_edifact(bytes);
    for document in [plomb_epcis::read_json(bytes), plomb_epcis::read_xml(bytes)].into_iter().flatten() {
        for event in document.events.into_iter().flatten() {
            let hash = event_hash(&event, &document.ignored);
            let written = query_document(vec![event.clone()], "q", None, 0);
            let again = plomb_epcis::document_of(written).expect("what we write is read");
            let again = again.events.into_iter().flatten().next();
            // A report without a type is taken in XML only.
            if let Some(again) = again {
                assert_eq!(event_hash(&again, &document.ignored), hash);
            }
            let _xml = query_document_xml(&[event], "q", None, "2026-11-28T10:00:00Z", XmlVersion::V2_0, XmlWords::Urn);
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        let _query = Query::of_parameters(pairs, &Namespaces::default());
        let _canonical = plomb_epcis::canonical(text);
    }
});
