//! What can go wrong, as the caller can act on it.

use std::borrow::Cow;

/// A field that cannot be taken, and why. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Fault {
    /// Which field.
    pub field: Cow<'static, str>,
    /// Why, for a person.
    pub why: String,
}

impl Fault {
    pub(crate) fn new(field: impl Into<Cow<'static, str>>, why: impl Into<String>) -> Self {
        Self { field: field.into(), why: why.into() }
    }
}

/// Why the register did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// A value cannot be taken.
    #[error(transparent)]
    Unacceptable(#[from] Fault),
    /// There is no such thing.
    #[error("there is no {0}")]
    Unknown(String),
    /// It contradicts what is there.
    #[error("{0}")]
    Conflict(String),
    /// The master key is not the one under which the keys lie.
    #[error("{0}")]
    MasterKey(String),
    /// The database failed. A sentence for the operator.
    #[error("the register failed: {0}")]
    Store(String),
}

impl From<rusqlite::Error> for RegistryError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.to_string())
    }
}
