//! The platform's own secrets, made at the first start and kept with the data, readable by their owner alone.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, bail};
use plomb_devices::SessionKey;
use plomb_evidence::log::{KeyKind, SigningKey};
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

/// Name of the file with the keys that sign the journal's checkpoints, a line each, the newest last.
const EVIDENCE_FILE: &str = "evidence.keys";

/// Reads the keys that sign checkpoints, or makes the first one, named `log` or, where that is empty, by chance.
pub(crate) fn evidence_keys(directory: &Path, log: &str) -> anyhow::Result<Vec<SigningKey>> {
    let path = directory.join(EVIDENCE_FILE);
    if !path.exists() {
        let mut chance = [0; 4];
        getrandom::fill(&mut chance).context("asking the system for random bytes")?;
        let name = if log.is_empty() { format!("plomb-{}/journal", to_hex(&chance)) } else { log.to_owned() };
        add_evidence_key(&path, &name)?;
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let keys: Result<Vec<_>, _> = text.lines().map(SigningKey::from_secret_text).collect();
    let keys =
        keys.with_context(|| format!("{} does not hold keys; restore it from a backup", path.display()))?;
    match keys.last() {
        Some(key) if log.is_empty() || key.public().name() == log => Ok(keys),
        Some(key) => bail!(
            "the log is named {} since its first start, and [evidence] log says {log}: a log keeps its name",
            key.public().name()
        ),
        None => bail!("{} is empty; restore it from a backup", path.display()),
    }
}

/// Adds a key under the name of the last one; it signs from the next start on.
pub(crate) fn rotate_evidence_key(directory: &Path, log: &str) -> anyhow::Result<()> {
    let keys = evidence_keys(directory, log)?;
    let name = keys.last().map(|key| key.public().name().to_owned()).unwrap_or_default();
    add_evidence_key(&directory.join(EVIDENCE_FILE), &name)
}

/// Name of the file with the key by which we sign that we saw other logs.
const WITNESS_FILE: &str = "witness.key";

/// Reads the key of the witness, or makes it, with the name of our log before `/witness`.
pub(crate) fn witness_key(directory: &Path) -> anyhow::Result<SigningKey> {
    let path = directory.join(WITNESS_FILE);
    if !path.exists() {
        let keys = evidence_keys(directory, "")?;
        let log = keys.last().map_or("plomb", |key| key.public().name());
        add_key(&path, &format!("{log}/witness"), KeyKind::Cosignature)?;
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let key = SigningKey::from_secret_text(text.trim());
    key.with_context(|| format!("{} does not hold a key; restore it from a backup", path.display()))
}

fn add_evidence_key(path: &Path, name: &str) -> anyhow::Result<()> {
    add_key(path, name, KeyKind::Note)
}

fn add_key(path: &Path, name: &str, kind: KeyKind) -> anyhow::Result<()> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).context("asking the system for random bytes")?;
    let key = SigningKey::new(name, kind, &secret)?;
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("opening {}", path.display()))?;
    writeln!(file, "{}", key.to_secret_text())?;
    file.sync_all().with_context(|| format!("writing {}", path.display()))
}
