//! The OpenAPI document: committed, served, and whole.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::client::World;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/plomb.json");

#[test]
fn the_committed_document_is_that_of_the_code() {
    let generated = plomb_api::openapi();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(COMMITTED, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(committed == generated, "openapi/plomb.json differs: run this test with UPDATE_OPENAPI=1");
}

#[tokio::test]
async fn the_served_document_is_the_committed_one() {
    let world = World::new();
    let answer = world.call("GET", "/openapi.json", &[], &Value::Null).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.text(), plomb_api::openapi());
}

#[test]
fn the_document_is_openapi_3_1_and_every_reference_leads_somewhere() {
    let document: Value = serde_json::from_str(&plomb_api::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in ["Device", "Event", "Alarm", "Chain", "Fleet", "Track", "Status", "Problem", "Hello"] {
        assert!(schemas.contains_key(name), "{name} of {:?}", schemas.keys());
    }
    assert!(document["components"]["securitySchemes"]["cookie"].is_object());
}

#[test]
fn every_documented_call_is_there_and_operations_have_names_of_their_own() {
    let document: Value = serde_json::from_str(&plomb_api::openapi()).unwrap();
    let mut calls = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            calls.insert(format!("{method} {path}"));
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(names.insert(name.clone()), "two operations are called {name}");
        }
    }
    let expect = [
        "delete /api/v1/accounts/{name}",
        "delete /api/v1/keys/{id}",
        "delete /api/v1/places/{id}",
        "delete /api/v1/registry/aliases/{alias}",
        "delete /api/v1/registry/credentials/{name}",
        "delete /api/v1/registry/devices/{id}/keys/{purpose}/{key}",
        "delete /api/v1/registry/readers/{name}",
        "delete /api/v1/session",
        "get /api/v1/accounts",
        "get /api/v1/alarms",
        "get /api/v1/alarms/{id}",
        "get /api/v1/cases",
        "get /api/v1/cases/figures",
        "get /api/v1/cases/{id}",
        "get /api/v1/commands",
        "get /api/v1/commands/{id}",
        "get /api/v1/devices",
        "get /api/v1/devices/{id}",
        "get /api/v1/devices/{id}/commands",
        "get /api/v1/devices/{id}/history",
        "get /api/v1/devices/{id}/track",
        "get /api/v1/entries/{id}/proof",
        "get /api/v1/events/{id}",
        "get /api/v1/events/{id}/chain",
        "get /api/v1/events/{id}/raw",
        "get /api/v1/fleet",
        "get /api/v1/keys",
        "get /api/v1/movements",
        "get /api/v1/movements/{id}",
        "get /api/v1/movements/{id}/checklist",
        "get /api/v1/movements/{id}/messages/{message}",
        "get /api/v1/movements/{id}/report",
        "get /api/v1/places",
        "get /api/v1/places/{id}",
        "get /api/v1/policies",
        "get /api/v1/protocols",
        "get /api/v1/registry/changes",
        "get /api/v1/registry/credentials",
        "get /api/v1/registry/devices",
        "get /api/v1/registry/devices/{id}",
        "get /api/v1/registry/devices/{id}/aliases",
        "get /api/v1/registry/devices/{id}/custody",
        "get /api/v1/registry/devices/{id}/keys",
        "get /api/v1/registry/models",
        "get /api/v1/registry/quarantine",
        "get /api/v1/registry/readers",
        "get /api/v1/risk/queue",
        "get /api/v1/rules",
        "get /api/v1/scorecards",
        "get /api/v1/session",
        "get /api/v1/shared/{token}",
        "get /api/v1/status",
        "get /api/v1/stream",
        "get /healthz",
        "get /log/checkpoint",
        "get /log/keys",
        "get /metrics",
        "get /readyz",
        "get /tiles.json",
        "get /tiles/{z}/{x}/{y}",
        "post /api/v1/accounts",
        "post /api/v1/alarms/{id}/acknowledge",
        "post /api/v1/backtests",
        "post /api/v1/cases/hand-over",
        "post /api/v1/cases/{id}/steps/{step}",
        "post /api/v1/commands/{id}/authorise",
        "post /api/v1/commands/{id}/cancel",
        "post /api/v1/commands/{id}/refuse",
        "post /api/v1/devices/{id}/commands",
        "post /api/v1/devices/{id}/expectations",
        "post /api/v1/keys",
        "post /api/v1/movements",
        "post /api/v1/movements/import",
        "post /api/v1/movements/{id}/links",
        "post /api/v1/movements/{id}/openings/{number}/code",
        "post /api/v1/movements/{id}/steps/{step}",
        "post /api/v1/places/import",
        "post /api/v1/registry/devices/{id}/aliases",
        "post /api/v1/registry/devices/{id}/custody",
        "post /api/v1/registry/quarantine/{id}/adopt",
        "post /api/v1/registry/quarantine/{id}/refuse",
        "post /api/v1/rules/changes",
        "post /api/v1/rules/changes/{number}/approve",
        "post /api/v1/rules/changes/{number}/refuse",
        "post /api/v1/seals/challenges",
        "post /api/v1/seals/look-up",
        "post /api/v1/seals/readings",
        "post /api/v1/seals/reports",
        "post /api/v1/session",
        "post /api/v1/shared/{token}/incidents",
        "post /witness/add-checkpoint",
        "put /api/v1/accounts/{name}/password",
        "put /api/v1/places/{id}",
        "put /api/v1/registry/credentials/{name}",
        "put /api/v1/registry/devices/{id}",
        "put /api/v1/registry/devices/{id}/keys",
        "put /api/v1/registry/models/{name}",
        "put /api/v1/registry/readers/{name}",
    ];
    assert_eq!(calls.iter().map(String::as_str).collect::<Vec<_>>(), expect);
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
