//! The repository: what was captured, kept in SQLite and found again.

mod capture;
mod find;
mod named;
mod repository;
mod schema;
mod terms;

pub use capture::{Behaviour, CaptureError, CaptureFault, CaptureJob, Captured};
pub use find::{FindError, Page, Stored};
pub use named::{NamedQuery, SIMPLE_EVENT_QUERY, Subscription, SubscriptionState};
pub use repository::{Repository, RepositoryError};
