//! The register, as its callers use it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod import;
mod keys;
mod records;

use plomb_model::{DeviceClass, DeviceId, Timestamp};
use plomb_registry::{Device, Model, Registry};

/// A moment of the tests.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_795_680_000);

pub(crate) fn id(text: &str) -> DeviceId {
    text.parse().unwrap()
}

/// A register with one model and one device of it.
pub(crate) fn register() -> Registry {
    let registry = Registry::in_memory().unwrap();
    registry.put_model("admin", NOW, &Model::new("jt701", DeviceClass::Active)).unwrap();
    registry.put_device("admin", NOW, &Device::new(id("jointech:8041300978"), "jt701"), None).unwrap();
    registry
}
