//! What all handlers share. The platform and the accounts are private to this folder: handlers reach them through
//! [`super::Authorised`], or through the few calls below that need no account.

use std::net::IpAddr;
use std::sync::Arc;

use plomb_evidence::log::{Tile, WitnessRefusal};
use plomb_model::{Redacted, Timestamp};
use plomb_registry::{Registry, RegistryError};

use crate::accounts::{Accounts, AuditFact, LoginError, Session, Token};
use crate::problem::Problem;
use crate::telemetry::Telemetry;
use crate::{ApiConfig, BaseMap, Health, Platform, Unavailable};

/// What all handlers share.
pub(crate) struct Api {
    pub(super) platform: Arc<dyn Platform>,
    pub(super) accounts: Arc<Accounts>,
    registry: Arc<Registry>,
    config: ApiConfig,
    pub(crate) telemetry: Telemetry,
}

impl Api {
    /// Whether somebody else than its creator must authorise a command that opens a seal.
    pub(crate) const fn four_eyes(&self) -> bool {
        self.config.four_eyes
    }

    pub(crate) fn new(
        platform: Arc<dyn Platform>,
        accounts: Arc<Accounts>,
        registry: Arc<Registry>,
        config: ApiConfig,
    ) -> Self {
        Self { platform, accounts, registry, config, telemetry: Telemetry::default() }
    }

    /// Runs a call of the register, which may wait for the disk.
    pub(super) async fn registry<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Registry) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, Problem> {
        let registry = Arc::clone(&self.registry);
        match tokio::task::spawn_blocking(move || call(&registry)).await {
            Ok(done) => Ok(done?),
            Err(error) => {
                tracing::error!(%error, "A call of the register failed");
                Err(Unavailable("the register does not answer".to_owned()).into())
            }
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.config.clock)()
    }

    pub(crate) fn audit(&self, fact: &AuditFact) {
        (self.config.audit)(fact);
    }

    pub(crate) const fn base_map(&self) -> &BaseMap {
        &self.config.base_map
    }

    pub(crate) const fn secure_cookies(&self) -> bool {
        self.config.secure_cookies
    }

    pub(crate) const fn forwarded_for(&self) -> bool {
        self.config.forwarded_for
    }

    /// The journal's last signed checkpoint, for everybody.
    pub(crate) fn checkpoint(&self) -> Option<String> {
        self.platform.checkpoint()
    }

    /// The public keys that sign checkpoints, for everybody.
    pub(crate) fn log_keys(&self) -> Vec<String> {
        self.platform.log_keys()
    }

    /// Another log asks for our signature; it proves who it is by its own.
    pub(crate) async fn witness(&self, request: String) -> Result<String, WitnessRefusal> {
        self.platform.witness(request, self.now()).await
    }

    /// A tile of the journal's tree, for everybody: hashes tell nothing of what they are of.
    pub(crate) async fn log_tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, Unavailable> {
        self.platform.tile(tile).await
    }

    pub(crate) fn health(&self) -> Health {
        self.platform.health()
    }

    pub(crate) fn metrics(&self) -> String {
        self.platform.metrics()
    }

    /// Opens a session, or says why not.
    pub(crate) async fn login(
        &self,
        name: String,
        password: Redacted,
        peer: IpAddr,
    ) -> Result<(Session, Token), Problem> {
        let result = self.accounts.login(name.clone(), password, peer, self.now()).await;
        let peer = peer.to_string();
        match &result {
            Ok((session, _)) => self.audit(&AuditFact::LoggedIn { account: session.name.clone(), peer }),
            Err(LoginError::Wrong { known }) => {
                self.audit(&AuditFact::LoginFailed { account: known.then_some(name), peer });
            }
            Err(LoginError::Delayed { wait_s }) => {
                self.audit(&AuditFact::LoginDelayed { peer, wait_s: *wait_s });
            }
            Err(LoginError::Busy | LoginError::Store(_)) => {}
        }
        Ok(result?)
    }

    /// Ends the session of a token, if there is one.
    pub(crate) async fn logout(&self, token: &Token) -> Result<(), Problem> {
        let Some(session) = self.accounts.session(token.hash(), self.now()).await? else { return Ok(()) };
        self.accounts.logout(token.hash()).await?;
        self.audit(&AuditFact::LoggedOut { account: session.name });
        Ok(())
    }
}
