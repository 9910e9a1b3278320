//! The live stream: order, batching, resuming, beginning anew.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::StatusCode;
use futures_util::StreamExt;
use plomb_api::{Update, UpdateChange};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::client::{Client, World, request};
use crate::fake::{battery, device, position};

/// An open stream, read event by event.
struct Events {
    body: BodyDataStream,
    text: String,
}

#[derive(Debug, PartialEq)]
struct Event {
    id: Option<u64>,
    name: String,
    data: Value,
}

impl Events {
    async fn open(client: &Client<'_>, query: &str, headers: &[(&str, &str)]) -> Self {
        let mut headers = headers.to_vec();
        headers.push(("authorization", &client.bearer));
        let path = format!("/api/v1/stream{query}");
        let response = client.world.open(request("GET", &path, &headers, &Value::Null)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        assert_eq!(response.headers().get("content-encoding"), None);
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next block of lines; `None` at the end of the stream.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                return Some(block);
            }
            let bytes = self.body.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// The next event, comments passed over.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            if let Some(name) = field("event") {
                return Some(Event {
                    id: field("id").map(|id| id.parse().unwrap()),
                    name: name.to_owned(),
                    data: serde_json::from_str(field("data").unwrap()).unwrap(),
                });
            }
        }
    }

    async fn expect(&mut self, name: &str) -> Event {
        let event = self.next().await.unwrap();
        assert_eq!(event.name, name, "{event:?}");
        event
    }
}

#[tokio::test(start_paused = true)]
async fn it_begins_with_hello() {
    let world = World::new();
    world.fake.report(device(1), 0, vec![battery(0, 90)]);
    let client = world.client("viewer").await;
    let hello = Events::open(&client, "", &[]).await.expect("hello").await;
    assert_eq!(hello.id, Some(0));
    assert_eq!(
        hello.data,
        json!({"sequence": 0, "server_time": "2026-11-24T08:32:10.000Z", "version": "0.1.0"})
    );
}

#[tokio::test(start_paused = true)]
async fn alarms_come_at_once_and_positions_once_a_second() {
    let world = World::new();
    let client = world.client("viewer").await;
    let mut events = Events::open(&client, "", &[]).await;
    events.expect("hello").await;
    let began_at = Instant::now();
    world.fake.report(device(1), 0, vec![battery(0, 5)]);
    let alarm = events.expect("alarm").await;
    assert_eq!(began_at.elapsed(), Duration::ZERO);
    assert_eq!(alarm.id, Some(0));
    assert_eq!(alarm.data["kind"], "low-battery");
    let first = events.expect("positions").await;
    assert_eq!(began_at.elapsed(), Duration::ZERO, "the first batch need not wait");
    assert_eq!(first.data["items"].as_array().unwrap().len(), 1);
    for number in 0..20 {
        world.fake.report(device(2), number, vec![position(number, number, 7)]);
        world.fake.report(device(3), number, vec![position(number, number, 9)]);
    }
    let batch = events.expect("positions").await;
    assert_eq!(began_at.elapsed().as_secs(), 1);
    assert_eq!(
        batch.data["items"],
        json!([
            ["jointech:0000000002", 7, 19, -1, -1, "normal", 1_795_508_149_000_i64, "jointech"],
            ["jointech:0000000003", 9, 19, -1, -1, "normal", 1_795_508_149_000_i64, "jointech"],
        ]),
        "the latest of each device, once"
    );
    assert_eq!(batch.id, Some(40));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_is_given_what_it_missed() {
    let world = World::new();
    let client = world.client("viewer").await;
    for number in 0..4_u32 {
        world.fake.report(device(number), 0, vec![battery(0, 5)]);
    }
    for (query, headers) in [("?after=2", vec![]), ("?after=0", vec![("last-event-id", "2")])] {
        let mut events = Events::open(&client, query, &headers).await;
        let hello = events.expect("hello").await;
        assert_eq!(hello.id, None, "it would hide what follows if the line broke here");
        let mut alarms = Vec::new();
        for _ in 0..2 {
            alarms.push(events.expect("alarm").await);
        }
        let ids: Vec<_> = alarms.iter().map(|alarm| alarm.id.unwrap()).collect();
        assert_eq!(ids, [2, 3], "the last one again: several events may share a number");
    }
}

#[tokio::test(start_paused = true)]
async fn positions_that_waited_while_nobody_listened_are_given_too() {
    let world = World::new();
    let client = world.client("viewer").await;
    world.fake.report(device(1), 0, vec![position(0, 1, 1)]);
    world.fake.report(device(2), 0, vec![position(0, 1, 1)]);
    let mut events = Events::open(&client, "?after=1", &[]).await;
    events.expect("hello").await;
    let batch = events.expect("positions").await;
    assert_eq!(batch.data["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_longer_kept_means_begin_anew() {
    let world = World::new();
    let client = world.client("viewer").await;
    world.fake.report(device(1), 0, vec![battery(0, 5)]);
    let alarm = world.client("viewer").await.json("/alarms/1").await;
    for sequence in 1..6_000 {
        republish(&world, sequence);
    }
    let mut events = Events::open(&client, "?after=3", &[]).await;
    events.expect("hello").await;
    let reset = events.expect("reset").await;
    assert_eq!(reset.id, Some(5_999));
    assert_eq!(reset.data["reason"], "what was missed is no longer kept");
    world.fake.report(device(9), 0, vec![battery(0, 5)]);
    assert_eq!(events.expect("alarm").await.data["device"], "jointech:0000000009", "{alarm}");
}

#[tokio::test(start_paused = true)]
async fn a_number_of_another_journal_means_begin_anew() {
    let world = World::new();
    let client = world.client("viewer").await;
    world.fake.report(device(1), 0, vec![battery(0, 5)]);
    let mut events = Events::open(&client, "?after=77", &[]).await;
    events.expect("hello").await;
    assert_eq!(events.expect("reset").await.data["reason"], "the sequence number is not of this journal");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_too_slowly_begins_anew() {
    let world = World::new();
    let client = world.client("viewer").await;
    let mut events = Events::open(&client, "", &[]).await;
    events.expect("hello").await;
    world.fake.report(device(1), 0, vec![battery(0, 5)]);
    for sequence in 1..6_000 {
        republish(&world, sequence);
    }
    assert_eq!(events.expect("reset").await.data["reason"], "the client reads too slowly");
    world.fake.report(device(2), 0, vec![battery(0, 5)]);
    loop {
        let event = events.next().await.unwrap();
        if event.name == "alarm" {
            assert_eq!(event.data["device"], "jointech:0000000002");
            break;
        }
    }
    let metrics = world.call("GET", "/metrics", &[], &Value::Null).await.text();
    assert!(metrics.contains("plomb_api_stream_resets_total 1\n"), "{metrics}");
    assert!(metrics.contains("plomb_api_streams 1\n"), "{metrics}");
    drop(events);
    let metrics = world.call("GET", "/metrics", &[], &Value::Null).await.text();
    assert!(metrics.contains("plomb_api_streams 0\n"), "{metrics}");
}

#[tokio::test]
async fn a_command_is_told_as_the_api_tells_it() {
    let world = World::new();
    world.fake.report(device(1), 0, vec![position(0, 1, 1)]);
    let client = world.client("operator").await;
    let path = "/api/v1/devices/jointech:0000000001/commands";
    let headers = [("authorization", &*client.bearer), ("idempotency-key", "a")];
    let created = world.call("POST", path, &headers, &json!({"kind": "unlock"})).await.json();
    let mut events = Events::open(&client, "", &[]).await;
    events.expect("hello").await;
    let (send, receive) = std::sync::mpsc::channel();
    let ask = Box::new(move |state: &plomb_rules::State| {
        send.send(state.commands.iter().next().unwrap().clone()).unwrap();
    });
    plomb_api::Platform::ask(world.fake.as_ref(), ask).unwrap();
    let change = UpdateChange::Command(Box::new(receive.recv().unwrap()));
    world.fake.ring.publish([Update { sequence: 900, change }]);
    let told = events.expect("command").await;
    assert_eq!((told.id, told.data), (Some(900), created));
}

/// Tells an alarm again under another number.
fn republish(world: &World, sequence: u64) {
    let id = plomb_model::AlarmId(1);
    let (send, receive) = std::sync::mpsc::channel();
    plomb_api::Platform::ask(
        world.fake.as_ref(),
        Box::new(move |state| send.send(state.alarms.get(id).unwrap().clone()).unwrap()),
    )
    .unwrap();
    let alarm = Box::new(receive.recv().unwrap());
    let change = UpdateChange::Alarm(plomb_model::AlarmChange::Repeated, alarm);
    world.fake.ring.publish([Update { sequence, change }]);
}

#[tokio::test(start_paused = true)]
async fn a_comment_keeps_the_line_open_every_ten_seconds() {
    let world = World::new();
    let client = world.client("viewer").await;
    let mut events = Events::open(&client, "", &[]).await;
    events.expect("hello").await;
    let began_at = Instant::now();
    for seconds in [10, 20] {
        assert_eq!(events.block().await.unwrap(), ": ping");
        assert_eq!(began_at.elapsed().as_secs(), seconds);
    }
}

#[tokio::test]
async fn a_stream_keeps_its_session_alive_and_ends_with_it() {
    let world = World::new();
    let client = world.client("viewer").await;
    let mut events = Events::open(&client, "", &[]).await;
    events.expect("hello").await;
    client.call("DELETE", "/api/v1/session", &Value::Null).await;
    // Hours of pings pass in a moment, but the look at the session runs on a real thread.
    tokio::time::pause();
    let ended = timeout(Duration::from_secs(60), events.expect("reset")).await.unwrap();
    assert_eq!((ended.id, ended.data), (None, json!({"reason": "the session has ended"})));
    assert_eq!(events.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn streams_end_when_the_server_stops() {
    let world = World::new();
    let client = world.client("viewer").await;
    let mut events = Events::open(&client, "", &[]).await;
    events.expect("hello").await;
    world.fake.ring.close();
    assert_eq!(events.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn there_is_room_for_so_many_streams() {
    let world = World::new();
    let client = world.client("viewer").await;
    let mut open = Vec::new();
    for _ in 0..500 {
        open.push(Events::open(&client, "", &[]).await);
    }
    client.get("/stream").await.is_problem(503, "too-many");
    open.pop();
    Events::open(&client, "", &[]).await.expect("hello").await;
}

#[tokio::test]
async fn numbers_that_are_none_are_refused() {
    let world = World::new();
    let client = world.client("viewer").await;
    client.get("/stream?after=x").await.is_problem(400, "bad-parameter");
    let headers = [("authorization", client.bearer.as_str()), ("last-event-id", "x")];
    let answer = world.call("GET", "/api/v1/stream", &headers, &Value::Null).await;
    answer.is_problem(400, "bad-parameter");
}
