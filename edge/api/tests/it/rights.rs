//! Every call against every role, row by row.

use plomb_api::{Platform, Right, Role, can};
use plomb_movements::Form;
use serde_json::{Value, json};

use crate::client::World;
use crate::fake::{battery, device};

/// Each call: method, path below `/api/v1`, body, the right it needs, and the answer to one who has it.
fn rows() -> Vec<(&'static str, &'static str, Value, Right, u16)> {
    let read = |path| ("GET", path, Value::Null, Right::Read, 200);
    vec![
        read("/session"),
        read("/devices"),
        read("/devices/jointech:0000000001"),
        read("/devices/jointech:0000000001/history"),
        read("/devices/jointech:0000000001/track"),
        read("/events/0-0"),
        read("/events/0-0/chain"),
        read("/events/0-0/raw"),
        read("/alarms"),
        read("/alarms/1"),
        read("/cases"),
        read("/cases/figures"),
        ("GET", "/cases/9", Value::Null, Right::Read, 404),
        ("POST", "/cases/9/steps/note", json!({"note": "n"}), Right::Operate, 404),
        // Nobody has a case.
        ("POST", "/cases/hand-over", json!({"to": "ben"}), Right::Operate, 409),
        // It is declared already: whoever may is told so.
        ("POST", "/movements", json!({"lrn": "LRN-1"}), Right::Move, 409),
        read("/movements"),
        read("/movements/1"),
        // Nothing has happened that a message could tell.
        ("GET", "/movements/1/messages/CC182C", Value::Null, Right::Read, 422),
        // A draft has no policy to check by.
        ("GET", "/movements/1/checklist?device=jointech:0000000001", Value::Null, Right::Read, 404),
        ("POST", "/movements/1/openings/1/code", Value::Null, Right::Move, 404),
        ("POST", "/backtests", json!({"rules": {"late_s": 60}}), Right::Assess, 200),
        // A draft is shown to nobody else.
        ("POST", "/movements/1/links", json!({"audience": "shipper", "hours": 1}), Right::Move, 409),
        read("/rules"),
        read("/scorecards"),
        ("POST", "/rules/changes", json!({"rules": {"late_s": 60}, "reason": "r"}), Right::Assess, 201),
        ("POST", "/rules/changes/99/approve", Value::Null, Right::Assess, 404),
        ("POST", "/rules/changes/99/refuse", json!({"reason": "r"}), Right::Assess, 404),
        read("/movements/1/report"),
        read("/entries/0/proof"),
        read("/policies"),
        ("PUT", "/places/yard", yard(), Right::Draw, 200),
        ("GET", "/risk/queue", Value::Null, Right::Assess, 200),
        read("/places"),
        ("GET", "/places/nowhere", Value::Null, Right::Read, 404),
        ("POST", "/places/import", json!({"features": []}), Right::Draw, 200),
        ("DELETE", "/places/nowhere", Value::Null, Right::Draw, 404),
        // A draft that lacks nearly everything.
        ("POST", "/movements/1/steps/submit", json!({}), Right::Move, 422),
        ("POST", "/movements/import", json!({"lrn": "LRN-1"}), Right::Move, 200),
        ("POST", "/seals/challenges", Value::Null, Right::Read, 201),
        ("POST", "/seals/readings", json!({"tags": []}), Right::Read, 200),
        ("POST", "/seals/reports", json!("UNH"), Right::Read, 422),
        ("POST", "/seals/look-up", json!({"text": "CSQU3054383"}), Right::Read, 200),
        read("/fleet"),
        read("/protocols"),
        read("/status"),
        (
            "POST",
            "/devices/jointech:0000000001/expectations",
            json!({"gate": "reader:gate-1", "by": "2026-11-25T08:15:30Z"}),
            Right::Operate,
            201,
        ),
        ("POST", "/alarms/1/acknowledge", json!({"reason": "noted"}), Right::Operate, 200),
        read("/commands"),
        read("/devices/jointech:0000000001/commands"),
        // No command is there: whoever may is told so.
        ("POST", "/commands/9/cancel", Value::Null, Right::Order, 404),
        ("POST", "/commands/9/authorise", Value::Null, Right::Authorise, 404),
        ("POST", "/commands/9/refuse", json!({"reason": ""}), Right::Authorise, 404),
        // Without a key.
        ("POST", "/devices/jointech:0000000001/commands", json!({"kind": "locate"}), Right::Order, 400),
        ("PUT", "/registry/models/m", json!({"class": "active"}), Right::Register, 200),
        read("/registry/models"),
        ("PUT", "/registry/devices/jointech:0000000001", json!({"model": "m"}), Right::Register, 200),
        read("/registry/devices"),
        (
            "POST",
            "/registry/devices/jointech:0000000001/custody",
            json!({"holder": "h"}),
            Right::Register,
            201,
        ),
        read("/registry/devices/jointech:0000000001/custody"),
        (
            "POST",
            "/registry/devices/jointech:0000000001/aliases",
            json!({"alias": "MSKU6011672"}),
            Right::Register,
            201,
        ),
        read("/registry/devices/jointech:0000000001/aliases"),
        ("DELETE", "/registry/aliases/container:MSKU6011672", Value::Null, Right::Register, 204),
        (
            "PUT",
            "/registry/devices/jointech:0000000001/keys",
            json!({"purpose": "lock-password", "password": "888888"}),
            Right::Register,
            200,
        ),
        read("/registry/devices/jointech:0000000001/keys"),
        ("DELETE", "/registry/devices/jointech:0000000001/keys/tam/00", Value::Null, Right::Register, 404),
        ("PUT", "/registry/credentials/ann", json!({"protocol": "owntracks"}), Right::Register, 200),
        read("/registry/credentials"),
        ("DELETE", "/registry/credentials/ann", Value::Null, Right::Register, 204),
        ("PUT", "/registry/readers/gate-1", json!({}), Right::Register, 200),
        read("/registry/readers"),
        ("DELETE", "/registry/readers/gate-1", Value::Null, Right::Register, 204),
        read("/registry/changes"),
        read("/registry/quarantine"),
        (
            "POST",
            "/registry/quarantine/jointech:0000000001/adopt",
            json!({"model": "m", "holder": "h"}),
            Right::Register,
            409,
        ),
        (
            "POST",
            "/registry/quarantine/jointech:0000000009/refuse",
            json!({"reason": "no"}),
            Right::Register,
            204,
        ),
        ("GET", "/accounts", Value::Null, Right::Administer, 200),
        (
            "POST",
            "/accounts",
            json!({"name": "new", "role": "viewer", "password": "long enough words"}),
            Right::Administer,
            201,
        ),
        ("PUT", "/accounts/new/password", json!({"password": "other long words"}), Right::Administer, 204),
        ("DELETE", "/accounts/new", Value::Null, Right::Administer, 204),
    ]
}

#[tokio::test]
async fn every_call_for_every_role() {
    let world = World::new();
    world.fake.report(device(1), 0, vec![battery(0, 5)]);
    world.fake.step("operator", None, "declare", Form::of([("lrn", "LRN-1")])).await.unwrap();
    for role in Role::ALL {
        let client = world.client(role.name()).await;
        for (method, path, body, right, expect) in rows() {
            let answer = client.call(method, &format!("/api/v1{path}"), &body).await;
            if can(role, right) {
                assert_eq!(answer.status.as_u16(), expect, "{role:?} {method} {path}: {}", answer.text());
            } else {
                answer.is_problem(403, "not-allowed");
            }
        }
    }
    for (method, path, body, _, _) in rows() {
        let answer = world.call(method, &format!("/api/v1{path}"), &[], &body).await;
        answer.is_problem(401, "not-logged-in");
    }
}

#[tokio::test]
async fn the_stream_is_for_readers() {
    let world = World::new();
    world.call("GET", "/api/v1/stream", &[], &Value::Null).await.is_problem(401, "not-logged-in");
}

fn yard() -> Value {
    json!({"type": "Feature", "properties": {"kind": "stop", "radius_m": 200},
           "geometry": {"type": "Point", "coordinates": [34.3, 0.63]}})
}
