//! Seals that run the real firmware core against the real server: sealed, opened with right, cut while nobody listens,
//! opened by force.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plomb_device::Phase;
use plomb_simulator::fleet::land;
use plomb_simulator::seal::{Incident, Setup, Unit, keys};
use serde_json::{Value, json};

use crate::server::{Server, text};

/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// What keys are drawn from.
const SEED: u64 = 11;

/// A server that knows the keys of some seals, and two persons.
struct World {
    server: Server,
    tokens: [String; 2],
}

impl World {
    fn new(seals: u16) -> Self {
        let mut server = Server::new();
        let (file, configuration) = (server.file("keys.txt"), server.file("plomb.toml"));
        let lines: String = (1..=seals).map(|number| keys::lines(&keys::provision(SEED, number))).collect();
        std::fs::write(&file, lines).unwrap();
        std::fs::write(&configuration, format!("[devices]\nkeys = {file:?}\n")).unwrap();
        server.configure(&configuration);
        server.start();
        let tokens = ["ana", "ben"].map(|name| server.log_in(name, "operator"));
        Self { server, tokens }
    }

    fn seal(&self, number: u16) -> Unit {
        let to = SocketAddr::from(([127, 0, 0, 1], self.server.port("PLOMB_COAP_UDP")));
        let setup = Setup {
            to,
            route: Arc::new(land::corridors().swap_remove(usize::from(number))),
            time_factor: 1.0,
            interval_s: 10,
            memory: None,
            rng: fastrand::Rng::with_seed(u64::from(number)),
        };
        Unit::start(&keys::provision(SEED, number), setup).unwrap()
    }

    /// Lets the seal live until something holds.
    fn until(&self, unit: &mut Unit, what: &str, holds: impl Fn(&Self, &Unit) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !holds(self, unit) {
            assert!(
                Instant::now() < until,
                "not {what}: {unit:?}\n{:#}\n{}",
                self.device(unit),
                self.server.log()
            );
            for _ in 0..5 {
                unit.turn();
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    fn device(&self, unit: &Unit) -> Value {
        let path = format!("/api/v1/devices/plomb:{}", unit.name());
        match self.server.get(&path, &self.tokens[0]) {
            Some((200, body)) => serde_json::from_str(&body).unwrap(),
            _ => Value::Null,
        }
    }

    /// What the seal says of itself as evidence, and by what proof.
    fn trust(&self, unit: &Unit) -> (Value, Value) {
        let trust = &self.device(unit)["trust"];
        (trust["seal"].clone(), trust["identity"].clone())
    }

    /// The kinds of its alarms, in the order in which they were raised.
    fn alarms(&self, unit: &Unit) -> Vec<String> {
        let path = format!("/api/v1/alarms?device=plomb:{}", unit.name());
        let page = self.server.get_json(&path, &self.tokens[0]);
        let mut items = page["items"].as_array().unwrap().clone();
        items.reverse();
        items.iter().map(|alarm| alarm["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// Asks for a command as the first person and authorises it as the second.
    fn command(&self, unit: &Unit, body: &Value) -> Value {
        let path = format!("/api/v1/devices/plomb:{}/commands", unit.name());
        let headers = "Idempotency-Key: once\r\n";
        let (status, command) = self.server.call(&path, &self.tokens[0], headers, &body.to_string());
        assert_eq!(status, 201, "{command}");
        let path = format!("/api/v1/commands/{}/authorise", command["id"]);
        let (status, command) = self.server.call(&path, &self.tokens[1], "", "");
        assert_eq!(status, 200, "{command}");
        command
    }

    fn state(&self, command: &Value) -> Value {
        self.server.get_json(&format!("/api/v1/commands/{}", command["id"]), &self.tokens[0])["state"].clone()
    }

    /// The journal says the same again, to the last decision.
    fn replays(mut self) {
        self.server.stop();
        let configuration = self.server.file("plomb.toml");
        let replay = self.server.run(&["replay", "--redecode", "--verify", "--config", text(&configuration)]);
        let said = String::from_utf8_lossy(&replay.stdout).into_owned();
        assert!(replay.status.success(), "{said}{}", String::from_utf8_lossy(&replay.stderr));
    }
}

fn intact() -> (Value, Value) {
    (json!("valid-intact"), json!("aead"))
}

#[test]
fn a_seal_is_sealed_opened_by_two_persons_and_raises_no_alarm() {
    let world = World::new(1);
    let mut unit = world.seal(1);
    world.until(&mut unit, "sealed", |_, unit| unit.phase() == Phase::Sealed);
    world.until(&mut unit, "known as whole", |world, unit| world.trust(unit) == intact());
    // Parts that settled in the same millisecond do not undo the sealing.
    assert_eq!(world.device(&unit)["seal"]["sealed"], true, "{:#}", world.device(&unit));
    let command = world.command(&unit, &json!({"kind": "unlock", "validity_s": 300}));
    world.until(&mut unit, "opened", |_, unit| unit.phase() == Phase::OpenedWithRight);
    world.until(&mut unit, "done", |world, _| world.state(&command) == "succeeded");
    world.until(&mut unit, "all told", |_, unit| unit.waiting() == 0);
    // An opening with right leaves the seal's memory clean, as its next report says.
    world.until(&mut unit, "whole again", |world, unit| world.trust(unit) == intact());
    assert_eq!(world.alarms(&unit), Vec::<String>::new());
    world.replays();
}

#[test]
fn a_cut_that_nobody_heard_is_told_later_and_a_forced_case_proves_itself() {
    let mut world = World::new(2);
    let mut unit = world.seal(2);
    world.until(&mut unit, "sealed", |_, unit| unit.phase() == Phase::Sealed && unit.waiting() == 0);
    world.until(&mut unit, "known as whole", |world, unit| world.trust(unit) == intact());
    world.server.kill();
    unit.happen(Incident::Cut);
    for _ in 0..20 {
        unit.turn();
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(unit.phase(), Phase::Cut);
    // The power fails too: what is in its flash is all that it knows.
    unit.restart();
    world.server.start();
    let is_cut = |world: &World, unit: &Unit| world.alarms(unit).iter().any(|kind| kind == "seal-cut");
    world.until(&mut unit, "told as cut", is_cut);
    world.until(&mut unit, "all told", |_, unit| unit.waiting() == 0);
    let known = world.device(&unit);
    assert_eq!(known["trust"]["seal"], "valid-tampered", "{known:#}");
    unit.happen(Incident::CaseOpen);
    let is_forced = |world: &World, unit: &Unit| {
        let told = world.alarms(unit);
        unit.phase() == Phase::Tampered && told.iter().any(|kind| kind == "unauthorised-open")
    };
    world.until(&mut unit, "told as forced", is_forced);
    assert_eq!(world.trust(&unit), (json!("valid-tampered"), json!("mac")));
    let told = world.alarms(&unit);
    assert!(!told.iter().any(|kind| kind.starts_with("proof")), "{told:?}");
    world.replays();
}

const UNIT: &str = "CSQU3054383";

impl World {
    /// Takes a step of the movement as one of the two persons.
    fn step(&self, person: usize, step: &str, fields: &Value) -> Value {
        let path = format!("/api/v1/movements/1/{step}");
        let (status, said) = self.server.call(&path, &self.tokens[person], "", &fields.to_string());
        assert!(status < 300, "{step}: {said}");
        said
    }

    /// A movement that the seal watches, under way by the policy of a country that minds every opening.
    fn declare(&self, unit: &Unit) {
        let declared = json!({
            "lrn": "LRN-1", "policy": "eac", "holder": {"name": "H"}, "carrier": {"name": "C"}, "departure": "KEMBA",
            "destination": "UGKLA", "goods": [{"hs": "1701"}], "duty": "100 USD", "guarantee": "G",
            "guaranteed": "100 USD", "unit": [{"number": UNIT}], "limit": "2030-01-01T00:00:00Z",
        });
        let (status, said) =
            self.server.call("/api/v1/movements", &self.tokens[0], "", &declared.to_string());
        assert_eq!(status, 201, "{said}");
        self.step(0, "steps/submit", &json!({}));
        self.step(0, "steps/accept", &json!({"mrn": "26KE1"}));
        self.step(0, "steps/book", &json!({"class": "active"}));
        let device = format!("plomb:{}", unit.name());
        self.step(0, "steps/arm", &json!({"unit": UNIT, "device": device, "reason": "test"}));
        self.step(0, "steps/depart", &json!({}));
    }
}

#[test]
fn a_code_that_two_persons_stand_for_opens_a_seal_without_a_network() {
    let mut world = World::new(3);
    let mut unit = world.seal(1);
    world.until(&mut unit, "sealed", |_, unit| unit.phase() == Phase::Sealed && unit.waiting() == 0);
    world.until(&mut unit, "known as whole", |world, unit| world.trust(unit) == intact());
    world.declare(&unit);
    let hours = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap() / 3600 + 2;
    let until = plomb_model::Timestamp::from_secs(hours * 3600).to_string();
    let seal = format!("plomb:{}", unit.name());
    let asked = json!({"seal": seal, "until": until, "way": "code", "reason": "re-stow"});
    world.step(0, "steps/authorise-opening", &asked);
    let path = "/api/v1/movements/1/openings/1/code";
    let (status, early) = world.server.call(path, &world.tokens[0], "", "");
    assert_eq!(status, 409, "a second person has not agreed: {early}");
    world.step(1, "steps/confirm-opening", &json!({"opening": 1}));
    let given = world.step(0, "openings/1/code", &json!({}));
    let code = given["code"].as_str().unwrap().to_owned();
    assert_eq!((code.len(), &given["until"]), (8, &json!(until)), "{given}");

    // Out there is no network: the officer types what he was told by telephone.
    world.server.kill();
    unit.type_in("00000000");
    assert_eq!(unit.phase(), Phase::Sealed);
    unit.type_in(&code);
    assert_eq!(unit.phase(), Phase::OpenedWithRight);
    unit.restart();
    world.server.start();
    let used = |world: &World, _: &Unit| {
        world.server.get_json("/api/v1/movements/1", &world.tokens[0])["openings"][0]["state"] == "used"
    };
    world.until(&mut unit, "known as the opening that was authorised", used);
    world.until(&mut unit, "all told", |_, unit| unit.waiting() == 0);
    let told = world.alarms(&unit);
    assert!(!told.iter().any(|kind| kind == "unauthorised-open"), "{told:?}");
    let movement = world.server.get_json("/api/v1/movements/1", &world.tokens[0]);
    let steps: Vec<&str> =
        movement["history"].as_array().unwrap().iter().map(|done| done["step"].as_str().unwrap()).collect();
    assert!(steps.ends_with(&["authorise-opening", "confirm-opening", "give-code", "opened"]), "{steps:?}");
    let (status, over) = world.server.call(path, &world.tokens[0], "", "");
    assert_eq!(status, 409, "it is used: {over}");
    world.replays();
}
