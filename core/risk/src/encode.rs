//! Risk encodings: what share of earlier inspections with the same value found something, drawn to the mean where
//! there were few. They only ever look back, so that a score never knows what was found later.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::declaration::{Attribute, Declaration, Inspected};

/// How many inspections at the overall rate each value starts with.
const SMOOTHING: f64 = 10.0;

/// What a risk is learned for: one attribute, a longer code, or two attributes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    One(Attribute),
    /// The first digits of the HS code.
    Hs(usize),
    Two(Attribute, Attribute),
    /// The first digits of the HS code with another attribute.
    HsWith(usize, Attribute),
    /// Quantities said again to the digit: HS code with mass, and the like.
    Repeated(&'static [Repeat]),
}

/// A part of a tuple that is repeated to the digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    Said(Attribute),
    Mass,
    Value,
    TaxRate,
}

impl Key {
    /// A number that stands for what the declaration says under this key; `place` keeps keys apart.
    /// FNV-1a with 64 bits, written here since stored models depend on it.
    pub(crate) fn of(self, place: usize, declaration: &Declaration) -> u64 {
        let mut hash = Fnv::new();
        hash.write(&u64::try_from(place).unwrap_or(u64::MAX).to_le_bytes());
        match self {
            Self::One(one) => hash.part(declaration.said(one).as_bytes()),
            Self::Hs(digits) => hash.part(declaration.hs(digits).as_bytes()),
            Self::Two(one, other) => {
                hash.part(declaration.said(one).as_bytes());
                hash.part(declaration.said(other).as_bytes());
            }
            Self::HsWith(digits, other) => {
                hash.part(declaration.hs(digits).as_bytes());
                hash.part(declaration.said(other).as_bytes());
            }
            Self::Repeated(parts) => {
                for part in parts {
                    let number = match part {
                        Repeat::Said(attribute) => {
                            hash.part(declaration.said(*attribute).as_bytes());
                            continue;
                        }
                        Repeat::Mass => declaration.net_mass_kg,
                        Repeat::Value => declaration.value,
                        Repeat::TaxRate => declaration.tax_rate,
                    };
                    hash.part(&number.map_or(u64::MAX, f64::to_bits).to_le_bytes());
                }
            }
        }
        hash.0
    }
}

struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// A part with its end, so that `ab` `c` differs from `a` `bc`.
    fn part(&mut self, bytes: &[u8]) {
        self.write(bytes);
        self.write(&[0xff]);
    }
}

/// Inspections counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tally {
    inspected: u32,
    guilty: u32,
}

impl Tally {
    pub(crate) fn inspected(self) -> f64 {
        f64::from(self.inspected)
    }

    /// The share found guilty, drawn to `mean` with the weight of [`SMOOTHING`] inspections.
    pub(crate) fn risk(self, mean: f64) -> f64 {
        (f64::from(self.guilty) + SMOOTHING * mean) / (self.inspected() + SMOOTHING)
    }

    fn add(&mut self, guilty: bool) {
        self.inspected = self.inspected.saturating_add(1);
        self.guilty = self.guilty.saturating_add(u32::from(guilty));
    }

    /// Without those of a part of the inspections.
    pub(crate) fn without(self, part: Self) -> Self {
        Self {
            inspected: self.inspected.saturating_sub(part.inspected),
            guilty: self.guilty.saturating_sub(part.guilty),
        }
    }
}

/// The values for each kilogram that were declared for like goods: mean and variance of their logarithms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Prices {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Prices {
    /// Welford's update.
    fn add(&mut self, log_price: f64) {
        self.count += 1.0;
        let off = log_price - self.mean;
        self.mean += off / self.count;
        self.squares += off * (log_price - self.mean);
    }

    /// How far a price lies from the mean, as a logarithm and in standard deviations.
    /// None below three prices: two say nothing of how far they spread.
    pub(crate) fn off(&self, log_price: f64) -> Option<(f64, f64)> {
        const ENOUGH: f64 = 3.0;
        /// So that goods of one price do not divide by nothing.
        const SPREAD_MIN: f64 = 0.05;
        (self.count >= ENOUGH).then(|| {
            let off = log_price - self.mean;
            (off, off / (self.squares / (self.count - 1.0)).sqrt().max(SPREAD_MIN))
        })
    }
}

/// What earlier inspections taught, key by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Encoder {
    pub(crate) all: Tally,
    tallies: FxHashMap<u64, Tally>,
    prices: FxHashMap<u64, Prices>,
}

impl Encoder {
    /// Take in what an inspection found, under keys made by [`Key::of`].
    pub(crate) fn learn(&mut self, keys: &[u64], price_keys: &[u64], inspected: &Inspected) {
        self.all.add(inspected.guilty);
        for key in keys {
            self.tallies.entry(*key).or_default().add(inspected.guilty);
        }
        if let Some(price) = inspected.declaration.unit_value() {
            for key in price_keys {
                self.prices.entry(*key).or_default().add(price.ln());
            }
        }
    }

    pub(crate) fn tally(&self, key: u64) -> Tally {
        self.tallies.get(&key).copied().unwrap_or_default()
    }

    pub(crate) fn prices(&self, key: u64) -> Prices {
        self.prices.get(&key).copied().unwrap_or_default()
    }

    /// The overall share found guilty; a tenth before anything is known.
    pub(crate) fn mean(&self) -> f64 {
        const AT_FIRST: f64 = 0.1;
        self.all.risk(AT_FIRST)
    }
}
