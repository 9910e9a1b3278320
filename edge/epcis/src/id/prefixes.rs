//! How long GS1 company prefixes are: a Digital Link does not say, an EPC URN must.

use std::collections::BTreeSet;

/// Company prefixes that are known, by their digits. Whoever sends EPC URNs shows us where the company ends; more can be
/// told by configuration.
#[derive(Clone, Debug, Default)]
pub struct CompanyPrefixes(BTreeSet<Box<str>>);

impl CompanyPrefixes {
    /// Takes note of a prefix of 6 to 12 digits; anything else is left aside.
    pub fn learn(&mut self, prefix: &str) {
        if (6..=12).contains(&prefix.len())
            && prefix.bytes().all(|byte| byte.is_ascii_digit())
            && !self.0.contains(prefix)
        {
            self.0.insert(prefix.into());
        }
    }

    /// Takes note of the company of an EPC URN; says whether it was new.
    pub fn learn_from(&mut self, urn: &str) -> bool {
        let known = self.0.len();
        let parts = urn.strip_prefix("urn:epc:").and_then(|rest| rest.splitn(3, ':').nth(2));
        if let Some((company, _)) = parts.and_then(|parts| parts.split_once('.')) {
            self.learn(company);
        }
        self.0.len() > known
    }

    /// The prefix with which these digits begin: the longest that is known.
    #[must_use]
    pub fn of(&self, digits: &str) -> Option<&str> {
        (6..=12).rev().find_map(|length| self.0.get(digits.get(..length)?).map(AsRef::as_ref))
    }

    /// Every prefix.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }
}
