//! Keys at rest: AES-256-GCM under a master key that lies in a file of its own, readable by its owner alone.
//!
//! What a key is for and whose it is go in as associated data, so that a row cannot be put in the place of another.

use std::io::Write;
use std::path::Path;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use plomb_session::DeviceKey;
use plomb_wire::{from_hex, to_hex};
use sha2::Sha256;

use crate::RegistryError;

/// Bytes of the master key.
const KEY_BYTES: usize = 32;
/// Bytes of a nonce of GCM (NIST SP 800-38D).
const NONCE_BYTES: usize = 12;
/// Bytes of a fingerprint: enough to tell keys apart, too few to be one.
const FINGERPRINT_BYTES: usize = 8;

/// Encrypts and names keys.
pub(crate) struct Cipher {
    keys: Aes256Gcm,
    fingerprints: Hmac<Sha256>,
}

impl Cipher {
    /// The master key of this file, which is made if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, RegistryError> {
        let failed = |what: &str, why: &dyn std::fmt::Display| {
            RegistryError::MasterKey(format!("{what} {}: {why}", path.display()))
        };
        if !path.exists() {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(path).map_err(|why| failed("making the master key", &why))?;
            let written = file.write_all(to_hex(&random::<KEY_BYTES>()?).as_bytes());
            written.and_then(|()| file.sync_all()).map_err(|why| failed("writing the master key", &why))?;
        }
        let text = std::fs::read_to_string(path).map_err(|why| failed("reading the master key", &why))?;
        let bytes = from_hex(text.trim()).ok().and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes).ok());
        let bytes = bytes
            .ok_or_else(|| failed("the master key", &"it is not 64 hex digits; restore it from a backup"))?;
        Self::new(&bytes)
    }

    /// A key of its own that nobody keeps.
    pub(crate) fn forgotten() -> Result<Self, RegistryError> {
        Self::new(&random::<KEY_BYTES>()?)
    }

    fn new(master: &[u8; KEY_BYTES]) -> Result<Self, RegistryError> {
        let derived = |label: &[u8]| -> Result<Hmac<Sha256>, RegistryError> {
            let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(master).map_err(|_| unfit())?;
            mac.update(label);
            let key = mac.finalize().into_bytes();
            <Hmac<Sha256> as Mac>::new_from_slice(&key).map_err(|_| unfit())
        };
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(master).map_err(|_| unfit())?;
        mac.update(b"plomb registry keys 1");
        let keys = Aes256Gcm::new_from_slice(&mac.finalize().into_bytes()).map_err(|_| unfit())?;
        Ok(Self { keys, fingerprints: derived(b"plomb registry fingerprints 1")? })
    }

    /// Encrypts under a fresh nonce: nonce, then ciphertext with its tag.
    pub(crate) fn seal(&self, secret: &[u8], about: &[u8]) -> Result<Vec<u8>, RegistryError> {
        let nonce = random::<NONCE_BYTES>()?;
        let payload = Payload { msg: secret, aad: about };
        let sealed = self.keys.encrypt(Nonce::from_slice(&nonce), payload).map_err(|_| unfit())?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what [`Cipher::seal`] made of the same things.
    pub(crate) fn open_sealed(&self, sealed: &[u8], about: &[u8]) -> Result<Vec<u8>, RegistryError> {
        let (nonce, msg) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(unfit)?;
        self.keys.decrypt(Nonce::from_slice(nonce), Payload { msg, aad: about }).map_err(|_| unfit())
    }

    /// By what people tell keys apart. It depends on the master key, so that no guess can be tried against it.
    pub(crate) fn fingerprint(&self, secret: &[u8]) -> String {
        let mut mac = self.fingerprints.clone();
        mac.update(secret);
        let bytes = mac.finalize().into_bytes();
        to_hex(bytes.get(..FINGERPRINT_BYTES).unwrap_or_default()).to_lowercase()
    }
}

/// What a key's row is bound to.
pub(crate) fn about(key: &DeviceKey) -> Vec<u8> {
    let device = key.device.map(|device| device.to_string()).unwrap_or_default();
    format!("{}\0{device}\0{}\0{}", key.purpose.name(), to_hex(&key.id), to_hex(&key.salt)).into_bytes()
}

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], RegistryError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|why| RegistryError::Store(format!("the system has no random bytes: {why}")))?;
    Ok(bytes)
}

fn unfit() -> RegistryError {
    RegistryError::MasterKey(
        "the master key is not the one under which the keys were put; restore it from a backup".to_owned(),
    )
}
