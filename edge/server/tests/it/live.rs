//! From a device's bytes to the API, and a replay that agrees with what was live.

use std::process::Command;
use std::time::{Duration, Instant};

use plomb_simulator::fleet::incident::Incident;
use serde_json::Value;

use crate::server::{Server, text};

#[test]
fn a_cut_reaches_the_api_with_its_bytes_and_a_replay_agrees() {
    let mut server = Server::new();
    server.start();
    let token = server.log_in("operator", "operator");
    let device = trigger(&server, "cut", "jointech", "JOINTECH_TCP");
    let alarm = wait_for_alarm(&server, &token, "seal-cut", &device);
    assert_eq!(alarm["priority"], "critical");
    assert_eq!(alarm["state"], "raised");

    let cause = alarm["causes"][0].as_str().unwrap();
    let chain = server.get_json(&format!("/api/v1/events/{cause}/chain"), &token);
    assert!(
        chain["raw"]["hex"].as_str().unwrap().starts_with("24"),
        "a Jointech frame begins with a dollar sign"
    );
    assert_eq!(chain["events"][0]["signals"][0], "rope-cut");
    assert_eq!(chain["alarms"][0]["id"], alarm["id"]);
    assert!(chain["message"]["fields"].as_array().unwrap().len() > 10);
    assert!(chain["raw"]["peer"].as_str().unwrap().starts_with("127.0.0.1:"));

    let history = server.get_json(&format!("/api/v1/devices/{device}/history?limit=10"), &token);
    assert!(history["items"].as_array().unwrap().iter().any(|event| event["id"] == cause));

    // The state survives a stop (snapshot) and a power cut (replay).
    server.stop();
    server.start();
    let state = server.get_json(&format!("/api/v1/devices/{device}"), &token);
    assert_eq!(state["seal"]["rope_intact"], false);
    assert_eq!(state["condition"], "critical");
    server.kill();
    server.start();
    let again = server.get_json(&format!("/api/v1/devices/{device}"), &token);
    assert_eq!(again, state);
    server.stop();

    let replay = server.run(&["replay", "--redecode", "--verify", "--directory", text(&server.data())]);
    let said = String::from_utf8_lossy(&replay.stdout).into_owned();
    assert!(replay.status.success(), "{said}{}", String::from_utf8_lossy(&replay.stderr));
}

#[test]
fn every_protocol_is_recognised_on_the_shared_port() {
    let mut server = Server::new();
    server.start();
    let token = server.log_in("viewer", "viewer");
    for protocol in ["jointech", "jt808", "gt06", "teltonika"] {
        let device = trigger(&server, "opened", protocol, "SHARED_TCP");
        let state = server.get_json(&format!("/api/v1/devices/{device}"), &token);
        assert_eq!(state["protocol"], protocol);
        assert!(state["position"]["latitude"].is_number(), "{state}");
        for kind in
            ["cut", "case-open", "jammed", "low-battery", "late-upload", "wrong-password", "motor-fault"]
        {
            let told: Incident = kind.parse().unwrap();
            if told.told_by(plomb_model::Protocol::from_name(protocol).unwrap()) {
                trigger(&server, kind, protocol, "SHARED_TCP");
            }
        }
    }
    server.stop();
    let replay = server.run(&["replay", "--redecode", "--verify", "--directory", text(&server.data())]);
    let said = String::from_utf8_lossy(&replay.stdout).into_owned();
    assert!(replay.status.success(), "{said}{}", String::from_utf8_lossy(&replay.stderr));
}

#[test]
fn bytes_of_no_protocol_are_kept_and_the_listener_lives_on() {
    use std::io::{Read, Write};
    let mut server = Server::new();
    server.start();
    let token = server.log_in("viewer", "viewer");
    for name in ["SHARED_TCP", "JOINTECH_TCP", "JT808_TCP", "GT06_TCP", "TELTONIKA_TCP"] {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", server.port(name))).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: lost\r\n\r\n").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
    }
    let (_, metrics) = server.get("/metrics", &token).unwrap();
    let issues = metrics.lines().find_map(|line| line.strip_prefix("plomb_flow_issues_total ")).unwrap();
    assert!(issues.parse::<u64>().unwrap() >= 5, "{metrics}");
    let device = trigger(&server, "opened", "jointech", "JOINTECH_TCP");
    assert!(server.get_json(&format!("/api/v1/devices/{device}"), &token)["reports"].as_u64().unwrap() > 0);
}

#[test]
fn a_phone_reports_by_web_request_and_is_answered_when_it_is_kept() {
    let mut server = Server::new();
    server.start();
    let token = server.log_in("viewer", "viewer");
    let report = "/?id=truck-7&lat=-1.2921&lon=36.8219&timestamp=1790000000&speed=10&batt=81";
    assert_eq!(server.post(report, "").0, 200);
    // Kept before it is answered: a power cut now loses nothing.
    server.kill();
    server.start();
    let device = server.get_json("/api/v1/devices/tracker:truck-7", &token);
    let latitude = device["position"]["latitude"].as_f64().unwrap();
    assert!((latitude + 1.2921).abs() < 1e-6, "{device}");

    let (status, said) = server.post("/osmand", "lat=1&lon=2");
    assert!(status == 400 && said.contains("id"), "{status} {said}");
    let (status, said) = server.post("/gt06", "7878");
    assert!(status == 404 && said.contains("/osmand"), "{said}");
    let (status, said) = server.post("/osmand", &"x".repeat(2 << 20));
    assert!(status == 413 && said.contains("bytes"), "{status} {said}");
}

#[test]
fn a_seal_that_is_tapped_proves_itself_and_a_forged_link_raises_an_alarm() {
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/passive/ntag424.jsonl");
    let vectors: Vec<Value> = std::fs::read_to_string(vectors)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let vector = |id: &str| vectors.iter().find(|vector| vector["id"] == id).unwrap();
    let mut server = Server::new();
    let (keys, configuration) = (server.file("keys.txt"), server.file("plomb.toml"));
    let lines: Vec<&str> =
        vector("tagtamper-0")["keys"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    std::fs::write(&keys, lines.join("\n")).unwrap();
    std::fs::write(&configuration, format!("[devices]\nkeys = {keys:?}\n")).unwrap();
    server.configure(&configuration);
    server.start();
    let token = server.log_in("viewer", "viewer");
    let tap = |id: &str| {
        let url = vector(id)["text"].as_str().unwrap();
        server.post(&format!("/ntag424?{}", url.split_once('?').unwrap().1), "").0
    };
    assert_eq!(tap("tagtamper-0"), 200);
    let device = format!("tag:{}", vector("tagtamper-0")["uid"].as_str().unwrap());
    let seen = server.get_json(&format!("/api/v1/devices/{device}"), &token);
    assert_eq!(seen["trust"]["identity"], "mac", "{seen}");
    assert_eq!(tap("tagtamper-forged"), 200, "it is kept, as evidence");
    wait_for_alarm(&server, &token, "proof-invalid", &device);
    wait_for_alarm(&server, &token, "cloned-tag", &device);
    let after = server.get_json(&format!("/api/v1/devices/{device}"), &token);
    assert_eq!((&after["seal"], &after["reports"]), (&seen["seal"], &seen["reports"]));
}

/// Runs one simulated device through one incident; returns its identifier.
pub(crate) fn trigger(server: &Server, kind: &str, protocol: &str, port: &str) -> String {
    let kind: Incident = kind.parse().unwrap();
    let protocol = plomb_model::Protocol::from_name(protocol).unwrap();
    let mut said = Vec::new();
    let to = std::net::SocketAddr::from(([127, 0, 0, 1], server.port(port)));
    let trigger = plomb_simulator::trigger::Trigger { incident: kind, protocol, to, device: None };
    plomb_simulator::trigger::run(&trigger, &mut said).unwrap();
    let said = String::from_utf8(said).unwrap();
    said.trim().strip_prefix("sent ").unwrap().to_owned()
}

pub(crate) fn wait_for_alarm(server: &Server, token: &str, kind: &str, device: &str) -> Value {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let alarms = server.get_json(&format!("/api/v1/alarms?kind={kind}&device={device}"), token);
        if let Some(alarm) = alarms["items"].as_array().unwrap().first() {
            return alarm.clone();
        }
        assert!(Instant::now() < until, "no {kind} of {device}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_wrong_configuration_says_what_where_and_what_to_do() {
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("plomb.toml");
    std::fs::write(&file, "[http]\nbnd = \"127.0.0.1:1\"\n").unwrap();
    let checked = Command::new(env!("CARGO_BIN_EXE_plomb"))
        .args(["config", "check", "--config", text(&file)])
        .output()
        .unwrap();
    assert!(!checked.status.success());
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(said.contains("plomb.toml") && said.contains("bnd"), "{said}");
}
