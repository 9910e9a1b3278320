//! The keys of GS1 and what each is made of (TDS section 6.3, GS1 General Specifications section 3).

use super::EpcError;

/// The longest key without check digit: company prefix and reference of GIAI, CPI and GINC.
const FREE_MAX: usize = 30;
/// Lengths of company prefixes that URNs and the older binary forms have.
pub(super) const COMPANY: std::ops::RangeInclusive<usize> = 6..=12;

/// A key of GS1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Trade item with serial number: most seals that are sold as goods.
    Sgtin,
    /// Trade item with batch or lot.
    Lgtin,
    /// Unit pack (tobacco).
    Upui,
    /// Logistic unit: a pallet or the load of a container.
    Sscc,
    /// Place, with an extension.
    Sgln,
    /// Party.
    Pgln,
    /// Returnable asset: a reusable seal or lock.
    Grai,
    /// Individual asset.
    Giai,
    /// Service relation, recipient.
    Gsrn,
    /// Service relation, provider.
    Gsrnp,
    /// Document.
    Gdti,
    /// Coupon.
    Sgcn,
    /// Piece of a trade item.
    Itip,
    /// Component or part.
    Cpi,
    /// Consignment.
    Ginc,
    /// Shipment.
    Gsin,
}

/// How the part before the serial number is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// So many digits and a check digit.
    Digits(usize),
    /// So many, the first of the reference standing before the company prefix.
    Leading(usize),
    /// Digits of the company and free characters.
    Free,
    /// Digits of the company and the characters of a component.
    Component,
}

/// Where the serial number stands in an element string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Serial {
    /// There is none.
    None,
    /// Behind the check digit, up to so many characters.
    Joined(usize),
    /// Behind an application identifier of its own, up to so many characters.
    Own(&'static str, usize),
}

/// What a key is made of.
pub(super) struct Rule {
    /// Name in the URN.
    pub(super) name: &'static str,
    /// Application identifier.
    pub(super) ai: &'static str,
    pub(super) number: Number,
    pub(super) serial: Serial,
}

impl Key {
    pub(super) const ALL: [Self; 16] = [
        Self::Sgtin,
        Self::Lgtin,
        Self::Upui,
        Self::Sscc,
        Self::Sgln,
        Self::Pgln,
        Self::Grai,
        Self::Giai,
        Self::Gsrn,
        Self::Gsrnp,
        Self::Gdti,
        Self::Sgcn,
        Self::Itip,
        Self::Cpi,
        Self::Ginc,
        Self::Gsin,
    ];

    pub(super) const fn rule(self) -> Rule {
        use Number::{Component, Digits, Free, Leading};
        let (name, ai, number, serial) = match self {
            Self::Sgtin => ("sgtin", "01", Leading(13), Serial::Own("21", 20)),
            Self::Lgtin => ("lgtin", "01", Leading(13), Serial::Own("10", 20)),
            Self::Upui => ("upui", "01", Leading(13), Serial::Own("235", 28)),
            Self::Sscc => ("sscc", "00", Leading(17), Serial::None),
            Self::Sgln => ("sgln", "414", Digits(12), Serial::Own("254", 20)),
            Self::Pgln => ("pgln", "417", Digits(12), Serial::None),
            Self::Grai => ("grai", "8003", Digits(12), Serial::Joined(16)),
            Self::Giai => ("giai", "8004", Free, Serial::None),
            Self::Gsrn => ("gsrn", "8018", Digits(17), Serial::None),
            Self::Gsrnp => ("gsrnp", "8017", Digits(17), Serial::None),
            Self::Gdti => ("gdti", "253", Digits(12), Serial::Joined(17)),
            Self::Sgcn => ("sgcn", "255", Digits(12), Serial::Joined(12)),
            Self::Itip => ("itip", "8006", Leading(13), Serial::Own("21", 20)),
            Self::Cpi => ("cpi", "8010", Component, Serial::Own("8011", 12)),
            Self::Ginc => ("ginc", "401", Free, Serial::None),
            Self::Gsin => ("gsin", "402", Digits(16), Serial::None),
        };
        Rule { name, ai, number, serial }
    }

    /// The name in a URN, such as `sgtin`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.rule().name
    }

    /// Digits that follow those of the trade item: number of the piece and count of pieces, two each.
    pub(super) const fn pieces(self) -> usize {
        if matches!(self, Self::Itip) { 4 } else { 0 }
    }

    /// Whether a key without serial number names a class of things.
    pub(super) const fn has_class(self) -> bool {
        matches!(
            self,
            Self::Sgtin | Self::Upui | Self::Grai | Self::Gdti | Self::Sgcn | Self::Itip | Self::Cpi
        )
    }

    /// Digits before the check digit.
    pub(super) const fn digits(self) -> Option<usize> {
        match self.rule().number {
            Number::Digits(count) | Number::Leading(count) => Some(count),
            _ => None,
        }
    }

    /// Whether the first digit of the reference stands before the company prefix.
    pub(super) const fn is_leading(self) -> bool {
        matches!(self.rule().number, Number::Leading(_))
    }
}

/// A key with its values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gs1 {
    key: Key,
    /// As in an element string, without check digit.
    number: String,
    serial: Option<String>,
    company: Option<usize>,
}

impl Gs1 {
    pub(super) fn new(
        key: Key,
        number: String,
        serial: Option<String>,
        company: Option<usize>,
    ) -> Result<Self, EpcError> {
        if company.is_some_and(|length| !COMPANY.contains(&length)) {
            return Err(EpcError::Form("a company prefix has 6 to 12 digits"));
        }
        check_number(key, &number, company)?;
        check_serial(key, serial.as_deref())?;
        Ok(Self { key, number, serial, company })
    }

    /// Which key.
    #[must_use]
    pub const fn key(&self) -> Key {
        self.key
    }

    /// The number of the element string without check digit, such as the first 13 digits of a GTIN-14.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The number with its check digit.
    #[must_use]
    pub fn checked_number(&self) -> String {
        let digits = self.key.digits().and_then(|digits| self.number.split_at_checked(digits));
        match digits {
            Some((digits, pieces)) => format!("{digits}{}{pieces}", check_digit(digits)),
            None => self.number.clone(),
        }
    }

    /// Serial number, extension, lot. `None` of a key that names a class, or has none.
    #[must_use]
    pub fn serial(&self) -> Option<&str> {
        self.serial.as_deref()
    }

    /// How many digits the company prefix has, where that is known.
    #[must_use]
    pub const fn company_length(&self) -> Option<usize> {
        self.company
    }

    /// The key with the length of its company prefix, as the register of GS1 knows it.
    ///
    /// # Errors
    /// [`EpcError`] when the length is not 6 to 12 or the key does not begin with so many digits.
    pub fn with_company_length(self, length: usize) -> Result<Self, EpcError> {
        Self::new(self.key, self.number, self.serial, Some(length))
    }

    /// Company prefix and reference, as a URN has them; the pieces of an ITIP are left out.
    pub(super) fn split(&self) -> Option<(&str, String)> {
        let length = self.company?;
        let number = self.number.get(..self.key.digits().unwrap_or(self.number.len()))?;
        if self.key.is_leading() {
            let (first, rest) = number.split_at_checked(1)?;
            let (company, reference) = rest.split_at_checked(length)?;
            Some((company, format!("{first}{reference}")))
        } else {
            let (company, reference) = number.split_at_checked(length)?;
            Some((company, reference.to_owned()))
        }
    }

    /// The number of a company prefix and a reference.
    pub(super) fn join(key: Key, company: &str, reference: &str, pieces: &str) -> Result<String, EpcError> {
        if !key.is_leading() {
            return Ok(format!("{company}{reference}{pieces}"));
        }
        let (first, rest) = reference.split_at_checked(1).ok_or(EpcError::Form("a reference is empty"))?;
        Ok(format!("{first}{company}{rest}{pieces}"))
    }

    /// Piece and count of pieces of an ITIP.
    pub(super) fn pieces(&self) -> Option<(&str, &str)> {
        let digits = self.key.digits().filter(|_| self.key.pieces() > 0)?;
        self.number.get(digits..)?.split_at_checked(2)
    }

    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.key == other.key && self.number == other.number && self.serial == other.serial
    }
}

fn check_number(key: Key, number: &str, company: Option<usize>) -> Result<(), EpcError> {
    if let Some(digits) = key.digits() {
        let fits = number.len() == digits + key.pieces() && all_digits(number);
        return if fits { Ok(()) } else { Err(EpcError::Form("not the digits that this key has")) };
    }
    // Company prefixes are given out from 4 digits on, where a link does not tell which are theirs.
    let company = number.split_at_checked(company.unwrap_or(4));
    let (company, reference) = company.ok_or(EpcError::Form("the number is too short"))?;
    let allowed: fn(char) -> bool =
        if key.rule().number == Number::Component { is_component } else { is_invariant };
    if !all_digits(company) {
        return Err(EpcError::Form("a company prefix is digits"));
    }
    if reference.is_empty() || number.len() > FREE_MAX || !reference.chars().all(allowed) {
        return Err(EpcError::Form("a reference is empty, too long or has a character that it may not have"));
    }
    Ok(())
}

fn check_serial(key: Key, serial: Option<&str>) -> Result<(), EpcError> {
    let (max, serial) = match (key.rule().serial, serial) {
        (Serial::None, None) => return Ok(()),
        (Serial::None, Some(_)) => return Err(EpcError::Form("this key has no serial number")),
        (_, None) if key.has_class() => return Ok(()),
        (_, None) => return Err(EpcError::Form("this key needs its serial number or extension")),
        (Serial::Joined(max) | Serial::Own(_, max), Some(serial)) => (max, serial),
    };
    let allowed: fn(char) -> bool =
        if matches!(key, Key::Sgcn | Key::Cpi) { |c| c.is_ascii_digit() } else { is_invariant };
    if serial.is_empty() || serial.len() > max || !serial.chars().all(allowed) {
        return Err(EpcError::Form(
            "a serial number is empty, too long or has a character that it may not have",
        ));
    }
    Ok(())
}

pub(super) fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The 82 characters of serial numbers (TDS annex A).
pub(super) fn is_invariant(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!\"%&'()*+,-./:;<=>?_".contains(character)
}

/// The 39 characters of component numbers (TDS annex G).
pub(super) fn is_component(character: char) -> bool {
    character.is_ascii_digit() || character.is_ascii_uppercase() || "#-/".contains(character)
}

/// GS1 General Specifications section 7.9: from the right, threefold and once.
pub(super) fn check_digit(digits: &str) -> char {
    let weighed = digits.bytes().rev().zip([3_u32, 1].into_iter().cycle());
    let sum: u32 = weighed.map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight).sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

/// The number without the check digit that guards it.
pub(super) fn without_check(key: Key, number: &str) -> Result<String, EpcError> {
    let Some(count) = key.digits() else { return Ok(number.to_owned()) };
    let wrong = EpcError::Form("not the digits that this key has");
    let (digits, rest) =
        number.split_at_checked(count).filter(|(digits, _)| all_digits(digits)).ok_or(wrong)?;
    let mut rest = rest.chars();
    let found = rest.next().filter(char::is_ascii_digit).ok_or(wrong)?;
    let expected = check_digit(digits);
    if found != expected {
        return Err(EpcError::CheckDigit { expected, found });
    }
    Ok(format!("{digits}{}", rest.as_str()))
}
