//! Opens the ports that devices reach us on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::Context;
use plomb_api::BoundPort;
use plomb_devices::SessionConfig;
use plomb_ingest::{
    IngestCounters, Intake, Listening, MqttDevices, Reader, now, serve_broker, serve_http, serve_mqtt,
    serve_readers, serve_tcp, serve_udp,
};
use plomb_model::{Protocol, Transport};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tracing::info;

use crate::config::Config;

/// Conversations of one millisecond that can be numbered before the numbers run into the next one's; a whole second
/// would be too long, since a process that is started again takes less.
const CONNECTIONS_PER_MILLISECOND_BITS: u32 = 7;

/// What every listener is given. Numbers of conversations go on from the time of the start, so that they are
/// unique in the journal without reading it.
pub(crate) fn listening(
    config: &Config,
    session: SessionConfig,
    intake: Intake,
    counters: &Arc<IngestCounters>,
    stop: watch::Receiver<bool>,
) -> Listening {
    let millis = u64::try_from(now().0.as_millis()).unwrap_or(0);
    Listening {
        protocol: None,
        session,
        idle_s_max: config.devices.idle_s_max,
        intake,
        connections: Arc::new(AtomicU64::new(millis << CONNECTIONS_PER_MILLISECOND_BITS)),
        counters: Arc::clone(counters),
        senders: Arc::default(),
        stop,
    }
}

/// Who is registered, followed while it changes.
pub(crate) struct Registered {
    /// The readers to call.
    pub(crate) readers: watch::Receiver<Arc<[Reader]>>,
    /// The devices that may publish by MQTT.
    pub(crate) mqtt: watch::Receiver<Arc<MqttDevices>>,
}

/// Binds the ports for devices that publish by MQTT, if there are any at the start.
async fn listen_mqtt(
    config: &Config,
    devices: watch::Receiver<Arc<MqttDevices>>,
    listening: &Listening,
    listeners: &mut JoinSet<()>,
    bound: &mut Vec<BoundPort>,
) -> anyhow::Result<()> {
    if devices.borrow().is_empty() {
        return Ok(());
    }
    let tls = tls(config)?;
    for (number, tls) in [(config.listen.shared_mqtt, None), (config.listen.shared_mqtts, tls.as_ref())] {
        if number == 0 || (number == config.listen.shared_mqtts && tls.is_none()) {
            continue;
        }
        let address = SocketAddr::new(config.listen.address, number);
        let what = || format!("binding {address} for MQTT");
        let listener = TcpListener::bind(address).await.with_context(what)?;
        listeners.spawn(serve_mqtt(listener, tls.cloned(), devices.clone(), listening.clone()));
        info!(%address, protocol = "shared", transport = "mqtt", tls = tls.is_some(), "Listening for devices");
        bound.push(BoundPort { protocol: None, transport: Transport::Mqtt, port: number });
    }
    Ok(())
}

/// The server's side of TLS, where it has a certificate.
fn tls(config: &Config) -> anyhow::Result<Option<TlsAcceptor>> {
    let (certificate, key) = (&config.listen.certificate, &config.listen.key);
    if certificate.as_os_str().is_empty() {
        return Ok(None);
    }
    let what = || format!("in [listen]: certificate = {}", certificate.display());
    let chain = CertificateDer::pem_file_iter(certificate)
        .with_context(what)?
        .collect::<Result<Vec<_>, _>>()
        .with_context(what)?;
    let key =
        PrivateKeyDer::from_pem_file(key).with_context(|| format!("in [listen]: key = {}", key.display()))?;
    let server =
        ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).with_context(what)?;
    Ok(Some(TlsAcceptor::from(Arc::new(server))))
}

/// Binds every configured port, and serves it in a task of its own; the readers of the list are called.
pub(crate) async fn listen(
    config: &Config,
    listening: &Listening,
    registered: Registered,
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
    listen_mqtt(config, registered.mqtt, listening, &mut listeners, &mut bound).await?;
    if let Some(broker) = config.broker()? {
        info!(broker = broker.host, port = broker.port, "Listening for devices at a broker");
        listeners.spawn(serve_broker(broker, listening.clone()));
    }
    listeners.spawn(serve_readers(registered.readers, listening.clone()));
    Ok((listeners, bound))
}
