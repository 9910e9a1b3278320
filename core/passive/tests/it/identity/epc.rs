//! EPCs against vectors of other implementations and the examples of the standard.

use std::collections::BTreeMap;

use plomb_passive::identity::epc::{Coding, DateKind, PriorityDate, Tag};
use plomb_passive::identity::{Epc, EpcError};
use proptest::prelude::*;
use serde_json::Value;

#[expect(clippy::disallowed_methods, reason = "a test reads its vectors")]
fn rows(file: &str) -> Value {
    let path = format!("{}/../../vectors/identity/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

fn text<'a>(row: &'a Value, name: &str) -> Option<&'a str> {
    row[name].as_str()
}

fn hex(digits: &str) -> Vec<u8> {
    // The standard writes half bytes at the end where the bits end there.
    let odd = if digits.len() % 2 == 1 { "0" } else { "" };
    plomb_wire::from_hex(&format!("{digits}{odd}")).unwrap()
}

/// Without the zeros that fill words.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &bytes[..end]
}

/// Escaped or not, the characters are the same.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        match after.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &after[2..];
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out + rest
}

/// Why a row is not as its authors have it, by file and input.
fn exceptions(file: &str) -> BTreeMap<String, String> {
    let all = rows("exceptions.json");
    let of_file = all[file].as_object().unwrap();
    let reasons = of_file.iter().flat_map(|(reason, inputs)| {
        inputs
            .as_array()
            .unwrap()
            .iter()
            .map(move |input| (input.as_str().unwrap().to_owned(), reason.clone()))
    });
    reasons.collect()
}

/// Each failing row has its reason, and each reason a failing row.
fn judge(file: &str, failing: &[(String, String)]) {
    let expected = exceptions(file);
    let listed: Vec<&String> = expected.keys().collect();
    let mut found: Vec<&String> = failing.iter().map(|(input, _)| input).collect();
    found.sort_unstable();
    found.dedup();
    let new: Vec<_> = failing.iter().filter(|(input, _)| !expected.contains_key(input)).collect();
    assert!(new.is_empty(), "{file}: {new:#?}");
    assert_eq!(found, listed, "{file}: listed as an exception, but as its authors have it");
}

#[test]
fn examples_of_the_standard_in_every_form() {
    for row in rows("tds-2.3-examples.json").as_array().unwrap() {
        let bytes = hex(text(row, "hex").unwrap());
        let tag = Tag::decode(&bytes).unwrap_or_else(|error| panic!("{row}: {error}"));
        assert_eq!(Some(tag.coding.name()), text(row, "coding"));
        assert_eq!(tag.urn().as_deref(), text(row, "tag_urn"), "{row}");
        assert_eq!(tag.epc.link().as_deref(), text(row, "link"), "{row}");
        assert_eq!(trimmed(&tag.encode().unwrap()), trimmed(&bytes), "{row}");
        assert!(!tag.more);
        if let Some(urn) = text(row, "tag_urn") {
            assert_eq!(Tag::parse_urn(urn).unwrap(), tag);
        }
        if let Epc::Gs1(gs1) = &tag.epc {
            assert_eq!(Some(gs1.elements().as_str()), text(row, "elements"));
            assert_eq!(gs1.company_length().map(|length| length as u64), row["company_length"].as_u64());
            for form in ["elements", "link"] {
                assert!(Epc::parse(text(row, form).unwrap()).unwrap().same_as(&tag.epc), "{row}");
            }
        }
    }
}

#[test]
fn vectors_of_epcpy() {
    let mut failing = Vec::new();
    for row in rows("tds-epcpy-vectors.json").as_array().unwrap() {
        let pure = text(row, "pure_identity").unwrap();
        if let Err(error) = epcpy(row, pure) {
            failing.push((pure.to_owned(), error));
        }
    }
    judge("tds-epcpy-vectors.json", &failing);
}

fn epcpy(row: &Value, pure: &str) -> Result<(), String> {
    let same = |what: &str, found: Option<String>, expected: Option<&str>| {
        if found.as_deref() == expected {
            Ok(())
        } else {
            Err(format!("{what}: {found:?}, not {expected:?}"))
        }
    };
    let epc = Epc::parse(pure).map_err(|error| error.to_string())?;
    same("pure", epc.urn(), Some(pure))?;
    if let (Some(elements), Epc::Gs1(gs1)) = (text(row, "element_string"), &epc) {
        same("elements", Some(gs1.elements()), Some(elements))?;
        let read = Epc::parse(elements).map_err(|error| error.to_string())?;
        if !read.same_as(&epc) {
            return Err(format!("{elements} is read as {read}"));
        }
    }
    let Some(digits) = text(row, "hex") else { return Ok(()) };
    let tag = Tag::decode(&hex(digits)).map_err(|error| error.to_string())?;
    same("tag", tag.urn(), text(row, "tag_uri"))?;
    same("pure of the tag", tag.epc.urn(), Some(pure))?;
    let written = tag.encode().map_err(|error| error.to_string())?;
    same(
        "bits",
        Some(plomb_wire::to_hex(trimmed(&written))),
        Some(&plomb_wire::to_hex(trimmed(&hex(digits)))),
    )
}

#[test]
fn vectors_of_openepcis() {
    let all = rows("openepcis-urn-digitallink.json");
    let mut failing = Vec::new();
    let identities = |row: &&Value| {
        // Rows about words of vocabularies name no identity.
        !["Vocabulary", "ShortName"].iter().any(|other| text(row, "file").unwrap().contains(other))
    };
    let mut count = 0;
    for row in all["valid"].as_array().unwrap().iter().filter(identities) {
        count += 1;
        let (input, expected) = (text(row, "in").unwrap(), text(row, "out").unwrap());
        let found = Epc::parse(input).map(|epc| {
            assert_eq!(Epc::parse(&epc.urn().unwrap()).as_ref(), Ok(&epc), "{input}");
            epc.link().unwrap()
        });
        match found {
            Ok(link) if unescaped(&link) == unescaped(expected) => {}
            other => failing.push((input.to_owned(), format!("{other:?}, not {expected}"))),
        }
    }
    assert_eq!(count, 91);
    for row in all["invalid"].as_array().unwrap().iter().filter(identities) {
        let input = text(row, "in").unwrap();
        if let Ok(epc) = Epc::parse(input) {
            failing.push((input.to_owned(), format!("refused there, but here {epc:?}")));
        }
    }
    judge("openepcis-urn-digitallink.json", &failing);
}

#[test]
fn vectors_of_the_event_hash_generator() {
    let mut failing = Vec::new();
    for row in rows("cbv-hash-dl-normaliser.json").as_array().unwrap() {
        let (input, expected) = (text(row, "in").unwrap(), text(row, "out").unwrap());
        match Epc::parse(input).map(|epc| epc.link()) {
            Ok(Some(link)) if link == expected => {}
            other => failing.push((input.to_owned(), format!("{other:?}, not {expected}"))),
        }
    }
    judge("cbv-hash-dl-normaliser.json", &failing);
}

/// Characters of serial numbers.
const INVARIANT: &str = "[!-\"%-/0-9:-?A-Z_a-z]";

fn filler() -> impl Strategy<Value = u8> {
    0_u8..8
}

/// A URN of some key, with the forms that can hold it.
fn urns() -> impl Strategy<Value = (String, &'static [Coding])> {
    let digits = |count: usize| proptest::string::string_regex(&format!("[0-9]{{{count}}}")).unwrap();
    let serial = |max: usize| proptest::string::string_regex(&format!("{INVARIANT}{{1,{max}}}")).unwrap();
    let company = 6_usize..=12;
    let escape = |text: &str| -> String {
        text.chars()
            .map(|c| if "\"%&/<>?".contains(c) { format!("%{:02X}", u32::from(c)) } else { c.to_string() })
            .collect()
    };
    prop_oneof![
        (company.clone(), digits(13), serial(20)).prop_map(move |(length, all, serial)| {
            let (company, item) = all.split_at(length);
            let urn = format!("urn:epc:id:sgtin:{company}.{item}.{}", escape(&serial));
            (urn, &[Coding::Sgtin198, Coding::SgtinPlus][..])
        }),
        (company.clone(), digits(13), 0_u64..1 << 38).prop_map(|(length, all, serial)| {
            let (company, item) = all.split_at(length);
            let forms = &[Coding::Sgtin96, Coding::Sgtin198, Coding::SgtinPlus][..];
            (format!("urn:epc:id:sgtin:{company}.{item}.{serial}"), forms)
        }),
        (company.clone(), digits(17)).prop_map(|(length, all)| {
            let (company, item) = all.split_at(length);
            (format!("urn:epc:id:sscc:{company}.{item}"), &[Coding::Sscc96, Coding::SsccPlus][..])
        }),
        (company.clone(), digits(12), serial(16)).prop_map(move |(length, all, serial)| {
            let (company, item) = all.split_at(length);
            let urn = format!("urn:epc:id:grai:{company}.{item}.{}", escape(&serial));
            (urn, &[Coding::Grai170, Coding::GraiPlus][..])
        }),
        (company.clone(), digits(12), 0_u64..1 << 38).prop_map(|(length, all, serial)| {
            let (company, item) = all.split_at(length);
            let forms = &[Coding::Grai96, Coding::Grai170, Coding::GraiPlus][..];
            (format!("urn:epc:id:grai:{company}.{item}.{serial}"), forms)
        }),
        (company.clone(), digits(12), serial(18)).prop_map(move |(length, all, serial)| {
            let urn = format!("urn:epc:id:giai:{}.{}", &all[..length], escape(&serial));
            (urn, &[Coding::Giai202, Coding::GiaiPlus][..])
        }),
        (company, digits(12), 0_u64..1 << 42).prop_map(|(length, all, serial)| {
            let forms = &[Coding::Giai96, Coding::Giai202, Coding::GiaiPlus][..];
            (format!("urn:epc:id:giai:{}.{serial}", &all[..length]), forms)
        }),
    ]
}

proptest! {
    #[test]
    fn an_identity_is_the_same_in_every_form((urn, forms) in urns(), filter in filler()) {
        let epc = Epc::parse(&urn).unwrap();
        prop_assert_eq!(epc.urn(), Some(urn.clone()));
        let link = epc.link().unwrap();
        let linked = Epc::parse(&link).unwrap();
        prop_assert!(linked.same_as(&epc));
        prop_assert_eq!(linked.link(), Some(link));
        let (Epc::Gs1(gs1), Epc::Gs1(known)) = (linked, &epc) else { panic!("{urn} is a key") };
        let length = known.company_length().unwrap();
        prop_assert_eq!(&Epc::Gs1(gs1.with_company_length(length).unwrap()), &epc);
        for form in forms {
            let tag = Tag::new(*form, filter, epc.clone());
            let mut bytes = tag.encode().unwrap();
            bytes.extend([0, 0]);
            let read = Tag::decode(&bytes).unwrap();
            prop_assert!(read.epc.same_as(&epc), "{:?}", form);
            prop_assert_eq!((read.coding, read.filter, read.more), (*form, filter, false));
            if let Some(urn) = tag.urn() {
                prop_assert_eq!(Tag::parse_urn(&urn), Ok(read));
            }
        }
    }

    #[test]
    fn bits_that_decode_are_written_as_they_were(
        header in prop::sample::select(Coding::ALL.to_vec()),
        mut bytes in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        bytes[0] = header as u8;
        if let Ok(tag) = Tag::decode(&bytes) {
            // Another method may write characters with fewer bits; what is read from them is the same.
            let written = tag.encode().unwrap();
            let again = Tag { more: false, ..tag };
            prop_assert_eq!(Tag::decode(&written), Ok(again));
        }
    }

    #[test]
    fn any_text_is_answered(text in "(urn:epc:(id|idpat|class|tag):(sgtin|grai|giai|itip|cpi|gid|adi|bic):|https?://|\\([0-9]{2,4}\\)|\\]C1)?.{0,60}") {
        if let Ok(tag) = Tag::parse_urn(&text) {
            prop_assert_eq!(Tag::parse_urn(&tag.urn().unwrap()), Ok(tag));
        }
        if let Ok(epc) = Epc::parse(&text) {
            prop_assert!(!epc.to_string().is_empty());
            prop_assert!(epc.same_as(&Epc::parse(&epc.to_string()).unwrap()));
        }
    }

    #[test]
    fn any_path_is_answered(parts in prop::collection::vec("(00|01|414|8003|8004|8006|8010|21|10|22|[0-9]{6,18}|[%A-Za-z0-9/]{0,9})", 0..7)) {
        if let Ok(epc) = Epc::parse(&format!("https://example.org/{}", parts.join("/"))) {
            prop_assert_eq!(Epc::parse(&epc.link().unwrap()), Ok(epc));
        }
    }
}

#[test]
fn what_cannot_be_written_is_said() {
    let epc = Epc::parse("urn:epc:id:sgtin:0614141.812345.007").unwrap();
    let error = Tag::new(Coding::Sgtin96, 1, epc.clone()).encode().unwrap_err();
    assert_eq!(error, EpcError::Capacity("leading noughts or so large a number"));
    assert!(matches!(Tag::new(Coding::Sscc96, 1, epc.clone()).encode(), Err(EpcError::Capacity(_))));
    assert!(matches!(Tag::new(Coding::Sgtin198, 8, epc).encode(), Err(EpcError::Capacity(_))));
    let linked = Epc::parse("https://id.gs1.org/01/80614141123458/21/7").unwrap();
    assert!(matches!(Tag::new(Coding::Sgtin96, 1, linked).encode(), Err(EpcError::Capacity(_))));
}

#[test]
fn what_is_no_epc_is_said() {
    assert_eq!(Tag::decode(&[]), Err(EpcError::Short));
    assert_eq!(Tag::decode(&[0xE2, 0x80]), Err(EpcError::Header(0xE2)));
    assert_eq!(Tag::decode(&hex("3066C4409047E140075BCD")), Err(EpcError::Short));
    assert_eq!(Tag::decode(&hex("3066C4409047E140075BCD1501")), Err(EpcError::Trailing));
    let wrong = Epc::parse("https://id.gs1.org/01/80614141123459/21/7").unwrap_err();
    assert_eq!(wrong, EpcError::CheckDigit { expected: '8', found: '9' });
}

#[test]
fn the_date_of_a_perishable_is_read() {
    let tag = Tag::decode(&hex("FB342CDE795211411234538566CB0AFC4")).unwrap();
    let date = tag.date.unwrap();
    assert_eq!((date.kind(), date.date()), (DateKind::Expiration, (22, 6, 30)));
    assert_eq!(PriorityDate::new(DateKind::Harvest, 23, 2, 29), None);
    // The same with a 13th month.
    assert!(Tag::decode(&hex("FB342DBE795211411234538566CB0AFC4")).is_err());
}

#[test]
fn data_behind_the_epc_is_noticed() {
    // Whether or not the bit says so.
    for start in ["F7B", "F73"] {
        let tag = Tag::decode(&hex(&format!("{start}795211411234538566CB0AFC4FFFF"))).unwrap();
        assert!(tag.more, "{start}");
        assert_eq!(tag.epc.link().unwrap(), "https://id.gs1.org/01/79521141123453/21/32a%2Fb");
    }
}

#[test]
fn a_scanned_bar_code_is_an_element_string() {
    for (scanned, elements) in [
        ("]C100095201234567891235", "(00)095201234567891235"),
        ("]d201806141411234582167/9(x)\u{1D}10LOT", "(01)80614141123458(21)67/9(x)"),
        ("]Q3\u{1D}8004061414112345", "(8004)061414112345"),
    ] {
        let Epc::Gs1(gs1) = Epc::parse(scanned).unwrap() else { panic!("{scanned} is a key") };
        assert_eq!(gs1.elements(), elements);
    }
}
