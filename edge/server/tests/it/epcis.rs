//! EPCIS over the real server: what happens here is told, and who subscribed is told of it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tungstenite::client::IntoClientRequest;

use crate::server::Server;

const UNIT: &str = "CSQU3054383";
const WAIT: Duration = Duration::from_secs(20);

/// A message that a subscriber was sent: header `GS1-Signature`, and the body.
type Message = (String, String);

/// A subscriber that answers with these statuses in turn, the last again and again.
fn subscriber(statuses: &'static [u16]) -> (String, Receiver<Message>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/callback", listener.local_addr().unwrap());
    let (heard, messages) = channel();
    std::thread::spawn(move || {
        for (count, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let message = request(&mut stream);
            let status = statuses.get(count).or_else(|| statuses.last()).unwrap();
            write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            if heard.send(message).is_err() {
                return;
            }
        }
    });
    (address, messages)
}

/// Reads a request to its end.
fn request(stream: &mut TcpStream) -> Message {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let header = |name: &str| {
                let line =
                    head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
                line.map(|line| line.split_once(':').unwrap().1.trim().to_owned()).unwrap_or_default()
            };
            if body.len() >= header("content-length").parse().unwrap_or(0) {
                return (header("gs1-signature"), body.to_owned());
            }
        }
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the request ends early");
        bytes.extend_from_slice(&buffer[..count]);
    }
}

fn address_of(server: &Server) -> String {
    format!("127.0.0.1:{}", server.port("HTTP"))
}

fn events(document: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(document).unwrap();
    document["epcisBody"]["queryResults"]["resultsBody"]["eventList"].as_array().unwrap().clone()
}

fn step(server: &Server, token: &str, step: &str, fields: &Value) {
    let path = format!("/api/v1/movements/1/steps/{step}");
    let (status, said) = server.call(&path, token, "", &fields.to_string());
    assert_eq!(status, 200, "{step}: {said}");
}

fn post(server: &Server, token: &str, path: &str, body: &Value) -> Value {
    let (status, said) = server.call(&format!("/epcis/v2{path}"), token, "", &body.to_string());
    assert_eq!(status, 201, "{path}: {said}");
    said
}

/// Waits until a query finds so many events.
fn found(server: &Server, token: &str, query: &str, count: usize) -> Vec<Value> {
    let started = std::time::Instant::now();
    loop {
        let document = server.get_json(&format!("/epcis/v2/events?{query}"), token);
        let list = events(&document.to_string());
        if list.len() >= count {
            return list;
        }
        assert!(started.elapsed() < WAIT, "{query}: {document}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_movement_and_its_alarm_are_told_to_whoever_asked() {
    let mut server = Server::new();
    server.start();
    let token = server.log_in("ann", "operator");
    let (dest, messages) = subscriber(&[503, 200]);
    post(&server, &token, "/queries", &json!({ "name": "all", "query": {} }));
    let subscription = json!({ "dest": dest, "signatureToken": "shared secret", "stream": true });
    let subscription = post(&server, &token, "/queries/all/subscriptions", &subscription);
    let address = format!("ws://{}/epcis/v2/queries/all/events?stream=true", address_of(&server));
    let mut request = address.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    let stream = TcpStream::connect(address_of(&server)).unwrap();
    stream.set_read_timeout(Some(WAIT)).unwrap();
    let (mut socket, response) = tungstenite::client(request, stream).unwrap();
    assert_eq!(response.status(), 101);

    let (status, said) = server.post("/osmand", "id=902064&lat=-4.05&lon=39.66&batt=88");
    assert_eq!(status, 200, "{said}");
    let declared = json!({
        "lrn": "LRN-1", "policy": "eaeu", "holder": {"name": "Holder Ltd"}, "carrier": {"name": "Corridor Lines"},
        "departure": "KEMBA", "destination": "UGKLA", "goods": [{"hs": "1701"}], "unit": [{"number": UNIT}],
        "limit": "2030-01-01T00:00:00Z", "guarantee": "G", "guaranteed": "100 EUR",
    });
    let (status, movement) = server.call("/api/v1/movements", &token, "", &declared.to_string());
    assert_eq!(status, 201, "{movement}");
    step(&server, &token, "submit", &json!({}));
    step(&server, &token, "accept", &json!({"mrn": "26KE00000000000A12"}));
    step(&server, &token, "book", &json!({"class": "active"}));
    step(&server, &token, "arm", &json!({"unit": UNIT, "device": "tracker:902064"}));
    step(&server, &token, "depart", &json!({}));
    let (status, said) = server.post("/osmand", "id=902064&lat=-3.95&lon=39.66&batt=4");
    assert_eq!(status, 200, "{said}");

    let all = found(&server, &token, "", 4);
    let steps: Vec<&str> = all.iter().filter_map(|event| event["bizStep"].as_str()).collect();
    assert_eq!(steps, ["accepting", "installing", "departing", "sensor_reporting"], "{all:#?}");
    let sealed = found(&server, &token, "MATCH_parentID=urn:epc:id:bic:CSQU3054383", 1);
    assert_eq!(sealed[0]["childEPCs"], json!(["urn:plomb:device:tracker:902064"]));
    assert_eq!(sealed[0]["bizTransactionList"][0]["bizTransaction"], "urn:plomb:mrn:26KE00000000000A12");
    let alarm = found(&server, &token, "EXISTS_sensorElementList=1", 1);
    assert_eq!(
        alarm[0]["sensorElementList"][0]["sensorReport"][0]["type"],
        "urn:plomb:epcis:alarm:low-battery"
    );
    assert_eq!(alarm[0]["epcList"], json!(["urn:plomb:device:tracker:902064", "urn:epc:id:bic:CSQU3054383"]));
    assert_eq!(alarm[0]["readPoint"]["id"], "geo:-3.95,39.66");
    assert_eq!(alarm[0]["plomb:nationalCode"], "05");

    // Over the WebSocket, and to the address: refused the first time, then taken; nothing is told twice.
    let mut streamed = Vec::new();
    while streamed.len() < 4 {
        let text = socket.read().unwrap().into_text().unwrap();
        streamed.extend(events(&text));
    }
    assert_eq!(streamed, all);
    let mut told = Vec::new();
    let refused = messages.recv_timeout(WAIT).unwrap();
    while told.len() < 4 {
        let (signature, body) = messages.recv_timeout(WAIT).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(b"shared secret").unwrap();
        mac.update(body.as_bytes());
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(signature, format!("sha256={hex}"));
        let document: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(document["epcisBody"]["queryResults"]["subscriptionID"], subscription["subscriptionID"]);
        told.extend(events(&body));
    }
    assert!(!events(&refused.1).is_empty());
    assert_eq!(told, all);
    assert!(messages.recv_timeout(Duration::from_secs(2)).is_err(), "nothing is told twice");
}

#[test]
fn what_was_captured_is_there_after_a_crash_and_nothing_goes_untold() {
    let mut server = Server::new();
    server.start();
    let token = server.log_in("ann", "operator");
    let event = |id: &str| {
        json!({
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "ObjectEvent",
            "eventID": id, "eventTime": "2026-11-28T09:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE",
            "epcList": ["urn:epc:id:sgtin:4012345.011111.1"],
        })
    };
    post(&server, &token, "/queries", &json!({ "name": "all", "query": {} }));
    let (dest, messages) = subscriber(&[200]);
    post(&server, &token, "/queries/all/subscriptions", &json!({ "dest": dest, "stream": true }));
    post(&server, &token, "/events", &event("urn:e:1"));
    assert_eq!(events(&messages.recv_timeout(WAIT).unwrap().1).len(), 1);
    server.kill();
    server.start();
    assert_eq!(found(&server, &token, "", 1)[0]["eventID"], "urn:e:1");
    post(&server, &token, "/events", &event("urn:e:2"));
    // A message whose answer the crash swallowed comes again, as events with an identifier may.
    let mut told = Vec::new();
    while told.last() != Some(&json!("urn:e:2")) {
        told.extend(
            events(&messages.recv_timeout(WAIT).unwrap().1).into_iter().map(|event| event["eventID"].clone()),
        );
    }
    told.dedup();
    assert!(told == ["urn:e:2"] || told == ["urn:e:1", "urn:e:2"], "{told:?}");
}
