//! Quantities in text turned into ours.

use plomb_model::{
    CentiDegrees, Fix, Issue, LatitudeE7, LongitudeE7, Metres, Millivolts, Percent, Position, Speed,
};

use super::decimal::scaled;

/// Full circle in hundredths of a degree.
const CIRCLE_CENTI: i64 = 36_000;

/// A position of two texts in degrees.
///
/// # Errors
/// An issue at `offset` where one is no number or no such place exists.
pub(crate) fn in_place(latitude: &str, longitude: &str, fix: Fix, offset: usize) -> Result<Position, Issue> {
    let read = |text: &str| scaled(text, 7);
    let north = read(latitude).and_then(|e7| LatitudeE7::new(e7).ok());
    let east = read(longitude).and_then(|e7| LongitudeE7::new(e7).ok());
    match (north, east) {
        (Some(north), Some(east)) => Ok(Position::new(north, east, fix)),
        _ => Err(Issue::new(
            offset,
            "no such place",
            format_args!("latitude {latitude}, longitude {longitude}"),
        )),
    }
}

/// A speed; `text` times `per_hour` is metres an hour. A negative one is none.
pub(crate) fn speed(text: &str, per_hour: i64) -> Option<Speed> {
    let thousandths = scaled(text, 3)?.checked_mul(per_hour)?;
    let metres = thousandths.checked_add(500)? / 1000;
    (thousandths >= 0).then_some(())?;
    u32::try_from(metres).ok().map(Speed)
}

/// A course in degrees. A negative one is none; 360 is north.
pub(crate) fn course(text: &str) -> Option<CentiDegrees> {
    let centi = scaled(text, 2).filter(|centi| (0..=CIRCLE_CENTI).contains(centi))?;
    i32::try_from(centi % CIRCLE_CENTI).ok().map(CentiDegrees)
}

/// Metres, rounded.
pub(crate) fn metres(text: &str) -> Option<Metres> {
    scaled(text, 0).map(Metres)
}

/// Millivolts; `text` is in units of ten to the power `-places` of a volt times 1000.
pub(crate) fn millivolts(text: &str, places: i16) -> Option<Millivolts> {
    scaled(text, places).and_then(|value| u32::try_from(value).ok()).map(Millivolts)
}

/// Whole percent.
pub(crate) fn percent(text: &str, places: i16) -> Option<Percent> {
    scaled(text, places).and_then(|value| u8::try_from(value).ok()).and_then(|value| Percent::new(value).ok())
}
