//! `plomb serve`: everything wired together, started in order and stopped in the opposite order.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use anyhow::Context;
use plomb_api::{Accounts, ApiConfig, BaseMap, Ring};
use plomb_devices::SessionConfig;
use plomb_ingest::{IngestCounters, now};
use plomb_store::{DirectIo, Journal, JournalConfig};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use crate::ConfigArgument;
use crate::accounts::open_accounts;
use crate::config::{Config, Storage, days};
use crate::engine::{Engine, Memory};
use crate::keys::session_key;
use crate::listen::{listen, listening};
use crate::logging;
use crate::metrics::EngineCounters;
use crate::platform::{Peers, Plomb};
use crate::recover::{Recovered, Recovery};
use crate::snapshots::{snapshot, snapshot_rounds};

/// Arrivals that may wait for the flow thread: beyond it the listeners wait, and their devices with them.
const ARRIVALS_WAITING_MAX: usize = 1024;
/// Questions and actions that may wait for the flow thread.
const WORK_WAITING_MAX: usize = 1024;
/// How long requests may take to end at a stop.
const HTTP_STOP_MAX: Duration = Duration::from_secs(5);

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
    let settings = config.rule_settings()?;
    let directory = &config.storage.directory;
    std::fs::create_dir_all(directory).with_context(|| format!("creating {}", directory.display()))?;
    let session = session(config, directory)?;
    let accounts = open_accounts(directory)?;
    announce_admin(&accounts)?;
    let (journal, found) = Journal::open(journal_config(&config.storage)).context("opening the journal")?;
    if let Some(torn) = &found.torn {
        warn!(file = %torn.path.display(), offset = torn.offset, what = torn.what, "Cut off a last batch that was not whole; it had not been acknowledged");
    }
    let journal = Arc::new(journal);
    let peers = Arc::new(Peers::default());
    let recovery = Recovery { journal: Arc::clone(&journal), peers: Arc::clone(&peers) };
    let Recovered { mut flow, next } = recovery.start(found.snapshot)?;
    flow.begin();

    let ring = Ring::new(next.0.saturating_sub(1));
    let engine_counters = Arc::new(EngineCounters::default());
    let durable = Arc::new(AtomicU64::new(next.0));
    let refused = Arc::new(AtomicBool::new(false));
    let devices = Arc::new(AtomicU64::new(flow.state().devices.len() as u64));
    let (arrivals, arrived) = mpsc::channel(ARRIVALS_WAITING_MAX);
    let (work, asked) = mpsc::channel(WORK_WAITING_MAX);
    let engine = Engine {
        flow,
        next,
        settings,
        writer: journal.writer(),
        recovery,
        ring: ring.clone(),
        peers: Arc::clone(&peers),
        counters: Arc::clone(&engine_counters),
        devices: Arc::clone(&devices),
        durable: Arc::clone(&durable),
        refused: Arc::clone(&refused),
        memory: Memory::default(),
    };
    let flow_thread = std::thread::Builder::new()
        .name("flow".to_owned())
        .spawn(move || engine.run(arrived, asked))
        .context("starting the flow thread")?;

    // The flow lives as long as somebody can send to it: this one goes last.
    let last_arrivals = arrivals.clone();
    let (stop, stopped) = watch::channel(false);
    let ingest = Arc::new(IngestCounters::default());
    let listening = listening(config, session, arrivals, &ingest, stopped.clone());
    let (listeners, ports) = listen(config, &listening).await?;
    drop(listening);
    let platform = Arc::new(Plomb {
        work: work.clone(),
        ring: ring.clone(),
        reader: journal.reader(),
        journal: Arc::clone(&journal),
        peers,
        engine: engine_counters,
        ingest,
        devices,
        durable: Arc::clone(&durable),
        refused,
        started_at: now().0,
        ports,
    });
    let http =
        TcpListener::bind(config.http.bind).await.with_context(|| format!("binding {}", config.http.bind))?;
    info!(address = %config.http.bind, "The page and the API are served");
    let router = plomb_api::router(platform, accounts, api_config(config)?);
    let mut http_stop = stopped.clone();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let http = tokio::spawn(async move {
        axum::serve(http, service)
            .with_graceful_shutdown(async move { drop(http_stop.changed().await) })
            .await
    });
    let snapshots = tokio::spawn(snapshot_rounds(Arc::clone(&journal), work.clone(), Arc::clone(&durable)));

    wait_for_stop().await?;
    info!("Stopping: no new reports are taken, what was taken is made durable");
    stop.send_replace(true);
    listeners.join_all().await;
    snapshots.abort();
    snapshot(&journal, &work, &durable).await;
    drop((work, last_arrivals));
    ring.close();
    if tokio::time::timeout(HTTP_STOP_MAX, http).await.is_err() {
        warn!("Some requests did not end in time");
    }
    if tokio::task::spawn_blocking(move || flow_thread.join().is_ok()).await.is_ok_and(|clean| clean) {
        info!("Stopped");
    } else {
        error!("The flow thread ended by a fault");
    }
    Ok(())
}

fn session(config: &Config, directory: &Path) -> anyhow::Result<SessionConfig> {
    Ok(SessionConfig {
        key: session_key(directory)?,
        lenient: false,
        datagrams: false,
        require_authentication: config.devices.jt808_require_authentication,
        utc_offset_min: config.devices.jt808_utc_offset_min,
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
    Ok(ApiConfig { base_map, ..ApiConfig::default() })
}

/// The first administrator's password is shown once, on the terminal and not in the log.
#[expect(clippy::print_stderr, reason = "the only time that the password is known")]
fn announce_admin(accounts: &Accounts) -> anyhow::Result<()> {
    if let Some(password) = accounts.ensure_admin(now().0)? {
        eprintln!("First start: log in as admin with the password {}", password.expose());
        eprintln!("It is shown only now. `plomb account password admin` makes a new one.");
    }
    Ok(())
}

async fn wait_for_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("listening for SIGINT")?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
