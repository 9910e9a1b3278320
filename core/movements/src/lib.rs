//! Movements under seal: declared, accepted, armed, watched, verified, discharged.
//!
//! [`Movements`] is a fold over steps that people take: [`Movements::check`] says whether a step may be taken and why
//! not, [`Movements::take`] takes it. What differs from country to country is a [`Policy`], which is data.

mod advance;
mod book;
mod checks;
mod declaration;
mod form;
mod link;
mod money;
mod movement;
mod opening;
mod policy;
mod rules;
mod state;
mod step;

pub use book::{Act, CLOCK, Facts, MOVEMENTS_MAX, Movements, Refusal, STEPS_MAX};
pub use checks::{Check, DeviceFacts, Verdict, checklist};
pub use declaration::{Declaration, GOODS_MAX, Goods, Party, SEALS_MAX, UNITS_MAX, Unit, UnitKind};
pub use form::{FIELDS_MAX, Fault, Form, TEXT_BYTES_MAX};
pub use link::{Audience, LINK_H_MAX, LINKS_MAX, Link, holder_of};
pub use money::{Money, MoneyError};
pub use movement::{Done, GuaranteeState, Incident, Movement, Seal, SealEnd, bare_number};
pub use opening::{OPENING_H_MAX, OPENINGS_MAX, Opening, OpeningEnd, Way, card_print, print_of};
pub use policy::Policy;
pub use rules::INCIDENTS_MAX;
pub use state::MovementState;
pub use step::{INCIDENT_CODES, Step};
