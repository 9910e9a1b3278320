//! Locking and unlocking, and the other commands.

use super::timers::SERVICE_S_MAX;
use super::{Device, Done, Fault, Method, Motor};
use crate::command::Order;
use crate::hardware::{Now, Storage, Vault};
use crate::keys::is_same;
use crate::record::{Card, Record};
use crate::seal::{Cause, Importance, Phase, SEAL_EVENTS_MAX};

/// Wrong passwords or cards in a row until none is taken for [`LOCKED_OUT_MS`].
const WRONG_MAX: u8 = 5;
/// Five minutes: a password of six digits then takes decades.
const LOCKED_OUT_MS: u64 = 300_000;

impl<S: Storage, V: Vault> Device<S, V> {
    /// Locks, and begins to guard.
    pub(super) fn lock(&mut self, now: Now, ticket: Option<u64>) -> Result<Done, Fault> {
        if self.state.seal.phase == Phase::Tampered {
            return Ok(Done::Not);
        }
        if let Some(turn) = self.state.seal.arm() {
            // Whatever happens to this seal must find room.
            if self.log.room(&self.storage)? < SEAL_EVENTS_MAX {
                return Ok(Done::Not);
            }
            let Some(token) = self.token(turn.seal.arming) else { return Ok(Done::Not) };
            let before = (self.state.token, self.state.code_hour);
            (self.state.token, self.state.code_hour) = (token, 0);
            if let Err(fault) = self.take(now, &turn, |record| record) {
                if self.state.seal != turn.seal {
                    (self.state.token, self.state.code_hour) = before;
                }
                return Err(fault);
            }
        }
        let moves = self.drive(now, Motor::Lock, ticket);
        self.settle(now)?;
        Ok(if moves { Done::Begun } else { Done::Now })
    }

    /// Opens with right.
    fn open(&mut self, now: Now, method: Method, card: Card, ticket: Option<u64>) -> Result<Done, Fault> {
        self.wrong = 0;
        if let Some(turn) = self.state.seal.open() {
            let unlock = Some((method, true));
            self.take(now, &turn, |record| Record { unlock, card, ..record })?;
        }
        Ok(if self.drive(now, Motor::Unlock, ticket) { Done::Begun } else { Done::Now })
    }

    fn refuse(&mut self, now: Now, method: Method, card: Card) -> Result<(), Fault> {
        self.wrong = self.wrong.saturating_add(1);
        if self.wrong >= WRONG_MAX {
            self.wrong = 0;
            self.locked_out_until_ms = now.up_ms.saturating_add(LOCKED_OUT_MS);
        }
        let unlock = Some((method, false));
        self.note_with(now, Cause::Refused, Importance::Alarm, |record| Record { unlock, card, ..record })
    }

    /// The hour in which a one-time code ends that opens now; a device that has no time takes none.
    fn code_hour(&self, now: Now, typed: &str) -> Option<u32> {
        let now_h = u32::try_from(now.wall_ms?.div_euclid(3_600_000)).ok()?;
        let (arming, after) = (self.state.seal.arming, self.state.code_hour);
        self.keys.as_ref()?.code_hour(typed, arming, now_h, after)
    }

    fn is_right_password(&self, password: &str) -> bool {
        let digest = self.keys.as_ref().map(|keys| keys.digest(password));
        digest.zip(self.state.password).is_some_and(|(shown, kept)| is_same(&shown, &kept))
    }

    pub(super) fn password(&mut self, now: Now, password: &str) -> Result<(), Fault> {
        if now.up_ms < self.locked_out_until_ms {
            return Ok(());
        }
        if self.is_right_password(password) {
            return self.open(now, Method::Password, Card::default(), None).map(drop);
        }
        if let Some(until_h) = self.code_hour(now, password) {
            // Before it opens, so that a loss of power between the two does not give the code a second life.
            self.state.code_hour = until_h;
            self.save()?;
            return self.open(now, Method::Code, Card::default(), None).map(drop);
        }
        self.refuse(now, Method::Password, Card::default())
    }

    pub(super) fn card(&mut self, now: Now, text: &str) -> Result<(), Fault> {
        if now.up_ms < self.locked_out_until_ms {
            return Ok(());
        }
        let digest = self.keys.as_ref().map(|keys| keys.digest(text));
        let known = self.state.cards.iter().flatten();
        let is_known = digest.is_some_and(|shown| known.fold(false, |is, card| is | is_same(&shown, card)));
        let card = Card::new(text);
        if is_known {
            return self.open(now, Method::Card, card, None).map(drop);
        }
        self.refuse(now, Method::Card, card)
    }

    /// Does what the platform asks for.
    pub(super) fn order(&mut self, now: Now, ticket: u64, order: Order<'_>) -> Result<Done, Fault> {
        let settings = &mut self.state.settings;
        let is_set = match order {
            Order::Unlock { password } => return self.unlock(now, password, ticket),
            Order::Lock => return self.lock(now, Some(ticket)),
            Order::Locate => {
                self.locate(now, Cause::Located)?;
                return Ok(Done::Now);
            }
            Order::Track { seconds, for_s } => {
                self.timers.track(now, seconds, for_s);
                return Ok(Done::Now);
            }
            Order::SetTime { ms } => {
                self.actions.set_time_ms = Some(ms);
                return Ok(Done::Now);
            }
            Order::Restart => {
                self.actions.restart = true;
                return Ok(Done::Now);
            }
            Order::Interval { seconds, wake_min } => {
                let mut changed = *settings;
                let still_s = wake_min.map(|minutes| minutes.saturating_mul(60));
                let done = changed.set("moving", seconds) && still_s.is_none_or(|s| changed.set("still", s));
                if done {
                    *settings = changed;
                }
                done
            }
            Order::Password { old, new } => self.change_password(old, new),
            Order::Cards(cards) => {
                let digest = |card: Option<&str>| {
                    card.and_then(|card| self.keys.as_ref().map(|keys| keys.digest(card)))
                };
                self.state.cards = cards.map(digest);
                true
            }
            Order::Text(text) => match self.text(now, text) {
                Some(done) => done,
                None => return Ok(Done::Unknown),
            },
        };
        if is_set {
            self.save()?;
        }
        Ok(if is_set { Done::Now } else { Done::Not })
    }

    /// The platform's own word opens; where a password is set, with it.
    fn unlock(&mut self, now: Now, password: Option<&str>, ticket: u64) -> Result<Done, Fault> {
        let is_right = match (self.state.password, password) {
            (None, _) => true,
            (Some(_), Some(password)) => self.is_right_password(password),
            (Some(_), None) => false,
        };
        if !is_right {
            self.refuse(now, Method::Remote, Card::default())?;
            return Ok(Done::Not);
        }
        self.open(now, Method::Remote, Card::default(), Some(ticket))
    }

    fn change_password(&mut self, old: Option<&str>, new: &str) -> bool {
        if self.state.password.is_some() && !old.is_some_and(|old| self.is_right_password(old)) {
            return false;
        }
        self.state.password = self.keys.as_ref().map(|keys| keys.digest(new));
        self.state.password.is_some()
    }

    /// `moving=300 still=7200`, or `service=600`. None when it is neither.
    fn text(&mut self, now: Now, text: &str) -> Option<bool> {
        let Some(seconds) = text.strip_prefix("service=") else {
            return self.state.settings.set_line(text).then_some(true);
        };
        let seconds = seconds.parse().ok().filter(|seconds| *seconds <= SERVICE_S_MAX)?;
        let may = matches!(self.state.seal.phase, Phase::Open | Phase::OpenedWithRight);
        if may {
            self.timers.serve(now, seconds);
        }
        Some(may)
    }
}
