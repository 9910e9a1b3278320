//! Electronic Product Codes (GS1 EPC Tag Data Standard 2.3): as URN, as GS1 Digital Link, as bits on a tag.

mod bits;
mod escape;
mod key;
mod layout;
mod link;
mod other;
mod plus;
mod tag;
mod urn;

use std::fmt;

pub use key::{Gs1, Key};
pub use layout::Coding;
pub use other::{Other, OtherScheme};
pub use plus::{DateKind, PriorityDate};
pub use tag::Tag;

use super::container::{ContainerError, ContainerNumber};

/// What scanners put before data of GS1: GS1-128, `DataBar`, Data Matrix, QR and `DotCode` (ISO/IEC 15424).
const SYMBOLOGIES: [&str; 5] = ["]C1", "]e0", "]d2", "]Q3", "]J1"];

/// What a code identifies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Epc {
    /// A key of GS1.
    Gs1(Gs1),
    /// A freight container.
    Container(ContainerNumber),
    /// A number that GS1 does not give out.
    Other(Other),
}

/// Why something is no Electronic Product Code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EpcError {
    /// Neither a URN nor a link of the kinds known here.
    #[error("no EPC URN, Digital Link or element string")]
    Kind,
    /// The number of fields or their characters.
    #[error("{0}")]
    Form(&'static str),
    /// Something was misread or mistyped.
    #[error("the check digit is {found}, these digits have {expected}")]
    CheckDigit {
        /// The digit of these digits.
        expected: char,
        /// The digit that stands there.
        found: char,
    },
    /// A container's number.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// The first byte of a binary form.
    #[error("no form of EPC begins with {0:#04x}")]
    Header(u8),
    /// The bits end within a field.
    #[error("the bits end within a field")]
    Short,
    /// Bits that must be zero are not.
    #[error("bits after the end of the EPC are not zero")]
    Trailing,
    /// A form that cannot hold these values, as a serial number with letters in 38 bits.
    #[error("this form cannot hold {0}")]
    Capacity(&'static str),
}

impl Epc {
    /// An EPC as a pure identity or pattern URN, a Digital Link of any domain, or an element
    /// string: with brackets, or as a scanner gives it with the symbology before.
    ///
    /// # Errors
    /// [`EpcError`] with what does not fit.
    pub fn parse(text: &str) -> Result<Self, EpcError> {
        let text = text.trim();
        if text.starts_with('(') {
            return link::elements(text).map(Self::Gs1);
        }
        if let Some(data) = SYMBOLOGIES.iter().find_map(|symbology| text.strip_prefix(symbology)) {
            return link::scanned(data).map(Self::Gs1);
        }
        match text.split_at_checked(4) {
            Some((start, _)) if start.eq_ignore_ascii_case("urn:") => urn::parse(text),
            Some((start, _)) if start.eq_ignore_ascii_case("http") => link::parse(text).map(Self::Gs1),
            _ => Err(EpcError::Kind),
        }
    }

    /// The URN. `None` for a key whose company prefix has an unknown length, which a Digital Link does not tell.
    #[must_use]
    pub fn urn(&self) -> Option<String> {
        match self {
            Self::Gs1(gs1) => urn::of(gs1),
            Self::Container(container) => Some(container.urn()),
            Self::Other(other) => Some(format!("urn:epc:id:{other}")),
        }
    }

    /// The canonical Digital Link, of keys of GS1.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        let Self::Gs1(gs1) = self else { return None };
        Some(link::of(gs1))
    }

    /// Whether both name the same thing, whether or not the length of a company prefix is known.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Gs1(one), Self::Gs1(another)) => one.same_as(another),
            _ => self == other,
        }
    }
}

impl fmt::Display for Epc {
    /// The URN where there is one, or else the link.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.urn().or_else(|| self.link()).unwrap_or_default())
    }
}
