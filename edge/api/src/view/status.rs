//! How the platform stands, and what it speaks.

use plomb_model::{DeviceClass, Protocol, Transport};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ClassWord, ProtocolWord, Time, TransportWord};
use crate::{BoundPort, Health, Status};

/// How the platform stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub(crate) struct StatusView {
    version: String,
    started_at: Time,
    /// Number of the last durable journal entry.
    sequence: u64,
    devices: u64,
    connections: u64,
    reports_per_s: f64,
    senders: SendersView,
    journal: JournalView,
    ports: Vec<PortView>,
}

/// What bad senders have cost since the start.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Senders)]
pub(crate) struct SendersView {
    /// Reports with issues and no event, or with a proof of the sender's own that does not count.
    bad_reports: u64,
    /// Connections closed for too many of them.
    bad_connections: u64,
    /// Datagrams and messages dropped because their sender had brought too many of them.
    dropped_messages: u64,
    /// Alarms of unregistered devices that were not raised, because there were too many in a minute.
    held_back_alarms: u64,
}

/// How the journal stands.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Journal)]
pub(crate) struct JournalView {
    bytes: u64,
    segments: u64,
    #[schema(required)]
    oldest_at: Option<Time>,
}

/// A port that devices reach us on.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Port)]
pub(crate) struct PortView {
    /// Null where the protocol is recognised from the first bytes.
    #[schema(required)]
    protocol: Option<ProtocolWord>,
    transport: TransportWord,
    port: u16,
}

/// The protocols that are spoken.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ProtocolList)]
pub(crate) struct ProtocolsView {
    items: Vec<ProtocolView>,
}

/// A protocol that is spoken.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ProtocolDescription)]
pub(crate) struct ProtocolView {
    name: ProtocolWord,
    title: &'static str,
    class: ClassWord,
    transports: Vec<TransportWord>,
    default_port: u16,
    /// Of `position`, `seal`, `condition`, `commands`, `trust`.
    abilities: Vec<&'static str>,
}

/// Whether the platform can do its work.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthView {
    ready: bool,
    /// Why not, a sentence each.
    reasons: Vec<String>,
}

impl From<Status> for StatusView {
    fn from(status: Status) -> Self {
        let journal = status.journal;
        Self {
            version: status.version,
            started_at: Time(status.started_at),
            sequence: status.sequence,
            devices: status.devices,
            connections: status.connections,
            reports_per_s: status.reports_per_s,
            senders: SendersView {
                bad_reports: status.senders.bad_reports,
                bad_connections: status.senders.bad_connections,
                dropped_messages: status.senders.dropped_messages,
                held_back_alarms: status.senders.held_back_alarms,
            },
            journal: JournalView {
                bytes: journal.bytes,
                segments: journal.segments,
                oldest_at: journal.oldest_at.map(Time),
            },
            ports: status.ports.into_iter().map(PortView::from).collect(),
        }
    }
}

impl From<BoundPort> for PortView {
    fn from(bound: BoundPort) -> Self {
        Self {
            protocol: bound.protocol.map(ProtocolWord),
            transport: TransportWord(bound.transport),
            port: bound.port,
        }
    }
}

impl ProtocolsView {
    /// Every protocol.
    pub(crate) fn all() -> Self {
        Self { items: Protocol::ALL.into_iter().map(ProtocolView::from).collect() }
    }
}

impl From<Protocol> for ProtocolView {
    fn from(protocol: Protocol) -> Self {
        let class: DeviceClass = protocol.class();
        let transports: &[Transport] = protocol.transports();
        Self {
            name: ProtocolWord(protocol),
            title: protocol.title(),
            class: ClassWord(class),
            transports: transports.iter().copied().map(TransportWord).collect(),
            default_port: protocol.default_port(),
            abilities: protocol.abilities().iter().map(|ability| ability.name()).collect(),
        }
    }
}

impl From<Health> for HealthView {
    fn from(health: Health) -> Self {
        Self { ready: health.reasons.is_empty(), reasons: health.reasons }
    }
}
