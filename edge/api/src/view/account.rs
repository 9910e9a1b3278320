//! Accounts and sessions. No password and no hash has a place here.

use serde::Serialize;
use utoipa::ToSchema;

use super::{RoleWord, Time};
use crate::accounts::{Account, Session};

/// An account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountView {
    name: String,
    role: RoleWord,
    created_at: Time,
}

/// All accounts.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AccountList)]
pub(crate) struct AccountsView {
    pub(crate) items: Vec<AccountView>,
}

/// Who is logged in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SessionAccount)]
pub(crate) struct SessionAccountView {
    name: String,
    role: RoleWord,
}

/// A session.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    account: SessionAccountView,
    /// For programs: `Authorization: Bearer <token>`. Told once, at log-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// It ends then at the latest; earlier when nothing is asked for a while.
    expires_at: Time,
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            role: RoleWord(account.role),
            created_at: Time(account.created_at),
        }
    }
}

impl SessionView {
    /// The view of a session; with the token only in the answer to a log-in.
    pub(crate) fn new(session: &Session, token: Option<String>) -> Self {
        let account = SessionAccountView { name: session.name.clone(), role: RoleWord(session.role) };
        Self { account, token, expires_at: Time(session.expires_at) }
    }
}
