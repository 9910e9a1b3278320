//! The sealed trucks that pass a gate: who they are, when they pass, and whose seal has been broken.

use plomb_model::{DeviceId, Scheme};
use plomb_wire::to_hex;

/// A truck is before the antennas for so long, milliseconds.
const PASSAGE_MS: u64 = 3000;
/// Rounds between two passages of a truck: shortest and longest, milliseconds.
const ROUND_MS: std::ops::Range<u64> = 12_000..40_000;
/// One tag in so many has no tamper loop.
const WITHOUT_LOOP_ONE_IN: usize = 4;
/// One tag in so many is broken from its third passage on.
const BREAKS_ONE_IN: usize = 5;
const BREAKS_AT_PASSAGE: u64 = 2;
/// Word of the EPC bank that holds the tamper bit (bit address 200h).
const TAMPER_WORD: usize = 0x20;

/// One seal with a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealTag {
    /// GIAI-96.
    pub epc: [u8; 12],
    /// Chip and serial number.
    pub tid: [u8; 12],
    /// What is written into its USER memory.
    pub user: Vec<u16>,
    /// Whether it has a tamper loop (UCODE G2iL+).
    pub has_loop: bool,
    /// From which passage on the loop is broken.
    pub breaks_at: Option<u64>,
    round_ms: u64,
    phase_ms: u64,
    outwards: bool,
}

impl SealTag {
    /// Its identifier at the platform.
    #[must_use]
    pub fn id(&self) -> Option<DeviceId> {
        DeviceId::new(Scheme::Epc, &to_hex(&self.epc).to_uppercase()).ok()
    }

    /// Before which antenna it is, of two: it passes one after the other, those that leave the other way round.
    pub(super) fn antenna(&self, elapsed_ms: u64) -> Option<u16> {
        let within = (elapsed_ms + self.phase_ms) % self.round_ms;
        let first = within < PASSAGE_MS / 2;
        (within < PASSAGE_MS).then_some(if first == self.outwards { 2 } else { 1 })
    }

    /// Whether the loop is broken by now.
    fn is_broken(&self, elapsed_ms: u64) -> bool {
        self.breaks_at.is_some_and(|at| (elapsed_ms + self.phase_ms) / self.round_ms >= at)
    }

    /// The words of a bank of its memory that exist from a word on.
    pub(super) fn memory(&self, bank: u8, from: usize, elapsed_ms: u64) -> Vec<u16> {
        let words = |bytes: &[u8]| -> Vec<u16> {
            bytes
                .chunks_exact(2)
                .map(|pair| pair.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte)))
                .collect()
        };
        match bank {
            1 if from >= TAMPER_WORD => {
                let broken = if self.is_broken(elapsed_ms) { 0x8000 } else { 0 };
                let configuration = if self.has_loop { vec![0x4040 | broken] } else { Vec::new() };
                configuration.into_iter().skip(from - TAMPER_WORD).collect()
            }
            // CRC (not computed), PC with the length of the EPC in words, EPC.
            1 => [vec![0, 6 << 11], words(&self.epc)].concat().into_iter().skip(from).collect(),
            2 => words(&self.tid).into_iter().skip(from).collect(),
            3 => self.user.iter().copied().skip(from).collect(),
            // Passwords are locked.
            _ => Vec::new(),
        }
    }
}

/// The tags that pass a gate, from the seed.
#[must_use]
pub fn population(seed: u64, count: usize) -> Vec<SealTag> {
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x5EA1);
    (0..count)
        .map(|index| {
            let serial = u32::try_from(index + 1).unwrap_or(u32::MAX) | rng.u32(..0x0FFF) << 16;
            // GIAI-96: header 34h, filter 0, partition 6 with a company prefix of 6 digits (614141).
            let mut epc = [0x34, 0x18, 0x25, 0x7B, 0xF4, 0, 0, 0, 0, 0, 0, 0];
            // Maker 006h (NXP), model 80Bh (UCODE G2iL+), with an extended header.
            let mut tid = [0xE2, 0x80, 0x68, 0x0B, 0x20, 0, 0, 0, 0, 0, 0, 0];
            for written in [&mut epc, &mut tid] {
                let tail = written.iter_mut().rev().zip(serial.to_le_bytes());
                tail.for_each(|(to, byte)| *to = byte);
            }
            let round_ms = rng.u64(ROUND_MS);
            SealTag {
                epc,
                tid,
                user: vec![0x504C, rng.u16(..), rng.u16(..), rng.u16(..)],
                has_loop: index % WITHOUT_LOOP_ONE_IN != WITHOUT_LOOP_ONE_IN - 1,
                breaks_at: (index % BREAKS_ONE_IN == 1).then_some(BREAKS_AT_PASSAGE),
                round_ms,
                phase_ms: rng.u64(..round_ms),
                outwards: rng.bool(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides_who_passes_and_when() {
        let one = population(7, 20);
        assert_eq!(one, population(7, 20));
        assert_ne!(one, population(8, 20));
        for tag in &one {
            let seen: Vec<u16> =
                (0..ROUND_MS.end / 100).filter_map(|tenth| tag.antenna(tenth * 100)).collect();
            assert!(seen.contains(&1) && seen.contains(&2) && seen.len() >= 25);
        }
        assert!(one.iter().all(|tag| tag.id().is_some()));
    }

    #[test]
    fn a_broken_loop_shows_in_the_first_bit_of_its_word() {
        let tags = population(7, 20);
        let breaks = tags.iter().find(|tag| tag.breaks_at.is_some() && tag.has_loop).unwrap();
        assert_eq!(breaks.memory(1, 0x20, 0), [0x4040]);
        assert_eq!(breaks.memory(1, 0x20, 1_000_000), [0xC040]);
        let bare = tags.iter().find(|tag| !tag.has_loop).unwrap();
        assert!(bare.memory(1, 0x20, 0).is_empty());
        assert_eq!(breaks.memory(1, 2, 0).len(), 6);
    }
}
