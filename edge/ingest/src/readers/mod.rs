//! Fixed readers that we call: LLRP over TCP or TLS, one task a reader, called again when it is lost.

mod call;
mod talk;
mod tls;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use plomb_devices::llrp::gate::{ANTENNAS_MAX, Antenna, CUSTOM_MAX, Custom, Direction, Gate, USER_WORDS_MAX};
use plomb_model::{DeviceId, LatitudeE7, LongitudeE7, Scheme};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::Listening;
use crate::limits::READERS_MAX;

/// Port of LLRP, in the clear.
const PORT: u16 = 5084;
/// Port of LLRP with TLS.
const PORT_TLS: u16 = 5085;
/// Most often that a keepalive may be asked for, seconds.
const KEEPALIVE_S_MIN: u32 = 1;
const KEEPALIVE_S_MAX: u32 = 3600;
/// Longest name of a checkpoint or lane, bytes: it is told with every tag.
const WORDS_BYTES_MAX: usize = 100;
/// Shortest cycle of an inventory, milliseconds.
const REPORT_MS_MIN: u32 = 100;
const REPORT_MS_MAX: u32 = 60_000;

/// A reader to call, as the configuration or the registry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Its name here: letters, digits, `-`, `.` and `_`.
    pub name: String,
    /// Host, or `host:port`.
    pub address: String,
    /// Whether it is called at all.
    pub enabled: bool,
    /// The checkpoint it belongs to; empty for none.
    pub checkpoint: String,
    /// Where it stands, in units of 1e-7 degree, north and east positive.
    pub place_e7: Option<(i64, i64)>,
    /// `in`, `out` or empty: which way what passes goes.
    pub direction: String,
    /// Its antennas; none for all that it has.
    pub antennas: Vec<ReaderAntenna>,
    /// Whether the TID of each tag is read.
    pub read_tid: bool,
    /// Whether the tamper bit of UCODE G2iL+ and G2iM+ is read.
    pub read_tamper: bool,
    /// How many words of USER memory are read; 0 for none.
    pub user_words: u16,
    /// How often it must show that it lives, seconds.
    pub keepalive_s: u32,
    /// How often it reports, milliseconds.
    pub report_ms: u32,
    /// Gen2 session of the inventory, 0 to 3.
    pub session: u8,
    /// With TLS: the reader's certificate, or that of who signed it (PEM).
    pub authority: Option<Vec<u8>>,
    /// Messages of the vendor's own that set it up: vendor, subtype, data.
    pub custom: Vec<(u32, u8, Vec<u8>)>,
}

/// One antenna.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReaderAntenna {
    /// The reader's number for it, from 1.
    pub number: u16,
    /// Name or lane; empty for none.
    pub name: String,
    /// `in`, `out` or empty for the gate's.
    pub direction: String,
    /// Transmit power in hundredths of dBm; the reader's own setting if none.
    pub power_cdbm: Option<i16>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            name: String::new(),
            address: String::new(),
            enabled: true,
            checkpoint: String::new(),
            place_e7: None,
            direction: String::new(),
            antennas: Vec::new(),
            read_tid: true,
            read_tamper: false,
            user_words: 0,
            keepalive_s: 10,
            report_ms: 1000,
            session: 1,
            authority: None,
            custom: Vec::new(),
        }
    }
}

impl Reader {
    /// What the conversation with it begins with.
    ///
    /// # Errors
    /// What is wrong, for the person who wrote it.
    pub fn gate(&self) -> Result<Gate, String> {
        let within = |what: &str, value: u32, least: u32, most: u32| {
            let fits = (least..=most).contains(&value);
            fits.then_some(value).ok_or_else(|| format!("{what} is {value}: it must be {least} to {most}"))
        };
        let reader = DeviceId::new(Scheme::Reader, &self.name)
            .map_err(|why| format!("the name {:?} does not serve: {why}", self.name))?;
        self.host_and_port()?;
        let mut gate = Gate::new(reader);
        gate.checkpoint = self.checkpoint.as_str().into();
        gate.place = match self.place_e7 {
            Some((latitude, longitude)) => {
                let outside = |_| "the latitude or longitude is outside the Earth".to_owned();
                Some((
                    LatitudeE7::new(latitude).map_err(outside)?,
                    LongitudeE7::new(longitude).map_err(outside)?,
                ))
            }
            None => None,
        };
        gate.direction = direction(&self.direction)?;
        let words = self.antennas.iter().map(|antenna| &antenna.name).chain([&self.checkpoint]);
        if let Some(long) = words.into_iter().find(|words| words.len() > WORDS_BYTES_MAX) {
            return Err(format!("{long:?} is longer than {WORDS_BYTES_MAX} bytes"));
        }
        gate.antennas = self.antennas.iter().map(antenna).collect::<Result<_, _>>()?;
        let mut numbers: Vec<u16> = gate.antennas.iter().map(|antenna| antenna.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() != gate.antennas.len() || numbers.len() > ANTENNAS_MAX || numbers.contains(&0) {
            return Err(format!("antennas must have different numbers from 1, at most {ANTENNAS_MAX}"));
        }
        (gate.read_tid, gate.read_tamper) = (self.read_tid, self.read_tamper);
        within("user_words", self.user_words.into(), 0, USER_WORDS_MAX.into())?;
        gate.user_words = self.user_words;
        gate.keepalive_ms = within("keepalive_s", self.keepalive_s, KEEPALIVE_S_MIN, KEEPALIVE_S_MAX)? * 1000;
        gate.report_ms = within("report_ms", self.report_ms, REPORT_MS_MIN, REPORT_MS_MAX)?;
        within("session", self.session.into(), 0, 3)?;
        gate.session = self.session;
        if self.custom.len() > CUSTOM_MAX {
            return Err(format!("there are more than {CUSTOM_MAX} messages of the vendor's own"));
        }
        let custom = |(vendor, subtype, data): &(u32, u8, Vec<u8>)| Custom {
            vendor: *vendor,
            subtype: *subtype,
            data: data.as_slice().into(),
        };
        gate.custom = self.custom.iter().map(custom).collect();
        Ok(gate)
    }

    /// Where it is called.
    fn host_and_port(&self) -> Result<(&str, u16), String> {
        let common = if self.authority.is_some() { PORT_TLS } else { PORT };
        let wrong = || format!("the address {:?} is none: write HOST or HOST:PORT", self.address);
        let (host, port) = match self.address.rsplit_once(':') {
            // An IPv6 address without brackets has no port.
            Some((host, _)) if host.contains(':') && !host.ends_with(']') => (self.address.as_str(), common),
            Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
            None => (self.address.as_str(), common),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() { Err(wrong()) } else { Ok((host, port)) }
    }
}

fn direction(word: &str) -> Result<Option<Direction>, String> {
    if word.is_empty() {
        return Ok(None);
    }
    Direction::from_name(word)
        .map(Some)
        .ok_or_else(|| format!("the direction {word:?} is none: write in or out"))
}

fn antenna(antenna: &ReaderAntenna) -> Result<Antenna, String> {
    Ok(Antenna {
        number: antenna.number,
        name: antenna.name.as_str().into(),
        direction: direction(&antenna.direction)?,
        power_cdbm: antenna.power_cdbm,
    })
}

/// A reader that is called.
struct Called {
    reader: Reader,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Calls the readers of the list, whatever it becomes, until everything stops.
pub async fn serve_readers(mut list: watch::Receiver<Arc<[Reader]>>, listening: Listening) {
    let mut stop = listening.stop.clone();
    let mut called: BTreeMap<String, Called> = BTreeMap::new();
    loop {
        let wanted = Arc::clone(&list.borrow_and_update());
        follow(&wanted, &mut called, &listening);
        listening.counters.readers.store(called.len() as u64, Ordering::Relaxed);
        tokio::select! {
            changed = list.changed() => if changed.is_err() { break },
            _ = stop.changed() => break,
        }
    }
    // The list may have lost its writer; the readers are called until everything stops.
    if !*stop.borrow() {
        drop(stop.changed().await);
    }
    for one in called.values() {
        one.stop.send_replace(true);
    }
    for (_, one) in called {
        drop(one.task.await);
    }
    info!(transport = "client", "Readers are no longer called");
}

/// Ends the calls that are no longer wanted so, and begins those that are new.
fn follow(wanted: &[Reader], called: &mut BTreeMap<String, Called>, listening: &Listening) {
    let wanted: BTreeMap<&str, &Reader> = wanted
        .iter()
        .filter(|reader| reader.enabled)
        .take(READERS_MAX)
        .map(|reader| (reader.name.as_str(), reader))
        .collect();
    let mut ending: BTreeMap<String, JoinHandle<()>> = called
        .extract_if(.., |name, one| wanted.get(name.as_str()).is_none_or(|reader| **reader != one.reader))
        .map(|(name, one)| {
            one.stop.send_replace(true);
            (name, one.task)
        })
        .collect();
    for (name, reader) in wanted {
        if called.contains_key(name) {
            continue;
        }
        let gate = match reader.gate() {
            Ok(gate) => gate,
            Err(why) => {
                warn!(reader = name, error = why, "A reader cannot be called");
                continue;
            }
        };
        let (stop, stopped) = watch::channel(false);
        let before = ending.remove(name);
        let call = call::Call { reader: reader.clone(), gate, listening: listening.clone(), stop: stopped };
        let task = tokio::spawn(async move {
            // A reader has one host: the conversation before must have ended.
            if let Some(before) = before {
                drop(before.await);
            }
            call.again_and_again().await;
        });
        called.insert(name.to_owned(), Called { reader: reader.clone(), stop, task });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::time::Duration;

    use plomb_devices::SessionConfig;
    use plomb_model::EntryId;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::mpsc;
    use tokio::time::timeout;

    use super::*;
    use crate::{Arrival, IngestCounters, Release};

    /// READER_EVENT_NOTIFICATION: ConnectionAttemptEvent, success.
    const GREETING: [u8; 32] = [
        4, 63, 0, 0, 0, 32, 0, 0, 0, 0, 0, 246, 0, 22, 0, 128, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 6, 0,
        0,
    ];

    fn reader(name: &str, port: u16) -> Reader {
        Reader { name: name.to_owned(), address: format!("127.0.0.1:{port}"), ..Reader::default() }
    }

    /// A platform that keeps everything, and the first frames of its conversations.
    fn platform() -> (Listening, mpsc::UnboundedReceiver<String>, watch::Sender<bool>) {
        let (intake, mut arrivals) = mpsc::channel(16);
        let (tell, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(arrival) = arrivals.recv().await {
                if let Arrival::Received(batch) = arrival {
                    let first = batch.decoded.reports().next().map(|report| report.frame.to_vec());
                    if let Some(first) = first.filter(|frame| frame.starts_with(b"CONNECT")) {
                        tell.send(String::from_utf8(first).unwrap()).ok();
                    }
                    let (connection, decoded, entry) = (batch.connection, batch.decoded, EntryId(0));
                    batch.back.send(Release::Durable { connection, entry, decoded }).await.ok();
                }
            }
        });
        let (stop, stopped) = watch::channel(false);
        let listening = Listening {
            protocol: None,
            session: SessionConfig::default(),
            idle_s_max: 60,
            intake,
            connections: Arc::new(AtomicU64::new(1)),
            counters: Arc::new(IngestCounters::default()),
            senders: Arc::default(),
            stop: stopped,
        };
        (listening, told, stop)
    }

    /// Takes a call, greets, and waits for the first request.
    async fn take(listener: &TcpListener) -> TcpStream {
        let (mut stream, _) = timeout(Duration::from_secs(10), listener.accept()).await.unwrap().unwrap();
        stream.write_all(&GREETING).await.unwrap();
        let mut head = [0; 10];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(head[1], 46, "GET_SUPPORTED_VERSION");
        stream
    }

    /// Whether the host says goodbye, whatever it asked before.
    async fn hung_up(mut stream: TcpStream) -> bool {
        let mut rest = Vec::new();
        timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await.unwrap().unwrap();
        rest.ends_with(&[4, 14, 0, 0, 0, 10, 255, 255, 255, 255])
    }

    #[tokio::test]
    async fn the_list_of_readers_is_followed_while_it_changes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (listening, mut told, stop) = platform();
        let counters = Arc::clone(&listening.counters);
        let (list, wanted) = watch::channel(Arc::from([reader("one", port)]));
        let serving = tokio::spawn(serve_readers(wanted, listening));
        let first = take(&listener).await;
        assert!(told.recv().await.unwrap().contains("reader=one&"));

        // Another one beside it leaves it alone.
        let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let two = reader("two", other.local_addr().unwrap().port());
        list.send(Arc::from([reader("one", port), two.clone()])).unwrap();
        let second = take(&other).await;
        assert!(told.recv().await.unwrap().contains("reader=two&"));

        // One that is described anew is called anew, once the conversation before has ended.
        let moved = Reader { checkpoint: "Busia".to_owned(), ..reader("one", port) };
        list.send(Arc::from([moved.clone(), two.clone()])).unwrap();
        assert!(hung_up(first).await);
        let third = take(&listener).await;
        assert!(told.recv().await.unwrap().contains("checkpoint=Busia"));

        // One that is switched off, or that cannot be called so, is left.
        let off = Reader { enabled: false, ..moved };
        let wrong = Reader { name: "a b".to_owned(), ..two.clone() };
        list.send(Arc::from([off, two, wrong])).unwrap();
        assert!(hung_up(third).await);
        while counters.readers.load(Ordering::Relaxed) != 1 {
            tokio::task::yield_now().await;
        }
        // Without a writer of the list it goes on until everything stops.
        drop(list);
        tokio::task::yield_now().await;
        assert!(!serving.is_finished());
        stop.send(true).unwrap();
        assert!(hung_up(second).await);
        timeout(Duration::from_secs(10), serving).await.unwrap().unwrap();
        assert_eq!(counters.readers_connected.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn an_address_is_a_host_with_or_without_a_port() {
        let of = |address: &str, secured: bool| {
            let authority = secured.then(Vec::new);
            let reader = Reader { address: address.to_owned(), authority, ..Reader::default() };
            reader.host_and_port().map(|(host, port)| (host.to_owned(), port))
        };
        assert_eq!(of("gate.example", false), Ok(("gate.example".to_owned(), 5084)));
        assert_eq!(of("gate.example", true), Ok(("gate.example".to_owned(), 5085)));
        assert_eq!(of("10.0.0.7:7000", true), Ok(("10.0.0.7".to_owned(), 7000)));
        assert_eq!(of("fe80::1", false), Ok(("fe80::1".to_owned(), 5084)));
        assert_eq!(of("[fe80::1]:7000", false), Ok(("fe80::1".to_owned(), 7000)));
        assert_eq!(of("[fe80::1]", false), Ok(("fe80::1".to_owned(), 5084)));
        assert!(of(":7000", false).is_err() && of("a:70000", false).is_err());
    }
}
