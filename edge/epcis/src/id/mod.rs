//! Identifiers: EPC URNs and GS1 Digital Link URIs, and the way from one to the other. Keys and their rules are
//! `plomb-passive`'s; here is what EPCIS makes of them.

mod canonical;
mod pattern;
mod prefixes;

use plomb_passive::identity::epc::{Epc, Key};

pub use canonical::canonical;
pub use pattern::Pattern;
pub use prefixes::CompanyPrefixes;

/// The canonical Digital Link of an EPC URN; `None` for what has none: other URIs, schemes without a GS1 key (`bic`,
/// `gid`, `imovn` ...), patterns of more than one class, and what breaks a rule of the EPC Tag Data Standard.
///
/// # Examples
/// ```
/// use plomb_epcis::urn_to_digital_link;
/// let link = urn_to_digital_link("urn:epc:id:sscc:4012345.3111111111");
/// assert_eq!(link.as_deref(), Some("https://id.gs1.org/00/340123451111111111"));
/// ```
#[must_use]
pub fn urn_to_digital_link(urn: &str) -> Option<String> {
    urn.starts_with("urn:epc:").then(|| Epc::parse(urn).ok()?.link())?
}

/// The EPC URN of a Digital Link whose company prefix is known; `None` for what has none.
#[must_use]
pub fn digital_link_to_urn(uri: &str, prefixes: &CompanyPrefixes) -> Option<String> {
    if !uri.starts_with("http") {
        return None;
    }
    let Ok(Epc::Gs1(gs1)) = Epc::parse(uri) else { return None };
    // The indicator or extension digit stands before the company.
    let before =
        usize::from(matches!(gs1.key(), Key::Sgtin | Key::Lgtin | Key::Upui | Key::Sscc | Key::Itip));
    let length = prefixes.of(gs1.number().get(before..)?)?.len();
    Epc::Gs1(gs1.with_company_length(length).ok()?).urn()
}
