//! What a table must have, and what is said of one that does not.

use plomb_risk::{Attribute, table};

#[test]
fn rows_are_read_with_their_units() {
    let rows = crate::rows(crate::TRAIN);
    assert_eq!(rows.len(), 3_000);
    let first = &rows[0];
    assert_eq!((first.declaration.id.as_str(), first.declaration.day), ("97061800", 18_262));
    assert_eq!(first.declaration.said(Attribute::Hs6), "440890");
    assert_eq!(first.declaration.hs(4), "4408");
    assert_eq!((first.declaration.net_mass_kg, first.declaration.value), (Some(108.0), Some(372_254.4)));
    assert_eq!((first.guilty, first.at_stake), (false, 372_254.4));
}

fn with(find: &str, put: &str) -> String {
    let text = std::str::from_utf8(crate::VALID).unwrap();
    table::read(text.replacen(find, put, 1).as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_is_told_with_line_and_column() {
    assert_eq!(
        with("Seller ID", "Vendor"),
        "no column 'Seller ID': the headings of the public customs declaration data set are needed"
    );
    let text = std::str::from_utf8(crate::VALID).unwrap();
    let date = text.lines().nth(2).unwrap().split(',').nth(1).unwrap();
    let third = text.lines().nth(2).unwrap();
    let broken = with(third, &third.replacen(date, "yesterday", 1));
    assert_eq!(broken, "line 3, column 'Date': 'yesterday' is not a date as 2020-01-31");
    assert!(table::read(&b"\xff\xfe\x00"[..]).is_err());
    assert!(table::read(&b""[..]).is_err());
}
