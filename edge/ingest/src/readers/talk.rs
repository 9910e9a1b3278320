//! One conversation with a reader: as those that devices open, except that we begin it.

use std::time::Duration;

use plomb_devices::Decoded;
use plomb_devices::llrp::gate::Gate;
use plomb_devices::llrp::host::farewell;
use plomb_evidence::{Closed, Opened};
use plomb_model::{ConnectionId, Protocol, ReceivedAt, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::debug;

use super::call::Stream;
use crate::arrival::{Arrival, Batch, Release};
use crate::conversation::Conversation;
use crate::counters::IngestCounters;
use crate::limits::{READ_BYTES, UNANSWERED_BATCHES_MAX, WRITE_S_MAX};
use crate::{Listening, now};

/// The conversation's parts.
pub(super) struct Talk<'a> {
    stream: Box<dyn Stream>,
    connection: ConnectionId,
    conversation: Conversation,
    listening: &'a Listening,
    back: mpsc::Sender<Release>,
    released: mpsc::Receiver<Release>,
    waiting: usize,
}

enum Happening {
    Read(std::io::Result<usize>),
    Released(Option<Release>),
    Tick,
    Stop,
}

const STOPPED: &str = "the platform has stopped";

impl<'a> Talk<'a> {
    /// Talks until one side ends; returns why.
    pub(super) async fn run(
        stream: Box<dyn Stream>,
        peer: String,
        gate: &Gate,
        listening: &'a Listening,
        stop: watch::Receiver<bool>,
    ) -> &'static str {
        let connection = listening.next_connection();
        IngestCounters::add(&listening.counters.opened, 1);
        IngestCounters::add(&listening.counters.connections, 1);
        let protocol = Some(Protocol::Llrp);
        let opened =
            Opened { connection, protocol, transport: Transport::Client, peer: peer.into(), at: now() };
        let mut reason = STOPPED;
        if listening.intake.send(Arrival::Opened(opened)).await.is_ok() {
            let (back, released) = mpsc::channel(UNANSWERED_BATCHES_MAX + 1);
            let conversation = Conversation::new(protocol, listening.session.clone());
            let talk = Self { stream, connection, conversation, listening, back, released, waiting: 0 };
            reason = talk.talk(gate, stop).await;
            let closed = Closed { connection, reason: reason.into(), at: now() };
            debug!(connection = connection.0, reason, "Connection closed");
            if listening.intake.send(Arrival::Closed(closed)).await.is_err() {
                debug!("The platform has stopped");
            }
        }
        IngestCounters::subtract_one(&listening.counters.connections);
        reason
    }

    async fn talk(mut self, gate: &Gate, mut stop: watch::Receiver<bool>) -> &'static str {
        let mut first = Vec::new();
        gate.write(&mut first);
        if let Err(reason) = self.take(&first).await {
            return self.end(reason).await;
        }
        let mut buffer = vec![0; READ_BYTES];
        let reason = loop {
            let reads = self.waiting < UNANSWERED_BATCHES_MAX;
            // A reader that is not listened to for a while is not silent.
            let due = self.conversation.deadline().filter(|_| reads).map(|deadline| instant(deadline, now()));
            let happening = tokio::select! {
                biased;
                release = self.released.recv() => Happening::Released(release),
                read = self.stream.read(&mut buffer), if reads => Happening::Read(read),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Happening::Tick,
                _ = stop.changed() => Happening::Stop,
            };
            let ended = match happening {
                Happening::Read(Ok(0)) => Err("the reader closed the connection"),
                Happening::Read(Ok(count)) => {
                    IngestCounters::add(&self.listening.counters.bytes_received, count);
                    self.take(buffer.get(..count).unwrap_or_default()).await
                }
                Happening::Read(Err(_)) => Err("the connection failed"),
                Happening::Released(Some(release)) => self.release(release).await,
                Happening::Released(None) => Err(STOPPED),
                Happening::Tick => self.tick().await,
                Happening::Stop => {
                    self.write(&farewell()).await.ok();
                    Err("we hang up")
                }
            };
            if let Err(reason) = ended {
                break reason;
            }
        };
        self.end(reason).await
    }

    /// Has bytes decoded, and hands their reports on.
    async fn take(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let at = now();
        let mut decoded = Box::<Decoded>::default();
        if self.conversation.receive(at, bytes, &mut decoded).is_err() {
            IngestCounters::add(&self.listening.counters.decoder_faults, 1);
        }
        self.hand_on(at, decoded).await
    }

    async fn tick(&mut self) -> Result<(), &'static str> {
        let at = now();
        let mut decoded = Box::<Decoded>::default();
        self.conversation.tick(at, &mut decoded);
        self.hand_on(at, decoded).await
    }

    async fn hand_on(&mut self, at: ReceivedAt, decoded: Box<Decoded>) -> Result<(), &'static str> {
        let closing = decoded.closing();
        if !decoded.is_empty() {
            let batch = Batch {
                connection: self.connection,
                protocol: self.conversation.protocol(),
                at,
                decoded,
                back: self.back.clone(),
            };
            self.waiting += 1;
            self.listening.intake.send(Arrival::Received(batch)).await.map_err(|_| STOPPED)?;
        }
        closing.map_or(Ok(()), Err)
    }

    /// Sends our requests that belong to reports which are durable now.
    async fn release(&mut self, release: Release) -> Result<(), &'static str> {
        self.waiting = self.waiting.saturating_sub(1);
        let Release::Durable { decoded, .. } = release else {
            return Err("reports cannot be kept at the moment");
        };
        self.write(decoded.all_replies()).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        if bytes.is_empty() {
            return Ok(());
        }
        let patience = Duration::from_secs(WRITE_S_MAX);
        let written = timeout(patience, async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        });
        if !matches!(written.await, Ok(Ok(()))) {
            return Err("the reader does not take our requests");
        }
        IngestCounters::add(&self.listening.counters.bytes_sent, bytes.len());
        Ok(())
    }

    /// Hands on what is left, and waits for what is not durable yet.
    async fn end(mut self, reason: &'static str) -> &'static str {
        let at = now();
        let mut decoded = Box::<Decoded>::default();
        self.conversation.finish(at, &mut decoded);
        if self.hand_on(at, decoded).await == Err(STOPPED) {
            return reason;
        }
        while self.waiting > 0 {
            let patience = Duration::from_secs(WRITE_S_MAX);
            let Ok(Some(release)) = timeout(patience, self.released.recv()).await else { break };
            if self.release(release).await.is_err() {
                break;
            }
        }
        reason
    }
}

fn instant(deadline: ReceivedAt, now: ReceivedAt) -> Instant {
    let millis = u64::try_from(deadline.0.since(now.0)).unwrap_or(0);
    Instant::now() + Duration::from_millis(millis)
}
