//! The inspection queue: what was cut comes first, with its alarm; what a person excused adds nothing.

use plomb_model::{Event, EventKind, OccurredAt, SealPart, Signal};
use serde_json::{Value, json};

use crate::client::World;
use crate::fake::{at, battery, device};
use crate::movements::{declaration, step};

fn sum(item: &Value) -> f64 {
    let reasons = item["reasons"].as_array().unwrap();
    item["start"].as_f64().unwrap()
        + reasons.iter().map(|reason| reason["log_odds"].as_f64().unwrap()).sum::<f64>()
}

#[tokio::test]
async fn a_cut_seal_comes_first_until_a_person_excuses_it() {
    let world = World::new();
    let officer = world.client("operator").await;
    for (id, number) in [(1, 7), (2, 8)] {
        let mut declared = declaration(&format!("LRN-{id}"));
        // The second guarantee does not cover the duty.
        declared["guaranteed"] = json!(if id == 2 { "11000 USD" } else { "15000 USD" });
        officer.call("POST", "/api/v1/movements", &declared).await;
        step(&officer, id, "submit", json!({})).await;
        step(&officer, id, "accept", json!({"mrn": format!("26ZW{id}")})).await;
        step(&officer, id, "book", json!({"class": "active"})).await;
        world.fake.report(device(number), 100, vec![battery(100, 90)]);
        let arm =
            json!({"unit": "CSQU3054383", "device": format!("jointech:000000000{number}"), "reason": "test"});
        step(&officer, id, "arm", arm).await;
    }
    let quiet = officer.json("/risk/queue").await;
    assert_eq!((&quiet["total"], &quiet["items"][0]["movement"]["id"]), (&json!(2), &json!(2)), "{quiet}");
    assert_eq!(quiet["items"][0]["reasons"][0]["events"][0]["kind"], "guarantee-short");
    assert_eq!((&quiet["items"][1]["lane"], &quiet["items"][1]["reasons"]), (&json!("green"), &json!([])));

    let mut cut = Event::new(EventKind::Seal);
    cut.occurred_at = Some(OccurredAt(at(2_000).0));
    cut.signals = cut.signals.with(Signal::RopeCut);
    cut.seal = cut.seal.with(SealPart::RopeInserted, false);
    world.fake.report(device(7), 2_000, vec![cut]);
    let alarming = officer.json("/risk/queue?limit=1").await;
    let first = &alarming["items"][0];
    let told = (&first["movement"]["id"], &first["lane"], &first["reasons"][0]["reason"]);
    assert_eq!(told, (&json!(1), &json!("red"), &json!("seal")), "{alarming}");
    let event = &first["reasons"][0]["events"][0];
    assert_eq!(event["kind"], "seal-cut");
    assert!((sum(first) - first["log_odds"].as_f64().unwrap()).abs() < 1e-9);
    assert_eq!(officer.json("/risk/queue?lane=yellow").await["total"], 0);

    let alarm = event["alarm"].as_u64().unwrap();
    let excuse = json!({"reason": "inspected-intact", "note": "a test of the sensor"});
    officer.call("POST", &format!("/api/v1/alarms/{alarm}/acknowledge"), &excuse).await;
    let after = officer.json("/risk/queue").await;
    let excused = after["items"].as_array().unwrap().iter().find(|item| item["movement"]["id"] == 1).unwrap();
    assert_eq!(excused["reasons"][0]["events"][0]["excused"], true, "{excused}");
    assert_eq!(excused["reasons"][0]["events"][0]["log_odds"], 0.0);
    world
        .client("viewer")
        .await
        .call("GET", "/api/v1/risk/queue", &json!(null))
        .await
        .is_problem(403, "not-allowed");
}
