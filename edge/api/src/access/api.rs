//! What all handlers share. The platform and the accounts are private to this folder: handlers reach them through
//! [`super::Authorised`], or through the few calls below that need no account.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use plomb_epcis::Repository;
use plomb_evidence::log::{Tile, WitnessRefusal};
use plomb_model::{MovementId, Redacted, Timestamp};
use plomb_movements::{Form, Movement};
use plomb_registry::{Registry, RegistryError};
use plomb_rules::State;
use tokio::sync::oneshot;

use super::basic::BasicSessions;
use crate::accounts::{Accounts, AuditFact, LoginError, Session, Token};
use crate::problem::Problem;
use crate::telemetry::Telemetry;
use crate::{ApiConfig, BaseMap, Health, Platform, Refused, Unavailable};

/// How long an answer of the flow is waited for: batches take milliseconds, so that this means it hangs.
const ANSWER_WAIT: Duration = Duration::from_secs(5);

/// What all handlers share.
pub(crate) struct Api {
    pub(super) platform: Arc<dyn Platform>,
    pub(super) accounts: Arc<Accounts>,
    registry: Arc<Registry>,
    epcis: Arc<Repository>,
    pub(super) basic: BasicSessions,
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
        epcis: Arc<Repository>,
        config: ApiConfig,
    ) -> Self {
        let (basic, telemetry) = (BasicSessions::default(), Telemetry::default());
        Self { platform, accounts, registry, epcis, basic, config, telemetry }
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

    /// Runs a call of the EPCIS repository, which may wait for the disk. For those who have the right.
    pub(crate) async fn epcis<T: Send + 'static, E: From<Problem> + Send + 'static>(
        &self,
        call: impl FnOnce(&Repository) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let repository = Arc::clone(&self.epcis);
        match tokio::task::spawn_blocking(move || call(&repository)).await {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "A call of the EPCIS repository failed");
                Err(Problem::from(Unavailable("the EPCIS repository does not answer".to_owned())).into())
            }
        }
    }

    /// The EPCIS repository, for a conversation that goes on. For those who have the right.
    pub(crate) fn epcis_repository(&self) -> Arc<Repository> {
        Arc::clone(&self.epcis)
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

    /// Asks the state; the question is answered on the flow thread and must be short. For those who have the right.
    pub(super) async fn question<T: Send + 'static>(
        &self,
        question: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, answered) = oneshot::channel();
        self.platform.ask(Box::new(move |state| {
            // Whoever asked may have gone away meanwhile.
            drop(answer.send(question(state)));
        }))?;
        match tokio::time::timeout(ANSWER_WAIT, answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(Unavailable("the platform is stopping".to_owned()).into()),
            Err(_) => Err(Unavailable("the platform does not answer".to_owned()).into()),
        }
    }

    /// The code at the end of a link.
    pub(crate) fn link_token(&self, subject: &str) -> String {
        self.platform.link_token(subject)
    }

    /// Asks the state for who has a link whose code holds.
    pub(crate) async fn shared<T: Send + 'static>(
        &self,
        question: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.question(question).await
    }

    /// Takes a step of a movement for who has a link whose code holds.
    pub(crate) async fn step_of_link(
        &self,
        by: &str,
        movement: MovementId,
        step: &str,
        form: Form,
    ) -> Result<Movement, Refused> {
        self.platform.step(by, Some(movement), step, form).await
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
