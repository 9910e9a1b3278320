//! The mark printed or stamped on a seal (ISO 17712 clause 7.2: maker's mark and a number that comes but once).

use std::fmt;

use plomb_model::{DeviceId, Scheme};

use super::text::{ascii, is_separator};

/// Fewer characters than this identify no seal.
const CHARACTERS_MIN: usize = 4;
/// The longest marks in use have about 20.
const CHARACTERS_MAX: usize = 40;

/// Words before a mark that are no part of it, in the languages of the forms where marks are written down.
const WORDS: [&str; 14] = [
    "SEAL NUMBER",
    "SEAL NO",
    "SEAL NR",
    "SEAL",
    "PLOMBE",
    "PLOMB",
    "PLOMBA",
    "SIEGEL",
    "SCELLE",
    "NUMBER",
    "NO",
    "NR",
    "S/N",
    "SN",
];

/// A printed mark in the one form in which marks are compared: upper-case letters and digits, nothing else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SealMark(String);

impl SealMark {
    /// The mark in a text that somebody typed or read: `ML-TM 123 456`, `Seal no. mltm123456`.
    /// `None` when it holds a character that no mark has, no digit, or is too short or long.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let upper: String = text.trim().chars().map(|c| ascii(c).to_ascii_uppercase()).collect();
        let mark: String =
            without_words(&upper).chars().filter(|c| !is_separator(*c) && !"#'\"".contains(*c)).collect();
        let fits = (CHARACTERS_MIN..=CHARACTERS_MAX).contains(&mark.len())
            && mark.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && mark.bytes().any(|byte| byte.is_ascii_digit());
        fits.then_some(Self(mark))
    }

    /// The mark.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The mark with the characters that are mistaken for one another made one: `O Q D` and `0`, `I L` and `1`, `Z` and
    /// `2`, `S` and `5`, `G` and `6`, `B` and `8`. Two marks with the same shape may be one seal, and a person decides.
    #[must_use]
    pub fn shape(&self) -> String {
        self.0
            .chars()
            .map(|character| match character {
                'O' | 'Q' | 'D' => '0',
                'I' | 'L' => '1',
                'Z' => '2',
                'S' => '5',
                'G' => '6',
                'B' => '8',
                other => other,
            })
            .collect()
    }

    /// The seal as the platform names it.
    #[must_use]
    pub fn device_id(&self) -> Option<DeviceId> {
        DeviceId::new(Scheme::Seal, &self.0).ok()
    }
}

impl fmt::Display for SealMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What follows the word, if a separator and a digit follow: `NO 1234` loses its word, `NO1234` is a mark.
fn without_words(text: &str) -> &str {
    let text = text.trim_start_matches(['#', '№', ' ']);
    let follows = |word: &&str| {
        let rest = text.strip_prefix(*word)?;
        let mark = rest.trim_start_matches(|c: char| is_separator(c) || "#:°º№".contains(c));
        (mark.len() < rest.len() && mark.contains(|c: char| c.is_ascii_digit())).then_some(mark)
    };
    match WORDS.iter().find_map(follows) {
        // `PLOMBE NO 1234` has two.
        Some(mark) => without_words(mark),
        None => text,
    }
}
