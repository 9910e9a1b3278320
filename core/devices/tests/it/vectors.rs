//! Runs the frames of `vectors/trackers/*.jsonl` through a session and compares positions, times and identities.

use plomb_devices::{Decoded, Session, SessionConfig};
use plomb_model::{DeviceId, Event, Position, ReceivedAt, Timestamp};
use serde_json::Value;

/// Greatest difference of a coordinate, degrees.
const DEGREES_TOLERANCE: f64 = 1e-5;
/// Greatest difference of a time, milliseconds.
const MILLIS_TOLERANCE: i64 = 1_000;

/// What one frame (one line of a vector file) became.
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) vector: Value,
    pub(crate) device: Option<DeviceId>,
    pub(crate) events: Vec<Event>,
    pub(crate) issues: Vec<String>,
    pub(crate) replies: Vec<u8>,
}

/// The time at which all vectors are received.
pub(crate) fn now() -> ReceivedAt {
    ReceivedAt(Timestamp::from_utc(2026, 9, 1, 12, 0, 0).unwrap())
}

/// The vector lines of a file that hold a frame for the decoder, in order.
#[expect(clippy::disallowed_methods, reason = "a test reads its vectors")]
pub(crate) fn read(file: &str) -> Vec<Value> {
    let path = format!("{}/../../vectors/trackers/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!lines.is_empty(), "{path} is empty");
    lines
}

/// The bytes of a vector line.
pub(crate) fn bytes(vector: &Value) -> Option<Vec<u8>> {
    match (vector["hex"].as_str(), vector["text"].as_str()) {
        (Some(hex), _) => Some(plomb_wire::from_hex(hex).unwrap()),
        (None, Some(text)) => Some(text.as_bytes().to_vec()),
        (None, None) => None,
    }
}

/// Runs all frames of a file: those of one `test_method` through one session, as they were recorded.
/// A frame whose checksum was broken by hand, or that was changed on its way into the file, goes through a lenient session.
pub(crate) fn run(file: &str, open: impl Fn(SessionConfig) -> Box<dyn Session>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut session: Option<(String, Box<dyn Session>)> = None;
    for vector in read(file) {
        let Some(frame) = bytes(&vector) else { continue };
        if vector["assertion"].as_str().is_some_and(|assertion| assertion.starts_with("verifyFrame")) {
            continue;
        }
        let id = vector["id"].as_str().unwrap().to_owned();
        let strict = vector["wire"] == "identical" && vector["checksum_ok"] != Value::Bool(false);
        let group = format!("{} {strict}", vector["test_method"]);
        if session.as_ref().is_none_or(|(open, _)| *open != group) {
            let config = SessionConfig { lenient: !strict, ..SessionConfig::default() };
            session = Some((group, open(config)));
        }
        let (_, session) = session.as_mut().unwrap();
        let mut out = Decoded::default();
        session.receive(now(), &frame, &mut out);
        session.finish(now(), &mut out);
        lines.push(Line {
            id,
            device: out.reports().find_map(|report| report.device),
            events: out.reports().flat_map(|report| report.events.to_vec()).collect(),
            issues: out.reports().flat_map(|report| report.issues.to_vec()).map(|i| i.to_string()).collect(),
            replies: out.all_replies().to_vec(),
            vector,
        });
    }
    lines
}

/// Compares each line with its reference decode: how many positions, where, when, whose. Lists every difference.
pub(crate) fn compare(lines: &[Line]) -> Vec<String> {
    let mut differences = Vec::new();
    for line in lines {
        let reference = match line.vector["plomb"]["decoded"].as_array() {
            Some(ours) => ours.clone(),
            None => line.vector["decoded"].as_array().cloned().unwrap_or_default(),
        };
        // An outdated entry is the reference's way to hang attributes on the last known place.
        let expected: Vec<&Value> = reference.iter().filter(|p| p["outdated"] != Value::Bool(true)).collect();
        let found: Vec<(&Event, &Position)> =
            line.events.iter().filter_map(|e| e.position.as_ref().map(|p| (e, p))).collect();
        if expected.len() != found.len() {
            let issues = &line.issues;
            differences.push(format!(
                "{}: {} positions, reference {} {issues:?}",
                line.id,
                found.len(),
                expected.len()
            ));
            continue;
        }
        for (index, (expected, (event, position))) in expected.iter().zip(found).enumerate() {
            differences.extend(compare_one(&format!("{} [{index}]", line.id), expected, event, position));
        }
        // Characters that an identifier of ours cannot hold are written otherwise: the line then says how.
        if let (Some(ours), Some(device)) = (line.vector["plomb"]["device"].as_str(), line.device) {
            if device.value() != ours {
                differences.push(format!("{}: device {device}, not {ours}", line.id));
            }
        } else if let (Some(ids), Some(device)) = (line.vector["device_ids"].as_array(), line.device)
            && ids.iter().any(Value::is_string)
            && !ids.iter().any(|id| id.as_str() == Some(device.value()))
        {
            differences.push(format!("{}: device {device}, reference {ids:?}", line.id));
        }
    }
    differences
}

fn compare_one(name: &str, expected: &Value, event: &Event, position: &Position) -> Vec<String> {
    let mut differences = Vec::new();
    let (latitude, longitude) = (position.latitude.degrees(), position.longitude.degrees());
    for (what, found, key) in [("latitude", latitude, "latitude"), ("longitude", longitude, "longitude")] {
        if let Some(reference) = expected[key].as_f64()
            && (reference - found).abs() > DEGREES_TOLERANCE
        {
            differences.push(format!("{name}: {what} {found}, reference {reference}"));
        }
    }
    if let Some(reference) = expected["fixTime"].as_str().filter(|time| *time != "$NOW") {
        let reference: Timestamp = reference.parse().unwrap();
        match event.occurred_at {
            Some(found) if found.0.since(reference).abs() <= MILLIS_TOLERANCE => {}
            found => differences.push(format!("{name}: time {found:?}, reference {reference}")),
        }
    }
    differences
}
