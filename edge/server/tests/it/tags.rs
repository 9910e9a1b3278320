//! Passive seals read at gates: copies, and seals that are not read where they should be.

use plomb_model::Timestamp;
use serde_json::{Value, json};

use crate::live::wait_for_alarm;
use crate::server::{Server, text};

const EPC: &str = "3034257BF400B7800004CB2F";
const TAG: &str = "epc:3034257BF400B7800004CB2F";
const CHIP: &str = "E28011602000123456789ABC";
const OTHER_CHIP: &str = "E28011602000FFFFFFFFFFFF";

/// The time in so many seconds, as the API writes it.
fn in_seconds(seconds: i64) -> String {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_secs(i64::try_from(since_1970.as_secs()).unwrap() + seconds).to_string()
}

/// What a gate's reader posts when it has read the tag.
fn read(server: &Server, gate: &str, chip: &str) {
    let event = json!({
        "timestamp": in_seconds(0), "hostname": gate, "eventType": "tagInventory",
        "tagInventoryEvent": {"epcHex": EPC, "tidHex": chip, "antennaPort": 1, "peakRssiCdbm": -5250},
    });
    let (status, said) = server.post("/impinj", &json!([event]).to_string());
    assert!(matches!(status, 200 | 204), "{status} {said}");
}

fn device(server: &Server, token: &str) -> Value {
    server.get_json(&format!("/api/v1/devices/{TAG}"), token)
}

#[test]
fn a_copied_tag_and_a_missed_gate_are_told_from_the_socket_to_the_alarm() {
    let mut server = Server::new();
    server.start();
    let token = server.log_in("operator", "operator");
    read(&server, "gate-1", CHIP);
    assert_eq!(device(&server, &token)["class"], "passive", "also when it is heard through a reader");
    assert_eq!(device(&server, &token)["trust"]["identity"], "claimed");
    read(&server, "gate-1", OTHER_CHIP);
    let copied = wait_for_alarm(&server, &token, "cloned-tag", TAG);
    assert_eq!(copied["priority"], "critical");
    assert_eq!(copied["causes"].as_array().unwrap().len(), 2, "both readings: {copied}");

    let path = format!("/api/v1/devices/{TAG}/expectations");
    let (status, said) =
        server.call(&path, &token, "", &json!({"gate": "reader:border", "by": in_seconds(2)}).to_string());
    assert_eq!(status, 201, "{said}");
    let missed = wait_for_alarm(&server, &token, "expected-read-missed", TAG);
    assert_eq!(missed["detail"], "The seal was to be read at reader:border and was not");
    assert_eq!(device(&server, &token)["trust"]["seal"], "silent");

    // What was awaited, and which chip it is, survives a power cut.
    server.kill();
    server.start();
    assert_eq!(device(&server, &token)["expected_reads"][0]["missed"], true);
    read(&server, "border", OTHER_CHIP);
    assert_eq!(device(&server, &token)["expected_reads"][0]["missed"], true, "a copy is not the seal");
    read(&server, "border", CHIP);
    assert_eq!(device(&server, &token)["expected_reads"], json!([]));
    let cleared = server.get_json("/api/v1/alarms?kind=expected-read-missed&state=cleared", &token);
    assert_eq!(cleared["total"], 1);

    server.stop();
    let replay = server.run(&["replay", "--redecode", "--verify", "--directory", text(&server.data())]);
    let said = String::from_utf8_lossy(&replay.stdout).into_owned();
    assert!(replay.status.success(), "{said}{}", String::from_utf8_lossy(&replay.stderr));
}

#[test]
fn an_officer_taps_a_seal_and_is_told_whether_it_is_whole() {
    use plomb_simulator::tag::{Batch, Loop, mark};
    let mut server = Server::new();
    let (batch, keys, register) = (Batch::new(3), server.file("keys.txt"), server.file("register.jsonl"));
    std::fs::write(&keys, batch.lines()).unwrap();
    std::fs::write(&register, Batch::register(2)).unwrap();
    let configuration = server.file("plomb.toml");
    std::fs::write(&configuration, format!("[devices]\nkeys = {keys:?}\nunknown = \"quarantine\"\n"))
        .unwrap();
    server.configure(&configuration);
    let imported = server.run(&["registry", "import", text(&register)]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    server.start();
    let token = server.log_in("viewer", "viewer");
    let ask = |what: &str| {
        let (status, found) =
            server.call("/api/v1/seals/look-up", &token, "", &json!({"text": what}).to_string());
        assert_eq!(status, 200, "{found}");
        found
    };
    let tap = |number: u16, counter: u32, state: Loop| {
        ask(&batch.link("https://seals.example/t", number, counter, state))["seals"][0].clone()
    };
    let whole = tap(1, 40, Loop::Closed);
    assert_eq!((&whole["verdict"], &whole["ground"]), (&json!("whole"), &json!("proved")), "{whole}");
    assert_eq!(whole["registered"]["label"], mark(1));
    let found = ask(&format!("Seal no. {}", mark(1)));
    assert_eq!((&found["kind"], &found["seals"][0]["id"]), (&json!("mark"), &whole["id"]), "{found}");
    let event = whole["event"].as_str().unwrap();
    let chain = server.get_json(&format!("/api/v1/events/{event}/chain"), &token);
    assert!(chain["raw"]["peer"].as_str().unwrap().starts_with("viewer@"), "{}", chain["raw"]);

    let cut = tap(2, 41, Loop::Opened { closed_now: true });
    assert_eq!(cut["verdict"], "broken", "closed again, but it was opened: {cut}");
    wait_for_alarm(&server, &token, "seal-cut", cut["id"].as_str().unwrap());
    let copied = tap(1, 39, Loop::Closed);
    assert_eq!((&copied["verdict"], &copied["ground"]), (&json!("unproven"), &json!("used-before")));
    wait_for_alarm(&server, &token, "proof-replayed", whole["id"].as_str().unwrap());
    assert_eq!(tap(1, 42, Loop::Unarmed)["verdict"], "open");

    server.stop();
    let replay = server.run(&[
        "replay",
        "--redecode",
        "--verify",
        "--config",
        text(&configuration),
        "--directory",
        text(&server.data()),
    ]);
    let said = String::from_utf8_lossy(&replay.stdout).into_owned();
    assert!(replay.status.success(), "{said}{}", String::from_utf8_lossy(&replay.stderr));
}

#[test]
fn a_handheld_draws_a_challenge_and_the_chip_that_answers_it_is_known_by_its_key() {
    use plomb_simulator::tag::uhf::Chip;
    let mut server = Server::new();
    let (mut chip, keys, configuration) =
        (Chip::new(3, 1), server.file("keys.txt"), server.file("plomb.toml"));
    std::fs::write(&keys, chip.line()).unwrap();
    std::fs::write(&configuration, format!("[devices]\nkeys = {keys:?}\n")).unwrap();
    server.configure(&configuration);
    server.start();
    let token = server.log_in("viewer", "viewer");
    let draw = || -> [u8; 10] {
        let (status, drawn) = server.call("/api/v1/seals/challenges", &token, "", "");
        assert_eq!(status, 201, "{drawn}");
        plomb_wire::from_hex(drawn["challenge"].as_str().unwrap()).unwrap().try_into().unwrap()
    };
    let bring = |reading: &str| {
        let (status, found) = server.call("/api/v1/seals/readings", &token, "", reading);
        assert_eq!((status, &found["kind"]), (200, &json!("reading")), "{found}");
        (found["seals"][0].clone(), found["problem"].clone())
    };
    let first = draw();
    for memory in [false, true] {
        let (seal, problem) = bring(&chip.read(&first, memory));
        assert_eq!(problem, Value::Null);
        assert_eq!(seal["id"], format!("tag:{}", chip.tid()));
        assert_eq!(seal["device"]["trust"]["identity"], "mac", "{seal}");
        assert_eq!(
            (&seal["verdict"], &seal["ground"]),
            (&json!("unproven"), &json!("nothing-said")),
            "{seal}"
        );
    }
    std::thread::sleep(std::time::Duration::from_millis(1100));
    bring(&chip.read(&draw(), false));
    let (seal, _) = bring(&chip.read(&first, false));
    assert_eq!(seal["ground"], "used-before", "a challenge of before the last one: {seal}");
    wait_for_alarm(&server, &token, "proof-replayed", seal["id"].as_str().unwrap());
    let (seal, problem) = bring(&chip.read(b"0123456789", false));
    assert_eq!(seal["ground"], "wrong-code", "{seal}");
    assert!(problem.as_str().unwrap().contains("not issued by this platform"), "{problem}");

    server.stop();
    let replay = server.run(&[
        "replay",
        "--redecode",
        "--verify",
        "--config",
        text(&configuration),
        "--directory",
        text(&server.data()),
    ]);
    let said = String::from_utf8_lossy(&replay.stdout).into_owned();
    assert!(replay.status.success(), "{said}{}", String::from_utf8_lossy(&replay.stderr));
}

#[test]
fn a_simulated_handheld_proves_the_chips_of_the_register() {
    use plomb_simulator::platform::Account;
    use plomb_simulator::tag::{handheld, uhf::Chip};
    let mut server = Server::new();
    let (keys, register, configuration) =
        (server.file("keys.txt"), server.file("chips.jsonl"), server.file("plomb.toml"));
    std::fs::write(&keys, format!("{}{}", Chip::new(3, 1).line(), Chip::new(3, 2).line())).unwrap();
    std::fs::write(&register, Chip::register(3, 2)).unwrap();
    std::fs::write(&configuration, format!("[devices]\nkeys = {keys:?}\n")).unwrap();
    server.configure(&configuration);
    let imported = server.run(&["registry", "import", text(&register)]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    server.start();
    server.log_in("viewer", "viewer");
    let account = Account {
        http: ([127, 0, 0, 1], server.port("HTTP")).into(),
        name: "viewer".to_owned(),
        password: "a long enough password".to_owned(),
    };
    for (memory, chips) in [(false, 2), (true, 2), (false, 3)] {
        let mut out = Vec::new();
        let read = handheld::Handheld { account: account.clone(), chips, seed: 3, memory };
        handheld::run(&read, &mut out).unwrap();
        let found: Vec<Value> =
            String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(found.len(), usize::from(chips));
        for (found, number) in found.iter().zip(1_u16..) {
            let seal = &found["seals"][0];
            assert_eq!(seal["id"], format!("tag:{}", Chip::new(3, number).tid()), "{found}");
            assert_eq!(found["seals"][0]["registered"]["model"].is_string(), number < 3, "{found}");
            // The third has no key here: it is believed as far as anybody could have written its number.
            let proved = seal["device"]["trust"]["identity"] == "mac";
            assert_eq!(proved, number < 3, "{found}");
        }
        // A second reading of a chip must come after the first.
        std::thread::sleep(std::time::Duration::from_millis(1100));
    }
    let refused = handheld::Handheld {
        account: Account { password: "another password".to_owned(), ..account },
        chips: 1,
        seed: 3,
        memory: false,
    };
    let error = format!("{:#}", handheld::run(&refused, Vec::new()).unwrap_err());
    assert!(error.contains("logging in") && error.contains("401"), "{error}");
}

#[test]
fn a_seal_that_two_gates_far_apart_read_is_at_two_places() {
    let mut server = Server::new();
    server.start();
    let keeper = server.log_in("keeper", "device-operator");
    for (gate, latitude, longitude) in [("gate-1", -1.2921, 36.8219), ("gate-2", -4.0435, 39.6682)] {
        let body = json!({"latitude": latitude, "longitude": longitude}).to_string();
        let path = format!("/api/v1/registry/readers/{gate}");
        let (status, said) = server.send("PUT", &path, &keeper, "", &body);
        assert_eq!(status, 200, "{said}");
    }
    // The register is looked at every second.
    std::thread::sleep(std::time::Duration::from_secs(3));
    read(&server, "gate-1", CHIP);
    let seen = device(&server, &keeper);
    assert_eq!(
        (&seen["position"]["latitude"], &seen["position"]["fix"]),
        (&json!(-1.2921), &json!("reader"))
    );
    read(&server, "gate-2", CHIP);
    let alarm = wait_for_alarm(&server, &keeper, "seal-at-two-places", TAG);
    assert_eq!(alarm["causes"].as_array().unwrap().len(), 2, "both readings: {alarm}");
}
