//! Text frames `(id,…)` of Jointech devices that speak JT/T 808.
//!
//! Their words are those of Jointech's own protocol; here they are answers and notices that are kept as text,
//! without the passwords that some carry. Source: device captures.

use plomb_model::{DeviceId, Scheme};

/// Words whose arguments are or may be passwords: lock control with its code, static and dynamic passwords.
static SECRET_WORDS: [&str; 5] = ["ELOCK", "P43", "P44", "P52", "PWD"];
/// Longest argument of such a word that is shown: codes and verdicts have one or two characters.
const SHOWN_CHARACTERS_MAX: usize = 2;

/// The text of a frame without its brackets; what is no UTF-8 is replaced.
pub(super) fn inner(wire: &[u8]) -> String {
    let end = wire.len().saturating_sub(1).max(1);
    String::from_utf8_lossy(wire.get(1..end).unwrap_or_default()).into_owned()
}

/// The terminal that a text names first.
pub(super) fn device(inner: &str) -> Option<DeviceId> {
    let id = inner.split(',').next()?;
    if !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scheme = match id.len() {
        10 => Scheme::Jointech,
        15 => Scheme::Imei,
        _ => Scheme::Jt808,
    };
    DeviceId::new(scheme, id).ok()
}

/// The text as it may be shown.
pub(super) fn shown(inner: &str) -> String {
    let mut secret = false;
    let fields = inner.split(',').map(|field| {
        let hidden = secret && field.len() > SHOWN_CHARACTERS_MAX;
        secret |= SECRET_WORDS.contains(&field);
        if hidden { "[redacted]" } else { field }
    });
    fields.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_password_is_not_shown() {
        let text = inner(b"(740190311185,1,001,ELOCK,3,529439)");
        assert_eq!(shown(&text), "740190311185,1,001,ELOCK,3,[redacted]");
        assert_eq!(device(&text).unwrap().to_string(), "jt808:740190311185");
        assert_eq!(shown("8000632862,P01,V3.6"), "8000632862,P01,V3.6");
        assert_eq!(device("GET"), None);
    }
}
