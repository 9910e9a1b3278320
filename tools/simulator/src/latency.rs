//! How long an alarm takes from the device's socket to an operator's live stream, measured from outside.
//!
//! One connection carries reports of cut ropes, each of another Jointech lock that was never heard before, at a steady
//! pace. A client of the live stream, logged in as any other, waits for the `alarm` of that lock. Both run in this
//! process, so one clock measures both ends.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use plomb_model::Protocol;

use crate::connect::connect;
use crate::fleet::incident::Incident;
use crate::fleet::plan;
use crate::load::Histogram;
use crate::platform::{ANSWER_MAX, Account, LINE_BYTES_MAX};
use crate::protocol;
use crate::{log, trigger};

/// What to measure.
#[derive(Clone, Debug)]
pub struct Latency {
    /// Where the platform listens for Jointech devices.
    pub devices: SocketAddr,
    /// Who listens to the live stream.
    pub account: Account,
    /// How many locks are cut.
    pub alarms: usize,
    /// A lock so often.
    pub every: Duration,
    /// Number from which the locks' identifiers are made.
    pub first: u32,
}

/// When each report was written, by device; what has been told is taken out.
type Written = Arc<Mutex<HashMap<String, Instant>>>;

/// Measures, and answers one JSON object.
///
/// # Errors
/// When the platform cannot be reached, refuses the log-in, or ends a connection.
pub fn run(latency: &Latency) -> anyhow::Result<String> {
    let session = latency.account.log_in()?;
    let written = Written::default();
    let stream = open_stream(latency.account.http, &session.token)?;
    let listener = {
        let (written, alarms) = (Arc::clone(&written), latency.alarms);
        std::thread::spawn(move || listen(stream, &written, alarms))
    };
    send(latency, &written)?;
    let told = listener.join().map_err(|_| anyhow::anyhow!("the listener stopped"))??;
    Ok(format!(
        "{{\"sent\":{},\"told\":{},\"alarm_ms_p50\":{:.3},\"alarm_ms_p99\":{:.3},\"alarm_ms_p999\":{:.3},\
         \"alarm_ms_max\":{:.3}}}",
        latency.alarms,
        told.count(),
        told.quantile_ms(500),
        told.quantile_ms(990),
        told.quantile_ms(999),
        told.longest_ms(),
    ))
}

/// The live stream, its head read.
fn open_stream(http: SocketAddr, token: &str) -> anyhow::Result<BufReader<TcpStream>> {
    let mut stream = connect(http, ANSWER_MAX)?;
    write!(stream, "GET /api/v1/stream HTTP/1.1\r\nHost: {http}\r\nAuthorization: Bearer {token}\r\n\r\n")?;
    let mut reader = BufReader::with_capacity(1 << 16, stream);
    let mut line = Vec::new();
    read_line(&mut reader, &mut line)?;
    ensure!(
        line.starts_with(b"HTTP/1.1 200"),
        "the stream was refused: {}",
        String::from_utf8_lossy(&line).trim()
    );
    // The first event comes when the client is among those that are told.
    while !line.starts_with(b"event: hello") {
        read_line(&mut reader, &mut line)?;
    }
    Ok(reader)
}

fn read_line(reader: &mut BufReader<TcpStream>, line: &mut Vec<u8>) -> anyhow::Result<()> {
    line.clear();
    let count = reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', line);
    ensure!(count.context("waiting for the live stream")? > 0, "the platform closed the live stream");
    Ok(())
}

/// Waits for every lock's alarm. The stream is read line by line: an event is never split over two chunks of the
/// transfer, and the chunks' own lines are of no kind that is looked for.
fn listen(
    mut stream: BufReader<TcpStream>,
    written: &Mutex<HashMap<String, Instant>>,
    alarms: usize,
) -> anyhow::Result<Histogram> {
    let mut told = Histogram::default();
    let mut line = Vec::new();
    let mut alarm = false;
    let mut heard = Instant::now();
    while told.count() < u64::try_from(alarms).unwrap_or(u64::MAX) && heard.elapsed() < ANSWER_MAX {
        read_line(&mut stream, &mut line)?;
        let at = Instant::now();
        if let Some(kind) = line.strip_prefix(b"event: ") {
            alarm = kind.starts_with(b"alarm");
            ensure!(!kind.starts_with(b"reset"), "the stream began anew: this client was too slow");
        } else if alarm && line.starts_with(b"data: ") {
            let text = String::from_utf8_lossy(&line);
            let device = text.split_once("\"device\":\"").and_then(|(_, rest)| rest.split_once('"'));
            let sent = device.and_then(|(device, _)| {
                written.lock().unwrap_or_else(PoisonError::into_inner).remove(device)
            });
            if let Some(sent) = sent {
                told.add(at.duration_since(sent), 1);
                heard = at;
            }
        }
    }
    Ok(told)
}

/// Cuts one lock after the other.
fn send(latency: &Latency, written: &Mutex<HashMap<String, Instant>>) -> anyhow::Result<()> {
    let mut stream = connect(latency.devices, ANSWER_MAX)?;
    let mut answers = stream.try_clone()?;
    // Acknowledgements are read so that they do not fill the socket; the thread ends with the connection.
    answers.set_read_timeout(None)?;
    let reader = std::thread::spawn(move || std::io::copy(&mut answers, &mut std::io::sink()));
    let begun = Instant::now();
    for index in 0..latency.alarms {
        let due = begun + latency.every * u32::try_from(index).unwrap_or(u32::MAX);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let id = plan::identifier(Protocol::Jointech, latency.first, index, false);
        let id = id.context("no identifier")?;
        let mut terminal = protocol::terminal(Protocol::Jointech, id, false).context("no such terminal")?;
        let mut bytes = Vec::new();
        terminal.connected(log::now(), &mut bytes);
        let (cut, _) = trigger::struck(trigger::sealed(), Incident::Cut);
        bytes.extend(terminal.live(&cut).bytes);
        // Before the write: nobody can be told before it is noted.
        let mut noted = written.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.insert(id.to_string(), Instant::now()).is_some() {
            bail!("{id} is cut twice");
        }
        drop(noted);
        stream.write_all(&bytes).context("sending a report")?;
    }
    // The connection stays open until everything sent has been read by the platform.
    std::thread::sleep(Duration::from_millis(500));
    stream.shutdown(std::net::Shutdown::Write)?;
    if reader.join().is_err() {
        bail!("reading acknowledgements stopped");
    }
    Ok(())
}
