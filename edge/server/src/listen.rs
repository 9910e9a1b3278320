//! Opens the ports that devices reach us on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::Context;
use plomb_api::BoundPort;
use plomb_devices::SessionConfig;
use plomb_ingest::{IngestCounters, Intake, Listening, now, serve_broker, serve_http, serve_tcp, serve_udp};
use plomb_model::{Protocol, Transport};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::info;

use crate::config::Config;

/// Conversations of one second that can be numbered before the numbers run into the next second's.
const CONNECTIONS_PER_SECOND_BITS: u32 = 16;

/// What every listener is given. Numbers of conversations go on from the time of the start, so that they are
/// unique in the journal without reading it.
pub(crate) fn listening(
    config: &Config,
    session: SessionConfig,
    intake: Intake,
    counters: &Arc<IngestCounters>,
    stop: watch::Receiver<bool>,
) -> Listening {
    let seconds = u64::try_from(now().0.as_millis() / 1000).unwrap_or(0);
    Listening {
        protocol: None,
        session,
        idle_s_max: config.devices.idle_s_max,
        intake,
        connections: Arc::new(AtomicU64::new(seconds << CONNECTIONS_PER_SECOND_BITS)),
        counters: Arc::clone(counters),
        stop,
    }
}

/// Binds every configured port, and serves it in a task of its own.
pub(crate) async fn listen(
    config: &Config,
    listening: &Listening,
) -> anyhow::Result<(JoinSet<()>, Vec<BoundPort>)> {
    let mut listeners = JoinSet::new();
    let mut bound = Vec::new();
    for port in config.ports() {
        let address = SocketAddr::new(config.listen.address, port.number);
        let protocol = port.protocol.map_or("shared", Protocol::name);
        let listening = Listening { protocol: port.protocol, ..listening.clone() };
        let what = || format!("binding {address} for {protocol} over {}", port.transport.name());
        match port.transport {
            Transport::Tcp => {
                let listener = TcpListener::bind(address).await.with_context(what)?;
                listeners.spawn(serve_tcp(listener, listening));
            }
            Transport::Udp => {
                let socket = UdpSocket::bind(address).await.with_context(what)?;
                listeners.spawn(serve_udp(socket, listening));
            }
            Transport::Http => {
                let listener = TcpListener::bind(address).await.with_context(what)?;
                listeners.spawn(serve_http(listener, listening));
            }
            Transport::Mqtt | Transport::Client => continue,
        }
        info!(%address, protocol, transport = port.transport.name(), "Listening for devices");
        bound.push(BoundPort { protocol: port.protocol, transport: port.transport, port: port.number });
    }
    if let Some(broker) = config.broker()? {
        info!(broker = broker.host, port = broker.port, "Listening for devices at a broker");
        listeners.spawn(serve_broker(broker, listening.clone()));
    }
    Ok((listeners, bound))
}
