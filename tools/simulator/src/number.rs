//! Conversions between number types that saturate instead of wrapping.
//! The simulator computes in floating point; devices write integers of a few bytes.

/// The nearest integer; what is beyond the type ends at its edge, not-a-number is 0.
#[expect(clippy::cast_possible_truncation, reason = "float to integer casts saturate")]
pub(crate) const fn to_i64(value: f64) -> i64 {
    value.round() as i64
}

/// The nearest `i32`, saturating.
#[expect(clippy::cast_possible_truncation, reason = "float to integer casts saturate")]
pub(crate) const fn to_i32(value: f64) -> i32 {
    value.round() as i32
}

/// The nearest `u32`, saturating; negative is 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to integer casts saturate"
)]
pub(crate) const fn to_u32(value: f64) -> u32 {
    value.round() as u32
}

/// The nearest `u16`, saturating; negative is 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to integer casts saturate"
)]
pub(crate) const fn to_u16(value: f64) -> u16 {
    value.round() as u16
}

/// The nearest `u8`, saturating; negative is 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to integer casts saturate"
)]
pub(crate) const fn to_u8(value: f64) -> u8 {
    value.round() as u8
}

/// Low byte.
pub(crate) const fn low_u8(value: u32) -> u8 {
    let [.., low] = value.to_be_bytes();
    low
}

/// Low two bytes.
pub(crate) const fn low_u16(value: u32) -> u16 {
    let [.., high, low] = value.to_be_bytes();
    u16::from_be_bytes([high, low])
}

/// A length as the two bytes of a frame hold it; longer ends at 65,535, which no frame here reaches.
pub(crate) fn len_u16(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX)
}

/// A length as one byte holds it; longer ends at 255, which no field here reaches.
pub(crate) fn len_u8(bytes: &[u8]) -> u8 {
    u8::try_from(bytes.len()).unwrap_or(u8::MAX)
}

/// The whole part, saturating; negative is 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to integer casts saturate"
)]
pub(crate) const fn to_u64(value: f64) -> u64 {
    value as u64
}
