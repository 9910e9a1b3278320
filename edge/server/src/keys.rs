//! The platform's own secret, made at the first start and kept with the data, readable by its owner alone.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, bail};
use plomb_devices::SessionKey;
use plomb_wire::{from_hex, to_hex};

/// Name of the file in the data directory.
const FILE: &str = "session.key";

/// Reads the key, or makes it.
pub(crate) fn session_key(directory: &Path) -> anyhow::Result<SessionKey> {
    let path = directory.join(FILE);
    if !path.exists() {
        let mut key = [0; 32];
        getrandom::fill(&mut key).context("asking the system for random bytes")?;
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("creating {}", path.display()))?;
        file.write_all(to_hex(&key).as_bytes())?;
        file.sync_all()?;
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let Ok(key) = from_hex(text.trim()).unwrap_or_default().try_into() else {
        bail!("{} does not hold 64 hex digits; restore it from a backup", path.display());
    };
    Ok(SessionKey::new(key))
}
