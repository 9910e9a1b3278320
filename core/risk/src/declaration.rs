//! What a customs declaration says, as the model reads it.

use serde::{Deserialize, Serialize};

/// Something a declaration says in words or codes, and the risk of which is learned value by value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attribute {
    /// The customs office that receives the declaration.
    Office,
    /// The kind of declaration process.
    Process,
    /// The kind of import (OEM, e-commerce, ...).
    ImportType,
    /// What the goods are imported for.
    ImportUse,
    /// How duty is paid.
    Payment,
    /// Mode of transport.
    Mode,
    /// Who declares.
    Declarant,
    /// Who imports.
    Importer,
    /// Who sells abroad.
    Seller,
    /// Who delivers.
    Courier,
    /// Harmonised System code, six digits.
    Hs6,
    /// Country of departure.
    Departure,
    /// Country of origin.
    Origin,
    /// The kind of tax or preference.
    TaxType,
    /// How the origin is shown on the goods.
    OriginIndicator,
}

/// How many attributes there are.
pub const ATTRIBUTES: usize = 15;

impl Attribute {
    /// All of them, in the order of [`Declaration::said`].
    pub const ALL: [Self; ATTRIBUTES] = [
        Self::Office,
        Self::Process,
        Self::ImportType,
        Self::ImportUse,
        Self::Payment,
        Self::Mode,
        Self::Declarant,
        Self::Importer,
        Self::Seller,
        Self::Courier,
        Self::Hs6,
        Self::Departure,
        Self::Origin,
        Self::TaxType,
        Self::OriginIndicator,
    ];

    /// The column of the public customs declaration data set that holds it.
    #[must_use]
    pub const fn column(self) -> &'static str {
        match self {
            Self::Office => "Office ID",
            Self::Process => "Process Type",
            Self::ImportType => "Import Type",
            Self::ImportUse => "Import Use",
            Self::Payment => "Payment Type",
            Self::Mode => "Mode of Transport",
            Self::Declarant => "Declarant ID",
            Self::Importer => "Importer ID",
            Self::Seller => "Seller ID",
            Self::Courier => "Courier ID",
            Self::Hs6 => "HS6 Code",
            Self::Departure => "Country of Departure",
            Self::Origin => "Country of Origin",
            Self::TaxType => "Tax Type",
            Self::OriginIndicator => "Country of Origin Indicator",
        }
    }
}

/// A declaration before anybody looked into the goods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Declaration {
    /// Its number.
    pub id: String,
    /// The day it was lodged, in days since 1970-01-01.
    pub day: i32,
    /// What it says for each [`Attribute`], in their order; empty where it says nothing.
    pub said: [String; ATTRIBUTES],
    /// Duty rate, percent.
    pub tax_rate: Option<f64>,
    /// Net mass, kilograms.
    pub net_mass_kg: Option<f64>,
    /// Value of the item in the currency of the administration.
    pub value: Option<f64>,
}

impl Declaration {
    /// What it says for an attribute; empty where it says nothing.
    #[must_use]
    pub fn said(&self, attribute: Attribute) -> &str {
        self.said.get(attribute as usize).map_or("", String::as_str)
    }

    /// The first `digits` of the HS code.
    #[must_use]
    pub fn hs(&self, digits: usize) -> &str {
        let code = self.said(Attribute::Hs6);
        code.get(..digits).unwrap_or(code)
    }

    /// Value for each kilogram, where both are known and above zero.
    #[must_use]
    pub fn unit_value(&self) -> Option<f64> {
        let (value, mass) = (self.value?, self.net_mass_kg?);
        (value > 0.0 && mass > 0.0).then(|| value / mass)
    }
}

/// A declaration with what an inspection found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inspected {
    /// What was declared.
    pub declaration: Declaration,
    /// Was it found not to comply?
    pub guilty: bool,
    /// What was at stake, in the currency of the administration.
    pub at_stake: f64,
}
