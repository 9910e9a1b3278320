//! `plomb decode`: the contract that others rely on.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

fn decode(arguments: &[&str], input: &str) -> (Vec<Value>, i32) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_plomb"))
        .arg("decode")
        .args(arguments)
        .arg("--json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), output.status.code().unwrap())
}

const JOINTECH: &str = "2480413009781914003406102107544354193631006213423b00000000006c070000000020e064f91ea0671d00020f\
                        0f0f0f0f0f0f0f0f0f07f100ea0f6e";

#[test]
fn one_object_a_line_in_order() {
    let input = format!("hex:{JOINTECH}\n{JOINTECH}\ntext:(8041300978,@JT)\n");
    let (lines, status) = decode(&["--protocol", "jointech"], &input);
    assert_eq!(status, 0);
    assert_eq!(lines.len(), 3);
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(line["frame"], index + 1);
        assert_eq!(line["device"], "8041300978");
        for key in ["events", "replies", "issues"] {
            assert!(line[key].is_array(), "{key}");
        }
    }
    let event = &lines[0]["events"][0];
    assert_eq!(event["occurred_at"], "2021-10-06T07:54:43.000Z");
    assert!((event["position"]["latitude"].as_f64().unwrap() - 54.322_718).abs() < 1e-5);
    assert!((event["position"]["longitude"].as_f64().unwrap() + 6.355_705).abs() < 1e-5);
    assert_eq!(event["position"]["valid"], true);
    assert_eq!(lines[0]["replies"][0], "285036392c302c31313029");
}

#[test]
fn damaged_lines_are_issues_and_not_failures() {
    let input = format!("zz\n2480\ntext:\\q\n{JOINTECH}\n");
    let (lines, status) = decode(&["--protocol", "jointech"], &input);
    assert_eq!((lines.len(), status), (4, 0));
    for line in &lines[..3] {
        assert!(line["issues"][0]["what"].is_string(), "{line}");
        assert!(line["issues"][0]["offset"].is_number() && line["issues"][0]["found"].is_string());
    }
    assert_eq!(lines[3]["issues"].as_array().unwrap().len(), 0);
}

#[test]
fn the_protocol_is_recognised() {
    let (lines, _) = decode(&["--protocol", "auto"], &format!("{JOINTECH}\n"));
    assert_eq!(lines[0]["protocol"], "jointech");
    let (lines, status) = decode(&["--protocol", "auto"], "text:GET / HTTP/1.1\n");
    assert_eq!(status, 0);
    assert!(lines[0]["issues"][0]["what"].as_str().unwrap().contains("no protocol spoken here"));
}

#[test]
fn an_unknown_protocol_is_an_error_that_lists_them() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_plomb")).args(["decode", "--protocol", "morse"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("jointech, jt808, gt06, teltonika"));
}

#[test]
fn messages_of_the_web_need_no_mark() {
    let input = "id=truck-7&lat=-1.2921&lon=36.8219&timestamp=1790000000\n/?id=truck-7&lat=1&lon=2\n";
    let (lines, status) = decode(&["--protocol", "osmand"], input);
    assert_eq!((lines.len(), status), (2, 0));
    assert!(lines.iter().all(|line| line["device"] == "truck-7" && line["issues"] == serde_json::json!([])));
}

#[test]
fn the_list_of_protocols() {
    let output = Command::new(env!("CARGO_BIN_EXE_plomb")).args(["protocols", "--json"]).output().unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let osmand = list.as_array().unwrap().iter().find(|protocol| protocol["name"] == "osmand").unwrap();
    assert_eq!(osmand["default_ports"], serde_json::json!({"http": 5055}));
    assert_eq!(osmand["class"], "active");
    assert!(osmand["vectors"].as_u64().unwrap() > 0);
    let text = Command::new(env!("CARGO_BIN_EXE_plomb")).arg("protocols").output().unwrap().stdout;
    assert_eq!(String::from_utf8(text).unwrap().lines().count(), list.as_array().unwrap().len());
}

#[test]
fn a_seal_is_proved_with_its_key_and_a_forged_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys.txt");
    let vectors =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/passive/ntag424.jsonl"));
    for vector in vectors.unwrap().lines() {
        let vector: Value = serde_json::from_str(vector).unwrap();
        let lines: Vec<&str> = vector["keys"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        std::fs::write(&keys, lines.join("\n")).unwrap();
        let keys = keys.to_str().unwrap();
        let (told, _) = decode(&["--protocol", "ntag424", "--keys", keys], vector["text"].as_str().unwrap());
        let forged = vector["id"] == "tagtamper-forged";
        assert_eq!(told[0]["issues"].as_array().unwrap().is_empty(), !forged, "{vector} {}", told[0]);
        let uid = vector["uid"].as_str().unwrap();
        assert!(told[0]["device"].as_str().unwrap().eq_ignore_ascii_case(uid), "{}", told[0]);
    }
}
