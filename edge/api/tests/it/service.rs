//! What watches the server, what it speaks, and paths and methods that are not there.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::client::World;

#[tokio::test]
async fn health_and_readiness() {
    let world = World::new();
    let get = async |path: &str| world.call("GET", path, &[], &Value::Null).await;
    assert_eq!(get("/healthz").await.text(), "ok\n");
    let ready = get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.json()), (200, json!({"ready": true, "reasons": []})));
    world.fake.is_down.store(true, Ordering::Relaxed);
    let not_ready = get("/readyz").await;
    assert_eq!(not_ready.status, 503);
    assert_eq!(not_ready.json(), json!({"ready": false, "reasons": ["the flow is not running"]}));
    assert_eq!(get("/healthz").await.status, 200);
}

#[tokio::test]
async fn metrics_of_platform_and_api_are_in_one_text() {
    let world = World::new();
    let client = world.client("viewer").await;
    client.get("/devices").await;
    client.get("/devices/jointech:1").await;
    client.get("/devices/jointech:2").await;
    client.get("/nothing").await;
    let answer = world.call("GET", "/metrics", &[], &Value::Null).await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.text();
    for line in [
        "ingest_reports_total 5",
        r#"plomb_api_requests_total{method="GET",route="/api/v1/devices",status="200"} 1"#,
        r#"plomb_api_requests_total{method="GET",route="/api/v1/devices/{id}",status="404"} 2"#,
        r#"plomb_api_requests_total{method="GET",route="other",status="404"} 1"#,
        "plomb_api_streams 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    assert!(!text.contains("jointech:"), "no identifier is a label");
}

#[tokio::test]
async fn status_and_protocols() {
    let world = World::new();
    let client = world.client("viewer").await;
    assert_eq!(
        client.json("/status").await,
        json!({
            "version": "0.1.0", "started_at": "2026-11-24T08:15:30.000Z", "sequence": 0, "devices": 0,
            "connections": 1, "reports_per_s": 2.5,
            "senders": {"bad_reports": 7, "bad_connections": 1, "dropped_messages": 2, "held_back_alarms": 3},
            "journal": {"bytes": 1000, "segments": 1, "oldest_at": "2026-11-24T08:15:30.000Z"},
            "ports": [{"protocol": "jointech", "transport": "tcp", "port": 5014}],
        })
    );
    let protocols = client.json("/protocols").await;
    assert_eq!(protocols["items"].as_array().unwrap().len(), plomb_model::Protocol::ALL.len());
    assert_eq!(protocols["items"][1]["name"], "jt808");
    assert_eq!(protocols["items"][1]["transports"], json!(["tcp", "udp"]));
    assert_eq!(protocols["items"][1]["default_port"], 5015);
    assert_eq!(protocols["items"][1]["abilities"], json!(["position", "seal", "condition", "commands"]));
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let world = World::new();
    let client = world.client("admin").await;
    for path in ["/api", "/api/v1", "/api/v1/", "/api/v2/devices", "/api/v1/devices/jointech:1/none"] {
        client.call("GET", path, &Value::Null).await.is_problem(404, "no-such-path");
    }
    for (method, path) in [
        ("PATCH", "/api/v1/devices"),
        ("POST", "/api/v1/fleet"),
        ("GET", "/api/v1/alarms/1/acknowledge"),
        ("DELETE", "/healthz"),
        ("PUT", "/tiles/0/0/0"),
        ("POST", "/openapi.json"),
    ] {
        let answer = client.call(method, path, &Value::Null).await;
        answer.is_problem(405, "method-not-allowed");
        assert!(!answer.header("allow").is_empty(), "{method} {path}");
    }
}
