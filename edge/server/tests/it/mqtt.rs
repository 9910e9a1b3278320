//! Devices heard through a broker: a real mosquitto.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use plomb_simulator::gateway::mqtt::publish_as;
use tempfile::TempDir;

use super::server::{Server, free_port};

pub(crate) struct Mosquitto {
    child: Child,
    pub(crate) port: u16,
    _directory: TempDir,
}

impl Mosquitto {
    /// A broker with one account, for which the platform has the password.
    pub(crate) fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let port = free_port();
        let passwords = directory.path().join("passwords");
        let made = tool("mosquitto_passwd")
            .args(["-b", "-c"])
            .arg(&passwords)
            .args(["plomb", "open sesame"])
            .status();
        assert!(made.expect("mosquitto is missing: apt-get install mosquitto").success());
        let configuration = directory.path().join("mosquitto.conf");
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {}\nuser root\n",
            passwords.display()
        );
        std::fs::write(&configuration, text).unwrap();
        let child = tool("mosquitto")
            .arg("-c")
            .arg(&configuration)
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "mosquitto does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, port, _directory: directory }
    }

    /// Lets the server hear these topics there.
    pub(crate) fn configure(&self, server: &mut Server, topics: &str) {
        let password = server.file("broker-password");
        std::fs::write(&password, "open sesame\n").unwrap();
        let configuration = server.file("plomb.toml");
        let text = format!(
            "[mqtt]\nbroker = \"127.0.0.1\"\nport = {}\nuser = \"plomb\"\npassword_file = {password:?}\n\
             [mqtt.topics]\n{topics}",
            self.port
        );
        std::fs::write(&configuration, text).unwrap();
        server.configure(&configuration);
    }

    /// Waits until the server hears the broker.
    pub(crate) fn wait(&self, server: &Server) {
        let until = Instant::now() + Duration::from_secs(20);
        while !server.log().contains("Connected to the broker") {
            assert!(Instant::now() < until, "{}: {}", self.port, server.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(300));
    }

    /// Publishes as a phone with OwnTracks does.
    pub(crate) fn publish(&self, topic: &str, payload: &str) {
        let to = SocketAddr::from(([127, 0, 0, 1], self.port));
        publish_as(to, "plomb", "open sesame", topic, payload.as_bytes()).unwrap();
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The package puts the broker where only the administrator's path looks.
pub(crate) fn tool(name: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("env");
    command.env("PATH", format!("{path}:/usr/sbin")).arg(name);
    command
}

/// Waits until the device is at this latitude.
fn wait_for_latitude(server: &Server, token: &str, latitude: f64) {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some((200, body)) = server.get("/api/v1/devices/tracker:ann-phone", token) {
            let device: serde_json::Value = serde_json::from_str(&body).unwrap();
            if device["position"]["latitude"].as_f64().is_some_and(|found| (found - latitude).abs() < 1e-6) {
                return;
            }
        }
        assert!(Instant::now() < until, "the message did not arrive:\n{}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn nothing_is_lost_between_a_broker_and_the_journal() {
    let broker = Mosquitto::start();
    let mut server = Server::new();
    broker.configure(&mut server, "\"owntracks/#\" = \"owntracks\"\n");
    server.start();
    let token = server.log_in("viewer", "viewer");
    let place = |latitude: f64, seconds: u64| {
        format!(r#"{{"_type":"location","tid":"an","lat":{latitude},"lon":36.8,"tst":{seconds}}}"#)
    };
    broker.wait(&server);
    broker.publish("owntracks/ann/phone", &place(-1.25, 1_790_000_000));
    wait_for_latitude(&server, &token, -1.25);
    // A power cut: the broker keeps what comes meanwhile, and we take it up again.
    server.kill();
    broker.publish("owntracks/ann/phone", &place(-1.5, 1_790_000_060));
    server.start();
    wait_for_latitude(&server, &token, -1.5);
    assert!(!server.log().contains("open sesame"), "the password is in the log");
}

/// `mosquitto_pub` with these arguments; whether it was content.
pub(crate) fn published(arguments: &[&str]) -> bool {
    let output = tool("mosquitto_pub").args(arguments).output().unwrap();
    output.status.success() && !String::from_utf8_lossy(&output.stderr).contains("not authorised")
}

/// A certificate for localhost that signs itself.
pub(crate) fn make_certificate(certificate: &Path, key: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-out"])
        .arg(certificate)
        .arg("-keyout")
        .arg(key)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
}

#[test]
fn devices_publish_straight_to_the_platform_and_only_for_themselves() {
    let mut server = Server::new();
    let credentials = server.file("mqtt-devices.txt");
    let mut secrets = ["ann", "bob"].map(|name| {
        let path = credentials.to_str().unwrap();
        let output = server.run(&["device-secret", name, "--protocol", "owntracks", "--file", path]);
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    });
    let again = ["device-secret", "ann", "--protocol", "owntracks", "--file", credentials.to_str().unwrap()];
    assert!(!server.run(&again).status.success(), "the name is there already");
    let (certificate, key) = (server.file("certificate.pem"), server.file("key.pem"));
    make_certificate(&certificate, &key);
    let configuration = server.file("plomb.toml");
    let text = format!(
        "[listen]\ncertificate = {certificate:?}\nkey = {key:?}\n[devices]\nmqtt_credentials = {credentials:?}\n"
    );
    std::fs::write(&configuration, text).unwrap();
    server.configure(&configuration);
    server.start();
    let token = server.log_in("viewer", "viewer");
    let [ann, bob] = &mut secrets;
    let (plain, secure) = (server.port("SHARED_MQTT").to_string(), server.port("SHARED_MQTTS").to_string());
    let mut place = 0_u32;
    for version in ["311", "5"] {
        for quality in ["0", "1", "2"] {
            place += 1;
            let latitude = f64::from(place) / 8.0;
            let message = format!(
                r#"{{"_type":"location","tid":"an","lat":{latitude},"lon":36.8,"tst":{}}}"#,
                1_790_000_000 + place
            );
            let to = ["-h", "localhost", "-u", "ann", "-P", ann, "-V", version, "-q", quality];
            let what = ["-t", "owntracks/ann/phone", "-m", &message];
            let secured = ["-p", secure.as_str(), "--cafile", certificate.to_str().unwrap()];
            let open = ["-p", plain.as_str()];
            let way: &[&str] = if place.is_multiple_of(2) { &secured } else { &open };
            assert!(published(&[&to, way, &what].concat()), "{version} {quality}:\n{}", server.log());
            wait_for_latitude(&server, &token, latitude);
        }
    }
    let wrong =
        ["-h", "localhost", "-p", &plain, "-u", "ann", "-P", bob, "-t", "owntracks/ann/phone", "-m", "{}"];
    assert!(!published(&wrong));
    let message = r#"{"_type":"location","tid":"an","lat":80,"lon":0,"tst":1790009999}"#;
    for version in ["311", "5"] {
        let foreign = ["-h", "localhost", "-p", &plain, "-u", "bob", "-P", bob, "-q", "1", "-V", version];
        let what = ["-t", "owntracks/ann/phone", "-m", message];
        let told = tool("mosquitto_pub").args(foreign).args(what).output().unwrap();
        let told = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(version == "311" || told.to_lowercase().contains("not authorized"), "{told}");
    }
    let device = server.get_json("/api/v1/devices/tracker:ann-phone", &token);
    assert!((device["position"]["latitude"].as_f64().unwrap() - 0.75).abs() < 1e-6, "{device}");
    assert!(server.log().contains("not its own"));
    assert!(![ann, bob].into_iter().any(|secret| server.log().contains(secret.as_str())));
}

#[test]
fn credentials_of_the_register_are_followed_while_the_server_runs() {
    let mut server = Server::new();
    let (first, second) = (server.file("first.txt"), server.file("second.txt"));
    let secret = |file: &Path, name: &str| {
        let output =
            server.run(&["device-secret", name, "--protocol", "owntracks", "--file", file.to_str().unwrap()]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let import = |server: &Server, file: &Path| {
        let said = server.run(&["registry", "import", file.to_str().unwrap(), "--format", "mqtt"]);
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
    };
    let (ann, old) = (secret(&first, "ann"), secret(&second, "ann"));
    assert_ne!(ann, old);
    import(&server, &second);
    server.start();
    let token = server.log_in("viewer", "viewer");
    let port = server.port("SHARED_MQTT").to_string();
    let place = |latitude: f64, at: u64| {
        format!(
            r#"{{"_type":"location","tid":"an","lat":{latitude},"lon":36.8,"tst":{}}}"#,
            1_790_000_000 + at
        )
    };
    let publish = |secret: &str, message: &str| {
        let to = ["-h", "localhost", "-p", &port, "-u", "ann", "-P", secret, "-q", "1"];
        published(&[&to[..], &["-t", "owntracks/ann/phone", "-m", message]].concat())
    };
    assert!(publish(&old, &place(1.5, 0)), "{}", server.log());
    wait_for_latitude(&server, &token, 1.5);
    // A subscriber holds its connection until its credential is another.
    let mut holds = tool("mosquitto_sub");
    holds.args(["-h", "localhost", "-p", &port, "-u", "ann", "-P", &old, "-t", "owntracks/ann/c"]);
    let mut holds = holds.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    import(&server, &first);
    while !server.log().contains("credentials were withdrawn") {
        assert!(Instant::now() < until, "{}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    holds.kill().unwrap();
    holds.wait().unwrap();
    assert!(!publish(&old, &place(2.5, 1)), "the old secret has ended");
    assert!(publish(&ann, &place(3.5, 2)), "{}", server.log());
    wait_for_latitude(&server, &token, 3.5);
}
