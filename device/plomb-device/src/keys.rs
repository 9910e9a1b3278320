//! The keys of the device: provisioned once, held in place while it runs, wiped when it is attacked.

use hmac::{Hmac, Mac};
use plomb_constrained::cose;
use plomb_constrained::oscore::Context;
use plomb_constrained::p256::PrivateKey;
use plomb_constrained::profile::{
    CODE_DIGITS, CODE_HOURS_MAX, DEVICE_ID_BYTES_MAX, PLATFORM_ID, code_key, mac0_key, opening_code,
};
use sha2::Sha256;
use zeroize::Zeroize;

use crate::bytes::{Put, Take, check};
use crate::hardware::Vault;
use crate::pack;
use crate::record::Record;

/// Length of what lies in the vault.
pub const VAULT_BYTES: usize = 96;
/// Length of the master secret.
pub const MASTER_BYTES: usize = 32;
/// Length of the master salt.
pub const SALT_BYTES: usize = 8;
const MAGIC: [u8; 2] = *b"PK";
/// What is hashed before a password, so that no message of COSE can be one.
const PASSWORD: &[u8] = b"plomb password";

/// The identifier of the device: 1 to 7 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceId {
    length: u8,
    bytes: [u8; DEVICE_ID_BYTES_MAX],
}

impl DeviceId {
    /// From 1 to 7 bytes that are not the platform's own identifier.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let length = u8::try_from(bytes.len()).ok().filter(|length| *length > 0)?;
        let mut id = Self { length, bytes: [0; DEVICE_ID_BYTES_MAX] };
        id.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        (bytes != PLATFORM_ID).then_some(id)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

/// What a maker gives a device: its identity and secrets. Wiped when dropped.
pub struct Provision {
    /// The identifier.
    pub id: DeviceId,
    /// The master secret that it shares with the platform.
    pub master: [u8; MASTER_BYTES],
    /// The master salt.
    pub salt: [u8; SALT_BYTES],
    /// Its own private key on P-256, best made inside the device.
    pub signing: [u8; 32],
}

impl Drop for Provision {
    fn drop(&mut self) {
        self.master.zeroize();
        self.salt.zeroize();
        self.signing.zeroize();
    }
}

impl Provision {
    /// The public key that belongs to the private one, as the platform is told it: 04, X, Y (SEC 1). None when the private
    /// key is none of the curve.
    #[must_use]
    pub fn public_key(&self) -> Option<[u8; 65]> {
        let (x, y) = PrivateKey::new(&self.signing)?.public().coordinates();
        let mut point = [4; 65];
        point.get_mut(1..33)?.copy_from_slice(&x);
        point.get_mut(33..)?.copy_from_slice(&y);
        Some(point)
    }

    /// As it lies in the vault; the caller wipes it.
    pub(crate) fn encode(&self) -> [u8; VAULT_BYTES] {
        let mut bytes = [0; VAULT_BYTES];
        let mut put = Put(&mut bytes);
        put.bytes(&MAGIC).u8(self.id.length).bytes(&self.id.bytes);
        put.bytes(&self.master).bytes(&self.salt).bytes(&self.signing);
        let sum = check(&[bytes.get(..VAULT_BYTES - 4).unwrap_or_default()]);
        Put(bytes.get_mut(VAULT_BYTES - 4..).unwrap_or_default()).bytes(&sum);
        bytes
    }
}

/// The keys, made ready. Dropping wipes them where they lie.
pub(crate) struct Keys {
    pub(crate) context: Context,
    signing: PrivateKey,
    /// Of the tamper beacon, and of the digests of passwords.
    mac: [u8; 32],
    /// Of one-time codes.
    code: [u8; 32],
}

impl core::fmt::Debug for Keys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.mac.zeroize();
        self.code.zeroize();
    }
}

impl Keys {
    /// Loads them from the vault, with the identity; none when it holds none that are whole.
    #[inline(never)]
    pub(crate) fn load<V: Vault>(vault: &V) -> Option<(DeviceId, Self)> {
        let mut bytes = [0; VAULT_BYTES];
        let keys = if vault.load(&mut bytes) { Self::read(&bytes) } else { None };
        bytes.zeroize();
        keys
    }

    fn read(bytes: &[u8; VAULT_BYTES]) -> Option<(DeviceId, Self)> {
        let (checked, sum) = bytes.split_last_chunk::<4>()?;
        let mut take = Take(checked);
        if take.bytes() != MAGIC || *sum != check(&[checked]) {
            return None;
        }
        let length = take.u8();
        let id: [u8; DEVICE_ID_BYTES_MAX] = take.bytes();
        let id = DeviceId::new(id.get(..usize::from(length))?)?;
        let mut master: [u8; MASTER_BYTES] = take.bytes();
        let mut salt: [u8; SALT_BYTES] = take.bytes();
        let mut signing: [u8; 32] = take.bytes();
        let made = (|| {
            Some(Self {
                context: Context::derive(&master, &salt, None, id.as_bytes(), PLATFORM_ID)?,
                signing: PrivateKey::new(&signing)?,
                mac: mac0_key(&master, &salt, id.as_bytes())?,
                code: code_key(&master, &salt, id.as_bytes())?,
            })
        })();
        master.zeroize();
        salt.zeroize();
        signing.zeroize();
        made.map(|keys| (id, keys))
    }

    /// Signs the report of a record; gives the signature alone.
    pub(crate) fn sign(&self, id: &DeviceId, record: &Record) -> Option<[u8; 64]> {
        let mut report = [0; pack::PACK_BYTES_MAX];
        let report = pack::write(id, record, &mut report).ok()?;
        let mut out = [0; pack::ITEM_BYTES_MAX];
        let message = cose::sign1(&self.signing, id.as_bytes(), pack::FORMAT, report, &[], &mut out).ok()?;
        message.last_chunk().copied()
    }

    /// The tamper beacon of an arming: bytes that only the holder of these keys can make. Gives their number.
    pub(crate) fn beacon(&self, id: &DeviceId, arming: u32, out: &mut [u8]) -> Option<usize> {
        let mut beacon = [0; pack::BEACON_BYTES_MAX];
        let beacon = pack::write_beacon(id, arming, &mut beacon).ok()?;
        cose::mac0(&self.mac, id.as_bytes(), pack::FORMAT, beacon, out).ok().map(|bytes| bytes.len())
    }

    /// The hour in which a one-time code ends that opens this arming now, at this hour, and is later than `after`. Every
    /// code that could be right is compared, in constant time.
    pub(crate) fn code_hour(&self, typed: &str, arming: u32, now_h: u32, after: u32) -> Option<u32> {
        let typed: [u8; CODE_DIGITS] = typed.as_bytes().try_into().ok()?;
        let mut found = None;
        for until_h in now_h.saturating_add(1)..=now_h.saturating_add(CODE_HOURS_MAX) {
            let code = opening_code(&self.code, arming, until_h);
            let difference = code.iter().zip(&typed).fold(0, |all, (a, b)| all | (a ^ b));
            if core::hint::black_box(difference) == 0 && until_h > after {
                found = Some(until_h);
            }
        }
        found
    }

    /// By what a password or card is kept and known again. Without the keys it cannot be tried out.
    pub(crate) fn digest(&self, secret: &str) -> [u8; 16] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.mac) else { return [0; 16] };
        mac.update(PASSWORD);
        mac.update(secret.as_bytes());
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        digest.first_chunk().copied().unwrap_or_default()
    }
}

/// Whether two digests are the same, in constant time.
pub(crate) fn is_same(a: &[u8; 16], b: &[u8; 16]) -> bool {
    let difference = a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b));
    core::hint::black_box(difference) == 0
}
