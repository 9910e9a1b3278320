//! Checksums that tracker protocols use.

/// Exclusive or of all bytes.
#[must_use]
pub fn xor8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// Sum of all bytes modulo 256.
#[must_use]
pub fn sum8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// A reflected 16-bit CRC, with tables made at compile time (eight bytes a step).
///
/// ```
/// use plomb_wire::Crc16;
/// // Check values of the CRC catalogue for "123456789".
/// assert_eq!(Crc16::ARC.of(b"123456789"), 0xBB3D);
/// assert_eq!(Crc16::X25.of(b"123456789"), 0x906E);
/// assert_eq!(Crc16::MODBUS.of(b"123456789"), 0x4B37);
/// ```
#[derive(Debug)]
pub struct Crc16 {
    tables: &'static [[u16; 256]; 8],
    initial: u16,
    final_xor: u16,
}

static TABLES_A001: [[u16; 256]; 8] = tables(0xA001);
static TABLES_8408: [[u16; 256]; 8] = tables(0x8408);

impl Crc16 {
    /// CRC-16/ARC (Teltonika): polynomial 0x8005 reflected, initial 0.
    pub const ARC: Self = Self { tables: &TABLES_A001, initial: 0, final_xor: 0 };
    /// CRC-16/MODBUS: as ARC, initial 0xFFFF.
    pub const MODBUS: Self = Self { tables: &TABLES_A001, initial: 0xFFFF, final_xor: 0 };
    /// CRC-16/X-25, also "CRC-ITU" (GT06): polynomial 0x1021 reflected, initial and final 0xFFFF.
    pub const X25: Self = Self { tables: &TABLES_8408, initial: 0xFFFF, final_xor: 0xFFFF };

    /// The checksum of `bytes`.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        reason = "an index made of one byte is below 256, and the tables are eight"
    )]
    pub fn of(&self, bytes: &[u8]) -> u16 {
        let t = self.tables;
        let mut crc = self.initial;
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            let [a, b, c, d, e, f, g, h] = *chunk;
            let [low, high] = crc.to_le_bytes();
            crc = t[7][usize::from(a ^ low)]
                ^ t[6][usize::from(b ^ high)]
                ^ t[5][usize::from(c)]
                ^ t[4][usize::from(d)]
                ^ t[3][usize::from(e)]
                ^ t[2][usize::from(f)]
                ^ t[1][usize::from(g)]
                ^ t[0][usize::from(h)];
        }
        for byte in rest {
            let [low, _] = crc.to_le_bytes();
            crc = (crc >> 8) ^ t[0][usize::from(low ^ byte)];
        }
        crc ^ self.final_xor
    }
}

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "runs at compile time: a wrong index would not build, and the counter stays below 256"
)]
const fn tables(polynomial: u16) -> [[u16; 256]; 8] {
    let mut tables = [[0_u16; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u16;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ polynomial } else { crc >> 1 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[table - 1][byte];
            tables[table][byte] = (before >> 8) ^ tables[0][(before & 0xFF) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_at_a_time_equals_one_at_a_time() {
        let bytes: Vec<u8> = (0..200_u8).map(|n| n.wrapping_mul(37)).collect();
        for length in 0..bytes.len() {
            let mut crc = 0xFFFF_u16;
            for byte in &bytes[..length] {
                crc ^= u16::from(*byte);
                for _ in 0..8 {
                    crc = if crc & 1 == 1 { (crc >> 1) ^ 0x8408 } else { crc >> 1 };
                }
            }
            assert_eq!(Crc16::X25.of(&bytes[..length]), crc ^ 0xFFFF, "length {length}");
        }
    }
}
