//! What a sender may cost: so many bad reports a minute, by conversation and by address.
//!
//! A bad report brings issues and no event, or a proof of the sender's own that does not count. A conversation that
//! brings more than [`BAD_REPORTS_A_MINUTE_MAX`] is closed, or its bad datagrams are dropped until the minute is over. From
//! an address that brings more than [`BAD_REPORTS_AN_ADDRESS_A_MINUTE_MAX`] over all its conversations, a conversation
//! that has brought nothing good yet is over at its first bad report. Devices that share the address with a bad sender,
//! behind one router of a network operator, are heard as before.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use plomb_devices::Decoded;
use plomb_model::{Issue, ReceivedAt, Timestamp};

use crate::limits::{ADDRESSES_COUNTED_MAX, BAD_REPORTS_A_MINUTE_MAX, BAD_REPORTS_AN_ADDRESS_A_MINUTE_MAX};

const MINUTE_MS: i64 = 60_000;

/// How many reports of a batch are bad, and whether any is good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Worth {
    pub(crate) bad: u32,
    pub(crate) good: bool,
}

impl Worth {
    pub(crate) fn of(decoded: &Decoded) -> Self {
        let mut worth = Self::default();
        for report in decoded.reports() {
            let bad = report.events.is_empty() && !report.issues.is_empty();
            worth.bad += u32::from(bad);
            worth.good |= !report.events.is_empty();
        }
        worth
    }
}

/// The bad reports of one conversation in this minute.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Budget {
    began: Option<Timestamp>,
    bad: u32,
    dropped: u32,
    has_been_good: bool,
}

impl Budget {
    /// Counts a batch; true when it is the one that breaks the limit.
    pub(crate) fn charge(&mut self, worth: Worth, at: ReceivedAt) -> bool {
        self.has_been_good |= worth.good;
        if worth.bad == 0 {
            return false;
        }
        self.turn(at);
        self.began.get_or_insert(at.0);
        let before = self.bad;
        self.bad = before.saturating_add(worth.bad);
        before <= BAD_REPORTS_A_MINUTE_MAX && self.bad > BAD_REPORTS_A_MINUTE_MAX
    }

    /// Whether nothing bad is taken from this sender any more in this minute.
    pub(crate) fn is_spent(&mut self, at: ReceivedAt) -> bool {
        self.turn(at);
        self.bad > BAD_REPORTS_A_MINUTE_MAX
    }

    /// Whether the sender has brought anything that was understood.
    pub(crate) const fn has_been_good(&self) -> bool {
        self.has_been_good
    }

    /// Counts what was not taken.
    pub(crate) const fn drop_one(&mut self) {
        self.dropped = self.dropped.saturating_add(1);
    }

    /// How much was not taken before now; told once.
    pub(crate) const fn take_dropped(&mut self) -> u32 {
        let dropped = self.dropped;
        self.dropped = 0;
        dropped
    }

    /// A minute after the first bad report all is forgiven.
    fn turn(&mut self, at: ReceivedAt) {
        if self.began.is_some_and(|began| !(0..MINUTE_MS).contains(&at.0.since(began))) {
            self.began = None;
            self.bad = 0;
        }
    }
}

/// The bad reports of each address in this minute, over all listeners.
#[derive(Debug, Default)]
pub struct Senders(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    number: i64,
    bad: HashMap<IpAddr, u32>,
}

impl Minute {
    fn turn(&mut self, at: ReceivedAt) {
        let number = at.0.as_millis().div_euclid(MINUTE_MS);
        if self.number != number {
            self.number = number;
            self.bad.clear();
        }
    }
}

impl Senders {
    pub(crate) fn charge(&self, address: IpAddr, worth: Worth, at: ReceivedAt) {
        if worth.bad == 0 {
            return;
        }
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        minute.turn(at);
        if minute.bad.len() < ADDRESSES_COUNTED_MAX || minute.bad.contains_key(&address) {
            let bad = minute.bad.entry(address).or_default();
            *bad = bad.saturating_add(worth.bad);
        }
    }

    /// Whether an address has brought more bad reports than it may.
    pub(crate) fn is_spent(&self, address: IpAddr, at: ReceivedAt) -> bool {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        minute.turn(at);
        minute.bad.get(&address).is_some_and(|bad| *bad > BAD_REPORTS_AN_ADDRESS_A_MINUTE_MAX)
    }
}

/// Said of the report that broke the limit.
pub(crate) fn spent_issue() -> Issue {
    let what = "more bad reports in a minute than a sender may bring: further ones are not taken until the minute is over";
    Issue::new(0, what, BAD_REPORTS_A_MINUTE_MAX)
}

/// Said of the first report after some were dropped.
pub(crate) fn dropped_issue(count: u32) -> Issue {
    Issue::new(
        0,
        "messages of this sender were dropped before this one: it had brought too many bad ones",
        count,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> ReceivedAt {
        ReceivedAt(Timestamp::from_secs(1_800_000_000 + seconds))
    }

    const BAD: Worth = Worth { bad: 1, good: false };

    #[test]
    fn a_sender_is_heard_until_its_budget_is_spent_and_again_after_a_minute() {
        let mut budget = Budget::default();
        for _ in 0..BAD_REPORTS_A_MINUTE_MAX {
            assert!(!budget.charge(BAD, at(0)) && !budget.is_spent(at(1)));
        }
        assert!(budget.charge(BAD, at(59)), "the one that breaks the limit");
        assert!(!budget.charge(BAD, at(59)), "told once");
        assert!(budget.is_spent(at(59)) && !budget.is_spent(at(60)));
    }

    #[test]
    fn good_reports_cost_nothing() {
        let mut budget = Budget::default();
        for second in 0..100_000 {
            assert!(!budget.charge(Worth { bad: 0, good: true }, at(second)));
        }
        assert!(budget.has_been_good() && !budget.is_spent(at(0)));
    }

    #[test]
    fn addresses_are_counted_by_themselves_and_by_the_minute() {
        let senders = Senders::default();
        let [one, two] = [IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2])];
        let flood = Worth { bad: BAD_REPORTS_AN_ADDRESS_A_MINUTE_MAX + 1, good: true };
        senders.charge(one, flood, at(0));
        assert!(senders.is_spent(one, at(1)) && !senders.is_spent(two, at(1)));
        assert!(!senders.is_spent(one, at(61)));
    }

    #[test]
    fn a_clock_that_is_set_back_forgives() {
        let mut budget = Budget::default();
        budget.charge(Worth { bad: BAD_REPORTS_A_MINUTE_MAX + 1, good: false }, at(3600));
        assert!(!budget.is_spent(at(0)));
    }
}
