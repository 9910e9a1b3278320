//! What must outlast a loss of power beside the events: numbers that may never come twice, the seal, the settings, and
//! the tamper beacon. Two pages take turns, so that one whole state is always there.

use plomb_constrained::profile::DEVICE_ID_BYTES_MAX;

use crate::DeviceId;
use crate::bytes::{Put, Take, check, is_erased};
use crate::hardware::{Storage, StorageFault, UNIT_BYTES};
use crate::seal::{Breaks, Part, Parts, Phase, Seal};
use crate::settings::Settings;

/// Pages of the state; the log begins behind them.
pub(crate) const STATE_PAGES: usize = 2;
/// Longest tamper beacon.
pub(crate) const TOKEN_BYTES_MAX: usize = 168;
/// Cards that may open.
pub const CARDS_MAX: usize = 8;
const MAGIC: [u8; 4] = *b"PSt1";
const STATE_BYTES: usize = 448;
const _: () = assert!(STATE_BYTES.is_multiple_of(UNIT_BYTES));

/// The tamper beacon of the present arming, ready to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    length: u8,
    bytes: [u8; TOKEN_BYTES_MAX],
}

impl Token {
    pub(crate) const NONE: Self = Self { length: 0, bytes: [0; TOKEN_BYTES_MAX] };

    /// Lets `write` fill it; it gives the number of bytes.
    pub(crate) fn fill(write: impl FnOnce(&mut [u8]) -> Option<usize>) -> Option<Self> {
        let mut token = Self::NONE;
        let length = write(&mut token.bytes)?;
        token.length = u8::try_from(length).ok()?;
        Some(token)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) id: DeviceId,
    pub(crate) seal: Seal,
    /// The number of the next event when it was stored: a later one in the log knows the seal better.
    pub(crate) sequence: u32,
    pub(crate) settings: Settings,
    /// Numbers of OSCORE below it may have been used.
    pub(crate) reserved: u64,
    /// The greatest number of a command that was taken.
    pub(crate) command: Option<u64>,
    /// Digest of the password; none where there is none.
    pub(crate) password: Option<[u8; 16]>,
    pub(crate) cards: [Option<[u8; 16]>; CARDS_MAX],
    pub(crate) token: Token,
    /// The hour in which the last one-time code of this arming ended: only later ones are taken.
    pub(crate) code_hour: u32,
}

impl State {
    pub(crate) fn new(id: DeviceId) -> Self {
        Self {
            id,
            seal: Seal { now: Parts::ALL.with(Part::CaseClosed, false), ..Seal::default() },
            sequence: 1,
            settings: Settings::default(),
            reserved: 0,
            command: None,
            password: None,
            cards: [None; CARDS_MAX],
            token: Token::NONE,
            code_hour: 0,
        }
    }

    fn encode(&self, number: u32) -> [u8; STATE_BYTES] {
        let mut bytes = [0; STATE_BYTES];
        let mut put = Put(&mut bytes);
        let id = self.id.as_bytes();
        put.bytes(&MAGIC).u32(number).u8(u8::try_from(id.len()).unwrap_or_default()).bytes(id);
        put.bytes([0; DEVICE_ID_BYTES_MAX].get(id.len()..).unwrap_or_default());
        let Seal { phase, now, ever, arming, cuts, cycles } = self.seal;
        put.u8(phase as u8).u8(now.bits()).u8(ever.0).u32(arming).u16(cuts).u16(cycles).u32(self.sequence);
        let settings = &self.settings;
        for value in [
            settings.moving_s,
            settings.still_s,
            settings.open_s,
            settings.alarm_s,
            settings.alarm_for_s,
            settings.seal_timeout_s,
            settings.unlocked_s,
            settings.low_battery.into(),
        ] {
            put.u32(value);
        }
        put.u64(self.reserved).u64(self.command.map_or(0, |number| number.saturating_add(1)));
        for digest in core::iter::once(&self.password).chain(&self.cards) {
            put.u8(u8::from(digest.is_some())).bytes(&digest.unwrap_or_default());
        }
        put.u8(self.token.length).bytes(&self.token.bytes);
        // A state of before there were codes has zeros here.
        put.u32(self.code_hour);
        let sum = check(&[bytes.get(..STATE_BYTES - 4).unwrap_or_default()]);
        Put(bytes.get_mut(STATE_BYTES - 4..).unwrap_or_default()).bytes(&sum);
        bytes
    }

    fn decode(bytes: &[u8; STATE_BYTES]) -> Option<(u32, Self)> {
        let (checked, sum) = bytes.split_last_chunk::<4>()?;
        let mut take = Take(checked);
        if take.bytes() != MAGIC || *sum != check(&[checked]) {
            return None;
        }
        let (number, length) = (take.u32(), take.u8());
        let id: [u8; DEVICE_ID_BYTES_MAX] = take.bytes();
        let id = DeviceId::new(id.get(..usize::from(length))?)?;
        let seal = Seal {
            phase: Phase::from_number(take.u8())?,
            now: Parts::from_bits(take.u8()),
            ever: Breaks(take.u8()),
            arming: take.u32(),
            cuts: take.u16(),
            cycles: take.u16(),
        };
        let sequence = take.u32();
        let settings = Settings {
            moving_s: take.u32(),
            still_s: take.u32(),
            open_s: take.u32(),
            alarm_s: take.u32(),
            alarm_for_s: take.u32(),
            seal_timeout_s: take.u32(),
            unlocked_s: take.u32(),
            low_battery: u8::try_from(take.u32()).ok()?,
        };
        let (reserved, command) = (take.u64(), take.u64().checked_sub(1));
        let mut digest = || {
            let is_there = take.u8() == 1;
            Some(take.bytes()).filter(|_| is_there)
        };
        let password = digest();
        let cards = core::array::from_fn(|_| digest());
        let token = Token { length: take.u8(), bytes: take.bytes() };
        let code_hour = take.u32();
        let state =
            Self { id, seal, sequence, settings, reserved, command, password, cards, token, code_hour };
        Some((number, state))
    }
}

/// Where the state lies.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StateStore {
    page: usize,
    slot: usize,
    number: u32,
}

impl StateStore {
    /// Finds the state that was stored last; none when there is none that is whole.
    pub(crate) fn mount<S: Storage>(storage: &S) -> Result<(Self, Option<State>), StorageFault> {
        let slots = storage.page_bytes() / STATE_BYTES;
        if slots < 2 {
            return Err(StorageFault);
        }
        let mut bytes = [0; STATE_BYTES];
        let mut newest: Option<(u32, usize, State)> = None;
        let mut used = [0; STATE_PAGES];
        for (page, used) in used.iter_mut().enumerate() {
            for slot in 0..slots {
                storage.read(page, slot * STATE_BYTES, &mut bytes)?;
                if is_erased(&bytes) {
                    continue;
                }
                *used = slot + 1;
                if let Some((number, state)) = State::decode(&bytes)
                    && newest.as_ref().is_none_or(|(newest, ..)| number > *newest)
                {
                    newest = Some((number, page, state));
                }
            }
        }
        let Some((number, page, state)) = newest else {
            // As if the other page were full: the first state erases page 0 and begins there.
            return Ok((Self { page: 1, slot: slots, number: 0 }, None));
        };
        let slot = used.get(page).copied().unwrap_or(slots);
        Ok((Self { page, slot, number }, Some(state)))
    }

    /// Stores the state. Durable once it has returned; until then the one before it stands.
    pub(crate) fn write<S: Storage>(&mut self, storage: &mut S, state: &State) -> Result<(), StorageFault> {
        let slots = storage.page_bytes() / STATE_BYTES;
        if self.slot >= slots {
            let other = (self.page + 1) % STATE_PAGES;
            storage.erase(other)?;
            (self.page, self.slot) = (other, 0);
        }
        let number = self.number.saturating_add(1);
        // Whatever becomes of it, the place is used.
        let offset = self.slot * STATE_BYTES;
        self.slot += 1;
        storage.program(self.page, offset, &state.encode(number))?;
        self.number = number;
        Ok(())
    }
}
