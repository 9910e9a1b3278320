//! The calls, a file for each sort of thing. A handler reads the request, asks for a right, and shapes the answer.

pub(crate) mod accounts;
pub(crate) mod alarms;
pub(crate) mod api_keys;
pub(crate) mod backtests;
pub(crate) mod cases;
pub(crate) mod commands;
pub(crate) mod customs_messages;
pub(crate) mod devices;
pub(crate) mod events;
pub(crate) mod evidence;
pub(crate) mod expectations;
pub(crate) mod history;
pub(crate) mod live;
pub(crate) mod movements;
pub(crate) mod movements_import;
pub(crate) mod opening_code;
pub(crate) mod places;
pub(crate) mod quarantine;
pub(crate) mod registry;
pub(crate) mod registry_gates;
pub(crate) mod registry_keys;
pub(crate) mod risk;
pub(crate) mod rules;
pub(crate) mod scorecards;
pub(crate) mod seal_readings;
pub(crate) mod seal_reports;
pub(crate) mod seals;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod shared;
pub(crate) mod tiles;
pub(crate) mod track;

mod events_csv;
mod events_of;
mod simplify;
