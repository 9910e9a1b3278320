//! Witnesses: we sign that we saw other logs, and ask others to sign that they saw ours (c2sp.org/tlog-witness).

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow};
use plomb_evidence::log::{
    AddCheckpoint, Checkpoint, KeyKind, Note, SigningKey, VerifyingKey, WitnessRefusal,
};
use plomb_wire::to_hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracing::error;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::keys::witness_key;
use crate::notary::replace;

/// How long a witness may take.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// Longest answer of a witness.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// A witness of our log, `[[witness]]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WitnessConfig {
    /// Where it is asked: `add-checkpoint` is put behind it.
    pub(crate) url: String,
    /// Its public key.
    pub(crate) key: String,
    /// Certificates (PEM) that vouch for it, where the address begins with https.
    #[serde(default)]
    pub(crate) authority: PathBuf,
}

/// The logs that we watch, and what we saw of each last.
pub(crate) struct Watch {
    key: SigningKey,
    logs: Vec<VerifyingKey>,
    folder: PathBuf,
    /// Held from reading to writing: two contradicting requests at once must not both be signed.
    seen: Mutex<()>,
}

impl Watch {
    /// # Errors
    /// When the key does not read, or a log's key does not.
    pub(crate) fn open(directory: &Path, logs: &[String]) -> anyhow::Result<Self> {
        let folder = directory.join("witness");
        std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        let read = |key: &String| {
            key.trim().parse().map_err(|error| anyhow!("[evidence] witnessed: {key}: {error}"))
        };
        let logs = logs.iter().map(read).collect::<anyhow::Result<_>>()?;
        Ok(Self { key: witness_key(directory)?, logs, folder, seen: Mutex::new(()) })
    }

    /// Signs that a checkpoint was seen; gives the line of the signature.
    ///
    /// # Errors
    /// [`WitnessRefusal`].
    pub(crate) fn add(&self, request: &str, now_s: u64) -> Result<String, WitnessRefusal> {
        let request: AddCheckpoint = request.parse()?;
        let origin = request.shown()?.origin;
        let file = self.folder.join(format!("{}.checkpoint", to_hex(&Sha256::digest(origin.as_bytes()))));
        let _seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let cannot =
            |error: String| WitnessRefusal::Shape(format!("the witness cannot keep what it saw: {error}"));
        let before = match std::fs::read_to_string(&file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(cannot(error.to_string())),
        };
        let known: Option<Checkpoint> = match &before {
            Some(text) => {
                let note: Note = text.parse().map_err(|error| cannot(format!("{error}")))?;
                Some(note.text().parse().map_err(|error| cannot(format!("{error}")))?)
            }
            None => None,
        };
        if let Err(refusal) = request.judge(known.as_ref(), &self.logs) {
            if let WitnessRefusal::Fork { size, .. } = refusal {
                self.keep_fork(&origin, size, before.as_deref().unwrap_or_default(), &request);
            }
            return Err(refusal);
        }
        // Kept before it is signed: whatever happens then, nothing that contradicts it is signed.
        replace(&file, &request.checkpoint.to_string()).map_err(|error| cannot(format!("{error:#}")))?;
        let mut note = request.checkpoint;
        note.cosign(&self.key, now_s);
        note.line_of(self.key.public()).ok_or_else(|| cannot("it did not sign".to_owned()))
    }

    /// Two checkpoints that the log signed and that contradict each other are the proof of it.
    fn keep_fork(&self, origin: &str, size: u64, before: &str, request: &AddCheckpoint) {
        error!(log = origin, size, "A log that is witnessed here has signed two histories");
        let name = format!("fork-{}-{size}.txt", to_hex(&Sha256::digest(origin.as_bytes())));
        let both = format!("{before}\n{}", request.checkpoint);
        if let Err(error) = replace(&self.folder.join(name), &both) {
            error!(error = %format!("{error:#}"), "The proof of it cannot be kept");
        }
    }
}

/// A witness of our log.
pub(crate) struct Witness {
    url: String,
    key: VerifyingKey,
    agent: ureq::Agent,
    /// The size that it saw last, as far as we know.
    seen: Mutex<u64>,
}

impl Witness {
    /// # Errors
    /// When its key or certificates do not read.
    pub(crate) fn new(config: &WitnessConfig) -> anyhow::Result<Self> {
        let key: VerifyingKey =
            config.key.trim().parse().with_context(|| format!("key of {}", config.url))?;
        if key.kind() != KeyKind::Cosignature {
            return Err(anyhow!("key of {}: it is that of a log, and not that of a witness", config.url));
        }
        let mut agent =
            ureq::Agent::config_builder().timeout_global(Some(ANSWER_MAX)).http_status_as_error(false);
        if !config.authority.as_os_str().is_empty() {
            let path = &config.authority;
            let pem = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
            let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            let roots = RootCerts::new_with_certs(&certificates);
            let provider = std::sync::Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
            let tls = TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider);
            agent = agent.tls_config(tls.build());
        } else if config.url.starts_with("https:") {
            return Err(anyhow!(
                "{}: an address with https needs `authority`, a file with certificates",
                config.url
            ));
        }
        let url = format!("{}/add-checkpoint", config.url.trim_end_matches('/'));
        Ok(Self { url, key, agent: agent.build().into(), seen: Mutex::new(0) })
    }

    pub(crate) const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Asks for a signature of a checkpoint; `show` makes the request from the size that the witness saw last.
    ///
    /// # Errors
    /// A sentence.
    pub(crate) fn ask(&self, show: &dyn Fn(u64) -> Result<AddCheckpoint, String>) -> Result<String, String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..2 {
            let request = show(*seen)?;
            let size = request.shown().map_err(|error| error.to_string())?.size;
            let (status, said) = self.post(&request.to_string())?;
            match status {
                200 => {
                    *seen = size;
                    return Ok(said);
                }
                409 => {
                    let known = said.trim().parse().map_err(|_| format!("{}: {status} {said}", self.url))?;
                    if known > size {
                        let url = &self.url;
                        return Err(format!(
                            "{url}: it saw {known} entries of this log, which has {size}: its end is lost"
                        ));
                    }
                    *seen = known;
                }
                _ => return Err(format!("{}: {status} {}", self.url, said.trim())),
            }
        }
        Err(format!("{}: it does not say what it saw last", self.url))
    }

    fn post(&self, body: &str) -> Result<(u16, String), String> {
        let failed = |error: ureq::Error| format!("{}: {error}", self.url);
        let mut response = self.agent.post(&self.url).send(body).map_err(failed)?;
        let status = response.status().as_u16();
        let said =
            response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string().map_err(failed)?;
        Ok((status, said))
    }
}
