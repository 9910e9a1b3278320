//! A fleet at work against a platform: starts the devices, lets incidents happen, tells once in a while how it goes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use plomb_model::Protocol;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::agent::{Agent, Counters};
use super::incident::{Incident, Scripted};
use super::outbox::Outbox;
use super::plan::plan;
use super::unit::{Conditions, Unit};
use crate::{gate, log, protocol};

/// Incidents that may wait for one device.
const INCIDENTS_WAITING_MAX: usize = 16;
/// Devices connect over this time, so that the platform does not meet them all at once.
const START_OVER: Duration = Duration::from_secs(2);
/// Sealed trucks that pass a gate again and again.
const GATE_TAGS: usize = 24;
/// A line of counts so often.
const TELL_EVERY: Duration = Duration::from_secs(30);
/// Scheduled incidents begin after this: the fleet is connected by then.
const FIRST_INCIDENT: Duration = Duration::from_secs(10);

/// What a fleet is to be and to do.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// What the devices speak, and where the platform listens for it.
    pub speaking: Vec<(Protocol, SocketAddr)>,
    /// How many devices.
    pub devices: usize,
    /// What everything random is drawn from.
    pub seed: u64,
    /// Time between two reports of a device.
    pub interval: Duration,
    /// Movement and coverage.
    pub conditions: Conditions,
    /// Share of the devices that may use UDP and do, %.
    pub udp_percent: u8,
    /// Incidents by script.
    pub incidents: Vec<Scripted>,
    /// An incident of the next kind so often.
    pub incidents_every: Option<Duration>,
    /// How long; without end if none.
    pub duration: Option<Duration>,
    /// Where gates listen for the platform.
    pub gates: Vec<SocketAddr>,
}

/// Runs the fleet and gives what it counted.
pub async fn run(fleet: Fleet) -> Arc<Counters> {
    let counters = Arc::new(Counters::default());
    let mut tasks = JoinSet::new();
    let mut devices = Vec::with_capacity(fleet.devices);
    let protocols: Vec<Protocol> = fleet.speaking.iter().map(|(protocol, _)| *protocol).collect();
    let planned = plan(fleet.devices, fleet.seed, fleet.udp_percent, &protocols);
    let interval_ms = i64::try_from(fleet.interval.as_millis()).unwrap_or(i64::MAX);
    for planned in planned {
        let (sender, incidents) = mpsc::channel(INCIDENTS_WAITING_MAX);
        let (protocol, id, datagrams) = (planned.protocol, planned.id, planned.datagrams);
        let address = fleet.speaking.iter().find(|(spoken, _)| *spoken == protocol);
        let (Some(terminal), Some((_, to))) = (protocol::terminal(protocol, id, datagrams), address) else {
            continue;
        };
        let share = u32::try_from(planned.index * 1000 / fleet.devices.max(1)).unwrap_or_default();
        let wait = START_OVER * share / 1000;
        let agent = Agent {
            unit: Unit::new(planned, fleet.conditions),
            terminal,
            to: *to,
            datagrams,
            interval_ms,
            incidents,
            counters: Arc::clone(&counters),
            outbox: Outbox::default(),
            next_report: log::now().plus_millis(i64::try_from(wait.as_millis()).unwrap_or_default()),
        };
        devices.push((protocol, sender));
        tasks.spawn(async move {
            tokio::time::sleep(wait).await;
            agent.run().await;
        });
    }
    log::info(format_args!(
        "Fleet started devices={} seed={} interval_s={}",
        devices.len(),
        fleet.seed,
        interval_ms / 1000
    ));
    for (gate, address) in (1_u64..).zip(&fleet.gates) {
        match TcpListener::bind(address).await {
            Ok(listener) => {
                log::info(format_args!("Gate waits for the platform address={address}"));
                let tags = gate::population(fleet.seed.wrapping_add(gate), GATE_TAGS);
                let reader = gate::Reader::new(fleet.seed ^ gate, tags, gate % 2 == 1, gate::now_ms());
                tasks.spawn(gate::serve(listener, reader));
            }
            Err(error) => log::warn(format_args!("A gate cannot listen address={address} error={error}")),
        }
    }
    direct(&fleet, &devices, &counters).await;
    tasks.shutdown().await;
    tell(&counters);
    counters
}

/// Lets incidents happen when their time has come, until the end.
async fn direct(fleet: &Fleet, devices: &[(Protocol, mpsc::Sender<Incident>)], counters: &Counters) {
    let start = Instant::now();
    let mut script = fleet.incidents.clone();
    script.sort_by_key(|scripted| std::cmp::Reverse(scripted.at_s));
    let mut rota = Rota::new(fleet.seed);
    let mut next_rota = fleet.incidents_every.map(|every| start + FIRST_INCIDENT.min(every));
    let mut next_tell = start + TELL_EVERY;
    let end = fleet.duration.map(|duration| start + duration);
    loop {
        let next_script = script.last().map(|scripted| start + Duration::from_secs(scripted.at_s));
        let wake =
            [next_script, next_rota, end, Some(next_tell)].into_iter().flatten().min().unwrap_or(next_tell);
        sleep_until(wake).await;
        let now = Instant::now();
        if end.is_some_and(|end| now >= end) {
            return;
        }
        if now >= next_tell {
            tell(counters);
            next_tell = now + TELL_EVERY;
        }
        if next_script.is_some_and(|at| now >= at)
            && let Some(scripted) = script.pop()
        {
            let device = scripted.device.or_else(|| first_that_tells(scripted.incident, devices));
            happen(scripted.incident, device, devices);
        }
        if let (Some(at), Some(every)) = (next_rota, fleet.incidents_every)
            && now >= at
        {
            let (incident, device) = rota.next(devices);
            happen(incident, device, devices);
            next_rota = Some(at + every);
        }
    }
}

fn first_that_tells<T>(incident: Incident, devices: &[(Protocol, T)]) -> Option<usize> {
    devices.iter().position(|(protocol, _)| incident.told_by(*protocol))
}

fn happen(incident: Incident, device: Option<usize>, devices: &[(Protocol, mpsc::Sender<Incident>)]) {
    let Some((protocol, sender)) = device.and_then(|device| devices.get(device)) else {
        log::warn(format_args!("No such device for the incident kind={incident}"));
        return;
    };
    if !incident.told_by(*protocol) {
        log::warn(format_args!(
            "The protocol cannot tell the incident kind={incident} protocol={}",
            protocol.name()
        ));
    } else if sender.try_send(incident).is_err() {
        log::warn(format_args!("Too many incidents wait for the device kind={incident}"));
    }
}

/// Kinds of incident in turn, each at a device drawn from the seed.
struct Rota {
    rng: fastrand::Rng,
    turn: usize,
}

impl Rota {
    /// The order of a demonstration: what an operator must see first comes first.
    const ORDER: [Incident; 12] = [
        Incident::Cut,
        Incident::LowBattery,
        Incident::Opened,
        Incident::Shock,
        Incident::Jammed,
        Incident::CaseOpen,
        Incident::WrongPassword,
        Incident::LateUpload,
        Incident::Silent,
        Incident::LongUnlocked,
        Incident::MotorFault,
        Incident::ClockDrift,
    ];

    fn new(seed: u64) -> Self {
        Self { rng: fastrand::Rng::with_seed(seed ^ 0x1_9C1D), turn: 0 }
    }

    fn next<T>(&mut self, devices: &[(Protocol, T)]) -> (Incident, Option<usize>) {
        let incident = Self::ORDER.get(self.turn % Self::ORDER.len()).copied().unwrap_or(Incident::Cut);
        self.turn += 1;
        let able: Vec<usize> = devices
            .iter()
            .enumerate()
            .filter(|(_, (p, _))| incident.told_by(*p))
            .map(|(index, _)| index)
            .collect();
        let device = able.get(self.rng.usize(..able.len().max(1))).copied();
        (incident, device)
    }
}

fn tell(counters: &Counters) {
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    log::info(format_args!(
        "Fleet connected={} sent={} again={} acknowledged={} lost={} commands={}",
        count(&counters.connected),
        count(&counters.sent),
        count(&counters.again),
        count(&counters.acknowledged),
        count(&counters.lost),
        count(&counters.commands),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::USUAL;

    #[test]
    fn the_rota_is_the_seeds() {
        let devices: Vec<(Protocol, ())> = USUAL.iter().cycle().take(40).map(|p| (*p, ())).collect();
        let draw = |seed| {
            let mut rota = Rota::new(seed);
            (0..24).map(|_| rota.next(&devices)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert_eq!(draw(7)[0].0, Incident::Cut);
        for (incident, device) in draw(7) {
            assert!(incident.told_by(devices[device.unwrap()].0));
        }
    }
}
