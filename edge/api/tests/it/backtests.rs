//! What changed rules would have done, over HTTP.

use serde_json::json;

use crate::client::World;
use crate::fake::{battery, device};

#[tokio::test]
async fn a_limit_that_was_raised_shows_what_would_ring() {
    let world = World::new();
    let analyst = world.client("operator").await;
    for seconds in 0..5 {
        world.fake.report(device(1), seconds * 60, vec![battery(seconds * 60, 25)]);
    }
    let asked = json!({"rules": {"battery_low_percent": 30, "battery_well_percent": 35}});
    let answer = analyst.call("POST", "/api/v1/backtests", &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let report = answer.json();
    let kind = &report["kinds"][0];
    assert_eq!((&kind["kind"], &kind["was"], &kind["would"]), (&json!("low-battery"), &json!(0), &json!(1)));
    assert_eq!((&kind["appears"], &kind["shifts"][0]["shift"]), (&json!(1), &json!("appears")));
    assert_eq!(kind["shifts"][0]["device"], "jointech:0000000001");
    for (asked, what) in [
        (json!({"rules": {}}), "at least one setting"),
        (json!({"rules": {"no_such": 1}}), "no_such"),
        (json!({"rules": {"late_s": -1}}), "late_s"),
        (json!({"rules": {"late_s": 60}, "from": "yesterday"}), "from: "),
    ] {
        let answer = analyst.call("POST", "/api/v1/backtests", &asked).await;
        let problem = answer.is_problem(422, "unacceptable");
        assert!(problem["detail"].as_str().unwrap().contains(what), "{problem}");
    }
}
