//! `plomb replay`: recomputes state and alarms from the journal and compares them with what was recorded.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use plomb_evidence::decode;
use plomb_flow::{Flow, Mismatch, Redecode, Replayed};
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
}

/// Exit status 0 when all agrees, 1 when something differs.
#[expect(clippy::print_stdout, reason = "a command line tool tells its user")]
pub(crate) fn run(arguments: &ReplayArguments) -> anyhow::Result<ExitCode> {
    let config = Config::load(&arguments.config)?;
    let directory = arguments.directory.clone().unwrap_or_else(|| config.storage.directory.clone());
    let session = session(&config, &directory, &crate::registry::open_registry(&directory)?)?;
    let (journal, _) =
        Journal::open(JournalConfig::new(directory.join("journal"))).context("opening the journal")?;
    let oldest = journal.reader().stats().oldest_entry;
    let mut flow = Flow::new(RuleSettings::default());
    let mut replayed = Replayed::default();
    let mut redecode = arguments.redecode.then(|| Redecode::new(session));
    let mut unreadable = None;
    journal.replay(oldest, &mut |id, bytes| match decode(bytes) {
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
        let report = journal.verify();
        println!(
            "verified    {} entries, Merkle tree of {} with root {}",
            report.entries,
            report.tree_size,
            plomb_wire::to_hex(&report.root.0)
        );
        report
            .problems
            .iter()
            .for_each(|problem| println!("  problem: {}: {}", problem.path.display(), problem.what));
        well &= report.problems.is_empty();
    }
    println!("{}", if well { "Everything agrees." } else { "There are differences." });
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
