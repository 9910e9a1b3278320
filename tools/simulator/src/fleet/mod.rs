//! A seeded fleet: devices of four protocols on trucks and ships, with incidents by script.

pub mod drive;
pub mod incident;
pub mod land;
pub mod plan;
pub mod route;
pub mod sea;
pub mod unit;
