//! What a device has to send, one frame under way at a time, again and again until the right acknowledgement comes.
//!
//! Devices keep what could not be sent and send it later, marked as kept; both stores are bounded as a device's flash is.

use std::collections::VecDeque;

use plomb_model::Timestamp;

use crate::protocol::{AckKey, Outgoing, Report, Terminal};

/// Reports a device keeps through a gap; trackers of this kind keep some thousands.
const KEPT_MAX: usize = 5_000;
/// Frames waiting for their turn; more means that the platform has not answered for long.
const QUEUE_MAX: usize = 200;
/// A frame without acknowledgement is sent again after so many ms.
const ACKNOWLEDGED_WITHIN_MS: i64 = 10_000;
/// So many times in all, then the connection counts as broken.
const ATTEMPTS_MAX: u8 = 3;

/// What to do about a frame that nobody acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// Nothing is overdue.
    No,
    /// It was put into the bytes to send once more.
    Again,
    /// An ordinary report was dropped.
    GivenUp,
    /// It matters: the connection is no good.
    Reconnect,
}

#[derive(Debug)]
struct Flight {
    outgoing: Outgoing,
    sent_at: Timestamp,
    attempts: u8,
}

/// Frames and reports on their way out.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: VecDeque<Outgoing>,
    kept: VecDeque<Report>,
    flight: Option<Flight>,
}

impl Outbox {
    /// A frame to send when its turn comes.
    pub(crate) fn push(&mut self, outgoing: Outgoing) {
        if self.queue.len() >= QUEUE_MAX {
            self.queue.pop_front();
        }
        self.queue.push_back(outgoing);
    }

    /// A report that cannot be sent now.
    pub(crate) fn keep(&mut self, report: Report) {
        if self.kept.len() >= KEPT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(report);
    }

    /// How many reports are kept.
    pub(crate) fn kept(&self) -> usize {
        self.kept.len()
    }

    /// Appends what may be sent now to `out`; gives how many frames.
    pub(crate) fn pump(&mut self, terminal: &mut dyn Terminal, now: Timestamp, out: &mut Vec<u8>) -> u64 {
        let mut frames = 0;
        while self.flight.is_none() {
            let Some(outgoing) = self.next(terminal) else { break };
            out.extend_from_slice(&outgoing.bytes);
            frames += 1;
            if outgoing.expects.is_some() {
                self.flight = Some(Flight { outgoing, sent_at: now, attempts: 1 });
            }
        }
        frames
    }

    /// An alarm that waits, then what was kept, oldest first, then the rest.
    fn next(&mut self, terminal: &mut dyn Terminal) -> Option<Outgoing> {
        let alarm = self.queue.iter().position(|outgoing| outgoing.essential);
        if let Some(place) = alarm {
            return self.queue.remove(place);
        }
        self.next_kept(terminal).or_else(|| self.queue.pop_front())
    }

    fn next_kept(&mut self, terminal: &mut dyn Terminal) -> Option<Outgoing> {
        let count = terminal.batch_max().min(self.kept.len());
        let reports: Vec<Report> = self.kept.drain(..count).collect();
        if reports.is_empty() { None } else { Some(terminal.kept(&reports)) }
    }

    /// An acknowledgement came; whether it is the one that was waited for.
    pub(crate) fn acknowledged(&mut self, key: AckKey) -> bool {
        self.flight.take_if(|flight| flight.outgoing.expects == Some(key)).is_some()
    }

    /// Sends the frame under way again if its acknowledgement is overdue.
    pub(crate) fn overdue(&mut self, now: Timestamp, out: &mut Vec<u8>) -> Overdue {
        let Some(flight) = self.flight.as_mut() else { return Overdue::No };
        if now.since(flight.sent_at) < ACKNOWLEDGED_WITHIN_MS {
            return Overdue::No;
        }
        if flight.attempts >= ATTEMPTS_MAX {
            if flight.outgoing.essential {
                return Overdue::Reconnect;
            }
            self.flight = None;
            return Overdue::GivenUp;
        }
        flight.attempts += 1;
        flight.sent_at = now;
        out.extend_from_slice(&flight.outgoing.bytes);
        Overdue::Again
    }

    /// A new connection is ready: the frame that was under way goes first, the same bytes as before.
    pub(crate) fn reconnected(&mut self, now: Timestamp, out: &mut Vec<u8>) {
        if let Some(flight) = self.flight.as_mut() {
            flight.attempts = 1;
            flight.sent_at = now;
            out.extend_from_slice(&flight.outgoing.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(byte: u8, expects: Option<u32>, essential: bool) -> Outgoing {
        Outgoing { bytes: vec![byte], expects: expects.map(AckKey), essential }
    }

    fn terminal() -> Box<dyn Terminal> {
        let id = "imei:356307042441013".parse().unwrap();
        crate::protocol::terminal(plomb_model::Protocol::Teltonika, id, false).unwrap()
    }

    #[test]
    fn one_under_way_until_the_right_acknowledgement() {
        let (mut outbox, mut terminal) = (Outbox::default(), terminal());
        for (byte, expects, alarm) in [(3, Some(8), false), (1, None, true), (2, Some(7), true)] {
            outbox.push(outgoing(byte, expects, alarm));
        }
        let (mut out, at) = (Vec::new(), Timestamp::from_secs(0));
        assert_eq!(outbox.pump(terminal.as_mut(), at, &mut out), 2);
        assert_eq!(out, [1, 2]);
        assert!(!outbox.acknowledged(AckKey(8)));
        assert!(outbox.acknowledged(AckKey(7)));
        outbox.pump(terminal.as_mut(), at, &mut out);
        assert_eq!(out, [1, 2, 3]);
    }

    #[test]
    fn an_alarm_goes_before_what_was_kept_and_that_before_the_rest() {
        let (mut outbox, mut terminal) = (Outbox::default(), terminal());
        outbox.push(outgoing(1, None, false));
        outbox.push(outgoing(2, None, true));
        for _ in 0..15 {
            outbox.keep(crate::trigger::sealed());
        }
        let at = Timestamp::from_secs(0);
        let mut sent = Vec::new();
        for answer in [10, 5] {
            let mut out = Vec::new();
            outbox.pump(terminal.as_mut(), at, &mut out);
            assert_eq!(
                out.get(out.len() - 4 - 1),
                Some(&u8::try_from(answer).unwrap()),
                "records in the packet"
            );
            sent.push(out[0]);
            assert!(outbox.acknowledged(AckKey(answer)));
        }
        let mut out = Vec::new();
        outbox.pump(terminal.as_mut(), at, &mut out);
        sent.push(out[0]);
        assert_eq!((sent, outbox.kept()), (vec![2, 0, 1], 0));
    }

    #[test]
    fn again_then_given_up_or_reconnected() {
        let (mut outbox, mut terminal) = (Outbox::default(), terminal());
        for essential in [false, true] {
            outbox.push(outgoing(9, Some(1), essential));
            let mut out = Vec::new();
            outbox.pump(terminal.as_mut(), Timestamp::from_secs(0), &mut out);
            assert_eq!(outbox.overdue(Timestamp::from_secs(9), &mut out), Overdue::No);
            assert_eq!(outbox.overdue(Timestamp::from_secs(10), &mut out), Overdue::Again);
            assert_eq!(outbox.overdue(Timestamp::from_secs(20), &mut out), Overdue::Again);
            assert_eq!(out, [9, 9, 9]);
            let last = outbox.overdue(Timestamp::from_secs(30), &mut out);
            assert_eq!(last, if essential { Overdue::Reconnect } else { Overdue::GivenUp });
        }
        let mut out = Vec::new();
        outbox.reconnected(Timestamp::from_secs(31), &mut out);
        assert_eq!(out, [9]);
    }
}
