//! Signs the head of the journal's tree, and proves that entries are in it.
//!
//! A thread of its own follows the journal: it adds the hashes of durable entries to the files of the tree
//! (`plomb_store::HashFiles`) and signs a checkpoint as the tree grows. Nothing waits for it but who asks for a proof.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use plomb_api::Unavailable;
use plomb_evidence::log::{AddCheckpoint, Checkpoint, Note, SigningKey, Tile};
use plomb_evidence::merkle::{Hash, consistency_proof, leaf_hash, many_proof, subtree_root};
use plomb_model::EntryId;
use plomb_report::Evidence;
use plomb_store::{HashFiles, Journal, JournalReader};
use tokio::sync::watch;
use tracing::{error, info};

use crate::keys::evidence_keys;
use crate::witness::{Witness, WitnessConfig};

/// How often the tree is looked after.
const ROUND: Duration = Duration::from_secs(1);
/// Hashes that are added at once.
const LEAVES_AT_ONCE: usize = 65_536;
/// The folder of the tree in the data directory.
const FOLDER: &str = "evidence";
/// The last checkpoint, in that folder.
const CHECKPOINT: &str = "checkpoint";

/// The tree, and what signs it.
pub(crate) struct Notary {
    journal: Arc<Journal>,
    files: HashFiles,
    keys: Vec<SigningKey>,
    file: PathBuf,
    witnesses: Vec<Witness>,
    /// Held while the tree grows, which takes long where a journal has just got one: one does it at a time.
    growing: Mutex<()>,
    /// Held for moments only: requests look at it.
    head: Mutex<Head>,
}

/// What was signed last.
#[derive(Clone, Default)]
struct Head {
    checkpoint: Option<Checkpoint>,
    /// It with its signatures.
    note: String,
    /// The tree was compared with it and with the journal since the start.
    compared: bool,
    /// Why nothing is signed any more.
    refusing: Option<String>,
}

impl Head {
    fn is_signed_by(&self, key: Option<&SigningKey>) -> bool {
        let note = Note::from_str(&self.note).ok();
        key.is_some_and(|key| note.is_some_and(|note| note.line_of(key.public()).is_some()))
    }
}

impl Notary {
    /// Opens the tree in the data directory, or begins it.
    ///
    /// # Errors
    /// When files cannot be used, or do not read.
    pub(crate) fn open(
        directory: &Path,
        log: &str,
        witnesses: &[WitnessConfig],
        journal: Arc<Journal>,
    ) -> anyhow::Result<Self> {
        let folder = directory.join(FOLDER);
        let file = folder.join(CHECKPOINT);
        let mut head = Head::default();
        if file.exists() {
            head.note =
                std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
            let note = Note::from_str(&head.note).with_context(|| format!("in {}", file.display()))?;
            head.checkpoint = Some(note.text().parse().with_context(|| format!("in {}", file.display()))?);
        }
        let durable = head.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
        let files = HashFiles::open(&folder, durable).context("opening the tree of the journal")?;
        let keys = evidence_keys(directory, log)?;
        if let (Some(checkpoint), Some(key)) = (&head.checkpoint, keys.last())
            && *checkpoint.origin != *key.public().name()
        {
            bail!(
                "{} is of the log {}, the key is that of {}: restore the key or the folder from a backup",
                file.display(),
                checkpoint.origin,
                key.public().name()
            );
        }
        let witnesses = witnesses.iter().map(Witness::new).collect::<anyhow::Result<_>>()?;
        Ok(Self { journal, files, keys, file, witnesses, growing: Mutex::new(()), head: Mutex::new(head) })
    }

    fn head(&self) -> MutexGuard<'_, Head> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks after the tree until it is told to stop.
    pub(crate) async fn rounds(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let mut said = None;
        loop {
            let notary = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || notary.sign_and_ask()).await {
                Ok(Err(error)) if said.as_ref() != Some(&error.0) => {
                    error!(%error, "The last checkpoint of the journal lacks a signature");
                    said = Some(error.0);
                }
                Ok(Err(_)) => {}
                Ok(Ok(())) => said = None,
                Err(_) => return,
            }
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                _ = stopped.changed() => return,
            }
        }
    }

    /// Signs what is durable now, and has the witnesses sign that they saw it.
    fn sign_and_ask(&self) -> Result<(), Unavailable> {
        self.sign()?;
        self.ask_witnesses()
    }

    /// Asks the witnesses that have not signed the last checkpoint yet. One that does not answer holds up nothing.
    fn ask_witnesses(&self) -> Result<(), Unavailable> {
        let (text, size) = {
            let head = self.head();
            (head.note.clone(), head.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size))
        };
        let Ok(note) = Note::from_str(&text) else { return Ok(()) };
        let mut failed = Vec::new();
        for witness in self.witnesses.iter().filter(|witness| note.line_of(witness.key()).is_none()) {
            let show = |old: u64| {
                let old = old.min(size);
                let proof = consistency_proof(old, size, &mut |node| self.files.node(node));
                let proof = proof.map_err(|error| error.to_string())?;
                Ok(AddCheckpoint { old, proof, checkpoint: note.clone() })
            };
            match witness.ask(&show) {
                Ok(lines) => self.add_cosignatures(size, &lines, witness)?,
                Err(error) => failed.push(error),
            }
        }
        if failed.is_empty() { Ok(()) } else { Err(Unavailable(failed.join("; "))) }
    }

    /// Puts the signature of a witness below the checkpoint of this size, if it is still the last one.
    fn add_cosignatures(&self, size: u64, lines: &str, witness: &Witness) -> Result<(), Unavailable> {
        let mut head = self.head();
        if head.checkpoint.as_ref().is_none_or(|checkpoint| checkpoint.size != size) {
            return Ok(());
        }
        let mut note = Note::from_str(&head.note).map_err(|error| Unavailable(error.to_string()))?;
        let added = note.add_cosignatures(lines, std::slice::from_ref(witness.key()));
        if added.map_err(|error| Unavailable(error.to_string()))? > 0 {
            head.note = note.to_string();
            replace(&self.file, &head.note).map_err(|error| Unavailable(format!("{error:#}")))?;
        }
        Ok(())
    }

    /// Lets the tree grow to what is durable now, and signs it.
    pub(crate) fn sign(&self) -> Result<(), Unavailable> {
        let _growing = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut head = self.head().clone();
        if let Some(refusing) = &head.refusing {
            return Err(Unavailable(refusing.clone()));
        }
        self.grow().map_err(unavailable)?;
        let size = self.files.size();
        let is_signed = head
            .checkpoint
            .as_ref()
            .map_or(size == 0, |checkpoint| checkpoint.size >= size && head.is_signed_by(self.keys.last()));
        if is_signed && head.compared {
            return Ok(());
        }
        if let Err(refusing) = self.is_what_was_signed(&head, size) {
            self.head().refusing = Some(refusing.clone());
            return Err(Unavailable(refusing));
        }
        head.compared = true;
        if is_signed {
            self.head().compared = true;
            return Ok(());
        }
        self.files.sync().map_err(unavailable)?;
        let root = self.root(size).map_err(unavailable)?;
        let Some(key) = self.keys.last() else { return Err(Unavailable("there is no key".to_owned())) };
        let checkpoint = Checkpoint { origin: key.public().name().into(), size, root };
        let mut note = Note::new(&checkpoint.to_string()).map_err(|error| Unavailable(error.to_string()))?;
        // Whoever knows the key before the last one can follow to the last.
        self.keys.iter().rev().take(2).for_each(|key| note.sign(key));
        let note = note.to_string();
        replace(&self.file, &note).map_err(|error| Unavailable(format!("{error:#}")))?;
        if head.checkpoint.is_none() {
            info!(log = %checkpoint.origin, size, "The journal's first checkpoint is signed");
        }
        (head.checkpoint, head.note) = (Some(checkpoint), note);
        *self.head() = head;
        Ok(())
    }

    /// Adds the hashes of the entries that are durable and not in the tree yet.
    fn grow(&self) -> Result<(), plomb_store::StoreError> {
        loop {
            let mut leaves: Vec<Hash> = Vec::new();
            self.journal.replay(EntryId(self.files.size()), &mut |_, bytes| {
                leaves.push(leaf_hash(bytes));
                if leaves.len() < LEAVES_AT_ONCE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            if leaves.is_empty() {
                return Ok(());
            }
            self.files.extend(&leaves)?;
            if leaves.len() < LEAVES_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// The tree continues the one of the last checkpoint, and is that of the journal.
    fn is_what_was_signed(&self, head: &Head, size: u64) -> Result<(), String> {
        let other = |what: &str| {
            format!(
                "the journal is not the one {what}: it was changed or is another; compare with a backup before anything else"
            )
        };
        if let Some(checkpoint) = &head.checkpoint {
            let before = (checkpoint.size <= size).then(|| self.root(checkpoint.size));
            if !matches!(before, Some(Ok(root)) if root == checkpoint.root) {
                return Err(other("of which the last checkpoint was signed"));
            }
        }
        let stats = self.journal.reader().stats();
        match self.root(size) {
            // It may have grown meanwhile.
            Ok(root) if stats.next_entry.0 > size || stats.next_entry.0 == size && stats.root == root => {
                Ok(())
            }
            Ok(_) => Err(other("whose hashes were kept")),
            Err(error) => Err(error.to_string()),
        }
    }

    fn root(&self, size: u64) -> Result<Hash, plomb_store::StoreError> {
        subtree_root(0, size, &mut |node| self.files.node(node))
    }

    /// The last checkpoint with its signatures; `None` before there is one.
    pub(crate) fn checkpoint(&self) -> Option<String> {
        Some(self.head().note.clone()).filter(|note| !note.is_empty())
    }

    /// The public keys, the oldest first.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.public().to_string()).collect()
    }

    /// The key that signs now.
    pub(crate) fn key(&self) -> Option<&SigningKey> {
        self.keys.last()
    }

    /// Why nothing is signed, if so.
    pub(crate) fn refusing(&self) -> Option<String> {
        self.head().refusing.clone()
    }

    pub(crate) fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, Unavailable> {
        self.files.tile(tile).map_err(unavailable)
    }

    /// Entries by rising number, with what proves them. What is durable now is signed first, by the witnesses too where they
    /// answer.
    pub(crate) fn prove(&self, reader: &JournalReader, ids: &[EntryId]) -> Result<Evidence, Unavailable> {
        self.sign()?;
        // Without their signatures it holds as well, by ours alone; the rounds tell of those that fail.
        drop(self.ask_witnesses());
        let (checkpoint, size) = {
            let head = self.head();
            (head.note.clone(), head.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size))
        };
        let mut entries = Vec::with_capacity(ids.len());
        // What has become durable since is in the next checkpoint.
        for id in ids.iter().filter(|id| id.0 < size) {
            if let Some(bytes) = reader.entry(*id).map_err(unavailable)? {
                entries.push((*id, bytes));
            }
        }
        let numbers: Vec<u64> = entries.iter().map(|(id, _)| id.0).collect();
        let proof = many_proof(&numbers, size, &mut |node| self.files.node(node));
        let proof = proof.map_err(|error| Unavailable(error.to_string()))?;
        Ok(Evidence { entries, proof, checkpoint })
    }
}

/// Replaces a file, whole or not at all.
pub(crate) fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    let beside = file.with_extension("tmp");
    let write = || {
        std::fs::write(&beside, text)?;
        std::fs::File::open(&beside)?.sync_all()?;
        std::fs::rename(&beside, file)
    };
    write().with_context(|| format!("writing {}", file.display()))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: plomb_store::StoreError) -> Unavailable {
    Unavailable(error.to_string())
}
