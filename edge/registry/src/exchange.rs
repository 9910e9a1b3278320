//! Records as JSON objects, a field at a time: so that a report of what is wrong can name the field.

use plomb_model::{DeviceClass, DeviceId, Protocol, Standing};
use plomb_session::{DeviceKey, KeyPurpose, SecretBytes};
use plomb_wire::from_hex;
use serde_json::{Map, Value, json};

use crate::Fault;
use crate::record::{Alias, Antenna, Credential, Device, Model, Reader};

/// The fields of a record, as JSON or as the columns of a table.
pub type Fields = Map<String, Value>;

/// What a record is of, in the order in which they are put: later ones name earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A type of device.
    Model,
    /// A device.
    Device,
    /// A reader of tags.
    Reader,
    /// Another name of a device.
    Alias,
    /// A key.
    Key,
    /// What a device shows to publish by MQTT.
    Credential,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Model, Self::Device, Self::Reader, Self::Alias, Self::Key, Self::Credential];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Device => "device",
            Self::Reader => "reader",
            Self::Alias => "alias",
            Self::Key => "key",
            Self::Credential => "credential",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A type of device.
    Model(Model),
    /// A device, and who holds it where that is told.
    Device(Device, Option<String>),
    /// A reader of tags.
    Reader(Reader),
    /// Another name of a device, as it was written.
    Alias(DeviceId, String),
    /// A key.
    Key(DeviceKey),
    /// What a device shows to publish by MQTT.
    Credential(Credential),
}

impl Record {
    /// What it is of.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Model(_) => Kind::Model,
            Self::Device(..) => Kind::Device,
            Self::Reader(_) => Kind::Reader,
            Self::Alias(..) => Kind::Alias,
            Self::Key(_) => Kind::Key,
            Self::Credential(_) => Kind::Credential,
        }
    }
}

/// Reads a record of a kind from its fields.
///
/// # Errors
/// The first field that cannot be taken.
pub fn record_of(kind: Kind, fields: Fields) -> Result<Record, Fault> {
    let mut fields = Taken(fields);
    let record = match kind {
        Kind::Model => Record::Model(model(&mut fields)?),
        Kind::Device => device(&mut fields)?,
        Kind::Reader => Record::Reader(reader(&mut fields)?),
        Kind::Alias => Record::Alias(fields.id("device")?, fields.required("alias")?),
        Kind::Key => Record::Key(key(&mut fields)?),
        Kind::Credential => Record::Credential(credential(&mut fields)?),
    };
    match fields.0.into_iter().find(|(_, value)| !value.is_null()) {
        Some((name, _)) => Err(Fault::new(name, format!("a {} has no such field", kind.name()))),
        None => Ok(record),
    }
}

/// A record as JSON, with its kind. Keys and credentials are not told.
#[must_use]
pub fn to_json(record: &Record) -> Option<Value> {
    Some(match record {
        Record::Model(model) => json!({
            "kind": "model",
            "name": model.name,
            "manufacturer": model.manufacturer,
            "class": model.class.name(),
            "protocols": model.protocols.iter().map(|protocol| protocol.name()).collect::<Vec<_>>(),
            "sensors": model.sensors,
            "bands": model.bands,
            "battery_chemistry": model.battery_chemistry,
            "battery_mah": model.battery_mah,
            "approval": model.approval,
        }),
        Record::Device(device, holder) => json!({
            "kind": "device",
            "id": device.id.to_string(),
            "model": device.model,
            "standing": device.standing.name(),
            "label": device.label,
            "note": device.note,
            "holder": holder,
        }),
        Record::Reader(reader) => reader_json(reader),
        Record::Alias(device, written) => {
            json!({"kind": "alias", "device": device.to_string(), "alias": written})
        }
        Record::Key(_) | Record::Credential(_) => return None,
    })
}

pub(crate) fn reader_json(reader: &Reader) -> Value {
    let antennas = reader.antennas.iter().map(|antenna| {
        json!({
            "number": antenna.number,
            "name": antenna.name,
            "direction": antenna.direction,
            "power_cdbm": antenna.power_cdbm,
        })
    });
    json!({
        "kind": "reader",
        "name": reader.name,
        "address": reader.address,
        "enabled": reader.enabled,
        "checkpoint": reader.checkpoint,
        "latitude": reader.place_e7.map(|(latitude, _)| degrees(latitude)),
        "longitude": reader.place_e7.map(|(_, longitude)| degrees(longitude)),
        "direction": reader.direction,
        "antennas": antennas.collect::<Vec<_>>(),
        "read_tid": reader.read_tid,
        "read_tamper": reader.read_tamper,
    })
}

/// Units of 1e-7 degree as degrees. Exact enough: 53 bits hold every such value.
#[expect(clippy::cast_precision_loss, reason = "a place on Earth has 32 bits")]
fn degrees(e7: i64) -> f64 {
    e7 as f64 / 1e7
}

/// Degrees in units of 1e-7 degree.
#[expect(clippy::cast_possible_truncation, reason = "float to integer casts saturate")]
fn e7(degrees: f64) -> i64 {
    (degrees * 1e7).round() as i64
}

fn model(fields: &mut Taken) -> Result<Model, Fault> {
    let class = fields.required("class")?;
    let classes = [DeviceClass::Passive, DeviceClass::SemiActive, DeviceClass::Active];
    let class = classes
        .into_iter()
        .find(|known| known.name() == class)
        .ok_or_else(|| Fault::new("class", "it must be passive, semi-active or active"))?;
    let protocol = |name: String| {
        let unknown =
            || Fault::new("protocols", format!("no protocol {name:?}; `plomb protocols` lists all"));
        Protocol::from_name(&name).ok_or_else(unknown)
    };
    let model = Model {
        name: fields.required("name")?,
        manufacturer: fields.text("manufacturer")?,
        class,
        protocols: fields.list("protocols")?.into_iter().map(protocol).collect::<Result<_, _>>()?,
        sensors: fields.list("sensors")?,
        bands: fields.list("bands")?,
        battery_chemistry: fields.text("battery_chemistry")?,
        battery_mah: fields.number("battery_mah")?,
        approval: fields.text("approval")?,
    };
    model.check().map(|()| model)
}

fn device(fields: &mut Taken) -> Result<Record, Fault> {
    let mut device = Device::new(fields.id("id")?, &fields.required("model")?);
    let standing = fields.text("standing")?;
    if !standing.is_empty() {
        let words: Vec<&str> = Standing::ALL.into_iter().map(Standing::name).collect();
        device.standing = Standing::from_name(&standing)
            .ok_or_else(|| Fault::new("standing", format!("it must be one of {}", words.join(", "))))?;
    }
    device.label = fields.text("label")?;
    device.note = fields.text("note")?;
    device.check()?;
    let holder = fields.text("holder")?;
    crate::record::text("holder", &holder)?;
    Ok(Record::Device(device, (!holder.is_empty()).then_some(holder)))
}

pub(crate) fn reader_of(fields: Fields) -> Result<Reader, Fault> {
    let mut fields = fields;
    fields.remove("kind");
    match record_of(Kind::Reader, fields)? {
        Record::Reader(reader) => Ok(reader),
        _ => Err(Fault::new("kind", "it is no reader")),
    }
}

fn reader(fields: &mut Taken) -> Result<Reader, Fault> {
    let mut reader = Reader::new(&fields.required("name")?);
    reader.address = fields.text("address")?;
    reader.enabled = fields.flag("enabled")?.unwrap_or(true);
    reader.checkpoint = fields.text("checkpoint")?;
    reader.place_e7 = match (fields.degrees("latitude")?, fields.degrees("longitude")?) {
        (Some(latitude), Some(longitude)) => Some((e7(latitude), e7(longitude))),
        (None, None) => None,
        (Some(_), None) => return Err(Fault::new("longitude", "latitude and longitude belong together")),
        (None, Some(_)) => return Err(Fault::new("latitude", "latitude and longitude belong together")),
    };
    reader.direction = fields.text("direction")?;
    reader.read_tid = fields.flag("read_tid")?.unwrap_or(true);
    reader.read_tamper = fields.flag("read_tamper")?.unwrap_or(false);
    reader.antennas = match fields.0.remove("antennas") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(antennas)) => antennas.into_iter().map(antenna).collect::<Result<_, _>>()?,
        Some(_) => return Err(Fault::new("antennas", "it must be a list")),
    };
    reader.check().map(|()| reader)
}

fn antenna(value: Value) -> Result<Antenna, Fault> {
    let Value::Object(fields) = value else {
        return Err(Fault::new("antennas", "each must be an object with a number"));
    };
    let mut fields = Taken(fields);
    let power = match fields.0.remove("power_cdbm") {
        None | Some(Value::Null) => None,
        Some(value) => Some(
            value
                .as_i64()
                .and_then(|power| i16::try_from(power).ok())
                .ok_or_else(|| Fault::new("antennas", "power_cdbm must be in hundredths of dBm"))?,
        ),
    };
    let number = fields.number("number")?.and_then(|number| u16::try_from(number).ok());
    let number = number.ok_or_else(|| Fault::new("antennas", "number must be 1 to 65535"))?;
    let (name, direction) = (fields.text("name")?, fields.text("direction")?);
    Ok(Antenna { number, name, direction, power_cdbm: power })
}

fn key(fields: &mut Taken) -> Result<DeviceKey, Fault> {
    let device = fields.text("device")?;
    let device = match device.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|why| Fault::new("device", format!("{why}")))?),
    };
    let purpose = fields.required("purpose")?;
    let purpose = KeyPurpose::from_name(&purpose).ok_or_else(|| {
        let names = KeyPurpose::ALL.map(KeyPurpose::name).join(", ");
        Fault::new("purpose", format!("no purpose {purpose:?}: there are {names}"))
    })?;
    let mut secret = fields.hex("secret")?;
    let kept = SecretBytes::new(&secret);
    secret.fill(0);
    if kept.expose().is_empty() {
        return Err(Fault::new("secret", "there is none"));
    }
    Ok(DeviceKey {
        device,
        purpose,
        id: fields.hex("id")?.into(),
        secret: kept,
        salt: fields.hex("salt")?.into(),
    })
}

fn credential(fields: &mut Taken) -> Result<Credential, Fault> {
    let name = fields.required("name")?;
    let protocol = fields.required("protocol")?;
    let protocol = Protocol::from_name(&protocol)
        .ok_or_else(|| Fault::new("protocol", format!("no protocol {protocol:?}")))?;
    let digest = fields.hex("sha256")?;
    let digest = digest
        .try_into()
        .map_err(|_| Fault::new("sha256", "it must be the SHA-256 of the secret, 64 hex digits"))?;
    crate::record::name("name", &name)?;
    Ok(Credential { name, protocol, digest })
}

/// Fields, of which those that were read are gone.
struct Taken(Fields);

impl Taken {
    fn text(&mut self, field: &'static str) -> Result<String, Fault> {
        match self.0.remove(field) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.trim().to_owned()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(_) => Err(Fault::new(field, "it must be a text")),
        }
    }

    fn required(&mut self, field: &'static str) -> Result<String, Fault> {
        let text = self.text(field)?;
        if text.is_empty() { Err(Fault::new(field, "it is missing")) } else { Ok(text) }
    }

    fn id(&mut self, field: &'static str) -> Result<DeviceId, Fault> {
        self.required(field)?.parse().map_err(|why| Fault::new(field, format!("{why}")))
    }

    /// A JSON list, or in a table texts with semicolons between them.
    fn list(&mut self, field: &'static str) -> Result<Vec<String>, Fault> {
        let texts = match self.0.remove(field) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(text)) => text.split(';').map(|part| part.trim().to_owned()).collect(),
            Some(Value::Array(values)) => values
                .into_iter()
                .map(|value| match value {
                    Value::String(text) => Ok(text),
                    _ => Err(Fault::new(field, "it must be a list of texts")),
                })
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(Fault::new(field, "it must be a list of texts")),
        };
        Ok(texts.into_iter().filter(|text: &String| !text.is_empty()).collect())
    }

    fn number(&mut self, field: &'static str) -> Result<Option<u32>, Fault> {
        let text = self.text(field)?;
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| Fault::new(field, "it must be a whole number from 0 up"))
    }

    fn degrees(&mut self, field: &'static str) -> Result<Option<f64>, Fault> {
        let text = self.text(field)?;
        if text.is_empty() {
            return Ok(None);
        }
        let degrees: Option<f64> = text.parse().ok();
        let finite = degrees.filter(|degrees| degrees.is_finite());
        finite.map(Some).ok_or_else(|| Fault::new(field, "it must be a number of degrees"))
    }

    fn flag(&mut self, field: &'static str) -> Result<Option<bool>, Fault> {
        match self.0.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => {
                text.parse().map(Some).map_err(|_| Fault::new(field, "it must be true or false"))
            }
            Some(_) => Err(Fault::new(field, "it must be true or false")),
        }
    }

    /// Never tells what it found: it may be a secret.
    fn hex(&mut self, field: &'static str) -> Result<Vec<u8>, Fault> {
        let text = match self.0.remove(field) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::String(text)) => text,
            Some(_) => return Err(Fault::new(field, "it must be a text of hex digits")),
        };
        let digits = text.trim();
        if digits == "-" {
            return Ok(Vec::new());
        }
        from_hex(digits).map_err(|why| Fault::new(field, format!("it is no hex ({why})")))
    }
}

/// Another name of a device in the one form in which it compares.
///
/// # Errors
/// It is none that is known here.
pub(crate) fn alias_of(device: DeviceId, written: &str) -> Result<Alias, Fault> {
    use plomb_passive::identity::{Identified, canonical, resolve};
    let id = match written.parse::<DeviceId>() {
        Ok(id) => canonical(id),
        Err(_) => match resolve(written) {
            Identified::WrongContainer(why) => return Err(Fault::new("alias", why.to_string())),
            Identified::WrongEpc(why) => return Err(Fault::new("alias", why.to_string())),
            found => found.device_id().ok_or_else(|| {
                Fault::new(
                    "alias",
                    "it is no EPC, chip number, seal mark, GS1 Digital Link, container number or scheme:value",
                )
            })?,
        },
    };
    crate::record::text("alias", written)?;
    Ok(Alias { alias: id, device, written: written.to_owned() })
}
