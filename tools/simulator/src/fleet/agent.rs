//! One device at work: holds its connection, keeps its timers, moves bytes. What it says is decided in `unit`,
//! `outbox` and `protocol`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use plomb_model::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::incident::Incident;
use super::outbox::{Outbox, Overdue};
use super::unit::{News, Unit};
use crate::log;
use crate::protocol::{Incoming, Outcome, Report, Terminal};

/// Heartbeats go out when nothing else did for so many ms (notes: about every 60 s).
const HEARTBEAT_MS: i64 = 60_000;
/// Back-off between attempts to connect: the first, doubled up to the last, ms.
const BACK_OFF_MS: (i64, i64) = (500, 30_000);
/// A connection that is not made within this is given up.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Timers are looked at so often.
const TICK: Duration = Duration::from_millis(500);
/// Bytes read at once: replies and commands are short.
const READ_BYTES: usize = 2_048;

/// What all devices of a fleet have counted together.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections that are open.
    pub connected: AtomicU64,
    /// Frames sent for the first time.
    pub sent: AtomicU64,
    /// Frames sent again.
    pub again: AtomicU64,
    /// Acknowledgements that were waited for.
    pub acknowledged: AtomicU64,
    /// Frames refused by the platform or given up.
    pub lost: AtomicU64,
    /// Commands answered.
    pub commands: AtomicU64,
}

impl Counters {
    fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }
}

enum Link {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

impl Link {
    async fn open(to: SocketAddr, datagrams: bool) -> std::io::Result<Self> {
        if datagrams {
            let any: SocketAddr =
                if to.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
            let socket = UdpSocket::bind(any).await?;
            socket.connect(to).await?;
            return Ok(Self::Udp(socket));
        }
        let late = || std::io::Error::from(std::io::ErrorKind::TimedOut);
        let stream = timeout(CONNECT_MAX, TcpStream::connect(to)).await.map_err(|_| late())??;
        stream.set_nodelay(true)?;
        Ok(Self::Tcp(stream))
    }

    async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes).await,
            Self::Udp(socket) => socket.send(bytes).await.map(|_| ()),
        }
    }

    async fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer).await,
            Self::Udp(socket) => socket.recv(buffer).await,
        }
    }
}

/// One device at work.
pub(crate) struct Agent {
    pub(crate) unit: Unit,
    pub(crate) terminal: Box<dyn Terminal>,
    pub(crate) to: SocketAddr,
    pub(crate) datagrams: bool,
    pub(crate) interval_ms: i64,
    pub(crate) incidents: mpsc::Receiver<Incident>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) outbox: Outbox,
    pub(crate) next_report: Timestamp,
}

/// What one connection has in hand.
struct Talk {
    link: Option<Link>,
    wrote_at: Timestamp,
    retry_at: Timestamp,
    back_off_ms: i64,
}

impl Agent {
    /// Works until the task is dropped.
    pub(crate) async fn run(mut self) {
        let start = log::now();
        let mut talk = Talk { link: None, wrote_at: start, retry_at: start, back_off_ms: BACK_OFF_MS.0 };
        let mut buffer = [0; READ_BYTES];
        loop {
            let now = log::now();
            self.keep_time(now);
            let mut out = Vec::new();
            self.connect(now, &mut talk, &mut out).await;
            if talk.link.is_some() && !self.fill(now, &mut talk, &mut out) {
                self.drop_link(now, &mut talk, "no acknowledgement");
            }
            self.flush(now, &mut talk, &out).await;
            tokio::select! {
                read = read(talk.link.as_mut(), &mut buffer) => match read {
                    Ok(count) if count > 0 => {
                        let bytes = buffer.get(..count).unwrap_or_default();
                        let reply = self.hear(bytes, &mut talk);
                        self.flush(log::now(), &mut talk, &reply).await;
                    }
                    Ok(_) => self.drop_link(log::now(), &mut talk, "closed by the platform"),
                    Err(error) => self.drop_link(log::now(), &mut talk, &error.to_string()),
                },
                Some(incident) = self.incidents.recv() => self.befall(incident),
                () = sleep(TICK) => {}
            }
        }
    }

    /// Reports that are due, incidents that end.
    fn keep_time(&mut self, now: Timestamp) {
        let news = self.unit.tick(now);
        self.tell(news);
        if now >= self.next_report {
            self.next_report = self.unit.next_due(now, self.interval_ms);
            if !self.unit.is_silent() {
                let report = self.unit.report(now);
                self.say(report);
            }
        }
    }

    fn befall(&mut self, incident: Incident) {
        log::info(format_args!(
            "Incident device={} kind={incident} route={:?}",
            self.unit.id(),
            self.unit.route_name()
        ));
        let news = self.unit.befall(incident, log::now());
        self.tell(news);
    }

    fn tell(&mut self, news: News) {
        for report in news.late {
            self.outbox.keep(report);
        }
        let Some(report) = news.report else { return };
        if let Some(event) = news.event.and_then(|event| self.terminal.event(event, &report)) {
            self.outbox.push(event);
        }
        self.say(report);
    }

    /// A report goes out live where the network is there, else it is kept.
    fn say(&mut self, report: Report) {
        if self.terminal.ready() && !self.unit.in_gap() {
            let outgoing = self.terminal.live(&report);
            self.outbox.push(outgoing);
        } else {
            self.outbox.keep(report);
        }
    }

    /// Opens a connection when one is wanted and its time has come; closes it where there is no network.
    async fn connect(&mut self, now: Timestamp, talk: &mut Talk, out: &mut Vec<u8>) {
        if self.unit.is_silent() || self.unit.in_gap() {
            if talk.link.is_some() {
                log::info(format_args!("Left the network device={}", self.unit.id()));
                self.drop_link(now, talk, "");
            }
            return;
        }
        if talk.link.is_some() || now < talk.retry_at {
            return;
        }
        match Link::open(self.to, self.datagrams).await {
            Ok(link) => {
                talk.link = Some(link);
                Counters::add(&self.counters.connected, 1);
                self.terminal.connected(now, out);
                if self.terminal.ready() {
                    self.ready(talk, out);
                }
            }
            Err(error) => {
                if talk.back_off_ms == BACK_OFF_MS.0 {
                    log::warn(format_args!(
                        "Cannot connect device={} to={} error={error}",
                        self.unit.id(),
                        self.to
                    ));
                }
                Self::back_off(now, talk);
            }
        }
    }

    fn ready(&mut self, talk: &mut Talk, out: &mut Vec<u8>) {
        talk.back_off_ms = BACK_OFF_MS.0;
        if self.outbox.kept() > 1 {
            log::info(format_args!(
                "Sends what it kept device={} reports={}",
                self.unit.id(),
                self.outbox.kept()
            ));
        }
        self.outbox.reconnected(log::now(), out);
    }

    /// Puts into `out` what is to be sent; false when the connection is no good.
    fn fill(&mut self, now: Timestamp, talk: &mut Talk, out: &mut Vec<u8>) -> bool {
        if !self.terminal.ready() {
            return true;
        }
        match self.outbox.overdue(now, out) {
            Overdue::No => {}
            Overdue::Again => Counters::add(&self.counters.again, 1),
            Overdue::GivenUp => Counters::add(&self.counters.lost, 1),
            Overdue::Reconnect => return false,
        }
        let frames = self.outbox.pump(self.terminal.as_mut(), now, out);
        Counters::add(&self.counters.sent, frames);
        if out.is_empty() && now.since(talk.wrote_at) >= HEARTBEAT_MS {
            let report = self.unit.report(now);
            self.terminal.heartbeat(&report, out);
            talk.wrote_at = now;
        }
        true
    }

    async fn flush(&mut self, now: Timestamp, talk: &mut Talk, out: &[u8]) {
        if out.is_empty() {
            return;
        }
        if let Some(link) = talk.link.as_mut() {
            talk.wrote_at = now;
            if let Err(error) = link.write(out).await {
                self.drop_link(now, talk, &error.to_string());
            }
        }
    }

    fn drop_link(&mut self, now: Timestamp, talk: &mut Talk, why: &str) {
        if talk.link.take().is_some() {
            self.counters.connected.fetch_sub(1, Ordering::Relaxed);
            if !why.is_empty() {
                log::warn(format_args!("Lost the connection device={} why={why:?}", self.unit.id()));
            }
            // A terminal counts as ready only while it is connected.
            self.terminal.disconnected();
        }
        Self::back_off(now, talk);
    }

    fn back_off(now: Timestamp, talk: &mut Talk) {
        talk.retry_at = now.plus_millis(talk.back_off_ms);
        talk.back_off_ms = (talk.back_off_ms * 2).min(BACK_OFF_MS.1);
    }

    /// Takes what the platform said; gives bytes to send at once.
    fn hear(&mut self, bytes: &[u8], talk: &mut Talk) -> Vec<u8> {
        let mut incoming = Vec::new();
        self.terminal.receive(bytes, &mut incoming);
        let mut reply = Vec::new();
        for said in incoming {
            match said {
                Incoming::Ready => self.ready(talk, &mut reply),
                Incoming::Reply(bytes) => reply.extend(bytes),
                Incoming::Refused(why) => {
                    log::warn(format_args!("Refused device={} why={why:?}", self.unit.id()));
                    self.drop_link(log::now(), talk, "");
                    return Vec::new();
                }
                Incoming::Acknowledged(key) => {
                    Counters::add(&self.counters.acknowledged, u64::from(self.outbox.acknowledged(key)));
                }
                Incoming::Rejected(key) => {
                    if self.outbox.acknowledged(key) {
                        log::warn(format_args!("Report rejected device={}", self.unit.id()));
                        Counters::add(&self.counters.lost, 1);
                    }
                }
                command => self.obey(command),
            }
        }
        reply
    }

    fn obey(&mut self, command: Incoming) {
        let now = log::now();
        let (reference, outcome, what) = match command {
            Incoming::Unlock { reference, password } => {
                (reference, self.unit.unlock(password.as_deref(), now), "unlock".to_owned())
            }
            Incoming::Lock { reference } => (reference, self.unit.close(), "lock".to_owned()),
            Incoming::Locate { reference } => (reference, Outcome::Done, "locate".to_owned()),
            Incoming::Other { reference, text } => (reference, Outcome::Unknown, text),
            _ => return,
        };
        log::info(format_args!("Command device={} command={what:?} outcome={outcome:?}", self.unit.id()));
        Counters::add(&self.counters.commands, 1);
        let report = self.unit.report(now);
        let answers = self.terminal.answer(reference, outcome, &report);
        for answer in answers {
            self.outbox.push(answer);
        }
        self.say(report);
    }
}

async fn read(link: Option<&mut Link>, buffer: &mut [u8]) -> std::io::Result<usize> {
    match link {
        Some(link) => link.read(buffer).await,
        None => std::future::pending().await,
    }
}
