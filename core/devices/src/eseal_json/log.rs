//! The log that a seal keeps: entries are only added, each with a number one greater. A log in which numbers are missing or come again
//! has been changed, and that is told.

use plomb_model::{Delivery, Event, EventKind, Issue, OccurredAt, Reading, Signal};
use serde_json::Value;

use super::{moment, opened, sealed};
use crate::Decoded;
use crate::web;

/// Entries that are taken of one log: far above the interrogations of the longest trip.
const ENTRIES_MAX: usize = 10_000;

/// Adds the entries of a log to `events`.
pub(super) fn read(entries: &[Value], offset: usize, events: &mut Vec<Event>, out: &mut Decoded) {
    if entries.len() > ENTRIES_MAX {
        out.issue(Issue::new(offset, "the log is too long", entries.len()));
    }
    let mut last: Option<(u32, &Value)> = None;
    let mut last_time = None;
    for entry in entries.iter().take(ENTRIES_MAX) {
        let number =
            web::member(entry, &["sequence", "seq", "number"]).and_then(|number| number.parse::<u32>().ok());
        let Some(number) = number else {
            out.issue(Issue::new(offset, "an entry of the log without its number", entry));
            continue;
        };
        match last {
            Some((before, same)) if number == before => {
                let what = if entry == same {
                    "an entry of the log twice"
                } else {
                    "two entries of the log with one number"
                };
                out.issue(Issue::new(offset, what, number));
                if entry == same {
                    continue;
                }
            }
            Some((before, _)) if number < before => {
                out.issue(Issue::new(offset, "the log goes back", format_args!("{number} after {before}")));
            }
            Some((before, _)) if number - before > 1 => {
                out.issue(Issue::new(
                    offset,
                    "entries of the log are missing",
                    format_args!("{number} after {before}"),
                ));
            }
            _ => {}
        }
        last = Some((number, entry));
        let mut event = self::entry(entry, offset, out);
        event.serial = Some(number);
        if let (Some(before), Some(time)) = (last_time, event.occurred_at)
            && time < before
        {
            out.issue(Issue::new(offset, "an entry of the log is older than the one before", number));
        }
        last_time = event.occurred_at.or(last_time);
        events.push(event);
    }
}

fn entry(entry: &Value, offset: usize, out: &mut Decoded) -> Event {
    let mut event = Event::new(EventKind::Status);
    event.delivery = Delivery::Buffered;
    let time = web::member(entry, &["time", "at", "timestamp"]);
    event.occurred_at = time.and_then(|time| moment(&time, "time", offset, out)).map(OccurredAt);
    let kind = web::member(entry, &["type", "event", "kind"]).unwrap_or_default();
    match kind.to_ascii_lowercase().as_str() {
        "sealed" | "closed" => sealed(&mut event),
        "opened" | "open" | "broken" | "cut" => opened(&mut event),
        "battery_low" | "low_battery" => event.signals = event.signals.with(Signal::LowBattery),
        "fault" | "self_test_failed" => event.signals = event.signals.with(Signal::DeviceFault),
        "" => out.issue(Issue::new(offset, "an entry of the log without its type", entry)),
        _ => event.readings.push(Reading::Text(kind.into_owned().into())),
    }
    event
}
