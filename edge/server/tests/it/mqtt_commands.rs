//! Commands by MQTT: to the listener's own clients, and through a real mosquitto. The devices are `mosquitto_sub` and
//! `mosquitto_pub`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use plomb_constrained::cbor::Buffer;
use plomb_constrained::coap::format;
use plomb_constrained::cose::{Message, mac0};
use plomb_constrained::profile::{command_key, mac0_key, name};
use plomb_constrained::senml::{Pack, PackWriter, Value as Told, Written};
use plomb_model::DeviceId;
use serde_json::{Value, json};

use crate::commands::World;
use crate::mqtt::{Mosquitto, published, tool};
use crate::server::Server;

const KID: [u8; 3] = [0x0a, 0x0b, 0x0c];
const MASTER: &str = "0102030405060708090a0b0c0d0e0f10";

/// A client that listens; prints topic and payload in hex, a line a message.
struct Listener {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Listener {
    fn start(login: &[&str], topic: &str) -> Self {
        let mut command = tool("mosquitto_sub");
        command
            .args(["-h", "localhost", "-q", "1", "-W", "60", "-F", "%t %x"])
            .args(login)
            .args(["-t", topic]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        // Until it has subscribed.
        std::thread::sleep(std::time::Duration::from_millis(500));
        Self { child, lines }
    }

    fn next(&mut self) -> (String, Vec<u8>) {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        let (topic, payload) =
            line.trim().split_once(' ').unwrap_or_else(|| panic!("no command came: {line:?}"));
        (topic.to_owned(), bytes(payload))
    }

    fn next_json(&mut self, topic: &str) -> Value {
        let (under, payload) = self.next();
        assert_eq!(under, topic);
        serde_json::from_slice(&payload).unwrap()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// A proved event of the device: its number, and the answer to a command.
fn event(sequence: i64, answer: Option<i64>) -> Vec<u8> {
    let mut space = [0; 128];
    let mut records = PackWriter::begin(Buffer::new(&mut space), "", None);
    records.record(name::SEQUENCE, "", 0, Written::Decimal(sequence, 0));
    if let Some(number) = answer {
        records.record(name::COMMAND, "", 0, Written::Decimal(number, 0));
        records.record(name::OUTCOME, "", 0, Written::Text("done"));
    }
    let pack = records.end().finish().unwrap();
    let mut message = [0; 256];
    let key = mac0_key(&bytes(MASTER), &[], &KID).unwrap();
    mac0(&key, &KID, format::SENML_CBOR, pack, &mut message).unwrap().to_vec()
}

#[test]
fn a_lock_of_the_profile_is_opened_by_mqtt_under_a_key_of_its_own() {
    let mut server = Server::new();
    let (credentials, keys) = (server.file("mqtt-devices.txt"), server.file("keys.txt"));
    let made = server.run(&[
        "device-secret",
        "0a0b0c",
        "--protocol",
        "plomb-mqtt",
        "--file",
        credentials.to_str().unwrap(),
    ]);
    let secret = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    std::fs::write(&keys, format!("oscore-master 0a0b0c {MASTER}\n")).unwrap();
    let configuration = server.file("plomb.toml");
    let text = format!("[devices]\nkeys = {keys:?}\nmqtt_credentials = {credentials:?}\n");
    std::fs::write(&configuration, text).unwrap();
    server.configure(&configuration);
    let world = World::of(server);
    let port = world.server.port("SHARED_MQTT").to_string();
    let device: DeviceId = "plomb:0a0b0c".parse().unwrap();
    let publish = |body: &[u8]| {
        let file = world.server.file("body");
        std::fs::write(&file, body).unwrap();
        let login = ["-h", "localhost", "-p", &port, "-u", "0a0b0c", "-P", &secret, "-q", "1"];
        assert!(published(
            &[&login[..], &["-t", "plomb-mqtt/0a0b0c/p", "-f", file.to_str().unwrap()]].concat()
        ));
    };
    let mut numbers = Vec::new();
    for (version, sequence) in [("311", 1), ("5", 3)] {
        publish(&event(sequence, None));
        world.until_known(device);
        let unlock = world.ask(device, version, &json!({"kind": "unlock", "validity_s": 120}));
        world.authorise(&unlock);
        // It listens only now: what waits comes as soon as it does.
        let login = ["-p", &port, "-u", "0a0b0c", "-P", &secret, "-V", version];
        let mut listener = Listener::start(&login, "plomb-mqtt/0a0b0c/c");
        let (topic, payload) = listener.next();
        assert_eq!(topic, "plomb-mqtt/0a0b0c/c");
        let message = Message::parse(&payload, None).unwrap();
        let key = command_key(&bytes(MASTER), &[], &KID).unwrap();
        let mut plain = vec![0; message.payload.len()];
        let pack = message.decrypt(&key, &[], &mut plain).expect("it is under the device's key");
        let records: Vec<_> = Pack::new(pack).unwrap().map(Result::unwrap).collect();
        assert!(matches!(records[1].value, Some(Told::Text("unlock"))), "{records:?}");
        let Some(Told::Number(number)) = records[0].value else { panic!("{records:?}") };
        let number = number.scaled(0).unwrap();
        assert_eq!(json!(number), unlock["id"]);
        numbers.push(message.iv.unwrap().to_vec());
        publish(&event(sequence + 1, Some(number)));
        let done = world.until(&unlock, &["succeeded", "rejected", "failed", "expired"]);
        assert_eq!(done["state"], "succeeded", "{done}");
    }
    assert!(numbers[0] < numbers[1], "{numbers:?}");
    world.replays();
}

#[test]
fn a_phone_behind_a_broker_is_asked_where_it_is() {
    let broker = Mosquitto::start();
    let mut server = Server::new();
    broker.configure(&mut server, "\"owntracks/#\" = \"owntracks\"\n");
    let world = World::of(server);
    broker.wait(&world.server);
    let port = broker.port.to_string();
    let login = ["-p", port.as_str(), "-u", "plomb", "-P", "open sesame"];
    let mut phone = Listener::start(&login, "owntracks/ann/phone/cmd");
    let place = |trigger: &str, at: u64| {
        let at = 1_790_000_000 + at;
        format!(r#"{{"_type":"location","tid":"an","lat":-1.25,"lon":36.8,"tst":{at},"t":"{trigger}"}}"#)
    };
    broker.publish("owntracks/ann/phone", &place("u", 0));
    let device: DeviceId = "tracker:ann-phone".parse().unwrap();
    world.until_known(device);
    let locate = world.ask(device, "where", &json!({"kind": "locate"}));
    let heard = phone.next_json("owntracks/ann/phone/cmd");
    assert_eq!(heard, json!({"_type": "cmd", "action": "reportLocation"}));
    world.until(&locate, &["sent"]);
    broker.publish("owntracks/ann/phone", &place("r", 60));
    world.until(&locate, &["succeeded"]);
    let wrong = world.ask(device, "words", &json!({"kind": "text", "text": "hello"}));
    world.authorise(&wrong);
    let failed = world.until(&wrong, &["failed"]);
    assert!(failed["detail"].as_str().unwrap().contains("\"_type\""), "{failed}");
    world.replays();
}

#[test]
fn a_sensor_of_lorawan_gets_a_downlink_and_acknowledges_it() {
    let broker = Mosquitto::start();
    let mut server = Server::new();
    broker.configure(&mut server, "\"application/+/device/+/event/+\" = \"chirpstack\"\n");
    let world = World::of(server);
    broker.wait(&world.server);
    let port = broker.port.to_string();
    let login = ["-p", port.as_str(), "-u", "plomb", "-P", "open sesame"];
    let base = "application/7f/device/0102030405060708";
    let mut network = Listener::start(&login, &format!("{base}/command/down"));
    let info = r#""deviceInfo":{"devEui":"0102030405060708"}"#;
    broker.publish(&format!("{base}/event/up"), &format!(r#"{{{info},"fCnt":1,"fPort":2,"data":"AQ=="}}"#));
    let device: DeviceId = "lorawan:0102030405060708".parse().unwrap();
    world.until_known(device);
    for (acknowledged, ends) in [("true", "succeeded"), ("false", "rejected")] {
        let text = world.ask(device, ends, &json!({"kind": "text", "text": "10 01ff"}));
        world.authorise(&text);
        let heard = network.next_json(&format!("{base}/command/down"));
        let item = heard["id"].as_str().unwrap().to_owned();
        let expected = json!({
            "id": item, "devEui": "0102030405060708", "confirmed": true, "fPort": 10, "data": "Af8=",
        });
        assert_eq!(heard, expected);
        world.until(&text, &["sent"]);
        let ack = format!(r#"{{{info},"queueItemId":"{item}","acknowledged":{acknowledged},"fCntDown":4}}"#);
        broker.publish(&format!("{base}/event/ack"), &ack);
        world.until(&text, &[ends]);
    }
    world.replays();
}
