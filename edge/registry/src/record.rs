//! What the register holds, in words of the domain.

use plomb_model::{
    DeviceClass, DeviceId, Fix, LatitudeE7, LongitudeE7, Position, Protocol, Scheme, Standing, Timestamp,
};
use plomb_session::KeyPurpose;

use crate::Fault;

/// Longest name of a model or reader.
const NAME_BYTES_MAX: usize = 64;
/// Longest text of one field: a line on a type plate.
pub(crate) const TEXT_CHARS_MAX: usize = 200;
/// Longest note: a paragraph.
const NOTE_CHARS_MAX: usize = 1_000;
/// Entries of a list: the radio bands of a telephone are some forty.
const LIST_MAX: usize = 64;
/// Antennas of a reader; LLRP numbers them with 16 bits, readers with multiplexers have up to 64.
const ANTENNAS_MAX: usize = 64;
/// Largest battery: a container tracker's pack has some 40 Ah.
const BATTERY_MAH_MAX: u32 = 10_000_000;

/// A type of device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name here: letters, digits, `-`, `.` and `_`.
    pub name: String,
    /// Who makes it.
    pub manufacturer: String,
    /// How it is powered and heard.
    pub class: DeviceClass,
    /// What it speaks.
    pub protocols: Vec<Protocol>,
    /// What it senses, in words: rope, motor lock, light, temperature.
    pub sensors: Vec<String>,
    /// Radio bands, in words: `LTE B3`, `865-868 MHz`.
    pub bands: Vec<String>,
    /// Chemistry of its battery: `Li-SOCl2`; empty without one.
    pub battery_chemistry: String,
    /// Capacity of its battery in mAh.
    pub battery_mah: Option<u32>,
    /// Number of its type approval.
    pub approval: String,
}

impl Model {
    /// A model of which only the name and the class are known.
    #[must_use]
    pub fn new(name: &str, class: DeviceClass) -> Self {
        Self {
            name: name.to_owned(),
            manufacturer: String::new(),
            class,
            protocols: Vec::new(),
            sensors: Vec::new(),
            bands: Vec::new(),
            battery_chemistry: String::new(),
            battery_mah: None,
            approval: String::new(),
        }
    }

    /// Whether it can be kept.
    ///
    /// # Errors
    /// The first field that cannot.
    pub fn check(&self) -> Result<(), Fault> {
        name("name", &self.name)?;
        text("manufacturer", &self.manufacturer)?;
        text("battery_chemistry", &self.battery_chemistry)?;
        text("approval", &self.approval)?;
        list("sensors", &self.sensors)?;
        list("bands", &self.bands)?;
        if self.protocols.len() > LIST_MAX {
            return Err(Fault::new("protocols", format!("there are more than {LIST_MAX}")));
        }
        match self.battery_mah {
            Some(0) => Err(Fault::new("battery_mah", "a battery holds more than 0 mAh; leave it out")),
            Some(mah) if mah > BATTERY_MAH_MAX => {
                Err(Fault::new("battery_mah", format!("it is more than {BATTERY_MAH_MAX} mAh")))
            }
            _ => Ok(()),
        }
    }
}

/// A device of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its identifier, as its reports carry it.
    pub id: DeviceId,
    /// Name of its model.
    pub model: String,
    /// How it stands.
    pub standing: Standing,
    /// What is written on it, or what its owner calls it.
    pub label: String,
    /// Free text.
    pub note: String,
    /// When it was registered; set by the register.
    pub registered_at: Timestamp,
    /// By whom; set by the register.
    pub registered_by: String,
    /// Who holds it now, by the newest entry of its custody; set by the register.
    pub holder: Option<String>,
    /// How they hold it; set by the register.
    pub status: Option<CustodyStatus>,
    /// Where; set by the register.
    pub place: Option<String>,
    /// By when it is to be back; set by the register.
    pub due: Option<Timestamp>,
}

impl Device {
    /// A device of this model, in service.
    #[must_use]
    pub fn new(id: DeviceId, model: &str) -> Self {
        Self {
            id,
            model: model.to_owned(),
            standing: Standing::InService,
            label: String::new(),
            note: String::new(),
            registered_at: Timestamp::from_millis(0),
            registered_by: String::new(),
            holder: None,
            status: None,
            place: None,
            due: None,
        }
    }

    /// Whether it can be kept.
    ///
    /// # Errors
    /// The first field that cannot.
    pub fn check(&self) -> Result<(), Fault> {
        name("model", &self.model)?;
        text("label", &self.label)?;
        note("note", &self.note)?;
        if self.standing == Standing::Unregistered {
            return Err(Fault::new("standing", "a registered device cannot be unregistered; retire it"));
        }
        Ok(())
    }
}

/// What is known of a key without the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFact {
    /// Whose it is; `None` for a key of a whole batch.
    pub device: Option<DeviceId>,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// By what a message names it.
    pub id: Vec<u8>,
    /// Tells keys apart without telling them.
    pub fingerprint: String,
    /// When it was set.
    pub set_at: Timestamp,
    /// By whom.
    pub set_by: String,
}

/// What a device shows to publish by MQTT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its user name, which is the second part of its topics.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// SHA-256 of its secret, which is drawn at random and therefore needs no slow hash.
    pub digest: [u8; 32],
}

/// A reader of tags and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Reader {
    /// Its name here: it is `reader:NAME` in reports.
    pub name: String,
    /// Host, or `host:port`, where it waits for our call; empty for one that is not called.
    pub address: String,
    /// Whether it is called.
    pub enabled: bool,
    /// The checkpoint it belongs to.
    pub checkpoint: String,
    /// Where it stands, in units of 1e-7 degree, north and east positive.
    pub place_e7: Option<(i64, i64)>,
    /// `in`, `out` or empty: which way what passes goes.
    pub direction: String,
    /// Its antennas; none for all that it has.
    pub antennas: Vec<Antenna>,
    /// Whether the TID of each tag is read.
    pub read_tid: bool,
    /// Whether the tamper bit is read.
    pub read_tamper: bool,
}

/// One antenna of a reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Antenna {
    /// The reader's number for it, from 1.
    pub number: u16,
    /// Name or lane.
    pub name: String,
    /// `in`, `out` or empty for the reader's.
    pub direction: String,
    /// Transmit power in hundredths of dBm; the reader's own setting if none.
    pub power_cdbm: Option<i16>,
}

impl Reader {
    /// A reader of which nothing but the name is known.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            address: String::new(),
            enabled: true,
            checkpoint: String::new(),
            place_e7: None,
            direction: String::new(),
            antennas: Vec::new(),
            read_tid: true,
            read_tamper: false,
        }
    }

    /// The reader as its reports name it.
    ///
    /// # Errors
    /// Its name does not serve.
    pub fn device(&self) -> Result<DeviceId, Fault> {
        DeviceId::new(Scheme::Reader, &self.name).map_err(|why| Fault::new("name", why.to_string()))
    }

    /// Where it stands, if that is on record.
    #[must_use]
    pub fn place(&self) -> Option<Position> {
        let (latitude, longitude) = self.place_e7?;
        let (latitude, longitude) = (LatitudeE7::new(latitude).ok()?, LongitudeE7::new(longitude).ok()?);
        Some(Position::new(latitude, longitude, Fix::Reader))
    }

    /// Whether it can be kept.
    ///
    /// # Errors
    /// The first field that cannot.
    pub fn check(&self) -> Result<(), Fault> {
        self.device()?;
        text("address", &self.address)?;
        text("checkpoint", &self.checkpoint)?;
        direction("direction", &self.direction)?;
        if let Some((latitude, longitude)) = self.place_e7 {
            if latitude.abs() > 900_000_000 {
                return Err(Fault::new("latitude", "it is outside the Earth"));
            }
            if longitude.abs() > 1_800_000_000 {
                return Err(Fault::new("longitude", "it is outside the Earth"));
            }
        }
        let mut numbers: Vec<u16> = self.antennas.iter().map(|antenna| antenna.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() != self.antennas.len() || numbers.len() > ANTENNAS_MAX || numbers.first() == Some(&0)
        {
            let why = format!("they must have different numbers from 1, at most {ANTENNAS_MAX}");
            return Err(Fault::new("antennas", why));
        }
        for antenna in &self.antennas {
            text("antennas", &antenna.name)?;
            direction("antennas", &antenna.direction)?;
        }
        Ok(())
    }
}

/// Another name of a device: its code, its chip, its printed mark, the container it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The name, in the one form in which it compares.
    pub alias: DeviceId,
    /// The device.
    pub device: DeviceId,
    /// As somebody wrote, scanned or printed it.
    pub written: String,
}

/// Who holds a device, and since when. Never changed, only followed by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    /// The device.
    pub device: DeviceId,
    /// Who holds it.
    pub holder: String,
    /// Since when.
    pub since: Timestamp,
    /// How they hold it.
    pub status: CustodyStatus,
    /// Where: a depot, a border post; empty where it is not said.
    pub place: String,
    /// By when it is to be back.
    pub due: Option<Timestamp>,
    /// Free text: the number of a receipt.
    pub note: String,
    /// Who recorded it; set by the register.
    pub recorded_by: String,
    /// When it was recorded; set by the register.
    pub recorded_at: Timestamp,
}

/// How somebody holds a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CustodyStatus {
    /// Ready, or in use.
    #[default]
    Held,
    /// At a charger.
    Charging,
    /// On its way back, as over a border after a trip.
    InReturn,
    /// At a workshop.
    Repair,
    /// Nobody knows where it is.
    Lost,
}

impl CustodyStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Held, Self::Charging, Self::InReturn, Self::Repair, Self::Lost];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Charging => "charging",
            Self::InReturn => "in-return",
            Self::Repair => "repair",
            Self::Lost => "lost",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl Custody {
    /// That somebody holds a device since a time, and nothing more.
    #[must_use]
    pub fn new(device: DeviceId, holder: &str, since: Timestamp) -> Self {
        Self {
            device,
            holder: holder.to_owned(),
            since,
            status: CustodyStatus::Held,
            place: String::new(),
            due: None,
            note: String::new(),
            recorded_by: String::new(),
            recorded_at: since,
        }
    }

    /// Whether it can be kept.
    ///
    /// # Errors
    /// The first field that cannot.
    pub fn check(&self) -> Result<(), Fault> {
        if self.holder.trim().is_empty() {
            return Err(Fault::new("holder", "somebody must hold it"));
        }
        text("holder", &self.holder)?;
        text("place", &self.place)?;
        if self.due.is_some_and(|due| due <= self.since) {
            return Err(Fault::new("due", "it must be later than since when it is held"));
        }
        note("note", &self.note)
    }
}

/// What makes a device in quarantine one of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// Name of its model.
    pub model: String,
    /// What is written on it.
    pub label: String,
    /// Who holds it from now on.
    pub holder: String,
    /// Why it is taken for ours.
    pub note: String,
}

/// Somebody has said that a device is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The device.
    pub device: DeviceId,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Which devices of the register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFilter {
    /// Part of identifier, label or holder, upper or lower case.
    pub search: String,
    /// Only of this model.
    pub model: Option<String>,
    /// Only of this standing.
    pub standing: Option<Standing>,
    /// Only those that are held so.
    pub status: Option<CustodyStatus>,
    /// Only those that were to be back by then.
    pub due_by: Option<Timestamp>,
    /// Only beyond this identifier.
    pub after: Option<String>,
}

/// One change, as it was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What was done.
    pub what: String,
    /// To what.
    pub about: String,
    /// What it was set to, without secrets; JSON.
    pub detail: String,
}

/// A name that can stand in a path and a file.
pub(crate) fn name(field: &'static str, value: &str) -> Result<(), Fault> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if value.is_empty() || value.len() > NAME_BYTES_MAX || !value.bytes().all(fits) {
        let why = format!("it must be 1 to {NAME_BYTES_MAX} letters, digits, '-', '.' and '_'");
        return Err(Fault::new(field, why));
    }
    Ok(())
}

/// A text of one line.
pub(crate) fn text(field: &'static str, value: &str) -> Result<(), Fault> {
    bounded(field, value, TEXT_CHARS_MAX)
}

/// A text of a paragraph.
pub(crate) fn note(field: &'static str, value: &str) -> Result<(), Fault> {
    bounded(field, value, NOTE_CHARS_MAX)
}

fn bounded(field: &'static str, value: &str, most: usize) -> Result<(), Fault> {
    if value.chars().count() > most {
        return Err(Fault::new(field, format!("it has more than {most} characters")));
    }
    if value.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Fault::new(field, "it has a control character"));
    }
    Ok(())
}

fn list(field: &'static str, values: &[String]) -> Result<(), Fault> {
    if values.len() > LIST_MAX {
        return Err(Fault::new(field, format!("there are more than {LIST_MAX}")));
    }
    values.iter().try_for_each(|value| text(field, value))
}

fn direction(field: &'static str, value: &str) -> Result<(), Fault> {
    if ["", "in", "out"].contains(&value) {
        return Ok(());
    }
    Err(Fault::new(field, "a direction is in, out or empty"))
}
