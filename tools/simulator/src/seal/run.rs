//! Some seals side by side.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::incident::Scripted;
use super::keys;
use super::unit::{Setup, Unit};
use crate::fleet::land;
use crate::log;

/// How often each seal gets its turn: the motor and the radio want no more.
const TURN: Duration = Duration::from_millis(50);

/// What to play.
#[derive(Debug)]
pub struct Seals {
    /// Where the platform listens for CoAP.
    pub to: SocketAddr,
    /// How many, numbered from 1.
    pub seals: u16,
    /// What keys and routes are drawn from.
    pub seed: u64,
    /// Seconds between two reports of a seal.
    pub interval_s: u32,
    /// Travel time passes so many times faster.
    pub time_factor: f64,
    /// What happens to whom.
    pub incidents: Vec<Scripted>,
    /// Where flash and keys lie.
    pub memory: Option<PathBuf>,
    /// The end.
    pub duration: Option<Duration>,
}

/// Plays them until the end.
///
/// # Errors
/// When a seal cannot be set up.
pub fn run(seals: &Seals) -> anyhow::Result<()> {
    let routes: Vec<Arc<_>> = land::corridors().into_iter().map(Arc::new).collect();
    if let Some(folder) = &seals.memory {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let mut rng = fastrand::Rng::with_seed(seals.seed);
    let mut units = Vec::new();
    for number in 1..=seals.seals {
        let route = rng.choice(&routes).context("there are corridors")?;
        let setup = Setup {
            to: seals.to,
            route: Arc::clone(route),
            time_factor: seals.time_factor,
            interval_s: seals.interval_s,
            memory: seals.memory.as_deref(),
            rng: rng.fork(),
        };
        let unit = Unit::start(&keys::provision(seals.seed, number), setup)?;
        log::info(format_args!(
            "Seal device=plomb:{} route={:?} state={:?}",
            unit.name(),
            route.name(),
            unit.phase()
        ));
        units.push(unit);
    }
    let mut incidents = seals.incidents.clone();
    let started = Instant::now();
    while seals.duration.is_none_or(|duration| started.elapsed() < duration) {
        incidents.retain(|scripted| {
            let is_due = started.elapsed().as_secs() >= scripted.at_s;
            if is_due && let Some(unit) = units.get_mut(usize::from(scripted.seal).wrapping_sub(1)) {
                unit.happen(scripted.incident);
            }
            !is_due
        });
        units.iter_mut().for_each(Unit::turn);
        std::thread::sleep(TURN);
    }
    Ok(())
}
