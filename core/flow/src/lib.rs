//! The whole journey in one place: bytes have become a report, the report is journalled, its events change the
//! state, the change is judged, and what was decided is journalled too.
//!
//! [`Flow::handle`] is that journey for live inputs and [`Flow::replay`] the same for recorded ones; both go
//! through the same lines, so that a replay gives the same state and alarms.

mod backtest;
mod flow;
mod input;
mod ledger;
mod redecode;
mod replay;
mod snapshot;

pub use backtest::{Backtest, BacktestReport, KindShift, Rung, Shift};
pub use flow::{Flow, Outcome};
pub use input::Input;
pub use ledger::Ledger;
pub use redecode::{Redecode, RedecodeReport};
pub use replay::{Mismatch, Replayed};
pub use snapshot::SnapshotError;
