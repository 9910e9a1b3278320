//! `plomb replay`: recomputes state and alarms from the journal and compares them with what was recorded.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use plomb_evidence::decode;
use plomb_evidence::log::{Checkpoint, Note, VerifyingKey};
use plomb_evidence::merkle::{Frontier, Hash, leaf_hash};
use plomb_flow::{Flow, Mismatch, Redecode, Replayed};
use plomb_model::EntryId;
use plomb_rules::{Change, RuleSettings};
use plomb_store::{Journal, JournalConfig};

use crate::ConfigArgument;
use crate::config::Config;
use crate::serve::session;

#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// The data directory, instead of the configuration's.
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// Also run the recorded bytes through the decoders again and compare the events.
    #[arg(long)]
    redecode: bool,
    /// Also check every checksum and recompute the Merkle tree.
    #[arg(long)]
    verify: bool,
    /// Also check that the journal is the one of which this checkpoint was signed: a file with the signed note.
    #[arg(long, value_name = "FILE", requires = "keys")]
    checkpoint: Option<PathBuf>,
    /// A public key that one trusts to have signed the checkpoint; may be given again.
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
}

/// Exit status 0 when all agrees, 1 when something differs.
#[expect(clippy::print_stdout, reason = "a command line tool tells its user")]
pub(crate) fn run(arguments: &ReplayArguments) -> anyhow::Result<ExitCode> {
    let config = Config::load(&arguments.config)?;
    let directory = arguments.directory.clone().unwrap_or_else(|| config.storage.directory.clone());
    let session = session(&config, &directory, &crate::registry::open_registry(&directory)?)?;
    let mut judge =
        arguments.checkpoint.as_deref().map(|file| Judge::new(file, &arguments.keys)).transpose()?;
    let (journal, _) =
        Journal::open(JournalConfig::new(directory.join("journal"))).context("opening the journal")?;
    let oldest = journal.reader().stats().oldest_entry;
    let mut flow = Flow::new(RuleSettings::default());
    let mut replayed = Replayed::default();
    let mut redecode = arguments.redecode.then(|| Redecode::new(session));
    let mut unreadable = None;
    journal.replay(oldest, &mut |id, bytes| {
        if let Some(judge) = &mut judge {
            judge.entry(id, bytes);
        }
        match decode(bytes) {
            Ok(entry) => {
                flow.replay(id, &entry, &mut replayed);
                if let Some(redecode) = &mut redecode {
                    redecode.entry(id, &entry);
                }
                ControlFlow::Continue(())
            }
            Err(error) => {
                unreadable = Some(format!("entry {id} cannot be read: {error}"));
                ControlFlow::Break(())
            }
        }
    })?;
    replayed.finish();
    let devices = flow.state().devices.len();
    println!("replayed    {} entries, {} reports, {devices} devices", replayed.entries, replayed.reports);
    println!("compared    {} alarm changes, {} differ", replayed.changes, replayed.mismatches_total);
    replayed.mismatches.iter().for_each(say_mismatch);
    let mut well = replayed.mismatches_total == 0 && unreadable.is_none();
    if oldest.0 > 0 {
        println!(
            "note        entries before {oldest} are no longer kept; state from before is not known to the replay"
        );
    }
    if let Some(redecode) = redecode {
        let report = redecode.finish();
        println!("redecoded   {} reports, {} differ", report.compared, report.differing_total);
        println!("            {} belong to conversations whose beginning is not kept", report.unverifiable);
        report.differing.iter().for_each(|id| println!("  differs: entry {id}"));
        well &= report.differing_total == 0;
    }
    if let Some(unreadable) = unreadable {
        println!("unreadable  {unreadable}");
    }
    if arguments.verify {
        well &= say_verified(&journal);
    }
    if let Some(judge) = judge {
        let (is_it, what) = judge.verdict(oldest);
        println!("checkpoint  {what}");
        well &= is_it;
    }
    println!("{}", if well { "Everything agrees." } else { "There are differences." });
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stdout, reason = "a command line tool tells its user")]
fn say_verified(journal: &Journal) -> bool {
    let report = journal.verify();
    let root = plomb_wire::to_hex(&report.root.0);
    println!("verified    {} entries, Merkle tree of {} with root {root}", report.entries, report.tree_size);
    report
        .problems
        .iter()
        .for_each(|problem| println!("  problem: {}: {}", problem.path.display(), problem.what));
    report.problems.is_empty()
}

#[expect(clippy::print_stdout, reason = "a command line tool tells its user")]
fn say_mismatch(mismatch: &Mismatch) {
    let list = |changes: &[Change]| {
        let word =
            |(change, alarm): &Change| format!("{} {} {}", alarm.device, alarm.kind.name(), change.name());
        changes.iter().map(word).collect::<Vec<_>>().join(", ")
    };
    println!("  entry {}: {}", mismatch.about, mismatch.note);
    println!("    recorded: {}", list(&mismatch.recorded));
    println!("    replayed: {}", list(&mismatch.replayed));
}

/// Compares the journal with a checkpoint that somebody has kept.
struct Judge {
    checkpoint: Checkpoint,
    tree: Frontier,
    /// Root of the journal at the size of the checkpoint.
    root: Option<Hash>,
}

impl Judge {
    fn new(file: &Path, keys: &[String]) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let note: Note = text.parse().with_context(|| format!("in {}", file.display()))?;
        let keys: Result<Vec<VerifyingKey>, _> = keys.iter().map(|key| key.trim().parse()).collect();
        note.verify(&keys?).with_context(|| format!("in {}", file.display()))?;
        let checkpoint: Checkpoint = note.text().parse().with_context(|| format!("in {}", file.display()))?;
        let tree = Frontier::default();
        let root = (checkpoint.size == 0).then(|| tree.root());
        Ok(Self { checkpoint, tree, root })
    }

    fn entry(&mut self, id: EntryId, bytes: &[u8]) {
        if id.0 == self.tree.size() && self.tree.size() < self.checkpoint.size {
            self.tree.push(leaf_hash(bytes));
            if self.tree.size() == self.checkpoint.size {
                self.root = Some(self.tree.root());
            }
        }
    }

    fn verdict(self, oldest: EntryId) -> (bool, String) {
        let Checkpoint { origin, size, root } = self.checkpoint;
        match self.root {
            Some(found) if found == root => {
                (true, format!("the journal is the one of {origin} with {size} entries"))
            }
            Some(_) => (false, format!("the journal is NOT the one of which {origin} signed {size} entries")),
            None if oldest.0 > 0 => (
                false,
                format!(
                    "entries before {oldest} are no longer kept: this machine cannot compute the root of {size} entries"
                ),
            ),
            None => (false, format!("the journal has {} entries, {origin} signed {size}", self.tree.size())),
        }
    }
}
