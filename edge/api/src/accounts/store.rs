//! Where accounts and sessions are kept: a small trait, so that another database can follow.

use plomb_model::Timestamp;

use super::TokenHash;
use crate::access::{Right, Role};

/// The store failed. Holds a sentence for the operator, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the account store failed: {0}")]
pub struct StoreError(pub String);

/// An account as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredAccount {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Hash of its password in PHC format.
    pub password_hash: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A session as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Hash of its token.
    pub token: TokenHash,
    /// Name of its account.
    pub account: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When something was last asked with it, to the minute.
    pub used_at: Timestamp,
}

/// A key of a program, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// What it is called by: not secret.
    pub id: String,
    /// Hash of its token.
    pub token: TokenHash,
    /// Name of its account.
    pub account: String,
    /// What it is for, for people.
    pub label: String,
    /// What it may do at most; its account's role may allow less.
    pub rights: Vec<Right>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When something was last asked with it, to the minute.
    pub used_at: Option<Timestamp>,
}

/// How a deletion went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The account and its sessions are gone.
    Done,
    /// There is no such account.
    Unknown,
    /// It is the last account that may manage accounts, and stays.
    LastAdmin,
}

/// Keeps accounts and sessions. Each call is whole or has no effect. Calls may block.
pub trait AccountStore: Send {
    /// An account by its name.
    ///
    /// # Errors
    /// [`StoreError`], as all calls.
    fn account(&mut self, name: &str) -> Result<Option<StoredAccount>, StoreError>;

    /// Every account, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    fn accounts(&mut self) -> Result<Vec<StoredAccount>, StoreError>;

    /// Adds an account; `false` when the name is taken.
    ///
    /// # Errors
    /// [`StoreError`].
    fn insert(&mut self, account: &StoredAccount) -> Result<bool, StoreError>;

    /// Deletes an account and its sessions, unless it is the last admin.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete(&mut self, name: &str) -> Result<Deletion, StoreError>;

    /// Changes a password and ends the account's sessions but `keep`; `false` when there is no such account.
    ///
    /// # Errors
    /// [`StoreError`].
    fn set_password(
        &mut self,
        name: &str,
        password_hash: &str,
        keep: Option<&TokenHash>,
    ) -> Result<bool, StoreError>;

    /// Adds a session and ends the account's oldest ones beyond `per_account_max`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn insert_session(&mut self, session: &StoredSession, per_account_max: u32) -> Result<(), StoreError>;

    /// A session by the hash of its token, with the role of its account now.
    ///
    /// # Errors
    /// [`StoreError`].
    fn session(&mut self, token: &TokenHash) -> Result<Option<(StoredSession, Role)>, StoreError>;

    /// Notes that a session is in use.
    ///
    /// # Errors
    /// [`StoreError`].
    fn touch_session(&mut self, token: &TokenHash, at: Timestamp) -> Result<(), StoreError>;

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete_session(&mut self, token: &TokenHash) -> Result<(), StoreError>;

    /// Adds a key; `false` when the account has `per_account_max` already.
    ///
    /// # Errors
    /// [`StoreError`].
    fn insert_key(&mut self, key: &StoredKey, per_account_max: u32) -> Result<bool, StoreError>;

    /// Keys of an account, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn keys(&mut self, account: &str) -> Result<Vec<StoredKey>, StoreError>;

    /// A key by the hash of its token, with the role of its account now.
    ///
    /// # Errors
    /// [`StoreError`].
    fn key(&mut self, token: &TokenHash) -> Result<Option<(StoredKey, Role)>, StoreError>;

    /// Notes that a key is in use.
    ///
    /// # Errors
    /// [`StoreError`].
    fn touch_key(&mut self, token: &TokenHash, at: Timestamp) -> Result<(), StoreError>;

    /// Takes back a key of an account; `false` when there is none of this name.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete_key(&mut self, account: &str, id: &str) -> Result<bool, StoreError>;

    /// Forgets sessions that ended before `now` or were last used before `used_before`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_ended(&mut self, now: Timestamp, used_before: Timestamp) -> Result<(), StoreError>;
}
