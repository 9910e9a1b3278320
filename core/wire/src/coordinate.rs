//! Coordinates as trackers write them, to units of 1e-7 degree.

/// Whole degrees and minutes in units of `1 / scale` minute to 1e-7 degree, rounded to nearest.
///
/// ```
/// // 54° 19.3631' : degrees 54, minutes 193631 / 10000
/// assert_eq!(plomb_wire::minutes_to_e7(54, 193_631, 10_000), 543_227_183);
/// ```
#[must_use]
pub const fn minutes_to_e7(degrees: u32, minutes: u32, scale: u32) -> i64 {
    let unit = 60 * scale as i64;
    degrees as i64 * 10_000_000 + (minutes as i64 * 10_000_000 + unit / 2) / unit
}

/// Units of 1e-6 degree to 1e-7.
#[must_use]
pub const fn e6_to_e7(e6: i64) -> i64 {
    e6 * 10
}
