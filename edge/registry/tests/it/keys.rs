//! Keys: written, found by sessions, never shown, worthless without the master key.

use plomb_model::DeviceClass;
use plomb_registry::{Device, Model, Registry, RegistryError};
use plomb_session::{DeviceKey, KeyPurpose, SecretBytes, Secrets};

use crate::{NOW, id, register};

fn key(secret: &[u8]) -> DeviceKey {
    DeviceKey {
        device: Some(id("jointech:8041300978")),
        purpose: KeyPurpose::BthomeBind,
        id: Box::from([0xa4, 0xc1, 0x38, 0x11, 0x22, 0x33]),
        secret: SecretBytes::new(secret),
        salt: Box::default(),
    }
}

#[test]
fn a_session_finds_the_newest_key_at_once() {
    let registry = register();
    let first = registry.put_key("mary", NOW, key(&[1; 16])).unwrap();
    let found = registry.first(KeyPurpose::BthomeBind, &[0xa4, 0xc1, 0x38, 0x11, 0x22, 0x33]).unwrap();
    assert_eq!(found.secret.expose(), [1; 16]);
    let second = registry.put_key("mary", NOW, key(&[2; 16])).unwrap();
    let mut all = Vec::new();
    registry.all(KeyPurpose::BthomeBind, &mut all);
    assert_eq!(all.len(), 1, "the new key took the old one's place");
    assert_eq!(all[0].secret.expose(), [2; 16]);
    assert!(first.fingerprint != second.fingerprint);
    assert_eq!(registry.put_key("mary", NOW, key(&[2; 16])).unwrap().fingerprint, second.fingerprint);
    assert!(registry.first(KeyPurpose::Tam, &[0xa4, 0xc1, 0x38, 0x11, 0x22, 0x33]).is_none());
    let audit = registry.audit(None, 100).unwrap();
    assert!(audit[0].detail.contains(&second.fingerprint) && audit[0].what == "put key");
    assert!(!format!("{audit:?}").contains("0101010101"), "no secret is in the audit");
}

#[test]
fn a_key_of_an_unknown_device_is_refused() {
    let registry = Registry::in_memory().unwrap();
    assert!(matches!(registry.put_key("mary", NOW, key(&[1; 16])), Err(RegistryError::Unknown(_))));
}

#[test]
fn keys_lie_encrypted_and_open_only_under_their_master_key() {
    let folder = tempfile::tempdir().unwrap();
    let secret = *b"a-secret-of-16-b";
    {
        let registry = Registry::open(folder.path()).unwrap();
        registry.put_model("a", NOW, &Model::new("jt701", DeviceClass::Active)).unwrap();
        registry.put_device("a", NOW, &Device::new(id("jointech:8041300978"), "jt701"), None).unwrap();
        registry.put_key("a", NOW, key(&secret)).unwrap();
    }
    #[cfg(unix)]
    for file in ["registry.key", "registry.sqlite"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
    let again = Registry::open(folder.path()).unwrap();
    let found = again.first(KeyPurpose::BthomeBind, &key(&secret).id).unwrap();
    assert_eq!(found.secret.expose(), secret);
    drop(again);
    std::fs::write(folder.path().join("registry.key"), "00".repeat(32)).unwrap();
    assert!(matches!(Registry::open(folder.path()), Err(RegistryError::MasterKey(_))));
}

#[test]
fn a_row_in_the_place_of_another_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    {
        let registry = Registry::open(folder.path()).unwrap();
        registry.put_model("a", NOW, &Model::new("jt701", DeviceClass::Active)).unwrap();
        registry.put_device("a", NOW, &Device::new(id("jointech:8041300978"), "jt701"), None).unwrap();
        registry.put_key("a", NOW, key(&[7; 16])).unwrap();
    }
    let database = rusqlite::Connection::open(folder.path().join("registry.sqlite")).unwrap();
    database.execute("UPDATE keys SET purpose = 'tam'", []).unwrap();
    drop(database);
    assert!(matches!(Registry::open(folder.path()), Err(RegistryError::MasterKey(_))));
}

#[test]
fn a_change_of_another_process_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Registry::open(folder.path()).unwrap();
    let import = Registry::open(folder.path()).unwrap();
    server.refresh().unwrap();
    let before = server.changes();
    server.refresh().unwrap();
    assert_eq!(server.changes(), before, "nothing happened");
    import.put_model("a", NOW, &Model::new("jt701", DeviceClass::Active)).unwrap();
    import.put_device("a", NOW, &Device::new(id("jointech:8041300978"), "jt701"), None).unwrap();
    import.put_key("a", NOW, key(&[9; 16])).unwrap();
    server.refresh().unwrap();
    assert!(server.changes() > before && server.knows(&id("jointech:8041300978")));
    assert!(server.first(KeyPurpose::BthomeBind, &key(&[9]).id).is_some());
}
