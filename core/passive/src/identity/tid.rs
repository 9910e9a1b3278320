//! The tag identification of a UHF chip (memory bank 2; EPC TDS 2.3 section 16): who made the chip, and which chip it is.

use plomb_model::{DeviceId, Scheme};

/// Fewest bytes: class, designer and model.
const BYTES_MIN: usize = 4;
/// More than the largest bank of a chip on the market.
const BYTES_MAX: usize = 64;

/// The contents of a TID bank.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tid {
    bytes: Vec<u8>,
}

/// Who numbers a chip: the allocation class, first byte of the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `E0`: ISO/IEC 7816-6, manufacturer and 48 bit serial number.
    Iso7816,
    /// `E2`: GS1, designer and model.
    Gs1,
    /// `E3`: ISO/IEC 7816-6 with an extension word.
    Iso7816Extended,
}

impl Tid {
    /// The bytes of a bank, from its start.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let fits = (BYTES_MIN..=BYTES_MAX).contains(&bytes.len());
        (fits && matches!(bytes.first(), Some(0xE0 | 0xE2 | 0xE3))).then(|| Self { bytes: bytes.to_vec() })
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The allocation class.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.bytes.first() {
            Some(0xE0) => Class::Iso7816,
            Some(0xE3) => Class::Iso7816Extended,
            _ => Class::Gs1,
        }
    }

    /// The four bytes that GS1's class gives a meaning, as one number.
    fn head(&self) -> Option<u32> {
        let head = self.bytes.get(..4).and_then(|head| head.try_into().ok()).map(u32::from_be_bytes);
        head.filter(|_| self.class() == Class::Gs1)
    }

    /// Whether the bank says that an extended TID follows (bit 08h).
    #[must_use]
    pub fn is_extended(&self) -> bool {
        self.head().is_some_and(|head| head & 0x80_0000 != 0)
    }

    /// Whether the chip can authenticate itself (bit 09h, Gen2 version 2).
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.head().is_some_and(|head| head & 0x40_0000 != 0)
    }

    /// Mask designer, 9 bits (bits 0Bh to 13h).
    #[must_use]
    pub fn designer(&self) -> Option<u16> {
        self.head().and_then(|head| u16::try_from(head >> 12 & 0x1FF).ok())
    }

    /// The designer's name, of those whose chips are found in seals.
    #[must_use]
    pub fn designer_name(&self) -> Option<&'static str> {
        match self.designer()? {
            0x001 => Some("Impinj"),
            0x002 => Some("Texas Instruments"),
            0x003 => Some("Alien"),
            0x006 => Some("NXP"),
            0x007 => Some("ST"),
            0x00B => Some("EM Microelectronic"),
            _ => None,
        }
    }

    /// Tag model number, 12 bits (bits 14h to 1Fh).
    #[must_use]
    pub fn model(&self) -> Option<u16> {
        self.head().and_then(|head| u16::try_from(head & 0xFFF).ok())
    }

    /// The serial number: of an extended TID, by its header (bits 20h to 22h: 48 bits and 16 more for each step), or the
    /// six bytes after the manufacturer of ISO/IEC 7816-6. `None` when the bank has none or was not read so far.
    #[must_use]
    pub fn serial(&self) -> Option<&[u8]> {
        if self.class() != Class::Gs1 {
            return self.bytes.get(2..8);
        }
        let steps = usize::from(self.bytes.get(4)? >> 5).checked_sub(1).filter(|_| self.is_extended())?;
        self.bytes.get(6..12 + 2 * steps)
    }

    /// `urn:epc:stid:` (EPC TDS 2.3 section 16.3), of chips with a serial number by GS1.
    #[must_use]
    pub fn urn(&self) -> Option<String> {
        let head = self.head()?;
        let serial = plomb_wire::to_hex(self.serial()?).to_ascii_uppercase();
        Some(format!("urn:epc:stid:x{:03X}.x{:03X}.x{serial}", head >> 12 & 0xFFF, head & 0xFFF))
    }

    /// The chip as the platform names it.
    #[must_use]
    pub fn device_id(&self) -> Option<DeviceId> {
        // Banks are read to different lengths; what names the chip ends with its serial number.
        let end = match (self.class(), self.serial()) {
            (Class::Gs1, Some(serial)) => 6 + serial.len(),
            (Class::Gs1, None) => self.bytes.len(),
            _ => 8,
        };
        DeviceId::new(Scheme::Tag, &plomb_wire::to_hex(self.bytes.get(..end)?)).ok()
    }
}
