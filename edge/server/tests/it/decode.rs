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
