//! The host's side of a conversation: the platform has called a reader, sets it up and listens.
//!
//! Greeting (READER_EVENT_NOTIFICATION with a successful attempt), version, capabilities, configuration with
//! keepalives, what the reader kept meanwhile, AccessSpec, ROSpec, reports. Each request waits for the answer to the
//! one before. A conversation begins from nothing, so that a reader that comes back is set up anew.

pub mod ask;
pub(super) mod capabilities;

use std::collections::VecDeque;

use plomb_model::{Delivery, DeviceId, Issue, ReceivedAt};
use plomb_session::Decoded;

use self::ask::{Ask, Need};
use self::capabilities::Capabilities;
use super::codec::Item;
use super::element::Message;
use super::gate::Gate;
use super::{gate_events, normalise, status};

/// How long a reader may take to greet, or to answer a request, milliseconds.
pub const ANSWER_MS_MAX: i64 = 10_000;
/// A reader that has sent nothing for so many periods of its keepalive is silent.
pub const KEEPALIVES_MISSED_MAX: i64 = 3;
/// Requests without an answer of their own whose refusal can still be named.
const UNANSWERED_MAX: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The reader has not said whether it takes us.
    Greeting,
    /// It is being set up.
    SettingUp,
    /// It reads tags.
    Reading,
}

/// A request whose answer is awaited.
#[derive(Clone, Debug)]
struct Waiting {
    id: u32,
    answer: u16,
    name: &'static str,
    need: Need,
    since: ReceivedAt,
}

/// The conversation as its host knows it.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) gate: Gate,
    stage: Stage,
    version: u8,
    reader: Capabilities,
    plan: VecDeque<Ask>,
    waiting: Option<Waiting>,
    unanswered: VecDeque<(u32, &'static str)>,
    last_id: u32,
    /// Whether the ROSpec of this conversation was asked for: what is reported before was kept from an earlier one.
    specified: bool,
    heard_at: ReceivedAt,
}

impl Host {
    /// A reader has been called.
    pub(super) fn new(gate: Gate, now: ReceivedAt) -> Self {
        Self {
            gate,
            stage: Stage::Greeting,
            version: 1,
            reader: Capabilities::default(),
            plan: VecDeque::new(),
            waiting: None,
            unanswered: VecDeque::new(),
            last_id: 0,
            specified: false,
            heard_at: now,
        }
    }

    pub(super) const fn reader(&self) -> DeviceId {
        self.gate.reader
    }

    /// Takes a message of the reader that was read whole; its events and our next request go into `out`.
    pub(super) fn message(
        &mut self,
        kind: u16,
        id: u32,
        items: &[Item<'_>],
        now: ReceivedAt,
        out: &mut Decoded,
    ) {
        self.heard_at = now;
        match kind {
            61 => self.tags(items, out),
            62 => {}
            63 => self.notified(items, now, out),
            _ => self.answered(kind, id, items, now, out),
        }
    }

    fn tags(&self, items: &[Item<'_>], out: &mut Decoded) {
        normalise::too_many(items).into_iter().for_each(|issue| out.issue(issue));
        for mut event in normalise::tags(items, &ask::every_read()) {
            gate_events::at_gate(&mut event, &self.gate);
            if !self.specified {
                event.delivery = Delivery::Buffered;
            }
            out.event(event);
        }
    }

    fn notified(&mut self, items: &[Item<'_>], now: ReceivedAt, out: &mut Decoded) {
        let notice = gate_events::notice(items, &self.gate);
        notice.issues.into_iter().for_each(|issue| out.issue(issue));
        notice.event.into_iter().for_each(|event| out.event(event));
        match notice.attempt {
            Some(0) if self.stage == Stage::Greeting => {
                self.stage = Stage::SettingUp;
                if self.gate.negotiate {
                    self.plan.push_back(ask::supported_version());
                }
                self.plan.push_back(ask::capabilities());
                self.go_on(now, out);
            }
            Some(code) if self.stage == Stage::Greeting => {
                out.issue(Issue::new(0, "the reader does not take us", gate_events::attempt_name(code)));
                out.close("the reader does not take us: another host may have it");
            }
            _ => {}
        }
        if notice.closed {
            out.close("the reader closed the connection");
        }
    }

    fn answered(&mut self, kind: u16, id: u32, items: &[Item<'_>], now: ReceivedAt, out: &mut Decoded) {
        let refusal = status::refusal(items);
        let awaited = |waiting: &Waiting| match kind {
            // Some readers number their errors from 0.
            ERROR_MESSAGE => waiting.id == id || id == 0,
            _ => waiting.id == id && waiting.answer == kind,
        };
        let Some(waiting) = self.waiting.take_if(|waiting| awaited(waiting)) else {
            self.unasked(kind, id, items, refusal.map(|refusal| refusal.text), out);
            return;
        };
        gate_events::answer(kind, items, &self.gate).into_iter().for_each(|event| out.event(event));
        let refused = match (refusal, kind) {
            (Some(refusal), _) => Some(refusal.text),
            (None, ERROR_MESSAGE) => Some("an error without a status".to_owned()),
            (None, _) => None,
        };
        match refused {
            Some(why) => self.refused(&waiting, why, out),
            None => self.granted(kind, items, out),
        }
        self.go_on(now, out);
    }

    /// A message that answers no request that is awaited.
    fn unasked(&self, kind: u16, id: u32, items: &[Item<'_>], refused: Option<String>, out: &mut Decoded) {
        if kind != ERROR_MESSAGE {
            gate_events::answer(kind, items, &self.gate).into_iter().for_each(|event| out.event(event));
            return;
        }
        // The reader may not know the requests that have no answer; whatever else it objects to is told.
        if self.unanswered.iter().all(|(asked, _)| *asked != id) {
            let why = refused.unwrap_or_else(|| "an error without a status".to_owned());
            out.issue(Issue::new(0, "the reader reports an error", why));
        }
    }

    fn refused(&mut self, waiting: &Waiting, why: String, out: &mut Decoded) {
        if waiting.need != Need::May {
            out.issue(Issue::new(0, format!("the reader refuses {}", waiting.name), why));
        }
        match (waiting.need, waiting.answer) {
            (Need::Must, _) => out.close("the reader refuses what it must do"),
            (_, SUPPORTED_VERSION | PROTOCOL_VERSION) => self.version = 1,
            _ => {}
        }
    }

    fn granted(&mut self, kind: u16, items: &[Item<'_>], out: &mut Decoded) {
        let number = |name: &str| {
            items.iter().find(|item| item.depth == 0 && item.name == name).map_or(0, Item::number)
        };
        match kind {
            SUPPORTED_VERSION if number("CurrentVersion") >= 2 => self.version = 2,
            SUPPORTED_VERSION if number("SupportedVersion") >= 2 => {
                self.plan.push_front(ask::protocol_version(2));
            }
            SUPPORTED_VERSION => self.version = 1,
            PROTOCOL_VERSION => self.version = 2,
            CAPABILITIES => {
                self.reader = Capabilities::of(items);
                self.plan.extend(ask::plan(&self.gate, &self.reader));
                self.left_out(out);
            }
            _ => {}
        }
    }

    /// Says what is configured and cannot be had of this reader.
    fn left_out(&self, out: &mut Decoded) {
        let (wanted, done) = (ask::wanted(&self.gate).len(), ask::reads(&self.gate, &self.reader).len());
        if done < wanted {
            let found = format!("{} operations of {wanted}", self.reader.operations_max);
            out.issue(Issue::new(0, "the reader cannot do all reads of a tag", found));
        }
        let powered = self.gate.antennas.iter().any(|antenna| antenna.power_cdbm.is_some());
        if powered && self.reader.powers.is_empty() {
            out.issue(Issue::new(0, "the reader does not say what power it can send with", "no table"));
        }
    }

    /// Sends what is next, up to the first request whose answer is awaited.
    fn go_on(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if self.stage != Stage::SettingUp || self.waiting.is_some() || out.closing().is_some() {
            return;
        }
        while let Some(ask) = self.plan.pop_front() {
            self.last_id = self.last_id.wrapping_add(1);
            let (id, name, number) = (self.last_id, ask.body.message_name(), ask.body.number);
            let newer = matches!(number, 46 | 47);
            let version = if newer { 2 } else { self.version };
            match (Message { version, id, body: ask.body }.encode()) {
                Ok(bytes) => out.reply(&bytes),
                Err(error) => {
                    out.issue(Issue::new(0, format!("{name} cannot be written"), error));
                    out.close("the reader's configuration cannot be written");
                    return;
                }
            }
            self.specified |= number == ADD_ROSPEC;
            if let Some(answer) = answer_of(number) {
                self.waiting = Some(Waiting { id, answer, name, need: ask.need, since: now });
                return;
            }
            self.unanswered.push_back((id, name));
            if self.unanswered.len() > UNANSWERED_MAX {
                self.unanswered.pop_front();
            }
        }
        self.stage = Stage::Reading;
    }

    /// When the reader must have said something.
    pub(super) fn deadline(&self) -> ReceivedAt {
        let (since, millis) = match (&self.waiting, self.stage) {
            (Some(waiting), _) => (waiting.since, ANSWER_MS_MAX),
            (None, Stage::Greeting) => (self.heard_at, ANSWER_MS_MAX),
            (None, _) => (self.heard_at, KEEPALIVES_MISSED_MAX * i64::from(self.gate.keepalive_ms)),
        };
        ReceivedAt(since.0.plus_millis(millis))
    }

    /// The reader may have been silent too long.
    pub(super) fn tick(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if now < self.deadline() {
            return;
        }
        let silent = match (self.waiting.take(), self.stage) {
            // Readers of LLRP 1.0.1 that do not know the question may pass over it.
            (Some(waiting), _) if waiting.need == Need::May => {
                out.issue(Issue::new(0, format!("no answer to {}", waiting.name), "nothing"));
                self.go_on(now, out);
                out.report(Some(self.reader()), &[]);
                return;
            }
            (Some(waiting), _) => format!("no answer to {}", waiting.name),
            (None, Stage::Greeting) => "no READER_EVENT_NOTIFICATION".to_owned(),
            (None, _) => format!("no KEEPALIVE, asked for every {} ms", self.gate.keepalive_ms),
        };
        out.issue(Issue::new(0, "the reader is silent", silent));
        out.close("the reader is silent");
        out.report(Some(self.reader()), &[]);
    }
}

const ERROR_MESSAGE: u16 = 100;
const SUPPORTED_VERSION: u16 = 56;
const PROTOCOL_VERSION: u16 = 57;
const CAPABILITIES: u16 = 11;
const ADD_ROSPEC: u16 = 20;

/// The number of the answer to a request, if it has one.
const fn answer_of(request: u16) -> Option<u16> {
    match request {
        1..=3 | 20..=26 | 40..=44 | 46 | 47 => Some(request + 10),
        14 => Some(4),
        1023 => Some(1023),
        _ => None,
    }
}

/// CLOSE_CONNECTION, for a host that leaves.
#[must_use]
pub fn farewell() -> Vec<u8> {
    let body = super::element::Element::message("CLOSE_CONNECTION", Vec::new(), Vec::new());
    Message { version: 1, id: u32::MAX, body }.encode().unwrap_or_default()
}
