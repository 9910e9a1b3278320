//! Movements over HTTP: declared, imported, armed and discharged; and what is refused.

use serde_json::{Value, json};

use crate::client::{Client, World};
use crate::fake::{battery, device};

pub(crate) fn declaration(lrn: &str) -> Value {
    json!({
        "lrn": lrn, "policy": "zw", "holder": {"name": "Beira Freight", "id": "MZ1"}, "carrier": {"name": "Carrier A"},
        "goods": [{"hs": "2710.12", "description": "petrol", "gross_kg": 30000}], "duty": "12000 USD",
        "guarantee": "G-1", "guaranteed": "15000 USD", "unit": [{"number": "CSQU3054383", "seal": ["ML-1234"]}],
        "departure": "ZWFBM", "destination": "ZWCHI", "limit": "2026-12-01T18:00:00Z",
    })
}

pub(crate) async fn step(client: &Client<'_>, id: u64, step: &str, fields: Value) -> Value {
    let answer = client.call("POST", &format!("/api/v1/movements/{id}/steps/{step}"), &fields).await;
    assert_eq!(answer.status, 200, "{step}: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_movement_goes_its_way() {
    let world = World::new();
    let officer = world.client("operator").await;
    let answer = officer.call("POST", "/api/v1/movements", &declaration("LRN-1")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    assert_eq!((&made["id"], &made["state"]), (&json!(1), &json!("draft")));
    assert_eq!(made["declaration"]["goods"][0]["hs"], "271012");
    assert_eq!(made["declaration"]["unit"][0]["seal"], json!(["ML-1234"]), "{made}");
    assert_eq!(made["steps"], json!(["amend", "submit", "cancel"]));

    step(&officer, 1, "submit", json!({})).await;
    step(&officer, 1, "accept", json!({"mrn": "26ZW1"})).await;
    step(&officer, 1, "book", json!({"class": "active"})).await;
    world.fake.report(device(7), 0, vec![battery(990, 12)]);
    let checks = officer.json("/movements/1/checklist?device=jointech:0000000007").await;
    let of = |name: &str| {
        let rows = checks["items"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap()["verdict"].clone()
    };
    assert_eq!(
        (of("battery"), of("position"), of("locked")),
        (json!("failed"), json!("passed"), json!("unknown"))
    );
    let arm = json!({"unit": "CSQU3054383", "device": "jointech:0000000007"});
    let refused = officer.call("POST", "/api/v1/movements/1/steps/arm", &arm).await;
    let problem = refused.is_problem(409, "conflict");
    assert!(problem["detail"].as_str().unwrap().contains("12 %, at least 30 %"), "{problem}");
    let armed = step(
        &officer,
        1,
        "arm",
        json!({"unit": "CSQU3054383", "device": "jointech:0000000007", "reason": "short way"}),
    )
    .await;
    assert_eq!(armed["devices"], json!(["jointech:0000000007"]));
    let out_of_turn = officer.call("POST", "/api/v1/movements/1/steps/discharge", &json!({})).await;
    assert!(out_of_turn.is_problem(409, "conflict")["detail"].as_str().unwrap().contains("must be disarmed"));
    for (name, fields) in [
        ("depart", json!({"place": "ZWFBM"})),
        ("arrive", json!({})),
        ("verify", json!({})),
        ("remove", json!({"seal": "jointech:0000000007"})),
        ("discharge", json!({})),
    ] {
        step(&officer, 1, name, fields).await;
    }
    let over = officer.json("/movements/1").await;
    assert_eq!((&over["state"], &over["guarantee"]), (&json!("discharged"), &json!("released")));
    assert_eq!(over["history"].as_array().unwrap().len(), 10);
    assert_eq!(over["history"][4]["fields"]["reason"], "short way");
    assert_eq!(over["steps"], json!([]));
    officer.call("POST", "/api/v1/movements/9/steps/submit", &json!({})).await.is_problem(404, "not-found");
    for forged in ["overdue", "declare", "fly"] {
        let path = format!("/api/v1/movements/1/steps/{forged}");
        officer.call("POST", &path, &declaration("X")).await.is_problem(422, "unacceptable");
    }
}

#[tokio::test]
async fn a_file_is_tried_and_taken_with_a_report_by_row() {
    let world = World::new();
    let officer = world.client("operator").await;
    let table = "Ref;Box;hs;holder.name;limit\nA1;CSQU3054383;1701;H;2026-12-01T00:00:00Z\n\
                 A2;CSQU3054384;1701;H;2026-12-01T00:00:00Z\nA1;CSQU3054383;1701;H;tomorrow\n\
                 A1;CSQU3054383;17;H;2026-12-01T00:00:00Z\nA3;CSQU3054383;1701;H;2026-12-01T00:00:00Z\n";
    let path =
        "/api/v1/movements/import?format=csv&columns=Ref=lrn,Box=unit.1.number,hs=goods.1.hs&set=policy=eu";
    let tried = officer.send("POST", &format!("{path}&dry_run=yes"), table).await.json();
    assert_eq!(
        (&tried["rows"], &tried["taken"], &tried["dry_run"]),
        (&json!(5), &json!(2), &json!(true)),
        "{tried}"
    );
    let faults: Vec<(u64, &str)> = tried["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| (fault["row"].as_u64().unwrap(), fault["field"].as_str().unwrap()))
        .collect();
    assert_eq!(faults, [(2, "unit.1.number"), (3, "limit"), (4, "goods.1.hs")]);
    assert_eq!(officer.json("/movements").await["total"], 0, "a dry run changes nothing");
    let taken = officer.send("POST", path, table).await.json();
    assert_eq!(taken["taken"], 2, "{taken}");
    let again = officer.send("POST", path, table).await.json();
    assert_eq!(again["taken"], 0, "the same file again declares nothing twice: {again}");
    let found = officer.json("/movements?search=csqu305&state=draft&limit=1").await;
    assert_eq!(
        (&found["total"], &found["items"][0]["lrn"], &found["next_cursor"]),
        (&json!(2), &json!("A3"), &json!("2"))
    );
    let next = officer.json("/movements?search=csqu305&state=draft&limit=1&cursor=2").await;
    assert_eq!((&next["items"][0]["lrn"], &next["next_cursor"]), (&json!("A1"), &Value::Null));

    let lines = format!("{}\n{{\"lrn\": 5}}\n[]\n{{", declaration("B1"));
    let taken = officer.send("POST", "/api/v1/movements/import", &lines).await.json();
    assert_eq!((&taken["rows"], &taken["taken"]), (&json!(4), &json!(2)), "{taken}");
    officer.send("POST", "/api/v1/movements/import?format=xml", "x").await.is_problem(400, "bad-parameter");
    let many: String = (0..3_000).map(|number| format!("{{\"lrn\":\"M{number}\"}}\n")).collect();
    assert_eq!(officer.send("POST", "/api/v1/movements/import", &many).await.json()["taken"], 3_000);
}

#[tokio::test]
async fn messages_of_customs_come_in_and_go_out() {
    let world = World::new();
    let officer = world.client("operator").await;
    let message = |container: &str| {
        format!(
            "<ncts:CC015C xmlns:ncts='http://ncts.dgtaxud.ec'><TransitOperation><LRN>FI-77</LRN>\
             <limitDate>2026-12-24</limitDate></TransitOperation><CustomsOfficeOfDeparture>\
             <referenceNumber>FI604000</referenceNumber></CustomsOfficeOfDeparture>\
             <CustomsOfficeOfDestinationDeclared><referenceNumber>DE004058</referenceNumber>\
             </CustomsOfficeOfDestinationDeclared><Consignment><TransportEquipment>\
             <containerIdentificationNumber>{container}</containerIdentificationNumber><Seal>\
             <identifier>S-1</identifier></Seal></TransportEquipment></Consignment></ncts:CC015C>"
        )
    };
    let path = "/api/v1/movements/import?format=ncts";
    let wrong = officer.send("POST", path, &message("CSQU3054384")).await.json();
    assert_eq!(
        (&wrong["taken"], &wrong["faults"][0]["field"]),
        (&json!(0), &json!("unit.1.number")),
        "{wrong}"
    );
    let broken = officer.send("POST", path, "<CC015C>").await.json();
    assert_eq!(broken["faults"][0]["field"], "line 1", "{broken}");
    let taken = officer.send("POST", path, &message("CSQU3054383")).await.json();
    assert_eq!(taken["taken"], 1, "{taken}");
    let movement = officer.json("/movements/1").await;
    assert_eq!(movement["declaration"]["policy"], "eu");
    assert_eq!(movement["declaration"]["limit"], "2026-12-24T23:59:59.000Z");
    assert_eq!(movement["declaration"]["unit"][0]["seal"], json!(["S-1"]));
    let lacking = officer.get("/movements/1/messages/CC007C").await;
    assert!(
        lacking.is_problem(422, "unacceptable")["detail"].as_str().unwrap().contains("mrn"),
        "{}",
        lacking.text()
    );
    officer.get("/movements/1/messages/CC999C").await.is_problem(404, "not-found");
    officer.get("/movements/9/messages/CC007C").await.is_problem(404, "not-found");
    let manifest = "<Awmds><Bol_segment><Bol_reference>BL1</Bol_reference><ctn_segment>\
                    <Ctn_reference>MSKU6011672</Ctn_reference></ctn_segment></Bol_segment></Awmds>";
    let taken = officer.send("POST", "/api/v1/movements/import?format=asycuda", manifest).await.json();
    assert_eq!(taken["taken"], 1, "{taken}");
}

#[tokio::test]
async fn what_a_terminal_reports_is_held_against_the_record() {
    let world = World::new();
    let officer = world.client("operator").await;
    let report = |seals: &str| {
        let count = 3 + seals.matches("SEL").count();
        format!(
            "UNB+UNOA:2+KEMBA+CUSTOMS+261128:1030+1'UNH+1+CODECO:D:95B:UN'EQD+CN+CSQU3054383'{seals}UNT+{count}+1'UNZ+1+1'"
        )
    };
    let compared = async |seals: &str| -> Value {
        let answer = officer.send("POST", "/api/v1/seals/reports", &report(seals)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["items"][0].clone()
    };
    let unknown = compared("SEL+ML1234+CA'").await;
    assert_eq!((&unknown["verdict"], &unknown["movement"]), (&json!("unknown"), &Value::Null));

    officer.call("POST", "/api/v1/movements", &declaration("LRN-1")).await;
    assert_eq!(
        compared("SEL+ML 1234+CA+1'").await["verdict"],
        "agrees",
        "the declared seal, before any is set"
    );
    step(&officer, 1, "submit", json!({})).await;
    step(&officer, 1, "accept", json!({"mrn": "26ZW1"})).await;
    step(&officer, 1, "book", json!({"class": "active"})).await;
    world.fake.report(device(7), 0, vec![battery(990, 80)]);
    let arm = json!({"unit": "CSQU3054383", "device": "jointech:0000000007", "reason": "test"});
    step(&officer, 1, "arm", arm).await;
    assert_eq!(
        compared("SEL+ML1234+CA+1'").await["verdict"],
        "agrees",
        "declared, and a lock is on the door"
    );
    step(&officer, 1, "apply-seal", json!({"unit": "CSQU3054383", "number": "ML-1234"})).await;

    let agrees = compared("SEL+ML1234+CA+1'").await;
    assert_eq!((&agrees["verdict"], &agrees["missing"]), (&json!("agrees"), &json!([])), "{agrees}");
    assert_eq!(compared("SEL+ML1234+CA'SEL+0000000007+CU'").await["verdict"], "agrees");
    let other = compared("SEL+ML1235+CA'").await;
    assert_eq!((&other["verdict"], &other["missing"]), (&json!("differs"), &json!(["ML-1234"])), "{other}");
    assert_eq!(other["seals"][0]["on_record"], false);
    let broken = compared("SEL+ML1234+CA+4'").await;
    assert_eq!((&broken["verdict"], &broken["seals"][0]["condition"]), (&json!("differs"), &json!(4)));
    let cut = officer.send("POST", "/api/v1/seals/reports", "UNH+1+CODECO:D:95B:UN'").await;
    assert!(cut.is_problem(422, "unacceptable")["detail"].as_str().unwrap().contains("UNT"));
}
