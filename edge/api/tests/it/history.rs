//! History and track of a device.

use plomb_model::{Event, EventKind, Reading};
use serde_json::{Value, json};

use crate::client::World;
use crate::fake::{at, battery, device, position};

const PATH: &str = "/devices/jointech:0000000001/history";

/// 25 reports of one to three events, of two devices in turn.
fn world() -> World {
    let world = World::new();
    for number in 0..50_u32 {
        let seconds = i64::from(number) * 60;
        let events = (0..=number % 3).map(|index| position(seconds + i64::from(index), 1, 1)).collect();
        world.fake.report(device(1 + number % 2), seconds + 5, events);
    }
    world
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_join_without_gap_or_overlap_in_both_orders() {
    let world = world();
    let client = world.client("viewer").await;
    let mut expect: Vec<String> = Vec::new();
    for entry in (0..50).step_by(2) {
        expect.extend((0..=entry % 3).map(|index| format!("{entry}-{index}")));
    }
    for limit in [1, 2, 3, 5, 7, 1_000] {
        let oldest_first = client.all(&format!("{PATH}?order=asc&limit={limit}")).await;
        assert_eq!(ids(&oldest_first), expect, "limit {limit}");
        let newest_first = client.all(&format!("{PATH}?limit={limit}")).await;
        let reversed: Vec<String> = expect.iter().rev().cloned().collect();
        assert_eq!(ids(&newest_first), reversed, "limit {limit}");
    }
}

#[tokio::test]
async fn a_range_is_by_when_it_happened_from_inclusive_to_exclusive() {
    let world = world();
    let client = world.client("viewer").await;
    let (from, to) = (at(121).0, at(241).0);
    let found = client.all(&format!("{PATH}?order=asc&from={from}&to={to}")).await;
    assert_eq!(ids(&found), ["2-1", "2-2", "4-0"], "an event outside is left out though its report is found");
    assert_eq!(found[0]["occurred_at"], from.to_string());
    let problem = client.get(&format!("{PATH}?from=yesterday")).await.is_problem(400, "bad-parameter");
    assert!(problem["detail"].as_str().unwrap().starts_with("from: it must be a time"), "{problem}");
    client.get(&format!("{PATH}?cursor=5")).await.is_problem(400, "bad-parameter");
    client.get(&format!("{PATH}?format=xml")).await.is_problem(400, "bad-parameter");
}

#[tokio::test]
async fn late_reports_stand_where_they_happened_on_every_page() {
    let world = World::new();
    for number in 0..20 {
        // Every third report comes out of the device's memory, an hour late.
        let seconds = if number % 3 == 0 { number * 60 - 3_600 } else { number * 60 };
        world.fake.report(device(1), number * 60, vec![position(seconds, 1, number)]);
    }
    let client = world.client("viewer").await;
    let times = |events: &[Value]| -> Vec<String> {
        events.iter().map(|event| event["occurred_at"].as_str().unwrap().to_owned()).collect()
    };
    for limit in [1, 3, 8, 100] {
        let oldest_first = times(&client.all(&format!("{PATH}?order=asc&limit={limit}")).await);
        assert_eq!(oldest_first.len(), 20);
        assert!(oldest_first.is_sorted(), "{oldest_first:?}");
        let mut newest_first = times(&client.all(&format!("{PATH}?order=desc&limit={limit}")).await);
        newest_first.reverse();
        assert_eq!(newest_first, oldest_first);
    }
}

#[tokio::test]
async fn an_event_is_told_as_documented() {
    let world = World::new();
    world.fake.report(device(1), 7, vec![battery(5, 100)]);
    let client = world.client("viewer").await;
    let page = client.json(PATH).await;
    assert_eq!(page["next_cursor"], Value::Null);
    let event = &page["items"][0];
    assert_eq!(event["entry"], 0);
    assert_eq!(event["device"], "jointech:0000000001");
    assert_eq!(event["kind"], "position");
    assert_eq!(event["delivery"], "live");
    assert_eq!(event["occurred_at"], "2026-11-24T08:15:35.000Z");
    assert_eq!(event["received_at"], "2026-11-24T08:15:37.000Z");
    assert_eq!(event["readings"], json!([{"name": "battery", "value": 100, "unit": "%", "text": "100 %"}]));
    assert_eq!(event["duplicate"], false);
    assert_eq!(event["signals"], json!([]));
}

#[tokio::test]
async fn csv_has_the_same_rows_all_at_once() {
    let world = world();
    let client = world.client("viewer").await;
    let path = format!("/api/v1{PATH}?order=asc");
    let bearer = ("authorization", client.bearer.as_str());
    let by_header = world.call("GET", &path, &[bearer, ("accept", "text/csv")], &Value::Null).await;
    let by_format = client.get(&format!("{PATH}?order=asc&format=csv")).await;
    assert_eq!(by_header.body, by_format.body);
    assert_eq!(by_format.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert!(by_format.header("content-disposition").contains("jointech-0000000001-history.csv"));
    assert_eq!(by_format.header("x-plomb-rows-max"), "500000");
    let text = by_format.text();
    let mut lines = text.split_terminator("\r\n");
    assert!(lines.next().unwrap().starts_with("id,device,peripheral,kind,occurred_at,received_at"));
    let rows: Vec<String> = lines.map(|line| line.split(',').next().unwrap().to_owned()).collect();
    let events = client.all(&format!("{PATH}?order=asc")).await;
    assert_eq!(rows, ids(&events));
    let json = world.call("GET", &path, &[bearer, ("accept", "*/*")], &Value::Null).await;
    assert_eq!(json.header("content-type"), "application/json");
}

#[tokio::test]
async fn text_of_a_device_cannot_become_a_formula() {
    let world = World::new();
    let mut event = Event::new(EventKind::Message);
    event.readings.push(Reading::Text("=cmd|' /C calc'!A0, \"x\"".into()));
    event.readings.push(Reading::Code { name: "=2+3".into(), value: 1 });
    event.readings.rotate_left(1);
    world.fake.report(device(1), 0, vec![event]);
    let client = world.client("viewer").await;
    let text = client.get(&format!("{PATH}?format=csv")).await.text();
    assert!(text.contains("\"'=2+3: 1; text: =cmd|' /C calc'!A0, \"\"x\"\"\""), "{text}");
}

#[tokio::test]
async fn a_peripheral_has_the_events_that_are_about_it() {
    let world = World::new();
    let sub_lock = "jointech-sensor:0A1B2C3D4E".parse().unwrap();
    let mut about = position(0, 1, 1);
    about.peripheral = Some(sub_lock);
    world.fake.report(device(1), 0, vec![position(0, 2, 2), about.clone()]);
    world.fake.report(device(1), 60, vec![position(60, 3, 3)]);
    let client = world.client("viewer").await;
    let found = client.all("/devices/jointech-sensor:0A1B2C3D4E/history").await;
    assert_eq!(ids(&found), ["0-1"]);
    assert_eq!(found[0]["peripheral"], "jointech-sensor:0A1B2C3D4E");
    let device = client.json("/devices/jointech-sensor:0A1B2C3D4E").await;
    assert_eq!(
        (&device["class"], &device["heard_through"]),
        (&json!("semi-active"), &json!("jointech:0000000001"))
    );
    assert_eq!(client.all(PATH).await.len(), 3);
    let track = client.json("/devices/jointech-sensor:0A1B2C3D4E/track").await;
    assert_eq!(track["points"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_is_a_problem() {
    let world = world();
    let client = world.client("viewer").await;
    world.fake.is_down.store(true, std::sync::atomic::Ordering::Relaxed);
    client.get(PATH).await.is_problem(503, "unavailable");
}

#[tokio::test]
async fn a_track_is_in_the_order_of_happening_without_repeats() {
    let world = World::new();
    world.fake.report(device(1), 10, vec![position(10, 100, 100)]);
    world.fake.report(device(1), 600, vec![position(600, 400, 400)]);
    world.fake.report(device(1), 601, vec![position(300, 200, 200), position(400, 300, 300)]);
    world.fake.report(device(1), 602, vec![position(300, 200, 200)]);
    let client = world.client("viewer").await;
    let track = client.json("/devices/jointech:0000000001/track").await;
    assert_eq!(track["simplified"], false);
    let begin = at(0).0.as_millis();
    let expect: Vec<Value> = [(10, 1e-5), (300, 2e-5), (400, 3e-5), (600, 4e-5)]
        .map(|(seconds, degrees)| json!([degrees, degrees, begin + seconds * 1_000, null]))
        .into();
    assert_eq!(track["points"], json!(expect));
    let path = format!("/devices/jointech:0000000001/track?from={}&to={}", at(300).0, at(600).0);
    let part = client.json(&path).await;
    assert_eq!(part["points"].as_array().unwrap().len(), 2);
    assert_eq!(track["points"][1], part["points"][0], "late reports are found by when they happened");
}

#[tokio::test]
async fn a_long_track_is_simplified_to_the_points_asked_for() {
    let world = World::new();
    for number in 0..300_i64 {
        world.fake.report(device(1), number * 60, vec![position(number * 60, number % 7, number * 100)]);
    }
    let client = world.client("viewer").await;
    let track = client.json("/devices/jointech:0000000001/track?points=50").await;
    assert_eq!(track["simplified"], true);
    assert_eq!(track["points"].as_array().unwrap().len(), 50);
    client.get("/devices/jointech:0000000001/track?points=1").await.is_problem(400, "bad-parameter");
    client.get("/devices/jointech:0000000001/track?points=10001").await.is_problem(400, "bad-parameter");
}
