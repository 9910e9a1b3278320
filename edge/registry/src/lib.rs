//! The register of devices: which there are, of what model, with which keys, in whose custody, and which are in
//! quarantine. One SQLite file beside the journal, and one file with the master key under which device keys lie.
//!
//! What a device sends never comes here: that is the journal's. The register says what a device's word is worth, and
//! hands sessions their keys ([`Registry`] is a [`plomb_session::Secrets`]). Every change is noted with who made it.

mod cipher;
mod error;
mod exchange;
mod import;
mod live;
mod record;
mod registry;
mod schema;
mod store;
mod table;

pub use error::{Fault, RegistryError};
pub use exchange::{Fields, Kind, Record, record_of, to_json};
pub use import::{Columns, Import, ImportFormat, RowFault, Rows, read_rows};
pub use record::{
    Adoption, Alias, Antenna, AuditRow, Credential, Custody, CustodyStatus, Device, DeviceFilter, KeyFact,
    Model, Reader, Refusal,
};
pub use registry::Registry;
