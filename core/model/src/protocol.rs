//! The device protocols that the platform speaks.

use crate::Scheme;

/// A device protocol. The discriminants are part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Protocol {
    /// None of ours: bytes on a shared port that nobody could place. Kept as they came.
    Unrecognised = 0,
    /// Jointech JT600, JT701, JT701D and JT709 sub-locks.
    Jointech = 1,
    /// JT/T 808-2011, -2013 and -2019.
    Jt808 = 2,
    /// GT06, Concox and their kin.
    Gt06 = 3,
    /// Teltonika codecs 8, 8 Extended, 16 and 12.
    Teltonika = 4,
}

/// How the device is powered and heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceClass {
    /// A tag with a mechanical seal and no battery.
    Passive,
    /// A small battery, heard within metres by a gateway.
    SemiActive,
    /// GNSS and a network of its own.
    Active,
}

impl DeviceClass {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passive => "passive",
            Self::SemiActive => "semi-active",
            Self::Active => "active",
        }
    }
}

/// How the bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A stream.
    Tcp,
    /// Datagrams.
    Udp,
}

impl Transport {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl Protocol {
    /// Every protocol that is spoken.
    pub const ALL: [Self; 4] = [Self::Jointech, Self::Jt808, Self::Gt06, Self::Teltonika];

    /// The word for it, as in `plomb decode --protocol`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unrecognised => "unrecognised",
            Self::Jointech => "jointech",
            Self::Jt808 => "jt808",
            Self::Gt06 => "gt06",
            Self::Teltonika => "teltonika",
        }
    }

    /// The words a person reads.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Unrecognised => "Not recognised",
            Self::Jointech => "Jointech JT600/JT701 e-locks and JT709 sub-locks",
            Self::Jt808 => "JT/T 808 terminals and e-locks",
            Self::Gt06 => "GT06 / Concox trackers and asset locks",
            Self::Teltonika => "Teltonika codec 8, 8E, 16 and 12",
        }
    }

    /// Class of the devices that speak it.
    #[must_use]
    pub const fn class(self) -> DeviceClass {
        match self {
            Self::Unrecognised | Self::Jointech | Self::Jt808 | Self::Gt06 | Self::Teltonika => {
                DeviceClass::Active
            }
        }
    }

    /// Scheme of the identifiers that its devices use.
    #[must_use]
    pub const fn scheme(self) -> Scheme {
        match self {
            Self::Jointech => Scheme::Jointech,
            Self::Jt808 => Scheme::Jt808,
            Self::Unrecognised | Self::Gt06 | Self::Teltonika => Scheme::Imei,
        }
    }

    /// Transports it is used over.
    #[must_use]
    pub const fn transports(self) -> &'static [Transport] {
        match self {
            Self::Unrecognised => &[],
            Self::Jointech | Self::Gt06 => &[Transport::Tcp],
            Self::Jt808 | Self::Teltonika => &[Transport::Tcp, Transport::Udp],
        }
    }

    /// The port that trackers of this kind are commonly configured for.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Unrecognised => 0,
            Self::Jointech => 5014,
            Self::Jt808 => 5015,
            Self::Gt06 => 5023,
            Self::Teltonika => 5027,
        }
    }

    /// What its messages can bring or take.
    #[must_use]
    pub const fn abilities(self) -> &'static [&'static str] {
        match self {
            Self::Unrecognised => &[],
            Self::Jointech | Self::Jt808 | Self::Gt06 | Self::Teltonika => {
                &["position", "seal", "condition", "commands"]
            }
        }
    }

    /// The protocol of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// The protocol with this journal code.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        if code == Self::Unrecognised as u16 {
            return Some(Self::Unrecognised);
        }
        Self::ALL.into_iter().find(|protocol| *protocol as u16 == code)
    }
}
