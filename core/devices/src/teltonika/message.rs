//! A body in the manual's words: which codec, the texts of codecs 12 to 15, and the camera's parts.
//!
//! Values stay in the vendor's raw units, slices stay in the frame. Records of codecs 7, 8, 8 Extended and 16 are
//! read in `record.rs`. Source: Teltonika "Data sending protocols", sections Codec 12 to Codec 15; the camera's
//! parts (codec 12, type 0D) are known from recorded conversations alone.

use plomb_wire::{Reader, Short};

/// First byte of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// GH3000 and its kin: records with masks.
    Seven,
    /// Records with ids of one byte.
    Eight,
    /// Records with ids of two bytes and values of any length.
    EightExtended,
    /// Records with ids of two bytes and the generation type.
    Sixteen,
    /// Command and answer as text, serial data, camera.
    Twelve,
    /// As 12, one way, with the time.
    Thirteen,
    /// As 12, with the IMEI.
    Fourteen,
    /// As 13, with the IMEI too.
    Fifteen,
}

impl Codec {
    /// The codec of this byte.
    pub(super) const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0x07 => Self::Seven,
            0x08 => Self::Eight,
            0x8E => Self::EightExtended,
            0x10 => Self::Sixteen,
            0x0C => Self::Twelve,
            0x0D => Self::Thirteen,
            0x0E => Self::Fourteen,
            0x0F => Self::Fifteen,
            _ => return None,
        })
    }

    /// The manual's name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Seven => "codec 7 (GH3000)",
            Self::Eight => "codec 8",
            Self::EightExtended => "codec 8 Extended",
            Self::Sixteen => "codec 16",
            Self::Twelve => "codec 12",
            Self::Thirteen => "codec 13",
            Self::Fourteen => "codec 14",
            Self::Fifteen => "codec 15",
        }
    }

    /// Whether the body holds records that are answered with their number.
    pub(super) const fn has_records(self) -> bool {
        matches!(self, Self::Seven | Self::Eight | Self::EightExtended | Self::Sixteen)
    }
}

/// Type of a text: a command for the device.
pub(super) const TYPE_COMMAND: u8 = 0x05;
/// Type of a text: the device's answer, or what it heard on its serial port.
pub(super) const TYPE_ANSWER: u8 = 0x06;
/// Type of a text: the camera's.
pub(super) const TYPE_CAMERA: u8 = 0x0D;
/// Type of a text, codec 14: the command's IMEI is not the device's.
pub(super) const TYPE_REFUSED: u8 = 0x11;

/// One text (or bytes) of codecs 12 to 15.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a> {
    /// Type byte.
    pub(super) kind: u8,
    /// Place of the type byte in the frame.
    pub(super) offset: usize,
    /// Seconds since 1970 (codecs 13 and 15).
    pub(super) time_s: Option<u32>,
    /// IMEI in BCD, one zero digit before it (codecs 14 and 15).
    pub(super) imei: Option<[u8; 8]>,
    /// Place of the content in the frame.
    pub(super) content_offset: usize,
    /// What it holds.
    pub(super) content: &'a [u8],
}

impl<'a> Text<'a> {
    /// Reads one text: type, `u32` size, then time and IMEI where the codec has them, then the content.
    pub(super) fn read(reader: &mut Reader<'a>, codec: Codec) -> Result<Self, Short> {
        let offset = reader.offset();
        let kind = reader.u8()?;
        let size = reader.u32()?;
        let mut part = reader.part(usize::try_from(size).unwrap_or(usize::MAX))?;
        let time_s = match codec {
            Codec::Thirteen | Codec::Fifteen => Some(part.u32()?),
            _ => None,
        };
        let imei = match codec {
            Codec::Fourteen | Codec::Fifteen => Some(part.array()?),
            _ => None,
        };
        Ok(Self { kind, offset, time_s, imei, content_offset: part.offset(), content: part.rest() })
    }

    /// The content as text, where it is one: printable ASCII with line ends, spaces around it left out.
    pub(super) fn text(&self) -> Option<&'a str> {
        let printable = |byte: &u8| (0x20..0x7F).contains(byte) || matches!(*byte, b'\r' | b'\n' | b'\t');
        let text = std::str::from_utf8(self.content).ok()?;
        self.content.iter().all(printable).then(|| text.trim())
    }
}

/// What the camera says (codec 12, type 0D).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Camera<'a> {
    /// A picture is there.
    Offer { photo: u32, size: u32 },
    /// A part of a picture.
    Part { photo: u32, offset: u32, bytes: &'a [u8] },
    /// Something else.
    Other { subtype: u8 },
}

impl<'a> Camera<'a> {
    /// Reads the content of a camera text that begins at `base`.
    pub(super) fn read(content: &'a [u8], base: usize) -> Result<Self, Short> {
        let mut reader = Reader::at(content, base);
        Ok(match reader.u8()? {
            1 => Self::Offer { photo: reader.u32()?, size: reader.u32()? },
            2 => {
                let (photo, offset, size) = (reader.u32()?, reader.u32()?, reader.u16()?);
                Self::Part { photo, offset, bytes: reader.take(usize::from(size))? }
            }
            subtype => Self::Other { subtype },
        })
    }
}
