//! Identities that are no keys of GS1: TDS sections 6.3.8, 6.3.9, 6.3.13 and 6.3.16.

use std::fmt;

use super::EpcError;
use super::escape::{escape, unescape};
use super::key::{all_digits, is_component};

/// Who gives the number out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OtherScheme {
    /// General identifier: manager, class, serial.
    Gid,
    /// United States Department of Defense: CAGE or DoDAAC, serial.
    Usdod,
    /// Aerospace and defence: CAGE, part number, serial number.
    Adi,
    /// Ship: IMO vessel number.
    Imovn,
}

/// Such an identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Other {
    scheme: OtherScheme,
    fields: Vec<String>,
}

impl OtherScheme {
    const ALL: [Self; 4] = [Self::Gid, Self::Usdod, Self::Adi, Self::Imovn];

    /// The name in a URN.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gid => "gid",
            Self::Usdod => "usdod",
            Self::Adi => "adi",
            Self::Imovn => "imovn",
        }
    }
}

impl Other {
    pub(super) fn parse(scheme: &str, text: &str) -> Result<Self, EpcError> {
        let scheme =
            OtherScheme::ALL.into_iter().find(|known| known.name() == scheme).ok_or(EpcError::Kind)?;
        Self::new(scheme, text.split('.').map(unescape).collect())
    }

    pub(super) fn new(scheme: OtherScheme, fields: Vec<String>) -> Result<Self, EpcError> {
        let texts: Vec<&str> = fields.iter().map(String::as_str).collect();
        let fits = match (scheme, texts.as_slice()) {
            (OtherScheme::Gid, [manager, class, serial]) => {
                is_integer(manager, 28) && is_integer(class, 24) && is_integer(serial, 36)
            }
            (OtherScheme::Usdod, [cage, serial]) => is_cage(cage) && is_integer(serial, 36),
            (OtherScheme::Adi, [cage, part, serial]) => {
                let plain = serial.strip_prefix('#').unwrap_or(serial);
                let allowed = |text: &str| text.chars().all(|c| is_component(c) && c != '#');
                is_cage(cage)
                    && part.len() <= 32
                    && allowed(part)
                    && (1..=30).contains(&serial.len())
                    && allowed(plain)
            }
            (OtherScheme::Imovn, [number]) => number.len() == 7 && all_digits(number),
            _ => false,
        };
        if fits {
            Ok(Self { scheme, fields })
        } else {
            Err(EpcError::Form("not the fields that this identity has"))
        }
    }

    /// Who gives the number out.
    #[must_use]
    pub const fn scheme(&self) -> OtherScheme {
        self.scheme
    }

    /// The fields in their order.
    #[must_use]
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// The fields as a URN has them.
    pub(super) fn text(&self) -> String {
        let plain = |c: char| is_component(c) && !"#/".contains(c);
        self.fields.iter().map(|field| escape(field, plain)).collect::<Vec<_>>().join(".")
    }
}

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme.name(), self.text())
    }
}

/// A number without leading noughts that so many bits hold.
fn is_integer(text: &str, bits: u32) -> bool {
    let plain = text == "0" || !text.starts_with('0');
    plain && all_digits(text) && text.parse().is_ok_and(|value: u64| value >> bits == 0)
}

/// CAGE of five characters or DoDAAC of six; I and O are not used.
fn is_cage(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() && !b"IO".contains(&byte);
    matches!(text.len(), 5 | 6) && text.bytes().all(allowed)
}
