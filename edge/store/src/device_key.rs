//! A device's identifier in 48 bytes that sort as the identifiers do.

use plomb_model::DeviceId;

/// Bytes of a key: scheme, length, and up to 46 bytes of value.
pub(crate) const DEVICE_KEY_BYTES: usize = 48;

/// Key of a device; all zero for entries of no device, which sort first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DeviceKey(pub(crate) [u8; DEVICE_KEY_BYTES]);

impl DeviceKey {
    pub(crate) const NONE: Self = Self([0; DEVICE_KEY_BYTES]);

    /// 64 well-mixed bits of the key. Part of the history file's format.
    pub(crate) fn mixed(&self) -> u64 {
        // The multiplier of splitmix64's increment: odd, with bits spread evenly.
        const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
        let (words, _) = self.0.as_chunks::<8>();
        words.iter().fold(MULTIPLIER, |sum, word| {
            let product = (sum ^ u64::from_le_bytes(*word)).wrapping_mul(MULTIPLIER);
            product ^ (product >> 29)
        })
    }
}

impl From<&DeviceId> for DeviceKey {
    fn from(device: &DeviceId) -> Self {
        let mut key = [0; DEVICE_KEY_BYTES];
        let value = device.value().as_bytes();
        let (head, tail) = key.split_at_mut(2);
        head.copy_from_slice(&[device.scheme() as u8, u8::try_from(value.len()).unwrap_or(u8::MAX)]);
        tail.iter_mut().zip(value).for_each(|(place, byte)| *place = *byte);
        Self(key)
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::Scheme;

    use super::*;

    #[test]
    fn keys_sort_as_identifiers() {
        let ids = [
            DeviceId::new(Scheme::Imei, "9").unwrap(),
            DeviceId::new(Scheme::Imei, "10").unwrap(),
            DeviceId::new(Scheme::Imei, "123456789012345678901234567890").unwrap(),
            DeviceId::new(Scheme::SubLock, "A").unwrap(),
        ];
        for a in &ids {
            assert!(DeviceKey::NONE < DeviceKey::from(a));
            for b in &ids {
                assert_eq!(a.cmp(b), DeviceKey::from(a).cmp(&DeviceKey::from(b)));
            }
        }
    }
}
