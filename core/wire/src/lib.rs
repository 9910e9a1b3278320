//! Bounds-checked reading of bytes, checksums, BCD and coordinates as trackers write them.
//!
//! Nothing here knows a protocol; errors carry the offset of the byte they are about.

mod bcd;
mod checksum;
mod coordinate;
mod hex;
mod reader;

pub use bcd::{bcd_digits, bcd_number, bcd_u8};
pub use checksum::{Crc16, sum8, xor8};
pub use coordinate::{e6_to_e7, minutes_to_e7};
pub use hex::{HexError, from_hex, to_hex};
pub use reader::{Reader, Short};
