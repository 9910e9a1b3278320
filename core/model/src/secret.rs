//! Values that must not be seen.

use std::fmt;

/// A secret from a frame or a person, such as a lock password. It can be compared and sent on
/// deliberately, but neither `Debug` nor `Display` shows it, and no encoding of the journal or the API takes it.
///
/// ```
/// use plomb_model::Redacted;
/// let password = Redacted::new("888888");
/// assert_eq!(format!("{password} {password:?}"), "[redacted] [redacted]");
/// assert_eq!(password.expose(), "888888");
/// ```
#[derive(Clone)]
pub struct Redacted(Box<str>);

impl Redacted {
    /// Takes the secret in.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self(secret.into())
    }

    /// The secret itself: only for the bytes of a command to the device.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// In constant time for equal lengths: how much of a guess is right must not show.
impl PartialEq for Redacted {
    fn eq(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), other.0.as_bytes());
        let difference = ours.iter().zip(theirs).fold(0_u8, |sum, (a, b)| sum | (a ^ b));
        ours.len() == theirs.len() && difference == 0
    }
}

impl Eq for Redacted {}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
