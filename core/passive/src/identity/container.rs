//! Numbers of freight containers (ISO 6346): owner, category, serial number, check digit.

use std::fmt;

use plomb_model::{DeviceId, Scheme};

use super::text::Plain;

/// A container number whose check digit holds, such as `CSQU3054383`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerNumber {
    owner: [u8; 3],
    category: u8,
    serial: [u8; 6],
    check: u8,
}

/// Why a text is no container number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// Not four letters and seven digits.
    #[error("a container number is four letters and seven digits")]
    Form,
    /// The fourth letter is none of `U` (container), `J` (equipment), `Z` (chassis).
    #[error("the fourth letter of a container number is U, J or Z")]
    Category,
    /// The digits do not belong together: something was misread or mistyped.
    #[error("the check digit is {found}, these characters have {expected}")]
    CheckDigit {
        /// The digit of these letters and numbers.
        expected: u8,
        /// The digit at the end.
        found: u8,
    },
}

impl ContainerNumber {
    /// A number as printed or typed: of either case, with spaces, hyphens, points or strokes.
    ///
    /// # Errors
    /// [`ContainerError`] when it has another form or its check digit does not hold.
    pub fn parse(text: &str) -> Result<Self, ContainerError> {
        let plain = Plain::of(text);
        let (number, check) = plain.as_str().split_at_checked(10).ok_or(ContainerError::Form)?;
        let &[check @ b'0'..=b'9'] = check.as_bytes() else { return Err(ContainerError::Form) };
        let number = Self::complete(number)?;
        let found = check - b'0';
        if number.check == found {
            Ok(number)
        } else {
            Err(ContainerError::CheckDigit { expected: number.check, found })
        }
    }

    /// The number of four letters and six digits, its check digit computed.
    ///
    /// # Errors
    /// [`ContainerError`] when it has another form.
    pub fn complete(text: &str) -> Result<Self, ContainerError> {
        let plain = Plain::of(text);
        let &[first, second, third, category, ref serial @ ..] = plain.as_str().as_bytes() else {
            return Err(ContainerError::Form);
        };
        let owner = [first, second, third];
        let serial: [u8; 6] = serial.try_into().map_err(|_| ContainerError::Form)?;
        let letters = owner.iter().chain([&category]).all(u8::is_ascii_uppercase);
        if !letters || !serial.iter().all(u8::is_ascii_digit) {
            return Err(ContainerError::Form);
        }
        if !b"UJZ".contains(&category) {
            return Err(ContainerError::Category);
        }
        let characters = owner.iter().chain([&category]).chain(&serial);
        Ok(Self { owner, category, serial, check: check_digit(characters) })
    }

    /// The three letters of the owner, registered with the BIC.
    #[must_use]
    pub fn owner(&self) -> &str {
        std::str::from_utf8(&self.owner).unwrap_or_default()
    }

    /// `U`, `J` or `Z`.
    #[must_use]
    pub fn category(&self) -> char {
        char::from(self.category)
    }

    /// The six digits.
    #[must_use]
    pub fn serial(&self) -> &str {
        std::str::from_utf8(&self.serial).unwrap_or_default()
    }

    /// The digit that guards the others.
    #[must_use]
    pub const fn check_digit(&self) -> u8 {
        self.check
    }

    /// The pure identity `urn:epc:id:bic:` (EPC TDS 1.11 section 6.3.15). It has no binary form.
    #[must_use]
    pub fn urn(&self) -> String {
        format!("urn:epc:id:bic:{self}")
    }

    /// The container as the platform names it.
    #[must_use]
    pub fn device_id(&self) -> Option<DeviceId> {
        DeviceId::new(Scheme::Container, &self.to_string()).ok()
    }
}

impl fmt::Display for ContainerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}{}", self.owner(), self.category(), self.serial(), self.check)
    }
}

/// ISO 6346 annex A: letters count from 10, leaving out the multiples of 11; each place weighs twice the one before.
fn check_digit<'a>(characters: impl Iterator<Item = &'a u8>) -> u8 {
    let sum: u32 = characters.zip(0_u32..).map(|(character, place)| value(*character) << place).sum();
    u8::try_from(sum % 11 % 10).unwrap_or_default()
}

fn value(character: u8) -> u32 {
    match character {
        b'0'..=b'9' => u32::from(character - b'0'),
        letter => {
            let place = u32::from(letter.saturating_sub(b'A'));
            // 11, 22 and 33 are left out: before B, L and V.
            10 + place + u32::from(letter >= b'B') + u32::from(letter >= b'L') + u32::from(letter >= b'V')
        }
    }
}
