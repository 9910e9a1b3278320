//! Scorecards of models and makers.

use serde_json::json;

use crate::client::World;
use crate::fake::{battery, device};

#[tokio::test]
async fn models_and_makers_are_compared_by_what_their_devices_did() {
    let world = World::new();
    let keeper = world.client("device-operator").await;
    for (model, maker) in [("good-1", "Careful"), ("bad-1", "Hasty"), ("bad-2", "Hasty")] {
        let body = json!({"class": "active", "manufacturer": maker});
        assert_eq!(keeper.call("PUT", &format!("/api/v1/registry/models/{model}"), &body).await.status, 200);
    }
    for (number, model) in [(1, "good-1"), (2, "bad-1"), (3, "bad-1"), (4, "bad-2")] {
        let path = format!("/api/v1/registry/devices/{}", device(number));
        assert_eq!(keeper.call("PUT", &path, &json!({"model": model})).await.status, 200);
    }
    for seconds in 0..4 {
        world.fake.report(device(1), seconds * 60 + 2, vec![battery(seconds * 60, 80)]);
        world.fake.report(device(2), seconds * 60 + 40, vec![battery(seconds * 60, 9)]);
    }
    world.wait(600);
    let cards = keeper.json("/scorecards").await;
    let of = |cards: &serde_json::Value, name: &str| {
        cards["items"].as_array().unwrap().iter().find(|card| card["name"] == name).unwrap().clone()
    };
    let (good, bad) = (of(&cards, "good-1"), of(&cards, "bad-1"));
    assert_eq!((&good["devices"], &good["heard"], &good["batteries"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!((&bad["devices"], &bad["heard"], &bad["batteries"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!((&good["delay_p50_s"], &bad["delay_p50_s"]), (&json!(2), &json!(40)));
    assert_eq!(good["delays"], 4);
    let makers = keeper.json("/scorecards?by=vendor").await;
    let hasty = of(&makers, "Hasty");
    assert_eq!((&hasty["devices"], &hasty["batteries"]), (&json!(3), &json!(1)), "{makers}");
    keeper.get("/scorecards?by=colour").await.is_problem(400, "bad-parameter");
    keeper
        .get("/scorecards?from=2026-12-01T00:00:00Z&to=2026-11-01T00:00:00Z")
        .await
        .is_problem(400, "bad-parameter");
}
