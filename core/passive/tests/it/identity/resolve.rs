use plomb_passive::identity::{ContainerError, Epc, EpcError, Identified, Tap, resolve};
use proptest::prelude::*;

/// One word for what a text is.
fn what(text: &str) -> &'static str {
    match resolve(text) {
        Identified::Container(_) => "container",
        Identified::WrongContainer(_) => "wrong container",
        Identified::Epc(_) => "epc",
        Identified::Tag(_) => "tag",
        Identified::WrongEpc(_) => "wrong epc",
        Identified::Chip(_) => "chip",
        Identified::Nfc(_) => "nfc",
        Identified::Tap(_) => "tap",
        Identified::Seal(_) => "seal",
        Identified::Nothing => "nothing",
    }
}

#[test]
fn texts_are_told_apart() {
    for (text, expected) in [
        ("CSQU 305438 3", "container"),
        ("urn:epc:id:bic:CSQU3054383", "container"),
        ("CSQU3054384", "wrong container"),
        ("urn:epc:id:bic:CSQU3054384", "wrong container"),
        ("urn:epc:id:giai:9521141.5678", "epc"),
        ("URN:EPC:id:giai:9521141.5678", "epc"),
        ("https://id.gs1.org/8004/95211415678", "epc"),
        ("id.gs1.org/8004/95211415678", "epc"),
        ("(00)095201234567891235", "epc"),
        ("]C100095201234567891235", "epc"),
        ("00095201234567891235", "epc"),
        ("3476451FD40000000000162E", "tag"),
        ("3476 451F D400 0000 0000 162E", "tag"),
        ("0x3476451fd40000000000162e", "tag"),
        ("urn:epc:tag:giai-96:3.9521141.5678", "tag"),
        ("urn:epc:raw:96.x3476451FD40000000000162E", "tag"),
        ("https://id.gs1.org/01/80614141123459/21/7", "wrong epc"),
        ("urn:epc:id:sgtin:0614141.812345", "wrong epc"),
        ("(01)80614141123459(21)7", "wrong epc"),
        ("E28068902000000102030405", "chip"),
        ("E0 04 01 02 03 04 05 06", "chip"),
        ("04A1B2C3D4E5F6", "nfc"),
        ("04:11:22:33:44:55:66", "nfc"),
        ("https://seals.example/t?picc_data=EF963FF7828658A599F3041510671E88&cmac=94EED9EE65337086", "tap"),
        ("Seal no. MLTM-123456", "seal"),
        ("04112233445566", "seal"),
        ("12.34/56", "seal"),
        ("1234567", "seal"),
        ("EMCU12345", "seal"),
        ("https://example.org/", "nothing"),
        ("https://example.org/about?uid=1", "nothing"),
        ("urn:isbn:0451450523", "nothing"),
        ("hello", "nothing"),
        ("", "nothing"),
        ("\u{FEFF} \r\n", "nothing"),
    ] {
        assert_eq!(what(text), expected, "{text}: {:?}", resolve(text));
    }
    assert_eq!(what(&"1".repeat(5000)), "nothing");
}

#[test]
fn a_wrong_digit_is_said_with_the_right_one() {
    let container = ContainerError::CheckDigit { expected: 3, found: 4 };
    assert_eq!(resolve("CSQU3054384"), Identified::WrongContainer(container));
    let epc = EpcError::CheckDigit { expected: '8', found: '9' };
    assert_eq!(resolve("https://id.gs1.org/01/80614141123459/21/7"), Identified::WrongEpc(epc));
}

#[test]
fn a_tap_tells_what_it_claims_and_may_be_a_digital_link_too() {
    let link = "https://id.gs1.org/8004/95211415678?uid=04DE5F1EACC040&ctr=00003D&cmac=94EED9EE65337086";
    let Identified::Tap(tap) = resolve(link) else { panic!("a tap") };
    let epc = Epc::parse("https://id.gs1.org/8004/95211415678").unwrap();
    let uid = Some([0x04, 0xDE, 0x5F, 0x1E, 0xAC, 0xC0, 0x40]);
    assert_eq!(tap, Tap { uid, counter: Some(0x3D), epc: Some(epc) });
    assert_eq!(resolve(link).device_id().unwrap().to_string(), "tag:04de5f1eacc040");
}

#[test]
fn what_is_wrong_or_unknown_has_no_name() {
    for text in ["CSQU3054384", "hello", "(01)80614141123459(21)7"] {
        assert_eq!(resolve(text).device_id(), None, "{text}");
    }
    // A class of things is no thing.
    assert_eq!(resolve("https://id.gs1.org/01/80614141123458").device_id(), None);
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let found = resolve(&text);
        let padded = format!(" {text}\n");
        prop_assert_eq!(resolve(&padded), found);
    }

    #[test]
    fn any_text_like_an_identifier_is_answered(text in "(urn:|https?://|\\(|\\]C1|E2|30|04|F[0-9A-B]|[A-Z]{4})?[ -~]{0,50}|[0-9A-Fa-f: ]{0,60}") {
        if let Some(id) = resolve(&text).device_id() {
            prop_assert!(!id.value().is_empty());
        }
    }
}
