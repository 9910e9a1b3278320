//! What others can check without us: trip reports, proofs, and that history was not rewritten.

use std::process::Output;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Server, text};

const UNIT: &str = "CSQU3054383";
const MOVEMENT: &str = "/api/v1/movements/1";

fn step(server: &Server, token: &str, step: &str, fields: &Value) {
    let (status, said) = server.call(&format!("{MOVEMENT}/steps/{step}"), token, "", &fields.to_string());
    assert_eq!(status, 200, "{step}: {said}");
}

/// A movement that a tapped seal was on, from declaration to discharge.
fn travelled(server: &Server, by: &str) -> String {
    let token = server.log_in(by, "operator");
    let report = |latitude: &str| {
        let (status, said) = server.post("/osmand", &format!("id=902064&lat={latitude}&lon=39.66&batt=88"));
        assert_eq!(status, 200, "{said}");
    };
    report("-4.05");
    let declared = json!({
        "lrn": "LRN-1", "policy": "eu", "holder": {"name": "Secret Holder Ltd"}, "carrier": {"name": "Corridor Lines"},
        "departure": "KEMBA", "destination": "UGKLA", "goods": [{"hs": "1701"}], "unit": [{"number": UNIT}],
        "limit": "2030-01-01T00:00:00Z", "guarantee": "G", "guaranteed": "100 EUR",
    });
    let (status, movement) = server.call("/api/v1/movements", &token, "", &declared.to_string());
    assert_eq!(status, 201, "{movement}");
    step(server, &token, "submit", &json!({}));
    step(server, &token, "accept", &json!({}));
    step(server, &token, "book", &json!({"class": "passive"}));
    step(server, &token, "arm", &json!({"unit": UNIT, "device": "tracker:902064"}));
    step(server, &token, "depart", &json!({}));
    report("-3.95");
    report("-3.85");
    step(server, &token, "arrive", &json!({"place": "UGKLA"}));
    step(server, &token, "verify", &json!({}));
    step(server, &token, "remove", &json!({"seal": "tracker:902064"}));
    token
}

/// The key that signs, as everybody may fetch it.
fn key(server: &Server) -> String {
    let (status, keys) = server.get("/log/keys", "").unwrap();
    assert_eq!(status, 200, "{keys}");
    keys.lines().last().unwrap().to_owned()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn verify(server: &Server, document: &str, key: &str) -> (bool, String) {
    let file = server.data().join("document.json");
    std::fs::write(&file, document).unwrap();
    let output = server.run(&["verify", text(&file), "--key", key]);
    (output.status.success(), said(&output))
}

#[test]
fn a_trip_report_proves_itself_and_what_was_changed_is_found() {
    let mut server = Server::new();
    server.start();
    let token = travelled(&server, "amina");
    let (status, report) = server.get(&format!("{MOVEMENT}/report"), &token).unwrap();
    assert_eq!(status, 200, "{report}");
    let key = key(&server);
    let (holds, found) = verify(&server, &report, &key);
    assert!(holds, "{found}");
    assert!(found.contains("proved to be in the log") && found.contains("steps and alarms"), "{found}");

    let document: Value = serde_json::from_str(&report).unwrap();
    let positions = document["record"].as_array().unwrap().iter();
    let latitudes: Vec<f64> =
        positions.filter_map(|fact| fact["events"][0]["position"]["latitude"].as_f64()).collect();
    assert_eq!(latitudes, [-4.05, -3.95, -3.85], "the way it went is in it");

    // Whoever changes anything is found out, and told where.
    type Change = (&'static str, Box<dyn Fn(&mut Value)>);
    let changes: [Change; 6] = [
        ("signature", Box::new(|report| report["statement"]["movement"]["state"] = json!("recovery"))),
        ("fields", Box::new(|report| report["disclosed"][0][2] = json!("another"))),
        ("record", Box::new(|report| report["record"][0]["by"] = json!("nobody"))),
        ("entries", Box::new(|report| report["entries"][1]["entry"] = json!(0))),
        (
            "checkpoint",
            Box::new(|report| {
                let changed = report["checkpoint"].as_str().unwrap().replacen('\n', "x\n", 1);
                report["checkpoint"] = json!(changed);
            }),
        ),
        (
            "entries",
            Box::new(|report| {
                report["record"].as_array_mut().unwrap().pop();
                report["entries"].as_array_mut().unwrap().pop();
            }),
        ),
    ];
    for (about, change) in changes {
        let mut changed = document.clone();
        change(&mut changed);
        let (holds, found) = verify(&server, &changed.to_string(), &key);
        assert!(!holds && found.contains(&format!("FAILED {about}")), "{about}: {found}");
    }
    let stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let (holds, found) = verify(&server, &report, stranger);
    assert!(!holds && found.contains("none of which is a key that was given"), "{found}");

    // What its holder takes out of it is out of it, and the rest still holds.
    let file = server.data().join("document.json");
    std::fs::write(&file, &report).unwrap();
    let redacted = server.run(&["redact", text(&file), "--field", "holder"]);
    assert!(redacted.status.success(), "{}", said(&redacted));
    let redacted = String::from_utf8(redacted.stdout).unwrap();
    let clear = |text: &str| text.contains("Secret Holder") || text.contains("U2VjcmV0");
    assert!(report.contains("Secret Holder") && !clear(&redacted), "the holder is still there");
    let (holds, found) = verify(&server, &redacted, &key);
    assert!(holds && found.contains("withheld"), "{found}");

    let (status, proof) = server.get("/api/v1/entries/3/proof", &token).unwrap();
    assert_eq!(status, 200, "{proof}");
    let (holds, found) = verify(&server, &proof, &key);
    assert!(holds && found.contains("1 proved"), "{found}");
    assert_eq!(server.get("/api/v1/entries/999999/proof", &token).unwrap().0, 404);
}

#[test]
fn old_reports_hold_when_the_key_has_changed() {
    let mut server = Server::new();
    server.start();
    let token = travelled(&server, "amina");
    let (_, old_report) = server.get(&format!("{MOVEMENT}/report"), &token).unwrap();
    let old_key = key(&server);
    server.stop();
    let rotated = server.run(&["evidence", "rotate-key"]);
    assert!(rotated.status.success(), "{}", said(&rotated));
    server.start();
    let new_key = key(&server);
    assert_ne!(old_key, new_key);
    let token = server.log_in("boris", "operator");
    let (_, new_report) = server.get(&format!("{MOVEMENT}/report"), &token).unwrap();
    let (holds, found) = verify(&server, &old_report, &old_key);
    assert!(holds, "an old report holds: {found}");
    assert!(!verify(&server, &old_report, &new_key).0, "it is not signed with the new key");
    let (holds, found) = verify(&server, &new_report, &new_key);
    assert!(holds, "{found}");
    // Whoever knows only the old key can follow: the checkpoint is signed with both.
    assert!(verify(&server, &new_report, &old_key).1.contains("ok     checkpoint"));
}

#[test]
fn a_history_that_was_rewritten_is_found() {
    let mut server = Server::new();
    server.start();
    travelled(&server, "amina");
    let key = key(&server);
    let checkpoint = loop {
        match server.get("/log/checkpoint", "").unwrap() {
            (200, checkpoint) => break checkpoint,
            (status, answer) => assert_eq!(status, 404, "{answer}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    server.stop();
    let kept = server.data().join("kept-by-a-court");
    std::fs::write(&kept, &checkpoint).unwrap();
    let judge = ["replay", "--checkpoint", text(&kept), "--key", &key, "--directory"];
    let judged = server.run(&[&judge[..], &[text(&server.data())]].concat());
    assert!(judged.status.success(), "{}", said(&judged));

    // The operator, who has the whole disk, writes another history in its place.
    std::fs::remove_dir_all(server.data().join("journal")).unwrap();
    server.start_unready();
    let (status, health) = server.get("/readyz", "").unwrap();
    assert!(status == 503 && health.contains("the journal is not the one"), "{health}");
    server.stop();
    // He covers that up too, and starts a tree anew: whoever kept a checkpoint still finds out.
    std::fs::remove_dir_all(server.data().join("evidence")).unwrap();
    server.start();
    travelled(&server, "boris");
    server.stop();
    let judged = server.run(&[&judge[..], &[text(&server.data())]].concat());
    let found = said(&judged);
    assert!(!judged.status.success() && found.contains("NOT the one"), "{found}");
}

/// A line that a command prints.
fn printed(server: &Server, arguments: &[&str]) -> String {
    let output = server.run(arguments);
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_partner_signs_what_it_saw_and_catches_who_rewrites_it() {
    let (mut ours, mut partner) = (Server::new(), Server::new());
    let log = printed(&ours, &["evidence", "keys"]);
    let witness = printed(&partner, &["evidence", "witness-key"]);
    let configure = |server: &mut Server, text: &str| {
        let file = server.file("plomb.toml");
        std::fs::write(&file, text).unwrap();
        server.configure(&file);
    };
    let url = format!("http://127.0.0.1:{}/witness", partner.port("HTTP"));
    configure(&mut ours, &format!("[[witness]]\nurl = {url:?}\nkey = {witness:?}\n"));
    configure(&mut partner, &format!("[evidence]\nwitnessed = [{log:?}]\n"));
    partner.start();
    ours.start();
    let token = travelled(&ours, "amina");
    let (_, report) = ours.get(&format!("{MOVEMENT}/report"), &token).unwrap();
    let document: Value = serde_json::from_str(&report).unwrap();
    let file = ours.data().join("report.json");
    std::fs::write(&file, &report).unwrap();
    let both = ours.run(&["verify", text(&file), "--key", &log, "--key", &witness]);
    assert!(both.status.success() && said(&both).contains("/witness (seen 20"), "{}", said(&both));
    assert!(document["checkpoint"].as_str().unwrap().contains("/witness "));

    // The operator, with his whole disk and his key, writes another history.
    ours.stop();
    for folder in ["journal", "evidence"] {
        std::fs::remove_dir_all(ours.data().join(folder)).unwrap();
    }
    ours.start();
    let token = travelled(&ours, "boris");
    let (_, forged) = ours.get(&format!("{MOVEMENT}/report"), &token).unwrap();
    std::fs::write(&file, &forged).unwrap();
    // By his own key it holds; whoever asks for the partner's finds out.
    assert!(ours.run(&["verify", text(&file), "--key", &log]).status.success());
    let checked = ours.run(&["verify", text(&file), "--key", &witness]);
    assert!(!checked.status.success() && said(&checked).contains("FAILED checkpoint"), "{}", said(&checked));
    let folder = partner.data().join("witness");
    let is_fork = || {
        let mut names = std::fs::read_dir(&folder).unwrap().map(|item| item.unwrap().file_name());
        names.any(|name| name.to_string_lossy().starts_with("fork-"))
    };
    let until = std::time::Instant::now() + Duration::from_secs(30);
    let told = |server: &Server| server.log().contains("signed two histories");
    while !(is_fork() && told(&partner) && told(&ours)) {
        assert!(std::time::Instant::now() < until, "{}\n{}", partner.log(), ours.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}
