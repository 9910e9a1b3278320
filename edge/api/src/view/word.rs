//! The words of the domain as JSON strings: each is written from, read from and documented by one table, the
//! `name` of the domain type.

use std::borrow::Cow;

use plomb_cases::{CaseState, Outcome};
use plomb_devices::KeyPurpose;
use plomb_model::{
    AlarmKind, AlarmState, CommandState, Delivery, DeviceClass, EventKind, Fix, Identity, OrderKind,
    Priority, Protocol, SealEvidence, Signal, Standing, Transport,
};
use plomb_movements::{GuaranteeState, MovementState, Verdict as CheckVerdict};
use plomb_risk::live::{Lane, LiveReason};
use plomb_rules::{Condition, Ground, Verdict};
use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::access::Role;

/// What can be read from the text of a parameter.
pub(crate) trait FromText: Sized {
    /// Reads it, or says what is allowed.
    fn from_text(text: &str) -> Result<Self, String>;
}

/// One of a table of words, or a sentence with the whole table.
pub(crate) fn one_of<T: Copy>(text: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, String> {
    all.iter().copied().find(|word| name(*word) == text).ok_or_else(|| {
        let allowed: Vec<&str> = all.iter().copied().map(name).collect();
        format!("it must be one of {}", allowed.join(", "))
    })
}

macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident($of:ty) = $all:expr;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) $of);

        impl FromText for $name {
            fn from_text(text: &str) -> Result<Self, String> {
                one_of(text, &$all, <$of>::name).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.name())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <Cow<'de, str>>::deserialize(deserializer)?;
                Self::from_text(&text).map_err(D::Error::custom)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words: Vec<&str> = $all.into_iter().map(<$of>::name).collect();
                let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
                RefOr::T(Schema::Object(schema.description(Some(concat!($($doc),+).trim())).build()))
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name).trim_end_matches("Word"))
            }
        }
    )+};
}

words! {
    /// Where a movement goes.
    LaneWord(Lane) = Lane::ALL;
    /// What an officer is told of what happened on the way.
    LiveReasonWord(LiveReason) = LiveReason::ALL;
    /// How urgent, worst first.
    PriorityWord(Priority) = [Priority::Critical, Priority::High, Priority::Medium, Priority::Low];
    /// A kind of the alarm catalogue.
    AlarmKindWord(AlarmKind) = AlarmKind::ALL;
    /// Where an alarm stands.
    AlarmStateWord(AlarmState) =
        [AlarmState::Raised, AlarmState::Acknowledged, AlarmState::Cleared, AlarmState::Closed];
    /// What a device can be told.
    CommandKindWord(OrderKind) = OrderKind::ALL;
    /// How far a command has come.
    CommandStateWord(CommandState) = CommandState::ALL;
    /// What sort of thing happened.
    EventKindWord(EventKind) = EventKind::ALL;
    /// Fresh, or out of the device's memory.
    DeliveryWord(Delivery) = [Delivery::Live, Delivery::Buffered];
    /// What stands behind the sender's identity, weakest first.
    IdentityWord(Identity) =
        [Identity::Claimed, Identity::Network, Identity::Mac, Identity::Aead, Identity::Signature];
    /// What is known of the seal as evidence.
    SealEvidenceWord(SealEvidence) = [
        SealEvidence::None,
        SealEvidence::ValidIntact,
        SealEvidence::ValidTampered,
        SealEvidence::Invalid,
        SealEvidence::Silent,
    ];
    /// A device protocol.
    ProtocolWord(Protocol) = Protocol::ALL;
    /// What was spoken, where that was recognised.
    RawProtocolWord(Protocol) = every_protocol();
    /// How the device is powered and heard.
    ClassWord(DeviceClass) = [DeviceClass::Passive, DeviceClass::SemiActive, DeviceClass::Active];
    /// What stands behind a position.
    FixWord(Fix) = [Fix::Gnss, Fix::Stale, Fix::Network, Fix::Reader];
    /// How the bytes travel.
    TransportWord(Transport) = Transport::ALL;
    /// A condition that a device reports.
    SignalWord(Signal) = Signal::ALL;
    /// How a device stands: its worst open alarm, else whether it is silent.
    ConditionWord(Condition) = [
        Condition::Alarmed(Priority::Critical),
        Condition::Alarmed(Priority::High),
        Condition::Alarmed(Priority::Medium),
        Condition::Alarmed(Priority::Low),
        Condition::Silent,
        Condition::Normal,
    ];
    /// How a device stands with those who are responsible for it: `unregistered` is quarantine.
    StandingWord(Standing) = Standing::ALL;
    /// Where a movement stands.
    MovementStateWord(MovementState) = MovementState::ALL;
    /// Where a case stands.
    CaseStateWord(CaseState) = CaseState::ALL;
    /// What was behind a case.
    OutcomeWord(Outcome) = Outcome::ALL;
    /// Where a guarantee stands.
    GuaranteeWord(GuaranteeState) = GuaranteeState::ALL;
    /// How a check went.
    CheckWord(CheckVerdict) = CheckVerdict::ALL;
    /// Whether a seal is whole.
    VerdictWord(Verdict) = Verdict::ALL;
    /// Why that is said of a seal.
    GroundWord(Ground) = Ground::ALL;
    /// What a key is for.
    KeyPurposeWord(KeyPurpose) = KeyPurpose::ALL;
    /// What an account may do: a viewer reads, an operator also acts on alarms and orders devices,
    /// a device-operator reads and keeps the register, an admin does all of it and manages accounts.
    RoleWord(Role) = Role::ALL;
}

/// The protocols that are spoken, and the word for what is none of them.
fn every_protocol() -> Vec<Protocol> {
    std::iter::once(Protocol::Unrecognised).chain(Protocol::ALL).collect()
}

impl FromText for u32 {
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "it must be a whole number from 0 up".to_owned())
    }
}

impl FromText for u64 {
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "it must be a whole number from 0 up".to_owned())
    }
}

impl FromText for String {
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}
