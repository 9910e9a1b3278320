//! Accounts and sessions. No password and no hash has a place here.

use serde::Serialize;
use utoipa::ToSchema;

use super::{RoleWord, Time};
use crate::accounts::{Account, Session, StoredKey};

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

/// A key of a program.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct ApiKeyView {
    /// What it is called by.
    id: String,
    label: String,
    rights: Vec<&'static str>,
    created_at: Time,
    expires_at: Time,
    /// When it was last used, to the minute.
    used_at: Option<Time>,
}

/// One's own keys.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ApiKeyList)]
pub(crate) struct ApiKeysView {
    pub(crate) items: Vec<ApiKeyView>,
}

/// A key that was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MadeApiKey)]
pub(crate) struct MadeApiKeyView {
    pub(crate) key: ApiKeyView,
    /// For `Authorization: Bearer <token>`. Told this once.
    pub(crate) token: String,
}

impl From<&StoredKey> for ApiKeyView {
    fn from(key: &StoredKey) -> Self {
        Self {
            id: key.id.clone(),
            label: key.label.clone(),
            rights: key.rights.iter().map(|right| right.word()).collect(),
            created_at: Time(key.created_at),
            expires_at: Time(key.expires_at),
            used_at: key.used_at.map(Time),
        }
    }
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
