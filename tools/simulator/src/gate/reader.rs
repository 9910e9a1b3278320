//! A reader before which tags pass: what it answers a host, and what it reports. Does no I/O and keeps no clock.

use std::collections::VecDeque;

use super::capabilities::capabilities;
use super::specs::{AccessSpec, Begin, Operation, RoSpec, State};
use super::tags::SealTag;
use super::wire::{
    Asked, NoMessage, behind, byte, double, first, message, parameter, parameters, status, tlv, tv,
};

/// Tags that are kept while no host listens; the oldest give way and the host is told.
const HELD_MAX: usize = 1000;
/// Antennas of the reader.
pub(super) const ANTENNAS: u16 = 4;
/// How often a tag before an antenna is read, milliseconds.
pub(super) const READ_EVERY_MS: u64 = 100;

/// How a host's connection attempt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Attempt {
    Taken = 0,
    OtherHost = 2,
    OtherTries = 4,
}

/// One reader.
#[derive(Debug)]
pub struct Reader {
    tags: Vec<SealTag>,
    rng: fastrand::Rng,
    /// Milliseconds since 1970 when it was switched on.
    begun_ms: u64,
    now_ms: u64,
    version: u8,
    knows_1_1: bool,
    connected: bool,
    holding: bool,
    hold_on_reconnect: bool,
    keepalive_ms: u64,
    keepalive_due_ms: u64,
    read_due_ms: u64,
    ro_specs: Vec<RoSpec>,
    access_specs: Vec<AccessSpec>,
    seen: Vec<Seen>,
    held: VecDeque<Vec<u8>>,
    overflowed: bool,
    received: Vec<u8>,
    last_id: u32,
}

/// A tag before an antenna in the run at hand.
#[derive(Debug)]
struct Seen {
    ro_spec: u32,
    tag: usize,
    antenna: u16,
    first_ms: u64,
    last_ms: u64,
    count: u16,
    rssi: i8,
    results: Vec<u8>,
}

impl Reader {
    /// Switched on at `now_ms` (since 1970), before these tags.
    #[must_use]
    pub fn new(seed: u64, tags: Vec<SealTag>, knows_1_1: bool, now_ms: u64) -> Self {
        Self {
            tags,
            rng: fastrand::Rng::with_seed(seed),
            begun_ms: now_ms,
            now_ms,
            version: 1,
            knows_1_1,
            connected: false,
            holding: false,
            hold_on_reconnect: false,
            keepalive_ms: 0,
            keepalive_due_ms: 0,
            read_due_ms: now_ms,
            ro_specs: Vec::new(),
            access_specs: Vec::new(),
            seen: Vec::new(),
            held: VecDeque::new(),
            overflowed: false,
            received: Vec::new(),
            last_id: 0,
        }
    }

    /// A host has connected; what it is told.
    pub(super) fn connect(&mut self) -> Vec<u8> {
        (self.connected, self.version) = (true, 1);
        self.holding = self.hold_on_reconnect;
        self.received.clear();
        self.keepalive_due_ms = self.now_ms + self.keepalive_ms;
        self.attempt(Attempt::Taken)
    }

    /// The host has gone. Inventories go on.
    pub(super) const fn disconnect(&mut self) {
        self.connected = false;
    }

    /// What a host that tries to connect is told, or the one that is there of another.
    pub(super) fn attempt(&self, attempt: Attempt) -> Vec<u8> {
        self.notification(&tlv(256, &(attempt as u16).to_be_bytes()))
    }

    fn notification(&self, event: &[u8]) -> Vec<u8> {
        let time = tlv(128, &(self.now_ms * 1000).to_be_bytes());
        message(self.version, 63, 0, &tlv(246, &[time.as_slice(), event].concat()))
    }

    /// Takes bytes of the host; what goes back. An error is a host that speaks no LLRP, or one that says goodbye.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> (Vec<u8>, Result<(), NoMessage>) {
        self.received.extend_from_slice(bytes);
        let (mut out, received) = (Vec::new(), std::mem::take(&mut self.received));
        let mut rest = received.as_slice();
        loop {
            match first(rest) {
                Ok(Some((asked, after))) => {
                    rest = after;
                    self.answer(&asked, &mut out);
                    if asked.kind == 14 {
                        return (out, Err(NoMessage));
                    }
                }
                Ok(None) => break,
                Err(error) => return (out, Err(error)),
            }
        }
        self.received = rest.to_vec();
        (out, Ok(()))
    }

    /// Answers one message.
    fn answer(&mut self, asked: &Asked<'_>, out: &mut Vec<u8>) {
        let done = status(0, "");
        let body = match asked.kind {
            46 if self.knows_1_1 => [&[self.version, 2][..], &done].concat(),
            47 if self.knows_1_1 && (1..=2).contains(&byte(asked.body, 0)) => {
                self.version = byte(asked.body, 0);
                done
            }
            _ if asked.version > if self.knows_1_1 { 2 } else { 1 } => return self.refuse(asked, 110, out),
            1 => [done, capabilities()].concat(),
            2 => [done, self.configuration()].concat(),
            3 => self.configure(behind(asked.body, 1)),
            4 | 72 => return,
            14 => done,
            20 => self.add_ro_spec(asked.body),
            21 => self.delete_ro_specs(double(asked.body, 0)),
            22..=25 => self.drive(asked.kind, double(asked.body, 0)),
            26 => {
                let specs = self.ro_specs.iter().map(RoSpec::shown).map(|spec| tlv(177, &spec));
                [done].into_iter().chain(specs).collect::<Vec<_>>().concat()
            }
            40 => self.add_access_spec(asked.body),
            41..=43 => self.access(asked.kind, double(asked.body, 0)),
            44 => {
                let specs = self.access_specs.iter().map(AccessSpec::shown).map(|spec| tlv(207, &spec));
                [done].into_iter().chain(specs).collect::<Vec<_>>().concat()
            }
            60 | 64 => {
                self.holding = false;
                return self.hand_over(out);
            }
            _ => return self.refuse(asked, 109, out),
        };
        let kind = if asked.kind == 14 { 4 } else { asked.kind + 10 };
        let version = if matches!(asked.kind, 46 | 47) { asked.version } else { self.version };
        out.extend(message(version, kind, asked.id, &body));
    }

    fn refuse(&self, asked: &Asked<'_>, code: u16, out: &mut Vec<u8>) {
        out.extend(message(self.version, 100, asked.id, &status(code, "not known here")));
    }

    /// Identification, antennas, inputs and keepalive, for GET_READER_CONFIG.
    fn configuration(&self) -> Vec<u8> {
        let mut parts = vec![tlv(218, &[0, 0, 8, 0x02, 0, 0, 0xFF, 0xFE, 0, 0, 1])];
        parts.extend((1..=ANTENNAS).map(|antenna| {
            let connected = if antenna <= 2 { 0x80 } else { 0 };
            tlv(221, &[&[connected][..], &antenna.to_be_bytes(), &600_i16.to_be_bytes()].concat())
        }));
        let period = u32::try_from(self.keepalive_ms).unwrap_or(u32::MAX);
        parts.push(tlv(220, &[&[u8::from(period > 0)][..], &period.to_be_bytes()].concat()));
        parts.extend((1..=4_u16).map(|port| tlv(225, &[&port.to_be_bytes()[..], &[0x80, 0]].concat())));
        parts.concat()
    }

    fn configure(&mut self, parts: &[u8]) -> Vec<u8> {
        for (kind, body) in parameters(parts) {
            match kind {
                220 => {
                    self.keepalive_ms = if byte(body, 0) == 1 { double(body, 1).into() } else { 0 };
                    self.keepalive_due_ms = self.now_ms + self.keepalive_ms;
                }
                226 => self.hold_on_reconnect = byte(body, 0) & 0x80 != 0,
                _ => {}
            }
        }
        status(0, "")
    }

    fn add_ro_spec(&mut self, body: &[u8]) -> Vec<u8> {
        let Some(spec) = parameter(body, 177).and_then(RoSpec::read) else {
            return status(103, "a part of the ROSpec is missing");
        };
        if spec.id == 0 || self.ro_specs.iter().any(|other| other.id == spec.id) {
            return status(101, "the ROSpec's number is not free");
        }
        if spec.antennas.iter().any(|antenna| *antenna > ANTENNAS) {
            return status(301, "there is no such antenna");
        }
        self.ro_specs.push(spec);
        status(0, "")
    }

    fn delete_ro_specs(&mut self, id: u32) -> Vec<u8> {
        let before = self.ro_specs.len();
        self.ro_specs.retain(|spec| id != 0 && spec.id != id);
        self.seen.retain(|seen| id != 0 && seen.ro_spec != id);
        if id != 0 && self.ro_specs.len() == before { status(101, "no such ROSpec") } else { status(0, "") }
    }

    /// START, STOP, ENABLE and DISABLE_ROSPEC.
    fn drive(&mut self, kind: u16, id: u32) -> Vec<u8> {
        let now_ms = self.now_ms;
        let mut found = false;
        for spec in self.ro_specs.iter_mut().filter(|spec| id == 0 && kind > 23 || spec.id == id) {
            found = true;
            spec.state = match (kind, spec.state) {
                (22, State::Disabled) => return status(300, "the ROSpec is not enabled"),
                (22, State::Inactive) => State::Active(now_ms),
                (23, State::Active(_)) | (24, State::Disabled)
                    if kind == 23 || spec.begin != Begin::Enabled =>
                {
                    spec.due_ms = now_ms;
                    State::Inactive
                }
                (24, State::Disabled) => State::Active(now_ms),
                (25, _) => State::Disabled,
                (_, state) => state,
            };
        }
        if found { status(0, "") } else { status(101, "no such ROSpec") }
    }

    fn add_access_spec(&mut self, body: &[u8]) -> Vec<u8> {
        let Some(spec) = parameter(body, 207).and_then(AccessSpec::read) else {
            return status(103, "a part of the AccessSpec is missing");
        };
        if spec.id == 0 || self.access_specs.iter().any(|other| other.id == spec.id) {
            return status(101, "the AccessSpec's number is not free");
        }
        self.access_specs.push(spec);
        status(0, "")
    }

    /// DELETE, ENABLE and DISABLE_ACCESSSPEC.
    fn access(&mut self, kind: u16, id: u32) -> Vec<u8> {
        if id != 0 && self.access_specs.iter().all(|spec| spec.id != id) {
            return status(101, "no such AccessSpec");
        }
        if kind == 41 {
            self.access_specs.retain(|spec| id != 0 && spec.id != id);
        }
        for spec in self.access_specs.iter_mut().filter(|spec| id == 0 || spec.id == id) {
            spec.enabled = kind == 42;
        }
        status(0, "")
    }

    /// Time passes: tags are read, runs end, keepalives are due; what the host is sent.
    pub(super) fn tick(&mut self, now_ms: u64) -> Vec<u8> {
        self.now_ms = now_ms;
        let mut out = Vec::new();
        while self.read_due_ms <= now_ms {
            self.read(self.read_due_ms, &mut out);
            self.read_due_ms += READ_EVERY_MS;
        }
        if self.connected && self.keepalive_ms > 0 && now_ms >= self.keepalive_due_ms {
            self.last_id = self.last_id.wrapping_add(1);
            out.extend(message(self.version, 62, self.last_id, &[]));
            self.keepalive_due_ms = now_ms + self.keepalive_ms;
        }
        out
    }

    /// One round of reading at `at_ms`.
    fn read(&mut self, at_ms: u64, out: &mut Vec<u8>) {
        let mut specs = std::mem::take(&mut self.ro_specs);
        for spec in &mut specs {
            if let (State::Inactive, Begin::Every(period_ms)) = (spec.state, spec.begin)
                && at_ms >= spec.due_ms
            {
                spec.state = State::Active(at_ms);
                spec.due_ms = at_ms + period_ms;
            }
            let State::Active(since_ms) = spec.state else { continue };
            let over = spec.lasts_ms.is_some_and(|lasts| at_ms >= since_ms + lasts);
            if !over {
                self.observe(spec, at_ms);
            }
            let waiting = self.seen.iter().filter(|seen| seen.ro_spec == spec.id).count();
            if over || (spec.tags_per_report > 0 && waiting >= spec.tags_per_report.into()) {
                self.report(spec, out);
            }
            if over {
                spec.state = State::Inactive;
            }
        }
        self.ro_specs = specs;
    }

    /// Reads every tag that is before an antenna of the inventory.
    fn observe(&mut self, spec: &RoSpec, at_ms: u64) {
        let elapsed_ms = at_ms - self.begun_ms;
        for tag in 0..self.tags.len() {
            let antenna = self.tags.get(tag).and_then(|tag| tag.antenna(elapsed_ms));
            let Some(antenna) = antenna.filter(|of| spec.antennas.is_empty() || spec.antennas.contains(of))
            else {
                continue;
            };
            let rssi = -45 - self.rng.i8(0..20);
            let same = |seen: &&mut Seen| (seen.ro_spec, seen.tag, seen.antenna) == (spec.id, tag, antenna);
            if let Some(seen) = self.seen.iter_mut().find(same) {
                (seen.last_ms, seen.count, seen.rssi) = (at_ms, seen.count + 1, seen.rssi.max(rssi));
                continue;
            }
            let results = self.access_tag(spec.id, tag, antenna, elapsed_ms);
            let (first_ms, last_ms) = (at_ms, at_ms);
            self.seen.push(Seen {
                ro_spec: spec.id,
                tag,
                antenna,
                first_ms,
                last_ms,
                count: 1,
                rssi,
                results,
            });
        }
    }

    /// Does what the first AccessSpec that means the tag says; the results.
    fn access_tag(&mut self, ro_spec: u32, tag: usize, antenna: u16, elapsed_ms: u64) -> Vec<u8> {
        let Some(tag) = self.tags.get(tag) else { return Vec::new() };
        let meant = |spec: &&mut AccessSpec| {
            spec.enabled
                && [0, antenna].contains(&spec.antenna)
                && [0, ro_spec].contains(&spec.ro_spec)
                && spec.matches(|bank| tag.memory(bank, 0, elapsed_ms))
        };
        let Some(spec) = self.access_specs.iter_mut().find(meant) else { return Vec::new() };
        let mut results = Vec::new();
        for operation in &spec.operations {
            let (result, bytes) = operate(tag, *operation, elapsed_ms, self.version);
            results.extend(bytes);
            if result != 0 {
                break;
            }
        }
        if let Some(left) = &mut spec.left {
            *left = left.saturating_sub(1);
        }
        self.access_specs.retain(|spec| spec.left != Some(0));
        results
    }

    /// Reports what was seen of an inventory, now or when a host listens again.
    fn report(&mut self, spec: &RoSpec, out: &mut Vec<u8>) {
        let (done, waiting): (Vec<Seen>, Vec<Seen>) =
            std::mem::take(&mut self.seen).into_iter().partition(|seen| seen.ro_spec == spec.id);
        self.seen = waiting;
        for seen in &done {
            let Some(tag) = self.tags.get(seen.tag) else { continue };
            self.held.push_back(tlv(240, &seen.report(tag, spec)));
        }
        while self.held.len() > HELD_MAX {
            self.held.pop_front();
            self.overflowed = true;
        }
        if self.connected && !self.holding {
            self.hand_over(out);
        }
    }

    fn hand_over(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.overflowed) {
            out.extend(self.notification(&tlv(251, &[])));
        }
        // One message holds a few hundred tags at most, so that no host is surprised.
        while !self.held.is_empty() {
            let some = self.held.len().min(200);
            let tags: Vec<Vec<u8>> = self.held.drain(..some).collect();
            self.last_id = self.last_id.wrapping_add(1);
            out.extend(message(self.version, 61, self.last_id, &tags.concat()));
        }
    }
}

impl RoSpec {
    /// As the host is shown it: with its present state.
    fn shown(&self) -> Vec<u8> {
        let state = match self.state {
            State::Disabled => 0,
            State::Inactive => 1,
            State::Active(_) => 2,
        };
        let mut wire = self.wire.clone();
        wire.iter_mut().skip(5).take(1).for_each(|byte| *byte = state);
        wire
    }
}

impl AccessSpec {
    fn shown(&self) -> Vec<u8> {
        let mut wire = self.wire.clone();
        wire.iter_mut().skip(7).take(1).for_each(|byte| *byte = u8::from(self.enabled) << 7);
        wire
    }
}

impl Seen {
    /// TagReportData with the fields that are asked for.
    fn report(&self, tag: &SealTag, spec: &RoSpec) -> Vec<u8> {
        let wanted = |bit: u32| spec.content >> bit & 1 != 0;
        let mut parts = vec![tv(13, &tag.epc)];
        let mut add = |bit: u32, part: Vec<u8>| {
            if wanted(bit) {
                parts.push(part);
            }
        };
        add(15, tv(9, &spec.id.to_be_bytes()));
        add(12, tv(1, &self.antenna.to_be_bytes()));
        add(10, tv(6, &self.rssi.to_be_bytes()));
        add(11, tv(7, &1_u16.to_be_bytes()));
        add(9, tv(2, &(self.first_ms * 1000).to_be_bytes()));
        add(8, tv(4, &(self.last_ms * 1000).to_be_bytes()));
        add(7, tv(8, &self.count.to_be_bytes()));
        parts.push(self.results.clone());
        parts.concat()
    }
}

/// One operation on a tag: its result and the parameter that tells it.
fn operate(tag: &SealTag, operation: Operation, elapsed_ms: u64, version: u8) -> (u8, Vec<u8>) {
    let id = operation.id.to_be_bytes();
    if operation.kind != 341 {
        // This reader writes nothing: a non-specific reader error.
        let kind = match operation.kind {
            342 => 350,
            343 => 351,
            344 => 352,
            346 => 353,
            _ => 354,
        };
        let written: &[u8] = if matches!(kind, 350 | 354) { &[0, 0] } else { &[] };
        return (3, tlv(kind, &[&[3][..], &id, written].concat()));
    }
    let mut words = tag.memory(operation.bank, operation.from.into(), elapsed_ms);
    let enough = !words.is_empty() && words.len() >= operation.words.into();
    if operation.words > 0 {
        words.truncate(operation.words.into());
    }
    // Beyond the memory: LLRP 1.1 has a word for it, 1.0.1 only the general one.
    let result = match (enough, version) {
        (true, _) => 0,
        (false, 1) => 1,
        (false, _) => 4,
    };
    let words = if enough { words } else { Vec::new() };
    let count = u16::try_from(words.len()).unwrap_or_default();
    let data: Vec<u8> = words.into_iter().flat_map(u16::to_be_bytes).collect();
    (result, tlv(349, &[&[result][..], &id, &count.to_be_bytes(), &data].concat()))
}
