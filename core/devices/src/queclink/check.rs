//! The checksums of the binary forms, each found by trying it on every recorded frame.

/// CRC-16/CCITT-FALSE (polynomial 0x1021, initial 0xFFFF) of a HEX frame, from the message type to the count number.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(
            crc ^ u16::from(*byte) << 8,
            |crc: u16, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
            },
        )
    })
}

/// CRC-8 (polynomial 0x31, initial 0xFF) of a record frame of the GL601, from the header to the count number.
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0xFF, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc: u8, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x31 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_values_of_the_catalogue() {
        assert_eq!(crc16(b"123456789"), 0x29B1);
        assert_eq!(crc8(b"123456789"), 0xF7);
    }
}
