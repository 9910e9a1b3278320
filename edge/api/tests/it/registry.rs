//! The register over HTTP: what goes in, what comes out, and what never does.

use plomb_devices::{KeyPurpose, Secrets};
use serde_json::{Value, json};

use crate::client::World;

const LOCK: &str = "/registry/devices/jointech:8041300978";

async fn put(client: &crate::client::Client<'_>, path: &str, body: Value) -> Value {
    let answer = client.call("PUT", &format!("/api/v1{path}"), &body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_device_is_registered_handed_over_and_found() {
    let world = World::new();
    let keeper = world.client("device-operator").await;
    let model = json!({
        "class": "active", "manufacturer": "Jointech", "protocols": ["jointech"], "sensors": ["rope"],
        "bands": ["LTE B3"], "battery_chemistry": "Li-ion", "battery_mah": 15000, "approval": "TA-1",
    });
    let known = put(&keeper, "/registry/models/jt701", model.clone()).await;
    assert_eq!((&known["name"], &known["battery_mah"]), (&json!("jt701"), &json!(15_000)));
    assert_eq!(keeper.json("/registry/models").await["items"], json!([known]));

    let no_model = keeper.call("PUT", &format!("/api/v1{LOCK}"), &json!({"model": "none"})).await;
    no_model.is_problem(422, "unacceptable");
    let device = put(&keeper, LOCK, json!({"model": "jt701", "label": "L-7", "holder": "Post Malaba"})).await;
    assert_eq!((&device["standing"], &device["holder"]), (&json!("in-service"), &json!("Post Malaba")));
    assert_eq!(device["registered_by"], "device-operator");
    let handed = json!({"holder": "Carrier A", "note": "receipt 12"});
    let answer = keeper.call("POST", &format!("/api/v1{LOCK}/custody"), &handed).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let custody = keeper.json(&format!("{LOCK}/custody")).await["items"].clone();
    let holders: Vec<&Value> = custody.as_array().unwrap().iter().map(|item| &item["holder"]).collect();
    assert_eq!(holders, ["Carrier A", "Post Malaba"]);
    let future = json!({"holder": "Carrier B", "since": "2099-01-01T00:00:00Z"});
    keeper.call("POST", &format!("/api/v1{LOCK}/custody"), &future).await.is_problem(422, "unacceptable");

    for number in 1..=5 {
        put(&keeper, &format!("/registry/devices/jointech:800000000{number}"), json!({"model": "jt701"}))
            .await;
    }
    assert_eq!(keeper.all("/registry/devices?limit=2").await.len(), 6);
    assert_eq!(keeper.json("/registry/devices?search=carrier").await["total"], 1);
    let changes = keeper.json("/registry/changes?about=device%20jointech:8041300978").await["items"].clone();
    assert_eq!(changes.as_array().unwrap().len(), 3, "{changes}");
}

#[tokio::test]
async fn keys_go_in_are_told_by_fingerprint_and_never_come_out() {
    let world = World::new();
    let keeper = world.client("admin").await;
    put(&keeper, "/registry/models/seal", json!({"class": "active"})).await;
    let seal = "/registry/devices/plomb:0a0b0c";
    put(&keeper, seal, json!({"model": "seal"})).await;
    let secret = "0102030405060708090a0b0c0d0e0f10";
    let key = json!({"purpose": "oscore-master", "id": "0a0b0c", "secret": secret, "salt": "9e7c"});
    let fact = put(&keeper, &format!("{seal}/keys"), key).await;
    assert_eq!((&fact["purpose"], &fact["id"]), (&json!("oscore-master"), &json!("0a0b0c")));
    assert_eq!(keeper.json(&format!("{seal}/keys")).await["items"], json!([fact]));
    let mut found = Vec::new();
    world.registry.find(KeyPurpose::OscoreMaster, &[0x0A, 0x0B, 0x0C], &mut found);
    assert_eq!(found.len(), 1, "sessions find it at once");

    let wrong = json!({"purpose": "oscore-master", "id": "0a0b0c", "secret": "secret-that-is-no-hex"});
    let answer = keeper.call("PUT", &format!("/api/v1{seal}/keys"), &wrong).await;
    let problem = answer.is_problem(422, "unacceptable");
    assert!(!problem.to_string().contains("secret-that"), "{problem}");
    for path in ["/registry/changes", "/registry/devices", &format!("{seal}/keys")] {
        assert!(!keeper.get(path).await.text().contains(secret), "{path}");
    }

    let gone = keeper.call("DELETE", &format!("/api/v1{seal}/keys/oscore-master/0a0b0c"), &Value::Null).await;
    assert_eq!(gone.status, 204);
    found.clear();
    world.registry.find(KeyPurpose::OscoreMaster, &[0x0A, 0x0B, 0x0C], &mut found);
    assert!(found.is_empty(), "and it proves nothing any more");

    put(&keeper, &format!("{seal}/keys"), json!({"purpose": "lock-password", "password": "888888"})).await;
    world.registry.find(KeyPurpose::LockPassword, b"plomb:0a0b0c", &mut found);
    assert_eq!(found[0].secret.expose(), b"888888");
}

#[tokio::test]
async fn a_credential_is_drawn_told_once_and_taken_back() {
    let world = World::new();
    let keeper = world.client("device-operator").await;
    let drawn = put(&keeper, "/registry/credentials/ann", json!({"protocol": "owntracks"})).await;
    let secret = drawn["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 40);
    let listed = keeper.get("/registry/credentials").await.text();
    assert!(listed.contains("ann") && !listed.contains(secret));
    let again = put(&keeper, "/registry/credentials/ann", json!({"protocol": "owntracks"})).await;
    assert_ne!(again["secret"], drawn["secret"]);
    let wrong = json!({"protocol": "gt06"});
    keeper.call("PUT", "/api/v1/registry/credentials/bob", &wrong).await.is_problem(422, "unacceptable");
    let gone = keeper.call("DELETE", "/api/v1/registry/credentials/ann", &Value::Null).await;
    assert_eq!(gone.status, 204);
    assert_eq!(keeper.json("/registry/credentials").await["items"], json!([]));
}

#[tokio::test]
async fn other_names_and_gates_are_checked_as_in_a_file() {
    let world = World::new();
    let keeper = world.client("device-operator").await;
    put(&keeper, "/registry/models/bolt", json!({"class": "passive"})).await;
    let seal = "/registry/devices/epc:3034257BF400B7800004CB2F";
    put(&keeper, seal, json!({"model": "bolt"})).await;
    let path = format!("/api/v1{seal}/aliases");
    let wrong = keeper.call("POST", &path, &json!({"alias": "MSKU6011675"})).await;
    let problem = wrong.is_problem(422, "unacceptable");
    assert!(
        problem["detail"].as_str().unwrap().contains('2'),
        "it says the digit that it should be: {problem}"
    );
    let alias = keeper.call("POST", &path, &json!({"alias": "MSKU 601167-2"})).await;
    assert_eq!(alias.status, 201, "{}", alias.text());
    assert_eq!(keeper.json(&format!("{seal}/aliases")).await["items"][0]["written"], "MSKU 601167-2");

    let half = json!({"latitude": 1.0});
    keeper.call("PUT", "/api/v1/registry/readers/gate-1", &half).await.is_problem(422, "unacceptable");
    let gate = json!({
        "address": "10.0.0.5", "checkpoint": "Malaba", "latitude": -0.6364, "longitude": 34.2741,
        "direction": "out", "antennas": [{"number": 1, "name": "lane 1"}, {"number": 2}],
    });
    let known = put(&keeper, "/registry/readers/gate-1", gate).await;
    assert_eq!((&known["latitude"], &known["read_tid"]), (&json!(-0.6364), &json!(true)));
    let other = json!({"name": "gate-2"});
    keeper.call("PUT", "/api/v1/registry/readers/gate-1", &other).await.is_problem(422, "unacceptable");
}

#[tokio::test]
async fn a_device_that_should_be_back_is_found() {
    let world = World::new();
    let keeper = world.client("device-operator").await;
    let put =
        async |path: &str, body: Value| keeper.call("PUT", &format!("/api/v1/registry{path}"), &body).await;
    assert_eq!(put("/models/m", json!({"class": "active"})).await.status, 200);
    let path = format!("/devices/{}", crate::fake::device(1));
    assert_eq!(put(&path, json!({"model": "m"})).await.status, 200);
    let hand =
        async |body: Value| keeper.call("POST", &format!("/api/v1/registry{path}/custody"), &body).await;
    let due = plomb_model::Timestamp::from_secs(crate::fake::BEGIN + 2_400).to_string();
    let given =
        hand(json!({"holder": "Carrier Ltd", "place": "Busia", "status": "in-return", "due": due})).await;
    assert_eq!(given.status, 201, "{}", given.text());
    let count = async |filter: &str| {
        keeper.json(&format!("/registry/devices?custody={filter}")).await["total"].clone()
    };
    assert_eq!(
        (count("in-return").await, count("lost").await, count("overdue").await),
        (json!(1), json!(0), json!(0))
    );
    world.wait(2_700);
    assert_eq!(count("overdue").await, 1);
    let device = keeper.json(&format!("/registry{path}")).await;
    assert_eq!(
        (&device["custody"], &device["place"], &device["due"]),
        (&json!("in-return"), &json!("Busia"), &json!(due))
    );
    hand(json!({"holder": "x", "status": "eaten"})).await.is_problem(422, "unacceptable");
    hand(json!({"holder": "x", "due": "soon"})).await.is_problem(422, "unacceptable");
    keeper.get("/registry/devices?custody=eaten").await.is_problem(400, "bad-parameter");
}
