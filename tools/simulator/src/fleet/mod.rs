//! A seeded fleet: devices of four protocols on trucks and ships, with incidents by script.

mod agent;
pub mod drive;
pub mod incident;
pub mod land;
mod outbox;
pub mod plan;
pub mod register;
pub mod route;
pub mod run;
pub mod sea;
pub mod unit;

pub use agent::Counters;
