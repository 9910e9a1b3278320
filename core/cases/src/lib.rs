//! Cases: what people do about alarms. One a movement, else one a device; many devices that fall silent behind one
//! gateway or carrier are one.
//!
//! [`Cases`] is a fold over changes of alarms ([`Cases::raised`], [`Cases::cleared`] ...), steps that people take
//! ([`Cases::check`], [`Cases::take`]) and time ([`Cases::pass`]). A case ends with an outcome and with nothing else;
//! outcomes are what [`Figures`] are made of.

mod book;
mod case;
mod figures;
mod step;
mod storm;

pub use book::{ALARMS_MAX, CLOCK, Cases, OPEN_MAX, RESOLVED_KEPT_MAX, Raised, Refusal, STEPS_MAX};
pub use case::{Case, CaseState, Done, LEVEL_MAX, Outcome, Shelf, Subject};
pub use figures::{Figures, Tally, percentile, tally};
pub use step::{Deed, SHELF_H_MAX, Step};
pub use storm::{Silences, Silent, Storm};
