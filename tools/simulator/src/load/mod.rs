//! Load for measuring a platform: gateways that forward for many terminals, or many devices each on a connection.
//!
//! Made to cost little itself, because it shares the machine with what it measures: frames are kept and changed in
//! place, written many at a time, and acknowledgements are counted rather than read one by one.

mod devices;
mod flight;
mod frame;
mod gateway;
mod histogram;
mod login;
mod tally;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

pub(crate) use histogram::Histogram;
pub use tally::Tally;

/// After the last report acknowledgements are waited for so long.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// Which load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Few connections, each a gateway that forwards for many JT/T 808 terminals.
    Gateway,
    /// One connection a device: send, wait, send.
    Devices,
}

/// What the devices of [`Mode::Devices`] speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// JT/T 808-2013.
    Jt808,
    /// GT06.
    Gt06,
}

/// A load.
#[derive(Clone, Debug)]
pub struct Load {
    /// Which.
    pub mode: Mode,
    /// What the devices speak (gateways speak JT/T 808).
    pub speech: Speech,
    /// Where the platform listens.
    pub to: SocketAddr,
    /// Connections.
    pub connections: usize,
    /// Devices, over all connections; with [`Mode::Devices`] as many as connections.
    pub devices: usize,
    /// Unacknowledged reports a gateway has under way at most.
    pub window: usize,
    /// Reports in one write of a gateway.
    pub batch: usize,
    /// Reports a second over all, if limited: then latency counts from when a report was due.
    pub rate: Option<f64>,
    /// How long.
    pub duration: Option<Duration>,
    /// How many reports over all.
    pub reports: Option<u64>,
    /// Threads.
    pub threads: usize,
    /// What the devices' places and ways are drawn from.
    pub seed: u64,
    /// Register and authenticate every terminal first.
    pub authenticate: bool,
    /// Where to write what was acknowledged.
    pub record: Option<PathBuf>,
    /// Connect again when a connection breaks, and send again what was not acknowledged.
    pub resend: bool,
}

/// The part of a load that one worker has.
#[derive(Clone, Copy, Debug)]
struct Share {
    first_connection: usize,
    connections: usize,
}

/// Runs the load to its end.
///
/// # Errors
/// When the platform cannot be reached at the start, or the record cannot be written.
pub fn run(load: &Load) -> anyhow::Result<Tally> {
    ensure!(load.connections > 0 && load.devices >= load.connections, "each connection needs a device");
    ensure!(
        load.window > 0 && load.batch > 0 && load.threads > 0,
        "window, batch and threads must be above 0"
    );
    ensure!(
        load.duration.is_some() || load.reports.is_some(),
        "a load needs an end: a duration or a number of reports"
    );
    let record = load.record.as_deref().map(flight::Record::create).transpose()?;
    let record = record.as_ref();
    let threads = load.threads.min(load.connections);
    let shares = (0..threads).map(|thread| {
        let first = load.connections * thread / threads;
        Share { first_connection: first, connections: load.connections * (thread + 1) / threads - first }
    });
    let tallies: Vec<anyhow::Result<Tally>> = std::thread::scope(|scope| {
        let work = |share: Share| match load.mode {
            Mode::Gateway => gateway::run(load, share, record),
            Mode::Devices => devices::run(load, share),
        };
        let workers: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
        let join =
            |worker: std::thread::ScopedJoinHandle<'_, _>| worker.join().ok().context("a worker failed")?;
        workers.into_iter().map(join).collect()
    });
    let mut all = Tally::default();
    for tally in tallies {
        all.merge(&tally?);
    }
    Ok(all)
}

/// When reports are due, and when there shall be no more.
#[derive(Clone, Copy, Debug)]
struct Pace {
    start: Instant,
    end: Option<Instant>,
    /// Reports a second for one connection.
    rate: Option<f64>,
    /// Reports of one connection.
    quota: u64,
}

impl Pace {
    fn new(load: &Load) -> Self {
        let start = Instant::now();
        let connections = u64::try_from(load.connections).unwrap_or(1).max(1);
        let share = u32::try_from(load.connections).unwrap_or(u32::MAX);
        Self {
            start,
            end: load.duration.map(|duration| start + duration),
            rate: load.rate.map(|rate| rate / f64::from(share)),
            quota: load.reports.map_or(u64::MAX, |reports| reports.div_ceil(connections)),
        }
    }

    /// Whether a connection that has sent so many may send on.
    fn goes_on(&self, now: Instant, sent: u64) -> bool {
        sent < self.quota && self.end.is_none_or(|end| now < end)
    }

    /// How many more reports a connection that has sent so many may send now.
    fn due(&self, now: Instant, sent: u64) -> u64 {
        let left = self.quota.saturating_sub(sent);
        match self.rate {
            None => left,
            Some(rate) => {
                let due =
                    crate::number::to_u64(now.saturating_duration_since(self.start).as_secs_f64() * rate);
                due.saturating_sub(sent).min(left)
            }
        }
    }

    /// When report number `index` of a connection was due; without a rate, now.
    #[expect(clippy::cast_precision_loss, reason = "report numbers of one run are far below 2^52")]
    fn due_at(&self, now: Instant, index: u64) -> Instant {
        self.rate.map_or(now, |rate| self.start + Duration::from_secs_f64(index as f64 / rate))
    }
}
