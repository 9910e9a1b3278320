//! A movement from declaration to discharge over the real server, through a power cut.

use serde_json::{Value, json};

use crate::server::{Server, text};

const UNIT: &str = "CSQU3054383";

fn step(server: &Server, token: &str, step: &str, fields: &Value) -> Value {
    let path = format!("/api/v1/movements/1/steps/{step}");
    let (status, movement) = server.call(&path, token, "", &fields.to_string());
    assert_eq!(status, 200, "{step}: {movement}");
    movement
}

#[test]
fn a_movement_survives_a_power_cut_and_is_replayed() {
    let mut server = Server::new();
    server.start();
    let token = server.log_in("operator", "operator");
    // A seal that somebody's phone has read: a device to be armed.
    let (status, said) = server.post("/osmand", "id=902064&lat=-4.05&lon=39.66&batt=88");
    assert_eq!(status, 200, "{said}");
    let declared = json!({
        "lrn": "LRN-1", "policy": "eu", "holder": {"name": "H"}, "carrier": {"name": "C"}, "departure": "KEMBA",
        "destination": "UGKLA", "goods": [{"hs": "1701"}], "unit": [{"number": UNIT}], "limit": "2030-01-01T00:00:00Z",
        "guarantee": "G", "guaranteed": "100 EUR",
    });
    let (status, movement) = server.call("/api/v1/movements", &token, "", &declared.to_string());
    assert_eq!((status, &movement["id"]), (201, &json!(1)), "{movement}");
    step(&server, &token, "submit", &json!({}));
    step(&server, &token, "accept", &json!({}));
    step(&server, &token, "book", &json!({"class": "passive"}));
    let arm = json!({"unit": UNIT, "device": "tracker:902064"});
    assert_eq!(step(&server, &token, "arm", &arm)["devices"], json!(["tracker:902064"]));
    step(&server, &token, "depart", &json!({}));

    server.kill();
    server.start();
    let found = server.get_json("/api/v1/movements/1", &token);
    assert_eq!((&found["state"], &found["guarantee"]), (&json!("in-transit"), &json!("reserved")), "{found}");
    assert_eq!(found["history"].as_array().unwrap().len(), 6);
    let (status, refused) = server.call("/api/v1/movements/1/steps/discharge", &token, "", "{}");
    assert_eq!(status, 409, "{refused}");
    server.stop();
    server.start();
    for (name, fields) in [
        ("arrive", json!({"place": "UGKLA"})),
        ("verify", json!({})),
        ("remove", json!({"seal": "tracker:902064"})),
    ] {
        step(&server, &token, name, &fields);
    }
    let over = server.get_json("/api/v1/movements/1", &token);
    assert_eq!(
        (&over["state"], &over["guarantee"]),
        (&json!("discharged"), &json!("released")),
        "after a snapshot too"
    );

    server.stop();
    let replay = server.run(&["replay", "--redecode", "--verify", "--directory", text(&server.data())]);
    let said = String::from_utf8_lossy(&replay.stdout).into_owned();
    assert!(replay.status.success(), "{said}{}", String::from_utf8_lossy(&replay.stderr));
}

#[test]
fn changed_rules_are_tried_on_what_was_recorded_before_they_are_put_in_force() {
    let mut server = Server::new();
    server.start();
    let token = server.log_in("operator", "operator");
    for charge in [40, 30, 20] {
        let (status, said) = server.post("/osmand", &format!("id=902064&lat=-4.05&lon=39.66&batt={charge}"));
        assert_eq!(status, 200, "{said}");
    }
    let asked = json!({"rules": {"battery_low_percent": 25, "battery_well_percent": 35}});
    let (status, live) = server.call("/api/v1/backtests", &token, "", &asked.to_string());
    assert_eq!((status, &live["kinds"][0]["appears"]), (200, &json!(1)), "{live}");
    // Two persons put it in force; it outlasts a power cut, a snapshot and the configuration.
    let change = json!({"rules": asked["rules"], "reason": "tried"});
    assert_eq!(server.call("/api/v1/rules/changes", &token, "", &change.to_string()).0, 201);
    let leader = server.log_in("leader", "operator");
    assert_eq!(server.call("/api/v1/rules/changes/1/approve", &leader, "", "").0, 200);
    let in_force =
        |server: &Server| server.get_json("/api/v1/rules", &token)["settings"]["battery_low_percent"].clone();
    server.kill();
    server.start();
    assert_eq!(in_force(&server), 25);
    server.stop();
    server.start();
    assert_eq!(in_force(&server), 25);
    server.stop();
    let replay = server.run(&["replay", "--verify", "--directory", text(&server.data())]);
    assert!(replay.status.success(), "{}", String::from_utf8_lossy(&replay.stdout));
    let file = server.file("rules.toml");
    std::fs::write(&file, "[rules]\nbattery_low_percent = 25\nbattery_well_percent = 35\n").unwrap();
    let told = server.run(&["backtest", "--rules", text(&file), "--json"]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["kinds"], live["kinds"], "the same from the command line");
    let read = server.run(&["backtest", "--rules", text(&file)]);
    assert!(String::from_utf8_lossy(&read.stdout).contains("low-battery"), "{read:?}");
    std::fs::write(&file, "[rules]\nno_such = 25\n").unwrap();
    let wrong = server.run(&["backtest", "--rules", text(&file)]);
    assert!(
        !wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("no_such"),
        "{wrong:?}"
    );
}
