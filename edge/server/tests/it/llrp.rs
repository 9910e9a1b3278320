//! Readers that the platform calls: llrpkit's emulator as the reader (`make peers` installs it; without it the tests
//! that need it say nothing).

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use plomb_simulator::gate::{self, SealTag};
use serde_json::Value;

use crate::mqtt::make_certificate;
use crate::server::{Server, free_port, text};

const WHOLE: &str = "epc:3414257BF40C0E4000000001";
const BROKEN: &str = "epc:3414257BF40C0E4000000002";
const BARE: &str = "epc:3414257BF40C0E4000000003";

/// llrpkit.
fn peer(arguments: &[&str]) -> Command {
    let python: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "..", "target/peers/bin/python"].iter().collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/llrp_peer.py");
    let mut command = Command::new(&python);
    command.arg(script).args(arguments);
    assert!(python.exists(), "the peers are not installed: run make peers");
    command
}

/// A reader that llrpkit plays.
struct Emulator {
    child: Child,
    input: ChildStdin,
    said: Receiver<String>,
    port: u16,
}

impl Emulator {
    fn start() -> Self {
        let mut command = peer(&["emulate"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let (say, said) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        let mut emulator = Self { child, input, said, port: 0 };
        emulator.port = emulator.wait_for("port ")[5..].parse().unwrap();
        emulator
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    fn wait_for(&self, beginning: &str) -> String {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.said.recv_timeout(left).unwrap_or_else(|_| panic!("no {beginning:?}"));
            if line.starts_with(beginning) {
                return line;
            }
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A server that calls a reader on this port, with its first antenna on the way in.
fn server_of(readers: &[(&str, u16)]) -> Server {
    server_at(readers.iter().map(|(name, port)| (*name, *port, [0.6412, 34.261])))
}

/// The same, with the place of each reader.
fn server_at<'a>(readers: impl IntoIterator<Item = (&'a str, u16, [f64; 2])>) -> Server {
    let mut server = Server::new();
    let sections: String = readers
        .into_iter()
        .map(|(name, port, [latitude, longitude])| {
            format!(
                "[[reader]]\nname = \"{name}\"\naddress = \"127.0.0.1:{port}\"\ncheckpoint = \"Malaba\"\n\
                 latitude = {latitude}\nlongitude = {longitude}\ndirection = \"out\"\nread_tamper = true\nuser_words = 2\n\
                 keepalive_s = 1\n[[reader.antennas]]\nnumber = 1\nname = \"west\"\ndirection = \"in\"\n\
                 power_cdbm = 2750\n[[reader.antennas]]\nnumber = 2\n[[reader.antennas]]\nnumber = 3\n"
            )
        })
        .collect();
    let file = server.file("plomb.toml");
    std::fs::write(&file, sections).unwrap();
    server.configure(&file);
    server.start();
    server
}

/// Asks for a device until it is so.
fn wait_until(server: &Server, token: &str, device: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + Duration::from_secs(40);
    loop {
        let mut found = Value::Null;
        if let Some((200, body)) = server.get(&format!("/api/v1/devices/{device}"), token) {
            found = serde_json::from_str(&body).unwrap();
            if is_so(&found) {
                return found;
            }
        }
        assert!(Instant::now() < until, "{device}: {found}\n{}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn history(server: &Server, token: &str, device: &str) -> Vec<Value> {
    let page = server.get_json(&format!("/api/v1/devices/{device}/history?limit=100"), token);
    page["items"].as_array().unwrap().clone()
}

/// Replays the journal with a new decoding; all must agree.
fn replay(server: &Server) {
    let replay = server.run(&["replay", "--redecode", "--verify", "--directory", text(&server.data())]);
    let said = String::from_utf8_lossy(&replay.stdout).into_owned();
    assert!(replay.status.success(), "{said}{}", String::from_utf8_lossy(&replay.stderr));
}

#[test]
fn tags_of_an_independent_reader_reach_the_api_with_gate_and_tamper_bit() {
    let mut emulator = Emulator::start();
    let mut server = server_of(&[("north-1", emulator.port)]);
    let token = server.log_in("viewer", "viewer");
    let whole = wait_until(&server, &token, WHOLE, |tag| tag["seal"]["rope_intact"] == true);
    let broken = wait_until(&server, &token, BROKEN, |tag| tag["seal"]["rope_intact"] == false);
    let bare = wait_until(&server, &token, BARE, |tag| tag["reports"].as_u64() > Some(0));
    assert!(bare["seal"]["rope_intact"].is_null(), "{bare}");
    for tag in [&whole, &broken, &bare] {
        assert_eq!(tag["position"]["fix"], "reader");
        assert!((tag["position"]["latitude"].as_f64().unwrap() - 0.6412).abs() < 1e-7, "{tag}");
        assert_eq!(tag["protocol"], "llrp");
    }
    assert_eq!(broken["condition"], "critical", "{broken}");
    let event = history(&server, &token, WHOLE)[0].to_string();
    for part in ["lane west", "direction in", "checkpoint Malaba", "tag:E2801105", "user memory"] {
        assert!(event.contains(part), "{part}: {event}");
    }
    let event = history(&server, &token, BARE)[0].to_string();
    assert!(event.contains("direction out") && event.contains("tamper bit not read"), "{event}");

    // The reader itself: known, alive by its keepalives, and able to say what happens to it.
    wait_until(&server, &token, "reader:north-1", |reader| reader["reports"].as_u64() > Some(3));
    emulator.tell("acks");
    assert_ne!(emulator.wait_for("acks "), "acks 0");
    emulator.tell("cut 2");
    emulator.tell("input 3");
    let seen = |part: &str| {
        let until = Instant::now() + Duration::from_secs(20);
        while !history(&server, &token, "reader:north-1").iter().any(|event| event.to_string().contains(part))
        {
            assert!(Instant::now() < until, "no {part}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    ["antenna disconnected", "device-fault", "model 700", "llrpkit-emu"].into_iter().for_each(seen);
    let (_, metrics) = server.get("/metrics", &token).unwrap();
    assert!(metrics.contains("plomb_ingest_readers_connected 1"), "{metrics}");
    server.stop();
    emulator.wait_for("asked CLOSE_CONNECTION");
    replay(&server);
}

#[test]
fn a_lost_or_silent_reader_is_called_again_and_set_up_anew_and_the_others_go_on() {
    let mut lost = Emulator::start();
    let steady = Emulator::start();
    // One that nobody answers for, and one that speaks something else.
    let nobody_port = free_port();
    let stranger = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stranger_port = stranger.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in stranger.incoming().map_while(Result::ok) {
            let mut stream = stream;
            stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").ok();
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    let readers =
        [("lost", lost.port), ("steady", steady.port), ("nobody", nobody_port), ("stranger", stranger_port)];
    let mut server = server_of(&readers);
    let token = server.log_in("viewer", "viewer");
    lost.wait_for("asked START_ROSPEC");
    steady.wait_for("asked START_ROSPEC");
    for how in ["drop", "hush"] {
        lost.tell(how);
        lost.wait_for("asked ADD_ROSPEC");
        lost.wait_for("asked START_ROSPEC");
    }
    assert!(server.log().contains("the reader is silent"), "{}", server.log());
    let reports =
        |device: &str| server.get_json(&format!("/api/v1/devices/{device}"), &token)["reports"].as_u64();
    let before = reports("reader:steady");
    wait_until(&server, &token, "reader:steady", |reader| reader["reports"].as_u64() > before);
    let (_, metrics) = server.get("/metrics", &token).unwrap();
    assert!(metrics.contains("plomb_ingest_readers 4"), "{metrics}");
    server.stop();
    let log = server.log();
    let once = log.matches("reader=\"steady\"").count();
    assert!(log.contains("nobody") && log.contains("stranger") && once <= 2, "{log}");
    replay(&server);
}

/// A simulated gate before which these tags pass.
struct Gate {
    port: u16,
    tags: Vec<SealTag>,
    /// Ends the reader when it goes.
    runtime: tokio::runtime::Runtime,
}

impl Gate {
    fn open(seed: u64, knows_1_1: bool) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let tags = gate::population(seed, 12);
        let reader = gate::Reader::new(seed, tags.clone(), knows_1_1, gate::now_ms());
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(gate::serve(listener, reader));
        Self { port, tags, runtime }
    }
}

#[test]
fn simulated_gates_are_read_from_end_to_end_and_what_they_kept_through_a_power_cut_comes_afterwards() {
    let gates = [Gate::open(7, true), Gate::open(8, false)];
    let mut server = server_of(&[("one", gates[0].port), ("two", gates[1].port)]);
    let token = server.log_in("viewer", "viewer");
    // Every tag passes within a minute; those with a loop say that it is whole, until it is broken.
    for tag in gates.iter().flat_map(|gate| &gate.tags) {
        let device = tag.id().unwrap().to_string();
        let found = wait_until(&server, &token, &device, |found| found["reports"].as_u64() > Some(0));
        assert_eq!(found["seal"]["rope_intact"].is_boolean(), tag.has_loop, "{found}");
        assert_eq!(found["position"]["fix"], "reader");
        let event = history(&server, &token, &device).last().unwrap().to_string();
        let tid = format!("tag:{}", plomb_wire::to_hex(&tag.tid).to_uppercase());
        assert!(event.contains(&tid) && event.contains("direction"), "{event}");
        // The tamper bit is read before USER memory, and a tag without a loop ends there.
        assert_eq!(event.contains("user memory"), tag.has_loop, "{event}");
    }
    let breaks = gates.iter().flat_map(|gate| &gate.tags).find(|tag| tag.breaks_at.is_some() && tag.has_loop);
    let broken = breaks.unwrap().id().unwrap().to_string();
    wait_until(&server, &token, &broken, |found| found["seal"]["rope_intact"] == false);

    server.kill();
    std::thread::sleep(Duration::from_secs(6));
    server.start();
    let kept = |gate: &Gate| {
        let events =
            gate.tags.iter().flat_map(|tag| history(&server, &token, &tag.id().unwrap().to_string()));
        events.filter(|event| event["delivery"] == "buffered").count()
    };
    let until = Instant::now() + Duration::from_secs(30);
    while gates.iter().any(|gate| kept(gate) == 0) {
        assert!(Instant::now() < until, "nothing was kept:\n{}", server.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    server.stop();
    replay(&server);
}

#[test]
fn an_independent_host_reads_a_simulated_gate() {
    let gate = Gate::open(7, true);
    let wanted = plomb_wire::to_hex(&gate.tags[2].epc);
    let mut command = peer(&["inventory", &gate.port.to_string(), &wanted]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&found["antennas"], &found["powers"]), (&Value::from(4), &Value::from(11)));
    assert_eq!(found["firmware"], "plomb-simulator");
    assert_eq!(found["connected"], true, "keepalives go to and fro");
    let memory = found["memory"].as_array().unwrap();
    assert_eq!(memory.len(), 4);
    assert_eq!(memory[3]["epc"], wanted);
    for read in memory {
        let tag = gate.tags.iter().find(|tag| plomb_wire::to_hex(&tag.epc) == read["epc"]).unwrap();
        match read["bank"].as_str().unwrap() {
            "tid" => assert_eq!(read["data"], plomb_wire::to_hex(&tag.tid)),
            "epc" if tag.has_loop => assert_eq!(read["data"], "4040"),
            "epc" => assert_ne!(read["status"], "Success"),
            _ => assert_eq!(read["data"].as_str().unwrap()[..4], *"504c"),
        }
    }
}

/// Puts TLS before a gate; its port.
fn secure(gate: &Gate, certificate: &Path, key: &Path) -> u16 {
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain = CertificateDer::pem_file_iter(certificate).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = gate.runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let (port, behind) = (listener.local_addr().unwrap().port(), gate.port);
    gate.runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let accepting = acceptor.accept(stream);
            tokio::spawn(async move {
                let Ok(mut secured) = accepting.await else { return };
                let mut plain = tokio::net::TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
                tokio::io::copy_bidirectional(&mut secured, &mut plain).await.ok();
            });
        }
    });
    port
}

#[test]
fn a_reader_with_tls_is_read_when_it_is_the_one_we_trust() {
    let gate = Gate::open(7, true);
    let mut server = Server::new();
    let [certificate, key, other, other_key] =
        ["certificate.pem", "key.pem", "other.pem", "other-key.pem"].map(|name| server.file(name));
    make_certificate(&certificate, &key);
    make_certificate(&other, &other_key);
    let port = secure(&gate, &certificate, &key);
    let section = |name: &str, authority: &Path| {
        format!(
            "[[reader]]\nname = \"{name}\"\naddress = \"localhost:{port}\"\ntls = true\nauthority = {authority:?}\n"
        )
    };
    let file = server.file("plomb.toml");
    std::fs::write(&file, section("trusted", &certificate) + &section("forged", &other)).unwrap();
    server.configure(&file);
    server.start();
    let token = server.log_in("viewer", "viewer");
    wait_until(&server, &token, "reader:trusted", |reader| reader["reports"].as_u64() > Some(1));
    let refused = |log: &str| log.lines().any(|line| line.contains("forged") && line.contains("certificate"));
    let until = Instant::now() + Duration::from_secs(20);
    while !refused(&server.log()) {
        assert!(Instant::now() < until, "{}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.get("/api/v1/devices/reader:forged", &token).unwrap().0, 404);
}

#[test]
fn the_same_tags_at_two_gates_far_apart_are_told() {
    // The same seed makes the same tags.
    let gates = [Gate::open(7, true), Gate::open(7, true)];
    let [nairobi, mombasa] = [[-1.2921, 36.8219], [-4.0435, 39.6682]];
    let server = server_at([("nairobi", gates[0].port, nairobi), ("mombasa", gates[1].port, mombasa)]);
    let token = server.log_in("viewer", "viewer");
    let device = gates[0].tags[0].id().unwrap().to_string();
    let is_told = |found: &Value| {
        found["open_alarms"].as_array().unwrap().iter().any(|alarm| alarm["kind"] == "seal-at-two-places")
    };
    let found = wait_until(&server, &token, &device, is_told);
    let alarms = found["open_alarms"].as_array().unwrap();
    assert!(alarms.iter().all(|alarm| alarm["kind"] != "cloned-tag"), "the chips are the same: {found}");
    assert_eq!(found["class"], "passive");
}

/// A hostile reader can make neither an entry that the journal does not take, nor hold the others up.
#[test]
fn the_largest_report_of_a_reader_fits_into_an_entry() {
    use plomb_devices::llrp::gate::{Antenna, Direction, Gate};
    use plomb_devices::{Decoded, SessionConfig, open};
    use plomb_evidence::{ReceivedRef, encode_received};
    use plomb_model::{ConnectionId, DeviceId, LatitudeE7, LongitudeE7, Protocol, Scheme};

    let tlv = |kind: u16, body: &[u8]| {
        let length = u16::try_from(4 + body.len()).unwrap();
        [&kind.to_be_bytes()[..], &length.to_be_bytes(), body].concat()
    };
    let mut gate = Gate::new(DeviceId::new(Scheme::Reader, "north-1").unwrap());
    gate.checkpoint = "c".repeat(100).into();
    gate.place = LatitudeE7::new(-900_000_000).ok().zip(LongitudeE7::new(-1_800_000_000).ok());
    let name = "l".repeat(100).into();
    gate.antennas = vec![Antenna { number: 1, name, direction: Some(Direction::Out), power_cdbm: None }];
    let epc = [&[0x80 | 13][..], &[0x34; 12], &[0x81, 0, 1]].concat();
    // What grows most when it is told: reads that failed, and short words of memory.
    let failed = tlv(349, &[1, 0x50, 2, 0, 0]);
    let short = tlv(349, &[0, 0x50, 3, 0, 1, 0, 0]);
    let antenna = vec![0x81, 0, 1];
    for result in [failed, short, antenna] {
        let room = (512 << 10) - 10 - 4096 * (4 + epc.len());
        let many = result.repeat(room / 4096 / result.len());
        let tags = tlv(240, &[epc.as_slice(), &many].concat()).repeat(4096);
        let length = u32::try_from(10 + tags.len()).unwrap();
        let report = [&[4, 61][..], &length.to_be_bytes(), &[0; 4], &tags].concat();
        let mut session = open(Protocol::Llrp, SessionConfig::default());
        let (mut first, mut out) = (Vec::new(), Decoded::default());
        gate.write(&mut first);
        session.receive(plomb_ingest::now(), &first, &mut out);
        session.receive(plomb_ingest::now(), &report, &mut out);
        let told = out.reports().last().unwrap();
        assert_eq!((told.frame.len(), told.events.len()), (report.len(), 4096));
        let mut entry = Vec::new();
        let received = ReceivedRef {
            at: plomb_ingest::now(),
            connection: ConnectionId(u64::MAX),
            protocol: Protocol::Llrp,
            device: told.device,
            frame: told.frame,
            issues: told.issues,
            events: told.events,
            duplicates: u64::MAX,
            replies: told.replies,
        };
        encode_received(&received, &mut entry);
        assert!(entry.len() < 4 << 20, "{} of {}", entry.len(), report.len());
    }
}
