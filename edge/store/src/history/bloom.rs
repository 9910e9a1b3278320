//! A bloom filter over the devices of a file: one read of 64 bytes says "certainly not here" for most files.
//!
//! Each device sets six bits in one block of 60 bytes, which has its own checksum: a filter that lost a bit would hide
//! a device's history.

use crate::device_key::DeviceKey;

/// Bytes of a block on the disk.
pub(super) const BLOOM_BLOCK_BYTES: usize = 64;
const FILTER_BYTES: usize = 60;
const FILTER_BITS: u64 = 8 * FILTER_BYTES as u64;
/// 40 devices in 480 bits: 12 bits a device, so that about one lookup in 150 is misled.
const DEVICES_PER_BLOCK: usize = 40;
const PROBES: u64 = 6;

/// Blocks for so many devices.
pub(super) fn build<'a>(devices: impl ExactSizeIterator<Item = &'a DeviceKey>) -> Vec<u8> {
    let blocks = devices.len().div_ceil(DEVICES_PER_BLOCK).max(1);
    let mut filters = vec![[0_u8; FILTER_BYTES]; blocks];
    for device in devices {
        let block = usize::try_from(block_of(device, blocks as u64)).unwrap_or(usize::MAX);
        let Some(filter) = filters.get_mut(block) else { continue };
        for (byte, mask) in probes(device) {
            if let Some(byte) = filter.get_mut(byte) {
                *byte |= mask;
            }
        }
    }
    let mut out = Vec::with_capacity(blocks * BLOOM_BLOCK_BYTES);
    for filter in filters {
        out.extend_from_slice(&filter);
        out.extend_from_slice(&crc32fast::hash(&filter).to_le_bytes());
    }
    out
}

/// Which of `blocks` blocks has the device's bits.
pub(super) fn block_of(device: &DeviceKey, blocks: u64) -> u64 {
    (device.mixed() >> 32) % blocks.max(1)
}

/// Whether the device may be in the file; `None` when the block does not hold.
pub(super) fn may_contain(block: &[u8; BLOOM_BLOCK_BYTES], device: &DeviceKey) -> Option<bool> {
    let (filter, checksum) = block.split_last_chunk::<4>()?;
    if crc32fast::hash(filter) != u32::from_le_bytes(*checksum) {
        return None;
    }
    Some(probes(device).all(|(byte, mask)| filter.get(byte).is_some_and(|bits| bits & mask != 0)))
}

fn probes(device: &DeviceKey) -> impl Iterator<Item = (usize, u8)> {
    let low = device.mixed() & 0xffff_ffff;
    // Double hashing: an odd step visits different bits.
    let step = (low >> 9) | 1;
    (0..PROBES).map(move |probe| {
        let bit = low.wrapping_add(probe.wrapping_mul(step)) % FILTER_BITS;
        (usize::try_from(bit / 8).unwrap_or(usize::MAX), 1 << (bit % 8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> DeviceKey {
        let mut key = [0; crate::device_key::DEVICE_KEY_BYTES];
        key[..2].copy_from_slice(&[2, 10]);
        key[2..12].copy_from_slice(format!("{number:010}").as_bytes());
        DeviceKey(key)
    }

    #[test]
    fn never_misses_and_seldom_misleads() {
        let devices: Vec<_> = (0..10_000).map(key).collect();
        let bloom = build(devices.iter());
        let blocks = bloom.len() / BLOOM_BLOCK_BYTES;
        let asked = |device: &DeviceKey| {
            let block = usize::try_from(block_of(device, blocks as u64)).unwrap();
            let (all, _) = bloom.as_chunks::<BLOOM_BLOCK_BYTES>();
            may_contain(&all[block], device).unwrap()
        };
        assert!(devices.iter().all(asked));
        let misled = (10_000..110_000).map(key).filter(|device| asked(device)).count();
        assert!(misled < 2_500, "{misled} of 100000");
        let mut broken: [u8; BLOOM_BLOCK_BYTES] = bloom[..BLOOM_BLOCK_BYTES].try_into().unwrap();
        broken[0] ^= 1;
        assert_eq!(may_contain(&broken, &devices[0]), None);
    }
}
