//! Patterns of EPCs, as queries take them (EPCIS 2.0, section 8.2.7.1; EPC Tag Data Standard, section 8).

use super::canonical;

/// What an EPC in a query stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// This very identifier, in canonical form.
    Exactly(String),
    /// Every identifier whose canonical form begins so.
    Begins(String),
    /// Every EPC URN of this scheme and company, as `urn:epc:id:SCHEME:COMPANY.`, or of the whole scheme.
    OfScheme(String),
}

impl Pattern {
    /// The pattern of a query's value.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let Some(rest) = text.strip_prefix("urn:epc:idpat:") else {
            return Self::Exactly(canonical(text));
        };
        if !rest.ends_with('*') {
            return Self::Exactly(canonical(text));
        }
        let class = canonical(text);
        if class != text {
            let serial = match rest.split_once(':').map(|(scheme, _)| scheme) {
                Some("sgtin" | "itip") => "/21/",
                Some("upui") => "/235/",
                Some("cpi") => "/8011/",
                // Serial numbers stand right behind the key.
                _ => "",
            };
            return Self::Begins(format!("{class}{serial}"));
        }
        let fixed = rest.split_once(".*").map_or_else(|| rest.trim_end_matches('*'), |(fixed, _)| fixed);
        let dot = if fixed.ends_with(':') { "" } else { "." };
        Self::OfScheme(format!("urn:epc:id:{fixed}{dot}"))
    }

    /// Whether an identifier matches: as it is written, and in canonical form.
    #[must_use]
    pub fn matches(&self, written: &str, canonical: &str) -> bool {
        match self {
            Self::Exactly(one) => one == canonical,
            Self::Begins(head) => canonical.starts_with(head.as_str()),
            Self::OfScheme(head) => written.starts_with(head.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_companies_and_single_things() {
        let class = Pattern::parse("urn:epc:idpat:sgtin:0614141.107346.*");
        assert_eq!(class, Pattern::Begins("https://id.gs1.org/01/10614141073464/21/".into()));
        let link = "https://id.gs1.org/01/10614141073464/21/2017";
        assert!(class.matches(link, link));
        let company = Pattern::parse("urn:epc:idpat:sgtin:0614141.*.*");
        let urn = "urn:epc:id:sgtin:0614141.107346.2017";
        assert!(company.matches(urn, &canonical(urn)));
        assert!(!company.matches("urn:epc:id:sgtin:4012345.011111.1", ""));
        let one = Pattern::parse(urn);
        assert!(one.matches(link, &canonical(link)));
    }
}
