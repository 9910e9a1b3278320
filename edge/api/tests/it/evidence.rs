//! Trip reports, proofs, and the log that everybody may look at.

use plomb_report::{Document, verify};
use serde_json::{Value, json};

use crate::client::World;
use crate::fake::{battery, device, log_key};
use crate::movements::declaration;

#[tokio::test]
async fn an_entry_is_proved_to_who_has_the_key() {
    let world = World::new();
    let client = world.client("viewer").await;
    for seconds in 0..9 {
        world.fake.report(device(1), seconds, vec![battery(seconds, 50)]);
    }
    let answer = client.get("/entries/4/proof").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let document: Document = answer.text().parse().unwrap();
    let verdict = verify(&document, &[log_key().public().clone()]);
    assert!(verdict.holds(), "{verdict}");
    assert_eq!(document.record[0]["device"], "jointech:0000000001");
    client.get("/entries/9/proof").await.is_problem(404, "not-found");
    client.get("/movements/1/report").await.is_problem(404, "not-found");
}

#[tokio::test]
async fn what_may_be_withheld_is_not_in_the_statement() {
    let world = World::new();
    let officer = world.client("operator").await;
    let mut declared = declaration("LRN-1");
    declared["consignee"] = json!({"name": "Consignee of the goods"});
    assert_eq!(officer.call("POST", "/api/v1/movements", &declared).await.status, 201);
    let answer = officer.get("/movements/1/report").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-disposition").contains("trip-report-1.json"));
    let document: Document = answer.text().parse().unwrap();
    // The journal of this test does not hold the entries of steps: the report says so, and so does its check.
    assert_eq!(document.statement["complete"], false);
    let verdict = verify(&document, &[log_key().public().clone()]);
    assert!(verdict.holds() && verdict.to_string().contains("1 steps are said and NOT proved"), "{verdict}");
    let statement = serde_json::to_string(&document.statement).unwrap();
    for text in ["Beira Freight", "Carrier A", "Consignee of the goods", "271012", "12000"] {
        assert!(!statement.contains(text), "{text} is in what is signed: {statement}");
        assert!(answer.text().contains(text), "{text} is in no field");
    }
}

#[tokio::test]
async fn the_log_is_there_for_everybody() {
    let world = World::new();
    let get = async |path: &str| world.call("GET", path, &[], &Value::Null).await;
    get("/log/checkpoint").await.is_problem(404, "not-found");
    world.fake.report(device(1), 0, vec![battery(0, 50)]);
    assert_eq!(get("/log/checkpoint").await.text(), "example.org/log\n1\n");
    assert_eq!(get("/log/keys").await.text(), format!("{}\n", log_key().public()));
    let full = get("/log/tile/0/x001/234").await;
    assert_eq!((full.status.as_u16(), full.body.len()), (200, 256 * 32));
    assert!(full.header("cache-control").contains("immutable"));
    let part = get("/log/tile/0/000.p/17").await;
    assert_eq!((part.status.as_u16(), part.body.len()), (200, 17 * 32));
    assert_eq!(part.header("cache-control"), "no-store");
    for path in ["/log/tile/1/000", "/log/tile/0/1", "/log/tile/x", "/log/tile/0/000.p/0"] {
        get(path).await.is_problem(404, "not-found");
    }
}
