//! Quantities: integers in one unit each, so that nothing is rounded on the way and a replay is exact.

/// A value outside what the quantity can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of range")]
pub struct OutOfRange;

/// Latitude in units of 1e-7 degree, north positive. Invariant: within ±90°.
///
/// ```
/// use plomb_model::LatitudeE7;
/// assert_eq!(LatitudeE7::new(543_227_180).unwrap().degrees(), 54.322718);
/// assert!(LatitudeE7::new(900_000_001).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LatitudeE7(i32);

/// Longitude in units of 1e-7 degree, east positive. Invariant: within ±180°.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LongitudeE7(i32);

macro_rules! angle {
    ($name:ident, $limit:literal) => {
        impl $name {
            /// From units of 1e-7 degree.
            ///
            /// # Errors
            /// [`OutOfRange`] beyond the invariant.
            pub const fn new(e7: i64) -> Result<Self, OutOfRange> {
                if e7 < -$limit || e7 > $limit {
                    return Err(OutOfRange);
                }
                #[expect(clippy::cast_possible_truncation, reason = "the limit is below i32::MAX")]
                Ok(Self(e7 as i32))
            }

            /// Units of 1e-7 degree.
            #[must_use]
            pub const fn e7(self) -> i32 {
                self.0
            }

            /// Degrees, for display.
            #[must_use]
            pub fn degrees(self) -> f64 {
                f64::from(self.0) / 1e7
            }
        }
    };
}
angle!(LatitudeE7, 900_000_000);
angle!(LongitudeE7, 1_800_000_000);

/// Speed over ground in metres an hour: 1 km/h is 1,000 and 1 knot 1,852, both exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Speed(pub u32);

impl Speed {
    /// From whole knots.
    #[must_use]
    pub const fn from_knots(knots: u32) -> Self {
        Self(knots.saturating_mul(1852))
    }

    /// From km/h.
    #[must_use]
    pub const fn from_kmh(kmh: u32) -> Self {
        Self(kmh.saturating_mul(1000))
    }

    /// From tenths of km/h.
    #[must_use]
    pub const fn from_tenths_kmh(tenths: u32) -> Self {
        Self(tenths.saturating_mul(100))
    }

    /// km/h, for display.
    #[must_use]
    pub fn kmh(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

/// Angle in hundredths of a degree; as a course, clockwise from north.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CentiDegrees(pub i32);

impl CentiDegrees {
    /// From whole degrees.
    #[must_use]
    pub const fn from_degrees(degrees: i32) -> Self {
        Self(degrees.saturating_mul(100))
    }

    /// Degrees, for display.
    #[must_use]
    pub fn degrees(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

/// Length in metres; as an altitude, above mean sea level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Metres(pub i64);

/// Electric potential in millivolts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millivolts(pub u32);

/// Whole percent. Invariant: at most 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u8);

impl Percent {
    /// From whole percent.
    ///
    /// # Errors
    /// [`OutOfRange`] above 100.
    pub const fn new(percent: u8) -> Result<Self, OutOfRange> {
        if percent > 100 { Err(OutOfRange) } else { Ok(Self(percent)) }
    }

    /// The share `value / of`, rounded down and held to 100 (for levels such as "4 of 6").
    #[must_use]
    pub fn share(value: u32, of: u32) -> Self {
        let percent = u64::from(value).saturating_mul(100).checked_div(u64::from(of)).unwrap_or(0);
        Self(u8::try_from(percent.min(100)).unwrap_or(100))
    }

    /// Whole percent.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// Temperature in hundredths of a degree Celsius.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CentiCelsius(pub i32);

/// Relative humidity or another share in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CentiPercent(pub u16);
