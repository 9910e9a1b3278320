use plomb_model::{DeviceId, Scheme};
use plomb_passive::identity::{Aliases, JoinError, Likeness, SealMark, canonical, likeness, resolve};
use proptest::prelude::*;

fn id(text: &str) -> DeviceId {
    text.parse().unwrap()
}

#[test]
fn every_form_of_an_epc_is_one_name() {
    // GIAI-96 with filters 3 and 0, GIAI-202, GIAI+, URN, link, bar code.
    let names: Vec<_> = [
        "3476451FD40000000000162E",
        "3416451FD40000000000162E",
        "FA395211415678F0",
        "urn:epc:id:giai:9521141.5678",
        "https://id.gs1.org/8004/95211415678",
        "https://seals.example/x/8004/95211415678?src=qr",
        "(8004)95211415678",
    ]
    .into_iter()
    .map(|text| resolve(text).device_id().unwrap_or_else(|| panic!("{text}")))
    .collect();
    assert_eq!(names[0], id("epc:fa095211415678f0"));
    assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
    assert_eq!(canonical(id("epc:3476451fd40000000000162e")), names[0]);
}

#[test]
fn spellings_are_one_name_and_what_is_not_understood_stays() {
    assert_eq!(canonical(id("seal:mltm-123.456")), id("seal:MLTM123456"));
    assert_eq!(canonical(id("container:csqu-305438-3")), id("container:CSQU3054383"));
    assert_eq!(canonical(id("tag:E280689020000001020304050000")), id("tag:e28068902000000102030405"));
    for other in ["epc:ffff", "imei:356938035643809", "container:CSQU3054384", "tag:xyz", "seal:-"] {
        assert_eq!(canonical(id(other)), id(other));
    }
}

#[test]
fn what_was_joined_names_one_seal() {
    let mut aliases = Aliases::default();
    let (mark, epc, chip) =
        (id("seal:MLTM123456"), id("epc:3476451fd40000000000162e"), id("tag:e28068902000000102030405"));
    aliases.join(mark, epc).unwrap();
    aliases.join(epc, chip).unwrap();
    aliases.join(chip, id("tag:04a1b2c3d4e5f6")).unwrap();
    assert_eq!(aliases.names(mark).len(), 4);
    assert!(aliases.same(id("seal:mltm-123456"), id("epc:fa095211415678f0")));
    assert!(!aliases.same(mark, id("seal:MLTM123457")));
    // Said again, nothing changes.
    aliases.join(chip, mark).unwrap();
    assert_eq!(aliases.names(chip), aliases.names(mark));
}

#[test]
fn a_code_on_a_second_chip_is_a_copy() {
    let mut aliases = Aliases::default();
    let (epc, chip, copy) =
        (id("epc:fa095211415678f0"), id("tag:e28068902000000102030405"), id("tag:e28068902000000102030406"));
    aliases.join(epc, chip).unwrap();
    assert_eq!(aliases.join(epc, copy), Err(JoinError::Taken { known: chip, other: copy }));
    assert_eq!(aliases.names(epc).len(), 2);
    assert_eq!(aliases.names(copy), [copy]);
    // Nor through a third name.
    aliases.join(copy, id("seal:A77001")).unwrap();
    assert!(aliases.join(id("seal:A77001"), epc).is_err());
}

#[test]
fn a_container_is_no_seal() {
    let container = id("container:CSQU3054383");
    assert_eq!(Aliases::default().join(id("seal:A77001"), container), Err(JoinError::NoSeal(container)));
}

#[test]
fn marks_that_may_be_misread_are_shown_to_a_person() {
    let mark = |text| SealMark::parse(text).unwrap();
    assert_eq!(likeness(&mark("AB-1200"), &mark("ab1200")), Likeness::Same);
    assert_eq!(likeness(&mark("A8I2O0"), &mark("AB1200")), Likeness::Likely);
    assert_eq!(likeness(&mark("AB1201"), &mark("AB1200")), Likeness::Different);
}

proptest! {
    #[test]
    fn a_name_is_its_own_name(scheme in prop::sample::select(Scheme::ALL.to_vec()), value in "[0-9a-fA-F]{1,46}|[A-Za-z0-9._-]{1,46}") {
        let name = canonical(DeviceId::new(scheme, &value).unwrap());
        prop_assert_eq!(canonical(name), name);
    }

    #[test]
    fn a_seal_has_one_of_a_kind_and_a_name_one_seal(pairs in prop::collection::vec((0_u8..12, 0_u8..12), 0..40)) {
        let all: Vec<_> = (0..12_u8).map(|n| match n % 3 {
            0 => id(&format!("seal:A7700{n}")),
            1 => id(&format!("imei:35693803564380{n}")),
            _ => id(&format!("tag:04a1b2c3d4e5{n:02x}")),
        }).collect();
        let mut aliases = Aliases::default();
        for (one, another) in pairs {
            let (one, another) = (all[usize::from(one)], all[usize::from(another)]);
            if aliases.join(one, another).is_ok() {
                prop_assert!(aliases.same(one, another));
            }
        }
        for name in &all {
            let names = aliases.names(*name);
            let mut schemes: Vec<_> = names.iter().map(DeviceId::scheme).collect();
            schemes.dedup();
            prop_assert_eq!(schemes.len(), names.len());
            for other in &names {
                prop_assert_eq!(&aliases.names(*other), &names);
            }
        }
    }
}
