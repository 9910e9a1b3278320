//! MQTT, as a client of a broker that stands already: gateways and readers publish to it, and we subscribe.
//!
//! A message is acknowledged when its report is durable and in the order it came (MQTT 3.1.1 section 4.6), under a
//! session that the broker keeps: what we did not acknowledge comes again after a lost connection or a power cut.

use std::sync::Arc;
use std::time::Duration;

use plomb_devices::{REQUEST_BYTES_MAX, Request, orders};
use plomb_model::{Protocol, Transport};
use rumqttc::{
    AsyncClient, Event, Incoming, MqttOptions, Publish, QoS, SubscribeFilter, TlsConfiguration,
    Transport as Wire, matches,
};
use tokio::sync::mpsc;
use tracing::{error, info, warn};

use crate::Listening;
use crate::arrival::Release;
use crate::limits::{BROKER_RETRY_S_MAX, BROKER_UNACKNOWLEDGED_MAX, MQTT_COMMANDS_WAITING_MAX};
use crate::messages::{Messages, Pending};

/// A broker, and what we hear there.
#[derive(Clone, Debug)]
pub struct Broker {
    /// Name or address.
    pub host: String,
    /// Port: 1883 as a rule, 8883 with TLS.
    pub port: u16,
    /// Under what name the broker keeps our session.
    pub client_id: String,
    /// Name and password, where the broker wants them.
    pub login: Option<(String, String)>,
    /// With TLS, and whom we trust.
    pub tls: Option<BrokerTls>,
    /// Topic filters and the protocol of the messages there; the first that matches counts.
    pub topics: Vec<(String, Protocol)>,
}

/// How the broker proves itself.
#[derive(Clone, Debug)]
pub enum BrokerTls {
    /// By a certificate that the system trusts.
    System,
    /// By one that this authority signed (PEM).
    Authority(Vec<u8>),
}

/// A message taken, in the order in which they are acknowledged.
type Taken = (Publish, Option<Pending>);

/// Hears a broker until it is told to stop; a lost broker is tried again.
pub async fn serve_broker(broker: Broker, listening: Listening) {
    let mut stop = listening.stop.clone();
    let messages = Arc::new(Messages::new(listening, Transport::Mqtt));
    let rounds = tokio::spawn(Arc::clone(&messages).rounds());
    let mut wait_s = 1;
    loop {
        let ended = tokio::select! {
            ended = hear(&broker, &messages, &mut wait_s) => ended,
            _ = stop.changed() => break,
        };
        warn!(broker = broker.host, error = ended, retry_s = wait_s, "The broker is lost");
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(wait_s)) => {}
            _ = stop.changed() => break,
        }
        wait_s = (wait_s * 2).min(BROKER_RETRY_S_MAX);
    }
    rounds.abort();
    info!(transport = "mqtt", broker = broker.host, "Listener stopped");
}

fn options(broker: &Broker) -> MqttOptions {
    let mut options = MqttOptions::new(&broker.client_id, &broker.host, broker.port);
    options.set_clean_session(false);
    options.set_manual_acks(true);
    options.set_keep_alive(Duration::from_secs(30));
    options.set_max_packet_size(REQUEST_BYTES_MAX, REQUEST_BYTES_MAX);
    if let Some((name, password)) = &broker.login {
        options.set_credentials(name, password);
    }
    match &broker.tls {
        Some(BrokerTls::Authority(ca)) => {
            let tls = TlsConfiguration::Simple { ca: ca.clone(), alpn: None, client_auth: None };
            options.set_transport(Wire::tls_with_config(tls));
        }
        Some(BrokerTls::System) => {
            options.set_transport(Wire::tls_with_default_config());
        }
        None => {}
    }
    options
}

/// One connection, until it is lost; says why.
async fn hear(broker: &Broker, messages: &Arc<Messages>, wait_s: &mut u64) -> String {
    let (client, mut events) = AsyncClient::new(options(broker), BROKER_UNACKNOWLEDGED_MAX * 2);
    let (taken, acknowledging) = mpsc::channel(BROKER_UNACKNOWLEDGED_MAX);
    let mut acknowledger = tokio::spawn(acknowledge(client.clone(), acknowledging));
    let (door, mut commands) = mpsc::channel(MQTT_COMMANDS_WAITING_MAX);
    let reason = loop {
        let event = tokio::select! {
            event = events.poll() => event,
            Some(release) = commands.recv() => {
                match command(&client, messages, release).await {
                    Ok(()) => continue,
                    Err(error) => break error.to_string(),
                }
            }
            _ = &mut acknowledger => break "reports cannot be kept at the moment".to_owned(),
        };
        match event {
            Ok(Event::Incoming(Incoming::ConnAck(_))) => {
                *wait_s = 1;
                info!(broker = broker.host, port = broker.port, "Connected to the broker");
                let filters = broker
                    .topics
                    .iter()
                    .map(|(filter, _)| SubscribeFilter::new(filter.clone(), QoS::AtLeastOnce));
                if let Err(error) = client.subscribe_many(filters).await {
                    break error.to_string();
                }
                for protocol in commanded(broker) {
                    messages.reachable(protocol, &peer(broker), door.clone()).await;
                }
            }
            Ok(Event::Incoming(Incoming::SubAck(granted))) => {
                for (code, (filter, _)) in granted.return_codes.iter().zip(&broker.topics) {
                    if matches!(code, rumqttc::SubscribeReasonCode::Failure) {
                        error!(broker = broker.host, filter, "The broker refuses us these topics");
                    }
                }
            }
            Ok(Event::Incoming(Incoming::Publish(publish))) => {
                let Some(protocol) = protocol_of(broker, &publish.topic) else {
                    warn!(
                        broker = broker.host,
                        topic = publish.topic,
                        "Passed over a topic that we did not ask for"
                    );
                    continue;
                };
                let pending = take(broker, messages, protocol, &publish).await;
                if taken.send((publish, pending)).await.is_err() {
                    break "reports cannot be kept at the moment".to_owned();
                }
            }
            Ok(_) => {}
            Err(error) => break error.to_string(),
        }
    };
    acknowledger.abort();
    for protocol in commanded(broker) {
        messages.unreachable(protocol, &peer(broker), &door).await;
    }
    reason
}

/// The protocols heard there whose devices take commands.
fn commanded(broker: &Broker) -> impl Iterator<Item = Protocol> {
    broker.topics.iter().map(|(_, protocol)| *protocol).filter(|protocol| !orders(*protocol).is_empty())
}

/// Publishes a command.
async fn command(
    client: &AsyncClient,
    messages: &Messages,
    release: Release,
) -> Result<(), rumqttc::ClientError> {
    let Release::Command(sent) = release else { return Ok(()) };
    // Whether the device has subscribed is known to the broker alone.
    match messages.command(&sent, |_| true).await {
        Some((topic, payload)) => client.try_publish(topic, QoS::AtLeastOnce, false, payload),
        None => Ok(()),
    }
}

/// The broker as the sender of what its clients publish.
fn peer(broker: &Broker) -> String {
    format!("{}:{}", broker.host, broker.port)
}

fn protocol_of(broker: &Broker, topic: &str) -> Option<Protocol> {
    broker.topics.iter().find(|(filter, _)| matches(topic, filter)).map(|(_, protocol)| *protocol)
}

/// Writes a message down as a frame and hands it on.
async fn take(
    broker: &Broker,
    messages: &Messages,
    protocol: Protocol,
    publish: &Publish,
) -> Option<Pending> {
    let retained: &[(&str, &[u8])] = if publish.retain { &[("retained", b"1")] } else { &[] };
    let mut frame = Vec::with_capacity(publish.payload.len() + publish.topic.len() + 64);
    Request::write("PUBLISH", &publish.topic, retained, &publish.payload, &mut frame);
    messages.take(protocol, &peer(broker), &frame).await
}

/// Acknowledges in order what is durable; ends at the first message that could not be kept, so that it comes again.
async fn acknowledge(client: AsyncClient, mut taken: mpsc::Receiver<Taken>) {
    while let Some((publish, pending)) = taken.recv().await {
        let Some(pending) = pending else { return };
        if pending.durable().await.is_none() || client.ack(&publish).await.is_err() {
            return;
        }
    }
}
