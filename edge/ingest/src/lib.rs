//! Listeners: bytes on sockets become reports, and replies go out once their reports are durable.
//!
//! A conversation's task moves bytes and lets a pure session of `plomb-devices` decide what they mean. It holds
//! at most [`limits::UNANSWERED_BATCHES_MAX`] batches that are not durable yet and then stops reading, so that a
//! slow disk slows the devices down instead of filling memory.

pub mod limits;

mod arrival;
mod broker;
mod budget;
mod conversation;
mod counters;
mod http;
mod messages;
mod mqtt;
mod orders;
mod readers;
mod tcp;
mod udp;

pub use arrival::{Arrival, Batch, Door, Intake, Release};
pub use broker::{Broker, BrokerTls, serve_broker};
pub use budget::Senders;
pub use counters::IngestCounters;
pub use http::serve_http;
pub use messages::{Kept, Messages};
pub use mqtt::{MqttDevice, MqttDevices, serve_mqtt};
pub use readers::{Reader, ReaderAntenna, serve_readers};
pub use tcp::serve_tcp;
pub use udp::serve_udp;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use plomb_devices::SessionConfig;
use plomb_model::{ConnectionId, Protocol, ReceivedAt, Timestamp};
use tokio::sync::watch;

/// What every listener needs.
#[derive(Clone, Debug)]
pub struct Listening {
    /// What is spoken there; `None` for a shared port that recognises the protocol by the first bytes.
    pub protocol: Option<Protocol>,
    /// How sessions are configured.
    pub session: SessionConfig,
    /// A conversation without a byte for so long is closed, seconds.
    pub idle_s_max: u64,
    /// Where arrivals go.
    pub intake: Intake,
    /// The next conversation's number.
    pub connections: Arc<AtomicU64>,
    /// What is counted.
    pub counters: Arc<IngestCounters>,
    /// What each address has cost.
    pub senders: Arc<Senders>,
    /// Becomes true when everything must stop.
    pub stop: watch::Receiver<bool>,
}

impl Listening {
    fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed))
    }

    fn protocol_name(&self) -> &'static str {
        self.protocol.map_or("shared", Protocol::name)
    }
}

/// Our clock.
#[must_use]
pub fn now() -> ReceivedAt {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    ReceivedAt(Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)))
}
