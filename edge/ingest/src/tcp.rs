//! TCP: one task a conversation.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use plomb_devices::Decoded;
use plomb_evidence::{Closed, Dispatched, Opened, Sent};
use plomb_model::{ConnectionId, Dispatch, ReceivedAt, Transport};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{debug, info, warn};

use crate::arrival::{Arrival, Batch, Release};
use crate::budget::{Budget, Worth, spent_issue};
use crate::conversation::Conversation;
use crate::counters::IngestCounters;
use crate::limits::{
    COMMANDS_WAITING_MAX, CONNECTIONS_PER_LISTENER_MAX, READ_BYTES, UNANSWERED_BATCHES_MAX, WRITE_S_MAX,
};
use crate::orders::{ENDED, dispatch};
use crate::{Listening, now};

/// Why a connection is closed that costs too much.
const TOO_MANY_BAD: &str = "too many bad reports in a minute";

thread_local! {
    /// Bytes just read; a conversation at rest owns no buffer.
    static READ_BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// Accepts conversations until it is told to stop; returns when the last has ended.
pub async fn serve_tcp(listener: TcpListener, listening: Listening) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_PER_LISTENER_MAX));
    let mut stop = listening.stop.clone();
    let protocol = listening.protocol_name();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, as a rule: the ones in use go on, and we try again.
                warn!(%protocol, %error, "Accepting a connection failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            IngestCounters::add(&listening.counters.refused, 1);
            warn!(%protocol, %peer, limit = CONNECTIONS_PER_LISTENER_MAX, "Refused a connection: the listener is full");
            continue;
        };
        let listening = listening.clone();
        tokio::spawn(async move {
            converse(stream, peer, listening).await;
            drop(place);
        });
    }
    drop(listener);
    let everyone = u32::try_from(CONNECTIONS_PER_LISTENER_MAX).unwrap_or(u32::MAX);
    let ended = timeout(Duration::from_secs(WRITE_S_MAX), places.acquire_many(everyone)).await;
    info!(%protocol, clean = ended.is_ok(), "Listener stopped");
}

async fn converse(stream: TcpStream, peer: SocketAddr, listening: Listening) {
    let connection = listening.next_connection();
    IngestCounters::add(&listening.counters.opened, 1);
    IngestCounters::add(&listening.counters.connections, 1);
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "No delay cannot be set");
    }
    let opened = Opened {
        connection,
        protocol: listening.protocol,
        transport: Transport::Tcp,
        peer: peer.to_string().into(),
        at: now(),
    };
    let (back, released) = mpsc::channel(UNANSWERED_BATCHES_MAX + 1 + COMMANDS_WAITING_MAX);
    let reachable = Arrival::Reachable(connection, back.clone());
    let intake = &listening.intake;
    if intake.send(Arrival::Opened(opened)).await.is_ok() && intake.send(reachable).await.is_ok() {
        let counters = Arc::clone(&listening.counters);
        let intake = listening.intake.clone();
        let conversation = Conversation::new(listening.protocol, listening.session.clone());
        let talk = Talk {
            stream,
            address: peer.ip(),
            budget: Budget::default(),
            connection,
            conversation,
            listening,
            back,
            released,
            waiting: 0,
            spare: Vec::new(),
        };
        let reason = talk.run().await;
        let closed = Closed { connection, reason: reason.into(), at: now() };
        debug!(connection = connection.0, reason, "Connection closed");
        IngestCounters::subtract_one(&counters.connections);
        if intake.send(Arrival::Closed(closed)).await.is_err() {
            debug!("The platform has stopped");
        }
    }
}

/// One conversation's parts.
struct Talk {
    stream: TcpStream,
    address: IpAddr,
    budget: Budget,
    connection: ConnectionId,
    conversation: Conversation,
    listening: Listening,
    back: mpsc::Sender<Release>,
    released: mpsc::Receiver<Release>,
    waiting: usize,
    #[expect(clippy::vec_box, reason = "batches travel boxed, and come back so")]
    spare: Vec<Box<Decoded>>,
}

enum Happening {
    Readable,
    Released(Option<Release>),
    Tick,
    Idle,
    Stop,
}

impl Talk {
    /// Talks until one side ends; returns why.
    async fn run(mut self) -> &'static str {
        let idle_s = self.listening.idle_s_max;
        let mut idle_at = Instant::now() + Duration::from_secs(idle_s);
        let mut stop = self.listening.stop.clone();
        loop {
            let tick_at = self.conversation.deadline().map(|deadline| instant(deadline, now()));
            let happening = tokio::select! {
                biased;
                release = self.released.recv() => Happening::Released(release),
                ready = self.stream.readable(), if self.waiting < UNANSWERED_BATCHES_MAX => match ready {
                    Ok(()) => Happening::Readable,
                    Err(_) => return self.end("the connection failed").await,
                },
                () = sleep_until(tick_at.unwrap_or(idle_at)), if tick_at.is_some() => Happening::Tick,
                () = sleep_until(idle_at) => Happening::Idle,
                _ = stop.changed() => Happening::Stop,
            };
            let ended = match happening {
                Happening::Readable => match self.read().await {
                    Ok(0) => None,
                    Ok(_) => {
                        idle_at = Instant::now() + Duration::from_secs(idle_s);
                        None
                    }
                    Err(reason) => Some(reason),
                },
                Happening::Released(Some(Release::Command(sent))) => self.command(&sent).await.err(),
                Happening::Released(Some(release)) => self.release(release).await.err(),
                Happening::Released(None) => Some("the platform has stopped"),
                Happening::Tick => self.tick().await.err(),
                Happening::Idle => Some("nothing was heard for too long"),
                Happening::Stop => Some("the platform is stopping"),
            };
            if let Some(reason) = ended {
                return self.end(reason).await;
            }
        }
    }

    /// Reads what is there and hands its reports on.
    async fn read(&mut self) -> Result<usize, &'static str> {
        let at = now();
        let mut decoded = self.spare.pop().unwrap_or_default();
        let read = READ_BUFFER.with_borrow_mut(|buffer| {
            let read = self.stream.try_read(buffer);
            if let Ok(count @ 1..) = read {
                let bytes = buffer.get(..count).unwrap_or_default();
                if self.conversation.receive(at, bytes, &mut decoded).is_err() {
                    IngestCounters::add(&self.listening.counters.decoder_faults, 1);
                }
            }
            read
        });
        match read {
            Ok(0) => Err("the device closed the connection"),
            Ok(count) => {
                IngestCounters::add(&self.listening.counters.bytes_received, count);
                if self.charge(Worth::of(&decoded), at) {
                    decoded.add_to_last(spent_issue());
                    decoded.close(TOO_MANY_BAD);
                }
                self.hand_on(at, decoded).await?;
                Ok(count)
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                self.spare.push(decoded);
                Ok(0)
            }
            Err(_) => Err("the connection failed"),
        }
    }

    /// Counts what a batch cost; true when the conversation has to end for it.
    fn charge(&mut self, worth: Worth, at: ReceivedAt) -> bool {
        let Listening { senders, counters, .. } = &self.listening;
        let spent = self.budget.charge(worth, at);
        let uninvited = worth.bad > 0 && !self.budget.has_been_good() && senders.is_spent(self.address, at);
        senders.charge(self.address, worth, at);
        IngestCounters::add_bad(&counters.bad_reports, worth);
        IngestCounters::add(&counters.bad_connections, usize::from(spent || uninvited));
        spent || uninvited
    }

    async fn tick(&mut self) -> Result<(), &'static str> {
        let at = now();
        let mut decoded = self.spare.pop().unwrap_or_default();
        self.conversation.tick(at, &mut decoded);
        self.hand_on(at, decoded).await
    }

    /// Gives the reports to the platform; they come back when they are durable.
    async fn hand_on(&mut self, at: ReceivedAt, decoded: Box<Decoded>) -> Result<(), &'static str> {
        let closing = decoded.closing();
        if decoded.is_empty() {
            self.spare.push(decoded);
        } else {
            let batch = Batch {
                connection: self.connection,
                protocol: self.conversation.protocol(),
                at,
                decoded,
                back: self.back.clone(),
            };
            self.waiting += 1;
            if self.listening.intake.send(Arrival::Received(batch)).await.is_err() {
                return Err("the platform has stopped");
            }
        }
        closing.map_or(Ok(()), Err)
    }

    /// Sends the replies of a batch that is durable.
    async fn release(&mut self, release: Release) -> Result<(), &'static str> {
        self.waiting = self.waiting.saturating_sub(1);
        let Release::Durable { mut decoded, .. } = release else {
            return Err("reports cannot be kept at the moment");
        };
        self.write(decoded.all_replies()).await?;
        let disbelieved = Worth { bad: decoded.disbelieved(), good: false };
        decoded.clear();
        self.spare.push(decoded);
        if self.charge(disbelieved, now()) { Err(TOO_MANY_BAD) } else { Ok(()) }
    }

    /// Puts a command into bytes and writes them. They are in no report: they may hold the lock's password.
    async fn command(&mut self, sent: &Sent) -> Result<(), &'static str> {
        let at = now();
        let mut decoded = self.spare.pop().unwrap_or_default();
        let secrets = &*self.listening.session.secrets;
        let dispatch = dispatch(&mut self.conversation, secrets, at, sent, &mut decoded);
        let written = dispatch == Dispatch::Written;
        self.dispatched(at, sent, dispatch).await?;
        if written {
            self.write(decoded.all_replies()).await?;
        }
        decoded.clear();
        self.spare.push(decoded);
        Ok(())
    }

    /// A command that came too late for this conversation stays for the next one.
    async fn keep(&mut self, sent: &Sent) {
        if self.dispatched(now(), sent, Dispatch::Postponed(ENDED.into())).await.is_err() {
            debug!(connection = self.connection.0, "The platform has stopped");
        }
    }

    async fn dispatched(
        &mut self,
        at: ReceivedAt,
        sent: &Sent,
        dispatch: Dispatch,
    ) -> Result<(), &'static str> {
        let Sent { connection, ticket, .. } = *sent;
        let dispatched = Dispatched { at, connection, ticket, dispatch };
        let handed = self.listening.intake.send(Arrival::Dispatched(dispatched)).await;
        handed.map_err(|_| "the platform has stopped")
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        if bytes.is_empty() {
            return Ok(());
        }
        let written = timeout(Duration::from_secs(WRITE_S_MAX), self.stream.write_all(bytes)).await;
        if !matches!(written, Ok(Ok(()))) {
            return Err("the device does not take our replies");
        }
        IngestCounters::add(&self.listening.counters.bytes_sent, bytes.len());
        Ok(())
    }

    /// Hands on what is left, waits for what is not durable yet, and sends its replies.
    async fn end(mut self, reason: &'static str) -> &'static str {
        let at = now();
        let mut decoded = Box::<Decoded>::default();
        self.conversation.finish(at, &mut decoded);
        if self.hand_on(at, decoded).await == Err("the platform has stopped") {
            return reason;
        }
        while self.waiting > 0 {
            let patience = Duration::from_secs(WRITE_S_MAX);
            let Ok(Some(release)) = timeout(patience, self.released.recv()).await else { break };
            match release {
                Release::Command(sent) => self.keep(&sent).await,
                release => {
                    if self.release(release).await.is_err() {
                        break;
                    }
                }
            }
        }
        self.released.close();
        while let Some(release) = self.released.recv().await {
            if let Release::Command(sent) = release {
                self.keep(&sent).await;
            }
        }
        reason
    }
}

fn instant(deadline: ReceivedAt, now: ReceivedAt) -> Instant {
    let millis = u64::try_from(deadline.0.since(now.0)).unwrap_or(0);
    Instant::now() + Duration::from_millis(millis)
}
