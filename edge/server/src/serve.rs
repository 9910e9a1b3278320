//! `plomb serve`: everything wired together, started in order and stopped in the opposite order.

use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use anyhow::Context;
use axum::serve::ListenerExt;
use plomb_api::{Accounts, ApiConfig, BaseMap, Ring};
use plomb_devices::{SecretTable, SessionConfig};
use plomb_epcis::Repository;
use plomb_ingest::{IngestCounters, Messages, now};
use plomb_model::EntryId;
use plomb_registry::Registry;
use plomb_store::{DirectIo, Journal, JournalConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tracing::{debug, error, info, warn};

use crate::ConfigArgument;
use crate::accounts::open_accounts;
use crate::admission::Admission;
use crate::config::{Config, Storage, days};
use crate::decode::read_keys;
use crate::engine::{Engine, Memory};
use crate::epcis::{Courier, open_epcis};
use crate::herald::Herald;
use crate::keys::session_key;
use crate::listen::{listen, listening};
use crate::logging;
use crate::metrics::EngineCounters;
use crate::notary::Notary;
use crate::outbox::Outbox;
use crate::platform::{Peers, Plomb};
use crate::recover::{Recovered, Recovery};
use crate::registry::{Configured, LiveSecrets, follow, open_registry};
use crate::snapshots::{snapshot, snapshot_rounds};
use crate::witness::Watch;

/// Arrivals that may wait for the flow thread: beyond it the listeners wait, and their devices with them.
const ARRIVALS_WAITING_MAX: usize = 1024;
/// Questions and actions that may wait for the flow thread.
const WORK_WAITING_MAX: usize = 1024;
/// How long requests may take to end at a stop.
const HTTP_STOP_MAX: Duration = Duration::from_secs(5);

/// A state in bytes, and the entry before which it stood.
type Snapshot = (EntryId, Vec<u8>);

/// Runs the server until it is told to stop (SIGINT or SIGTERM).
pub(crate) fn run(argument: &ConfigArgument) -> anyhow::Result<ExitCode> {
    let config = Config::load(argument)?;
    logging::start(&config.log)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(serve(&config))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let mut stop_signals = StopSignals::listen()?;
    let directory = &config.storage.directory;
    std::fs::create_dir_all(directory).with_context(|| format!("creating {}", directory.display()))?;
    let accounts = open_accounts(directory)?;
    announce_admin(&accounts, directory)?;
    let registry = open_registry(directory)?;
    let epcis = open_epcis(directory, &config.epcis)?;
    let (journal, snapshot_found) = open_journal(&config.storage)?;
    let (arrivals, arrived) = mpsc::channel(ARRIVALS_WAITING_MAX);
    let (work, asked) = mpsc::channel(WORK_WAITING_MAX);
    let notary =
        Arc::new(Notary::open(directory, &config.evidence.log, &config.witness, Arc::clone(&journal))?);
    let engine = engine(config, &journal, snapshot_found, &registry)?;

    // The flow lives as long as somebody can send to it: this one goes last.
    let last_arrivals = arrivals.clone();
    let (stop, stopped) = watch::channel(false);
    let ingest = Arc::new(IngestCounters::default());
    let session = session(config, directory, &registry)?;
    let secrets = Arc::clone(&session.secrets);
    let listening = listening(config, session, arrivals, &ingest, stopped.clone());
    let configured = Configured { readers: config.readers()?, mqtt: config.mqtt_devices()? };
    let (followers, registered) = configured.with(&registry);
    let following = tokio::spawn(follow(Arc::clone(&registry), configured, followers));
    let (listeners, ports) = listen(config, &listening, registered).await?;
    let messages = Messages::of_people(listening);
    let platform = Plomb {
        work: work.clone(),
        ring: engine.ring.clone(),
        reader: journal.reader(),
        notary: Arc::clone(&notary),
        backtesting: Arc::default(),
        watch: Arc::new(Watch::open(directory, &config.evidence.witnessed)?),
        journal: Arc::clone(&journal),
        peers: Arc::clone(&engine.peers),
        engine: Arc::clone(&engine.counters),
        ingest,
        devices: Arc::clone(&engine.devices),
        durable: Arc::clone(&engine.durable),
        refused: Arc::clone(&engine.refused),
        started_at: now().0,
        ports,
        messages: Arc::downgrade(&messages),
        secrets,
        key: session_key(directory)?,
    };
    let (ring, durable) = (engine.ring.clone(), Arc::clone(&engine.durable));
    let herald = Herald::new(&journal, &durable, &work, &epcis);
    let rounds = rounds(config, &notary, herald, &stopped)?;
    let http = serve_http(config, platform, accounts, registry, epcis, stopped).await?;
    let flow = std::thread::Builder::new()
        .name("flow".to_owned())
        .spawn(move || engine.run(arrived, asked))
        .context("starting the flow thread")?;
    let snapshots = tokio::spawn(snapshot_rounds(Arc::clone(&journal), work.clone(), Arc::clone(&durable)));

    stop_signals.wait().await;
    info!("Stopping: no new reports are taken, what was taken is made durable");
    stop.send_replace(true);
    listeners.join_all().await;
    following.abort();
    snapshots.abort();
    rounds.join_all().await;
    snapshot(&journal, &work, &durable).await;
    drop((work, last_arrivals, messages));
    ring.close();
    if tokio::time::timeout(HTTP_STOP_MAX, http).await.is_err() {
        warn!("Some requests did not end in time");
    }
    ended(flow, notary).await;
    Ok(())
}

/// What goes on beside the flow until it is told to stop: the tree is signed, what happened is told as EPCIS events, and
/// who subscribed is sent them.
fn rounds(
    config: &Config,
    notary: &Arc<Notary>,
    herald: Herald,
    stopped: &watch::Receiver<bool>,
) -> anyhow::Result<JoinSet<()>> {
    let mut rounds = JoinSet::new();
    let courier = Courier::new(Arc::clone(&herald.repository), &config.epcis.authorities)?;
    rounds.spawn(Arc::clone(notary).rounds(stopped.clone()));
    rounds.spawn(courier.rounds(stopped.clone()));
    rounds.spawn(herald.rounds(stopped.clone()));
    Ok(rounds)
}

/// Waits for the flow to end, and signs what came last.
async fn ended(flow: std::thread::JoinHandle<()>, notary: Arc<Notary>) {
    match tokio::task::spawn_blocking(move || flow.join()).await {
        Ok(Ok(())) => {
            // What came since the last round.
            if let Ok(Err(error)) = tokio::task::spawn_blocking(move || notary.sign()).await {
                warn!(%error, "The last entries are not signed");
            }
            info!("Stopped");
        }
        Ok(Err(_)) | Err(_) => error!("The flow thread ended by a fault"),
    }
}

/// The journal, and the newest snapshot found with it.
fn open_journal(storage: &Storage) -> anyhow::Result<(Arc<Journal>, Option<Snapshot>)> {
    let (journal, found) = Journal::open(journal_config(storage)).context("opening the journal")?;
    if let Some(torn) = &found.torn {
        let (file, offset) = (torn.path.display(), torn.offset);
        warn!(%file, offset, what = torn.what, "Cut off a last batch that was not whole; it had not been acknowledged");
    }
    Ok((Arc::new(journal), found.snapshot))
}

/// The flow thread's possessions, with the state recovered from the journal.
fn engine(
    config: &Config,
    journal: &Arc<Journal>,
    snapshot: Option<Snapshot>,
    registry: &Arc<Registry>,
) -> anyhow::Result<Engine> {
    let peers = Arc::new(Peers::default());
    let recovery = Recovery { journal: Arc::clone(journal), peers: Arc::clone(&peers) };
    let Recovered { mut flow, next } = recovery.start(snapshot)?;
    flow.begin();
    Ok(Engine {
        settings: config.rule_settings()?,
        writer: journal.writer(),
        recovery,
        ring: Ring::new(next.0.saturating_sub(1)),
        peers,
        counters: Arc::new(EngineCounters::default()),
        devices: Arc::new(AtomicU64::new(flow.state().devices.len() as u64)),
        durable: Arc::new(AtomicU64::new(next.0)),
        refused: Arc::new(AtomicBool::new(false)),
        memory: Memory::default(),
        outbox: Outbox::default(),
        admission: Admission::new(Arc::clone(registry), config.devices.unknown),
        flow,
        next,
    })
}

/// Binds the page and the API, and serves them in a task of its own.
async fn serve_http(
    config: &Config,
    platform: Plomb,
    accounts: Arc<Accounts>,
    registry: Arc<Registry>,
    epcis: Arc<Repository>,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<JoinHandle<std::io::Result<()>>> {
    let address = config.http.bind;
    let listener = TcpListener::bind(address).await.with_context(|| format!("binding {address}"))?;
    let router = plomb_api::router(Arc::new(platform), accounts, registry, epcis, api_config(config)?);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    info!(%address, "The page and the API are served");
    Ok(tokio::spawn(async move {
        let server = axum::serve(listener.tap_io(no_delay), service);
        server.with_graceful_shutdown(async move { drop(stopped.changed().await) }).await
    }))
}

/// Alarms must not wait for more bytes to fill a packet.
fn no_delay(stream: &mut TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "No delay cannot be set");
    }
}

/// What sessions are told, but for the transport.
pub(crate) fn session(
    config: &Config,
    directory: &Path,
    registry: &Arc<Registry>,
) -> anyhow::Result<SessionConfig> {
    let keys = &config.devices.keys;
    let file = if keys.as_os_str().is_empty() { SecretTable::default() } else { read_keys(keys)? };
    let secrets = Arc::new(LiveSecrets { file, registry: Arc::clone(registry) });
    Ok(SessionConfig {
        key: session_key(directory)?,
        lenient: false,
        datagrams: false,
        require_authentication: config.devices.jt808_require_authentication,
        utc_offset_min: config.devices.jt808_utc_offset_min,
        secrets,
    })
}

/// The journal's configuration in our words.
pub(crate) fn journal_config(storage: &Storage) -> JournalConfig {
    let mut config = JournalConfig::new(storage.directory.join("journal"));
    config.segment_bytes = storage.segment_mib << 20;
    config.group_commit_bytes_max = usize::try_from(storage.group_commit_kib_max << 10).unwrap_or(usize::MAX);
    config.group_commit_wait_max = Duration::from_millis(storage.group_commit_ms_max);
    config.seal_after = Duration::from_secs(storage.seal_after_s);
    config.retention_age = days(storage.retention_days);
    config.retention_bytes = (storage.retention_gib != 0).then_some(storage.retention_gib << 30);
    config.free_bytes_min = storage.free_mib_min << 20;
    config.direct_io = if storage.direct_io { DirectIo::Auto } else { DirectIo::Off };
    config
}

fn api_config(config: &Config) -> anyhow::Result<ApiConfig> {
    let path = &config.http.base_map;
    let base_map = if path.as_os_str().is_empty() {
        BaseMap::bundled()
    } else {
        BaseMap::open(path).with_context(|| format!("opening the base map {}", path.display()))?
    };
    Ok(ApiConfig { base_map, four_eyes: config.commands.four_eyes, ..ApiConfig::default() })
}

/// Where the first administrator's password is put when nobody sits at the terminal.
const FIRST_PASSWORD_FILE: &str = "first-admin-password.txt";

/// The first administrator's password is shown once, on the terminal; under a service manager, whose terminal is a
/// log, it goes into a file that only its owner can read.
#[expect(clippy::print_stderr, reason = "the only time that the password is known")]
fn announce_admin(accounts: &Accounts, directory: &Path) -> anyhow::Result<()> {
    let Some(password) = accounts.ensure_admin(now().0)? else { return Ok(()) };
    if std::io::stderr().is_terminal() {
        eprintln!("First start: log in as admin with the password {}", password.expose());
        eprintln!("It is shown only now. `plomb account password admin` makes a new one.");
        return Ok(());
    }
    let path = directory.join(FIRST_PASSWORD_FILE);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    file.write_all(password.expose().as_bytes())?;
    info!(file = %path.display(), "First start: the password of the account admin is in this file; delete it afterwards");
    Ok(())
}

/// The signals that stop the server. Listened for from the first moment: one that comes while it starts is no crash.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("listening for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("listening for SIGINT")?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
