//! Identifiers of devices as web messages write them.

use plomb_model::{DeviceId, Issue, Scheme};
use sha2::{Digest, Sha256};

/// Characters of a longer name that are kept before its fingerprint.
const KEPT_CHARACTERS: usize = 29;
/// Bytes of the fingerprint.
const FINGERPRINT_BYTES: usize = 8;

/// The device of `scheme` that `text` names.
///
/// # Errors
/// An issue at `offset` where it is no identifier.
pub(crate) fn device(scheme: Scheme, text: &str, offset: usize) -> Result<DeviceId, Issue> {
    let text = text.trim();
    DeviceId::new(scheme, text)
        .map_err(|error| Issue::new(offset, error.to_string(), format_args!("{text:?}")))
}

/// The tracker that a free `text` names: characters that an identifier cannot hold become `-`, and of a name that is
/// too long the beginning and a fingerprint are kept.
///
/// # Errors
/// An issue at `offset` where there is no name.
pub(crate) fn tracker(text: &str, offset: usize) -> Result<DeviceId, Issue> {
    named(Scheme::Tracker, text, offset)
}

/// The same for a device of `scheme`.
///
/// # Errors
/// An issue at `offset` where there is no name.
pub(crate) fn named(scheme: Scheme, text: &str, offset: usize) -> Result<DeviceId, Issue> {
    let fit: String = text
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '-' })
        .collect();
    DeviceId::new(scheme, &fit).or_else(|_| {
        let digest = Sha256::digest(text.trim().as_bytes());
        let digest = plomb_wire::to_hex(digest.get(..FINGERPRINT_BYTES).unwrap_or_default());
        let short = fit.get(..KEPT_CHARACTERS).map(|kept| format!("{kept}.{digest}"));
        device(scheme, &short.unwrap_or(fit), offset)
    })
}

#[cfg(test)]
mod tests {
    use super::tracker;

    #[test]
    fn names_become_identifiers() {
        assert_eq!(tracker(" namo:namo ", 0).unwrap().value(), "namo-namo");
        assert_eq!(tracker("0123456789-0123456789-0123456789-0123456789", 0).unwrap().value().len(), 43);
        let long = tracker(&"a/".repeat(30), 0).unwrap();
        assert_eq!(long.value().len(), 46);
        assert_ne!(long, tracker(&"a/".repeat(31), 0).unwrap());
        assert!(tracker("  ", 0).is_err());
    }
}
