//! A server of the test's own: on free ports, in a directory that goes when the test ends.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a start may take on a loaded machine.
const START_MAX: Duration = Duration::from_secs(60);

pub(crate) struct Server {
    directory: TempDir,
    ports: HashMap<&'static str, u16>,
    child: Option<Child>,
    configuration: Option<PathBuf>,
}

/// The ports that a test may use.
const PORTS: [&str; 10] = [
    "JOINTECH_TCP",
    "JT808_TCP",
    "GT06_TCP",
    "TELTONIKA_TCP",
    "SHARED_TCP",
    "SHARED_HTTP",
    "SHARED_MQTT",
    "SHARED_MQTTS",
    "PLOMB_COAP_UDP",
    "JT808_UDP",
];

/// The ports handed out: below those that the system gives to calls going out (`ip_local_port_range`), since one of
/// those may be taken by any test's call between here and the moment that a server binds it.
const FREE_PORTS: std::ops::Range<u16> = 10_000..32_000;

/// A port of TCP and UDP that nobody has, and that no other test of this process is given.
pub(crate) fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Two runs beside each other begin at places of their own.
    let first = std::process::id().wrapping_mul(977);
    let width = u32::from(FREE_PORTS.end - FREE_PORTS.start);
    loop {
        let turn = u32::from(TAKEN.fetch_add(1, Ordering::Relaxed));
        let port = FREE_PORTS.start + u16::try_from(first.wrapping_add(turn) % width).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok() {
            return port;
        }
    }
}

impl Server {
    /// Chooses ports and a directory; starts nothing yet.
    pub(crate) fn new() -> Self {
        let mut ports: HashMap<_, _> = PORTS.into_iter().map(|name| (name, free_port())).collect();
        ports.insert("HTTP", free_port());
        Self { directory: TempDir::new().unwrap(), ports, child: None, configuration: None }
    }

    pub(crate) fn port(&self, name: &str) -> u16 {
        self.ports[name]
    }

    /// Starts with this file from now on.
    pub(crate) fn configure(&mut self, file: &Path) {
        self.configuration = Some(file.to_owned());
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A subcommand of `plomb` with this server's configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plomb"));
        command
            .args(arguments)
            .env("PLOMB_STORAGE_DIRECTORY", self.data())
            .env("PLOMB_STORAGE_SEGMENT_MIB", "4")
            .env("PLOMB_STORAGE_FREE_MIB_MIN", "16")
            .env("PLOMB_LISTEN_ADDRESS", "127.0.0.1")
            .env("PLOMB_HTTP_BIND", format!("127.0.0.1:{}", self.port("HTTP")));
        command.env("PLOMB_LISTEN_COMMON_PORTS", "false").env("PLOMB_LISTEN_SHARED_UDP", "0");
        for name in PORTS {
            command.env(format!("PLOMB_LISTEN_{name}"), self.port(name).to_string());
        }
        command
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn start(&mut self) {
        self.start_until(|status| status == 200);
    }

    /// Starts it and waits until it says that it is not ready.
    pub(crate) fn start_unready(&mut self) {
        self.start_until(|status| status == 503);
    }

    fn start_until(&mut self, is_so: impl Fn(u16) -> bool) {
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(self.file("server.log")).unwrap();
        let mut command = self.command(&["serve"]);
        if let Some(file) = &self.configuration {
            command.arg("--config").arg(file);
        }
        self.child = Some(command.stderr(Stdio::from(log)).stdout(Stdio::null()).spawn().unwrap());
        let until = Instant::now() + START_MAX;
        while self.get("/readyz", "").is_none_or(|(status, _)| !is_so(status)) {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < until, "the server did not start:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Ends it as an operator would.
    pub(crate) fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert!(child.wait().unwrap().success(), "a stop is no failure:\n{}", self.log());
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.file("server.log")).unwrap_or_default()
    }

    /// An account of this name; returns a bearer token.
    pub(crate) fn log_in(&self, name: &str, role: &str) -> String {
        let mut command = self.command(&["account", "add", name, "--role", role]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"a long enough password\n").unwrap();
        assert!(child.wait().unwrap().success());
        let body = format!(r#"{{"name":"{name}","password":"a long enough password"}}"#);
        let request = format!(
            "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (status, answer) = self.exchange(&request).unwrap();
        assert_eq!(status, 200, "{answer}");
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        answer["token"].as_str().unwrap().to_owned()
    }

    /// Status and body; `None` when nobody answers.
    pub(crate) fn get(&self, path: &str, token: &str) -> Option<(u16, String)> {
        let authorization =
            if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        self.exchange(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{authorization}\r\n"))
    }

    pub(crate) fn get_json(&self, path: &str, token: &str) -> serde_json::Value {
        let (status, body) = self.get(path, token).unwrap();
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// A POST of the API with a JSON body and further headers (each line with its end).
    pub(crate) fn call(
        &self,
        path: &str,
        token: &str,
        headers: &str,
        body: &str,
    ) -> (u16, serde_json::Value) {
        self.send("POST", path, token, headers, body)
    }

    /// The same by any method; an answer without a body is null.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        token: &str,
        headers: &str,
        body: &str,
    ) -> (u16, serde_json::Value) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        let (status, answer) = self.exchange(&request).unwrap();
        if answer.is_empty() {
            return (status, serde_json::Value::Null);
        }
        (status, serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no JSON: {answer}")))
    }

    fn exchange(&self, request: &str) -> Option<(u16, String)> {
        self.exchange_on("HTTP", request)
    }

    /// A device's request to the port for web messages.
    pub(crate) fn post(&self, path: &str, body: &str) -> (u16, String) {
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.exchange_on("SHARED_HTTP", &request).unwrap()
    }

    fn exchange_on(&self, port: &str, request: &str) -> Option<(u16, String)> {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port(port)));
        let mut stream = TcpStream::connect(address).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        Some((status, if chunked { unchunk(body) } else { body.to_owned() }))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn unchunk(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length.trim(), 16).unwrap_or(0);
        if length == 0 {
            break;
        }
        whole.push_str(&rest[..length]);
        body = &rest[length + 2..];
    }
    whole
}

/// The path of a file as text.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
