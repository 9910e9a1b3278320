//! The repository: what is captured, what is refused, and what is found.

use std::path::PathBuf;

use plomb_epcis::{
    Behaviour, Captured, FindError, Namespaces, Query, Repository, TermKind, format_ms, read_json, read_xml,
};
use serde_json::{Value, json};

use crate::{files, vectors};

const NOW_MS: i64 = 1_795_860_000_000;

/// A repository in a directory that goes away with it.
struct Temporary {
    repository: Repository,
    directory: PathBuf,
}

impl Temporary {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("plomb-epcis-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&directory));
        std::fs::create_dir_all(&directory).unwrap();
        let repository = Repository::open(&directory.join("epcis.sqlite")).unwrap();
        Self { repository, directory }
    }

    fn capture(&self, id: &str, document: &Value, behaviour: Behaviour) -> Captured {
        let bytes = document.to_string().into_bytes();
        self.repository.begin_capture(id, "test", "application/json", &bytes, behaviour, NOW_MS).unwrap();
        self.repository.capture(id, read_json(&bytes).unwrap(), behaviour, NOW_MS).unwrap()
    }

    fn find(&self, parameters: &[(&str, &str)]) -> Vec<String> {
        let namespaces = Namespaces::of_context(&json!({ "example": "https://ns.example.com/epcis/" }));
        let query = Query::of_parameters(parameters.iter().copied(), &namespaces)
            .unwrap_or_else(|fault| panic!("{parameters:?}: {fault}"));
        let page = self.repository.find(&query, 100).unwrap();
        page.events.iter().map(|stored| stored.event.text("eventID").unwrap().to_owned()).collect()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

fn document(events: &[Value]) -> Value {
    json!({
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            { "example": "https://ns.example.com/epcis/" }
        ],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-28T10:00:00Z",
        "epcisBody": { "eventList": events },
    })
}

fn object(id: &str, epc: &str, time: &str) -> Value {
    json!({
        "type": "ObjectEvent",
        "eventID": id,
        "eventTime": time,
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "epcList": [epc],
    })
}

/// One event for each thing that queries ask about.
fn varied() -> Value {
    let mut sensed =
        object("urn:event:sensed", "urn:epc:id:sgtin:4012345.011111.9876", "2026-11-01T10:00:00Z");
    sensed["bizStep"] = json!("sensor_reporting");
    sensed["readPoint"] = json!({ "id": "urn:epc:id:sgln:4012345.00005.0" });
    sensed["sensorElementList"] = json!([{
        "sensorMetadata": { "time": "2026-11-01T09:00:00Z", "deviceID": "urn:epc:id:giai:4000001.111",
                            "example:far": "meta" },
        "sensorReport": [
            { "type": "Temperature", "value": 26, "uom": "CEL", "example:near": "report" },
            { "type": "Illuminance", "maxValue": 800, "uom": "LUX", "booleanValue": true, "stringValue": "bright" },
        ],
        "example:element": "7",
    }]);
    let mut packed = json!({
        "type": "AggregationEvent", "eventID": "urn:event:packed", "eventTime": "2026-11-02T10:00:00Z",
        "eventTimeZoneOffset": "+01:00", "action": "ADD", "parentID": "urn:epc:id:sscc:4012345.0111111111",
        "childEPCs": ["urn:epc:id:sgtin:4012345.011111.1"],
        "childQuantityList": [{ "epcClass": "urn:epc:class:lgtin:4012345.012345.LOT", "quantity": 2.5, "uom": "KGM" }],
        "bizStep": "packing", "disposition": "in_progress",
        "bizLocation": { "id": "urn:epc:id:sgln:4012345.00002.0" },
        "bizTransactionList": [{ "type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000009:1" }],
        "sourceList": [{ "type": "owning_party", "source": "urn:epc:id:pgln:4012345.00225" }],
        "destinationList": [{ "type": "location", "destination": "urn:epc:id:sgln:4012345.00012.0" }],
        "persistentDisposition": { "set": ["completeness_verified"] },
    });
    packed["example:outer"] = json!({ "example:inside": 12 });
    packed["example:word"] = json!("seal");
    let made = json!({
        "type": "TransformationEvent", "eventID": "urn:event:made", "eventTime": "2026-11-03T10:00:00Z",
        "eventTimeZoneOffset": "+00:00", "transformationID": "urn:epc:id:gdti:4012345.55555.1234",
        "inputEPCList": ["urn:epc:id:sgtin:4012345.011111.5"],
        "outputQuantityList": [{ "epcClass": "urn:epc:idpat:sgtin:4012345.066666.*", "quantity": 9 }],
        "ilmd": { "example:batch": "B7", "example:more": { "example:deep": "x" } },
    });
    let mut wrong = object("urn:event:wrong", "urn:epc:id:bic:CSQU3054383", "2026-11-04T10:00:00Z");
    wrong["errorDeclaration"] = json!({
        "declarationTime": "2026-11-05T10:00:00Z", "reason": "did_not_occur",
        "correctiveEventIDs": ["urn:event:right"], "example:who": "Ann",
    });
    let mut document = document(&[sensed, packed, made, wrong]);
    document["epcisHeader"] = json!({ "epcisMasterData": { "vocabularyList": [{
        "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
        "vocabularyElementList": [{
            "id": "urn:epc:id:sgln:4012345.00001.0",
            "attributes": [{ "id": "urn:epcglobal:cbv:mda:countryCode", "attribute": "KE" }],
            "children": ["urn:epc:id:sgln:4012345.00002.0"],
        }, {
            "id": "urn:epc:id:sgln:4012345.00002.0",
            "attributes": [{ "id": "urn:epcglobal:cbv:mda:site", "attribute": "Mombasa" }],
        }],
    }] } });
    document
}

/// Parameters, and the events that they find.
type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

#[test]
#[expect(clippy::too_many_lines, reason = "one row a parameter")]
fn every_parameter_finds_what_it_should() {
    let temporary = Temporary::new("parameters");
    assert_eq!(temporary.capture("one", &varied(), Behaviour::Rollback).stored, 4);
    let recorded = format_ms(NOW_MS);
    let later = format_ms(NOW_MS + 1);
    let (sensed, packed, made, wrong) =
        ("urn:event:sensed", "urn:event:packed", "urn:event:made", "urn:event:wrong");
    let all = [sensed, packed, made, wrong];
    let rows: &[Row<'_>] = &[
        (&[], &all),
        (&[("eventType", "AggregationEvent|TransformationEvent")], &[packed, made]),
        (&[("GE_eventTime", "2026-11-02T10:00:00Z"), ("LT_eventTime", "2026-11-03T10:00:00Z")], &[packed]),
        (&[("GE_recordTime", &recorded)], &all),
        (&[("GE_recordTime", &later)], &[]),
        (&[("EQ_action", "ADD")], &[packed]),
        (&[("EQ_bizStep", "https://ref.gs1.org/cbv/BizStep-packing")], &[packed]),
        (&[("EQ_disposition", "in_progress|in_transit")], &[packed]),
        (&[("EQ_persistentDisposition_set", "completeness_verified")], &[packed]),
        (&[("EQ_persistentDisposition_unset", "completeness_verified")], &[]),
        (&[("EQ_readPoint", "https://id.gs1.org/414/4012345000054")], &[sensed]),
        (&[("EQ_bizLocation", "urn:epc:id:sgln:4012345.00001.0")], &[]),
        (&[("WD_bizLocation", "urn:epc:id:sgln:4012345.00001.0")], &[packed]),
        (&[("EQ_bizTransaction_po", "urn:epcglobal:cbv:bt:4012345000009:1")], &[packed]),
        (&[("EQ_bizTransaction_inv", "urn:epcglobal:cbv:bt:4012345000009:1")], &[]),
        (&[("EQ_source_owning_party", "https://id.gs1.org/417/4012345002256")], &[packed]),
        (&[("EQ_destination_location", "urn:epc:id:sgln:4012345.00012.0")], &[packed]),
        (&[("EQ_transformationID", "urn:epc:id:gdti:4012345.55555.1234")], &[made]),
        (&[("MATCH_epc", "https://example.com/01/04012345111118/21/9876")], &[sensed]),
        (&[("MATCH_epc", "urn:epc:idpat:sgtin:4012345.011111.*")], &[sensed, packed]),
        (&[("MATCH_epc", "urn:epc:id:bic:CSQU3054383")], &[wrong]),
        (&[("MATCH_anyEPC", "urn:epc:idpat:sgtin:4012345.*.*")], &[sensed, packed, made]),
        (&[("MATCH_parentID", "urn:epc:id:sscc:4012345.0111111111")], &[packed]),
        (&[("MATCH_inputEPC", "urn:epc:id:sgtin:4012345.011111.5")], &[made]),
        (&[("MATCH_outputEPC", "urn:epc:id:sgtin:4012345.011111.5")], &[]),
        (&[("MATCH_epcClass", "urn:epc:class:lgtin:4012345.012345.LOT")], &[packed]),
        (&[("MATCH_outputEPCClass", "urn:epc:idpat:sgtin:4012345.066666.*")], &[made]),
        (&[("MATCH_anyEPCClass", "https://id.gs1.org/01/04012345666663")], &[made]),
        (&[("GT_quantity", "3")], &[made]),
        (&[("EQ_quantity_GRM", "2500")], &[packed]),
        (&[("EQ_eventID", "urn:event:made|urn:event:none")], &[made]),
        (&[("EXISTS_errorDeclaration", "")], &[wrong]),
        (&[("GE_errorDeclarationTime", "2026-11-05T10:00:00Z")], &[wrong]),
        (&[("LT_errorDeclaration_Time", "2026-11-05T10:00:00Z")], &[]),
        (&[("EQ_errorReason", "did_not_occur")], &[wrong]),
        (&[("EQ_correctiveEventID", "urn:event:right")], &[wrong]),
        (&[("EXISTS_sensorElementList", "1")], &[sensed]),
        (&[("EXISTS_sensorElement", "")], &[sensed]),
        (&[("EQ_type", "gs1:Temperature")], &[sensed]),
        (&[("EQ_deviceID", "https://id.gs1.org/8004/4000001111")], &[sensed]),
        (&[("GE_time", "2026-11-01T09:00:00Z"), ("LT_time", "2026-11-01T09:00:01Z")], &[sensed]),
        (&[("EQ_booleanValue", "true")], &[sensed]),
        (&[("EQ_stringValue", "bright")], &[sensed]),
        // TCR 53, step 26: a threshold in kelvin finds what was measured in degrees Celsius.
        (&[("EQ_type", "Temperature"), ("GE_value_KEL", "299")], &[sensed]),
        (&[("GE_value_KEL", "300")], &[]),
        (&[("LE_maxValue_KLX", "0.8")], &[sensed]),
        (&[("EQ_example:word", "seal")], &[packed]),
        (&[("EQ_https://ns.example.com/epcis/word", "seal")], &[packed]),
        (&[("GE_INNER_example:inside", "12"), ("LT_INNER_example:inside", "13")], &[packed]),
        (&[("EXISTS_example:outer", "")], &[packed]),
        (&[("EXISTS_INNER_example:inside", "")], &[packed]),
        (&[("EQ_ILMD_example:batch", "B7")], &[made]),
        (&[("EQ_INNER_ILMD_example:deep", "x")], &[made]),
        (&[("EQ_ERROR_DECLARATION_example:who", "Ann")], &[wrong]),
        (&[("EQ_SENSORELEMENT_example:element", "7")], &[sensed]),
        (&[("EQ_SENSORMETADATA_example:far", "meta")], &[sensed]),
        (&[("EQ_SENSORREPORT_example:near", "report")], &[sensed]),
        (&[("HASATTR_bizLocation", "urn:epcglobal:cbv:mda:site")], &[packed]),
        (&[("EQATTR_bizLocation_urn:epcglobal:cbv:mda:site", "Mombasa")], &[packed]),
        (&[("orderBy", "eventTime")], &[wrong, made, packed, sensed]),
        (&[("orderBy", "eventTime"), ("orderDirection", "ASC")], &all),
        (&[("orderBy", "recordTime"), ("orderDirection", "DESC"), ("eventCountLimit", "2")], &[wrong, made]),
        (&[("orderBy", "quantity"), ("orderDirection", "DESC"), ("eventCountLimit", "1")], &[made]),
    ];
    for (parameters, expected) in rows {
        let parameters: Vec<(&str, &str)> = parameters
            .iter()
            .map(|(name, value)| (*name, if value.is_empty() { "true" } else { value }))
            .collect();
        assert_eq!(temporary.find(&parameters), *expected, "{parameters:?}");
    }
}

#[test]
fn what_is_no_parameter_is_refused_by_name() {
    for (name, value) in [
        ("EQ_nothing", "1"),
        ("nonsense", "1"),
        ("GE_eventTime", "yesterday"),
        ("perPage", "0"),
        ("perPage", "many"),
        ("eventType", "FunnyEvent"),
        ("EQ_action", "LOOK"),
        ("orderBy", "colour"),
        ("orderDirection", "UP"),
        ("GE_value_CEL", "warm"),
        ("MATCH_epc", ""),
    ] {
        let fault = Query::of_parameters([(name, value)], &Namespaces::default()).unwrap_err();
        assert_eq!(fault.parameter, name, "{fault}");
    }
    let both = [("eventCountLimit", "1"), ("maxEventCount", "1")];
    assert_eq!(Query::of_parameters(both, &Namespaces::default()).unwrap_err().parameter, "eventCountLimit");
}

#[test]
fn pages_hold_everything_once_whatever_comes_between() {
    let temporary = Temporary::new("pages");
    let events: Vec<Value> = (0..57)
        .map(|n| {
            let epc = format!("urn:epc:id:sgtin:4012345.011111.{}", n % 3);
            object(&format!("urn:event:{n}"), &epc, &format!("2026-11-01T10:{:02}:00Z", (n * 7) % 60))
        })
        .collect();
    temporary.capture("one", &document(&events), Behaviour::Rollback);
    for parameters in [
        vec![],
        vec![("orderBy", "eventTime")],
        vec![("orderBy", "quantity")],
        vec![
            ("MATCH_epc", "urn:epc:id:sgtin:4012345.011111.1"),
            ("orderBy", "eventTime"),
            ("orderDirection", "ASC"),
        ],
        vec![("MATCH_epc", "urn:epc:id:sgtin:4012345.011111.1|urn:epc:id:sgtin:4012345.011111.2")],
    ] {
        let whole = temporary.find(&parameters);
        let mut paged = Vec::new();
        let mut token: Option<String> = None;
        for page in 0.. {
            let mut parameters = parameters.clone();
            let held = token.clone();
            if let Some(token) = &held {
                parameters.push(("nextPageToken", token));
            }
            let query = Query::of_parameters(parameters, &Namespaces::default()).unwrap();
            let found = temporary.repository.find(&query, 10).unwrap();
            paged.extend(found.events.iter().map(|stored| stored.event.text("eventID").unwrap().to_owned()));
            if page == 0 {
                // What comes while somebody turns pages is not among them.
                let late = object(
                    &format!("urn:late:{}", temporary.repository.newest()),
                    "urn:epc:id:sgtin:4012345.099999.1",
                    "2026-11-01T00:00:00Z",
                );
                let id = format!("late-{}", temporary.repository.newest());
                temporary.capture(&id, &document(&[late]), Behaviour::Rollback);
            }
            match found.next {
                Some(next) => token = Some(next),
                None => break,
            }
        }
        if !parameters.contains(&("orderBy", "quantity")) {
            assert_eq!(paged, whole, "{parameters:?}");
        }
    }
}

#[test]
fn limits_truncate_or_fail() {
    let temporary = Temporary::new("limits");
    let events: Vec<Value> = (0..5)
        .map(|n| {
            object(&format!("urn:event:{n}"), "urn:epc:id:sgtin:4012345.011111.1", "2026-11-01T10:00:00Z")
        })
        .collect();
    temporary.capture("one", &document(&events), Behaviour::Rollback);
    let query = |parameters: &[(&str, &str)]| {
        Query::of_parameters(parameters.iter().copied(), &Namespaces::default()).unwrap()
    };
    let page = temporary.repository.find(&query(&[("eventCountLimit", "3")]), 2).unwrap();
    assert_eq!(page.events.len(), 2);
    let token = page.next.unwrap();
    let page =
        temporary.repository.find(&query(&[("eventCountLimit", "3"), ("nextPageToken", &token)]), 2).unwrap();
    assert_eq!((page.events.len(), page.next), (1, None));
    assert!(temporary.repository.find(&query(&[("maxEventCount", "5")]), 2).is_ok());
    let error = temporary.repository.find(&query(&[("maxEventCount", "4")]), 2).unwrap_err();
    assert!(matches!(error, FindError::TooLarge(4)), "{error}");
    let error = temporary.repository.find(&query(&[("nextPageToken", "made up")]), 2).unwrap_err();
    assert!(matches!(error, FindError::Query(_)), "{error}");
}

#[test]
fn a_document_is_taken_whole_or_in_part_and_never_twice() {
    let temporary = Temporary::new("capture");
    let good = object("urn:event:good", "urn:epc:id:sgtin:4012345.011111.1", "2026-11-01T10:00:00Z");
    let mut bad = object("urn:event:bad", "urn:epc:id:sgtin:4012345.011111.2", "2026-11-01T10:00:00Z");
    bad["bizStep"] = json!("flying");
    let both = document(&[good.clone(), bad]);
    let rolled = temporary.capture("rollback", &both, Behaviour::Rollback);
    assert_eq!((rolled.stored, rolled.faults.len()), (0, 1));
    assert!(rolled.faults[0].to_string().contains("eventList[1].bizStep"), "{}", rolled.faults[0]);
    assert_eq!(temporary.repository.newest(), 0);
    let kept = temporary.capture("proceed", &both, Behaviour::Proceed);
    assert_eq!((kept.stored, kept.faults.len()), (1, 1));
    let raw = temporary.repository.captured_bytes("rollback").unwrap();
    assert_eq!(raw.as_deref(), Some(both.to_string().as_bytes()), "what was refused is kept as it came");
    let job = temporary.repository.capture_job("proceed").unwrap().unwrap();
    assert_eq!((job.success, job.finished_ms, job.errors.len()), (false, Some(NOW_MS), 1));
    // The same event again is no fault; another of its name is.
    assert_eq!(
        temporary.capture("again", &document(std::slice::from_ref(&good)), Behaviour::Rollback),
        Captured::default()
    );
    let mut other = good.clone();
    other["action"] = json!("DELETE");
    let clash = temporary.capture("clash", &document(&[other]), Behaviour::Rollback);
    assert_eq!(clash.faults[0].exception(), "ResourceAlreadyExistsException");
    // A declaration of an error carries the identifier of what it takes back.
    let mut declared = good;
    declared["errorDeclaration"] = json!({ "declarationTime": "2026-11-02T10:00:00Z" });
    assert_eq!(temporary.capture("declared", &document(&[declared]), Behaviour::Rollback).stored, 1);
    assert_eq!(temporary.find(&[("EQ_eventID", "urn:event:good")]).len(), 2);
    assert_eq!(temporary.repository.capture_jobs(0, 10).unwrap().len(), 5);
}

#[test]
fn every_example_of_the_standard_is_captured_and_known_again_by_another_process() {
    let temporary = Temporary::new("examples");
    let mut count = 0;
    for (number, path) in files("epcis/gs1/XML", &["xml"]).iter().enumerate() {
        if path.starts_with(vectors("epcis/gs1/XML/CaptureJob")) {
            continue;
        }
        let bytes = std::fs::read(path).unwrap();
        let id = number.to_string();
        temporary
            .repository
            .begin_capture(&id, "t", "application/xml", &bytes, Behaviour::Proceed, NOW_MS)
            .unwrap();
        let captured =
            temporary.repository.capture(&id, read_xml(&bytes).unwrap(), Behaviour::Proceed, NOW_MS).unwrap();
        count += captured.stored;
    }
    assert!(count > 40, "{count}");
    let again = Repository::open(&temporary.directory.join("epcis.sqlite")).unwrap();
    assert_eq!(usize::try_from(again.newest()).unwrap(), count);
    assert!(again.knows(TermKind::BizStep, "urn:epcglobal:cbv:bizstep:shipping").unwrap());
    assert!(!again.knows(TermKind::BizStep, "flying").unwrap());
    assert!(again.with_prefixes(|prefixes| prefixes.of("0614141000").is_some()));
    assert!(!again.resources(TermKind::Epc, 0, 1_000).unwrap().is_empty());
}
