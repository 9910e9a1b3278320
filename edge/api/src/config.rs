//! What the server decides about the API.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use plomb_model::Timestamp;

use crate::AuditFact;
use crate::tiles::{MapError, PmTiles};

/// What the server decides about the API.
#[derive(Clone)]
pub struct ApiConfig {
    /// Cookies only over TLS: true when the page is served over TLS.
    pub secure_cookies: bool,
    /// Believe the last address in `X-Forwarded-For`: true only behind a proxy of one's own.
    pub forwarded_for: bool,
    /// Somebody else than its creator must authorise a command that opens a seal.
    pub four_eyes: bool,
    /// The base map.
    pub base_map: BaseMap,
    /// The time. Tests put their own.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Told what happens to accounts and sessions, for the audit log.
    pub audit: Arc<dyn Fn(&AuditFact) + Send + Sync>,
}

impl Default for ApiConfig {
    /// Plain HTTP, the map that comes with the program, the system's clock, and an audit log through `tracing`.
    fn default() -> Self {
        Self {
            secure_cookies: false,
            forwarded_for: false,
            four_eyes: true,
            base_map: BaseMap::bundled(),
            clock: Arc::new(system_clock),
            audit: Arc::new(|fact| tracing::info!(target: "audit", "{fact}")),
        }
    }
}

/// A map to draw devices on.
#[derive(Clone, Debug)]
pub struct BaseMap(pub(crate) Arc<PmTiles>);

impl BaseMap {
    /// The overview of the world that comes with the program.
    #[must_use]
    pub fn bundled() -> Self {
        Self(Arc::new(PmTiles::bundled()))
    }

    /// An operator's own PMTiles file (version 3, vector tiles).
    ///
    /// # Errors
    /// [`MapError`] when it cannot be read or is not such a file.
    pub fn open(path: &Path) -> Result<Self, MapError> {
        Ok(Self(Arc::new(PmTiles::open(path)?)))
    }
}

fn system_clock() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}
