//! HTTP: the REST calls and their OpenAPI document, the live stream, the base map and the page.
//!
//! This crate owns every JSON shape (`view`), every right (`access`) and every account (`accounts`); what the
//! platform knows and does it asks for through [`Platform`], which the server implements. It opens no port:
//! [`router`] is a service for the server to bind. The shapes are told in `docs/api.md`.

mod access;
mod accounts;
mod config;
mod cursor;
mod epcis;
mod live;
mod page;
mod platform;
mod problem;
mod request;
mod router;
mod routes;
mod telemetry;
mod tiles;
mod view;

pub use access::{Right, Role, can};
pub use accounts::{
    Account, AccountError, AccountSettings, AccountStore, Accounts, AuditFact, Deletion, PasswordCost,
    Session, SqliteAccounts, StoreError, StoredAccount, StoredKey, StoredSession, TokenHash,
};
pub use config::{ApiConfig, BaseMap};
pub use live::{DeviceMark, Ring, Subscription, Told, Update, UpdateChange};
pub use platform::{
    BoundPort, Health, HistoryOrder, HistoryPage, HistoryQuery, JournalStatus, Kept, Place, Platform,
    Question, Refused, Reply, SenderStatus, Status, StoredEntry, StoredReport, Unavailable,
};
pub use router::{openapi, router};
pub use tiles::MapError;
pub use view::{BacktestView, event_values};
