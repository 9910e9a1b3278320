//! Commands to devices: what is asked of a request, four eyes, the same key, and the lists.

use serde_json::{Value, json};

use crate::client::{Answer, Client, World};
use crate::fake::{device, position};

const PATH: &str = "/api/v1/devices/jointech:0000000001/commands";

fn world() -> World {
    let world = World::new();
    world.fake.report(device(1), 0, vec![position(0, 1, 1)]);
    world
}

impl Client<'_> {
    async fn order(&self, key: &str, body: &Value) -> Answer {
        let headers = [("authorization", &*self.bearer), ("idempotency-key", key)];
        self.world.call("POST", PATH, &headers, body).await
    }

    async fn step(&self, command: &Value, step: &str) -> Answer {
        let body = if step == "refuse" { json!({"reason": "not here"}) } else { Value::Null };
        self.call("POST", &format!("/api/v1/commands/{}/{step}", command["id"]), &body).await
    }
}

#[tokio::test]
async fn an_unlocking_needs_a_second_person() {
    let world = world();
    let (operator, admin) = (world.client("operator").await, world.client("admin").await);
    let answer = operator.order("a", &json!({"kind": "unlock", "validity_s": 600})).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let command = answer.json();
    assert_eq!((&command["state"], &command["four_eyes"]), (&json!("created"), &json!(true)));
    assert_eq!(command["summary"], "open the lock");
    assert_eq!((&command["created_by"], &command["authorised_by"]), (&json!("operator"), &Value::Null));
    let problem = operator.step(&command, "authorise").await.is_problem(403, "another-person-needed");
    assert!(problem["detail"].as_str().unwrap().contains("somebody else"), "{problem}");
    let authorised = admin.step(&command, "authorise").await.json();
    assert_eq!((&authorised["state"], &authorised["authorised_by"]), (&json!("authorised"), &json!("admin")));
    let problem = admin.step(&command, "authorise").await.is_problem(409, "conflict");
    assert!(problem["detail"].as_str().unwrap().contains("authorised already"), "{problem}");
    admin.step(&command, "refuse").await.is_problem(409, "conflict");
    let cancelled = operator.step(&command, "cancel").await.json();
    assert_eq!(
        (&cancelled["state"], &cancelled["detail"]),
        (&json!("cancelled"), &json!("taken back by operator"))
    );
    assert_eq!(operator.json(&format!("/commands/{}", command["id"])).await, cancelled);
}

#[tokio::test]
async fn whoever_may_authorise_may_refuse() {
    let world = world();
    let (operator, admin) = (world.client("operator").await, world.client("admin").await);
    let command = operator.order("a", &json!({"kind": "unlock"})).await.json();
    let refused = admin.step(&command, "refuse").await.json();
    assert_eq!(
        (&refused["state"], &refused["detail"]),
        (&json!("refused"), &json!("refused by admin: not here"))
    );
    let path = format!("/api/v1/commands/{}/refuse", command["id"]);
    admin.call("POST", &path, &json!({"reason": "é".repeat(201)})).await.is_problem(422, "unacceptable");
}

#[tokio::test]
async fn the_same_key_is_the_same_command() {
    let world = world();
    let operator = world.client("operator").await;
    let body = json!({"kind": "reporting-interval", "seconds": 30});
    let first = operator.order("a", &body).await;
    let again = operator.order("a", &body).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    assert_eq!(first.json()["state"], "authorised", "it opens nothing");
    let problem = operator.order("a", &json!({"kind": "locate"})).await.is_problem(409, "conflict");
    assert!(problem["detail"].as_str().unwrap().contains("use a new key"), "{problem}");
    let other = world.client("admin").await.order("a", &json!({"kind": "locate"})).await;
    assert_eq!(other.status, 201, "keys are each account's own");
    let problem = operator.call("POST", PATH, &body).await.is_problem(400, "bad-parameter");
    assert!(problem["detail"].as_str().unwrap().contains("Idempotency-Key"), "{problem}");
    operator.order(&"a".repeat(129), &body).await.is_problem(400, "bad-parameter");
}

#[tokio::test]
async fn what_cannot_be_ordered_is_refused_with_what_can() {
    let world = world();
    let operator = world.client("operator").await;
    for (body, status, expect) in [
        (json!({"kind": "lock"}), 422, "it has unlock, unlock-sub-lock"),
        (json!({"kind": "reporting-interval"}), 422, "seconds: this kind of command needs it"),
        (json!({"kind": "text", "text": "A\nB"}), 422, "without control characters"),
        (json!({"kind": "locate", "validity_s": 0}), 422, "validity_s: it must be 1 to 604800"),
        (json!({"kind": "explode"}), 422, "it must be one of unlock, lock"),
        (json!({"kind": "locate", "when": 1}), 422, "unknown field `when`"),
    ] {
        let answer = operator.order("a", &body).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text());
        assert!(answer.json()["detail"].as_str().unwrap().contains(expect), "{body}: {}", answer.text());
    }
    let nobody = "/api/v1/devices/jointech:0000000009/commands";
    let headers = [("authorization", &*operator.bearer), ("idempotency-key", "a")];
    world.call("POST", nobody, &headers, &json!({"kind": "locate"})).await.is_problem(404, "not-found");
    operator.get("/devices/jointech:0000000009/commands").await.is_problem(404, "not-found");
    operator.get("/commands/9").await.is_problem(404, "not-found");
}

#[tokio::test]
async fn lists_show_what_is_open_page_by_page() {
    let world = world();
    let operator = world.client("operator").await;
    for number in 0..5 {
        assert_eq!(operator.order(&number.to_string(), &json!({"kind": "locate"})).await.status, 201);
    }
    let unlock = operator.order("u", &json!({"kind": "unlock"})).await.json();
    operator.step(&json!({"id": 1}), "cancel").await;
    let ids = |items: &[Value]| items.iter().map(|item| item["id"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(ids(&operator.all("/commands?limit=2").await), [6, 5, 4, 3, 2]);
    assert_eq!(ids(&operator.all("/commands?state=all").await), [6, 5, 4, 3, 2, 1]);
    assert_eq!(ids(&operator.all("/commands?state=cancelled").await), [1]);
    assert_eq!(operator.json("/commands?state=created").await["items"], json!([unlock]));
    assert_eq!(operator.json("/commands?device=jointech:0000000002").await["total"], 0);
    let problem = operator.get("/commands?state=new").await.is_problem(400, "bad-parameter");
    assert!(problem["detail"].as_str().unwrap().contains("one of open, all, created"), "{problem}");
    let of_device = operator.json("/devices/jointech:0000000001/commands").await;
    assert_eq!(ids(of_device["items"].as_array().unwrap()), [6, 5, 4, 3, 2, 1]);
    assert!(of_device["can"].as_array().unwrap().contains(&json!("unlock")));
}
