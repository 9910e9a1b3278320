//! The binary forms: which header means which key, and how long its fields are (TDS sections 14.2 and 14.6).

use super::key::Key;
use super::other::OtherScheme;

/// A binary form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names of the standard")]
pub enum Coding {
    Gdti96 = 0x2C,
    Gsrn96 = 0x2D,
    Gsrnp96 = 0x2E,
    Usdod96 = 0x2F,
    Sgtin96 = 0x30,
    Sscc96 = 0x31,
    Sgln96 = 0x32,
    Grai96 = 0x33,
    Giai96 = 0x34,
    Gid96 = 0x35,
    Sgtin198 = 0x36,
    Grai170 = 0x37,
    Giai202 = 0x38,
    Sgln195 = 0x39,
    AdiVar = 0x3B,
    Cpi96 = 0x3C,
    CpiVar = 0x3D,
    Gdti174 = 0x3E,
    Sgcn96 = 0x3F,
    Itip110 = 0x40,
    Itip212 = 0x41,
    CpiPlus = 0xF0,
    GraiPlus = 0xF1,
    SglnPlus = 0xF2,
    ItipPlus = 0xF3,
    GsrnPlus = 0xF4,
    GsrnpPlus = 0xF5,
    GdtiPlus = 0xF6,
    SgtinPlus = 0xF7,
    SgcnPlus = 0xF8,
    SsccPlus = 0xF9,
    GiaiPlus = 0xFA,
    DsgtinPlus = 0xFB,
}

/// How the bits after header and filter are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Partition, company prefix and reference in so many bits together, then the serial number.
    Partitioned(Key, usize, Reference, Serial),
    /// The forms of TDS 2: no partition, digits in four bits each.
    Plus(Key),
    /// Fields of their own.
    Other(OtherScheme),
}

/// How a reference is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// Number with leading noughts.
    Padded,
    /// Number without leading noughts.
    Plain,
    /// Characters of 7 bits to the end of the field.
    Text,
    /// Characters of 6 bits, ended by six zeros.
    Six,
}

/// How a serial number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Serial {
    /// None; so many zeros.
    Zeros(usize),
    /// Number of so many bits, without leading noughts.
    Integer(usize),
    /// So many characters of 7 bits.
    Text(usize),
    /// Number of so many bits whose decimal digits begin with a 1 that is left out: leading noughts are kept.
    Digits(usize),
}

/// Bits of the company prefix by partition; it has 12 digits less the partition.
pub(super) const COMPANY_BITS: [usize; 7] = [40, 37, 34, 30, 27, 24, 20];

impl Coding {
    /// All forms.
    pub const ALL: [Self; 33] = [
        Self::Gdti96,
        Self::Gsrn96,
        Self::Gsrnp96,
        Self::Usdod96,
        Self::Sgtin96,
        Self::Sscc96,
        Self::Sgln96,
        Self::Grai96,
        Self::Giai96,
        Self::Gid96,
        Self::Sgtin198,
        Self::Grai170,
        Self::Giai202,
        Self::Sgln195,
        Self::AdiVar,
        Self::Cpi96,
        Self::CpiVar,
        Self::Gdti174,
        Self::Sgcn96,
        Self::Itip110,
        Self::Itip212,
        Self::CpiPlus,
        Self::GraiPlus,
        Self::SglnPlus,
        Self::ItipPlus,
        Self::GsrnPlus,
        Self::GsrnpPlus,
        Self::GdtiPlus,
        Self::SgtinPlus,
        Self::SgcnPlus,
        Self::SsccPlus,
        Self::GiaiPlus,
        Self::DsgtinPlus,
    ];

    /// The form with this first byte.
    #[must_use]
    pub fn of_header(header: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|coding| *coding as u8 == header)
    }

    /// The name in a tag URN, or of the standard for those that have none.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gdti96 => "gdti-96",
            Self::Gsrn96 => "gsrn-96",
            Self::Gsrnp96 => "gsrnp-96",
            Self::Usdod96 => "usdod-96",
            Self::Sgtin96 => "sgtin-96",
            Self::Sscc96 => "sscc-96",
            Self::Sgln96 => "sgln-96",
            Self::Grai96 => "grai-96",
            Self::Giai96 => "giai-96",
            Self::Gid96 => "gid-96",
            Self::Sgtin198 => "sgtin-198",
            Self::Grai170 => "grai-170",
            Self::Giai202 => "giai-202",
            Self::Sgln195 => "sgln-195",
            Self::AdiVar => "adi-var",
            Self::Cpi96 => "cpi-96",
            Self::CpiVar => "cpi-var",
            Self::Gdti174 => "gdti-174",
            Self::Sgcn96 => "sgcn-96",
            Self::Itip110 => "itip-110",
            Self::Itip212 => "itip-212",
            Self::CpiPlus => "CPI+",
            Self::GraiPlus => "GRAI+",
            Self::SglnPlus => "SGLN+",
            Self::ItipPlus => "ITIP+",
            Self::GsrnPlus => "GSRN+",
            Self::GsrnpPlus => "GSRNP+",
            Self::GdtiPlus => "GDTI+",
            Self::SgtinPlus => "SGTIN+",
            Self::SgcnPlus => "SGCN+",
            Self::SsccPlus => "SSCC+",
            Self::GiaiPlus => "GIAI+",
            Self::DsgtinPlus => "DSGTIN+",
        }
    }

    pub(super) const fn body(self) -> Body {
        use Body::{Other, Partitioned, Plus};
        use Reference::{Padded, Plain, Six, Text};
        match self {
            Self::Gdti96 => Partitioned(Key::Gdti, 41, Padded, Serial::Integer(41)),
            Self::Gdti174 => Partitioned(Key::Gdti, 41, Padded, Serial::Text(17)),
            Self::Gsrn96 => Partitioned(Key::Gsrn, 58, Padded, Serial::Zeros(24)),
            Self::Gsrnp96 => Partitioned(Key::Gsrnp, 58, Padded, Serial::Zeros(24)),
            Self::Sgtin96 => Partitioned(Key::Sgtin, 44, Padded, Serial::Integer(38)),
            Self::Sgtin198 => Partitioned(Key::Sgtin, 44, Padded, Serial::Text(20)),
            Self::Sscc96 => Partitioned(Key::Sscc, 58, Padded, Serial::Zeros(24)),
            Self::Sgln96 => Partitioned(Key::Sgln, 41, Padded, Serial::Integer(41)),
            Self::Sgln195 => Partitioned(Key::Sgln, 41, Padded, Serial::Text(20)),
            Self::Grai96 => Partitioned(Key::Grai, 44, Padded, Serial::Integer(38)),
            Self::Grai170 => Partitioned(Key::Grai, 44, Padded, Serial::Text(16)),
            Self::Giai96 => Partitioned(Key::Giai, 82, Plain, Serial::Zeros(0)),
            Self::Giai202 => Partitioned(Key::Giai, 188, Text, Serial::Zeros(0)),
            Self::Cpi96 => Partitioned(Key::Cpi, 51, Plain, Serial::Integer(31)),
            Self::CpiVar => Partitioned(Key::Cpi, 0, Six, Serial::Integer(40)),
            Self::Sgcn96 => Partitioned(Key::Sgcn, 41, Padded, Serial::Digits(41)),
            Self::Itip110 => Partitioned(Key::Itip, 44, Padded, Serial::Integer(38)),
            Self::Itip212 => Partitioned(Key::Itip, 44, Padded, Serial::Text(20)),
            Self::Usdod96 => Other(OtherScheme::Usdod),
            Self::Gid96 => Other(OtherScheme::Gid),
            Self::AdiVar => Other(OtherScheme::Adi),
            Self::CpiPlus => Plus(Key::Cpi),
            Self::GraiPlus => Plus(Key::Grai),
            Self::SglnPlus => Plus(Key::Sgln),
            Self::ItipPlus => Plus(Key::Itip),
            Self::GsrnPlus => Plus(Key::Gsrn),
            Self::GsrnpPlus => Plus(Key::Gsrnp),
            Self::GdtiPlus => Plus(Key::Gdti),
            Self::SgtinPlus | Self::DsgtinPlus => Plus(Key::Sgtin),
            Self::SgcnPlus => Plus(Key::Sgcn),
            Self::SsccPlus => Plus(Key::Sscc),
            Self::GiaiPlus => Plus(Key::Giai),
        }
    }

    /// Whether it is one of TDS 2, which has no tag URN.
    #[must_use]
    pub const fn is_plus(self) -> bool {
        matches!(self.body(), Body::Plus(_))
    }
}
