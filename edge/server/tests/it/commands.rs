//! Commands from the person to the device and back, in the real server: asked, authorised by somebody else, sent,
//! acknowledged, done; through kills of the process; and never after their time.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use plomb_model::{DeviceId, Protocol, Timestamp};
use plomb_simulator::protocol::{Fix, Incoming, Lock, Outcome, Report, Terminal, terminal};
use serde_json::{Value, json};

use crate::server::{Server, text};

/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long nothing may come, to believe that nothing comes.
const QUIET: Duration = Duration::from_millis(1_500);

/// How a device reaches the server.
enum Line {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

impl Line {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Udp(socket) => socket.recv(buffer),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes),
            Self::Udp(_) if bytes.is_empty() => Ok(()),
            Self::Udp(socket) => socket.send(bytes).map(drop),
        }
    }
}

/// A simulated device on one connection.
struct Device {
    stream: Line,
    terminal: Box<dyn Terminal>,
    commands: Vec<Incoming>,
}

impl Device {
    /// Connects, logs in, and sends one report under seal.
    fn connect(server: &Server, protocol: Protocol, id: DeviceId) -> Self {
        let port = match protocol {
            Protocol::Jointech | Protocol::Jt808 | Protocol::Gt06 | Protocol::Teltonika => {
                format!("{}_TCP", protocol.name().to_uppercase())
            }
            _ => "SHARED_TCP".to_owned(),
        };
        let stream = TcpStream::connect(("127.0.0.1", server.port(&port))).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        Self::log_in(Line::Tcp(stream), terminal(protocol, id, false).unwrap())
    }

    /// The same by datagrams.
    fn call(server: &Server, protocol: Protocol, id: DeviceId) -> Self {
        let port = format!("{}_UDP", protocol.name().to_uppercase());
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(("127.0.0.1", server.port(&port))).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        Self::log_in(Line::Udp(socket), terminal(protocol, id, true).unwrap())
    }

    fn log_in(stream: Line, terminal: Box<dyn Terminal>) -> Self {
        let mut device = Self { stream, terminal, commands: Vec::new() };
        let mut hello = Vec::new();
        device.terminal.connected(now(), &mut hello);
        device.stream.write_all(&hello).unwrap();
        let until = Instant::now() + PATIENCE;
        while !device.terminal.ready() {
            assert!(Instant::now() < until, "{} cannot log in", device.terminal.id());
            device.listen();
        }
        let report = device.terminal.live(&report());
        device.stream.write_all(&report.bytes).unwrap();
        device
    }

    /// Takes in what has come. `false` when the connection has ended.
    fn listen(&mut self) -> bool {
        let mut buffer = [0; 4_096];
        let count = match self.stream.read(&mut buffer) {
            Ok(0) => return false,
            Ok(count) => count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return true,
            Err(_) => return false,
        };
        let mut incoming = Vec::new();
        self.terminal.receive(&buffer[..count], &mut incoming);
        for said in incoming {
            match said {
                Incoming::Reply(bytes) => self.stream.write_all(&bytes).unwrap(),
                Incoming::Unlock { .. }
                | Incoming::Lock { .. }
                | Incoming::Locate { .. }
                | Incoming::Other { .. } => self.commands.push(said),
                Incoming::Ready | Incoming::Acknowledged(_) => {}
                refused => panic!("the platform said {refused:?}"),
            }
        }
        true
    }

    /// The next command that comes.
    fn command(&mut self) -> Incoming {
        let until = Instant::now() + PATIENCE;
        while self.commands.is_empty() {
            assert!(Instant::now() < until, "no command has come");
            assert!(self.listen(), "the platform has ended the conversation");
        }
        self.commands.remove(0)
    }

    /// Listens for a while, in which no command may come.
    fn hears_nothing(&mut self) {
        let until = Instant::now() + QUIET;
        while Instant::now() < until {
            self.listen();
            assert!(self.commands.is_empty(), "a command came: {:?}", self.commands);
        }
    }

    fn answer(&mut self, command: &Incoming, outcome: Outcome) {
        let (Incoming::Unlock { reference, .. }
        | Incoming::Lock { reference }
        | Incoming::Locate { reference }
        | Incoming::Other { reference, .. }) = command
        else {
            panic!("{command:?} is no command")
        };
        let mut report = report();
        if matches!((command, outcome), (Incoming::Unlock { .. }, Outcome::Done)) {
            report.lock = Lock { motor_locked: false, ..Lock::SEALED };
        }
        for answer in self.terminal.answer(*reference, outcome, &report) {
            self.stream.write_all(&answer.bytes).unwrap();
        }
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

fn report() -> Report {
    Report {
        at: now(),
        fix: Fix {
            latitude_e7: -40_435_000,
            longitude_e7: 396_682_000,
            fixed: true,
            altitude_m: 17,
            speed_kmh: 0,
            course_deg: 290,
            satellites: 11,
        },
        odometer_km: 1_204,
        battery_percent: 88,
        csq: 24,
        lock: Lock::SEALED,
        signals: plomb_model::Signals::NONE,
        fresh: false,
    }
}

/// A server with two persons and the password of a lock.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) tokens: [String; 2],
}

impl World {
    fn new() -> Self {
        let mut server = Server::new();
        let (keys, configuration) = (server.file("keys.txt"), server.file("plomb.toml"));
        let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        let lock = id(Protocol::Jointech).to_string();
        let line = |id: &str, password: &str| format!("lock-password {} {}\n", hex(id), hex(password));
        std::fs::write(&keys, line(&lock, "888888") + &line("*", "000000")).unwrap();
        std::fs::set_permissions(&keys, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&configuration, format!("[devices]\nkeys = {keys:?}\n")).unwrap();
        server.configure(&configuration);
        Self::of(server)
    }

    /// Starts the server.
    pub(crate) fn of(mut server: Server) -> Self {
        server.start();
        let tokens = ["ana", "ben"].map(|name| server.log_in(name, "operator"));
        Self { server, tokens }
    }

    /// Asks for a command, as the first person.
    pub(crate) fn ask(&self, device: DeviceId, key: &str, body: &Value) -> Value {
        let path = format!("/api/v1/devices/{device}/commands");
        let headers = format!("Idempotency-Key: {key}\r\n");
        let (status, command) = self.server.call(&path, &self.tokens[0], &headers, &body.to_string());
        assert_eq!(status, 201, "{command}");
        command
    }

    /// Authorises it, as the second person; the first may not.
    pub(crate) fn authorise(&self, command: &Value) {
        let path = format!("/api/v1/commands/{}/authorise", command["id"]);
        let (status, problem) = self.server.call(&path, &self.tokens[0], "", "");
        assert_eq!(status, 403, "{problem}");
        let (status, authorised) = self.server.call(&path, &self.tokens[1], "", "");
        assert_eq!((status, &authorised["state"]), (200, &json!("authorised")), "{authorised}");
    }

    fn command(&self, command: &Value) -> Value {
        self.server.get_json(&format!("/api/v1/commands/{}", command["id"]), &self.tokens[0])
    }

    /// Waits for a state of the command.
    pub(crate) fn until(&self, command: &Value, states: &[&str]) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let found = self.command(command);
            if states.iter().any(|state| found["state"] == *state) {
                return found;
            }
            assert!(Instant::now() < until, "not {states:?}: {found}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the device is known.
    pub(crate) fn until_known(&self, device: DeviceId) {
        let until = Instant::now() + PATIENCE;
        let path = format!("/api/v1/devices/{device}");
        while self.server.get(&path, &self.tokens[0]).is_none_or(|(status, _)| status != 200) {
            assert!(Instant::now() < until, "{device} has not been heard");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the platform has noticed that a device hung up: before, a command would go to it.
    fn until_gone(&self, device: DeviceId) {
        let until = Instant::now() + PATIENCE;
        let path = format!("/api/v1/devices/{device}");
        while self.server.get_json(&path, &self.tokens[0])["connected"] != false {
            assert!(Instant::now() < until, "{device} is still connected");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn restart(&mut self) {
        self.server.kill();
        self.server.start();
    }

    /// The journal says the same again, to the last decision.
    pub(crate) fn replays(mut self) {
        self.server.stop();
        let data = self.server.data();
        let configuration = self.server.file("plomb.toml");
        let mut arguments = vec!["replay", "--redecode", "--verify", "--directory", text(&data)];
        arguments.extend(["--config", text(&configuration)]);
        let replay = self.server.run(&arguments);
        let said = String::from_utf8_lossy(&replay.stdout).into_owned();
        assert!(replay.status.success(), "{said}{}", String::from_utf8_lossy(&replay.stderr));
    }
}

fn id(protocol: Protocol) -> DeviceId {
    let value = match protocol {
        Protocol::Jointech => "8041300978",
        Protocol::Jt808 => "013912345678",
        Protocol::Gt06 => "864717003456789",
        Protocol::Teltonika => "356307042441013",
        _ => return plomb_simulator::fleet::plan::identifier(protocol, 7, 0, false).unwrap(),
    };
    DeviceId::new(protocol.scheme(), value).unwrap()
}

#[test]
fn a_command_is_asked_authorised_by_another_person_sent_and_done() {
    let world = World::new();
    for protocol in [Protocol::Jointech, Protocol::Jt808, Protocol::Gt06, Protocol::Teltonika] {
        let id = id(protocol);
        let mut device = Device::connect(&world.server, protocol, id);
        world.until_known(id);
        let body = match protocol {
            Protocol::Teltonika => json!({"kind": "text", "text": "getver"}),
            _ => json!({"kind": "unlock", "validity_s": 120}),
        };
        let command = world.ask(id, protocol.name(), &body);
        assert_eq!(command["state"], "created", "{protocol:?}");
        device.hears_nothing();
        world.authorise(&command);
        let heard = device.command();
        if let Incoming::Unlock { password: Some(password), .. } = &heard {
            assert_eq!(password, "888888");
        }
        let sent = world.until(&command, &["sent", "acknowledged"]);
        assert_eq!((&sent["tries"], &sent["authorised_by"]), (&json!(1), &json!("ben")), "{sent}");
        device.answer(&heard, Outcome::Done);
        let done = world.until(&command, &["succeeded", "rejected", "failed", "expired"]);
        assert_eq!(done["state"], "succeeded", "{protocol:?}: {done}");
        // The same wish again is the same command, and nothing is sent.
        assert_eq!(world.ask(id, protocol.name(), &body), done);
        device.hears_nothing();
    }
    world.replays();
}

#[test]
fn further_protocols_carry_commands_in_their_own_way() {
    let world = World::new();
    for (protocol, body, ends) in [
        (Protocol::Eseal, json!({"kind": "unlock"}), "succeeded"),
        (Protocol::Topflytech, json!({"kind": "text", "text": "VERSION#"}), "succeeded"),
        (Protocol::Suntech, json!({"kind": "locate"}), "succeeded"),
        // Its devices say that they have a command, and no more.
        (Protocol::Queclink, json!({"kind": "locate"}), "acknowledged"),
        (Protocol::Meitrack, json!({"kind": "locate"}), "succeeded"),
        (Protocol::Tk103, json!({"kind": "restart"}), "acknowledged"),
        (Protocol::H02, json!({"kind": "reporting-interval", "seconds": 60}), "acknowledged"),
        (Protocol::Galileosky, json!({"kind": "locate"}), "succeeded"),
        (Protocol::Egts, json!({"kind": "restart"}), "succeeded"),
        (Protocol::Navtelecom, json!({"kind": "text", "text": "*!SETOUT 1Y"}), "succeeded"),
        (Protocol::Iridium, json!({"kind": "text", "text": "hello"}), "acknowledged"),
        // Its devices do not answer a message.
        (Protocol::WialonIps, json!({"kind": "text", "text": "hello"}), "sent"),
    ] {
        let id = id(protocol);
        let mut device = Device::connect(&world.server, protocol, id);
        world.until_known(id);
        let command = world.ask(id, protocol.name(), &body);
        if command["state"] == "created" {
            world.authorise(&command);
        }
        let heard = device.command();
        device.answer(&heard, Outcome::Done);
        let found = world.until(&command, &[ends, "rejected", "failed"]);
        assert_eq!(found["state"], ends, "{protocol:?}: {found}");
    }
    world.replays();
}

#[test]
fn commands_go_by_datagrams_too() {
    let world = World::new();
    let id = id(Protocol::Jt808);
    let mut device = Device::call(&world.server, Protocol::Jt808, id);
    world.until_known(id);
    let command = world.ask(id, "a", &json!({"kind": "unlock"}));
    world.authorise(&command);
    let heard = device.command();
    device.answer(&heard, Outcome::Done);
    let done = world.until(&command, &["succeeded", "rejected", "failed"]);
    assert_eq!(done["state"], "succeeded", "{done}");
    world.replays();
}

#[test]
fn what_the_device_refuses_is_told_in_its_words() {
    let world = World::new();
    // It has no password of its own among the keys, and the one for all locks is wrong.
    let id = DeviceId::new(Protocol::Jointech.scheme(), "8041300979").unwrap();
    let mut device = Device::connect(&world.server, Protocol::Jointech, id);
    world.until_known(id);
    let command = world.ask(id, "a", &json!({"kind": "unlock"}));
    world.authorise(&command);
    let heard = device.command();
    assert!(matches!(&heard, Incoming::Unlock { password: Some(password), .. } if password == "000000"));
    device.answer(&heard, Outcome::WrongPassword);
    let ended = world.until(&command, &["succeeded", "rejected"]);
    assert_eq!(ended["state"], "rejected", "{ended}");
    world.replays();
}

#[test]
fn a_command_survives_kills_until_the_device_has_confirmed_it() {
    let mut world = World::new();
    let id = id(Protocol::Jt808);
    drop(Device::connect(&world.server, Protocol::Jt808, id));
    world.until_known(id);
    let command = world.ask(id, "a", &json!({"kind": "unlock", "validity_s": 600}));
    world.restart();
    assert_eq!(world.command(&command), command, "what was created is there");
    world.authorise(&command);
    world.restart();
    assert_eq!(world.command(&command)["state"], "authorised");

    // It reaches the device, and the process dies before the answer comes.
    let mut device = Device::connect(&world.server, Protocol::Jt808, id);
    drop(device.command());
    world.restart();
    assert_eq!(world.command(&command)["state"], "sent");
    drop(device);
    std::thread::sleep(Duration::from_secs(5));
    let mut device = Device::connect(&world.server, Protocol::Jt808, id);
    let again = device.command();
    device.answer(&again, Outcome::Done);
    let done = world.until(&command, &["succeeded", "rejected", "failed"]);
    assert_eq!((&done["state"], &done["tries"]), (&json!("succeeded"), &json!(2)), "{done}");

    world.restart();
    assert_eq!(world.command(&command), done, "a result is a result");
    let mut device = Device::connect(&world.server, Protocol::Jt808, id);
    device.hears_nothing();
    world.replays();
}

#[test]
fn an_expired_command_is_never_sent() {
    let mut world = World::new();
    let id = id(Protocol::Gt06);
    drop(Device::connect(&world.server, Protocol::Gt06, id));
    world.until_known(id);
    world.until_gone(id);
    let command = world.ask(id, "a", &json!({"kind": "unlock", "validity_s": 3}));
    world.authorise(&command);
    let unauthorised = world.ask(id, "b", &json!({"kind": "unlock", "validity_s": 2}));
    world.server.kill();
    std::thread::sleep(Duration::from_secs(4));
    world.server.start();
    let mut device = Device::connect(&world.server, Protocol::Gt06, id);
    device.hears_nothing();
    let expired = world.until(&command, &["expired"]);
    assert_eq!((&expired["tries"], &expired["sent_at"]), (&json!(0), &Value::Null), "{expired}");
    assert!(expired["detail"].as_str().unwrap().contains("could not be reached"), "{expired}");
    let expired = world.until(&unauthorised, &["expired"]);
    assert!(expired["detail"].as_str().unwrap().contains("nobody authorised"), "{expired}");
    let path = format!("/api/v1/commands/{}/authorise", unauthorised["id"]);
    assert_eq!(world.server.call(&path, &world.tokens[1], "", "").0, 409);
    world.replays();
}
