//! Who may do what. One table ([`can`]) says it; [`Authorised`] enforces it: what changes something can only be
//! reached through an `Authorised` of the right kind, so that a handler that has not asked for the right cannot
//! name the operation.

mod api;
mod authorised;
mod basic;
mod credential;
mod rights;

pub(crate) use api::Api;
pub(crate) use authorised::{
    Administer, Assess, Authorise, Authorised, Draw, Exchange, Move, Needs, Operate, Order, OwnPassword,
    Read, Register,
};
pub(crate) use credential::{COOKIE, Credential, peer_of};
pub use rights::{Right, Role, can};
