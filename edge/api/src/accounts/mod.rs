//! Accounts and sessions: who may log in, with what password, and for how long.
//!
//! Passwords are kept as argon2id hashes, session tokens as SHA-256 hashes; neither they nor the plain texts are
//! ever logged. What happened comes back as an [`AuditFact`] for the server to log. There is no default password:
//! the first start makes one up ([`Accounts::ensure_admin`]).

mod attempts;
mod audit;
mod password;
mod service;
mod sqlite;
mod store;
mod token;

pub use audit::AuditFact;
pub use password::PasswordCost;
pub use service::{Account, AccountError, AccountSettings, Accounts, Session};
pub(crate) use service::{LoginError, NewKey};
pub use sqlite::SqliteAccounts;
pub use store::{AccountStore, Deletion, StoreError, StoredAccount, StoredKey, StoredSession};
pub(crate) use token::Token;
pub use token::TokenHash;
