//! Reads the fields of a text frame in order into our quantities, and tells which are not as they should be.
//!
//! Part of normalising: text is parsed and converted in one step, exactly, without floating point. Refuses
//! signs and exponents: the protocol has letters for hemispheres. Source: `docs/protocols/jointech.md`.

use plomb_model::{Fix, Issue, LatitudeE7, LongitudeE7, OccurredAt, Position, Speed};

use super::normalise::{course, instant};
use super::text::{Field, Fields};
use crate::Decoded;

/// What a speed counts.
#[derive(Clone, Copy)]
pub(super) enum SpeedUnit {
    /// Kilometres an hour.
    Kmh,
    /// As the reference decoder has it for `U01` to `U06`.
    MilesPerHour,
}

/// Reads fields in order and tells what is not as it should be.
pub(super) struct Form<'a, 'b> {
    /// The fields that are left.
    pub(super) fields: Fields<'a>,
    /// Where issues go.
    pub(super) out: &'b mut Decoded,
    /// Whether a field was missing.
    pub(super) cut: bool,
}

impl<'a> Form<'a, '_> {
    pub(super) fn field(&mut self, what: &'static str) -> Option<Field<'a>> {
        let field = self.fields.next();
        if field.is_none() && !self.cut {
            self.cut = true;
            let offset = self.fields.rest().offset;
            self.out.issue(Issue::new(offset, "message ends too early", format_args!("no {what}")));
        }
        field
    }

    /// A field through `read`; an issue where it gives nothing.
    pub(super) fn read<T>(
        &mut self,
        what: &'static str,
        read: impl FnOnce(&Field<'a>) -> Option<T>,
    ) -> Option<T> {
        let field = self.field(what)?;
        let value = read(&field);
        if value.is_none() {
            self.out.issue(Issue::new(field.offset, what, field.text()));
        }
        value
    }

    pub(super) fn number(&mut self, what: &'static str) -> Option<u64> {
        self.read(what, Field::number)
    }

    pub(super) fn when(&mut self) -> Option<OccurredAt> {
        let date = self.field("date")?;
        let time = self.field("time")?;
        let at = date.pairs().zip(time.pairs()).and_then(|(date, time)| instant(date, time));
        if at.is_none() {
            let found = format_args!("{} {}", date.text(), time.text()).to_string();
            self.out.issue(Issue::new(date.offset, "no such time", found));
        }
        at
    }

    /// An angle and its hemisphere in 1e-7 degree.
    fn angle(
        &mut self,
        what: &'static str,
        hemispheres: [u8; 2],
        read: fn(&Field<'_>) -> Option<i64>,
    ) -> Option<i64> {
        let angle = self.read(what, read);
        let half = self.read(what, |field| match field.value {
            [letter] if *letter == hemispheres[0] => Some(1),
            [letter] if *letter == hemispheres[1] => Some(-1),
            _ => None,
        });
        angle.zip(half).map(|(angle, half)| angle * half)
    }

    pub(super) fn latitude(&mut self, read: fn(&Field<'_>) -> Option<i64>) -> Option<LatitudeE7> {
        let offset = self.fields.rest().offset;
        let e7 = self.angle("no such latitude", *b"NS", read)?;
        let latitude = LatitudeE7::new(e7);
        if latitude.is_err() {
            self.out.issue(Issue::new(offset, "no such latitude", format_args!("{e7} e-7 degrees")));
        }
        latitude.ok()
    }

    pub(super) fn longitude(&mut self, read: fn(&Field<'_>) -> Option<i64>) -> Option<LongitudeE7> {
        let offset = self.fields.rest().offset;
        let e7 = self.angle("no such longitude", *b"EW", read)?;
        let longitude = LongitudeE7::new(e7);
        if longitude.is_err() {
            self.out.issue(Issue::new(offset, "no such longitude", format_args!("{e7} e-7 degrees")));
        }
        longitude.ok()
    }

    /// `A` or `T`: a current fix; `V` or `F`: none.
    pub(super) fn fix(&mut self) -> Option<Fix> {
        self.read("neither valid nor invalid", |field| match field.value {
            b"A" | b"T" => Some(Fix::Gnss),
            b"V" | b"F" => Some(Fix::Stale),
            _ => None,
        })
    }

    pub(super) fn motion(&mut self, position: &mut Option<Position>, unit: SpeedUnit) {
        let speed = self.read("no such speed", |field| speed(field, unit));
        let offset = self.fields.rest().offset;
        // Some devices write a decimal course.
        let degrees = self.read("no such course", |field| field.decimal(0));
        let course = degrees.and_then(|degrees| course(degrees, offset, self.out));
        if let Some(position) = position {
            position.speed = speed;
            position.course = course;
        }
    }
}

fn speed(field: &Field<'_>, unit: SpeedUnit) -> Option<Speed> {
    let hundredths = field.decimal(2)?;
    let metres = match unit {
        SpeedUnit::Kmh => hundredths.checked_mul(10)?,
        // A mile has 1609.344 m.
        SpeedUnit::MilesPerHour => hundredths.checked_mul(1_609_344)?.checked_add(50_000)? / 100_000,
    };
    u32::try_from(metres).ok().map(Speed)
}

/// Decimal degrees.
pub(super) fn degrees(field: &Field<'_>) -> Option<i64> {
    i64::try_from(field.decimal(7)?).ok()
}

/// `DDDMM.mmmm`.
pub(super) fn degrees_minutes(field: &Field<'_>) -> Option<i64> {
    let e7 = i64::try_from(field.decimal(7)?).ok()?;
    let (degrees, minutes) = (e7 / 1_000_000_000, e7 % 1_000_000_000);
    (minutes < 600_000_000).then_some(degrees * 10_000_000 + (minutes + 30) / 60)
}
