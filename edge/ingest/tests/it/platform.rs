//! A platform that keeps everything at once and tells what came.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use plomb_devices::SessionConfig;
use plomb_ingest::{Arrival, IngestCounters, Listening, Release};
use plomb_model::{EntryId, Protocol};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

/// What reached the platform.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Opened(u64),
    /// Of a conversation: how many events, and the issues.
    Report(u64, usize, Vec<String>),
    Closed(u64, String),
}

pub(crate) struct Platform {
    pub(crate) listening: Listening,
    pub(crate) told: mpsc::UnboundedReceiver<Told>,
    _running: watch::Sender<bool>,
}

/// A platform whose rules find that so many proofs of each batch do not count.
pub(crate) fn platform(protocol: Protocol, disbelieved: u32) -> Platform {
    let (intake, mut arrivals) = mpsc::channel(16);
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(arrival) = arrivals.recv().await {
            match arrival {
                Arrival::Reachable(..) | Arrival::Unreachable(..) | Arrival::Dispatched(_) => {}
                Arrival::Opened(opened) => tell.send(Told::Opened(opened.connection.0)).unwrap(),
                Arrival::Closed(closed) => {
                    tell.send(Told::Closed(closed.connection.0, closed.reason.into())).unwrap();
                }
                Arrival::Received(mut batch) => {
                    for report in batch.decoded.reports() {
                        let issues = report.issues.iter().map(ToString::to_string).collect();
                        let told = Told::Report(batch.connection.0, report.events.len(), issues);
                        tell.send(told).unwrap();
                    }
                    batch.decoded.disbelieve(disbelieved);
                    let (connection, decoded, entry) = (batch.connection, batch.decoded, EntryId(0));
                    batch.back.send(Release::Durable { connection, entry, decoded }).await.ok();
                }
            }
        }
    });
    let (running, stop) = watch::channel(false);
    let listening = Listening {
        protocol: Some(protocol),
        session: SessionConfig::default(),
        idle_s_max: 600,
        intake,
        connections: Arc::new(AtomicU64::new(1)),
        counters: Arc::new(IngestCounters::default()),
        senders: Arc::default(),
        stop,
    };
    Platform { listening, told, _running: running }
}

impl Platform {
    /// The next thing that reaches the platform, or nothing within a time that is long for it.
    pub(crate) async fn next(&mut self) -> Option<Told> {
        timeout(Duration::from_millis(1500), self.told.recv()).await.ok().flatten()
    }
}
