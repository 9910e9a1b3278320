//! Tells one story: its lines are what devices and people do, and what must follow.

use std::collections::{BTreeMap, BTreeSet};

use plomb_devices::Decoded;
use plomb_evidence::{Action, Operated};
use plomb_flow::{Flow, Input, Outcome};
use plomb_model::{
    Alarm, AlarmChange, AlarmId, CardNumber, CaseId, ConnectionId, Delivery, DeviceId, Event, EventKind, Fix,
    Identity, LatitudeE7, LongitudeE7, MovementId, OccurredAt, Percent, Position, Protocol, Reading,
    ReceivedAt, SealEvidence, SealPart, Signal, Standing, Timestamp, UnlockMethod, UnlockReport,
    UnlockVerdict,
};
use plomb_movements::{Act, Form, GuaranteeState};
use plomb_rules::RuleSettings;

use crate::World;

/// Where the road of the stories goes through: south of it is negative.
const ROAD: (f64, f64) = (-1.2921, 36.8219);
const DEGREE_KM: f64 = 111.195;
const UNIT: &str = "CSQU3054383";

/// What the stories have shown so far.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) raised: BTreeSet<String>,
    pub(super) steps: BTreeSet<String>,
    pub(super) states: BTreeSet<String>,
    /// `state step` of each step that was taken.
    pub(super) ways: BTreeSet<String>,
}

struct Teller<'a> {
    world: World,
    begun: Timestamp,
    /// Raised and cleared alarms that the story has not told yet.
    untold: Vec<(AlarmChange, Alarm)>,
    names: BTreeMap<String, DeviceId>,
    movements: BTreeMap<String, MovementId>,
    seen: &'a mut Seen,
}

/// Tells a story; an error is the line that is not so.
pub(super) fn tell(lines: &str, seen: &mut Seen) -> Result<(), String> {
    let world = World::new();
    let begun = world.now;
    let mut teller =
        Teller { world, begun, untold: Vec::new(), names: BTreeMap::new(), movements: BTreeMap::new(), seen };
    for (number, line) in (1..).zip(lines.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if !line.is_empty() {
            teller.line(line).map_err(|fault| format!("line {number}: {line}: {fault}"))?;
        }
    }
    let raised: Vec<String> = teller
        .untold
        .iter()
        .filter(|(change, _)| *change == AlarmChange::Raised)
        .map(|change| teller.word(change))
        .collect();
    if !raised.is_empty() {
        return Err(format!("untold at the end: {}", raised.join(", ")));
    }
    let (again, replayed) = teller.world.replayed(Flow::new(RuleSettings::default()), 0);
    if replayed.mismatches_total > 0 || again.snapshot() != teller.world.flow.snapshot() {
        return Err(format!("a replay comes out otherwise: {:?}", replayed.mismatches));
    }
    Ok(())
}

fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

/// `90s`, `20m`, `3h` or `2d`, and sums such as `1h30m`, in seconds.
fn seconds(text: &str) -> Result<i64, String> {
    let (mut total, mut digits) = (0, String::new());
    for c in text.chars() {
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => {
                digits.push(c);
                continue;
            }
        };
        total += digits.parse::<i64>().map_err(|_| format!("{text:?} is no time"))? * unit;
        digits.clear();
    }
    if digits.is_empty() { Ok(total) } else { Err(format!("{text:?} has no unit at its end")) }
}

/// The fields of a step, and the words after `-> `, which say that it must be refused.
fn parted<'w, 'a>(words: &'w [&'a str]) -> (&'w [&'a str], Option<String>) {
    let at = words.iter().position(|word| *word == "->");
    at.map_or((words, None), |at| (&words[..at], Some(words[at + 1..].join(" "))))
}

/// Whether a step is to be taken: it is allowed and was not to be refused. A step that is refused as it must be is not.
fn is_taken<T, E: std::fmt::Display>(allowed: Result<T, E>, refused: Option<String>) -> Result<bool, String> {
    match (allowed, refused) {
        (Ok(_), None) => Ok(true),
        (Ok(_), Some(_)) => Err("it is not refused".to_owned()),
        (Err(refusal), None) => Err(format!("it is refused: {refusal}")),
        (Err(refusal), Some(words)) => {
            let said = refusal.to_string();
            let words = words.strip_prefix("refused: ").ok_or("-> refused: WORDS")?;
            if said.contains(words) { Ok(false) } else { Err(format!("it is refused with: {said}")) }
        }
    }
}

impl Teller<'_> {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(told) = line.strip_prefix('>') {
            return self.follows(told.trim());
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match &words[..] {
            ["wait", time] => self.wait(seconds(time)?),
            ["draw", what] => return self.draw(what),
            ["acknowledge", kind, name] => return self.acknowledge(kind, name),
            ["gate", name, "stands", at] => {
                let place = Some(self.position(at)?);
                let gate = self.gate(name);
                self.act("operator", Action::PlaceGate { gate, place });
            }
            [name, "is", standing] => {
                let standing = Standing::from_name(standing).ok_or("no such standing")?;
                let device = self.device(name);
                self.act("operator", Action::SetStanding { device, standing, reason: "story".into() });
            }
            [name, "is", "expected", gate, "within", time] => {
                let (device, gate) = (self.device(name), self.gate(gate));
                let by = self.world.now.plus_secs(seconds(time)?);
                self.act("operator", Action::Expect { device, gate, by });
            }
            [name, "is", "under", "way", "with", lock, rest @ ..] => return self.under_way(name, lock, rest),
            ["case", case, step, rest @ ..] => return self.case(case, step, rest),
            [name, "keeps", "saying", rest @ .., "every", every, "for", long] => {
                let says = format!("{name} says {}", rest.join(" "));
                for _ in 0..seconds(long)? / seconds(every)? {
                    self.line(&says)?;
                    self.wait(seconds(every)?);
                }
            }
            [name, "says", rest @ ..] => {
                let event = self.event(rest)?;
                let device = self.device(name);
                self.hear(device, Protocol::Jointech, &event);
            }
            [gate, "reads", name, rest @ ..] => {
                let mut event = self.event(rest)?;
                event.kind = EventKind::Status;
                event.occurred_at = Some(OccurredAt(self.world.now));
                event.peripheral = Some(self.device(name));
                let gate = self.gate(gate);
                self.hear(gate, Protocol::Llrp, &event);
            }
            [who @ ("operator" | "leader"), movement, step, rest @ ..] => {
                return self.step(who, movement, step, rest);
            }
            _ => return Err("a story does not know this".to_owned()),
        }
        Ok(())
    }

    fn take(&mut self, input: &Input<'_>) {
        let mut outcome = Outcome::default();
        self.world.flow.handle(input, &mut self.world.journal, &mut outcome);
        for (_, (change, alarm)) in outcome.changes {
            if change == AlarmChange::Raised {
                self.seen.raised.insert(alarm.kind.name().to_owned());
            }
            if matches!(change, AlarmChange::Raised | AlarmChange::Cleared) {
                self.untold.push((change, alarm));
            }
        }
    }

    fn wait(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.world.now = self.world.now.plus_secs(1);
            self.take(&Input::Clock(ReceivedAt(self.world.now)));
        }
        for movement in self.world.flow.state().movements.iter() {
            self.seen.states.insert(movement.state.name().to_owned());
        }
    }

    fn act(&mut self, by: &str, action: Action) {
        let operated = Operated { at: ReceivedAt(self.world.now), by: by.into(), action };
        self.take(&Input::Operated(&operated));
    }

    /// A device by the name that the story gives it; tags are those that begin so.
    fn device(&mut self, name: &str) -> DeviceId {
        let number = self.names.len();
        let id = if name.starts_with("tag") {
            format!("epc:3034257BF4{number:02}")
        } else {
            format!("jointech:80000000{number:02}")
        };
        *self.names.entry(name.to_owned()).or_insert_with(|| id.parse().unwrap())
    }

    fn gate(&mut self, name: &str) -> DeviceId {
        *self.names.entry(name.to_owned()).or_insert_with(|| format!("reader:{name}").parse().unwrap())
    }

    fn hear(&mut self, device: DeviceId, protocol: Protocol, event: &Event) {
        let mut decoded = Decoded::default();
        decoded.event(event.clone());
        decoded.report(Some(device), b"frame");
        let at = ReceivedAt(self.world.now);
        self.take(&Input::Received { connection: ConnectionId(7), protocol, at, decoded: &decoded });
    }

    /// `road`, `road+1.2` (kilometres north of it), `road>3` (east along it), or `lat,lon`.
    fn position(&self, at: &str) -> Result<Position, String> {
        let (latitude, longitude) = if let Some(east) = at.strip_prefix("road>") {
            (ROAD.0, ROAD.1 + number(east)? / DEGREE_KM)
        } else if let Some(north) = at.strip_prefix("road") {
            let north = if north.is_empty() { 0.0 } else { number(north)? };
            (ROAD.0 + north / DEGREE_KM, ROAD.1)
        } else {
            let (latitude, longitude) =
                at.split_once(',').ok_or("a place is road, road+1.2, road>3 or lat,lon")?;
            (number(latitude)?, number(longitude)?)
        };
        let e7 = |degrees: f64| format!("{:.0}", degrees * 1e7).parse::<i64>().unwrap();
        Ok(Position::new(
            LatitudeE7::new(e7(latitude)).map_err(|_| "latitude")?,
            LongitudeE7::new(e7(longitude)).map_err(|_| "longitude")?,
            Fix::Gnss,
        ))
    }

    /// A report: `whole at=road battery=80 rope_intact=no !shock unlock=card card=7 age=20m buffered`.
    fn event(&self, words: &[&str]) -> Result<Event, String> {
        let mut event = Event::new(EventKind::Position);
        let (mut age_s, mut unlock, mut card) = (0, None, None);
        for word in words {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let part = SealPart::ALL.into_iter().find(|part| part.name() == name);
            match (name, value) {
                ("whole", "") => {
                    for part in [SealPart::RopeInserted, SealPart::RopeIntact, SealPart::MotorLocked] {
                        event.seal = event.seal.with(part, true);
                    }
                }
                ("buffered", "") => event.delivery = Delivery::Buffered,
                ("at", at) => event.position = Some(self.position(at)?),
                ("age", age) => age_s = seconds(age)?,
                ("ahead", by) => age_s = -seconds(by)?,
                ("battery", percent) => {
                    let percent =
                        Percent::new(percent.parse().map_err(|_| "battery")?).map_err(|_| "battery")?;
                    event.readings.push(Reading::Battery(percent));
                }
                ("card", card_number) => card = Some(CardNumber(card_number.into())),
                ("unlock" | "refused", way) => {
                    let method = match way {
                        "card" => UnlockMethod::Card,
                        "remote" => UnlockMethod::Remote,
                        "bluetooth" => UnlockMethod::Bluetooth,
                        "code" => UnlockMethod::DynamicPassword,
                        "sms" => UnlockMethod::Sms,
                        _ => return Err(format!("no way {way:?} to unlock")),
                    };
                    let right = name == "unlock";
                    let verdict = if right { UnlockVerdict::Allowed } else { UnlockVerdict::Refused };
                    unlock = Some((method, verdict));
                }
                ("proof", counter) => {
                    event.trust.identity = Identity::Mac;
                    event.trust.seal = SealEvidence::ValidIntact;
                    event.readings.push(Reading::Counter(counter.parse().map_err(|_| "proof")?));
                }
                ("forged", "") => event.trust.seal = SealEvidence::Invalid,
                ("chip", chip) => event.readings.push(Reading::Alias(format!("tag:{chip}").parse().unwrap())),
                (signal, "") if signal.starts_with('!') => {
                    let name = signal.trim_start_matches('!');
                    let signal = Signal::ALL.into_iter().find(|signal| signal.name() == name);
                    event.signals = event.signals.with(signal.ok_or_else(|| format!("no signal {name}"))?);
                }
                (_, "yes" | "no") if part.is_some() => {
                    event.seal = event.seal.with(part.ok_or("part")?, value == "yes");
                }
                _ => return Err(format!("a report has no {word:?}")),
            }
        }
        if let Some((method, verdict)) = unlock {
            let (password_right, wrong_passwords, fence) = (None, None, None);
            event.readings.push(Reading::Unlock(UnlockReport {
                method,
                verdict,
                password_right,
                wrong_passwords,
                card,
                fence,
            }));
        }
        event.occurred_at = Some(OccurredAt(self.world.now.plus_secs(-age_s)));
        Ok(event)
    }

    /// What stories draw: the road with its width of two kilometres, the post at its east end, a rest area, a zone, a gap.
    fn draw(&mut self, what: &str) -> Result<(), String> {
        let (gone, what) = what.strip_prefix("no-").map_or((false, what), |what| (true, what));
        let (kind, geometry) = match what {
            "road" => ("route", r#"{"type":"LineString","coordinates":[[36.5,-1.2921],[37.0,-1.2921]]}"#),
            "post" => ("office", r#"{"type":"Point","coordinates":[37.0,-1.2921]}"#),
            "rest" => ("stop", r#"{"type":"Point","coordinates":[36.9,-1.2921]}"#),
            "zone" => ("restricted", r#"{"type":"Point","coordinates":[36.8219,-1.3821]}"#),
            "gap" => ("gap", r#"{"type":"Point","coordinates":[36.7,-1.2921]}"#),
            _ => return Err("stories draw road, post, rest, zone and gap".to_owned()),
        };
        let feature = format!(
            r#"{{"type":"Feature","id":"{what}","properties":{{"kind":"{kind}","radius_m":2000,"width_m":2000}},"geometry":{geometry}}}"#
        );
        let feature = if gone { "".into() } else { feature.into() };
        self.act("operator", Action::Draw { place: what.into(), feature });
        Ok(())
    }

    fn acknowledge(&mut self, kind: &str, name: &str) -> Result<(), String> {
        let device = self.device(name);
        let alarms = &self.world.flow.state().alarms;
        let found = alarms.iter().rev().find(|alarm| alarm.kind.name() == kind && alarm.device == device);
        let alarm: AlarmId = found.ok_or("there is no such alarm")?.id;
        let (reason, note) = ("called-driver".into(), "".into());
        self.act("operator", Action::Acknowledge { alarm, reason, note });
        Ok(())
    }

    fn fields(&mut self, words: &[&str]) -> Result<Vec<(String, String)>, String> {
        let mut fields = Vec::new();
        for word in words {
            let (name, value) = word.split_once('=').ok_or_else(|| format!("{word:?} is no field=value"))?;
            let value = match (name, value.strip_prefix('+')) {
                // A time from now.
                (_, Some(after)) => self.world.now.plus_secs(seconds(after)?).to_string(),
                ("device" | "seal" | "old" | "new", _) if self.names.contains_key(value) => {
                    self.device(value).to_string()
                }
                _ => value.replace('_', " "),
            };
            fields.push((name.to_owned(), value));
        }
        Ok(fields)
    }

    /// A step of a movement; after `-> refused` the words that the refusal must have.
    fn step(&mut self, who: &str, name: &str, step: &str, words: &[&str]) -> Result<(), String> {
        let (words, refused) = parted(words);
        let known = self.movements.get(name).copied();
        let id = known.unwrap_or_else(|| self.world.flow.state().movements.next_id());
        let mut fields = self.fields(words)?;
        if matches!(step, "declare" | "amend") {
            for (field, value) in [
                ("lrn", name),
                ("policy", "zw"),
                ("holder.name", "Holder"),
                ("carrier.name", "Carrier"),
                ("departure", "ZWFBM"),
                ("destination", "ZWCHI"),
                ("goods.1.hs", "1701"),
                ("unit.1.number", UNIT),
                ("guarantee", "G-1"),
                ("guaranteed", "100 USD"),
            ] {
                if !fields.iter().any(|(known, _)| known == field) {
                    fields.push((field.to_owned(), value.to_owned()));
                }
            }
            if !fields.iter().any(|(known, _)| known == "limit") {
                fields.push(("limit".to_owned(), self.world.now.plus_secs(2 * 86_400).to_string()));
            }
        }
        if step == "arm" && !fields.iter().any(|(known, _)| known == "unit") {
            fields.push(("unit".to_owned(), UNIT.to_owned()));
        }
        let form = Form::of(fields.iter().map(|(name, value)| (&**name, &**value)));
        let act = Act { movement: id, step, form: &form, by: who };
        let allowed = self.world.flow.state().check_step(ReceivedAt(self.world.now), act);
        if !is_taken(allowed, refused)? {
            return Ok(());
        }
        if let Some(before) = self.world.flow.state().movements.get(id) {
            self.seen.ways.insert(format!("{} {step}", before.state.name()));
        }
        self.seen.steps.insert(step.to_owned());
        let fields = form.fields().into();
        self.act(who, Action::Step { movement: id, step: step.into(), fields });
        self.movements.insert(name.to_owned(), id);
        let state = self.world.flow.state().movements.get(id).map(|movement| movement.state.name());
        self.seen.states.extend(state.map(str::to_owned));
        Ok(())
    }

    /// A movement from its declaration to its departure, with a device that has just said that it is whole.
    fn under_way(&mut self, name: &str, lock: &str, words: &[&str]) -> Result<(), String> {
        self.line(&format!("{lock} says whole at=road battery=80"))?;
        self.wait(60);
        self.step("operator", name, "declare", words)?;
        self.step("operator", name, "submit", &[])?;
        self.step("operator", name, "accept", &["mrn=26ZW1"])?;
        self.step("operator", name, "book", &["class=active"])?;
        self.step("operator", name, "arm", &[&format!("device={lock}")])?;
        self.step("operator", name, "depart", &[])
    }

    fn case(&mut self, case: &str, step: &str, words: &[&str]) -> Result<(), String> {
        let case = CaseId(case.parse().map_err(|_| "a case has a number")?);
        let (words, refused) = parted(words);
        let fields = self.fields(words)?;
        let form = Form::of(fields.iter().map(|(name, value)| (&**name, &**value)));
        let state = self.world.flow.state();
        let allowed = state.check_case(ReceivedAt(self.world.now), "operator", case, step, &form);
        if !is_taken(allowed, refused)? {
            return Ok(());
        }
        self.act("operator", Action::Case { case, step: step.into(), fields: form.fields().into() });
        Ok(())
    }

    fn word(&self, (change, alarm): &(AlarmChange, Alarm)) -> String {
        let name = self.names.iter().find(|(_, device)| **device == alarm.device);
        let name = name.map_or_else(|| alarm.device.to_string(), |(name, _)| name.clone());
        format!("{} {} {name} ({})", change.name(), alarm.kind.name(), alarm.detail)
    }

    /// What must have followed.
    fn follows(&mut self, told: &str) -> Result<(), String> {
        let words: Vec<&str> = told.split_whitespace().collect();
        let state = self.world.flow.state();
        match &words[..] {
            ["nothing"] => {
                let untold: Vec<String> = self.untold.iter().map(|change| self.word(change)).collect();
                if untold.is_empty() { Ok(()) } else { Err(untold.join(", ")) }
            }
            [change @ ("raised" | "cleared"), kind, name, rest @ ..] => {
                self.changed(change, kind, name, rest)
            }
            ["case", case, "is", wanted] => {
                let case = state.cases.get(CaseId(case.parse().map_err(|_| "a case has a number")?));
                let found = case.map_or("none", |case| case.state.name());
                if found == *wanted { Ok(()) } else { Err(format!("it is {found}")) }
            }
            ["case", case, "has", count, "alarms"] => {
                let case = state.cases.get(CaseId(case.parse().map_err(|_| "a case has a number")?));
                let found = case.map_or(0, |case| case.alarm_count);
                if found.to_string() == *count { Ok(()) } else { Err(format!("it has {found}")) }
            }
            ["cases", count] => {
                let found = state.cases.iter().filter(|case| case.merged_into.is_none()).count();
                if found.to_string() == *count { Ok(()) } else { Err(format!("there are {found}")) }
            }
            [name, "is", wanted] => {
                let id = self.movements.get(*name).ok_or("there is no such movement")?;
                let movement = state.movements.get(*id).ok_or("there is no such movement")?;
                let found = if *wanted == "overdue" && movement.overdue.is_some() {
                    "overdue"
                } else {
                    movement.state.name()
                };
                if found == *wanted { Ok(()) } else { Err(format!("it is {found}")) }
            }
            [name, "guarantee", wanted] => {
                let id = self.movements.get(*name).ok_or("there is no such movement")?;
                let found = state.movements.get(*id).map(|movement| movement.guarantee.name());
                let known = GuaranteeState::ALL.iter().any(|state| state.name() == *wanted);
                if known && found == Some(*wanted) { Ok(()) } else { Err(format!("it is {found:?}")) }
            }
            [name, "opening", opening, wanted] => {
                let id = self.movements.get(*name).ok_or("there is no such movement")?;
                let opening: u8 = opening.parse().map_err(|_| "an opening has a number")?;
                let found = state.movements.get(*id).and_then(|movement| movement.opening(opening));
                let found = found.map_or("none", plomb_movements::Opening::standing);
                if found == *wanted { Ok(()) } else { Err(format!("it is {found}")) }
            }
            _ => Err("a story does not know this".to_owned()),
        }
    }

    /// An alarm of this kind and device that was not told yet: `at 1h5m` after the story began, `because` with these words.
    fn changed(&mut self, change: &str, kind: &str, name: &str, rest: &[&str]) -> Result<(), String> {
        let device = self.device(name);
        let place = self.untold.iter().position(|(found, alarm)| {
            found.name() == change && alarm.kind.name() == kind && alarm.device == device
        });
        let Some(place) = place else {
            let untold: Vec<String> = self.untold.iter().map(|change| self.word(change)).collect();
            return Err(format!("it is not so; untold: [{}]", untold.join(", ")));
        };
        let (_, alarm) = self.untold.remove(place);
        match rest {
            [] => Ok(()),
            ["at", time] => {
                let at = if change == "raised" { Some(alarm.raised_at) } else { alarm.cleared_at };
                let found = at.map_or(0, |at| at.0.since(self.begun) / 1000);
                if found == seconds(time)? { Ok(()) } else { Err(format!("it was after {found} s")) }
            }
            ["because", words @ ..] => {
                let words = words.join(" ");
                if alarm.detail.contains(&words) { Ok(()) } else { Err(format!("it says: {}", alarm.detail)) }
            }
            ["late"] if alarm.late => Ok(()),
            _ => Err("at TIME, because WORDS, or late".to_owned()),
        }
    }
}
