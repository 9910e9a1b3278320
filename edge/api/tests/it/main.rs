//! The API from outside: requests in, answers out, over a platform that lives in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::too_many_lines,
    reason = "a test stops at the first thing that is not so"
)]

mod accounts;
mod alarms;
mod backtests;
mod cases;
mod catalogue;
mod client;
mod commands;
mod devices;
mod epcis;
mod events;
mod evidence;
mod fake;
mod history;
mod map_and_page;
mod movements;
mod openapi;
mod places;
mod registry;
mod rights;
mod risk;
mod rules;
mod scorecards;
mod seals;
mod service;
mod session;
mod shared;
mod stream;
