//! How far an event can be trusted.

/// What stands behind the sender's identity, weakest first. The discriminants are part of the journal's format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Identity {
    /// The bytes say so; anybody could have sent them.
    #[default]
    Claimed = 0,
    /// A secret or a network vouches for the session (authentication code, private APN, TLS client), not for the message.
    Network = 1,
    /// A message authentication code over the message.
    Mac = 2,
    /// Authenticated encryption of the message.
    Aead = 3,
    /// A signature over the message, checkable by others.
    Signature = 4,
}

impl Identity {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Network => "network",
            Self::Mac => "mac",
            Self::Aead => "aead",
            Self::Signature => "signature",
        }
    }
}

/// What the event says of the seal as evidence. The discriminants are part of the journal's format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SealEvidence {
    /// The event says nothing of the seal.
    #[default]
    None = 0,
    /// Read, and whole.
    ValidIntact = 1,
    /// Read, and tampered with.
    ValidTampered = 2,
    /// Read, but the proof does not hold (wrong key, replayed counter).
    Invalid = 3,
    /// A reading was due and there was none.
    Silent = 4,
}

impl SealEvidence {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ValidIntact => "valid-intact",
            Self::ValidTampered => "valid-tampered",
            Self::Invalid => "invalid",
            Self::Silent => "silent",
        }
    }
}

/// Identity and seal evidence of one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Trust {
    /// What stands behind the sender's identity.
    pub identity: Identity,
    /// What the event says of the seal.
    pub seal: SealEvidence,
}
