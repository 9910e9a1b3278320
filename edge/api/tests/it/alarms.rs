//! Alarms: shape, filters, order, paging, and taking note.

use plomb_model::{Signal, Signals};
use serde_json::{Value, json};

use crate::client::World;
use crate::fake::{battery, device, position};

/// Ten devices with a low battery, every other one with a cut seal, one a minute.
fn world() -> World {
    let world = World::new();
    for number in 0..10_u32 {
        let seconds = i64::from(number) * 60;
        let mut event = battery(seconds, 5);
        if number % 2 == 0 {
            event.signals = Signals::from(Signal::RopeCut);
        }
        world.fake.report(device(number), seconds, vec![event]);
    }
    world
}

fn rows(items: &[Value]) -> Vec<(String, i64)> {
    items.iter().map(|a| (a["priority"].as_str().unwrap().to_owned(), a["id"].as_i64().unwrap())).collect()
}

#[tokio::test]
async fn worst_and_newest_come_first_on_pages_that_join() {
    let world = world();
    let client = world.client("viewer").await;
    let whole = client.json("/alarms").await;
    assert_eq!((&whole["total"], &whole["next_cursor"]), (&json!(15), &Value::Null));
    let items = whole["items"].as_array().unwrap();
    let priorities: Vec<&str> = items.iter().map(|alarm| alarm["priority"].as_str().unwrap()).collect();
    assert_eq!(priorities, [vec!["critical"; 5], vec!["medium"; 10]].concat());
    let numbers: Vec<i64> = items.iter().map(|alarm| alarm["id"].as_i64().unwrap()).collect();
    assert!(
        numbers[..5].is_sorted_by(|a, b| a > b) && numbers[5..].is_sorted_by(|a, b| a > b),
        "{numbers:?}"
    );
    for limit in [1, 2, 4, 7] {
        assert_eq!(rows(&client.all(&format!("/alarms?limit={limit}")).await), rows(items), "limit {limit}");
    }
}

#[tokio::test]
async fn an_alarm_is_told_with_its_catalogue_entry() {
    let world = world();
    let client = world.client("viewer").await;
    let list = client.json("/alarms?kind=seal-cut&device=jointech:0000000000").await;
    let alarm = &list["items"][0];
    assert_eq!(alarm["title"], "Seal cut");
    assert_eq!(alarm["state"], "raised");
    assert_eq!(alarm["device"], "jointech:0000000000");
    assert_eq!(alarm["occurred_at"], "2026-11-24T08:15:30.000Z");
    assert_eq!(alarm["raised_at"], "2026-11-24T08:15:30.000Z");
    assert_eq!(alarm["cleared_at"], Value::Null);
    assert_eq!(alarm["acknowledged"], Value::Null);
    assert_eq!(alarm["causes"], json!(["0-0"]));
    assert_eq!(alarm["repeats"], 0);
    assert_eq!(alarm["late"], false);
    assert!(alarm["what_to_do"].as_str().unwrap().starts_with("Dispatch"));
    assert!(alarm["position"]["valid"].as_bool().unwrap());
    let number = alarm["id"].as_u64().unwrap();
    assert_eq!(&client.json(&format!("/alarms/{number}")).await, alarm);
}

#[tokio::test]
async fn filters() {
    let world = world();
    world.fake.report(device(1), 700, vec![battery(700, 80)]);
    let client = world.client("operator").await;
    let total = async |query: &str| client.json(&format!("/alarms?{query}")).await["total"].clone();
    assert_eq!(total("").await, 15);
    assert_eq!(total("state=all").await, 15);
    assert_eq!(total("state=cleared").await, 1);
    assert_eq!(total("state=raised").await, 14);
    assert_eq!(total("kind=low-battery").await, 10);
    assert_eq!(total("priority=critical").await, 5);
    assert_eq!(total("device=jointech:0000000002").await, 2);
    assert_eq!(total("from=2026-11-24T08:20:30Z&to=2026-11-24T08:21:30Z").await, 1);
    let body = json!({"reason": "seen"});
    let cleared = client.json("/alarms?state=cleared").await["items"][0]["id"].clone();
    let closed = client.call("POST", &format!("/api/v1/alarms/{cleared}/acknowledge"), &body).await;
    assert_eq!(closed.json()["state"], "closed");
    assert_eq!((total("").await, total("state=closed").await), (json!(14), json!(1)));
    for (query, expect) in [
        ("state=new", "state: it must be one of open, raised, acknowledged, cleared, closed, all"),
        ("kind=fire", "kind: it must be one of seal-cut"),
        ("priority=1", "priority: it must be one of critical, high, medium, low"),
        ("device=7", "device: the identifier does not begin with a known scheme"),
        ("cursor=1", "cursor: it must be"),
        ("to=soon", "to: it must be a time"),
    ] {
        let problem = client.get(&format!("/alarms?{query}")).await.is_problem(400, "bad-parameter");
        assert!(problem["detail"].as_str().unwrap().contains(expect), "{query}: {problem}");
    }
}

#[tokio::test]
async fn taking_note_names_who_when_and_why() {
    let world = World::new();
    world.fake.report(device(1), 0, vec![position(0, 1, 1), battery(1, 5)]);
    let client = world.client("operator").await;
    let body = json!({"reason": "called-driver", "note": "Will charge at the next post.\nETA 14:00"});
    let answer = client.call("POST", "/api/v1/alarms/1/acknowledge", &body).await;
    assert_eq!(answer.status, 200);
    let alarm = answer.json();
    assert_eq!(alarm["state"], "acknowledged");
    assert_eq!(
        alarm["acknowledged"],
        json!({"by": "operator", "at": "2026-11-24T08:23:50.000Z", "reason": "called-driver",
               "note": "Will charge at the next post.\nETA 14:00"})
    );
}

#[tokio::test]
async fn notes_that_cannot_be_taken_are_refused() {
    let world = World::new();
    world.fake.report(device(1), 0, vec![battery(1, 5)]);
    let client = world.client("operator").await;
    let path = "/api/v1/alarms/1/acknowledge";
    let note = |reason: &str, length: usize| json!({"reason": reason, "note": "é".repeat(length)});
    for body in [note("", 0), note("Called driver", 0), note(&"a".repeat(41), 0), note("fine", 1_001)] {
        client.call("POST", path, &body).await.is_problem(422, "unacceptable");
    }
    client.call("POST", path, &json!({"note": "x"})).await.is_problem(422, "bad-body");
    client
        .call("POST", "/api/v1/alarms/99/acknowledge", &note("fine", 10))
        .await
        .is_problem(404, "not-found");
    client
        .call("POST", "/api/v1/alarms/x/acknowledge", &note("fine", 0))
        .await
        .is_problem(400, "bad-parameter");
    client.get("/alarms/99").await.is_problem(404, "not-found");
    assert_eq!(client.call("POST", path, &note("fine", 1_000)).await.status, 200);
}
