//! Cases over HTTP: found, worked on, handed over, resolved, and counted.

use plomb_model::{Signal, Signals};
use serde_json::{Value, json};

use crate::client::{Client, World};
use crate::fake::{device, position};

/// Five devices whose seal was cut, one a minute.
fn world() -> World {
    let world = World::new();
    for number in 0..5_u32 {
        let seconds = i64::from(number) * 60;
        let mut event = position(seconds, 1, 1);
        event.signals = Signals::from(Signal::RopeCut);
        world.fake.report(device(number), seconds, vec![event]);
    }
    world
}

async fn step(client: &Client<'_>, id: u64, step: &str, fields: Value) -> Value {
    let answer = client.call("POST", &format!("/api/v1/cases/{id}/steps/{step}"), &fields).await;
    assert_eq!(answer.status, 200, "{step}: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_case_is_worked_on_until_it_has_an_outcome() {
    let world = world();
    let (ann, ben) = (world.client("operator").await, world.client("admin").await);
    let list = ann.json("/cases?limit=2").await;
    assert_eq!((&list["total"], &list["next_cursor"]), (&json!(5), &json!("2")));
    let first = &list["items"][0];
    assert_eq!(
        (&first["id"], &first["priority"], &first["state"]),
        (&json!(5), &json!("critical"), &json!("open"))
    );
    assert_eq!(ann.json("/cases?limit=2&cursor=4").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(ann.json("/cases?device=jointech:0000000003").await["items"][0]["id"], 4);
    let case = ann.json("/cases/1").await;
    assert_eq!((&case["alarms"][0]["kind"], &case["level"]), (&json!("seal-cut"), &json!(0)));
    assert!(case["steps"].as_array().unwrap().contains(&json!("assess")), "{case}");

    let path = |step: &str| format!("/api/v1/cases/1/steps/{step}");
    ann.call("POST", &path("resolve"), &json!({"outcome": "violation", "note": "n"}))
        .await
        .is_problem(409, "conflict");
    ann.call("POST", &path("assess"), &json!({"action": "guessed"})).await.is_problem(422, "unacceptable");
    ann.call("POST", &path("on-scene"), &json!({})).await.is_problem(409, "conflict");
    ann.call("POST", &path("hand-over"), &json!({"to": "ben"})).await.is_problem(409, "conflict");
    ann.call("POST", "/api/v1/cases/77/steps/note", &json!({"note": "n"})).await.is_problem(404, "not-found");
    ann.call("POST", "/api/v1/cases/0/steps/hand-over", &json!({"to": "x"}))
        .await
        .is_problem(404, "not-found");

    step(&ann, 1, "assess", json!({"action": "called-driver", "note": "He answers"})).await;
    let alarm = ann.json("/alarms/1").await;
    assert_eq!(
        alarm["acknowledged"]["reason"], "case-1",
        "whoever works on a case has taken note of its alarms"
    );
    step(&ann, 1, "dispatch", json!({"unit": "Patrol 4"})).await;
    step(&ann, 1, "on-scene", json!({})).await;
    let resolved =
        step(&ann, 1, "resolve", json!({"outcome": "excused", "note": "Fire", "evidence": "Report 12"}))
            .await;
    assert_eq!((&resolved["state"], &resolved["outcome"]), (&json!("resolved"), &json!("excused")));
    assert_eq!(resolved["history"].as_array().unwrap().len(), 4);
    assert_eq!(resolved["history"][1]["fields"], json!({"unit": "Patrol 4"}));
    assert_eq!(ann.json("/cases").await["total"], 4);
    assert_eq!(ann.json("/cases?state=resolved").await["total"], 1);
    assert_eq!(ann.json("/cases?state=all").await["total"], 5);
    ann.get("/cases?state=gone").await.is_problem(400, "bad-parameter");

    step(&ann, 2, "acknowledge", json!({})).await;
    step(&ann, 3, "acknowledge", json!({})).await;
    let theirs =
        ann.call("POST", "/api/v1/cases/hand-over", &json!({"to": "ben", "note": "night"})).await.json();
    assert_eq!(theirs["total"], 2);
    assert_eq!(ben.json("/cases?assignee=ben").await["total"], 2);
    assert_eq!(ben.json("/cases?assignee=nobody").await["total"], 2);

    let figures = ben.json("/cases/figures?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z").await;
    assert_eq!((&figures["all"]["cases"], &figures["all"]["outcomes"]["excused"]), (&json!(5), &json!(1)));
    assert_eq!((&figures["open"], &figures["unacknowledged"]), (&json!(4), &json!(2)));
    assert_eq!(figures["by_rule"][0]["name"], "seal-cut");
    assert_eq!(figures["by_rule"][0]["false_rate"], 0.0);
    assert_eq!((&figures["acknowledge_s"]["count"], &figures["load"]["alarms"]), (&json!(3), &json!(5)));
    ben.get("/cases/figures?from=2026-12-01T00:00:00Z&to=2026-11-01T00:00:00Z")
        .await
        .is_problem(400, "bad-parameter");
}
