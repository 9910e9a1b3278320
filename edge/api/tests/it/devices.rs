//! Devices: shape, search, filters, sorting and paging.

use std::collections::BTreeSet;

use plomb_model::{SealPart, SealReading};
use serde_json::{Value, json};

use crate::client::World;
use crate::fake::{battery, device, position};

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_device_is_told_as_documented() {
    let world = World::new();
    let mut event = battery(0, 12);
    event.seal = SealReading::default().with(SealPart::RopeIntact, false);
    world.fake.report(device(1), 1, vec![event]);
    let client = world.client("viewer").await;
    let device = client.json("/devices/jointech:0000000001").await;
    assert_eq!(device["id"], "jointech:0000000001");
    assert_eq!(device["protocol"], "jointech");
    assert_eq!(device["class"], "active");
    assert_eq!(device["occurred_at"], "2026-11-24T08:15:30.000Z");
    assert_eq!(device["last_received_at"], "2026-11-24T08:15:31.000Z");
    assert_eq!(device["battery_percent"], 12);
    assert_eq!(device["seal"]["rope_intact"], false);
    assert_eq!(device["seal"]["door_closed"], Value::Null);
    assert_eq!(device["condition"], "critical");
    assert_eq!(device["connected"], true);
    assert_eq!(device["trust"], json!({"identity": "claimed", "seal": "valid-tampered"}));
    assert_eq!(
        device["position"],
        json!({"latitude": 1e-6, "longitude": 2e-6, "valid": true, "fix": "gnss", "altitude_m": null,
               "speed_kmh": null, "course_deg": null, "satellites": null})
    );
    let kinds: Vec<_> =
        device["open_alarms"].as_array().unwrap().iter().map(|alarm| alarm["kind"].clone()).collect();
    assert_eq!(kinds, ["seal-cut", "low-battery"], "worst first");
}

#[tokio::test]
async fn devices_that_are_not_there_or_cannot_be() {
    let world = World::new();
    let client = world.client("viewer").await;
    client.get("/devices/jointech:1").await.is_problem(404, "not-found");
    client.get("/devices/jointech:1/history").await.is_problem(404, "not-found");
    client.get("/devices/jointech:1/track").await.is_problem(404, "not-found");
    let problem = client.get("/devices/8041300978").await.is_problem(400, "bad-parameter");
    assert!(problem["detail"].as_str().unwrap().contains("known scheme"), "{problem}");
}

#[tokio::test]
async fn pages_join_without_gap_or_overlap_in_every_order() {
    let world = World::new();
    for number in 0..57 {
        let event = match number % 3 {
            0 => position(0, 1, 1),
            _ => battery(0, 40 + (number % 5) as u8),
        };
        world.fake.report(device(number * 7919 % 1000), i64::from(number / 4), vec![event]);
    }
    let client = world.client("viewer").await;
    for sort in ["id", "last_received_at", "battery_percent", "condition"] {
        for order in ["asc", "desc"] {
            let all = client.all(&format!("/devices?sort={sort}&order={order}&limit=10")).await;
            let unique: BTreeSet<&str> = ids(&all).into_iter().collect();
            assert_eq!((all.len(), unique.len()), (57, 57), "{sort} {order}");
            let whole = client.json(&format!("/devices?sort={sort}&order={order}&limit=1000")).await;
            assert_eq!(ids(&all), ids(whole["items"].as_array().unwrap()), "{sort} {order}");
            assert_eq!(whole["total"], 57);
            assert_eq!(whole["next_cursor"], Value::Null);
        }
    }
    let by_battery = client.json("/devices?sort=battery_percent&order=desc&limit=1000").await;
    let percents: Vec<Option<i64>> =
        by_battery["items"].as_array().unwrap().iter().map(|d| d["battery_percent"].as_i64()).collect();
    let known = percents.iter().take_while(|percent| percent.is_some()).count();
    assert_eq!(known, 38);
    assert!(percents[..known].is_sorted_by(|a, b| a >= b), "{percents:?}");
    assert!(percents[known..].iter().all(Option::is_none), "those that do not say it come last");
}

#[tokio::test]
async fn search_and_filters() {
    let world = World::new();
    for number in [100, 101, 200] {
        world.fake.report(device(number), 0, vec![battery(0, if number == 200 { 5 } else { 90 })]);
    }
    let client = world.client("viewer").await;
    let found = async |query: &str| client.json(&format!("/devices?{query}")).await;
    assert_eq!(found("search=000000010").await["total"], 2);
    assert_eq!(found("search=JOINTECH%3A0000000200").await["total"], 1);
    assert_eq!(found("search=&protocol=&alarm=&sort=&order=&cursor=&limit=").await["total"], 3);
    assert_eq!(found("protocol=jointech").await["total"], 3);
    assert_eq!(found("protocol=gt06").await["total"], 0);
    assert_eq!(found("standing=in-service").await["total"], 3);
    assert_eq!(found("standing=unregistered").await["total"], 0);
    let alarmed = found("alarm=open").await;
    assert_eq!(ids(alarmed["items"].as_array().unwrap()), ["jointech:0000000200"]);
}

#[tokio::test]
async fn parameters_are_read_strictly_and_problems_name_what_is_allowed() {
    let world = World::new();
    let client = world.client("viewer").await;
    for (query, expect) in [
        ("sort=name", "sort: it must be one of id, last_received_at, battery_percent, condition"),
        ("order=up", "order: it must be one of asc, desc"),
        ("protocol=x", "protocol: it must be one of jointech, jt808, gt06, teltonika"),
        ("alarm=closed", "alarm: it must be one of open"),
        ("limit=0", "limit: it must be a whole number from 1 to 1000"),
        ("limit=1001", "limit: it must be a whole number from 1 to 1000"),
        ("limit=many", "limit: it must be a whole number from 1 to 1000"),
        ("cursor=zz", "cursor: it must be the next_cursor of the page before"),
        ("colour=red", "unknown parameter `colour`, expected one of `search`, `protocol`"),
        ("sort=id&sort=id", "duplicate field `sort`"),
    ] {
        let problem = client.get(&format!("/devices?{query}")).await.is_problem(400, "bad-parameter");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(expect), "{query}: {detail}");
    }
    let long = format!("/devices?search={}", "x".repeat(65));
    client.get(&long).await.is_problem(400, "bad-parameter");
}

#[tokio::test]
async fn when_the_platform_is_down_it_says_so() {
    let world = World::new();
    let client = world.client("viewer").await;
    world.fake.is_down.store(true, std::sync::atomic::Ordering::Relaxed);
    let answer = client.get("/devices").await;
    answer.is_problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "2");
}

#[tokio::test]
async fn the_fleet_is_columns_of_one_length() {
    let world = World::new();
    world.fake.report(device(1), 0, vec![position(0, 543_227_180, -63_557_050)]);
    world.fake.report(device(2), 0, vec![plomb_model::Event::new(plomb_model::EventKind::Heartbeat)]);
    let client = world.client("viewer").await;
    let fleet = client.json("/fleet").await;
    assert_eq!(fleet["sequence"], 1);
    assert_eq!(fleet["id"], json!(["jointech:0000000001", "jointech:0000000002"]));
    assert_eq!(fleet["longitude_e7"], json!([-63_557_050, null]));
    assert_eq!(fleet["latitude_e7"], json!([543_227_180, null]));
    assert_eq!(fleet["course_deg"], json!([-1, -1]));
    assert_eq!(fleet["speed_kmh"], json!([-1, -1]));
    assert_eq!(fleet["condition"], json!(["normal", "normal"]));
    assert_eq!(fleet["last_received_at_ms"], json!([1_795_508_130_000_i64, 1_795_508_130_000_i64]));
    assert_eq!(fleet["protocol"], json!(["jointech", "jointech"]));

    let headers = [("authorization", client.bearer.as_str()), ("accept-encoding", "gzip")];
    let packed = world.call("GET", "/api/v1/fleet", &headers, &Value::Null).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let unpacked = flate2::read::GzDecoder::new(packed.body.as_ref());
    assert_eq!(serde_json::from_reader::<_, Value>(unpacked).unwrap(), fleet);
}

#[tokio::test]
async fn a_reading_that_is_due_is_shown_until_it_comes() {
    let world = World::new();
    world.fake.report(device(1), 0, vec![battery(0, 80)]);
    let client = world.client("operator").await;
    let path = format!("/api/v1/devices/{}/expectations", device(1));
    let body = json!({"gate": "reader:gate-1", "by": "2026-11-25T10:15:30+02:00"});
    let answer = client.call("POST", &path, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let expected = json!({"gate": "reader:gate-1", "by": "2026-11-25T08:15:30.000Z", "missed": false});
    assert_eq!(answer.json(), expected);
    let shown = client.json(&format!("/devices/{}", device(1))).await;
    assert_eq!(shown["expected_reads"], json!([expected]));
    assert_eq!(shown["standing"], "in-service");
    for (gate, by, what) in [
        ("gate-1", "2026-11-25T08:15:30Z", "gate: the identifier does not begin with a known scheme"),
        ("reader:gate-1", "tomorrow", "by: it must be a time"),
        ("reader:gate-1", "2026-11-24T08:15:30Z", "by: it must be in the future"),
        ("reader:gate-1", "2036-11-24T08:15:30Z", "by: it is more than 366 days ahead"),
    ] {
        let answer = client.call("POST", &path, &json!({"gate": gate, "by": by})).await;
        let problem = answer.is_problem(422, "unacceptable");
        assert!(problem["detail"].as_str().unwrap().starts_with(what), "{problem}");
    }
    for gate in 2..=16 {
        let body = json!({"gate": format!("reader:gate-{gate}"), "by": "2026-11-25T08:15:30Z"});
        assert_eq!(client.call("POST", &path, &body).await.status, 201);
    }
    let body = json!({"gate": "reader:gate-17", "by": "2026-11-25T08:15:30Z"});
    client.call("POST", &path, &body).await.is_problem(409, "conflict");
}
