use plomb_passive::identity::{Class, Tid};
use proptest::prelude::*;

fn tid(hex: &str) -> Tid {
    Tid::new(&plomb_wire::from_hex(hex).unwrap()).unwrap()
}

#[test]
fn an_extended_tid_names_its_designer_model_and_serial_number() {
    let chip = tid("E2806890 2000 000102030405");
    assert_eq!((chip.class(), chip.designer(), chip.model()), (Class::Gs1, Some(6), Some(0x890)));
    assert_eq!(chip.designer_name(), Some("NXP"));
    assert!(chip.is_extended() && !chip.is_secure());
    assert_eq!(chip.serial(), Some(&[0, 1, 2, 3, 4, 5][..]));
    assert_eq!(chip.urn().unwrap(), "urn:epc:stid:x806.x890.x000102030405");
    assert_eq!(chip.device_id().unwrap().to_string(), "tag:e28068902000000102030405");
}

#[test]
fn a_longer_serial_number_is_as_long_as_its_header_says() {
    let chip = tid("E2C01160 4000 0001020304050607 FFFF");
    assert_eq!(chip.serial(), Some(&[0, 1, 2, 3, 4, 5, 6, 7][..]));
    assert!(chip.is_secure());
    assert_eq!(chip.designer_name(), Some("Impinj"));
}

#[test]
fn a_bank_read_further_names_the_same_chip() {
    let short = tid("E28011052000000102030405");
    let long = tid("E28011052000000102030405 0000 1234");
    assert_eq!(short.device_id(), long.device_id());
}

#[test]
fn a_chip_without_an_extended_tid_has_no_serial_number_by_the_standard() {
    let chip = tid("E2003412 0123456789ABCDEF");
    assert_eq!((chip.serial(), chip.urn()), (None, None));
    assert_eq!(chip.designer_name(), Some("Alien"));
    assert_eq!(tid("E280689020000001").serial(), None, "a bank that was not read to its end");
    assert_eq!(tid("E2806890 0000 000102030405").serial(), None, "a header that announces none");
}

#[test]
fn the_older_class_has_a_manufacturer_and_six_bytes() {
    let chip = tid("E004 010203040506");
    assert_eq!(
        (chip.class(), chip.designer(), chip.serial()),
        (Class::Iso7816, None, Some(&[1, 2, 3, 4, 5, 6][..]))
    );
    assert_eq!(chip.device_id().unwrap().value(), "e004010203040506");
}

#[test]
fn other_bytes_are_no_tid() {
    for hex in ["", "E280", "30 00 00 00", "E1 00 00 00"] {
        assert_eq!(Tid::new(&plomb_wire::from_hex(hex).unwrap()), None, "{hex}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..80), first in prop::sample::select(vec![0xE0_u8, 0xE2, 0xE3])) {
        let mut bytes = bytes;
        if let Some(byte) = bytes.first_mut() { *byte = first }
        if let Some(chip) = Tid::new(&bytes) {
            let _ = (chip.serial(), chip.urn(), chip.device_id(), chip.designer_name(), chip.is_secure());
            prop_assert_eq!(chip.bytes(), &bytes[..]);
        }
    }
}
