//! Log-in attempts: after some failures an account and a peer must wait, twice as long each time.
//!
//! An attempt counts as failed when it begins, so that many at once gain nothing; success takes it back. Attempts
//! made while waiting is due are refused unheard and do not lengthen the wait, so that nobody can keep another
//! person out for good.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use plomb_model::Timestamp;

/// Failures of one account that cost nothing: a person mistypes.
const ACCOUNT_FREE: u32 = 5;
/// Failures of one peer that cost nothing: an office shares an address.
const PEER_FREE: u32 = 20;
/// Longest wait for an account in seconds: somebody else's failures must not lock its owner out for long.
const ACCOUNT_WAIT_S_MAX: i64 = 60;
/// Longest wait for a peer in seconds.
const PEER_WAIT_S_MAX: i64 = 900;
/// Failures are forgotten after so many seconds without another.
const FORGET_S: i64 = 3_600;
/// Accounts and peers remembered; the one that failed longest ago makes room.
const REMEMBERED_MAX: usize = 10_000;

/// Failures by account and by peer.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    failures: HashMap<Subject, Failures>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Account(String),
    Peer(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last_at: Timestamp,
}

impl Attempts {
    /// Begins an attempt.
    ///
    /// # Errors
    /// The seconds to wait first.
    pub(super) fn begin(&mut self, name: &str, peer: IpAddr, now: Timestamp) -> Result<(), i64> {
        let subjects = subjects(name, peer);
        let wait_ms = subjects.iter().map(|subject| self.wait_ms(subject, now)).max().unwrap_or(0);
        if wait_ms > 0 {
            return Err((wait_ms + 999) / 1000);
        }
        for subject in subjects {
            self.make_room(now);
            let failures = self.failures.entry(subject).or_insert(Failures { count: 0, last_at: now });
            if now.since(failures.last_at) > FORGET_S * 1000 {
                failures.count = 0;
            }
            failures.count = failures.count.saturating_add(1);
            failures.last_at = now;
        }
        Ok(())
    }

    /// The attempt was good: the account's failures are forgiven, and the peer's attempt is taken back.
    pub(super) fn succeeded(&mut self, name: &str, peer: IpAddr) {
        let [account, peer] = subjects(name, peer);
        self.failures.remove(&account);
        if let Some(failures) = self.failures.get_mut(&peer) {
            failures.count = failures.count.saturating_sub(1);
        }
    }

    fn wait_ms(&self, subject: &Subject, now: Timestamp) -> i64 {
        let Some(failures) = self.failures.get(subject) else { return 0 };
        let (free, wait_s_max) = match subject {
            Subject::Account(_) => (ACCOUNT_FREE, ACCOUNT_WAIT_S_MAX),
            Subject::Peer(_) => (PEER_FREE, PEER_WAIT_S_MAX),
        };
        let Some(beyond) = failures.count.checked_sub(free) else { return 0 };
        let wait_s = 1_i64.checked_shl(beyond.min(20)).unwrap_or(wait_s_max).min(wait_s_max);
        failures.last_at.plus_secs(wait_s).since(now).clamp(0, wait_s * 1000)
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.failures.len() < REMEMBERED_MAX {
            return;
        }
        self.failures.retain(|_, failures| now.since(failures.last_at) <= FORGET_S * 1000);
        let oldest = self.failures.iter().min_by_key(|(_, failures)| failures.last_at);
        if let Some(oldest) = oldest.map(|(subject, _)| subject.clone())
            && self.failures.len() >= REMEMBERED_MAX
        {
            self.failures.remove(&oldest);
        }
    }
}

fn subjects(name: &str, peer: IpAddr) -> [Subject; 2] {
    [Subject::Account(name.to_lowercase()), Subject::Peer(network(peer))]
}

/// An IPv6 customer has a /64 at least, so that single addresses mean nothing.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_700_000_000 + seconds)
    }

    #[test]
    fn after_the_free_failures_an_account_waits_twice_as_long_each_time() {
        let mut attempts = Attempts::default();
        for _ in 0..ACCOUNT_FREE {
            assert_eq!(attempts.begin("officer", PEER, at(0)), Ok(()));
        }
        assert_eq!(attempts.begin("officer", PEER, at(0)), Err(1));
        assert_eq!(attempts.begin("OFFICER", PEER, at(0)), Err(1), "another spelling is the same account");
        assert_eq!(attempts.begin("officer", PEER, at(1)), Ok(()));
        assert_eq!(attempts.begin("officer", PEER, at(1)), Err(2));
        assert_eq!(attempts.begin("other", PEER, at(1)), Ok(()));
        assert_eq!(attempts.begin("officer", PEER, at(3 + FORGET_S)), Ok(()));
        assert_eq!(attempts.begin("officer", PEER, at(3 + FORGET_S)), Ok(()));
    }

    #[test]
    fn success_forgives_the_account_and_takes_back_the_attempt_of_the_peer() {
        let mut attempts = Attempts::default();
        for _ in 0..100 {
            assert_eq!(attempts.begin("officer", PEER, at(0)), Ok(()));
            attempts.succeeded("officer", PEER);
        }
    }

    #[test]
    fn a_peer_that_tries_many_names_waits() {
        let mut attempts = Attempts::default();
        for number in 0..PEER_FREE {
            assert_eq!(attempts.begin(&format!("name{number}"), PEER, at(0)), Ok(()));
        }
        assert_eq!(attempts.begin("another", PEER, at(0)), Err(1));
        let elsewhere = "10.1.2.3".parse().unwrap();
        assert_eq!(attempts.begin("another", elsewhere, at(0)), Ok(()));
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_peer() {
        let (one, two) = ("2001:db8::1".parse().unwrap(), "2001:db8::ffff:2".parse().unwrap());
        assert_eq!(network(one), network(two));
        assert_ne!(network(one), network("2001:db8:0:1::1".parse().unwrap()));
    }
}
