//! One device, one incident, and a word the moment it is sent: for measuring how long a platform takes from the wire
//! to the operator.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use plomb_model::{DeviceId, Protocol, Signals};

use crate::connect::connect;
use crate::fleet::incident::Incident;
use crate::fleet::plan;
use crate::protocol::{self, Incoming, Lock, LockEvent, Outgoing, Report, Terminal};
use crate::{fleet, log};

/// How long each answer is waited for.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Number from which the identifier is made when none is given.
const NUMBER: u32 = 41_300_978;

/// What to trigger.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// What happens.
    pub incident: Incident,
    /// What the device speaks.
    pub protocol: Protocol,
    /// Where the platform listens.
    pub to: SocketAddr,
    /// Who the device is; a fixed one, if none.
    pub device: Option<DeviceId>,
}

/// Connects, sends a report under seal, waits for its acknowledgement, sends the incident, writes
/// `sent <id>` to `told` at that moment, and waits for its acknowledgement.
///
/// # Errors
/// When the protocol cannot tell the incident, the platform cannot be reached, or does not answer in time.
pub fn run(trigger: &Trigger, mut told: impl Write) -> anyhow::Result<()> {
    let Trigger { incident, protocol, to, device } = *trigger;
    ensure!(incident.told_by(protocol), "{} devices cannot tell {incident}", protocol.name());
    let told_later = matches!(incident, Incident::Silent | Incident::ClockDrift);
    ensure!(!told_later, "one report cannot tell {incident}: let it happen in a fleet");
    let id = match device {
        Some(id) => id,
        None => plan::identifier(protocol, NUMBER, 0, false).context("no identifier")?,
    };
    ensure!(id.scheme() == protocol.scheme(), "{id} is no identifier of {}", protocol.name());
    let stream = connect(to, ANSWER_MAX)?;
    let terminal = protocol::terminal(protocol, id, false).context("no such terminal")?;
    let mut talk = Talk { stream, terminal };
    let mut hello = Vec::new();
    talk.terminal.connected(log::now(), &mut hello);
    talk.stream.write_all(&hello)?;
    if !talk.terminal.ready() {
        talk.until("the log-in", |said| *said == Incoming::Ready)?;
    }
    let mut report = sealed();
    let armed = talk.terminal.live(&report);
    talk.deliver(&armed, "the report under seal")?;

    report.at = log::now();
    let (bad, event) = struck(report, incident);
    if let Some(outgoing) = event.and_then(|event| talk.terminal.event(event, &bad)) {
        talk.deliver(&outgoing, "the lock event")?;
    }
    let outgoing = match incident {
        Incident::LateUpload => talk.terminal.kept(&[bad]),
        _ => talk.terminal.live(&bad),
    };
    talk.stream.write_all(&outgoing.bytes)?;
    writeln!(told, "sent {id}")?;
    told.flush()?;
    talk.acknowledged(&outgoing, "the incident")
}

struct Talk {
    stream: TcpStream,
    terminal: Box<dyn Terminal>,
}

impl Talk {
    fn deliver(&mut self, outgoing: &Outgoing, what: &str) -> anyhow::Result<()> {
        self.stream.write_all(&outgoing.bytes)?;
        self.acknowledged(outgoing, what)
    }

    fn acknowledged(&mut self, outgoing: &Outgoing, what: &str) -> anyhow::Result<()> {
        match outgoing.expects {
            Some(key) => self.until(what, |said| *said == Incoming::Acknowledged(key)),
            None => Ok(()),
        }
    }

    /// Reads until what is waited for has been said.
    fn until(&mut self, what: &str, wanted: impl Fn(&Incoming) -> bool) -> anyhow::Result<()> {
        let deadline = Instant::now() + ANSWER_MAX;
        let mut buffer = [0; 2_048];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            ensure!(!left.is_zero(), "no acknowledgement of {what} within {ANSWER_MAX:?}");
            self.stream.set_read_timeout(Some(left))?;
            let count = self.stream.read(&mut buffer).with_context(|| format!("waiting for {what}"))?;
            ensure!(count > 0, "the platform closed the connection instead of acknowledging {what}");
            let mut incoming = Vec::new();
            self.terminal.receive(buffer.get(..count).unwrap_or_default(), &mut incoming);
            let mut found = false;
            for said in incoming {
                found |= wanted(&said);
                match said {
                    Incoming::Reply(bytes) => self.stream.write_all(&bytes)?,
                    Incoming::Refused(why) => bail!("{what}: {why}"),
                    Incoming::Rejected(_) => bail!("{what}: rejected by the platform"),
                    _ => {}
                }
            }
            if found {
                return Ok(());
            }
        }
    }
}

/// A lock under seal in Mombasa.
pub(crate) fn sealed() -> Report {
    Report {
        at: log::now(),
        fix: protocol::Fix {
            latitude_e7: -40_435_000,
            longitude_e7: 396_682_000,
            fixed: true,
            altitude_m: 17,
            speed_kmh: 0,
            course_deg: 290,
            satellites: 11,
        },
        odometer_km: 1_204,
        battery_percent: 88,
        csq: 24,
        lock: Lock::SEALED,
        signals: Signals::NONE,
        fresh: false,
    }
}

/// The report after the incident, and the lock event that goes with it.
pub(crate) fn struck(mut report: Report, incident: Incident) -> (Report, Option<LockEvent>) {
    report.fresh = true;
    report.signals = incident.signal().map_or(Signals::NONE, Signals::from);
    report.lock = fleet::unit::parts(Lock::SEALED, report.signals);
    match incident {
        Incident::LowBattery => report.battery_percent = 8,
        Incident::Jammed => report.fix.latitude_e7 += 60_000_000,
        Incident::LateUpload => report.at = report.at.plus_secs(-50 * 60),
        _ => {}
    }
    let event = match incident {
        Incident::Opened => Some(LockEvent::RopePulledOut),
        Incident::WrongPassword => Some(LockEvent::WrongPassword { count: 5 }),
        Incident::LongUnlocked => Some(LockEvent::CardUnlock { card: 12_260_888 }),
        _ => None,
    };
    (report, event)
}
