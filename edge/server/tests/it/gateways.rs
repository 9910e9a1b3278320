//! Phones, hubs, back offices, readers and gateways against the real server, over HTTP.

use std::net::SocketAddr;
use std::time::Duration;

use plomb_model::Protocol;
use plomb_simulator::gateway::run::{Gateways, keys, moment, post, run};
use plomb_simulator::gateway::{PLAYED, message, mqtt};

use crate::live::wait_for_alarm;
use crate::server::Server;

#[test]
fn every_source_is_heard_and_what_breaks_raises_its_alarm() {
    let mut server = Server::new();
    let (file, configuration) = (server.file("keys.txt"), server.file("plomb.toml"));
    std::fs::write(&file, keys(7, 1)).unwrap();
    std::fs::write(&configuration, format!("[devices]\nkeys = {file:?}\n")).unwrap();
    server.configure(&configuration);
    server.start();
    let token = server.log_in("viewer", "viewer");
    let to = SocketAddr::from(([127, 0, 0, 1], server.port("SHARED_HTTP")));
    let sent = run(&Gateways {
        to,
        mqtt: None,
        sources: 1,
        seed: 7,
        interval: Duration::from_secs(1),
        incidents_every: None,
        duration: Some(Duration::from_millis(1500)),
    })
    .unwrap();
    assert_eq!(sent.refused, 0, "{}", server.log());
    assert!(sent.taken >= PLAYED.len() as u64, "{sent:?}");
    all_are_known(&server, &token);
    let seconds = plomb_simulator::log::now().as_millis() / 1000 + 2;
    for (protocol, alarm, device) in [
        (Protocol::ESealJson, "seal-cut", "e-seal:0A1B-0012345001"),
        (Protocol::Flespi, "seal-cut", "tracker:860000000000101"),
        (Protocol::Theengs, "case-open", "bluetooth:A4C101000001"),
    ] {
        let broken = message(protocol, 7, &moment(seconds, 9, 1, true)).unwrap();
        let (status, said) = post(to, &broken).unwrap();
        assert_eq!(status, 200, "{said}");
        wait_for_alarm(&server, &token, alarm, device);
    }
}

/// One device of each source that says who it is.
const SAID: [&str; 16] = [
    "tracker:902065",
    "tracker:haulier-truck1",
    "tracker:860000000000101",
    "tracker:353500000000101",
    "sigfox:1AB001",
    "globalstar:0-1000101",
    "globalstar:CARGO-1",
    "imei:300234010753401",
    "e-seal:0A1B-0012345001",
    "lorawan:24E124536C190001",
    "bluetooth:A4C101000001",
    "bluetooth:A4C102000001",
    "bluetooth:A4C103000001",
    "bluetooth:A4C104000001",
    "bluetooth:A4C105000001",
    "beacon:00112233445566778899aabb00000001",
];

fn all_are_known(server: &Server, token: &str) {
    for device in SAID {
        let (status, said) = server.get(&format!("/api/v1/devices/{device}"), token).unwrap();
        assert_eq!(status, 200, "{device}: {said}\n{}", server.log());
    }
}

#[test]
fn what_can_be_published_is_heard_by_mqtt_too() {
    let mut server = Server::new();
    let [key_file, credentials, configuration] =
        ["keys.txt", "mqtt.txt", "plomb.toml"].map(|name| server.file(name));
    std::fs::write(&key_file, keys(7, 1)).unwrap();
    std::fs::write(&credentials, mqtt::credentials(7, 1)).unwrap();
    let text = format!("[devices]\nkeys = {key_file:?}\nmqtt_credentials = {credentials:?}\n");
    std::fs::write(&configuration, text).unwrap();
    server.configure(&configuration);
    server.start();
    let token = server.log_in("viewer", "viewer");
    let [web, broker] =
        ["SHARED_HTTP", "SHARED_MQTT"].map(|name| SocketAddr::from(([127, 0, 0, 1], server.port(name))));
    let sent = run(&Gateways {
        to: web,
        mqtt: Some(broker),
        sources: 1,
        seed: 7,
        interval: Duration::from_secs(1),
        incidents_every: None,
        duration: Some(Duration::from_millis(500)),
    })
    .unwrap();
    assert_eq!(sent.refused, 0, "{}", server.log());
    assert!(mqtt::credentials(7, 1).lines().count() >= 12);
    all_are_known(&server, &token);
    // A source that breaks is an alarm however it is heard; one with another's secret is not heard at all.
    let seconds = plomb_simulator::log::now().as_millis() / 1000 + 2;
    let broken = message(Protocol::ESealJson, 7, &moment(seconds, 9, 1, true)).unwrap();
    mqtt::publish(broker, Protocol::ESealJson, 1, 7, &broken).unwrap();
    wait_for_alarm(&server, &token, "seal-cut", "e-seal:0A1B-0012345001");
    assert!(mqtt::publish(broker, Protocol::ESealJson, 1, 8, &broken).is_err());
}
