//! Files taken in: which row, which field, why; and all or nothing.

use plomb_registry::{Columns, ImportFormat, Kind, Registry, read_rows, record_of, to_json};
use plomb_session::{KeyPurpose, Secrets};

use crate::{NOW, id, register};

const LINES: &str = r#"
# What the depot sent.
{"kind":"key","device":"imei:356307042441013","purpose":"oscore-master","id":"0a","secret":"00112233445566778899aabbccddeeff"}
{"kind":"device","id":"imei:356307042441013","model":"gt06-lock","label":"L1","holder":"Post Malaba"}
{"kind":"model","name":"gt06-lock","class":"active","protocols":["gt06"],"battery_mah":8000}
{"kind":"alias","device":"imei:356307042441013","alias":"CSQU3054383"}
{"kind":"reader","name":"gate-9","latitude":0.6357,"longitude":34.2679,"antennas":[{"number":1,"direction":"in"}]}
"#;

#[test]
fn json_lines_are_taken_in_whatever_their_order() {
    let registry = Registry::in_memory().unwrap();
    let rows = || read_rows(LINES, &ImportFormat::JsonLines).unwrap();
    let dry = registry.import("admin", NOW, rows(), true).unwrap();
    assert_eq!((dry.counts, dry.done, dry.faults.len()), ([1, 1, 1, 1, 1, 0], false, 0));
    assert!(!registry.knows(&id("imei:356307042441013")), "a dry run changes nothing");
    let done = registry.import("admin", NOW, rows(), false).unwrap();
    assert_eq!((done.counts, done.done), (dry.counts, true));
    assert!(registry.knows(&id("imei:356307042441013")) && registry.knows(&id("reader:gate-9")));
    assert!(registry.first(KeyPurpose::OscoreMaster, &[0x0a]).is_some());
    assert_eq!(registry.custody(&id("imei:356307042441013")).unwrap()[0].holder, "Post Malaba");
    registry.import("admin", NOW, rows(), false).unwrap();
    assert_eq!(registry.custody(&id("imei:356307042441013")).unwrap().len(), 1, "twice is once");
}

#[test]
fn what_is_exported_can_be_imported_and_holds_no_key() {
    let registry = Registry::in_memory().unwrap();
    registry.import("a", NOW, read_rows(LINES, &ImportFormat::JsonLines).unwrap(), false).unwrap();
    let lines = |registry: &Registry| -> Vec<String> {
        registry.export().unwrap().iter().filter_map(to_json).map(|value| value.to_string()).collect()
    };
    let exported = lines(&registry);
    assert_eq!(exported.len(), 4);
    assert!(!exported.join("\n").to_lowercase().contains("00112233"));
    let other = Registry::in_memory().unwrap();
    let rows = read_rows(&exported.join("\n"), &ImportFormat::JsonLines).unwrap();
    assert!(other.import("a", NOW, rows, false).unwrap().done);
    assert_eq!(lines(&other), exported);
}

#[test]
fn a_report_says_which_row_which_field_and_why() {
    let registry = register();
    let text = r#"{"kind":"device","id":"imei:356307042441013","model":"jt701"}
{"kind":"device","id":"356307042441013","model":"jt701"}
{"kind":"device","id":"imei:1","model":"nothing"}
{"kind":"device","id":"imei:2","model":"jt701","colour":"red"}
{"kind":"model","name":"x","class":"huge"}
{"kind":"key","device":"imei:99","purpose":"tam","secret":"ab"}
{"kind":"key","purpose":"tam","secret":"xyz-secret"}
not json
{"kind":"thing"}"#;
    let rows = read_rows(text, &ImportFormat::JsonLines).unwrap();
    let import = registry.import("admin", NOW, rows, false).unwrap();
    assert!(!import.done && !registry.knows(&id("imei:356307042441013")), "all or nothing");
    let told: Vec<(usize, &str)> =
        import.faults.iter().map(|fault| (fault.line, fault.fault.field.as_ref())).collect();
    let expect = [
        (2, "id"),
        (3, "model"),
        (4, "colour"),
        (5, "class"),
        (6, "device"),
        (7, "secret"),
        (8, "line"),
        (9, "kind"),
    ];
    assert_eq!(told, expect);
    assert!(import.faults.iter().all(|fault| !fault.to_string().contains("xyz")), "no secret is told");
}

#[test]
fn a_table_is_read_through_a_map_of_its_columns() {
    let registry = register();
    let columns = Columns {
        kind: Kind::Device,
        map: vec![("id".to_owned(), "IMEI".to_owned()), ("label".to_owned(), "Serial No".to_owned())],
        constants: vec![("model".to_owned(), "jt701".to_owned())],
        scheme: Some("imei".to_owned()),
    };
    let text = "Serial No;IMEI;Colour\r\nL-1;356307042441013;red\r\n\"L;2\";356307042441021;\r\n";
    let rows = read_rows(text, &ImportFormat::Table(columns.clone())).unwrap();
    let import = registry.import("admin", NOW, rows, false).unwrap();
    assert!(import.done, "{:?}", import.faults);
    assert_eq!(registry.device(&id("imei:356307042441021")).unwrap().unwrap().label, "L;2");

    let missing = read_rows("A,B\n1,2\n", &ImportFormat::Table(columns)).unwrap_err();
    assert!(missing.to_string().contains("no column \"IMEI\""), "{missing}");
    let plain = Columns { kind: Kind::Model, map: Vec::new(), constants: Vec::new(), scheme: None };
    let text = "name,class,sensors,battery_mah\nrope-lock,active,rope; light,5000\nbad,active,,lots\n";
    let rows = read_rows(text, &ImportFormat::Table(plain)).unwrap();
    assert_eq!((rows.records.len(), rows.faults[0].line), (1, 3));
    assert_eq!(rows.faults[0].fault.field, "battery_mah");
}

#[test]
fn the_older_files_stay_importable() {
    let registry = register();
    let keys = "# keys\nbthome-bind a4c138112233 231d39c1d7cc1ab1aee224cd096db932 - jointech:8041300978\n\
                ntag-meta-read 00 00112233445566778899aabbccddeeff\nntag-meta-read 01 zz\n";
    let rows = read_rows(keys, &ImportFormat::Keys).unwrap();
    assert_eq!((rows.records.len(), rows.faults[0].line), (2, 4));
    let good = keys.lines().take(3).collect::<Vec<_>>().join("\n");
    let rows = read_rows(&good, &ImportFormat::Keys).unwrap();
    assert!(registry.import("admin", NOW, rows, false).unwrap().done);
    assert_eq!(registry.key_facts(None).unwrap().len(), 1, "a key of a whole batch has no device");
    let digest = "ab".repeat(32);
    let rows = read_rows(&format!("gw-1 plomb {digest}\n"), &ImportFormat::Credentials);
    let rows = rows.unwrap();
    if rows.faults.is_empty() {
        assert!(registry.import("admin", NOW, rows, false).unwrap().done);
        assert_eq!(registry.credentials().unwrap()[0].name, "gw-1");
    }
}

#[test]
fn a_record_names_the_field_that_is_missing() {
    let fault = record_of(Kind::Device, serde_json::Map::new()).unwrap_err();
    assert_eq!((fault.field.as_ref(), fault.why.as_str()), ("id", "it is missing"));
}
