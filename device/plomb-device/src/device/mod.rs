//! The device: seal, log, keys and link together.

mod exchange;
mod orders;
mod tamper;
mod timers;

use crate::hardware::{Now, Storage, StorageFault, Vault};
use crate::keys::{DeviceId, Keys, Provision};
use crate::link::Link;
use crate::log::{Log, LogFault};
use crate::record::{Card, Method, Outcome, Place, Readings, Record};
use crate::seal::{Cause, Importance, Part, Parts, Phase, Seal, Turn};
use crate::settings::Settings;
use crate::state::{STATE_PAGES, State, StateStore, Token};
use plomb_constrained::stack::burn_stack;
use timers::Timers;
use zeroize::Zeroize;

/// What the board tells the device.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A part was seen (debounced): true is whole.
    Part(Part, bool),
    /// A blow.
    Shock,
    /// It moves, or stands.
    Moving(bool),
    /// A place that was asked for, or found anyway.
    Place(Place),
    /// The search for a place has failed.
    NoPlace,
    /// Measurements; those that are none are forgotten.
    Readings(Readings),
    /// A card was shown.
    Card(&'a str),
    /// A password was entered.
    Password(&'a str),
    /// The button for locking: who locks needs no right.
    Lock,
    /// A mesh, glitch or temperature sensor says that the device is attacked.
    Attack,
}

/// Where the motor is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motor {
    /// Lock.
    Lock,
    /// Unlock.
    Unlock,
}

/// What the board is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    /// Move the motor; its new state comes as [`Input::Part`].
    pub motor: Option<Motor>,
    /// Look for the place; it comes as [`Input::Place`] or [`Input::NoPlace`].
    pub find_place: bool,
    /// Set the clock, milliseconds since 1970.
    pub set_time_ms: Option<i64>,
    /// Start again.
    pub restart: bool,
}

impl Actions {
    /// Whether there is any.
    #[must_use]
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// Why a device cannot start, or what failed on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The memory failed.
    Storage,
    /// It was never given keys.
    NotProvisioned,
    /// It has keys, but its numbers are lost: to go on could use one twice. It needs new keys.
    StateLost,
}

impl From<StorageFault> for Fault {
    fn from(_: StorageFault) -> Self {
        Self::Storage
    }
}

/// A device.
pub struct Device<S, V> {
    storage: S,
    vault: V,
    fitted: Parts,
    keys: Option<Keys>,
    state: State,
    store: StateStore,
    /// The state in memory is newer than the one that is stored.
    is_state_unsaved: bool,
    log: Log,
    link: Link,
    sensed: Parts,
    /// Parts that broke and were whole again before it could be recorded.
    missed: Parts,
    readings: Readings,
    place: Option<(Place, u64)>,
    timers: Timers,
    actions: Actions,
    is_wipe_due: bool,
    /// How many beacons were sent.
    beacons: u32,
    wrong: u8,
    locked_out_until_ms: u64,
}

impl<S: Storage, V: Vault> Device<S, V> {
    /// Gives a device its identity and keys: at the maker's, or after service. Numbers that only rise go on where the storage knows
    /// them, so that even the same keys again repeat none.
    ///
    /// # Errors
    /// When the memory fails.
    pub fn provision(storage: &mut S, vault: &mut V, provision: &Provision) -> Result<(), Fault> {
        vault.wipe()?;
        let (mut store, before) = StateStore::mount(storage)?;
        let mut state = State::new(provision.id);
        if let Some(before) = before {
            let Seal { arming, cuts, cycles, .. } = before.seal;
            state.seal = Seal { arming, cuts, cycles, ..state.seal };
            (state.reserved, state.command) = (before.reserved, before.command);
            Log::mount(storage, STATE_PAGES, &before.id)?.empty(storage)?;
        }
        // Without keys and without a beacon it is not provisioned, wherever the power fails.
        store.write(storage, &state)?;
        let mut bytes = provision.encode();
        let stored = vault.store(&bytes);
        bytes.zeroize();
        Ok(stored?)
    }

    /// Starts with what the storage holds, and with what the sensors see now.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn start(storage: S, vault: V, fitted: Parts, sensed: Parts, now: Now) -> Result<Self, Fault> {
        // What is built takes unused bytes of the stack with it: they hold no remains of keys.
        burn_stack();
        Self::start_clean(storage, vault, fitted, sensed, now)
    }

    #[inline(never)]
    fn start_clean(mut storage: S, vault: V, fitted: Parts, sensed: Parts, now: Now) -> Result<Self, Fault> {
        let (store, state) = StateStore::mount(&storage)?;
        let keys = Keys::load(&vault);
        burn_stack();
        let (state, keys) = match (state, keys) {
            (Some(state), Some((id, keys))) if id == state.id => (state, Some(keys)),
            (Some(state), None) if !state.token.as_bytes().is_empty() => (state, None),
            (_, None) => return Err(Fault::NotProvisioned),
            (_, Some(_)) => return Err(Fault::StateLost),
        };
        let log = Log::mount(&mut storage, STATE_PAGES, &state.id)?;
        let mut device = Self {
            storage,
            vault,
            fitted,
            keys,
            state,
            store,
            is_state_unsaved: false,
            log,
            link: Link::new(),
            sensed,
            missed: Parts::NONE,
            readings: Readings::default(),
            place: None,
            timers: Timers::new(now),
            actions: Actions::default(),
            is_wipe_due: false,
            beacons: 0,
            wrong: 0,
            locked_out_until_ms: 0,
        };
        device.begin(now)?;
        Ok(device)
    }

    fn begin(&mut self, now: Now) -> Result<(), Fault> {
        // The power may have failed between an event of the seal and its state: the event counts.
        let newer = self.log.last().filter(|last| last.sequence >= self.state.sequence);
        if let Some(seal) = newer.map(Record::seal) {
            if seal.arming != self.state.seal.arming {
                self.state.token = Token::NONE;
            }
            self.state.seal = seal;
        }
        if self.keys.is_none() || self.state.seal.phase == Phase::Tampered {
            // The power may have failed while they were erased.
            self.tampered(now);
            return Ok(());
        }
        if let Some(keys) = self.keys.as_mut() {
            keys.context.go_on_from(self.state.reserved);
        }
        if self.state.token.as_bytes().is_empty() {
            self.state.token = self.token(self.state.seal.arming).ok_or(Fault::StateLost)?;
            self.save()?;
        }
        self.look_round();
        self.note(now, Cause::Started, Importance::Notice)?;
        self.settle(now)
    }

    /// While nothing is guarded the first word is what the sensors see, not what was so before: else a lock that was
    /// never closed would seem to open. An open case stays an event of its own.
    const fn look_round(&mut self) {
        if matches!(self.state.seal.phase, Phase::Open | Phase::OpenedWithRight) {
            let case_was_closed = self.state.seal.now.has(Part::CaseClosed);
            self.state.seal.now = self.sensed.and(self.fitted);
            if case_was_closed {
                self.state.seal.now = self.state.seal.now.with(Part::CaseClosed, true);
            }
        }
    }

    /// Takes an input.
    ///
    /// # Errors
    /// When the memory fails: what could not be recorded is tried again by [`Device::poll`].
    pub fn input(&mut self, now: Now, input: Input<'_>) -> Result<(), Fault> {
        match input {
            Input::Part(part, whole) => {
                if !whole && self.sensed.has(part) {
                    self.missed = self.missed.with(part, true);
                }
                self.sensed = self.sensed.with(part, whole);
                self.settle(now)
            }
            Input::Attack => {
                self.tampered(now);
                Ok(())
            }
            _ if self.state.seal.phase == Phase::Tampered => Ok(()),
            Input::Shock => self.shock(now),
            Input::Moving(moving) => {
                self.readings.moving = Some(moving);
                Ok(())
            }
            Input::Place(place) => self.found(now, Some(place)),
            Input::NoPlace => self.found(now, None),
            Input::Readings(readings) => self.measured(now, readings),
            Input::Card(card) => self.card(now, card),
            Input::Password(password) => self.password(now, password),
            Input::Lock => self.lock(now, None).map(|_| ()),
        }
    }

    /// Brings the seal to what the sensors see, an event each.
    fn settle(&mut self, now: Now) -> Result<(), Fault> {
        for part in Part::ALL {
            if self.state.seal.phase == Phase::Tampered {
                return Ok(());
            }
            if !self.fitted.has(part) {
                continue;
            }
            if self.missed.has(part) && self.state.seal.now.has(part) {
                self.sense(now, part, false)?;
            }
            self.missed = self.missed.with(part, false);
            self.sense(now, part, self.sensed.has(part))?;
        }
        if let Some(turn) = self.state.seal.close(self.fitted) {
            self.take(now, &turn, |record| record)?;
        }
        Ok(())
    }

    fn sense(&mut self, now: Now, part: Part, whole: bool) -> Result<(), Fault> {
        let Some(turn) = self.state.seal.sense(part, whole) else { return Ok(()) };
        if part == Part::CaseClosed && !whole && !self.timers.is_in_service(now) {
            self.tampered(now);
            return Ok(());
        }
        let command = self.timers.motor_has_moved(part, whole);
        self.take(now, &turn, |record| Record { command, ..record })?;
        if command.is_some() || part == Part::MotorLocked {
            self.timers.motor_is_done(whole);
        }
        if part == Part::RopeInserted && whole && self.state.seal.phase == Phase::Armed {
            self.drive(now, Motor::Lock, None);
        }
        Ok(())
    }

    /// Records what a turn of the seal brings, then takes its state: in this order, so that no loss of power loses the event.
    fn take(&mut self, now: Now, turn: &Turn, with: impl FnOnce(Record) -> Record) -> Result<(), Fault> {
        let record = with(self.draft(now, turn.cause, turn.importance, &turn.seal));
        self.append(now, record)?;
        self.state.seal = turn.seal;
        self.timers.phase_turned(now, turn);
        self.save()
    }

    /// Records an event that changes nothing.
    fn note(&mut self, now: Now, cause: Cause, importance: Importance) -> Result<(), Fault> {
        self.note_with(now, cause, importance, |record| record)
    }

    fn note_with(
        &mut self,
        now: Now,
        cause: Cause,
        importance: Importance,
        with: impl FnOnce(Record) -> Record,
    ) -> Result<(), Fault> {
        let record = with(self.draft(now, cause, importance, &self.state.seal));
        self.append(now, record)
    }

    fn append(&mut self, now: Now, record: Record) -> Result<(), Fault> {
        match self.log.append(&mut self.storage, record, &self.state.id, self.keys.as_ref()) {
            Ok(_) => {
                if record.importance >= Importance::Alarm || !self.link.is_down() {
                    self.link.urge();
                }
                self.timers.recorded(now, &record);
                Ok(())
            }
            // Counted, and told by every later report.
            Err(LogFault::Full) => Ok(()),
            Err(LogFault::Storage(fault)) => Err(fault.into()),
        }
    }

    fn draft(&self, now: Now, cause: Cause, importance: Importance, seal: &Seal) -> Record {
        let place = self.place.map(|(place, at_ms)| Place {
            is_stale: place.is_stale || now.up_ms.saturating_sub(at_ms) > PLACE_MS_MAX,
            ..place
        });
        Record {
            sequence: 0,
            at_ms: now.wall_ms,
            cause,
            importance,
            kept: self.link.is_down(),
            phase: seal.phase,
            fitted: self.fitted,
            parts: seal.now,
            ever: seal.ever,
            arming: seal.arming,
            cuts: seal.cuts,
            cycles: seal.cycles,
            place,
            readings: self.readings,
            unlock: None,
            card: Card::default(),
            command: None,
            lost: 0,
            previous: [0; 16],
        }
    }

    fn token(&self, arming: u32) -> Option<Token> {
        let keys = self.keys.as_ref()?;
        Token::fill(|out| keys.beacon(&self.state.id, arming, out))
    }

    fn save(&mut self) -> Result<(), Fault> {
        self.is_state_unsaved = true;
        self.state.sequence = self.log.next_sequence();
        self.store.write(&mut self.storage, &self.state)?;
        self.is_state_unsaved = false;
        Ok(())
    }

    /// Changes settings at the maker's or in service, as the command `text` would: `moving=300 still=7200`, all of the line
    /// or nothing. False when it is refused.
    ///
    /// # Errors
    /// When the memory fails: they hold until the next start, and are stored when it works again.
    pub fn configure(&mut self, line: &str) -> Result<bool, Fault> {
        let is_set = self.state.settings.set_line(line);
        if is_set {
            self.save()?;
        }
        Ok(is_set)
    }

    /// What the board is to do; each is given once.
    pub fn take_actions(&mut self) -> Actions {
        core::mem::take(&mut self.actions)
    }

    /// The state of the seal.
    pub const fn seal(&self) -> &Seal {
        &self.state.seal
    }

    /// The settings.
    pub const fn settings(&self) -> &Settings {
        &self.state.settings
    }

    /// The identifier.
    pub const fn id(&self) -> &DeviceId {
        &self.state.id
    }

    /// Whether it still has its keys.
    pub const fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// How many events wait for their acknowledgement.
    ///
    /// # Errors
    /// When the memory fails.
    pub fn waiting(&self) -> Result<usize, Fault> {
        Ok(self.log.pending(&self.storage, Importance::Routine)?)
    }

    /// How many events were dropped for want of memory, ever.
    pub const fn lost(&self) -> u32 {
        self.log.lost()
    }

    /// The number of the next event.
    pub const fn next_sequence(&self) -> u32 {
        self.log.next_sequence()
    }

    /// Gives storage and vault back, as a restart finds them.
    pub fn stop(self) -> (S, V) {
        (self.storage, self.vault)
    }
}

/// For how long a place counts as that of an event, milliseconds.
const PLACE_MS_MAX: u64 = 60_000;

/// What an order came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// It is done.
    Now,
    /// It is begun; an event tells the end.
    Begun,
    /// It is refused, or failed.
    Not,
    /// It is not known.
    Unknown,
}
