//! Jointech locks, trackers and sub-devices: recorded frames, frames built from the layout, damage, commands.

mod commands;
mod damage;
mod properties;

use plomb_devices::{Decoded, Session, SessionConfig, jointech};
use plomb_model::{DeviceId, Event, Reading, ReceivedAt, SealPart};
use serde_json::{Value, json};

use crate::vectors;

/// What a report holds, to compare two runs.
#[derive(Clone, Debug, PartialEq)]
struct Report {
    device: Option<DeviceId>,
    frame: Vec<u8>,
    events: Vec<Event>,
    issues: Vec<String>,
    replies: Vec<u8>,
}

fn reports(out: &Decoded) -> Vec<Report> {
    out.reports()
        .map(|report| Report {
            device: report.device,
            frame: report.frame.to_vec(),
            events: report.events.to_vec(),
            issues: report.issues.iter().map(ToString::to_string).collect(),
            replies: report.replies.to_vec(),
        })
        .collect()
}

fn open(lenient: bool) -> Box<dyn Session> {
    jointech::session(SessionConfig { lenient, ..SessionConfig::default() })
}

/// The reports of `parts`, one `receive` each, and `finish`.
fn decode(lenient: bool, parts: &[&[u8]]) -> Vec<Report> {
    let mut session = open(lenient);
    let mut out = Decoded::default();
    for part in parts {
        session.receive(vectors::now(), part, &mut out);
    }
    session.finish(vectors::now(), &mut out);
    reports(&out)
}

/// All frames of both vector files, one after another.
fn stream() -> Vec<u8> {
    ["jointech.jsonl", "jointech-synthetic.jsonl"]
        .into_iter()
        .flat_map(vectors::read)
        .filter_map(|vector| vectors::bytes(&vector))
        .flatten()
        .collect()
}

#[test]
fn recorded_frames_agree_with_the_reference() {
    let lines = vectors::run("jointech.jsonl", jointech::session);
    assert!(lines.len() >= 17);
    assert_eq!(vectors::compare(&lines), Vec::<String>::new());
    for line in &lines {
        assert_eq!(line.issues, Vec::<String>::new(), "{}", line.id);
        let ours = &line.vector["plomb"]["replies"];
        let expected = if ours.is_array() { ours } else { &line.vector["replies"] };
        let expected: String =
            expected.as_array().unwrap().iter().map(|r| r.as_str().unwrap().replace("text:", "")).collect();
        assert_eq!(String::from_utf8_lossy(&line.replies), expected, "{}", line.id);
    }
}

#[test]
fn recorded_streams_are_split_as_by_the_reference() {
    for vector in vectors::read("jointech.jsonl") {
        if vector["assertion"] != "verifyFrame" {
            continue;
        }
        let bytes = vectors::bytes(&vector).unwrap();
        let expected = plomb_wire::from_hex(vector["expected"].as_str().unwrap()).unwrap();
        let found = decode(false, &[&bytes]);
        // The reference un-escapes in its splitter; our reports hold the bytes as they came.
        let escaped = bytes.contains(&b'=');
        assert!(escaped || found[0].frame == expected, "{}", vector["id"]);
        assert!(found.iter().all(|report| report.issues.is_empty()), "{}: {found:#?}", vector["id"]);
        assert_eq!(found.iter().map(|report| report.frame.len()).sum::<usize>(), bytes.len());
    }
}

#[test]
fn built_frames_mean_what_the_layout_says() {
    let lines = vectors::read("jointech-synthetic.jsonl");
    assert!(lines.len() >= 60);
    for line in lines {
        let id = line["id"].as_str().unwrap();
        let found = decode(false, &[&vectors::bytes(&line).unwrap()]);
        assert_eq!(found.len(), 1, "{id}: one frame, one report");
        let (report, plomb) = (&found[0], &line["plomb"]);
        assert_eq!(json!(report.device.map(|device| device.value().to_owned())), plomb["device"], "{id}");
        assert_eq!(String::from_utf8_lossy(&report.replies), plomb["replies"].as_str().unwrap(), "{id}");
        let issues: Vec<&str> =
            plomb["issues"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(report.issues.len(), issues.len(), "{id}: {:?}", report.issues);
        for (found, expected) in report.issues.iter().zip(issues) {
            assert!(found.contains(expected), "{id}: {found}");
        }
        let expected = plomb["events"].as_array().unwrap();
        assert_eq!(report.events.len(), expected.len(), "{id}");
        for (event, expected) in report.events.iter().zip(expected) {
            check(id, event, expected);
        }
    }
}

/// Signals, seal parts and evidence must be exactly those expected; of the rest what is named.
fn check(id: &str, event: &Event, expected: &Value) {
    let mut signals: Vec<&str> =
        expected["signals"].as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
    let mut found: Vec<&str> = event.signals.iter().map(plomb_model::Signal::name).collect();
    signals.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, signals, "{id}");
    for part in SealPart::ALL {
        assert_eq!(event.seal.part(part), expected["seal"][part.name()].as_bool(), "{id}: {}", part.name());
    }
    assert_eq!(event.trust.seal.name(), expected["evidence"], "{id}");
    let position = event.position;
    let degrees = |e7: i32| json!((f64::from(e7) / 1e2).round() / 1e5);
    let rounded = |value: &Value| value.as_f64().map_or(Value::Null, |v| json!((v * 1e5).round() / 1e5));
    let found = [
        ("kind", json!(event.kind.name())),
        ("delivery", json!(event.delivery.name())),
        ("occurred_at", json!(event.occurred_at.map(|at| at.0.to_string().replace(".000Z", "Z")))),
        ("fix", json!(position.map(|p| p.fix.name()))),
        ("latitude", position.map_or(Value::Null, |p| degrees(p.latitude.e7()))),
        ("longitude", position.map_or(Value::Null, |p| degrees(p.longitude.e7()))),
        ("serial", json!(event.serial)),
        ("peripheral", json!(event.peripheral.map(|device| device.value().to_owned()))),
        ("unlock", unlock(event)),
    ];
    for (key, found) in found {
        if let Some(value) = expected.get(key) {
            let value = if key.ends_with("itude") { rounded(value) } else { value.clone() };
            assert_eq!(found, value, "{id}: {key}");
        }
    }
    if !expected["unlock"].is_object() {
        assert_eq!(unlock(event), Value::Null, "{id}");
    }
    for (name, value) in expected["readings"].as_object().into_iter().flatten() {
        let found: Vec<Value> = event.readings.iter().filter_map(|reading| named(reading, name)).collect();
        assert_eq!(found, std::slice::from_ref(value), "{id}: {name} in {:#?}", event.readings);
    }
}

fn unlock(event: &Event) -> Value {
    let report = event.readings.iter().find_map(|reading| match reading {
        Reading::Unlock(report) => Some(report),
        _ => None,
    });
    let words = |text: String| {
        let mut out = String::new();
        for letter in text.chars() {
            if letter.is_uppercase() && !out.is_empty() {
                out.push('-');
            }
            out.push(letter.to_ascii_lowercase());
        }
        out
    };
    report.map_or(Value::Null, |report| {
        json!({
            "method": words(format!("{:?}", report.method)),
            "verdict": words(format!("{:?}", report.verdict)),
            "password_right": report.password_right,
            "wrong_passwords": report.wrong_passwords,
            "card": report.card.as_ref().map(|card| &*card.0),
            "fence": report.fence,
        })
    })
}

/// The value of a reading if that is its name.
fn named(reading: &Reading, name: &str) -> Option<Value> {
    Some(match (reading, name) {
        (Reading::Battery(percent), "battery") => json!(percent.get()),
        (Reading::BatteryVoltage(voltage), "battery_mv") => json!(voltage.0),
        (Reading::Charging(on), "charging") => json!(on),
        (Reading::Odometer(metres), "odometer_m") => json!(metres.0),
        (Reading::CellTower(t), "cell") => json!([t.mcc, t.mnc, t.area, t.cell]),
        (Reading::WakeSource(source), "wake") => json!(source),
        (Reading::Fence(fence), "fence") => json!(fence),
        (Reading::BoundTo(vehicle), "bound_to") => json!(vehicle),
        (Reading::Imei(imei), "imei") => json!(imei.value()),
        (Reading::Rssi(dbm), "rssi") => json!(dbm),
        (Reading::LockCycles(count), "lock_cycles") => json!(count),
        (Reading::Temperature { value, .. }, "temperature") => json!(value.0),
        (Reading::Humidity { value, .. }, "humidity") => json!(value.0),
        (Reading::Request(what), "request") => json!(what),
        (Reading::Text(text), "text") => json!(text),
        (Reading::Firmware(version), "firmware") => json!(version),
        (Reading::Code { name: found, value }, name) if found == name => json!(value),
        _ => return None,
    })
}

#[test]
fn a_password_is_nowhere_but_in_the_bytes() {
    for frame in [
        "(0701234567,P43,1,246813)",
        "(0701234567,P44,1,246813)",
        "(0701234567,P52,2,246813)",
        "(0701234567,P06,1,10.0.0.1,5014,net,user,246813pass)",
        "(0701234567,P99,246813)",
        "(0701234567,1,009,LOCK,246813)",
        "(0701234567,P43,246813",
        "246813)",
    ] {
        for lenient in [false, true] {
            let found = decode(lenient, &[frame.as_bytes()]);
            for report in &found {
                let shown = format!("{:?} {:?}", report.events, report.issues);
                assert!(!shown.contains("246813"), "{frame}: {shown}");
                assert!(report.replies.is_empty(), "{frame}");
            }
        }
        let shown = format!("{:?}", jointech::describe(frame.as_bytes()));
        assert!(!shown.contains("246813"), "{shown}");
    }
}

#[test]
fn the_time_is_told_once_in_ten_seconds() {
    let mut session = open(false);
    let mut out = Decoded::default();
    for seconds in [0, 3, 11] {
        let now = ReceivedAt(vectors::now().0.plus_secs(seconds));
        session.receive(now, b"(0701234567,P22,1)", &mut out);
    }
    let replies: Vec<_> = reports(&out).into_iter().map(|report| report.replies).collect();
    assert_eq!(replies, [&b"(P22,010926120000)"[..], b"", b"(P22,010926120011)"]);
}
