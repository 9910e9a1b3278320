//! Binary coded decimal: two digits a byte, most significant first.

/// One byte of two digits, `None` if one of them is above 9.
#[must_use]
#[inline]
pub const fn bcd_u8(byte: u8) -> Option<u8> {
    let (high, low) = (byte >> 4, byte & 0x0F);
    if high > 9 || low > 9 { None } else { Some(high * 10 + low) }
}

/// All digits as one number, `None` if one is above 9 or the number is beyond 64 bits.
///
/// ```
/// assert_eq!(plomb_wire::bcd_number(&[0x12, 0x34]), Some(1234));
/// assert_eq!(plomb_wire::bcd_number(&[0x1A]), None);
/// ```
#[must_use]
pub fn bcd_number(bytes: &[u8]) -> Option<u64> {
    bytes
        .iter()
        .try_fold(0_u64, |number, byte| number.checked_mul(100)?.checked_add(u64::from(bcd_u8(*byte)?)))
}

/// All digits as text; digits above 9 appear as `a` to `f`.
///
/// ```
/// assert_eq!(plomb_wire::bcd_digits(&[0x80, 0x41, 0x30]), "804130");
/// ```
#[must_use]
pub fn bcd_digits(bytes: &[u8]) -> String {
    crate::to_hex(bytes)
}
