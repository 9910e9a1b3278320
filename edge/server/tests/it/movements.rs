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
