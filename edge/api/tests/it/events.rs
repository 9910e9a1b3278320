//! One event and the way from its bytes to its alarms.

use serde_json::json;

use crate::client::World;
use crate::fake::{battery, device};

#[tokio::test]
async fn the_chain_goes_from_bytes_to_alarm() {
    let world = World::new();
    world.fake.report(device(1), 0, vec![battery(0, 90)]);
    world.fake.report(device(1), 60, vec![battery(60, 5)]);
    let client = world.client("viewer").await;
    let chain = client.json("/events/1-0/chain").await;
    assert_eq!(
        chain["raw"],
        json!({
            "entry": 1, "protocol": "jointech", "connection": 17, "peer": "127.0.0.1:50344",
            "received_at": "2026-11-24T08:16:30.000Z", "length": 9, "hex": "286672616d652031 29".replace(' ', ""),
            "text": "(frame 1)", "leaf_hash": "ab".repeat(32),
        })
    );
    assert_eq!(chain["message"]["name"], "real-time report");
    assert_eq!(
        chain["message"]["fields"],
        json!([{"offset": 1, "length": 7, "name": "text", "value": "(frame 1)"}])
    );
    assert_eq!(chain["issues"], json!([{"offset": 3, "what": "checksum differs", "found": "0x12"}]));
    assert_eq!(chain["events"][0]["id"], "1-0");
    assert_eq!(chain["replies"], json!([{"hex": "285036392c302c31313029", "text": "(P69,0,110)"}]));
    assert_eq!(chain["alarms"][0]["kind"], "low-battery");
    assert_eq!(chain["alarms"][0]["causes"], json!(["1-0"]));
    assert_eq!(client.json("/events/0-0/chain").await["alarms"], json!([]));
    assert_eq!(client.json("/events/1-0").await, chain["events"][0]);
}

#[tokio::test]
async fn bytes_that_mean_nothing_have_a_chain_too() {
    let world = World::new();
    world.fake.report(device(1), 0, vec![]);
    let client = world.client("viewer").await;
    let chain = client.json("/events/0-0/chain").await;
    assert_eq!(chain["events"], json!([]));
    assert_eq!(chain["issues"][0]["what"], "checksum differs");
    client.get("/events/0-1/chain").await.is_problem(404, "not-found");
    client.get("/events/0-0").await.is_problem(404, "not-found");
}

#[tokio::test]
async fn the_bytes_are_given_as_they_came() {
    let world = World::new();
    world.fake.report(device(1), 0, vec![battery(0, 90)]);
    let client = world.client("viewer").await;
    let answer = client.get("/events/0-0/raw").await;
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert_eq!(answer.body.as_ref(), b"(frame 0)");
}

#[tokio::test]
async fn events_that_are_not_there_or_cannot_be() {
    let world = World::new();
    world.fake.report(device(1), 0, vec![battery(0, 90)]);
    let client = world.client("viewer").await;
    for path in ["/events/0-1", "/events/7-0", "/events/0-1/chain", "/events/7-0/raw"] {
        client.get(path).await.is_problem(404, "not-found");
    }
    client.get("/events/first").await.is_problem(400, "bad-parameter");
    client.get("/events/-1-0/chain").await.is_problem(400, "bad-parameter");
}
