//! What somebody who stands before a seal is told.

use plomb_devices::SecretTable;
use plomb_model::{SealEvidence, SealPart, SealReading, Standing};
use serde_json::{Value, json};

use crate::client::{Client, World};
use crate::fake::{device, position};

const UID: &str = "tag:04aabbccddee80";

async fn look_up(client: &Client<'_>, text: &str) -> Value {
    let answer = client.call("POST", "/api/v1/seals/look-up", &json!({"text": text})).await;
    assert_eq!(answer.status, 200, "{text}: {}", answer.text());
    answer.json()
}

/// The links of one published tag, with its keys in the register of the platform.
fn links(world: &World) -> Vec<(String, String)> {
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/passive/ntag424.jsonl");
    let vectors: Vec<Value> = std::fs::read_to_string(vectors)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|vector: &Value| vector["uid"] == "04aabbccddee80")
        .collect();
    let keys: Vec<&str> = vectors[0]["keys"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    *world.fake.keys.lock().unwrap() = SecretTable::parse(&keys.join("\n")).unwrap();
    let text = |vector: &Value, key: &str| vector[key].as_str().unwrap().to_owned();
    vectors.iter().map(|vector| (text(vector, "id"), text(vector, "text"))).collect()
}

/// Verdict and ground of the one seal of an answer.
fn verdict(found: &Value) -> (&str, &str) {
    let seals = found["seals"].as_array().unwrap();
    assert_eq!(seals.len(), 1, "{found}");
    (seals[0]["verdict"].as_str().unwrap(), seals[0]["ground"].as_str().unwrap())
}

#[tokio::test]
async fn a_tap_says_whether_the_seal_is_whole() {
    let world = World::new();
    let links = links(&world);
    let link = |id: &str| links.iter().find(|(known, _)| known == id).unwrap().1.as_str();
    let officer = world.client("viewer").await;
    let whole = look_up(&officer, link("tagtamper-0")).await;
    assert_eq!(verdict(&whole), ("whole", "proved"), "{whole}");
    assert_eq!((&whole["kind"], &whole["id"]), (&json!("tap"), &json!(UID)));
    let seal = &whole["seals"][0];
    assert_eq!((&seal["read_now"], &seal["event"]), (&json!(true), &json!("0-0")));
    assert_eq!(seal["device"]["id"], UID);
    assert_eq!(
        verdict(&look_up(&officer, link("tagtamper-0")).await),
        ("whole", "proved"),
        "a page reloaded"
    );

    let forged = look_up(&officer, link("tagtamper-forged")).await;
    assert_eq!(verdict(&forged), ("unproven", "wrong-code"), "{forged}");
    assert!(forged["problem"].as_str().unwrap().contains("does not hold"), "{forged}");
    assert_eq!(verdict(&look_up(&officer, link("tagtamper-1")).await), ("broken", "proved"));
    assert_eq!(verdict(&look_up(&officer, link("tagtamper-0")).await), ("unproven", "used-before"));
    assert_eq!(verdict(&look_up(&officer, link("tagtamper-3")).await), ("open", "proved"));
    assert_eq!(verdict(&look_up(&officer, link("tagtamper-4")).await), ("unproven", "nothing-said"));
    // By its number the last reading is told, and that it is not of this moment.
    let typed = look_up(&officer, "04:AA:BB:CC:DD:EE:80").await;
    assert_eq!((&typed["kind"], &typed["seals"][0]["read_now"]), (&json!("chip"), &json!(false)));

    world.fake.stand(UID.parse().unwrap(), Standing::Destroyed);
    assert_eq!(verdict(&look_up(&officer, link("tagtamper-5")).await), ("unproven", "destroyed"));
    *world.fake.keys.lock().unwrap() = SecretTable::default();
    let unknown = look_up(&officer, link("tagtamper-5")).await;
    assert_eq!(verdict(&unknown), ("unproven", "no-key"));
    assert_eq!(unknown["seals"][0]["id"], Value::Null, "{unknown}");
}

#[tokio::test]
async fn a_number_is_found_whatever_it_is() {
    let world = World::new();
    let officer = world.client("viewer").await;
    let keeper = world.client("device-operator").await;
    for (method, path, body) in [
        ("PUT", "models/lock", json!({"class": "active"})),
        ("PUT", "devices/jointech:0000000007", json!({"model": "lock", "label": "L-7"})),
        ("POST", "devices/jointech:0000000007/aliases", json!({"alias": "CSQU3054383"})),
    ] {
        let answer = keeper.call(method, &format!("/api/v1/registry/{path}"), &body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
    }
    let never = look_up(&officer, "csqu 305438-3").await;
    assert_eq!((&never["kind"], &never["id"]), (&json!("container"), &json!("container:CSQU3054383")));
    assert_eq!(verdict(&never), ("unproven", "never-heard"));
    assert_eq!(never["seals"][0]["registered"]["label"], "L-7");
    assert_eq!(never["seals"][0]["device"], Value::Null);

    let mut event = position(0, 10, 20);
    event.trust.seal = SealEvidence::ValidIntact;
    event.seal = SealReading::default().with(SealPart::MotorLocked, true);
    world.fake.report(device(7), 0, vec![event]);
    for text in ["CSQU3054383", "jointech:0000000007", "0000000007"] {
        let found = look_up(&officer, text).await;
        assert_eq!(
            verdict(&found),
            ("unproven", "claimed"),
            "{text}: a lock without proof is only believed so far"
        );
        assert_eq!(found["seals"][0]["id"], "jointech:0000000007", "{text}");
        let names = found["seals"][0]["names"].as_array().unwrap();
        assert!(names.contains(&json!("container:CSQU3054383")), "{found}");
    }
    let wrong = look_up(&officer, "CSQU3054384").await;
    assert_eq!(wrong["kind"], "wrong-container");
    assert!(wrong["problem"].as_str().unwrap().contains("3"), "{wrong}");
    assert_eq!((&look_up(&officer, "hello").await["kind"], &wrong["seals"]), (&json!("nothing"), &json!([])));
    for (text, status) in [("", 422), (&*"x".repeat(3000), 422)] {
        let answer = officer.call("POST", "/api/v1/seals/look-up", &json!({"text": text})).await;
        answer.is_problem(status, "unacceptable");
    }
}
