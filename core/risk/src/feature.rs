//! The features: what of a declaration the trees see, and to which reason each belongs.

use serde::{Deserialize, Serialize};

use crate::declaration::{Attribute, Declaration};
use crate::encode::{Encoder, Key, Repeat, Tally};

/// What an officer is told of a score: contributions are summed to these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// What the goods are.
    Goods,
    /// Where they were made and came from.
    Origin,
    /// Who declares, imports, sells and delivers.
    Traders,
    /// Value for each kilogram against like goods.
    Price,
    /// How much, and how much it is worth.
    Quantity,
    /// Rate, kind of tax and preference.
    Duty,
    /// Office, process, use, payment, transport.
    Procedure,
    /// The same figures as an earlier declaration.
    Repeated,
}

/// How many reasons there are.
pub(crate) const REASONS: usize = 8;

impl Reason {
    /// All of them, in order.
    pub const ALL: [Self; REASONS] = [
        Self::Goods,
        Self::Origin,
        Self::Traders,
        Self::Price,
        Self::Quantity,
        Self::Duty,
        Self::Procedure,
        Self::Repeated,
    ];
}

/// Which features a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Features {
    /// Attributes and quantities, none of which tells one declaration from another.
    Plain,
    /// With tuples of quantities repeated to the digit. In the public synthetic data these give away the label, for
    /// its generator copied whole rows: figures with them say nothing of how well new cases are found.
    WithRepeated,
}

use Attribute as A;

/// Keys whose risk is learned, in the order of the features.
const KEYS: [(Key, Reason); 26] = [
    (Key::One(A::Office), Reason::Procedure),
    (Key::One(A::Process), Reason::Procedure),
    (Key::One(A::ImportType), Reason::Procedure),
    (Key::One(A::ImportUse), Reason::Procedure),
    (Key::One(A::Payment), Reason::Procedure),
    (Key::One(A::Mode), Reason::Procedure),
    (Key::One(A::Declarant), Reason::Traders),
    (Key::One(A::Importer), Reason::Traders),
    (Key::One(A::Seller), Reason::Traders),
    (Key::One(A::Courier), Reason::Traders),
    (Key::One(A::Hs6), Reason::Goods),
    (Key::One(A::Departure), Reason::Origin),
    (Key::One(A::Origin), Reason::Origin),
    (Key::One(A::TaxType), Reason::Duty),
    (Key::One(A::OriginIndicator), Reason::Origin),
    (Key::Hs(4), Reason::Goods),
    (Key::Hs(2), Reason::Goods),
    (Key::Two(A::Hs6, A::Origin), Reason::Goods),
    (Key::Two(A::Hs6, A::Departure), Reason::Goods),
    (Key::Two(A::Hs6, A::TaxType), Reason::Goods),
    (Key::Two(A::Hs6, A::Office), Reason::Goods),
    (Key::Two(A::Hs6, A::Mode), Reason::Goods),
    (Key::Two(A::Hs6, A::ImportUse), Reason::Goods),
    (Key::HsWith(4, A::Origin), Reason::Goods),
    (Key::Two(A::Departure, A::Origin), Reason::Origin),
    (Key::Two(A::Office, A::Importer), Reason::Traders),
];

/// Tuples repeated to the digit.
const REPEATED: [(Key, Reason); 3] = [
    (Key::Repeated(&[Repeat::Said(A::Hs6), Repeat::Mass]), Reason::Repeated),
    (Key::Repeated(&[Repeat::Said(A::Hs6), Repeat::Value]), Reason::Repeated),
    (
        Key::Repeated(&[
            Repeat::Said(A::Hs6),
            Repeat::Mass,
            Repeat::Value,
            Repeat::Said(A::Departure),
            Repeat::Said(A::Origin),
            Repeat::TaxRate,
        ]),
        Reason::Repeated,
    ),
];

/// Keys of which it also counts how often they were seen, by their place in [`KEYS`].
const COUNTED: [(usize, Reason); 6] = [
    (6, Reason::Traders),
    (7, Reason::Traders),
    (8, Reason::Traders),
    (10, Reason::Goods),
    (17, Reason::Goods),
    (18, Reason::Goods),
];

/// Keys under which values for each kilogram are compared.
const PRICED: [Key; 3] = [Key::One(A::Hs6), Key::Hs(4), Key::Two(A::Hs6, A::Origin)];

/// Quantities as they are.
const QUANTITIES: [Reason; 10] = [
    Reason::Quantity,  // logarithm of the net mass
    Reason::Quantity,  // logarithm of the value
    Reason::Price,     // logarithm of the value for each kilogram
    Reason::Duty,      // rate
    Reason::Duty,      // logarithm of the duty
    Reason::Procedure, // day of the week
    Reason::Origin,    // departs from where it was made
    Reason::Quantity,  // fraction of a kilogram
    Reason::Quantity,  // value in round figures
    Reason::Goods,     // HS chapter as a number
];

/// A declaration with its keys made once.
#[derive(Clone, Debug)]
pub(crate) struct Keyed {
    pub(crate) keys: Vec<u64>,
    pub(crate) prices: [u64; PRICED.len()],
}

impl Features {
    fn keys(self) -> impl Iterator<Item = &'static (Key, Reason)> {
        let repeated: &[(Key, Reason)] = match self {
            Self::Plain => &[],
            Self::WithRepeated => &REPEATED,
        };
        KEYS.iter().chain(repeated)
    }

    /// How many encodings come first in a row; the trees may only raise the score with these.
    pub(crate) fn encodings(self) -> usize {
        self.keys().count()
    }

    /// The reason of each column.
    pub(crate) fn reasons(self) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = self.keys().map(|(_, reason)| *reason).collect();
        reasons.extend(COUNTED.iter().map(|(_, reason)| *reason));
        reasons.extend([Reason::Price; 2 * PRICED.len()]);
        reasons.extend(QUANTITIES);
        reasons
    }

    /// How many columns a row has.
    pub(crate) fn columns(self) -> usize {
        self.encodings() + COUNTED.len() + 2 * PRICED.len() + QUANTITIES.len()
    }

    pub(crate) fn key(self, declaration: &Declaration) -> Keyed {
        Keyed {
            keys: self.keys().enumerate().map(|(place, (key, _))| key.of(place, declaration)).collect(),
            prices: PRICED.map(|key| key.of(usize::MAX, declaration)),
        }
    }

    /// The row of a declaration by what is known: `tally` gives the inspections under a key.
    pub(crate) fn row(
        self,
        declaration: &Declaration,
        keyed: &Keyed,
        known: &Encoder,
        mean: f64,
        tally: impl Fn(u64) -> Tally,
    ) -> Vec<f64> {
        let mut row = Vec::with_capacity(self.columns());
        let tallies: Vec<Tally> = keyed.keys.iter().map(|key| tally(*key)).collect();
        row.extend(tallies.iter().map(|tally| tally.risk(mean)));
        row.extend(
            COUNTED
                .iter()
                .map(|(place, _)| tallies.get(*place).map_or(0.0, |tally| tally.inspected().ln_1p())),
        );
        let price = declaration.unit_value().map(f64::ln);
        for key in keyed.prices {
            let (off, deviations) =
                price.and_then(|price| known.prices(key).off(price)).unwrap_or((f64::NAN, f64::NAN));
            row.extend([off, deviations]);
        }
        row.extend(quantities(declaration));
        row
    }
}

fn quantities(declaration: &Declaration) -> [f64; QUANTITIES.len()] {
    let or_missing = |number: Option<f64>| number.unwrap_or(f64::NAN);
    let duty =
        declaration.value.zip(declaration.tax_rate).map(|(value, rate)| (value * rate / 100.0).ln_1p());
    let same = declaration.said(A::Departure) == declaration.said(A::Origin);
    [
        or_missing(declaration.net_mass_kg.map(f64::ln_1p)),
        or_missing(declaration.value.map(f64::ln_1p)),
        or_missing(declaration.unit_value().map(f64::ln)),
        or_missing(declaration.tax_rate),
        or_missing(duty),
        f64::from(declaration.day.rem_euclid(7)),
        f64::from(u8::from(same)),
        or_missing(declaration.net_mass_kg.map(f64::fract)),
        or_missing(declaration.value.map(|value| (value % 1_000.0) / 1_000.0)),
        declaration.hs(2).parse().unwrap_or(f64::NAN),
    ]
}
