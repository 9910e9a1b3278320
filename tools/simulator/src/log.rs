//! One line an event on the standard error: time, level, sentence, then key=value fields.

use std::fmt::Arguments;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use plomb_model::Timestamp;

/// What the system clock says.
#[must_use]
pub fn now() -> Timestamp {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// A line for information. A closed standard error is no reason to stop.
pub fn info(line: Arguments<'_>) {
    writeln!(std::io::stderr().lock(), "{} INFO {line}", now()).ok();
}

/// A line about something surprising.
pub fn warn(line: Arguments<'_>) {
    writeln!(std::io::stderr().lock(), "{} WARN {line}", now()).ok();
}
