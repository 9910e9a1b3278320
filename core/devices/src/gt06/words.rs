//! Texts of a device: answers to commands, places told in words, and the rest without its passwords.

use plomb_model::{
    CentiDegrees, CommandOutcome, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, OccurredAt, Position,
    Reading, Speed, Timestamp,
};

use super::normalise::Builder;
use super::text::{self, Place};

/// Longest text that is kept: the longest known answers have about 2,000 characters.
const TEXT_BYTES_MAX: usize = 2048;

impl Builder<'_> {
    /// A text: the answer to the command whose flag came before it, or words of the device's own.
    pub(super) fn text(&mut self, text: &str) {
        let answered = self.flag.and_then(|flag| self.waiting.take(flag));
        if let Some(place) = text::place(text) {
            self.place_in_words(place);
        }
        if let Some(answered) = answered {
            self.event.kind = EventKind::CommandResult;
            let outcome = if text.is_empty() { CommandOutcome::Answered } else { text::outcome(text) };
            self.reading(Reading::CommandResult { ticket: answered.ticket, outcome });
        }
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if !text.is_empty() && !answered.is_some_and(|answered| answered.secret) {
            let end = (0..=TEXT_BYTES_MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
            let kept = text.get(..end.unwrap_or(0)).unwrap_or_default();
            self.reading(Reading::Text(text::redacted(kept).into()));
        }
    }

    fn place_in_words(&mut self, place: Place) {
        let (Ok(latitude), Ok(longitude)) =
            (LatitudeE7::new(place.latitude_e7), LongitudeE7::new(place.longitude_e7))
        else {
            self.issues.push(Issue::new(
                0,
                "no such place",
                format_args!("{}, {}", place.latitude_e7, place.longitude_e7),
            ));
            return;
        };
        let fix = if place.current { Fix::Gnss } else { Fix::Stale };
        let mut position = Position::new(latitude, longitude, fix);
        position.speed = Some(Speed(place.speed.saturating_mul(10)));
        position.course = (0..=36_000).contains(&place.course).then_some(CentiDegrees(place.course % 36_000));
        self.event.position = Some(position);
        if let Some((year, [month, day, hour, minute, second])) = place.date {
            let at = Timestamp::from_utc(year, month, day, hour, minute, second);
            self.event.occurred_at = at.map(OccurredAt);
        }
    }
}
