//! What can be done with accounts and sessions.

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use plomb_model::{Redacted, Timestamp};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::attempts::Attempts;
use super::{
    AccountStore, Deletion, PasswordCost, SqliteAccounts, StoreError, StoredAccount, StoredKey,
    StoredSession, Token, TokenHash, password,
};
use crate::access::{Right, Role, can};

/// Longest account name.
const NAME_CHARS_MAX: usize = 64;
/// Accounts of one platform: a list that a person can manage and one answer can carry.
const ACCOUNTS_MAX: usize = 1_000;
/// Sessions of one account; the oldest ends when there is one more.
const SESSIONS_PER_ACCOUNT_MAX: u32 = 50;
/// Passwords hashed at once: each takes the memory of [`PasswordCost`] and a core.
const HASHES_AT_ONCE_MAX: usize = 2;
/// How long a log-in waits for its turn before it is told to come back.
const HASH_WAIT: Duration = Duration::from_secs(5);
/// The use of a session is noted at most this often, so that reading does not write.
const TOUCH_S: i64 = 60;
/// Keys of one account.
const KEYS_PER_ACCOUNT_MAX: u32 = 50;
/// Longest label of a key.
const KEY_LABEL_CHARS_MAX: usize = 100;
/// Days that a key may last: who still needs it then makes another.
const KEY_DAYS_MAX: u32 = 730;
/// Bytes of the hash by which a key is called.
const KEY_ID_BYTES: usize = 8;
/// The account that is made at the first start.
const FIRST_ADMIN: &str = "admin";

/// How accounts behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountSettings {
    /// A session ends so long after the log-in: a shift with its handover.
    pub session_s: i64,
    /// A session ends when nothing was asked for so long. An open live stream counts as asking.
    pub idle_s: i64,
    /// What one password hashing costs.
    pub password_cost: PasswordCost,
}

impl Default for AccountSettings {
    /// 13 hours, one hour, and the usual password cost.
    fn default() -> Self {
        Self { session_s: 13 * 3_600, idle_s: 3_600, password_cost: PasswordCost::default() }
    }
}

/// An account without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A session that is valid now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Name of the account.
    pub name: String,
    /// What the account may do now.
    pub role: Role,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// What a key allows at most; `None` for a person who logged in.
    pub scope: Option<Vec<Right>>,
}

impl Session {
    /// Whether it allows something: the role must, and the key where it is one.
    #[must_use]
    pub fn allows(&self, right: Right) -> bool {
        can(self.role, right) && self.scope.as_ref().is_none_or(|scope| scope.contains(&right))
    }
}

/// A key that is wished for.
#[derive(Clone, Debug)]
pub(crate) struct NewKey {
    pub(crate) label: String,
    pub(crate) rights: Vec<Right>,
    pub(crate) days: u32,
}

/// Why an account was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The name or the password cannot be taken. A sentence for the person.
    #[error("{0}")]
    Unacceptable(String),
    /// The name is taken.
    #[error("there is already an account {0}")]
    Taken(String),
    /// There is no such account.
    #[error("there is no account {0}")]
    Unknown(String),
    /// The last admin stays, or nobody could manage accounts any more.
    #[error("{0} is the last account that may manage accounts")]
    LastAdmin(String),
    /// There are as many accounts as there may be.
    #[error("there are {ACCOUNTS_MAX} accounts, as many as there may be")]
    TooMany,
    /// The account has as many keys as it may have.
    #[error("an account has at most {KEYS_PER_ACCOUNT_MAX} keys; take back one that is not used")]
    TooManyKeys,
    /// There is no such key.
    #[error("there is no key {0}")]
    NoKey(String),
    /// Too many passwords are being hashed.
    #[error("too many log-ins at once")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nobody was logged in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoginError {
    /// Name or password is wrong; which of them is not told. `known`: there is such an account (for the log).
    #[error("the name or the password is wrong")]
    Wrong {
        /// Whether there is an account of this name.
        known: bool,
    },
    /// Too many failures.
    #[error("too many log-ins have failed; wait {wait_s} s")]
    Delayed {
        /// How long to wait.
        wait_s: i64,
    },
    /// Too many log-ins at once.
    #[error("too many log-ins at once")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Accounts and sessions over a store. All clones are the same accounts.
///
/// The calls that are not `async` block and are for start-up and the command line.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
}

struct Inner {
    store: Mutex<Box<dyn AccountStore>>,
    attempts: Mutex<Attempts>,
    hashing: Semaphore,
    settings: AccountSettings,
    /// Hash of nobody's password: an unknown name must take as long as a known one.
    nobody: String,
}

impl Accounts {
    /// Accounts in the SQLite database at `path`, which is made if it is not there.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened.
    pub fn open(path: &Path, settings: AccountSettings) -> Result<Self, StoreError> {
        Self::new(Box::new(SqliteAccounts::open(path)?), settings)
    }

    /// Accounts in another store.
    ///
    /// # Errors
    /// [`StoreError`] when the settings cannot be used.
    pub fn new(store: Box<dyn AccountStore>, settings: AccountSettings) -> Result<Self, StoreError> {
        let nobody = settings.password_cost.hash(&password::generate()?)?;
        let inner = Inner {
            store: Mutex::new(store),
            attempts: Mutex::default(),
            hashing: Semaphore::new(HASHES_AT_ONCE_MAX),
            settings,
            nobody,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Makes the account `admin` if there is no account at all, and returns the password that was made up for it:
    /// the only time that it is known. `None` when there are accounts.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub fn ensure_admin(&self, now: Timestamp) -> Result<Option<Redacted>, AccountError> {
        if !self.inner.store().accounts()?.is_empty() {
            return Ok(None);
        }
        let password = password::generate()?;
        self.inner.create(FIRST_ADMIN, Role::Admin, &password, now)?;
        Ok(Some(password))
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`AccountError`] when the name or password cannot be taken.
    pub fn create_blocking(
        &self,
        name: &str,
        role: Role,
        password: &Redacted,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        self.inner.create(name, role, password, now)
    }

    /// Changes a password and ends every session of the account.
    ///
    /// # Errors
    /// [`AccountError`] when there is no such account or the password cannot be taken.
    pub fn set_password_blocking(&self, name: &str, password: &Redacted) -> Result<(), AccountError> {
        self.inner.set_password(name, password, None)
    }

    pub(crate) async fn create(
        &self,
        name: String,
        role: Role,
        password: Redacted,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let _turn = self.turn_to_hash().await.ok_or(AccountError::Busy)?;
        self.blocking(move |inner| inner.create(&name, role, &password, now)).await?
    }

    pub(crate) async fn set_password(
        &self,
        name: String,
        password: Redacted,
        keep: Option<TokenHash>,
    ) -> Result<(), AccountError> {
        let _turn = self.turn_to_hash().await.ok_or(AccountError::Busy)?;
        self.blocking(move |inner| inner.set_password(&name, &password, keep.as_ref())).await?
    }

    pub(crate) async fn list(&self) -> Result<Vec<Account>, AccountError> {
        let accounts = self.blocking(|inner| inner.store().accounts()).await??;
        Ok(accounts.into_iter().map(Account::from).collect())
    }

    pub(crate) async fn delete(&self, name: String) -> Result<(), AccountError> {
        self.blocking(move |inner| match inner.store().delete(&name)? {
            Deletion::Done => Ok(()),
            Deletion::Unknown => Err(AccountError::Unknown(name)),
            Deletion::LastAdmin => Err(AccountError::LastAdmin(name)),
        })
        .await?
    }

    /// Opens a session for a name and password that belong together.
    pub(crate) async fn login(
        &self,
        name: String,
        password: Redacted,
        peer: IpAddr,
        now: Timestamp,
    ) -> Result<(Session, Token), LoginError> {
        self.inner.attempts().begin(&name, peer, now).map_err(|wait_s| LoginError::Delayed { wait_s })?;
        let _turn = self.turn_to_hash().await.ok_or(LoginError::Busy)?;
        self.blocking(move |inner| inner.login(&name, &password, peer, now)).await?
    }

    /// The session of a token, if it is valid now.
    pub(crate) async fn session(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        self.blocking(move |inner| inner.session(&token, now)).await?
    }

    /// Makes a key of an account; gives it and its token, which is told this once.
    pub(crate) async fn create_key(
        &self,
        account: String,
        key: NewKey,
        now: Timestamp,
    ) -> Result<(StoredKey, Token), AccountError> {
        self.blocking(move |inner| inner.create_key(account, key, now)).await?
    }

    pub(crate) async fn keys(&self, account: String) -> Result<Vec<StoredKey>, AccountError> {
        Ok(self.blocking(move |inner| inner.store().keys(&account)).await??)
    }

    pub(crate) async fn delete_key(&self, account: String, id: String) -> Result<(), AccountError> {
        let deleted = self.blocking(move |inner| (inner.store().delete_key(&account, &id), id)).await?;
        if deleted.0? { Ok(()) } else { Err(AccountError::NoKey(deleted.1)) }
    }

    pub(crate) async fn logout(&self, token: TokenHash) -> Result<(), StoreError> {
        self.blocking(move |inner| inner.store().delete_session(&token)).await?
    }

    /// `None` when others took too long.
    async fn turn_to_hash(&self) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(HASH_WAIT, self.inner.hashing.acquire()).await.ok()?.ok()
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.map_err(|error| StoreError(format!("the work was given up: {error}")))
    }
}

impl Inner {
    fn store(&self) -> MutexGuard<'_, Box<dyn AccountStore>> {
        // Each call of the store is whole or has no effect, so that a panic in one leaves nothing half done.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn create(
        &self,
        name: &str,
        role: Role,
        password: &Redacted,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        if let Some(objection) = name_objection(name).or_else(|| password::objection(name, password)) {
            return Err(AccountError::Unacceptable(objection));
        }
        let password_hash = self.settings.password_cost.hash(password)?;
        let account = StoredAccount { name: name.to_owned(), role, password_hash, created_at: now };
        let mut store = self.store();
        if store.accounts()?.len() >= ACCOUNTS_MAX {
            return Err(AccountError::TooMany);
        }
        if store.insert(&account)? { Ok(()) } else { Err(AccountError::Taken(account.name)) }
    }

    fn create_key(
        &self,
        account: String,
        key: NewKey,
        now: Timestamp,
    ) -> Result<(StoredKey, Token), AccountError> {
        let label = key.label.trim();
        if !(1..=KEY_LABEL_CHARS_MAX).contains(&label.chars().count()) || label.chars().any(char::is_control)
        {
            let why = format!("a key's label has 1 to {KEY_LABEL_CHARS_MAX} characters");
            return Err(AccountError::Unacceptable(why));
        }
        if !(1..=KEY_DAYS_MAX).contains(&key.days) {
            return Err(AccountError::Unacceptable(format!("a key lasts 1 to {KEY_DAYS_MAX} days")));
        }
        let token = Token::random()?;
        let key = StoredKey {
            id: plomb_wire::to_hex(token.hash().0.get(..KEY_ID_BYTES).unwrap_or_default()),
            token: token.hash(),
            account,
            label: label.to_owned(),
            rights: key.rights,
            created_at: now,
            expires_at: now.plus_secs(i64::from(key.days) * 86_400),
            used_at: None,
        };
        if self.store().insert_key(&key, KEYS_PER_ACCOUNT_MAX)? {
            Ok((key, token))
        } else {
            Err(AccountError::TooManyKeys)
        }
    }

    fn set_password(
        &self,
        name: &str,
        password: &Redacted,
        keep: Option<&TokenHash>,
    ) -> Result<(), AccountError> {
        if let Some(objection) = password::objection(name, password) {
            return Err(AccountError::Unacceptable(objection));
        }
        let password_hash = self.settings.password_cost.hash(password)?;
        let known = self.store().set_password(name, &password_hash, keep)?;
        if known { Ok(()) } else { Err(AccountError::Unknown(name.to_owned())) }
    }

    fn login(
        &self,
        name: &str,
        password: &Redacted,
        peer: IpAddr,
        now: Timestamp,
    ) -> Result<(Session, Token), LoginError> {
        let account = self.store().account(name)?;
        let hash = account.as_ref().map_or(self.nobody.as_str(), |account| &account.password_hash);
        let right = self.settings.password_cost.verify(password, hash)?;
        let account = match account {
            Some(account) if right => account,
            other => return Err(LoginError::Wrong { known: other.is_some() }),
        };
        self.attempts().succeeded(name, peer);
        let token = Token::random()?;
        let expires_at = now.plus_secs(self.settings.session_s);
        let session = StoredSession {
            token: token.hash(),
            account: account.name.clone(),
            created_at: now,
            expires_at,
            used_at: now,
        };
        let mut store = self.store();
        store.forget_ended(now, now.plus_secs(-self.settings.idle_s - TOUCH_S))?;
        store.insert_session(&session, SESSIONS_PER_ACCOUNT_MAX)?;
        Ok((Session { name: account.name, role: account.role, expires_at, scope: None }, token))
    }

    fn session(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let mut store = self.store();
        let Some((session, role)) = store.session(token)? else {
            return key_session(&mut **store, token, now);
        };
        let idle_ms = now.since(session.used_at);
        if now >= session.expires_at || idle_ms > self.settings.idle_s * 1000 {
            store.delete_session(token)?;
            return Ok(None);
        }
        if idle_ms >= TOUCH_S * 1000 {
            store.touch_session(token, now)?;
        }
        Ok(Some(Session { name: session.account, role, expires_at: session.expires_at, scope: None }))
    }
}

/// The session that a key stands for, if it is valid now.
fn key_session(
    store: &mut dyn AccountStore,
    token: &TokenHash,
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let Some((key, role)) = store.key(token)? else { return Ok(None) };
    if now >= key.expires_at {
        return Ok(None);
    }
    if key.used_at.is_none_or(|used_at| now.since(used_at) >= TOUCH_S * 1000) {
        store.touch_key(token, now)?;
    }
    Ok(Some(Session { name: key.account, role, expires_at: key.expires_at, scope: Some(key.rights) }))
}

impl From<StoredAccount> for Account {
    fn from(account: StoredAccount) -> Self {
        Self { name: account.name, role: account.role, created_at: account.created_at }
    }
}

/// Why a name cannot be taken, as a sentence; `None` when it can.
fn name_objection(name: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._@".contains(&byte);
    let fits = !name.is_empty() && name.len() <= NAME_CHARS_MAX && name.bytes().all(allowed);
    let begins_well = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    // In records it stands for what nobody did.
    (!fits || !begins_well || name == plomb_movements::CLOCK).then(|| {
        format!(
            "an account's name has 1 to {NAME_CHARS_MAX} of the characters a-z, 0-9, '-', '.', '_' and '@', \
             begins with a letter or digit, and is not '{}'",
            plomb_movements::CLOCK
        )
    })
}
