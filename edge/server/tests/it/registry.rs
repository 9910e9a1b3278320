//! `plomb registry`: files taken in, listed and given out again.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::live::{trigger, wait_for_alarm};
use crate::server::{Server, text};

fn registry(directory: &Path, arguments: &[&str]) -> (String, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_plomb"))
        .arg("registry")
        .args(arguments)
        .env("PLOMB_STORAGE_DIRECTORY", directory)
        .output()
        .unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

#[test]
fn a_file_is_tried_taken_listed_and_given_out_without_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("devices.jsonl"));
    let good = r#"{"kind":"model","name":"gt06-lock","class":"active","protocols":["gt06"]}
{"kind":"device","id":"imei:356307042441013","model":"gt06-lock","label":"L1","holder":"Post Malaba"}
{"kind":"key","device":"imei:356307042441013","purpose":"tam","id":"0a","secret":"00112233445566778899aabbccddeeff"}
"#;
    std::fs::write(
        &file,
        format!("{good}{{\"kind\":\"device\",\"id\":\"356307\",\"model\":\"gt06-lock\"}}\n"),
    )
    .unwrap();
    let path = file.to_str().unwrap();
    let (told, success) = registry(&data, &["import", path]);
    assert!(!success && told.contains("line 4: id: "), "{told}");
    assert!(told.contains("Nothing was taken"), "{told}");

    std::fs::write(&file, good).unwrap();
    let (told, success) = registry(&data, &["import", path, "--dry-run"]);
    assert!(success && told.contains("Would be taken: model: 1, device: 1, key: 1"), "{told}");
    assert_eq!(registry(&data, &["list"]).0, "", "a dry run takes nothing");
    let (told, success) = registry(&data, &["import", path]);
    assert!(success && told.contains("Taken: model: 1, device: 1, key: 1"), "{told}");

    let (listed, _) = registry(&data, &["list", "--json"]);
    let device: serde_json::Value = serde_json::from_str(listed.trim()).unwrap();
    assert_eq!((&device["id"], &device["holder"]), (&"imei:356307042441013".into(), &"Post Malaba".into()));
    let (exported, _) = registry(&data, &["export"]);
    assert_eq!(exported.lines().count(), 2);
    assert!(!exported.contains("00112233"));
}

#[test]
fn a_table_is_taken_by_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("stock.csv"));
    std::fs::write(&file, "name;class\ngt06-lock;active\n").unwrap();
    let path = file.to_str().unwrap();
    assert!(registry(&data, &["import", path, "--format", "csv", "--kind", "model"]).1);
    std::fs::write(&file, "Serial No,IMEI\nL1,356307042441013\n").unwrap();
    let columns = ["--column", "id=IMEI", "--column", "label=Serial No", "--set", "model=gt06-lock"];
    let arguments = [&["import", path, "--format", "csv", "--scheme", "imei"][..], &columns[..]].concat();
    let (told, success) = registry(&data, &arguments);
    assert!(success, "{told}");
    let (listed, _) = registry(&data, &["list"]);
    assert!(listed.contains("imei:356307042441013") && listed.contains("in-service"), "{listed}");
}

#[test]
fn an_unknown_device_is_in_quarantine_until_it_is_registered() {
    let mut server = Server::new();
    let file = server.file("plomb.toml");
    std::fs::write(&file, "[devices]\nunknown = \"quarantine\"\n").unwrap();
    server.configure(&file);
    server.start();
    let token = server.log_in("operator", "operator");
    let device = trigger(&server, "cut", "jointech", "JOINTECH_TCP");
    wait_for_alarm(&server, &token, "seal-cut", &device);
    let path = format!("/api/v1/devices/{device}");
    assert_eq!(server.get_json(&path, &token)["standing"], "unregistered");
    let history = server.get_json(&format!("{path}/history"), &token);
    assert!(!history["items"].as_array().unwrap().is_empty(), "what it sends is kept");

    let records = server.file("models.jsonl");
    std::fs::write(&records, r#"{"kind":"model","name":"jt701","class":"active"}"#).unwrap();
    assert!(server.run(&["registry", "import", text(&records)]).status.success());
    let refuse = ["registry", "refuse", &device, "--reason", "not on any list"];
    assert!(server.run(&refuse).status.success());
    let adopt = ["registry", "adopt", &device, "--model", "jt701", "--holder", "Post Malaba"];
    assert!(server.run(&adopt).status.success());
    assert!(!server.run(&adopt).status.success(), "it is registered already");
    assert!(String::from_utf8_lossy(&server.run(&["registry", "list"]).stdout).contains("Post Malaba"));
    let until = Instant::now() + Duration::from_secs(20);
    while server.get_json(&path, &token)["standing"] != "in-service" {
        assert!(Instant::now() < until, "the running server follows:\n{}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    server.stop();
    let replay = server.run(&["replay", "--redecode", "--verify", "--directory", text(&server.data())]);
    assert!(replay.status.success(), "{}", String::from_utf8_lossy(&replay.stdout));
}

#[test]
fn what_is_registered_over_http_is_in_force_at_once() {
    let mut server = Server::new();
    let file = server.file("plomb.toml");
    std::fs::write(&file, "[devices]\nunknown = \"quarantine\"\n").unwrap();
    server.configure(&file);
    server.start();
    let keeper = server.log_in("keeper", "device-operator");
    let operator = server.log_in("operator", "operator");
    let device = trigger(&server, "cut", "jointech", "JOINTECH_TCP");
    wait_for_alarm(&server, &operator, "seal-cut", &device);
    let page = server.get_json("/api/v1/registry/quarantine", &keeper);
    assert_eq!((&page["total"], &page["items"][0]["id"]), (&1.into(), &device.as_str().into()), "{page}");
    assert!(page["items"][0]["reports"].as_u64().unwrap() > 0, "{page}");

    // Nobody may tell a stranger's device what to do.
    let order =
        (format!("/api/v1/devices/{device}/commands"), "Idempotency-Key: a\r\n", r#"{"kind":"unlock"}"#);
    let (status, problem) = server.call(&order.0, &operator, order.1, order.2);
    assert_eq!(status, 409, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("unregistered"), "{problem}");

    let refuse = format!("/api/v1/registry/quarantine/{device}/refuse");
    assert_eq!(
        server.call(&refuse, &operator, "", r#"{"reason":"x"}"#).0,
        403,
        "an operator keeps no register"
    );
    assert_eq!(server.call(&refuse, &keeper, "", r#"{"reason":"not on any list"}"#).0, 204);
    let page = server.get_json("/api/v1/registry/quarantine", &keeper);
    assert_eq!(page["items"][0]["refused"]["reason"], "not on any list", "{page}");

    let model = r#"{"class":"active","protocols":["jointech"]}"#;
    assert_eq!(server.send("PUT", "/api/v1/registry/models/jt701", &keeper, "", model).0, 200);
    let adopt = format!("/api/v1/registry/quarantine/{device}/adopt");
    let (status, problem) = server.call(&adopt, &keeper, "", r#"{"model":"jt701","holder":"Post Malaba"}"#);
    assert_eq!(status, 201, "{problem}");
    let until = Instant::now() + Duration::from_secs(20);
    while server.get_json(&format!("/api/v1/devices/{device}"), &operator)["standing"] != "in-service" {
        assert!(Instant::now() < until, "the flow follows:\n{}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.get_json("/api/v1/registry/quarantine", &keeper)["total"], 0);
    assert_eq!(server.call(&order.0, &operator, order.1, order.2).0, 201);
    let key = r#"{"purpose":"lock-password","password":"888888"}"#;
    let path = format!("/api/v1/registry/devices/{device}/keys");
    let (status, fact) = server.send("PUT", &path, &keeper, "", key);
    assert_eq!((status, fact["purpose"].as_str()), (200, Some("lock-password")), "{fact}");
    assert!(!server.log().contains("888888"));
    server.stop();
    let replay = server.run(&["replay", "--redecode", "--verify", "--directory", text(&server.data())]);
    assert!(replay.status.success(), "{}", String::from_utf8_lossy(&replay.stdout));
}
