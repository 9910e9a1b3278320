//! EPCIS 2.0 over HTTP.

use axum::body::Body;
use axum::http::Request;
use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use crate::client::{Answer, PASSWORD, World};

const BASE: &str = "/epcis/v2";

fn document(events: &[Value]) -> Value {
    json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                     { "example": "https://ns.example.com/epcis/" }],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-28T10:00:00Z",
        "epcisBody": { "eventList": events },
    })
}

fn object(id: &str, epc: &str) -> Value {
    json!({
        "type": "ObjectEvent",
        "eventID": id,
        "eventTime": "2026-11-28T09:00:00Z",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "epcList": [epc],
        "readPoint": { "id": "urn:epc:id:sgln:4012345.00005.0" },
        "example:seal": "KE-1",
    })
}

/// A client that sends name and password with each request.
struct Partner<'a> {
    world: &'a World,
    authorization: String,
}

impl<'a> Partner<'a> {
    fn new(world: &'a World, name: &str) -> Self {
        let pair = Base64::encode_string(format!("{name}:{PASSWORD}").as_bytes());
        Self { world, authorization: format!("Basic {pair}") }
    }

    async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{BASE}{path}"));
        request = request.header("authorization", &self.authorization);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.world.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], "").await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, &[("content-type", "application/json")], &body.to_string()).await
    }

    async fn capture(&self, events: &[Value]) -> Answer {
        self.post("/capture", &document(events)).await
    }

    /// Identifiers of the events of an answer.
    fn ids(answer: &Answer) -> Vec<String> {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let document = answer.json();
        let list = &document["epcisBody"]["queryResults"]["resultsBody"]["eventList"];
        list.as_array().unwrap().iter().map(|event| event["eventID"].as_str().unwrap().to_owned()).collect()
    }
}

/// The answer is a problem of EPCIS.
fn is_exception(answer: &Answer, status: u16, name: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["type"], format!("epcisException:{name}"), "{problem}");
    assert_eq!(problem["status"], status);
    for member in ["title", "detail"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
}

const EPC: &str = "urn:epc:id:sgtin:4012345.011111.9876";
const LINK: &str = "https://id.gs1.org/01/04012345111118/21/9876";

#[tokio::test]
async fn a_document_is_captured_and_found() {
    let world = World::new();
    let partner = Partner::new(&world, "operator");
    let answer =
        partner.capture(&[object("urn:e:1", EPC), object("urn:e:2", "urn:epc:id:bic:CSQU3054383")]).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert_eq!(answer.header("gs1-epcis-version"), "2.0.0");
    let location = answer.header("location").to_owned();
    let job = partner.get(location.strip_prefix(BASE).unwrap()).await;
    assert_eq!(job.status, 200);
    let view = job.json();
    assert_eq!(
        (&view["running"], &view["success"], &view["captureErrorBehaviour"]),
        (&json!(false), &json!(true), &json!("rollback"))
    );
    assert_eq!(view["errors"], json!([]));
    let jobs = partner.get("/capture").await.json();
    assert_eq!(jobs.as_array().unwrap().len(), 1);
    assert_eq!(Partner::ids(&partner.get("/events").await), ["urn:e:1", "urn:e:2"]);
    let by_epc = partner
        .get(&format!("/events?MATCH_epc={}", "https:%2F%2Fid.gs1.org%2F01%2F04012345111118%2F21%2F9876"))
        .await;
    assert_eq!(Partner::ids(&by_epc), ["urn:e:1"]);
    let event = &by_epc.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"][0];
    assert_eq!(event["example:seal"], "KE-1");
    assert!(event["recordTime"].is_string());
    assert_eq!(by_epc.json()["@context"][1]["example"], "https://ns.example.com/epcis/");
    let one = partner.get("/events/urn:e:2").await;
    assert_eq!(Partner::ids(&one), ["urn:e:2"]);
    is_exception(&partner.get("/events/urn:e:3").await, 404, "NoSuchNameException");
    is_exception(&partner.get("/capture/none").await, 404, "NoSuchNameException");
}

#[tokio::test]
async fn one_event_is_captured_at_once_and_only_once() {
    let world = World::new();
    let partner = Partner::new(&world, "operator");
    let mut event = object("urn:e:1", EPC);
    event["@context"] = document(&[])["@context"].clone();
    let answer = partner.post("/events", &event).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("location"), "/epcis/v2/events/urn:e:1");
    assert_eq!(answer.json()["eventID"], "urn:e:1");
    is_exception(&partner.post("/events", &event).await, 409, "ResourceAlreadyExistsException");
    event.as_object_mut().unwrap().remove("eventID");
    let answer = partner.post("/events", &event).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let id = answer.json()["eventID"].as_str().unwrap().to_owned();
    assert!(id.starts_with("ni:///sha-256;"), "{id}");
    let location = answer.header("location").to_owned();
    assert_eq!(Partner::ids(&partner.get(location.strip_prefix(BASE).unwrap()).await), [id]);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_of_it_kept() {
    let world = World::new();
    let partner = Partner::new(&world, "operator");
    let mut bad = object("urn:e:bad", EPC);
    bad["bizStep"] = json!("flying");
    let both = [object("urn:e:good", EPC), bad];
    let answer = partner.capture(&both).await;
    is_exception(&answer, 400, "ValidationException");
    assert!(answer.text().contains("eventList[1].bizStep"), "{}", answer.text());
    assert!(Partner::ids(&partner.get("/events").await).is_empty());
    let headers = [("content-type", "application/json"), ("gs1-capture-error-behaviour", "proceed")];
    let answer = partner.call("POST", "/capture", &headers, &document(&both).to_string()).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let job = partner.get(answer.header("location").strip_prefix(BASE).unwrap()).await.json();
    assert_eq!((&job["success"], job["errors"].as_array().unwrap().len()), (&json!(false), 1));
    assert_eq!(job["errors"][0]["type"], "epcisException:ValidationException");
    assert_eq!(Partner::ids(&partner.get("/events").await), ["urn:e:good"]);
    for body in ["", "{", "[]", "{}", r#"{"type":"EPCISDocument"}"#, "\u{0}"] {
        let answer = partner.call("POST", "/capture", &[("content-type", "application/json")], body).await;
        is_exception(&answer, 400, "ValidationException");
    }
    for body in ["", "<a", "<a/>", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<ObjectEvent/>"] {
        let answer = partner.call("POST", "/capture", &[("content-type", "application/xml")], body).await;
        is_exception(&answer, 400, "ValidationException");
    }
    let answer = partner.call("POST", "/capture", &[("content-type", "text/plain")], "x").await;
    is_exception(&answer, 415, "UnsupportedMediaTypeException");
    let headers = [("content-type", "application/json"), ("gs1-capture-error-behaviour", "all")];
    is_exception(&partner.call("POST", "/capture", &headers, "{}").await, 400, "ValidationException");
    for query in ["EQ_nothing=1", "perPage=0", "GE_eventTime=now", "nextPageToken=x", "MATCH_epc="] {
        is_exception(&partner.get(&format!("/events?{query}")).await, 400, "QueryParameterException");
    }
    is_exception(
        &partner.get("/events?maxEventCount=1&eventCountLimit=1").await,
        400,
        "QueryParameterException",
    );
    is_exception(
        &partner.get(&format!("/events?MATCH_epc={}", "x".repeat(20_000))).await,
        414,
        "URITooLongException",
    );
    is_exception(&partner.get("/nothing").await, 404, "NoSuchNameException");
    assert_eq!(partner.call("PATCH", "/events", &[], "").await.status, 405);
}

#[tokio::test]
async fn xml_goes_in_and_out_in_both_versions() {
    let world = World::new();
    let partner = Partner::new(&world, "operator");
    let xml = include_str!("../../../../vectors/epcis/gs1/XML/Example_9.6.1-ObjectEvent-2020_06_18a.xml");
    let answer = partner.call("POST", "/capture", &[("content-type", "application/xml")], xml).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let job = partner
        .call(
            "GET",
            answer.header("location").strip_prefix(BASE).unwrap(),
            &[("accept", "application/xml")],
            "",
        )
        .await;
    assert!(
        job.text().contains("<epcis:EPCISCaptureJob") && job.text().contains("success=\"true\""),
        "{}",
        job.text()
    );
    let found = partner.call("GET", "/events", &[("accept", "application/xml")], "").await;
    assert_eq!((found.status.as_u16(), found.header("content-type")), (200, "application/xml"));
    assert!(
        found.text().contains("urn:epcglobal:epcis-query:xsd:2") && found.text().contains("<ObjectEvent>"),
        "{}",
        found.text()
    );
    assert!(found.text().contains("urn:epcglobal:cbv:bizstep:shipping"), "{}", found.text());
    let web = [("accept", "application/xml"), ("gs1-cbv-xml-format", "Always_Web_URI")];
    let found = partner.call("GET", "/events", &web, "").await;
    assert!(found.text().contains("https://ref.gs1.org/cbv/BizStep-shipping"), "{}", found.text());
    let old = [("accept", "application/xml"), ("gs1-epcis-max", "1.2")];
    let found = partner.call("GET", "/events", &old, "").await;
    assert!(found.text().contains("urn:epcglobal:epcis-query:xsd:1"), "{}", found.text());
    let problem = partner.call("GET", "/events/urn:none", &[("accept", "application/xml")], "").await;
    assert_eq!(problem.header("content-type"), "application/problem+xml");
    assert!(problem.text().contains("<type>epcisException:NoSuchNameException</type>"), "{}", problem.text());
    for headers in [
        [("accept", "text/html"), ("gs1-epcis-max", "2.0")],
        [("accept", "*/*"), ("gs1-epcis-min", "3.0.0")],
        [("accept", "application/json"), ("gs1-epcis-max", "1.2.0")],
        [("accept", "*/*"), ("gs1-epc-format", "Sometimes")],
        [("accept", "*/*"), ("gs1-epcis-version", "9")],
    ] {
        is_exception(&partner.call("GET", "/events", &headers, "").await, 406, "NotAcceptableException");
    }
}

#[tokio::test]
async fn identifiers_come_in_the_form_that_is_asked_for() {
    let world = World::new();
    let partner = Partner::new(&world, "operator");
    partner
        .capture(&[object("urn:e:1", EPC), object("urn:e:2", "https://example.org/01/04012345111118/21/1")])
        .await;
    let epcs = async |format: &str| {
        let answer = partner.call("GET", "/events", &[("gs1-epc-format", format)], "").await.json();
        let list = answer["epcisBody"]["queryResults"]["resultsBody"]["eventList"].clone();
        [0, 1].map(|place| list[place]["epcList"][0].as_str().unwrap().to_owned())
    };
    assert_eq!(epcs("Never_Translates").await, [EPC, "https://example.org/01/04012345111118/21/1"]);
    assert_eq!(epcs("Always_GS1_Digital_Link").await, [LINK, "https://example.org/01/04012345111118/21/1"]);
    assert_eq!(epcs("Always_EPC_URN").await, [EPC, "urn:epc:id:sgtin:4012345.011111.1"]);
    let listed =
        partner.call("GET", "/epcs", &[("gs1-epc-format", "Always_GS1_Digital_Link")], "").await.json();
    assert_eq!(listed["member"][0], LINK);
}

#[tokio::test]
async fn top_level_resources_lead_to_events() {
    let world = World::new();
    let partner = Partner::new(&world, "operator");
    for path in ["", "/"] {
        let root = partner.get(path).await;
        assert_eq!(root.status, 200, "{}", root.text());
        assert_eq!(root.json()["type"], "Collection");
    }
    assert_eq!(partner.get("/eventTypes").await.json()["member"].as_array().unwrap().len(), 5);
    assert!(Partner::ids(&partner.get("/eventTypes/ObjectEvent/events").await).is_empty());
    is_exception(&partner.get("/bizSteps/shipping").await, 404, "NoSuchNameException");
    partner.capture(&[object("urn:e:1", EPC)]).await;
    for (path, member) in [
        ("/epcs", EPC),
        ("/bizSteps", "shipping"),
        ("/readPoints", "urn:epc:id:sgln:4012345.00005.0"),
        ("/eventTypes", "ObjectEvent"),
    ] {
        let list = partner.get(path).await.json();
        assert!(list["member"].as_array().unwrap().contains(&json!(member)), "{list}");
        assert_eq!(partner.get(&format!("{path}/{member}")).await.json()["member"], json!(["events"]));
        assert_eq!(
            Partner::ids(&partner.get(&format!("{path}/{member}/events")).await),
            ["urn:e:1"],
            "{path}"
        );
    }
    let link = "https:%2F%2Fid.gs1.org%2F01%2F04012345111118%2F21%2F9876";
    assert_eq!(
        Partner::ids(&partner.get(&format!("/epcs/{link}/events?EQ_action=OBSERVE")).await),
        ["urn:e:1"]
    );
    is_exception(&partner.get("/eventTypes/FunnyEvent/events").await, 404, "NoSuchNameException");
    assert_eq!(partner.get("/dispositions").await.json()["member"], json!([]));
}

#[tokio::test]
async fn every_resource_says_what_it_can_do() {
    let world = World::new();
    let partner = Partner::new(&world, "viewer");
    for (path, allow) in [
        ("", "OPTIONS, GET"),
        ("/capture", "OPTIONS, POST, GET"),
        ("/events", "OPTIONS, GET, POST"),
        ("/eventTypes", "OPTIONS, GET"),
        ("/epcs/urn:x:y/events", "OPTIONS, GET"),
        ("/queries", "OPTIONS, GET, POST"),
        ("/queries/q", "OPTIONS, GET, DELETE"),
        ("/queries/q/subscriptions", "OPTIONS, GET, POST"),
        ("/queries/q/subscriptions/s", "OPTIONS, DELETE, GET"),
    ] {
        let answer = partner.call("OPTIONS", path, &[], "").await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (204, allow), "{path}");
        for name in
            ["gs1-epcis-version", "gs1-epcis-min", "gs1-epcis-max", "gs1-vendor-version", "gs1-epc-format"]
        {
            assert!(!answer.header(name).is_empty(), "{path} {name}");
        }
    }
    let capture = partner.call("OPTIONS", "/capture", &[], "").await;
    assert_eq!(capture.header("gs1-epcis-capture-limit"), "50000");
    assert!(!capture.header("gs1-epcis-capture-file-size-limit").is_empty());
    assert!(!capture.header("gs1-capture-error-behaviour").is_empty());
}

#[tokio::test]
async fn a_list_longer_than_a_page_links_to_the_next() {
    let world = World::new();
    let partner = Partner::new(&world, "operator");
    let events: Vec<Value> = (0..7).map(|n| object(&format!("urn:e:{n}"), EPC)).collect();
    partner.capture(&events).await;
    let mut path = "/events?perPage=3&EQ_action=OBSERVE".to_owned();
    let mut found = Vec::new();
    loop {
        let answer = partner.get(&path).await;
        found.extend(Partner::ids(&answer));
        let link = answer.header("link");
        let Some(next) =
            link.strip_prefix("</epcis/v2").and_then(|rest| rest.strip_suffix(">; rel=\"next\""))
        else {
            break;
        };
        assert!(!answer.header("gs1-next-page-token-expires").is_empty());
        path = next.to_owned();
    }
    assert_eq!(found, (0..7).map(|n| format!("urn:e:{n}")).collect::<Vec<_>>());
    assert_eq!(partner.call("DELETE", "/nextPageToken/1.2.3.4", &[], "").await.status, 204);
}

#[tokio::test]
async fn queries_have_names_and_subscribers() {
    let world = World::new();
    let partner = Partner::new(&world, "operator");
    partner.capture(&[object("urn:e:1", EPC)]).await;
    let query = json!({ "name": "shipped", "query": { "eventType": ["ObjectEvent"], "EQ_example:seal": ["KE-1"],
        "@context": { "example": "https://ns.example.com/epcis/" } } });
    let answer = partner.post("/queries", &query).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (201, "/epcis/v2/queries/shipped"));
    is_exception(&partner.post("/queries", &query).await, 409, "ResourceAlreadyExistsException");
    is_exception(
        &partner.post("/queries", &json!({ "name": "x", "query": { "EQ_bad": 1 } })).await,
        400,
        "QueryValidationException",
    );
    is_exception(&partner.post("/queries", &json!({ "query": {} })).await, 400, "QueryValidationException");
    assert_eq!(partner.get("/queries").await.json()[0]["name"], "shipped");
    assert_eq!(partner.get("/queries/shipped").await.json(), query);
    let found = partner.get("/queries/shipped/events").await;
    assert_eq!(Partner::ids(&found), ["urn:e:1"]);
    assert_eq!(found.json()["epcisBody"]["queryResults"]["queryName"], "shipped");
    assert_eq!(
        Partner::ids(&partner.get("/queries/SimpleEventQuery/events?EQ_action=OBSERVE").await),
        ["urn:e:1"]
    );
    assert!(Partner::ids(&partner.get("/queries/SimpleEventQuery/events?EQ_action=ADD").await).is_empty());
    assert_eq!(partner.get("/queries/SimpleEventQuery").await.json()["query"], json!({}));
    let taken = json!({ "name": "SimpleEventQuery", "query": {} });
    is_exception(&partner.post("/queries", &taken).await, 409, "ResourceAlreadyExistsException");
    is_exception(&partner.get("/queries/none/events").await, 404, "NoSuchNameException");
    let path = "/queries/shipped/subscriptions";
    let wanted =
        json!({ "dest": "https://partner.example.org/epcis", "signatureToken": "secret", "stream": true });
    let answer = partner.post(path, &wanted).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let view = answer.json();
    assert!(view["subscriptionID"].is_string() && view["createdAt"].is_string(), "{view}");
    assert!(!answer.text().contains("secret"), "{}", answer.text());
    let location = answer.header("location").to_owned();
    assert_eq!(partner.get(location.strip_prefix(BASE).unwrap()).await.json(), view);
    for bad in [
        json!({ "dest": "https://partner.example.org" }),
        json!({ "dest": "ftp://partner.example.org", "stream": true }),
        json!({ "dest": "https://p.example.org", "stream": true, "schedule": { "hour": "1" } }),
        json!({ "dest": "https://p.example.org", "schedule": { "hour": "25" } }),
        json!({ "dest": "https://p.example.org", "schedule": {} }),
        json!({ "stream": true }),
    ] {
        is_exception(&partner.post(path, &bad).await, 400, "SubscriptionControlsException");
    }
    is_exception(&partner.post("/queries/none/subscriptions", &wanted).await, 404, "NoSuchNameException");
    assert_eq!(partner.get(path).await.json().as_array().unwrap().len(), 1);
    assert_eq!(partner.call("DELETE", location.strip_prefix(BASE).unwrap(), &[], "").await.status, 204);
    assert_eq!(partner.call("DELETE", "/queries/shipped", &[], "").await.status, 204);
    is_exception(&partner.call("DELETE", "/queries/shipped", &[], "").await, 404, "NoSuchNameException");
}

#[tokio::test]
async fn accounts_and_rights_hold_here_too() {
    let world = World::new();
    let viewer = Partner::new(&world, "viewer");
    assert_eq!(viewer.get("/events").await.status, 200);
    is_exception(&viewer.capture(&[object("urn:e:1", EPC)]).await, 403, "SecurityException");
    is_exception(&viewer.call("DELETE", "/queries/q", &[], "").await, 403, "SecurityException");
    let nobody = world.send(Request::builder().uri("/epcis/v2/events").body(Body::empty()).unwrap()).await;
    is_exception(&nobody, 401, "SecurityException");
    assert!(nobody.header("www-authenticate").starts_with("Basic "));
    let wrong = Partner {
        world: &world,
        authorization: format!("Basic {}", Base64::encode_string(b"operator:guess")),
    };
    is_exception(&wrong.get("/events").await, 401, "SecurityException");
    let client = world.client("operator").await;
    assert_eq!(client.call("GET", "/epcis/v2/events", &Value::Null).await.status, 200);
}
