//! What the register holds. Keys are told by fingerprint, credentials by name: a secret has no way in.

use plomb_model::Protocol;
use plomb_registry::{
    Alias, Antenna, AuditRow, Credential, Custody, CustodyStatus, Device, KeyFact, Model, Reader, Refusal,
};
use plomb_rules::DeviceState;
use plomb_wire::to_hex;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ClassWord, KeyPurposeWord, ProtocolWord, StandingWord, Time};

/// A type of device.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Model)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelView {
    /// Letters, digits, `-`, `.` and `_`. In a body it may be left out: the path names it.
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    manufacturer: String,
    class: ClassWord,
    #[serde(default)]
    protocols: Vec<ProtocolWord>,
    /// What it senses, in words.
    #[serde(default)]
    sensors: Vec<String>,
    /// Radio bands, in words: `LTE B3`, `865-868 MHz`.
    #[serde(default)]
    bands: Vec<String>,
    #[serde(default)]
    battery_chemistry: String,
    #[serde(default)]
    battery_mah: Option<u32>,
    /// Number of the type approval.
    #[serde(default)]
    approval: String,
}

impl ModelView {
    /// The model of this name.
    pub(crate) fn named(self, name: &str) -> Model {
        Model {
            name: name.to_owned(),
            manufacturer: self.manufacturer,
            class: self.class.0,
            protocols: self.protocols.into_iter().map(|protocol| protocol.0).collect::<Vec<Protocol>>(),
            sensors: self.sensors,
            bands: self.bands,
            battery_chemistry: self.battery_chemistry,
            battery_mah: self.battery_mah,
            approval: self.approval,
        }
    }
}

impl From<Model> for ModelView {
    fn from(model: Model) -> Self {
        Self {
            name: model.name,
            manufacturer: model.manufacturer,
            class: ClassWord(model.class),
            protocols: model.protocols.into_iter().map(ProtocolWord).collect(),
            sensors: model.sensors,
            bands: model.bands,
            battery_chemistry: model.battery_chemistry,
            battery_mah: model.battery_mah,
            approval: model.approval,
        }
    }
}

/// All models.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ModelList)]
pub(crate) struct ModelsView {
    pub(crate) items: Vec<ModelView>,
}

/// A device of ours, by the register.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RegisteredDevice)]
pub(crate) struct RegisteredView {
    #[schema(example = "jointech:8041300978")]
    id: String,
    /// Name of its model.
    model: String,
    standing: StandingWord,
    /// What is written on it.
    label: String,
    note: String,
    /// Who holds it, by the newest entry of its custody.
    #[schema(required)]
    holder: Option<String>,
    /// `held`, `charging`, `in-return`, `repair`, `lost`.
    #[schema(required)]
    custody: Option<&'static str>,
    /// Where.
    #[schema(required)]
    place: Option<String>,
    /// By when it is to be back.
    #[schema(required)]
    due: Option<Time>,
    registered_at: Time,
    registered_by: String,
}

impl From<Device> for RegisteredView {
    fn from(device: Device) -> Self {
        Self {
            id: device.id.to_string(),
            model: device.model,
            standing: StandingWord(device.standing),
            label: device.label,
            note: device.note,
            holder: device.holder,
            custody: device.status.map(CustodyStatus::name),
            place: device.place,
            due: device.due.map(Time),
            registered_at: Time(device.registered_at),
            registered_by: device.registered_by,
        }
    }
}

/// A page of the register.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RegisteredDeviceList)]
pub(crate) struct RegisteredsView {
    pub(crate) items: Vec<RegisteredView>,
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
    /// On all pages.
    pub(crate) total: u64,
}

/// What is known of a key without the key.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub(crate) struct KeyView {
    purpose: KeyPurposeWord,
    /// By what a message names it, in hexadecimal.
    id: String,
    /// Tells keys apart without telling them.
    fingerprint: String,
    set_at: Time,
    set_by: String,
}

impl From<KeyFact> for KeyView {
    fn from(key: KeyFact) -> Self {
        Self {
            purpose: KeyPurposeWord(key.purpose),
            id: to_hex(&key.id),
            fingerprint: key.fingerprint,
            set_at: Time(key.set_at),
            set_by: key.set_by,
        }
    }
}

/// The keys of a device.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = KeyList)]
pub(crate) struct KeysView {
    pub(crate) items: Vec<KeyView>,
}

/// Who may publish by MQTT.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Credential)]
pub(crate) struct CredentialView {
    /// The user name, and the second part of the topics.
    name: String,
    protocol: ProtocolWord,
}

impl From<Credential> for CredentialView {
    fn from(credential: Credential) -> Self {
        Self { name: credential.name, protocol: ProtocolWord(credential.protocol) }
    }
}

/// Everybody who may publish by MQTT.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CredentialList)]
pub(crate) struct CredentialsView {
    pub(crate) items: Vec<CredentialView>,
}

/// A secret that was drawn. It is told this once.
#[derive(Serialize, ToSchema)]
#[schema(as = NewSecret)]
pub(crate) struct NewSecretView {
    pub(crate) name: String,
    pub(crate) secret: String,
}

/// Who holds a device, and since when.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Custody)]
pub(crate) struct CustodyView {
    holder: String,
    since: Time,
    /// `held`, `charging`, `in-return`, `repair`, `lost`.
    status: &'static str,
    place: String,
    /// By when it is to be back.
    #[schema(required)]
    due: Option<Time>,
    note: String,
    recorded_by: String,
    recorded_at: Time,
}

impl From<Custody> for CustodyView {
    fn from(custody: Custody) -> Self {
        Self {
            holder: custody.holder,
            since: Time(custody.since),
            status: custody.status.name(),
            place: custody.place,
            due: custody.due.map(Time),
            note: custody.note,
            recorded_by: custody.recorded_by,
            recorded_at: Time(custody.recorded_at),
        }
    }
}

/// In whose hands a device was, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CustodyList)]
pub(crate) struct CustodiesView {
    pub(crate) items: Vec<CustodyView>,
}

/// Another name of a device.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Alias)]
pub(crate) struct AliasView {
    /// In the one form in which it compares.
    #[schema(example = "container:MSKU6011672")]
    alias: String,
    device: String,
    /// As somebody wrote, scanned or printed it.
    written: String,
}

impl From<Alias> for AliasView {
    fn from(alias: Alias) -> Self {
        Self { alias: alias.alias.to_string(), device: alias.device.to_string(), written: alias.written }
    }
}

/// Other names of a device.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AliasList)]
pub(crate) struct AliasesView {
    pub(crate) items: Vec<AliasView>,
}

/// A reader of tags: a gate.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Gate)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReaderView {
    /// It is `reader:NAME` in reports. In a body it may be left out: the path names it.
    #[serde(default)]
    pub(crate) name: String,
    /// Host, or `host:port`, where it waits for our call; empty for one that is not called.
    #[serde(default)]
    address: String,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    checkpoint: String,
    #[serde(default)]
    latitude: Option<f64>,
    #[serde(default)]
    longitude: Option<f64>,
    /// `in`, `out` or empty: which way what passes goes.
    #[serde(default)]
    direction: String,
    /// None for all that it has.
    #[serde(default)]
    antennas: Vec<AntennaView>,
    #[serde(default = "yes")]
    read_tid: bool,
    #[serde(default)]
    read_tamper: bool,
}

/// One antenna of a reader.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = GateAntenna)]
#[serde(deny_unknown_fields)]
pub(crate) struct AntennaView {
    /// The reader's number for it, from 1.
    number: u16,
    /// Name or lane.
    #[serde(default)]
    name: String,
    /// `in`, `out` or empty for the reader's.
    #[serde(default)]
    direction: String,
    /// Hundredths of dBm; the reader's own setting if none.
    #[serde(default)]
    power_cdbm: Option<i16>,
}

const fn yes() -> bool {
    true
}

impl ReaderView {
    /// The reader of this name; none when it has half a place.
    pub(crate) fn named(self, name: &str) -> Option<Reader> {
        let place_e7 = match (self.latitude, self.longitude) {
            (Some(latitude), Some(longitude)) => Some((e7(latitude), e7(longitude))),
            (None, None) => None,
            _ => return None,
        };
        let antenna = |antenna: AntennaView| Antenna {
            number: antenna.number,
            name: antenna.name,
            direction: antenna.direction,
            power_cdbm: antenna.power_cdbm,
        };
        Some(Reader {
            name: name.to_owned(),
            address: self.address,
            enabled: self.enabled,
            checkpoint: self.checkpoint,
            place_e7,
            direction: self.direction,
            antennas: self.antennas.into_iter().map(antenna).collect(),
            read_tid: self.read_tid,
            read_tamper: self.read_tamper,
        })
    }
}

impl From<Reader> for ReaderView {
    fn from(reader: Reader) -> Self {
        let antenna = |antenna: Antenna| AntennaView {
            number: antenna.number,
            name: antenna.name,
            direction: antenna.direction,
            power_cdbm: antenna.power_cdbm,
        };
        Self {
            name: reader.name,
            address: reader.address,
            enabled: reader.enabled,
            checkpoint: reader.checkpoint,
            latitude: reader.place_e7.map(|(latitude, _)| degrees(latitude)),
            longitude: reader.place_e7.map(|(_, longitude)| degrees(longitude)),
            direction: reader.direction,
            antennas: reader.antennas.into_iter().map(antenna).collect(),
            read_tid: reader.read_tid,
            read_tamper: reader.read_tamper,
        }
    }
}

/// Units of 1e-7 degree as degrees. Exact enough: 53 bits hold every such value.
#[expect(clippy::cast_precision_loss, reason = "a place on Earth has 32 bits")]
fn degrees(e7: i64) -> f64 {
    e7 as f64 / 1e7
}

/// Degrees in units of 1e-7 degree; what is beyond the Earth stays so, and is refused.
#[expect(clippy::cast_possible_truncation, reason = "float to integer casts saturate")]
fn e7(degrees: f64) -> i64 {
    (degrees * 1e7).round() as i64
}

/// All readers.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = GateList)]
pub(crate) struct ReadersView {
    pub(crate) items: Vec<ReaderView>,
}

/// One change of the register.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RegisterChange)]
pub(crate) struct AuditRowView {
    number: i64,
    at: Time,
    by: String,
    /// What was done.
    what: String,
    /// To what.
    about: String,
    /// What it was set to, as JSON; never a secret.
    detail: String,
}

impl From<AuditRow> for AuditRowView {
    fn from(row: AuditRow) -> Self {
        let AuditRow { number, at, by, what, about, detail } = row;
        Self { number, at: Time(at), by, what, about, detail }
    }
}

/// Changes of the register, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RegisterChangeList)]
pub(crate) struct AuditView {
    pub(crate) items: Vec<AuditRowView>,
}

/// A device that nobody has registered.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = QuarantinedDevice)]
pub(crate) struct QuarantinedView {
    pub(crate) id: String,
    protocol: ProtocolWord,
    first_received_at: Time,
    last_received_at: Time,
    /// All of them are kept.
    reports: u64,
    /// Open alarms of it.
    open_alarms: u64,
    /// Why it was refused; null while nobody has decided.
    #[schema(required)]
    refused: Option<RefusalView>,
}

/// Somebody has said that a device is not ours.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Refusal)]
pub(crate) struct RefusalView {
    reason: String,
    by: String,
    at: Time,
}

impl QuarantinedView {
    pub(crate) fn new(device: &DeviceState) -> Self {
        Self {
            id: device.id.to_string(),
            protocol: ProtocolWord(device.protocol),
            first_received_at: device.first_received_at.into(),
            last_received_at: device.last_received_at.into(),
            reports: u64::from(device.reports),
            open_alarms: u64::from(device.open_alarms.count_ones()),
            refused: None,
        }
    }

    pub(crate) fn refused(self, refusal: Option<&Refusal>) -> Self {
        let refused = refusal.map(|Refusal { reason, by, at, .. }| RefusalView {
            reason: reason.clone(),
            by: by.clone(),
            at: Time(*at),
        });
        Self { refused, ..self }
    }
}

/// A page of quarantine.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Quarantine)]
pub(crate) struct QuarantineView {
    pub(crate) items: Vec<QuarantinedView>,
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
    /// On all pages.
    pub(crate) total: u64,
}
