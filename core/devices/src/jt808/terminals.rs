//! What a connection remembers of each terminal that speaks over it.
//!
//! A forwarding gateway speaks for up to a million terminals, so an entry is 16 bytes and exists only for a
//! terminal that has authenticated or has shown to be a lock; everything else follows from the frame in hand.
//! Holds no identifier in text, nothing that could be recomputed, and nothing beyond its limit.

use super::header::TerminalId;

/// Most terminals remembered: the largest forwarding gateways speak for a million. Their table takes 34 MB.
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

/// The terminals of a connection: a table with open addressing whose slot is one aligned word, so that a look-up
/// among a million costs one cache miss. Slots are never emptied, only their bits change.
pub(super) struct Terminals {
    seed: u64,
    count: usize,
    slots: Vec<u128>,
}

/// Set in every slot that is taken.
const TAKEN: u128 = 1 << 8;
/// Where the terminal's number begins in a slot, above what is known of it.
const NUMBER_SHIFT: u32 = 16;
/// Slots of the first table; a connection of one terminal needs no more.
const SLOTS_MIN: usize = 8;

impl Terminals {
    /// None yet; `seed` must be secret, so that nobody can choose numbers that collide.
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed, count: 0, slots: Vec::new() }
    }

    /// What is known of a terminal.
    #[inline]
    pub(super) fn of(&self, terminal: &TerminalId) -> Known {
        if self.count == 0 {
            return Known::default();
        }
        let slot = self.slots.get(self.place(terminal.as_u128())).copied().unwrap_or_default();
        let [.., known] = slot.to_be_bytes();
        Known(known)
    }

    /// Learns something; says whether there was room for it.
    pub(super) fn learn(&mut self, terminal: TerminalId, known: Known) -> bool {
        if (self.count + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let place = self.place(terminal.as_u128());
        let Some(slot) = self.slots.get_mut(place) else { return false };
        if *slot == 0 {
            if self.count >= TERMINALS_MAX {
                return false;
            }
            self.count += 1;
            *slot = (terminal.as_u128() << NUMBER_SHIFT) | TAKEN;
        }
        *slot |= u128::from(known.0);
        true
    }

    /// The terminal has logged out: it must authenticate again.
    pub(super) fn forget_authentication(&mut self, terminal: &TerminalId) {
        if self.count > 0 {
            let place = self.place(terminal.as_u128());
            if let Some(slot) = self.slots.get_mut(place) {
                *slot &= !u128::from(Known::AUTHENTICATED.0);
            }
        }
    }

    /// The slot of a terminal, or the free one where it would go. There is always a free one.
    fn place(&self, number: u128) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        let mut place = usize::try_from(self.hash(number) >> 32).unwrap_or_default() & mask;
        while let Some(slot) = self.slots.get(place) {
            if *slot == 0 || *slot >> NUMBER_SHIFT == number {
                break;
            }
            place = (place + 1) & mask;
        }
        place
    }

    /// Twice the slots.
    fn grow(&mut self) {
        let slots = (self.slots.len() * 2).max(SLOTS_MIN);
        for slot in std::mem::replace(&mut self.slots, vec![0; slots]) {
            if slot != 0 {
                let place = self.place(slot >> NUMBER_SHIFT);
                if let Some(free) = self.slots.get_mut(place) {
                    *free = slot;
                }
            }
        }
    }

    /// Two rounds of a folded 64-bit product (as in wyhash), which a secret start makes unpredictable.
    fn hash(&self, number: u128) -> u64 {
        let [high, low] = halves(number);
        let round = |state: u64, word: u64| {
            let factor = MIX ^ state.rotate_left(32);
            let [high, low] = halves(u128::from(state ^ word).wrapping_mul(u128::from(factor)));
            high ^ low ^ state.rotate_left(17)
        };
        round(round(self.seed, low), high)
    }
}

/// Odd constant of the mixing step: the golden ratio in 64 bits.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

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
    fn a_hundred_thousand_are_found_again_and_nobody_else() {
        let mut terminals = Terminals::new(0x1234_5678_9ABC_DEF0);
        for number in (0..200_000).step_by(2) {
            assert!(terminals.learn(terminal(number), Known::AUTHENTICATED));
        }
        for number in 0..200_000 {
            assert_eq!(terminals.of(&terminal(number)).has(Known::AUTHENTICATED), number % 2 == 0);
        }
        assert_eq!((terminals.count, terminals.slots.len()), (100_000, 262_144));
    }

    #[test]
    fn consecutive_numbers_spread() {
        let terminals = Terminals::new(0x1234_5678_9ABC_DEF0);
        let mut buckets = [0_u32; 256];
        for number in 0..4096 {
            let hash = terminals.hash(terminal(number).as_u128());
            buckets[usize::try_from(hash >> 32 & 0xFF).unwrap()] += 1;
        }
        assert!(buckets.iter().all(|count| (1..60).contains(count)), "{buckets:?}");
    }

    #[test]
    fn there_is_a_limit() {
        let mut terminals = Terminals::new(1);
        terminals.learn(terminal(1), Known::LOCK);
        terminals.count = TERMINALS_MAX;
        terminals.slots.resize(TERMINALS_MAX * 2, 0);
        let (known, unknown) = (terminal(1), terminal(2));
        assert!(!terminals.learn(unknown, Known::LOCK));
        assert_eq!(terminals.of(&unknown), Known::default());
        terminals.slots.resize(SLOTS_MIN, 0);
        assert!(terminals.of(&known).has(Known::LOCK));
    }
}
