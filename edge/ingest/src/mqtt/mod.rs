//! MQTT 3.1.1 and 5: a listener of our own for devices that publish straight to the platform.
//!
//! It is no broker: what a device publishes goes into the journal and is acknowledged when it is durable, and nobody
//! else hears it. Each device has credentials of its own and may publish under `PROTOCOL/NAME/...` alone, NAME
//! being its user name, so that it can speak only for itself; it may subscribe to what is under
//! `PROTOCOL/NAME/`, where its commands come.

mod wire;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use plomb_devices::{Request, orders};
use plomb_model::{Protocol, Transport};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

use crate::Listening;
use crate::arrival::{Door, Release};
use crate::counters::IngestCounters;
use crate::limits::{
    CONNECT_S_MAX, CONNECTIONS_PER_LISTENER_MAX, KEEP_ALIVE_S_MAX, MQTT_COMMANDS_WAITING_MAX,
    MQTT_FILTERS_MAX, WRITE_S_MAX,
};
use crate::messages::{Messages, Pending};
use wire::{Heard, RECEIVE_MAX, Said, Version, next, say, version};

/// Who may publish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MqttDevices(HashMap<String, MqttDevice>);

/// One device's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttDevice {
    /// What it speaks.
    pub protocol: Protocol,
    /// SHA-256 of its secret, which is drawn at random and therefore needs no slow hash.
    pub digest: [u8; 32],
}

impl MqttDevices {
    /// Reads the text form, one device a line: `NAME PROTOCOL SHA256-OF-SECRET`; blank lines and those that begin
    /// with `#` are skipped.
    ///
    /// # Errors
    /// The number of the first line that is not so, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut devices = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, device) = parse_line(line).map_err(|why| format!("line {}: {why}", number + 1))?;
            if devices.insert(name.clone(), device).is_some() {
                return Err(format!("line {}: {name} is there already", number + 1));
            }
        }
        Ok(Self(devices))
    }

    /// Adds a device whose name is free; whether it was.
    pub fn add(&mut self, name: &str, device: MqttDevice) -> bool {
        if self.0.contains_key(name) {
            return false;
        }
        self.0.insert(name.to_owned(), device);
        true
    }

    /// Whether nobody may publish.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The device of this name, if the secret is its own. An unknown name costs as much as a wrong secret.
    fn admit(&self, name: &str, secret: &str) -> Option<&MqttDevice> {
        let shown: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        let device = self.0.get(name);
        let digest = device.map_or([0; 32], |device| device.digest);
        let difference = digest.iter().zip(shown).fold(0_u8, |sum, (a, b)| sum | (a ^ b));
        device.filter(|_| difference == 0)
    }
}

fn parse_line(line: &str) -> Result<(String, MqttDevice), String> {
    let mut words = line.split_whitespace();
    let (Some(name), Some(protocol), Some(digest), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err("there must be three words: NAME PROTOCOL SHA256-OF-SECRET".to_owned());
    };
    if name.contains(['/', '+', '#']) {
        return Err(format!("{name:?} cannot be a part of a topic"));
    }
    let protocol = Protocol::from_name(protocol)
        .filter(|protocol| protocol.transports().contains(&Transport::Mqtt))
        .ok_or_else(|| format!("{protocol:?} is no protocol that comes by MQTT"))?;
    let bytes = (0..digest.len() / 2)
        .map(|place| digest.get(place * 2..place * 2 + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect::<Option<Vec<u8>>>();
    let digest = bytes
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .ok_or("the third word must be the SHA-256 of the secret, 64 hex digits")?;
    Ok((name.to_owned(), MqttDevice { protocol, digest }))
}

/// Serves devices until it is told to stop; with TLS where there is an acceptor. Who may publish is followed while it
/// changes: a device whose credentials are withdrawn or replaced loses its connection.
pub async fn serve_mqtt(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    devices: watch::Receiver<Arc<MqttDevices>>,
    listening: Listening,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_PER_LISTENER_MAX));
    let mut stop = listening.stop.clone();
    let messages = Arc::new(Messages::new(listening, Transport::Mqtt));
    let rounds = tokio::spawn(Arc::clone(&messages).rounds());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "Accepting a connection failed");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            IngestCounters::add(&messages.listening.counters.refused, 1);
            warn!(%peer, limit = CONNECTIONS_PER_LISTENER_MAX, "Refused a connection: the listener is full");
            continue;
        };
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "No delay cannot be set");
        }
        let (tls, devices, messages) = (tls.clone(), devices.clone(), Arc::clone(&messages));
        let mut stop = stop.clone();
        tokio::spawn(async move {
            let talk = async {
                match tls {
                    Some(tls) => {
                        match timeout(Duration::from_secs(CONNECT_S_MAX), tls.accept(stream)).await {
                            Ok(Ok(stream)) => talk(stream, peer, devices, &messages).await,
                            Ok(Err(error)) => Err(error.to_string()),
                            Err(_) => Err("the TLS handshake took too long".to_owned()),
                        }
                    }
                    None => talk(stream, peer, devices, &messages).await,
                }
            };
            tokio::select! {
                ended = talk => if let Err(reason) = ended {
                    warn!(%peer, reason, "A connection of MQTT ended");
                },
                _ = stop.changed() => {}
            }
            drop(place);
        });
    }
    rounds.abort();
    info!(transport = "mqtt", "Listener stopped");
}

/// One client's connection.
struct Talk<'a, S> {
    stream: S,
    version: Version,
    bytes: BytesMut,
    /// Who it is, once admitted.
    name: String,
    protocol: Protocol,
    peer: String,
    keep_alive: Duration,
    messages: &'a Messages,
    /// Messages of quality 2 that are kept and not released: a second one of the same number is the same.
    unreleased: HashSet<u16>,
    /// What it has subscribed to, and with which quality.
    subscribed: Vec<(String, u8)>,
    /// Where its commands come from.
    commands: mpsc::Receiver<Release>,
    door: Door,
    /// The number of our last packet.
    last_id: u16,
}

/// What is said once a message is durable.
type Waiting = VecDeque<(Pending, Option<Said>)>;

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    peer: SocketAddr,
    mut devices: watch::Receiver<Arc<MqttDevices>>,
    messages: &Messages,
) -> Result<(), String> {
    let mut bytes = BytesMut::new();
    let admitted = timeout(Duration::from_secs(CONNECT_S_MAX), connect(&mut stream, &mut bytes)).await;
    let (version, heard) = admitted.map_err(|_| "no CONNECT came in time")??;
    let Heard::Connect { client_id, keep_alive_s, login } = heard else {
        return Err("the first packet is no CONNECT".to_owned());
    };
    let (name, secret) = login.unwrap_or_default();
    let admitted = devices.borrow_and_update().admit(&name, &secret).cloned();
    let Some(device) = admitted else {
        // Guessing must be slow.
        sleep(Duration::from_secs(1)).await;
        write(&mut stream, version, &[Said::Refused]).await?;
        return Err(format!("wrong name or password (name {name:?})"));
    };
    let admitted_name = name.clone();
    let assigned = client_id.is_empty().then(|| name.clone());
    write(&mut stream, version, &[Said::Welcome { assigned }]).await?;
    let keep_alive_s = if keep_alive_s == 0 { KEEP_ALIVE_S_MAX } else { u64::from(keep_alive_s) * 3 / 2 };
    let (door, commands) = mpsc::channel(MQTT_COMMANDS_WAITING_MAX);
    let mut talk = Talk {
        stream,
        version,
        bytes,
        peer: format!("{name}@{}", peer.ip()),
        name,
        protocol: device.protocol,
        keep_alive: Duration::from_secs(keep_alive_s.max(1)),
        messages,
        unreleased: HashSet::new(),
        subscribed: Vec::new(),
        commands,
        door: door.clone(),
        last_id: 0,
    };
    let (protocol, peer) = (talk.protocol, talk.peer.clone());
    let withdrawn = async {
        // Ends only with another word about this device; the list itself outlives every connection.
        let changed = devices.wait_for(|devices| devices.0.get(&admitted_name) != Some(&device)).await;
        drop(changed);
    };
    let turns = async {
        while talk.turn().await? {}
        Ok(())
    };
    let ended = tokio::select! {
        ended = turns => ended,
        () = withdrawn => Err(format!("its credentials were withdrawn (name {admitted_name:?})")),
    };
    messages.unreachable(protocol, &peer, &door).await;
    ended
}

/// Reads up to the first packet, which says the version.
async fn connect<S: AsyncRead + Unpin>(
    stream: &mut S,
    bytes: &mut BytesMut,
) -> Result<(Version, Heard), String> {
    loop {
        if let Some(version) = version(bytes) {
            let version = version?;
            if let Some(heard) = next(version, bytes)? {
                return Ok((version, heard));
            }
        }
        let read = stream.read_buf(bytes).await.map_err(|error| error.to_string())?;
        if read == 0 {
            return Err("the client closed the connection before it said who it is".to_owned());
        }
    }
}

async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    version: Version,
    said: &[Said],
) -> Result<usize, String> {
    let mut out = Vec::new();
    for said in said {
        say(version, said, &mut out);
    }
    match timeout(Duration::from_secs(WRITE_S_MAX), stream.write_all(&out)).await {
        Ok(Ok(())) => Ok(out.len()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the client does not take our answers".to_owned()),
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<'_, S> {
    /// Takes what has come and answers it; false when the client has said goodbye.
    async fn turn(&mut self) -> Result<bool, String> {
        let mut waiting = Waiting::new();
        let mut said = Vec::new();
        let mut goodbye = false;
        while !goodbye && waiting.len() < usize::from(RECEIVE_MAX) {
            match next(self.version, &mut self.bytes)? {
                Some(Heard::Disconnect) => goodbye = true,
                Some(heard) => self.take(heard, &mut waiting, &mut said).await?,
                None => break,
            }
        }
        if waiting.is_empty() && said.is_empty() && !goodbye {
            let read = tokio::select! {
                read = timeout(self.keep_alive, self.stream.read_buf(&mut self.bytes)) => read,
                Some(release) = self.commands.recv() => return self.command(release).await.map(|()| true),
            };
            return match read {
                Ok(Ok(0)) => Ok(false),
                Ok(Ok(_)) => Ok(true),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err("nothing was heard within one and a half keep-alive times".to_owned()),
            };
        }
        // In the order in which the messages came (MQTT 3.1.1 section 4.6).
        for (pending, answer) in waiting {
            if pending.durable().await.is_none() {
                return Err("reports cannot be kept at the moment".to_owned());
            }
            said.extend(answer);
        }
        let count = write(&mut self.stream, self.version, &said).await?;
        IngestCounters::add(&self.messages.listening.counters.bytes_sent, count);
        Ok(!goodbye)
    }

    async fn take(
        &mut self,
        heard: Heard,
        waiting: &mut Waiting,
        said: &mut Vec<Said>,
    ) -> Result<(), String> {
        match heard {
            Heard::Publish { topic, quality, id, retain, payload } => {
                let answer = |allowed| match quality {
                    0 => None,
                    1 => Some(Said::Acknowledged { id, allowed }),
                    _ => Some(Said::Received { id, allowed }),
                };
                if !self.owns(&topic) {
                    warn!(name = self.name, topic, "A device published under a topic that is not its own");
                    // Version 3.1.1 has no word for it but the end of the connection (section 3.3.5).
                    if self.version == Version::Three {
                        return Err("it published under a topic that is not its own".to_owned());
                    }
                    said.extend(answer(false));
                } else if quality == 2 && !self.unreleased.insert(id) {
                    said.extend(answer(true));
                } else {
                    let retained: &[(&str, &[u8])] = if retain { &[("retained", b"1")] } else { &[] };
                    let mut frame = Vec::with_capacity(payload.len() + topic.len() + 64);
                    Request::write("PUBLISH", &topic, retained, &payload, &mut frame);
                    let pending = self.messages.take(self.protocol, &self.peer, &frame).await;
                    waiting.push_back((pending.ok_or("the platform is stopping")?, answer(true)));
                }
            }
            Heard::Release(id) => {
                self.unreleased.remove(&id);
                said.push(Said::Completed(id));
            }
            Heard::Subscribe { id, filters } => {
                let granted = filters.into_iter().map(|filter| self.subscribe(filter)).collect();
                said.push(Said::Subscribed { id, granted });
                if !self.subscribed.is_empty() && !orders(self.protocol).is_empty() {
                    self.messages.reachable(self.protocol, &self.peer, self.door.clone()).await;
                }
            }
            Heard::Unsubscribe { id, filters } => {
                self.subscribed.retain(|(known, _)| !filters.contains(known));
                said.push(Said::Unsubscribed { id, count: filters.len() });
            }
            Heard::Ping => said.push(Said::Pong),
            Heard::Connect { .. } => return Err("a second CONNECT".to_owned()),
            Heard::Disconnect | Heard::Other => {}
        }
        Ok(())
    }

    /// Takes a subscription to what is the device's own; gives its quality, 1 at most.
    fn subscribe(&mut self, (filter, wanted): (String, u8)) -> Option<u8> {
        let known = self.subscribed.iter().any(|(known, _)| *known == filter);
        if !self.owns(&filter) || (!known && self.subscribed.len() >= MQTT_FILTERS_MAX) {
            return None;
        }
        self.subscribed.retain(|(known, _)| *known != filter);
        let quality = wanted.min(1);
        self.subscribed.push((filter, quality));
        Some(quality)
    }

    /// Publishes a command to the device.
    async fn command(&mut self, release: Release) -> Result<(), String> {
        let Release::Command(sent) = release else { return Ok(()) };
        let quality = |topic: &str| {
            let heard = self.subscribed.iter().filter(|(filter, _)| rumqttc::matches(topic, filter));
            heard.map(|(_, quality)| *quality).max()
        };
        let Some((topic, payload)) = self.messages.command(&sent, |topic| quality(topic).is_some()).await
        else {
            return Ok(());
        };
        let id = quality(&topic).filter(|quality| *quality > 0).map(|_| self.last_id % u16::MAX + 1);
        self.last_id = id.unwrap_or(self.last_id);
        let said = [Said::Publish { id, topic, payload }];
        let count = write(&mut self.stream, self.version, &said).await?;
        IngestCounters::add(&self.messages.listening.counters.bytes_sent, count);
        Ok(())
    }

    /// Whether a topic or filter is under the device's own name: `PROTOCOL/NAME`, or below it.
    fn owns(&self, topic: &str) -> bool {
        topic
            .strip_prefix(self.protocol.name())
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|rest| rest.strip_prefix(self.name.as_str()))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials() {
        let digest = Sha256::digest(b"open sesame");
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let devices = MqttDevices::parse(&format!("# ours\n\nann owntracks {hex}\n")).unwrap();
        assert_eq!(devices.admit("ann", "open sesame").unwrap().protocol, Protocol::Owntracks);
        assert!(devices.admit("ann", "open barley").is_none());
        assert!(devices.admit("bob", "open sesame").is_none());
        for (line, why) in [
            ("ann owntracks", "three words"),
            ("ann gt06 00", "MQTT"),
            ("ann owntracks 00", "SHA-256"),
            ("a/b owntracks 00", "topic"),
        ] {
            let error = MqttDevices::parse(line).unwrap_err();
            assert!(error.contains(why) && error.contains("line 1"), "{error}");
        }
        let twice = format!("ann owntracks {hex}\nann owntracks {hex}\n");
        assert!(MqttDevices::parse(&twice).unwrap_err().contains("line 2"));
    }
}
