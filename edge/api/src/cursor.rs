//! Cursors: where a page ended, as texts that a client hands back unread.
//!
//! A cursor names the last item by its sort key, not by a count, so that items that come or go meanwhile neither
//! repeat nor hide others.

use std::fmt::Display;
use std::str::FromStr;

use crate::problem::Problem;

/// A cursor of two parts.
pub(crate) fn write(first: impl Display, second: impl Display) -> String {
    format!("{first}~{second}")
}

/// The parts of a cursor.
pub(crate) fn read<A: FromStr, B: FromStr>(cursor: &str) -> Result<(A, B), Problem> {
    let parts = cursor.split_once('~').and_then(|(first, second)| {
        let second: B = second.parse().ok()?;
        Some((first.parse::<A>().ok()?, second))
    });
    parts.ok_or_else(problem)
}

/// The cursor is not one of ours.
pub(crate) fn problem() -> Problem {
    Problem::bad_parameter("cursor: it must be the next_cursor of the page before")
}
