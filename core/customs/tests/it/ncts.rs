//! NCTS: samples of HMRC are read; drafts are as they were when the schemas took them.

use plomb_customs::{DraftKind, Heading, draft, read_ncts};
use plomb_model::{EntryId, MovementId, ReceivedAt, Timestamp};
use plomb_movements::{Declaration, Done, Form, Movement, MovementState, Movements};

use crate::field;

/// A message that HMRC published.
macro_rules! sample {
    ($name:literal) => {
        read_ncts(include_bytes!(concat!("../../../../vectors/ncts/messages/", $name, ".xml"))).unwrap()
    };
}

#[test]
fn a_declaration_a_release_and_an_unloading_permission_are_read() {
    let declared = sample!("IE015NormalPrelodgedDepartureDeclarationComplete");
    assert_eq!(field(&declared, "lrn"), "25GB000246TK0E6WJ1");
    assert_eq!((field(&declared, "departure"), field(&declared, "destination")), ("XI000142", "IT018100"));
    assert_eq!(field(&declared, "holder.id"), "GB954131533000");
    assert_eq!(
        (field(&declared, "unit.1.number"), field(&declared, "unit.1.seal.1")),
        ("WGPCGR", "Seal1234")
    );
    assert!(field(&declared, "goods.1.hs").starts_with("392690"), "{declared:?}");
    let released = sample!("IE029ReleaseForTransit");
    assert_eq!((field(&released, "lrn"), field(&released, "mrn")), ("GB01023012-LRN", "24GB000246B72DUJL4"));
    let permitted = sample!("IE043UnloadingPermissionWithSeals");
    assert_eq!(
        (field(&permitted, "lrn"), field(&permitted, "mrn")),
        ("25GB000246TK0E6WJ1", "25GB000246TK0E6WJ1")
    );
    assert_eq!(field(&permitted, "unit.1.seal.1"), "1234");
    assert!(Declaration::of(&sample!("IE015DepartureDeclaration")).is_err(), "WGPCGR is no container number");
}

#[test]
fn what_is_no_message_is_refused_by_line() {
    for (text, line) in [
        ("", "line 1"),
        ("<a>\n<b/>", "line 1"),
        ("<a/>", "line 1"),
        ("<CC015C>\n<TransitOperation/>\n</CC015C>", "line 1"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><CC015C/>", "line 1"),
    ] {
        assert_eq!(read_ncts(text.as_bytes()).unwrap_err().field, line, "{text}");
    }
}

/// A movement that took these steps, an hour between them.
fn movement(steps: &[(&str, &[(&str, &str)])]) -> Movement {
    let declared = Form::of([
        ("lrn", "LRN-1"),
        ("mrn", "26FI000000000012M4"),
        ("policy", "eu"),
        ("departure", "FI604000"),
        ("destination", "DE004058"),
        ("holder.name", "Holder Oy"),
        ("consignee.name", "Empfänger GmbH & Co"),
        ("consignee.id", "DE123456789"),
        ("unit.1.number", "CSQU3054383"),
        ("unit.2.kind", "trailer"),
        ("unit.2.number", "ABC-123"),
        ("goods.1.hs", "170199"),
    ]);
    let mut movements = Movements::default();
    let all = [("declare", declared)].into_iter();
    let all = all.chain(steps.iter().map(|(step, fields)| (*step, Form::of(fields.iter().copied()))));
    for ((step, form), number) in all.zip(1_u32..) {
        let done = Done {
            entry: EntryId(u64::from(number)),
            at: ReceivedAt(Timestamp::from_secs(1_795_860_000 + i64::from(number) * 3_600)),
            by: "ann".into(),
            step: step.into(),
            form,
            state: MovementState::Draft,
        };
        movements.restore(MovementId(1), done).unwrap();
    }
    movements.get(MovementId(1)).unwrap().clone()
}

fn heading() -> Heading {
    Heading { sender: "PLOMB.FI".into(), identification: "1-7".into(), ..Heading::default() }
}

fn at() -> Timestamp {
    Timestamp::from_secs(1_795_900_000)
}

/// A draft that is as it was when the schema took it.
macro_rules! golden {
    ($name:literal, $kind:expr, $movement:expr, $heading:expr) => {{
        let xml = draft($kind, $movement, $heading, at()).unwrap();
        assert_eq!(xml, include_str!(concat!("../../../../vectors/ncts/drafts/", $name, ".xml")));
        xml
    }};
}

#[test]
fn what_happened_is_drafted() {
    let clean = movement(&[
        ("submit", &[]),
        ("accept", &[]),
        ("book", &[("class", "passive")]),
        ("apply-seal", &[("unit", "CSQU3054383"), ("number", "FI 1001")]),
        ("depart", &[]),
        ("arrive", &[("place", "DE004058")]),
        ("verify", &[]),
    ]);
    golden!("cc007c", DraftKind::Cc007c, &clean, &heading());
    let xml = golden!("cc044c-conform", DraftKind::Cc044c, &clean, &heading());
    assert!(xml.contains("<stateOfSeals>1</stateOfSeals>") && !xml.contains("<Consignment>"), "{xml}");
    let rough = movement(&[
        ("submit", &[]),
        ("accept", &[]),
        ("book", &[("class", "passive")]),
        ("apply-seal", &[("unit", "CSQU3054383"), ("number", "FI1001")]),
        ("apply-seal", &[("unit", "ABC-123"), ("number", "FI1002")]),
        ("depart", &[]),
        ("incident", &[("code", "1"), ("text", "A bridge was closed"), ("place", "60.1699, 24.9384")]),
        (
            "incident",
            &[("code", "2"), ("text", "Seal torn < at night > & replaced"), ("place", "Halli A7, Tampere")],
        ),
        ("endorse", &[("incident", "2"), ("authority", "Tulli Tampere")]),
        ("reseal", &[("unit", "CSQU3054383"), ("old", "FI1001"), ("new", "FI2001")]),
        ("incident", &[("code", "6"), ("text", "Another tractor"), ("place", "SESTO")]),
        ("arrive", &[("place", "DE004058")]),
        ("differ", &[("text", "Two cartons are missing")]),
    ]);
    let xml = golden!("cc182c", DraftKind::Cc182c, &rough, &heading());
    assert_eq!(
        xml.matches("<Seal>").count(),
        1,
        "only the new seal, after the incident that it followed: {xml}"
    );
    assert!(
        xml.contains("<latitude>60.169900</latitude>") && xml.contains("<UNLocode>SESTO</UNLocode>"),
        "{xml}"
    );
    let xml =
        golden!("cc044c-remarks", DraftKind::Cc044c, &rough, &Heading { trader: "DE99".into(), ..heading() });
    assert!(xml.contains("<conform>0</conform>") && xml.contains("<stateOfSeals>0</stateOfSeals>"), "{xml}");
    assert!(xml.contains("FI2001") && xml.contains("FI1002"), "{xml}");
}

#[test]
fn what_a_draft_lacks_is_said() {
    let fields = |kind, movement: &Movement, heading: &Heading| {
        let faults = draft(kind, movement, heading, at()).unwrap_err();
        faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
    };
    let early = movement(&[("submit", &[])]);
    assert_eq!(fields(DraftKind::Cc007c, &early, &heading()), ["state"]);
    assert_eq!(fields(DraftKind::Cc044c, &early, &heading()), ["state"]);
    assert_eq!(fields(DraftKind::Cc182c, &early, &heading()), ["incident"]);
    let mut nameless = movement(&[("submit", &[]), ("arrive", &[])]);
    nameless.declaration.mrn = "26KE00000000000A12".into();
    nameless.declaration.destination = "UGKLA".into();
    nameless.declaration.consignee.id = "".into();
    assert_eq!(
        fields(DraftKind::Cc007c, &nameless, &Heading::default()),
        ["sender", "identification", "mrn", "office", "trader"]
    );
}
