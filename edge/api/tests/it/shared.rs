//! Links for people without an account.

use serde_json::{Value, json};

use crate::client::World;
use crate::fake::{battery, device};
use crate::movements::{declaration, step};

#[tokio::test]
async fn a_shipper_looks_a_driver_reports_and_nobody_else_does_anything() {
    let world = World::new();
    let officer = world.client("operator").await;
    let mut declared = declaration("LRN-1");
    declared["policy"] = json!("in");
    assert_eq!(officer.call("POST", "/api/v1/movements", &declared).await.status, 201);
    step(&officer, 1, "submit", json!({})).await;
    step(&officer, 1, "accept", json!({"mrn": "26ZW1"})).await;
    step(&officer, 1, "book", json!({"class": "active"})).await;
    world.fake.report(device(7), 0, vec![battery(990, 80)]);
    step(&officer, 1, "arm", json!({"unit": "CSQU3054383", "device": "jointech:0000000007", "reason": "r"}))
        .await;
    step(&officer, 1, "depart", json!({})).await;
    let make = async |audience: &str| {
        let asked = json!({"audience": audience, "hours": 48});
        let answer = officer.call("POST", "/api/v1/movements/1/links", &asked).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["path"].as_str().unwrap().trim_start_matches("/s/").to_owned()
    };
    let (shipper, driver) = (make("shipper").await, make("driver").await);
    let get =
        async |token: &str| world.call("GET", &format!("/api/v1/shared/{token}"), &[], &Value::Null).await;
    let seen = get(&shipper).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    let view = seen.json();
    assert_eq!(
        (&view["state"], &view["lrn"], &view["seals_whole"]),
        (&json!("in-transit"), &json!("LRN-1"), &json!(true))
    );
    assert!(view["position"]["latitude"].is_number() && view["limit"].is_string(), "{view}");
    for text in ["Beira Freight", "12000", "2710", "G-1", "jointech", "operator"] {
        assert!(!seen.text().contains(text), "{text} is nobody's business here: {view}");
    }

    let report = async |token: &str, body: Value| {
        world.call("POST", &format!("/api/v1/shared/{token}/incidents"), &[], &body).await
    };
    let incident = json!({"code": 3, "text": "tyre", "place": "km 40"});
    report(&shipper, incident.clone()).await.is_problem(403, "another-person-needed");
    assert_eq!(report(&driver, incident).await.status, 201);
    report(&driver, json!({"code": 9, "text": "x"})).await.is_problem(422, "unacceptable");
    assert_eq!(get(&shipper).await.json()["incidents"][0]["text"], "tyre");
    let movement = officer.json("/movements/1").await;
    let last = movement["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["step"], &last["by"]), (&json!("incident"), &json!("link:2")));

    for (asked, what) in [
        (json!({"audience": "public", "hours": 1}), "shipper or driver"),
        (json!({"audience": "driver", "hours": 0}), "hours"),
        (json!({"audience": "driver", "hours": 721}), "hours"),
    ] {
        let problem = officer.call("POST", "/api/v1/movements/1/links", &asked).await;
        let problem = problem.is_problem(422, "unacceptable");
        assert!(problem["detail"].as_str().unwrap().contains(what), "{problem}");
    }

    // One digit of it changed, the other movement, a later end: nothing is told apart.
    let mut parts: Vec<&str> = shipper.split('.').collect();
    let other: String = parts[3].chars().rev().collect();
    parts[3] = &other;
    for token in
        [parts.join("."), format!("2{}", &shipper[1..]), "x".to_owned(), shipper.replacen(".1.", ".2.", 1)]
    {
        get(&token).await.is_problem(404, "not-found");
    }
    step(&officer, 1, "withdraw-link", json!({"link": 1})).await;
    get(&shipper).await.is_problem(404, "not-found");
    assert_eq!(get(&driver).await.status, 200);
    world.wait(49 * 3600);
    get(&driver).await.is_problem(404, "not-found");
}
