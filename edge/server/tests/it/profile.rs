//! Devices of the open profile as others have built them, against the real server: aiocoap under OSCORE, lakers in EDHOC.
//!
//! Without them (`make peers` installs them) this says nothing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::server::Server;

/// Private key of the device whose public key the vectors name.
const PRIVATE: &str = "1f2e3d4c5b6a798807162534435261708f9eadbccbdae9f80a1b2c3d4e5f6071";
const DEVICE: &str = "/api/v1/devices/plomb:0a0b0c";

fn vectors(name: &str) -> Vec<Value> {
    let path = format!("{}/../../vectors/profile/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A body of the vectors.
fn body(name: &str) -> String {
    let id = format!("plomb-mqtt.{name}");
    let line = vectors("plomb-mqtt").into_iter().find(|line| line["id"] == *id).unwrap();
    line["hex"].as_str().unwrap().to_owned()
}

/// A server that knows the keys of the vectors' device.
fn server() -> (Server, Vec<String>) {
    assert!(Path::new(&python()).exists(), "the peers are not installed: run make peers");
    let mut server = Server::new();
    let keys: Vec<String> = vectors("plomb-coap")[0]["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key.as_str().unwrap().to_owned())
        .collect();
    let (file, configuration) = (server.file("device-keys.txt"), server.file("plomb.toml"));
    std::fs::write(&file, keys.join("\n")).unwrap();
    std::fs::write(&configuration, format!("[devices]\nkeys = {file:?}\n")).unwrap();
    server.configure(&configuration);
    server.start();
    (server, keys)
}

fn python() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peers/bin/python").to_owned()
}

/// What the device of others was answered.
fn speak(server: &Server, how: &str, keys: &str, bodies: &[String]) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/profile.py");
    let port = server.port("PLOMB_COAP_UDP").to_string();
    let mut command = Command::new(python());
    command.args([script, how, &port, keys]).args(bodies);
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{}", server.log());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The device's state once it is as `holds` wants it.
fn wait(server: &Server, token: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some((200, body)) = server.get(DEVICE, token) {
            let device: Value = serde_json::from_str(&body).unwrap();
            if holds(&device) {
                return device;
            }
        }
        assert!(Instant::now() < until, "the report did not arrive:\n{}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn at(latitude: f64) -> impl Fn(&Value) -> bool {
    move |device| device["position"]["latitude"].as_f64().is_some_and(|found| (found - latitude).abs() < 1e-6)
}

#[test]
fn aiocoap_reports_under_oscore_and_again_after_a_power_cut() {
    let (mut server, keys) = server();
    let master: Vec<&str> = keys[0].split(' ').skip(1).collect();
    let master = master.join(":");
    let said = speak(&server, "oscore", &master, &[body("sign1-position"), body("sign1-cut"), body("text")]);
    // One number more than there are reports: the first was challenged, and was sent again with the Echo.
    assert_eq!(said, json!({ "codes": ["2.04", "2.04", "4.00"], "numbers": 4 }));
    let token = server.log_in("ann", "admin");
    let device = wait(&server, &token, at(-1.2966));
    assert_eq!(device["id"], "plomb:0a0b0c");
    server.kill();
    server.start();
    let said = speak(&server, "oscore", &master, &[body("sign1-sealed")]);
    assert_eq!(said, json!({ "codes": ["2.04"], "numbers": 2 }));
    server.stop();
    // What is in the journal is decoded again to the same events, challenges included.
    let configuration = server.file("plomb.toml");
    let output = server.run(&["replay", "--redecode", "--config", configuration.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn lakers_agrees_on_keys_by_edhoc_and_reports_under_them() {
    let (mut server, _) = server();
    let configuration = server.file("plomb.toml");
    let shown = server.run(&["platform-key", "--config", configuration.to_str().unwrap()]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    let credential = shown.lines().find_map(|line| line.strip_prefix("credential ")).unwrap();
    let keys = format!("0a0b0c:{PRIVATE}:{credential}");
    let said = speak(&server, "edhoc", &keys, &[body("sign1-position"), body("claimed")]);
    // The second names another device than the one that the keys are of.
    assert_eq!(said["codes"], json!(["2.04", "4.00"]));
    assert_eq!(said["numbers"], 2, "no challenge: the exchange was fresh");
    assert_eq!(said["sizes"], json!([37, 49, 22, 9]));
    let token = server.log_in("ann", "admin");
    wait(&server, &token, at(-1.2966));
    server.stop();
    let output = server.run(&["replay", "--redecode", "--config", configuration.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
