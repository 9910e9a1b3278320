use plomb_passive::identity::SealMark;
use proptest::prelude::*;

#[test]
fn the_same_mark_is_the_same_however_it_is_written() {
    for text in ["MLTM123456", "ml-tm 123 456", "Seal no. MLTM-123456", "SEAL: mltm123456", "# MLTM.123456"] {
        assert_eq!(SealMark::parse(text).unwrap().as_str(), "MLTM123456", "{text}");
    }
    assert_eq!(SealMark::parse("Plombe Nr. 0012345").unwrap().as_str(), "0012345");
}

#[test]
fn a_mark_that_begins_like_a_word_keeps_its_letters() {
    assert_eq!(SealMark::parse("NO123456").unwrap().as_str(), "NO123456");
    assert_eq!(SealMark::parse("SEAL99881").unwrap().as_str(), "SEAL99881");
    assert_eq!(SealMark::parse("SN 77").map(|mark| mark.to_string()), None);
}

#[test]
fn what_no_seal_has_is_no_mark() {
    for text in ["", "ABCDEF", "12", "12€34", "https://example.org/1234", &"1".repeat(41)] {
        assert_eq!(SealMark::parse(text), None, "{text}");
    }
}

#[test]
fn misread_characters_have_one_shape() {
    let shape = |text| SealMark::parse(text).unwrap().shape();
    assert_eq!(shape("IO0B5S"), shape("1OO855"));
    assert_ne!(shape("A1234"), shape("A1235"));
}

proptest! {
    #[test]
    fn a_mark_is_its_own_mark(text in ".{0,60}") {
        if let Some(mark) = SealMark::parse(&text) {
            prop_assert_eq!(SealMark::parse(mark.as_str()), Some(mark.clone()));
            prop_assert!(mark.device_id().is_some());
        }
    }
}
