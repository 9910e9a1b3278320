//! Extractors that let a request in only with the right that the handler names, and hand it what that right allows.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use plomb_cases::Case;
use plomb_devices::Description;
use plomb_evidence::Action;
use plomb_flow::BacktestReport;
use plomb_model::{CaseId, CommandTicket, DeviceId, EntryId, MovementId, Protocol, Redacted, Timestamp};
use plomb_movements::{Form, Movement};
use plomb_registry::{Registry, RegistryError};
use plomb_report::{Document, Evidence};
use plomb_rules::{Change, CommandRecord, CommandStep, State};
use serde_json::{Map, Value};

use super::{Api, Credential};
use crate::accounts::{Account, AccountError, AuditFact, NewKey, Session, StoredKey, Token};
use crate::problem::Problem;
use crate::{
    HistoryPage, HistoryQuery, Kept, Refused, Role, Status, StoredEntry, Subscription, Unavailable,
    access::rights::Right,
};

/// A right, as a type.
pub(crate) trait Needs: Send + Sync + 'static {
    /// Which.
    const RIGHT: Right;
}

/// May read.
pub(crate) struct Read;
/// May act on alarms.
pub(crate) struct Operate;
/// May tell devices what to do.
pub(crate) struct Order;
/// May let what opens a seal be sent.
pub(crate) struct Authorise;
/// May take steps of movements under seal.
pub(crate) struct Move;
/// May draw places and routes.
pub(crate) struct Draw;
/// May see what speaks against whom.
pub(crate) struct Assess;
/// May change the register of devices.
pub(crate) struct Register;
/// May manage accounts.
pub(crate) struct Administer;
/// May capture EPCIS events, and keep queries and subscriptions.
pub(crate) struct Exchange;
/// May set a password: one's own, or with more rights anybody's.
pub(crate) struct OwnPassword;

impl Needs for Read {
    const RIGHT: Right = Right::Read;
}
impl Needs for Operate {
    const RIGHT: Right = Right::Operate;
}
impl Needs for Order {
    const RIGHT: Right = Right::Order;
}
impl Needs for Authorise {
    const RIGHT: Right = Right::Authorise;
}
impl Needs for Move {
    const RIGHT: Right = Right::Move;
}
impl Needs for Draw {
    const RIGHT: Right = Right::Draw;
}
impl Needs for Assess {
    const RIGHT: Right = Right::Assess;
}
impl Needs for Register {
    const RIGHT: Right = Right::Register;
}
impl Needs for Administer {
    const RIGHT: Right = Right::Administer;
}
impl Needs for Exchange {
    const RIGHT: Right = Right::Exchange;
}
impl Needs for OwnPassword {
    const RIGHT: Right = Right::OwnPassword;
}

/// Somebody with the right `R`, and what that right allows.
pub(crate) struct Authorised<R> {
    api: Arc<Api>,
    session: Session,
    token: Token,
    right: PhantomData<R>,
}

impl<R: Needs> FromRequestParts<Arc<Api>> for Authorised<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let credential = Credential::of(&parts.headers).ok_or_else(Problem::unauthorised)?;
        credential.refuse_forgery(&parts.method, &parts.headers)?;
        let session = api.accounts.session(credential.token.hash(), api.now()).await?;
        let session = session.ok_or_else(Problem::unauthorised)?;
        if !session.allows(R::RIGHT) {
            let problem = Problem::forbidden(&session, R::RIGHT);
            api.audit(&AuditFact::Forbidden { by: session.name, right: R::RIGHT.name() });
            return Err(problem);
        }
        Ok(Self { api: Arc::clone(api), session, token: credential.token, right: PhantomData })
    }
}

impl<R> Authorised<R> {
    /// Who it is.
    pub(crate) const fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.api.now()
    }

    pub(crate) const fn api(&self) -> &Arc<Api> {
        &self.api
    }
}

impl<R> Authorised<R> {
    /// Asks the state; the question is answered on the flow thread and must be short.
    async fn question<T: Send + 'static>(
        &self,
        question: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.api.question(question).await
    }
}

impl Authorised<Read> {
    /// Asks the state; the question must be short.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.question(question).await
    }

    pub(crate) async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, Unavailable> {
        self.api.platform.history(query).await
    }

    pub(crate) async fn entry(&self, id: EntryId) -> Result<Option<StoredEntry>, Problem> {
        Ok(self.api.platform.entry(id).await?)
    }

    pub(crate) async fn entries_of(
        &self,
        device: DeviceId,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<EntryId>, Problem> {
        Ok(self.api.platform.entries_of(device, from, to, limit).await?)
    }

    /// Entries by rising number with what proves them.
    pub(crate) async fn prove(&self, entries: Vec<EntryId>) -> Result<Evidence, Problem> {
        Ok(self.api.platform.prove(entries).await?)
    }

    /// A signed trip report.
    pub(crate) fn trip_report(
        &self,
        statement: Map<String, Value>,
        fields: Vec<(String, Value)>,
        evidence: &Evidence,
    ) -> Result<Document, Problem> {
        Ok(self.api.platform.trip_report(statement, fields, evidence)?)
    }

    pub(crate) fn describe(&self, protocol: Protocol, frame: &[u8]) -> Description {
        self.api.platform.describe(protocol, frame)
    }

    pub(crate) fn status(&self) -> Status {
        self.api.platform.status()
    }

    pub(crate) fn updates(&self, after: Option<u64>) -> Subscription {
        self.api.platform.updates(after)
    }

    /// Brings a message of a seal or reader in the name of this account; comes back once it is durable.
    pub(crate) async fn bring(
        &self,
        protocol: Protocol,
        peer: &str,
        frame: Vec<u8>,
    ) -> Result<Kept, Problem> {
        let who = format!("{}@{peer}", self.session.name);
        Ok(self.api.platform.bring(protocol, &who, frame).await?)
    }

    /// A challenge for tags.
    pub(crate) fn challenge(&self, at: Timestamp) -> String {
        self.api.platform.challenge(at)
    }

    /// Whether the session is still good; asking keeps it from idling out.
    pub(crate) async fn is_still_good(&self) -> bool {
        let session = self.api.accounts.session(self.token.hash(), self.api.now()).await;
        // A store that fails for a moment is no reason to blind an operator.
        session.map_or(true, |session| session.is_some_and(|session| session.allows(Right::Read)))
    }
}

impl Authorised<Read> {
    /// Looks into the register.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Registry) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.api.registry(look).await
    }
}

impl Authorised<Register> {
    /// Changes the register in the name of this account.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Registry, &str, Timestamp) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, Problem> {
        let (by, at) = (self.session.name.clone(), self.now());
        self.api.registry(move |registry| change(registry, &by, at)).await
    }
}

impl Authorised<Operate> {
    /// Does something in the name of this account; comes back once it is durable.
    pub(crate) async fn operate(&self, action: Action) -> Result<Vec<Change>, Problem> {
        Ok(self.api.platform.operate(&self.session.name, action).await?)
    }

    /// Asks the state how things stand; whoever may act may read.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.question(question).await
    }

    /// Takes a step of a case in the name of this account; comes back once it is durable.
    pub(crate) async fn case_step(&self, case: CaseId, step: &str, form: Form) -> Result<Vec<Case>, Problem> {
        Ok(self.api.platform.case_step(&self.session.name, case, step, form).await?)
    }
}

impl Authorised<Move> {
    /// Asks the state before a step is taken; whoever may take steps may read.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.question(question).await
    }

    /// Reports of a device, to know which arming it is in; whoever may take steps may read.
    pub(crate) async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, Problem> {
        Ok(self.api.platform.history(query).await?)
    }

    /// The code at the end of a link.
    pub(crate) fn link_token(&self, subject: &str) -> String {
        self.api.platform.link_token(subject)
    }

    /// The one-time code of a device.
    pub(crate) fn opening_code(&self, device: &DeviceId, arming: u32, until_h: u32) -> Option<String> {
        self.api.platform.opening_code(device, arming, until_h)
    }

    /// Takes a step of a movement in the name of this account; comes back once it is durable.
    pub(crate) async fn step(
        &self,
        movement: Option<MovementId>,
        step: &str,
        form: Form,
    ) -> Result<Movement, Refused> {
        self.api.platform.step(&self.session.name, movement, step, form).await
    }
}

impl Authorised<Assess> {
    /// Takes a step of a change of the rules in the name of this account; comes back once it is durable.
    pub(crate) async fn change_rules(&self, action: Action) -> Result<(), Problem> {
        self.api.platform.operate(&self.session.name, action).await?;
        Ok(())
    }

    /// Changed settings over the journal.
    pub(crate) async fn backtest(
        &self,
        overrides: Vec<(Box<str>, i64)>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<BacktestReport, Problem> {
        Ok(self.api.platform.backtest(overrides, from, to).await?)
    }

    /// Asks the state what speaks against whom.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.question(question).await
    }
}

impl Authorised<Draw> {
    /// Draws a place in the name of this account; comes back once it is durable.
    pub(crate) async fn draw(&self, action: Action) -> Result<(), Problem> {
        self.api.platform.operate(&self.session.name, action).await?;
        Ok(())
    }
}

impl Authorised<Order> {
    /// Asks the state before something is ordered; whoever may order may read.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.question(question).await
    }

    /// Creates a command or takes one back in the name of this account; comes back once it is durable.
    pub(crate) async fn command(&self, step: CommandStep) -> Result<CommandRecord, Problem> {
        Ok(self.api.platform.command(&self.session.name, step).await?)
    }
}

impl Authorised<Authorise> {
    /// Lets a command be sent in the name of this account; comes back once it is durable.
    pub(crate) async fn authorise(&self, ticket: CommandTicket) -> Result<CommandRecord, Problem> {
        let step = CommandStep::Authorise(ticket);
        Ok(self.api.platform.command(&self.session.name, step).await?)
    }

    /// Does not let a command be sent; comes back once that is durable.
    pub(crate) async fn refuse(
        &self,
        ticket: CommandTicket,
        reason: Box<str>,
    ) -> Result<CommandRecord, Problem> {
        let step = CommandStep::Refuse(ticket, reason);
        Ok(self.api.platform.command(&self.session.name, step).await?)
    }
}

impl Authorised<Administer> {
    pub(crate) async fn accounts(&self) -> Result<Vec<Account>, AccountError> {
        self.api.accounts.list().await
    }

    pub(crate) async fn create_account(
        &self,
        name: String,
        role: Role,
        password: Redacted,
    ) -> Result<(), AccountError> {
        self.api.accounts.create(name.clone(), role, password, self.now()).await?;
        self.api.audit(&AuditFact::Created { by: self.session.name.clone(), account: name, role });
        Ok(())
    }

    pub(crate) async fn delete_account(&self, name: String) -> Result<(), AccountError> {
        self.api.accounts.delete(name.clone()).await?;
        self.api.audit(&AuditFact::Deleted { by: self.session.name.clone(), account: name });
        Ok(())
    }
}

impl Authorised<OwnPassword> {
    /// One's own keys.
    pub(crate) async fn keys(&self) -> Result<Vec<StoredKey>, Problem> {
        Ok(self.api.accounts.keys(self.session.name.clone()).await?)
    }

    /// Makes a key of one's own; its rights are among those that one has.
    pub(crate) async fn create_key(&self, key: NewKey) -> Result<(StoredKey, Token), Problem> {
        if let Some(right) =
            key.rights.iter().find(|right| !right.is_for_keys() || !self.session.allows(**right))
        {
            return Err(Problem::unacceptable(format!(
                "rights: you cannot give a key the right `{}`",
                right.word()
            )));
        }
        let made = self.api.accounts.create_key(self.session.name.clone(), key, self.now()).await?;
        self.api.audit(&AuditFact::KeyMade { by: self.session.name.clone(), key: made.0.id.clone() });
        Ok(made)
    }

    /// Takes back a key of one's own.
    pub(crate) async fn delete_key(&self, id: String) -> Result<(), Problem> {
        self.api.accounts.delete_key(self.session.name.clone(), id.clone()).await?;
        self.api.audit(&AuditFact::KeyTakenBack { by: self.session.name.clone(), key: id });
        Ok(())
    }

    /// Sets a password: one's own, whose other sessions end; anybody's with the right to manage accounts.
    pub(crate) async fn set_password(&self, name: String, password: Redacted) -> Result<(), Problem> {
        let own = name == self.session.name;
        if !own && !self.session.allows(Right::Administer) {
            let (by, right) = (self.session.name.clone(), Right::Administer);
            self.api.audit(&AuditFact::Forbidden { by, right: right.name() });
            return Err(Problem::forbidden(&self.session, right));
        }
        let keep = own.then(|| self.token.hash());
        self.api.accounts.set_password(name.clone(), password, keep).await?;
        self.api.audit(&AuditFact::PasswordChanged { by: self.session.name.clone(), account: name });
        Ok(())
    }
}
