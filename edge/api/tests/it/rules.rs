//! Changes of the rules: proposed by one person, approved by another.

use serde_json::{Value, json};

use crate::client::World;

#[tokio::test]
async fn a_change_takes_a_second_person_and_is_kept_with_its_number() {
    let world = World::new();
    let (analyst, leader) = (world.client("operator").await, world.client("admin").await);
    assert_eq!(analyst.json("/rules").await["settings"]["late_s"], 300);
    let change = json!({"rules": {"late_s": 600, "stop_m": 250}, "reason": "the new road has no network"});
    let answer = analyst.call("POST", "/api/v1/rules/changes", &change).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!((&answer.json()["number"], &answer.json()["state"]), (&json!(1), &json!("proposed")));
    assert_eq!(analyst.json("/rules").await["settings"]["late_s"], 300, "nothing is in force yet");
    let own = analyst.call("POST", "/api/v1/rules/changes/1/approve", &Value::Null).await;
    assert!(
        own.is_problem(403, "another-person-needed")["detail"].as_str().unwrap().contains("second person")
    );
    let approved = leader.call("POST", "/api/v1/rules/changes/1/approve", &Value::Null).await;
    assert_eq!((approved.status.as_u16(), &approved.json()["state"]), (200, &json!("approved")));
    let rules = analyst.json("/rules").await;
    assert_eq!((&rules["settings"]["late_s"], &rules["settings"]["stop_m"]), (&json!(600), &json!(250)));
    assert_eq!(rules["changes"][0]["decided_by"], "admin");
    leader.call("POST", "/api/v1/rules/changes/1/approve", &Value::Null).await.is_problem(409, "conflict");

    let second = json!({"rules": {"late_s": 30}, "reason": "try"});
    assert_eq!(leader.call("POST", "/api/v1/rules/changes", &second).await.json()["number"], 2);
    let refused =
        analyst.call("POST", "/api/v1/rules/changes/2/refuse", &json!({"reason": "too nervous"})).await;
    assert_eq!(refused.json()["refusal"], "too nervous");
    assert_eq!(analyst.json("/rules").await["settings"]["late_s"], 600);
    for (change, what) in [
        (json!({"rules": {}, "reason": "r"}), "at least one setting"),
        (json!({"rules": {"late_s": 30}, "reason": " "}), "reason"),
        (json!({"rules": {"no_such": 30}, "reason": "r"}), "no_such"),
    ] {
        let problem =
            analyst.call("POST", "/api/v1/rules/changes", &change).await.is_problem(422, "unacceptable");
        assert!(problem["detail"].as_str().unwrap().contains(what), "{problem}");
    }
}
