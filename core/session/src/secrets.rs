//! Keys of devices, as sessions find them: looked up, never listed in a log, wiped when dropped.

use std::collections::BTreeMap;
use std::fmt;

use plomb_model::DeviceId;

/// What a key is for. The names are those of `plomb decode --keys` and of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPurpose {
    /// NTAG 424 DNA K_SDMMetaRead (opens the PICC data): one for a batch of tags; `id` is its number, one byte.
    NtagMetaRead,
    /// NTAG 424 DNA K_SDMFileRead of one tag; `id` is the UID, 7 bytes.
    NtagFileRead,
    /// Master key from which K_SDMFileRead of every tag is diversified (AN10922); `id` is its number, one byte.
    NtagMaster,
    /// ISO/IEC 29167-10 key; `id` is the key number (1 byte) and the TID; the number alone for a key of many tags.
    Tam,
    /// BTHome bind key; `id` is the Bluetooth address, 6 bytes.
    BthomeBind,
    /// Eddystone-EID identity key; `id` is free.
    EddystoneIdentity,
    /// OSCORE master secret (RFC 8613); `id` is the device's sender id, `salt` the master salt.
    OscoreMaster,
    /// P-256 public key (SEC 1, 65 or 33 bytes, or the x coordinate) with which a device signs or authenticates in
    /// EDHOC; `id` is its kid.
    DevicePublicKey,
    /// Static password of a lock, as text, for commands; `id` is the device written `scheme:value`, or `*` for all
    /// that have none of their own.
    LockPassword,
}

impl KeyPurpose {
    /// Every purpose.
    pub const ALL: [Self; 9] = [
        Self::NtagMetaRead,
        Self::NtagFileRead,
        Self::NtagMaster,
        Self::Tam,
        Self::BthomeBind,
        Self::EddystoneIdentity,
        Self::OscoreMaster,
        Self::DevicePublicKey,
        Self::LockPassword,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NtagMetaRead => "ntag-meta-read",
            Self::NtagFileRead => "ntag-file-read",
            Self::NtagMaster => "ntag-master",
            Self::Tam => "tam",
            Self::BthomeBind => "bthome-bind",
            Self::EddystoneIdentity => "eddystone-identity",
            Self::OscoreMaster => "oscore-master",
            Self::DevicePublicKey => "device-public-key",
            Self::LockPassword => "lock-password",
        }
    }

    /// The purpose of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// Bytes that must not be shown; overwritten when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretBytes(Box<[u8]>);

impl SecretBytes {
    /// Takes the secret in.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for a computation.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.0.fill(0);
        std::hint::black_box(&self.0);
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceKey {
    /// The device it belongs to; `None` for a key of a whole batch.
    pub device: Option<DeviceId>,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// By what a message names it; see [`KeyPurpose`].
    pub id: Box<[u8]>,
    /// The key.
    pub secret: SecretBytes,
    /// Salt or context that goes with it; empty where there is none.
    pub salt: Box<[u8]>,
}

/// Where sessions find keys. Implemented by the registry at the edge, and by [`SecretTable`].
pub trait Secrets: Send + Sync + fmt::Debug {
    /// The keys of a purpose with this id (several while a key is being changed), into `found`.
    fn find(&self, purpose: KeyPurpose, id: &[u8], found: &mut Vec<DeviceKey>);

    /// All keys of a purpose, for protocols that must try them (Eddystone-EID, NTAG meta keys).
    fn all(&self, purpose: KeyPurpose, found: &mut Vec<DeviceKey>);

    /// The first key of a purpose with this id.
    fn first(&self, purpose: KeyPurpose, id: &[u8]) -> Option<DeviceKey> {
        let mut found = Vec::new();
        self.find(purpose, id, &mut found);
        found.into_iter().next()
    }
}

/// No keys at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecrets;

impl Secrets for NoSecrets {
    fn find(&self, _: KeyPurpose, _: &[u8], _: &mut Vec<DeviceKey>) {}

    fn all(&self, _: KeyPurpose, _: &mut Vec<DeviceKey>) {}
}

/// Keys in memory: of a file, of a test, or of the registry once it is read.
#[derive(Clone, Debug, Default)]
pub struct SecretTable {
    keys: BTreeMap<(KeyPurpose, Box<[u8]>), Vec<DeviceKey>>,
}

impl SecretTable {
    /// Adds a key.
    pub fn insert(&mut self, key: DeviceKey) {
        self.keys.entry((key.purpose, key.id.clone())).or_default().push(key);
    }

    /// Reads the text form, one key a line: `purpose id secret [salt] [device]`, the middle three in hex, `-` for an
    /// empty id or salt; blank lines and those that begin with `#` are skipped.
    ///
    /// # Errors
    /// The number of the first line that is not so, and why. Never the secret.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut table = Self::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                let key = parse_line(line).map_err(|why| format!("line {}: {why}", number + 1))?;
                table.insert(key);
            }
        }
        Ok(table)
    }
}

fn parse_line(line: &str) -> Result<DeviceKey, String> {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    let purpose = KeyPurpose::from_name(name).ok_or_else(|| {
        let names = KeyPurpose::ALL.map(KeyPurpose::name).join(", ");
        format!("no purpose {name:?}: there are {names}")
    })?;
    let mut hex = |what: &str| match words.next() {
        None | Some("-") => Ok(Vec::new()),
        Some(word) => plomb_wire::from_hex(word).map_err(|error| format!("the {what} is no hex ({error})")),
    };
    let (id, mut secret, salt) = (hex("id")?, hex("secret")?, hex("salt")?);
    let kept = SecretBytes::new(&secret);
    secret.fill(0);
    if kept.expose().is_empty() {
        return Err("there is no secret".to_owned());
    }
    let device = match words.next() {
        None | Some("-") => None,
        Some(word) => Some(word.parse().map_err(|error| format!("the device {word:?}: {error}"))?),
    };
    Ok(DeviceKey { device, purpose, id: id.into(), secret: kept, salt: salt.into() })
}

impl Secrets for SecretTable {
    fn find(&self, purpose: KeyPurpose, id: &[u8], found: &mut Vec<DeviceKey>) {
        if let Some(keys) = self.keys.get(&(purpose, id.into())) {
            found.extend(keys.iter().cloned());
        }
    }

    fn all(&self, purpose: KeyPurpose, found: &mut Vec<DeviceKey>) {
        let of_purpose = self.keys.range((purpose, Box::from([]))..);
        found.extend(
            of_purpose.take_while(|((of, _), _)| *of == purpose).flat_map(|(_, keys)| keys.iter().cloned()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_and_found_by_purpose_and_id() {
        let table = SecretTable::parse(
            "# keys\nbthome-bind a4c138112233 231d39c1d7cc1ab1aee224cd096db932 - bluetooth:A4C138112233\n\nntag-meta-read 00 00112233445566778899aabbccddeeff\n",
        )
        .unwrap();
        let key = table.first(KeyPurpose::BthomeBind, &[0xa4, 0xc1, 0x38, 0x11, 0x22, 0x33]).unwrap();
        assert_eq!(key.device.unwrap().to_string(), "bluetooth:A4C138112233");
        assert_eq!(key.secret.expose().len(), 16);
        assert!(table.first(KeyPurpose::NtagFileRead, &[0]).is_none());
        let mut all = Vec::new();
        table.all(KeyPurpose::NtagMetaRead, &mut all);
        assert_eq!(all.len(), 1);
        assert!(!format!("{all:?}").contains("1122"));
    }

    #[test]
    fn a_bad_line_is_told_without_its_secret() {
        let error = SecretTable::parse("\nbthome 00 ff").unwrap_err();
        assert!(error.starts_with("line 2: no purpose"), "{error}");
        let error = SecretTable::parse("tam 00 zz11").unwrap_err();
        assert!(error.contains("secret is no hex") && !error.contains("zz11"), "{error}");
    }
}
