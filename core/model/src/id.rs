//! Who and which: identifiers of devices, connections, journal entries, events and alarms.

use std::fmt;
use std::str::FromStr;

/// Longest value of a [`DeviceId`] in bytes: an EPC-96 in hex takes 24, an iBeacon's UUID, major and minor 40, and an
/// identifier with scheme and length fills 48.
const VALUE_BYTES_MAX: usize = 46;

/// Which numbering a device's identifier comes from. The discriminants are part
/// of the journal's format: never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Scheme {
    /// International Mobile Equipment Identity, 15 digits.
    Imei = 1,
    /// Jointech terminal number, 10 digits.
    Jointech = 2,
    /// JT/T 808 terminal phone number, 12 or 20 digits, leading zeros kept.
    Jt808 = 3,
    /// Jointech wireless sub-lock or sensor (JT709, JT126), 10 hex digits.
    JointechSensor = 4,
    /// Bluetooth device address, 12 hex digits.
    Bluetooth = 5,
    /// A tag read by a Teltonika (or other) gateway that has no address of its own: namespace and instance.
    Beacon = 6,
    /// Sub-lock of a JT/T 808 master, hex.
    SubLock = 7,
    /// Number or name of a tracker, as it calls itself where its protocol has no other numbering.
    Tracker = 8,
    /// Chip of a tag: the UID of an NFC tag or the TID of a UHF tag, hex.
    Tag = 9,
    /// Electronic Product Code of a tag: its binary form in hex (GS1 EPC TDS 2).
    Epc = 10,
    /// Fixed or handheld reader: its hostname, address or configured name.
    Reader = 11,
    /// Gateway that hears devices around it: its address or name.
    Gateway = 12,
    /// LoRaWAN DevEUI, 16 hex digits.
    Lorawan = 13,
    /// Sigfox device id, hex.
    Sigfox = 14,
    /// Globalstar or SPOT electronic serial number.
    Globalstar = 15,
    /// Electronic seal: manufacturer and serial number, as ISO 18185 has them.
    Eseal18185 = 16,
    /// Mark printed on a mechanical seal (ISO 17712): maker and number.
    Seal = 17,
    /// Freight container, ISO 6346: owner, category, serial number and check digit.
    Container = 18,
    /// Device of the Plomb profile: its key identifier, hex.
    Plomb = 19,
    /// Iridium terminal or RockBLOCK serial number where it is no IMEI.
    Iridium = 20,
}

impl Scheme {
    /// Every scheme, in the order of the discriminants.
    pub const ALL: [Self; 20] = [
        Self::Imei,
        Self::Jointech,
        Self::Jt808,
        Self::JointechSensor,
        Self::Bluetooth,
        Self::Beacon,
        Self::SubLock,
        Self::Tracker,
        Self::Tag,
        Self::Epc,
        Self::Reader,
        Self::Gateway,
        Self::Lorawan,
        Self::Sigfox,
        Self::Globalstar,
        Self::Eseal18185,
        Self::Seal,
        Self::Container,
        Self::Plomb,
        Self::Iridium,
    ];

    /// The word before the colon.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Imei => "imei",
            Self::Jointech => "jointech",
            Self::Jt808 => "jt808",
            Self::JointechSensor => "jointech-sensor",
            Self::Bluetooth => "bluetooth",
            Self::Beacon => "beacon",
            Self::SubLock => "sub-lock",
            Self::Tracker => "tracker",
            Self::Tag => "tag",
            Self::Epc => "epc",
            Self::Reader => "reader",
            Self::Gateway => "gateway",
            Self::Lorawan => "lorawan",
            Self::Sigfox => "sigfox",
            Self::Globalstar => "globalstar",
            Self::Eseal18185 => "e-seal",
            Self::Seal => "seal",
            Self::Container => "container",
            Self::Plomb => "plomb",
            Self::Iridium => "iridium",
        }
    }

    /// The scheme with this journal code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| *scheme as u8 == code)
    }
}

/// A device's identifier, written `scheme:value`.
///
/// Invariant: the value is 1 to 46 bytes of ASCII letters, digits, `-`, `.` and `_`.
///
/// ```
/// use plomb_model::{DeviceId, Scheme};
/// let id = DeviceId::new(Scheme::Jointech, "8041300978").unwrap();
/// assert_eq!(id.to_string(), "jointech:8041300978");
/// assert_eq!("jointech:8041300978".parse(), Ok(id));
/// assert!(DeviceId::new(Scheme::Imei, "12 34").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId {
    scheme: Scheme,
    length: u8,
    value: [u8; VALUE_BYTES_MAX],
}

/// Why a text is not an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing after the colon.
    #[error("the identifier is empty")]
    Empty,
    /// More than 46 bytes.
    #[error("the identifier has more than {VALUE_BYTES_MAX} characters")]
    TooLong,
    /// A byte outside letters, digits, `-`, `.` and `_`.
    #[error("the identifier has a character that is no letter, digit, '-', '.' or '_'")]
    Character,
    /// No `scheme:` before the value, or one nobody knows.
    #[error("the identifier does not begin with a known scheme such as 'imei:'")]
    Scheme,
}

impl DeviceId {
    /// An identifier of `scheme`.
    ///
    /// # Errors
    /// [`IdError`] when the value is empty, too long or holds other characters.
    pub fn new(scheme: Scheme, value: &str) -> Result<Self, IdError> {
        let bytes = value.as_bytes();
        if bytes.is_empty() {
            return Err(IdError::Empty);
        }
        if !bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(byte)) {
            return Err(IdError::Character);
        }
        let mut id = Self { scheme, length: 0, value: [0; VALUE_BYTES_MAX] };
        id.value.get_mut(..bytes.len()).ok_or(IdError::TooLong)?.copy_from_slice(bytes);
        id.length = u8::try_from(bytes.len()).map_err(|_| IdError::TooLong)?;
        Ok(id)
    }

    /// The numbering.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The identifier without its scheme.
    #[must_use]
    pub fn value(&self) -> &str {
        let bytes = self.value.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme.name(), self.value())
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DeviceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (name, value) = text.split_once(':').ok_or(IdError::Scheme)?;
        let scheme = Scheme::ALL.into_iter().find(|s| s.name() == name).ok_or(IdError::Scheme)?;
        Self::new(scheme, value)
    }
}

/// One conversation with a device or gateway: a TCP connection, or a UDP peer while it keeps talking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Number of an entry of the journal, counted from 0 without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u64);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One event: the entry that brought it and its place in that entry, written `entry-index`.
///
/// ```
/// use plomb_model::{EntryId, EventId};
/// let id = EventId { entry: EntryId(10452), index: 0 };
/// assert_eq!(id.to_string(), "10452-0");
/// assert_eq!("10452-0".parse(), Ok(id));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// The journal entry.
    pub entry: EntryId,
    /// Place in the entry, from 0.
    pub index: u16,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.entry.0, self.index)
    }
}

impl FromStr for EventId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (entry, index) = text.split_once('-').ok_or(IdError::Scheme)?;
        Ok(Self {
            entry: EntryId(entry.parse().map_err(|_| IdError::Character)?),
            index: index.parse().map_err(|_| IdError::Character)?,
        })
    }
}

/// Number of a movement under seal, counted from 1 in the order of declaration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MovementId(pub u64);

impl fmt::Display for MovementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of a case, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId(pub u64);

impl CaseId {
    /// Stands for all cases of a person, where a step is taken of all at once.
    pub const ALL: Self = Self(0);
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of an alarm, counted from 1 in the order of raising.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlarmId(pub u64);

impl fmt::Display for AlarmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
