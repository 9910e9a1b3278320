//! What happened to accounts and sessions, for the server's log.

use std::fmt;

use crate::access::Role;

/// One thing that happened to an account or session. Its text is a sentence for the audit log and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditFact {
    /// Somebody logged in.
    LoggedIn {
        /// Account.
        account: String,
        /// Address of the other side.
        peer: String,
    },
    /// A log-in failed. The name is told only if there is such an account: people type passwords into name fields.
    LoginFailed {
        /// Account, if there is one of this name.
        account: Option<String>,
        /// Address of the other side.
        peer: String,
    },
    /// A log-in was refused unheard, after too many failures.
    LoginDelayed {
        /// Address of the other side.
        peer: String,
        /// How long it must wait.
        wait_s: i64,
    },
    /// Somebody logged out.
    LoggedOut {
        /// Account.
        account: String,
    },
    /// An account was made.
    Created {
        /// By whom.
        by: String,
        /// Account.
        account: String,
        /// What it may do.
        role: Role,
    },
    /// An account was deleted, with its sessions.
    Deleted {
        /// By whom.
        by: String,
        /// Account.
        account: String,
    },
    /// A password was changed, and the account's other sessions ended.
    PasswordChanged {
        /// By whom.
        by: String,
        /// Account.
        account: String,
    },
    /// A key was made.
    KeyMade {
        /// By whom, and whose it is.
        by: String,
        /// What it is called by.
        key: String,
    },
    /// A key was taken back.
    KeyTakenBack {
        /// By whom.
        by: String,
        /// What it was called by.
        key: String,
    },
    /// Somebody tried what the account's role does not allow.
    Forbidden {
        /// By whom.
        by: String,
        /// Which right was missing.
        right: &'static str,
    },
}

impl fmt::Display for AuditFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoggedIn { account, peer } => write!(f, "Account {account} logged in from {peer}"),
            Self::LoginFailed { account: Some(account), peer } => {
                write!(f, "Log-in of account {account} from {peer} failed")
            }
            Self::LoginFailed { account: None, peer } => {
                write!(f, "Log-in of an unknown account from {peer} failed")
            }
            Self::LoginDelayed { peer, wait_s } => {
                write!(f, "Log-in from {peer} refused for {wait_s} s after too many failures")
            }
            Self::LoggedOut { account } => write!(f, "Account {account} logged out"),
            Self::Created { by, account, role } => {
                write!(f, "Account {account} with the role {} made by {by}", role.name())
            }
            Self::Deleted { by, account } => write!(f, "Account {account} deleted by {by}"),
            Self::PasswordChanged { by, account } => {
                write!(f, "Password of account {account} changed by {by}")
            }
            Self::KeyMade { by, key } => write!(f, "Key {key} made by {by}"),
            Self::KeyTakenBack { by, key } => write!(f, "Key {key} taken back by {by}"),
            Self::Forbidden { by, right } => write!(f, "Account {by} may not {right}"),
        }
    }
}
