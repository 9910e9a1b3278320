//! `plomb decode`: frames, one a line, through one session, without a server.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use plomb_devices::{
    Decoded, NoSecrets, Recognised, SecretTable, Secrets, Session, SessionConfig, first_bytes, open,
    recognise,
};
use plomb_evidence::Received;
use plomb_ingest::now;
use plomb_model::{ConnectionId, Issue, Protocol, Transport};
use plomb_wire::{from_hex, to_hex};
use serde_json::{Value, json};

use crate::table::table_of;

/// Longest line: a frame of 64 KiB in hex, with room.
const LINE_BYTES_MAX: usize = 1 << 18;

#[derive(Debug, clap::Args)]
pub(crate) struct DecodeArguments {
    /// A protocol's name (`plomb protocols` lists them), or auto to recognise it.
    #[arg(long)]
    protocol: String,
    /// Decode damaged frames too, as captures altered by hand need it.
    #[arg(long)]
    lenient: bool,
    /// One JSON object a line, instead of a table.
    #[arg(long)]
    json: bool,
    /// A file with the devices' keys, one a line: PURPOSE ID SECRET [SALT] [DEVICE], the middle three in hex.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Each line is a datagram.
    #[arg(long)]
    udp: bool,
    /// The file with the frames; - or nothing for standard input.
    file: Option<PathBuf>,
}

/// Exit status 0 when every line was processed, whatever its issues.
pub(crate) fn run(arguments: &DecodeArguments) -> anyhow::Result<ExitCode> {
    let mut lines = Lines::new(arguments)?;
    let input: Box<dyn Read> = match &arguments.file {
        Some(path) if path.as_os_str() != "-" => {
            Box::new(std::fs::File::open(path).with_context(|| format!("opening {}", path.display()))?)
        }
        _ => Box::new(std::io::stdin()),
    };
    let mut input = BufReader::new(input);
    let mut output = std::io::stdout().lock();
    let mut number = 0_u64;
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = u64::try_from(LINE_BYTES_MAX + 1).unwrap_or(u64::MAX);
        if input.by_ref().take(limit).read_until(b'\n', &mut line).context("reading the frames")? == 0 {
            break;
        }
        if line.len() > LINE_BYTES_MAX {
            bail!("line {} has more than {LINE_BYTES_MAX} bytes", number + 1);
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        number += 1;
        let decoded = lines.decode(text);
        let shown = if arguments.json {
            format!("{}\n", json_of(number, &decoded))
        } else {
            table_of(number, &decoded)
        };
        if let Err(error) = output.write_all(shown.as_bytes()) {
            // Whoever read us has gone, e.g. `head`.
            return if error.kind() == std::io::ErrorKind::BrokenPipe {
                Ok(ExitCode::SUCCESS)
            } else {
                Err(error.into())
            };
        }
    }
    output.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// What a line became.
pub(crate) struct Line {
    pub(crate) protocol: Protocol,
    pub(crate) device: Option<String>,
    pub(crate) reports: Vec<Received>,
    pub(crate) issues: Vec<Issue>,
}

/// The one session that all lines go through.
struct Lines {
    protocol: Option<Protocol>,
    config: SessionConfig,
    session: Option<Box<dyn Session>>,
}

impl Lines {
    fn new(arguments: &DecodeArguments) -> anyhow::Result<Self> {
        let protocol = match arguments.protocol.as_str() {
            "auto" => None,
            name => Some(Protocol::from_name(name).with_context(|| {
                format!(
                    "no protocol {name:?}: there are {}, auto",
                    Protocol::ALL.map(Protocol::name).join(", ")
                )
            })?),
        };
        let secrets: Arc<dyn Secrets> = match &arguments.keys {
            Some(path) => Arc::new(read_keys(path)?),
            None => Arc::new(NoSecrets),
        };
        let config = SessionConfig {
            secrets,
            lenient: arguments.lenient,
            datagrams: arguments.udp,
            ..SessionConfig::default()
        };
        Ok(Self { protocol, config, session: None })
    }

    fn decode(&mut self, text: &str) -> Line {
        let mut line = Line {
            protocol: self.protocol.unwrap_or(Protocol::Unrecognised),
            device: None,
            reports: Vec::new(),
            issues: Vec::new(),
        };
        // Messages of the web are text; only frames that came as bytes are in hex.
        let bytes = match self.protocol {
            Some(protocol) if is_message(protocol) && !is_hex(text) => unescape(text),
            _ => bytes_of(text),
        };
        match bytes {
            Ok(bytes) => self.receive(&bytes, &mut line),
            Err(issue) => line.issues.push(issue),
        }
        line
    }

    fn receive(&mut self, bytes: &[u8], line: &mut Line) {
        if self.session.is_none() {
            let protocol = match (self.protocol, recognise(bytes)) {
                (Some(protocol), _) | (None, Recognised::Is(protocol)) => protocol,
                (None, Recognised::NeedMore | Recognised::Unknown) => {
                    let names = Protocol::ALL.map(Protocol::name).join(", ");
                    let what = format!("the first bytes are of no protocol spoken here ({names})");
                    line.issues.push(Issue::new(0, what, first_bytes(bytes)));
                    return;
                }
            };
            self.protocol = Some(protocol);
            self.session = Some(open(protocol, self.config.clone()));
        }
        let (Some(session), Some(protocol)) = (&mut self.session, self.protocol) else { return };
        line.protocol = protocol;
        let at = now();
        let mut out = Decoded::default();
        session.receive(at, bytes, &mut out);
        session.finish(at, &mut out);
        for report in out.reports() {
            line.device =
                line.device.take().or_else(|| report.device.map(|device| device.value().to_owned()));
            line.issues.extend_from_slice(report.issues);
            line.reports.push(Received {
                at,
                connection: ConnectionId(0),
                protocol,
                device: report.device,
                frame: report.frame.into(),
                issues: report.issues.into(),
                events: report.events.into(),
                duplicates: 0,
                replies: report.replies.into(),
            });
        }
    }
}

/// Whether all that a protocol has are messages that come whole.
fn is_message(protocol: Protocol) -> bool {
    protocol.transports().iter().all(|transport| matches!(transport, Transport::Http | Transport::Mqtt))
}

/// Whether a line is marked, or can be nothing but hex.
fn is_hex(text: &str) -> bool {
    text.starts_with("hex:") || text.starts_with("text:") || from_hex(text).is_ok()
}

/// Keys of devices out of a file.
pub(crate) fn read_keys(path: &Path) -> anyhow::Result<SecretTable> {
    let text = std::fs::read_to_string(path).with_context(|| format!("opening {}", path.display()))?;
    SecretTable::parse(&text).map_err(|why| anyhow!("{}: {why}", path.display()))
}

/// `hex:` or bare hex, `text:` with the escapes \r \n \t \\ and \xHH.
fn bytes_of(text: &str) -> Result<Vec<u8>, Issue> {
    if let Some(text) = text.strip_prefix("text:") {
        return unescape(text);
    }
    let hex = text.strip_prefix("hex:").unwrap_or(text);
    from_hex(hex)
        .map_err(|error| Issue::new(0, format!("the line is no hex ({error}); begin text with text:"), hex))
}

fn unescape(text: &str) -> Result<Vec<u8>, Issue> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('\\') {
        let (before, after) = rest.split_at(place);
        bytes.extend_from_slice(before.as_bytes());
        let escape = after.get(1..2).unwrap_or_default();
        let (byte, used) = match escape {
            "r" => (Some(b'\r'), 2),
            "n" => (Some(b'\n'), 2),
            "t" => (Some(b'\t'), 2),
            "0" => (Some(0), 2),
            "\\" => (Some(b'\\'), 2),
            "x" => (after.get(2..4).and_then(|hex| u8::from_str_radix(hex, 16).ok()), 4),
            _ => (None, 0),
        };
        let Some(byte) = byte else {
            let what = "no such escape: there are \\r \\n \\t \\0 \\\\ and \\xHH";
            return Err(Issue::new(text.len() - after.len(), what, escape));
        };
        bytes.push(byte);
        rest = after.get(used..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

fn json_of(number: u64, line: &Line) -> Value {
    let events: Vec<Value> = line.reports.iter().flat_map(events_of).collect();
    let replies = line.reports.iter().filter(|report| !report.replies.is_empty());
    let replies: Vec<String> = replies.map(|report| to_hex(&report.replies)).collect();
    let issue = |issue: &Issue| json!({"offset": issue.offset, "what": issue.what, "found": issue.found});
    let issues: Vec<Value> = line.issues.iter().map(issue).collect();
    json!({
        "frame": number,
        "protocol": line.protocol.name(),
        "device": line.device,
        "events": events,
        "replies": replies,
        "issues": issues,
    })
}

/// The events as the API shows them, without what only a journal gives them.
pub(crate) fn events_of(report: &Received) -> Vec<Value> {
    let mut events = plomb_api::event_values(report);
    for event in events.iter_mut().filter_map(Value::as_object_mut) {
        for key in ["id", "entry", "received_at", "duplicate"] {
            event.remove(key);
        }
    }
    events
}
