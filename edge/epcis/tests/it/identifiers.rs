//! Identifiers by the vectors of two other projects; `vectors/identity/exceptions.json` says what of them does not hold.

use plomb_epcis::{CompanyPrefixes, canonical, digital_link_to_urn};
use serde_json::Value;

use crate::vectors;

#[test]
fn the_form_that_hashes_compare() {
    let text = std::fs::read_to_string(vectors("identity/cbv-hash-dl-normaliser.json")).unwrap();
    let pairs: Value = serde_json::from_str(&text).unwrap();
    for pair in pairs.as_array().unwrap() {
        let (from, to) = (pair["in"].as_str().unwrap(), pair["out"].as_str().unwrap());
        assert_eq!(canonical(from), to, "{from}");
    }
}

#[test]
fn links_become_urns_where_the_company_is_known() {
    let mut prefixes = CompanyPrefixes::default();
    for urn in [
        "urn:epc:id:sgtin:4012345.011111.9876",
        "urn:epc:id:sscc:4012345.3111111111",
        "urn:epc:id:sgln:4012345.00005.0",
        "urn:epc:id:grai:4012345.00022.334455",
        "urn:epc:id:giai:4012345.ABC345",
        "urn:epc:class:lgtin:4012345.012345.Lot987",
        "urn:epc:idpat:sgtin:4012345.012345.*",
        "urn:epc:id:itip:4012345.011111.01.02.987",
    ] {
        let link = canonical(urn);
        assert_eq!(digital_link_to_urn(&link, &CompanyPrefixes::default()), None, "{link}");
        prefixes.learn_from(urn);
        assert_eq!(digital_link_to_urn(&link, &prefixes).as_deref(), Some(urn), "{link}");
    }
}
