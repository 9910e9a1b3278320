//! One seal: the firmware core, its board, and the hands that close, open and cut it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use plomb_device::{Clock, Device, Fault, Input, Motor, Part, Parts, Phase, Provision, Readings, turn};

use super::board::{Done, SimulatedBoard};
use super::incident::Incident;
use super::memory::{Flash, Safe};
use crate::fleet::route::Route;
use crate::log;

/// How long the door stays open after an opening with right, milliseconds; then it is sealed again.
const OPEN_MS: u64 = 90_000;
/// A card that no seal knows.
const STRANGE_CARD: &str = "0000000001";

/// A seal on its truck.
pub struct Unit {
    name: String,
    device: Option<Device<Flash, Safe>>,
    board: SimulatedBoard,
    sensed: Parts,
    /// When somebody comes to seal it, milliseconds since the start.
    seal_ms: Option<u64>,
    phase: Phase,
}

impl std::fmt::Debug for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unit").field("name", &self.name).field("phase", &self.phase).finish_non_exhaustive()
    }
}

/// How a seal is set up.
#[derive(Debug)]
pub struct Setup<'a> {
    /// Where the platform listens.
    pub to: SocketAddr,
    /// The way of its truck.
    pub route: Arc<Route>,
    /// Travel time passes so many times faster.
    pub time_factor: f64,
    /// Seconds between two reports.
    pub interval_s: u32,
    /// Where its memory lies, so that it survives this process; none: in memory alone.
    pub memory: Option<&'a Path>,
    /// For what is random on the board.
    pub rng: fastrand::Rng,
}

impl Unit {
    /// Powers a seal on; new memory is given its keys first. Its rope is in and its door is closed, and nobody has sealed it.
    ///
    /// # Errors
    /// When its socket or files cannot be opened, or its memory is not that of a seal.
    pub fn start(provision: &Provision, setup: Setup<'_>) -> anyhow::Result<Self> {
        let name = provision.id.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let file = |kind: &str| setup.memory.map(|folder| folder.join(format!("{name}.{kind}")));
        let memory = || -> anyhow::Result<(Flash, Safe)> {
            let flash = Flash::open(file("flash").as_deref()).context("opening the flash of a seal")?;
            Ok((flash, Safe::open(file("vault").as_deref()).context("opening the vault of a seal")?))
        };
        let board = SimulatedBoard::new(name.clone(), setup.to, setup.route, setup.time_factor, setup.rng)
            .context("opening the socket of a seal")?;
        let sensed = Parts::ALL.with(Part::MotorLocked, false);
        let start = |(flash, safe)| Device::start(flash, safe, Parts::ALL, sensed, board.now());
        let mut device = match start(memory()?) {
            Err(Fault::NotProvisioned) => {
                let (mut flash, mut safe) = memory()?;
                Device::provision(&mut flash, &mut safe, provision).map_err(fault)?;
                start((flash, safe))
            }
            started => started,
        }
        .map_err(fault)?;
        let interval = setup.interval_s;
        let line = format!("moving={interval} still={interval} open={interval}");
        if !device.configure(&line).map_err(fault)? {
            return Err(anyhow!("a seal does not report every {interval} s"));
        }
        let phase = device.seal().phase;
        let seal_ms = (phase == Phase::Open).then_some(0);
        Ok(Self { name, device: Some(device), board, sensed, seal_ms, phase })
    }

    /// Its identifier in hexadecimal.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The state of its seal.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// How many of its events the platform has not acknowledged.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.device.as_ref().and_then(|device| device.waiting().ok()).unwrap_or_default()
    }

    /// Something happens to it.
    pub fn happen(&mut self, incident: Incident) {
        log::info(format_args!("Incident device=plomb:{} kind={incident:?}", self.name));
        match incident {
            Incident::Cut => self.sense(Part::RopeIntact, false),
            Incident::DoorOpen => self.sense(Part::DoorClosed, false),
            Incident::Light => self.sense(Part::Dark, false),
            Incident::CaseOpen => self.sense(Part::CaseClosed, false),
            Incident::Shock => self.input(Input::Shock),
            Incident::WrongCard => self.input(Input::Card(STRANGE_CARD)),
        }
    }

    /// Somebody types a password or a one-time code at it.
    pub fn type_in(&mut self, digits: &str) {
        self.input(Input::Password(digits));
        let now = self.board.now();
        self.tell(now.up_ms);
    }

    fn sense(&mut self, part: Part, whole: bool) {
        self.sensed = self.sensed.with(part, whole);
        self.input(Input::Part(part, whole));
    }

    fn input(&mut self, input: Input<'_>) {
        let now = self.board.now();
        if let Some(device) = &mut self.device
            && let Err(fault) = device.input(now, input)
        {
            log::warn(format_args!("Memory failed device=plomb:{} fault={fault:?}", self.name));
        }
    }

    /// One turn of its main loop.
    pub fn turn(&mut self) {
        for done in self.board.done() {
            match done {
                Done::Moved(motor) => self.sense(Part::MotorLocked, motor == Motor::Lock),
                Done::Found(place) => {
                    let readings = Readings {
                        battery: Some(87),
                        battery_mv: Some(3610),
                        temperature_c100: Some(2150),
                        rssi_dbm: Some(-84),
                        light_lx: Some(0),
                        moving: Some(self.board.is_moving()),
                    };
                    self.input(Input::Readings(readings));
                    self.input(Input::Place(place));
                }
                Done::Restarts => self.restart(),
            }
        }
        let now = self.board.now();
        if self.seal_ms.is_some_and(|due_ms| now.up_ms >= due_ms) {
            self.seal_ms = None;
            self.input(Input::Lock);
        }
        if let Some(device) = &mut self.device {
            if let Err(fault) = turn(device, &mut self.board) {
                log::warn(format_args!("Turn failed device=plomb:{} fault={fault:?}", self.name));
            }
            self.tell(now.up_ms);
        }
    }

    /// Says what became of the seal; whoever opened it with right closes it again after a while.
    fn tell(&mut self, now_ms: u64) {
        let phase = self.device.as_ref().map_or(self.phase, |device| device.seal().phase);
        if phase != self.phase {
            self.phase = phase;
            log::info(format_args!("Seal device=plomb:{} state={phase:?}", self.name));
            self.seal_ms = (phase == Phase::OpenedWithRight).then(|| now_ms + OPEN_MS);
        }
    }

    /// As after a loss of power: what is in flash and vault is all that it knows.
    pub fn restart(&mut self) {
        let Some((flash, safe)) = self.device.take().map(Device::stop) else { return };
        match Device::start(flash, safe, Parts::ALL, self.sensed, self.board.now()) {
            Ok(device) => self.device = Some(device),
            Err(fault) => {
                log::warn(format_args!("Does not start device=plomb:{} fault={fault:?}", self.name))
            }
        }
    }
}

fn fault(fault: Fault) -> anyhow::Error {
    anyhow!("the seal does not start: {fault:?}")
}
