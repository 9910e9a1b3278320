//! Declarations are read whole, with all that is wrong with them, and written as they were read.

use plomb_movements::{Declaration, Form, UnitKind};

use crate::world::{declaration, form};

#[test]
fn what_is_read_is_written() {
    let read = Declaration::of(&declaration("LRN-1")).unwrap();
    assert_eq!(read.units[0].number.as_ref(), "CSQU3054383");
    assert_eq!(read.units[0].kind, UnitKind::Container);
    assert_eq!(read.goods[0].hs.as_ref(), "170199");
    assert_eq!(read.duty.unwrap().cents, 4_125_050);
    assert_eq!(read.lacks(), []);
    assert_eq!(Declaration::of(&read.form()).unwrap(), read);
}

#[test]
fn all_faults_are_told() {
    let faults = Declaration::of(&form(&[
        ("goods.1.hs", "17x"),
        ("goods.1.gross_kg", "-1"),
        ("unit.1.number", "CSQU3054384"),
        ("unit.2.kind", "boat"),
        ("duty", "12,50"),
        ("limit", "tomorrow"),
    ]))
    .unwrap_err();
    let told: Vec<String> = faults.iter().map(|fault| fault.field.clone()).collect();
    assert_eq!(
        told,
        ["duty", "limit", "goods.1.hs", "goods.1.gross_kg", "unit.1.number", "unit.2.kind", "lrn"]
    );
    assert!(faults[4].why.contains("check digit"), "{}", faults[4]);
}

#[test]
fn a_form_has_limits() {
    let twice = form(&[("lrn", "a"), ("lrn", "b")]);
    assert_eq!(twice.check().unwrap_err().to_string(), "lrn: it comes twice");
    let long = form(&[("lrn", &"x".repeat(3000))]);
    assert!(long.check().unwrap_err().to_string().contains("longer than"));
    let many = Form::of((0..3000).map(|number| (format!("f{number}"), "x")));
    assert!(many.check().unwrap_err().to_string().contains("at most 2000"));
}
