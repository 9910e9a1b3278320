//! What a connection remembers of each terminal that speaks over it.
//!
//! A forwarding gateway speaks for up to a million terminals, so an entry is 12 bytes and exists only for a
//! terminal that has authenticated or has shown to be a lock; everything else follows from the frame in hand.
//! Holds no identifier in text, nothing that could be recomputed, and nothing beyond its limit.

use std::collections::HashMap as Map;
use std::hash::{BuildHasher, Hash, Hasher};

use super::header::TerminalId;

/// Most terminals remembered: the largest forwarding gateways speak for a million. 2^20 entries take 27 MB.
pub(super) const TERMINALS_MAX: usize = 1 << 20;

/// What is known of one terminal, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known(u8);

impl Known {
    /// Has shown its authentication code on this connection.
    pub(super) const AUTHENTICATED: Self = Self(1);
    /// Has reported a locked door or a lock item, so that "unlocked" means something too.
    pub(super) const LOCK: Self = Self(2);
    /// Has registered as a model whose alarm bits 0, 1 and 4 are removal and tampering.
    pub(super) const PADLOCK: Self = Self(4);

    /// Has reported an open door, so that "closed" means something too.
    pub(super) const DOORS: Self = Self(8);

    /// With the bits of `other`.
    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all bits of `other` are set.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The terminals of a connection.
#[expect(clippy::disallowed_types, reason = "seeded by the session's key, and nothing iterates over it")]
#[derive(Debug)]
pub(super) struct Terminals(Map<TerminalId, Known, Seed>);

impl Terminals {
    /// None yet; `seed` must be secret, so that nobody can choose numbers that collide.
    #[expect(clippy::disallowed_types, reason = "as above")]
    pub(super) fn new(seed: u64) -> Self {
        Self(Map::with_hasher(Seed(seed)))
    }

    /// What is known of a terminal.
    #[inline]
    pub(super) fn of(&self, terminal: &TerminalId) -> Known {
        if self.0.is_empty() {
            return Known::default();
        }
        self.0.get(terminal).copied().unwrap_or_default()
    }

    /// Learns something; says whether there was room for it.
    pub(super) fn learn(&mut self, terminal: TerminalId, known: Known) -> bool {
        if self.0.len() >= TERMINALS_MAX && !self.0.contains_key(&terminal) {
            return false;
        }
        self.0.entry(terminal).or_default().0 |= known.0;
        true
    }

    /// The terminal has logged out: it must authenticate again.
    pub(super) fn forget_authentication(&mut self, terminal: &TerminalId) {
        if let Some(known) = self.0.get_mut(terminal) {
            known.0 &= !Known::AUTHENTICATED.0;
        }
    }
}

impl Hash for TerminalId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.as_u128());
    }
}

/// The secret of the hash.
#[derive(Clone, Copy)]
struct Seed(u64);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl BuildHasher for Seed {
    type Hasher = Mix;

    fn build_hasher(&self) -> Mix {
        Mix(self.0)
    }
}

/// Two rounds of a folded 64-bit product (as in wyhash), which a secret start makes unpredictable.
struct Mix(u64);

impl Mix {
    /// Odd constant of the mixing step: the golden ratio in 64 bits.
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

    fn round(&mut self, word: u64) {
        let product =
            u128::from(self.0 ^ word).wrapping_mul(u128::from(Self::FACTOR ^ self.0.rotate_left(32)));
        let [high, low] = halves(product);
        self.0 = high ^ low ^ self.0.rotate_left(17);
    }
}

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.round(u64::from(*byte));
        }
    }

    fn write_u128(&mut self, number: u128) {
        let [high, low] = halves(number);
        self.round(low);
        self.round(high);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The upper and the lower 64 bits.
const fn halves(number: u128) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = number.to_be_bytes();
    [u64::from_be_bytes([a, b, c, d, e, f, g, h]), u64::from_be_bytes([i, j, k, l, m, n, o, p])]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(number: u64) -> TerminalId {
        let value = format!("{number:012}");
        let device = plomb_model::DeviceId::new(plomb_model::Scheme::Jt808, &value).unwrap();
        TerminalId::of_device(&device).unwrap()
    }

    #[test]
    fn an_entry_is_twelve_bytes() {
        assert_eq!(size_of::<(TerminalId, Known)>(), 12);
    }

    #[test]
    fn what_is_learnt_adds_up_and_log_out_takes_authentication_only() {
        let mut terminals = Terminals::new(7);
        let (one, two) = (terminal(1), terminal(2));
        assert!(terminals.learn(one, Known::LOCK) && terminals.learn(one, Known::AUTHENTICATED));
        assert!(terminals.of(&one).has(Known::AUTHENTICATED) && terminals.of(&one).has(Known::LOCK));
        assert_eq!(terminals.of(&two), Known::default());
        terminals.forget_authentication(&one);
        assert_eq!(terminals.of(&one), Known::LOCK);
    }

    #[test]
    fn consecutive_numbers_spread() {
        let seed = Seed(0x1234_5678_9ABC_DEF0);
        let mut buckets = [0_u32; 256];
        for number in 0..4096 {
            let hash = seed.hash_one(terminal(number));
            buckets[usize::try_from(hash & 0xFF).unwrap()] += 1;
        }
        assert!(buckets.iter().all(|count| (1..60).contains(count)), "{buckets:?}");
    }
}
