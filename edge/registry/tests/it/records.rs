//! Models, devices, aliases, readers, custody, refusals, and the note that is made of each.

use plomb_model::{DeviceClass, Protocol, Standing, Timestamp};
use plomb_registry::{
    Adoption, Antenna, Custody, CustodyStatus, Device, DeviceFilter, Model, Reader, RegistryError,
};

use crate::{NOW, id, register};

#[test]
fn a_device_is_registered_found_changed_and_each_change_is_noted() {
    let registry = register();
    let lock = id("jointech:8041300978");
    assert!(registry.knows(&lock) && !registry.knows(&id("imei:356307042441013")));
    let mut device = registry.device(&lock).unwrap().unwrap();
    assert_eq!((device.registered_by.as_str(), device.registered_at), ("admin", NOW));
    device.standing = Standing::Suspended;
    device.label = "Lock 17".to_owned();
    registry.put_device("mary", NOW.plus_secs(60), &device, None).unwrap();
    assert_eq!(registry.standing(&lock), Some(Standing::Suspended));
    assert_eq!(registry.out_of_service(), [(lock, Standing::Suspended)]);
    let found = DeviceFilter { search: "LOCK".to_owned(), ..DeviceFilter::default() };
    let (devices, total) = registry.devices(&found, 10).unwrap();
    assert_eq!((devices[0].id, total), (lock, 1));
    assert_eq!(devices[0].registered_by, "admin", "who registered it stays");
    let audit = registry.audit(Some("device jointech:8041300978"), 10).unwrap();
    assert_eq!(audit.iter().map(|row| row.by.as_str()).collect::<Vec<_>>(), ["mary", "admin"]);
    assert!(audit[0].detail.contains("suspended"));
}

#[test]
fn what_cannot_be_is_refused_by_its_field() {
    let registry = register();
    let field = |error: RegistryError| match error {
        RegistryError::Unacceptable(fault) => fault.field.into_owned(),
        other => panic!("{other}"),
    };
    let unknown = Device::new(id("imei:356307042441013"), "no-such-model");
    assert_eq!(field(registry.put_device("a", NOW, &unknown, None).unwrap_err()), "model");
    let mut unregistered = Device::new(id("imei:356307042441013"), "jt701");
    unregistered.standing = Standing::Unregistered;
    assert_eq!(field(registry.put_device("a", NOW, &unregistered, None).unwrap_err()), "standing");
    let mut model = Model::new("a b", DeviceClass::Passive);
    assert_eq!(field(registry.put_model("a", NOW, &model).unwrap_err()), "name");
    (model.name, model.battery_mah) = ("ab".to_owned(), Some(0));
    assert_eq!(field(registry.put_model("a", NOW, &model).unwrap_err()), "battery_mah");
    let mut reader = Reader::new("gate-1");
    reader.antennas = vec![Antenna::default()];
    assert_eq!(field(registry.put_reader("a", NOW, &reader).unwrap_err()), "antennas");
    assert!(!registry.knows(&id("imei:356307042441013")) && !registry.knows(&id("reader:gate-1")));
}

#[test]
fn a_model_is_kept_as_it_was_put() {
    let registry = register();
    let model = Model {
        name: "jt709".to_owned(),
        manufacturer: "Jointech".to_owned(),
        class: DeviceClass::Active,
        protocols: vec![Protocol::Jointech, Protocol::Jt808],
        sensors: vec!["rope".to_owned(), "motor lock".to_owned()],
        bands: vec!["LTE B3".to_owned(), "LTE B8".to_owned()],
        battery_chemistry: "Li-ion".to_owned(),
        battery_mah: Some(15_000),
        approval: "CMIIT ID 2021CP0001".to_owned(),
    };
    registry.put_model("admin", NOW, &model).unwrap();
    assert_eq!(registry.models().unwrap().last(), Some(&model));
    let mut changed = model.clone();
    changed.battery_mah = None;
    registry.put_device("admin", NOW, &Device::new(id("jointech:1111111111"), "jt709"), None).unwrap();
    registry.put_model("admin", NOW, &changed).unwrap();
    assert_eq!(registry.models().unwrap().last(), Some(&changed), "though a device names it");
}

#[test]
fn custody_is_only_added_to() {
    let registry = register();
    let lock = id("jointech:8041300978");
    let mut custody = Custody { note: "receipt 12".to_owned(), ..Custody::new(lock, "Post Malaba", NOW) };
    registry.hand_over("mary", NOW, &custody).unwrap();
    custody.holder = "Carrier Ltd".to_owned();
    registry.hand_over("john", NOW.plus_secs(5), &custody).unwrap();
    let held = registry.custody(&lock).unwrap();
    let line = |custody: &Custody| format!("{} by {}", custody.holder, custody.recorded_by);
    assert_eq!(held.iter().map(line).collect::<Vec<_>>(), ["Carrier Ltd by john", "Post Malaba by mary"]);
    assert_eq!(registry.device(&lock).unwrap().unwrap().holder.as_deref(), Some("Carrier Ltd"));
    custody.device = id("jointech:9999999999");
    assert!(matches!(registry.hand_over("john", NOW, &custody), Err(RegistryError::Unknown(_))));
    custody.holder = "  ".to_owned();
    assert!(matches!(registry.hand_over("john", NOW, &custody), Err(RegistryError::Unacceptable(_))));
}

#[test]
fn nobody_changes_custody_or_audit_even_with_the_database_in_hand() {
    let folder = tempfile::tempdir().unwrap();
    let registry = plomb_registry::Registry::open(folder.path()).unwrap();
    registry.put_model("admin", NOW, &Model::new("m", DeviceClass::Passive)).unwrap();
    registry.put_device("admin", NOW, &Device::new(id("tag:04AABBCCDDEE80"), "m"), Some("Port")).unwrap();
    let database = rusqlite::Connection::open(folder.path().join("registry.sqlite")).unwrap();
    for sql in [
        "UPDATE custody SET holder = 'x'",
        "DELETE FROM custody",
        "UPDATE audit SET by = 'x'",
        "DELETE FROM audit",
    ] {
        let error = database.execute(sql, []).unwrap_err();
        assert!(error.to_string().contains("only added to"), "{error}");
    }
}

#[test]
fn the_names_of_a_seal_lead_to_its_device() {
    let registry = register();
    let lock = id("jointech:8041300978");
    let box_ = registry.put_alias("mary", NOW, lock, "CSQU 305438 3").unwrap();
    assert_eq!(box_.alias, id("container:CSQU3054383"));
    let code = registry.put_alias("mary", NOW, lock, "urn:epc:id:giai:9521141.5678").unwrap();
    let link = registry.put_alias("mary", NOW, lock, "https://id.gs1.org/8004/95211415678").unwrap();
    assert_eq!(code.alias, link.alias, "one thing, two spellings, one name");
    assert!(registry.knows(&code.alias) && registry.knows(&id("container:CSQU3054383")));
    assert_eq!(registry.aliases(Some(&lock)).unwrap().len(), 2);
    let wrong = registry.put_alias("mary", NOW, lock, "CSQU 305438 4").unwrap_err();
    assert!(matches!(wrong, RegistryError::Unacceptable(_)), "{wrong}");

    registry.put_device("mary", NOW, &Device::new(id("jointech:2222222222"), "jt701"), None).unwrap();
    let taken = registry.put_alias("mary", NOW, id("jointech:2222222222"), "CSQU3054383").unwrap_err();
    assert!(matches!(taken, RegistryError::Conflict(_)), "{taken}");
    registry.drop_alias("mary", NOW, &id("container:CSQU3054383")).unwrap();
    assert!(!registry.knows(&id("container:CSQU3054383")));
    registry.put_alias("mary", NOW, id("jointech:2222222222"), "CSQU3054383").unwrap();
}

#[test]
fn a_reader_is_kept_with_its_place_and_antennas() {
    let registry = register();
    let mut reader = Reader::new("north-1");
    reader.address = "10.0.0.7".to_owned();
    reader.checkpoint = "Malaba".to_owned();
    reader.place_e7 = Some((6_357_123, 342_678_901));
    reader.antennas = vec![Antenna {
        number: 2,
        name: "lane 2".to_owned(),
        direction: "in".to_owned(),
        power_cdbm: Some(2700),
    }];
    registry.put_reader("admin", NOW, &reader).unwrap();
    assert_eq!(registry.readers().unwrap(), [reader]);
    assert!(registry.knows(&id("reader:north-1")));
}

#[test]
fn a_device_in_quarantine_is_adopted_or_refused() {
    let registry = register();
    let (ours, theirs) = (id("imei:356307042441013"), id("imei:356307042441021"));
    let adoption = Adoption {
        model: "jt701".to_owned(),
        label: "L1".to_owned(),
        holder: "Post Malaba".to_owned(),
        note: "found in store".to_owned(),
    };
    registry.adopt("mary", NOW, ours, &adoption).unwrap();
    assert_eq!(registry.standing(&ours), Some(Standing::InService));
    assert_eq!(registry.custody(&ours).unwrap()[0].holder, "Post Malaba");
    assert!(matches!(registry.adopt("mary", NOW, ours, &adoption), Err(RegistryError::Conflict(_))));

    registry.refuse("mary", NOW, &theirs, "a phone of a passer-by").unwrap();
    assert!(registry.has_refused(&theirs) && !registry.knows(&theirs));
    assert_eq!(registry.refusals().unwrap()[0].by, "mary");
    assert!(matches!(registry.refuse("mary", NOW, &ours, ""), Err(RegistryError::Conflict(_))));
    let unheld = Adoption { holder: String::new(), ..adoption.clone() };
    assert!(matches!(registry.adopt("mary", NOW, theirs, &unheld), Err(RegistryError::Unacceptable(_))));
    assert!(!registry.knows(&theirs), "an adoption that fails leaves nothing behind");
    registry.adopt("mary", NOW, theirs, &adoption).unwrap();
    assert!(!registry.has_refused(&theirs), "a refusal can be taken back by adopting");
}

#[test]
fn where_devices_are_and_when_they_are_to_be_back_is_found() {
    let registry = register();
    let lock = id("jointech:8041300978");
    let mut custody = Custody::new(lock, "Carrier Ltd", NOW);
    (custody.place, custody.due) = ("Busia".to_owned(), Some(NOW.plus_secs(3600)));
    registry.hand_over("mary", NOW, &custody).unwrap();
    let count = |status: Option<CustodyStatus>, due_by: Option<Timestamp>| {
        let filter = DeviceFilter { status, due_by, ..DeviceFilter::default() };
        registry.devices(&filter, 10).unwrap().1
    };
    assert_eq!((count(None, Some(NOW)), count(None, Some(NOW.plus_secs(3600)))), (0, 1));
    custody.status = CustodyStatus::InReturn;
    registry.hand_over("mary", NOW, &custody).unwrap();
    assert_eq!((count(Some(CustodyStatus::InReturn), None), count(Some(CustodyStatus::Held), None)), (1, 0));
    let device = registry.device(&lock).unwrap().unwrap();
    assert_eq!((device.place.as_deref(), device.due), (Some("Busia"), custody.due));
    // Back at the depot: due no more.
    registry.hand_over("mary", NOW, &Custody::new(lock, "Depot", NOW)).unwrap();
    assert_eq!((count(None, Some(NOW.plus_secs(9_999))), count(Some(CustodyStatus::Held), None)), (0, 1));
    assert_eq!(registry.custody(&lock).unwrap().len(), 3, "all of it is kept");
    let early = Custody { due: Some(NOW), ..custody };
    assert!(registry.hand_over("mary", NOW, &early).is_err());
}
