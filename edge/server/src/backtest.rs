//! `plomb backtest`, and the same for the API: changed rules over the journal.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use plomb_api::BacktestView;
use plomb_evidence::decode;
use plomb_flow::{Backtest, BacktestReport, KindShift, Shift};
use plomb_model::Timestamp;
use plomb_rules::RuleSettings;
use plomb_store::{Journal, JournalConfig};
use serde::Deserialize;

use crate::ConfigArgument;
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(crate) struct BacktestArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Settings that are to change: a TOML file with `name = value` under `[rules]`.
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,
    /// Alarms raised from then on, such as 2026-11-01T00:00:00Z; from the beginning without it.
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Alarms raised before then; to the end without it.
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// The data directory, instead of the configuration's.
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// The whole as one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct RulesFile {
    rules: BTreeMap<String, i64>,
}

pub(crate) fn run(arguments: &BacktestArguments) -> anyhow::Result<ExitCode> {
    let config = Config::load(&arguments.config)?;
    let directory = arguments.directory.clone().unwrap_or_else(|| config.storage.directory.clone());
    let path = arguments.rules.display();
    let text = std::fs::read_to_string(&arguments.rules).with_context(|| format!("reading {path}"))?;
    let file: RulesFile = toml::from_str(&text).with_context(|| format!("in {path}"))?;
    let mut settings = RuleSettings::default();
    for (name, value) in &file.rules {
        settings.set(name, *value).with_context(|| format!("in {path}"))?;
    }
    if file.rules.is_empty() {
        bail!("{path}: [rules] names no setting that is to change");
    }
    let overrides = file.rules.into_iter().map(|(name, value)| (name.into(), value)).collect();
    let (journal, _) =
        Journal::open(JournalConfig::new(directory.join("journal"))).context("opening the journal")?;
    let (from, to) = (arguments.from.unwrap_or(Timestamp::from_millis(0)), arguments.to);
    let to = to.unwrap_or(Timestamp::from_millis(i64::MAX));
    let report = backtest(&journal, overrides, (from, to), u64::MAX)?;
    let mut out = std::io::stdout();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string(&BacktestView::from(&report))?)?;
    } else {
        write!(out, "{}", table(&report))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs changed settings over a journal of at most so many entries.
pub(crate) fn backtest(
    journal: &Journal,
    overrides: Vec<(Box<str>, i64)>,
    (from, to): (Timestamp, Timestamp),
    entries_max: u64,
) -> anyhow::Result<BacktestReport> {
    let stats = journal.reader().stats();
    let (oldest, entries) = (stats.oldest_entry, stats.next_entry.0 - stats.oldest_entry.0);
    if entries > entries_max {
        bail!(
            "the journal has {entries} entries, and the page runs at most {entries_max}: use `plomb backtest` on a copy"
        );
    }
    let mut backtest = Backtest::new(overrides, from, to);
    let mut unreadable = None;
    journal.replay(oldest, &mut |id, bytes| match decode(bytes) {
        Ok(entry) if backtest.entry(id, &entry) => ControlFlow::Continue(()),
        Ok(_) => ControlFlow::Break(()),
        Err(error) => {
            unreadable = Some(format!("entry {id} cannot be read: {error}"));
            ControlFlow::Break(())
        }
    })?;
    match unreadable {
        Some(unreadable) => bail!(unreadable),
        None => Ok(backtest.finish()),
    }
}

/// A line for each kind of alarm.
fn table(report: &BacktestReport) -> String {
    let mut text = format!(
        "{} entries\n\n{:<22} {:>7} {:>7} {:>8} {:>9} {:>6}  found behind those that vanish or move\n",
        report.entries, "alarm", "was", "would", "appears", "vanishes", "moves"
    );
    for (kind, KindShift { was, would, shifts }) in &report.kinds {
        let (mut counts, mut found) = ([0_u64; 3], BTreeMap::<&str, u64>::new());
        for shift in shifts {
            let (place, outcome) = match shift {
                Shift::Appears(_) => (0, None),
                Shift::Vanishes(_, outcome) => (1, *outcome),
                Shift::Moves { outcome, .. } => (2, *outcome),
            };
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
            if let Some(outcome) = outcome {
                *found.entry(outcome.name()).or_default() += 1;
            }
        }
        let found: Vec<String> = found.iter().map(|(name, count)| format!("{count} {name}")).collect();
        let [appears, vanishes, moves] = counts;
        let (kind, found) = (kind.name(), found.join(", "));
        text += &format!("{kind:<22} {was:>7} {would:>7} {appears:>8} {vanishes:>9} {moves:>6}  {found}\n");
    }
    if report.steps_refused > 0 {
        text += &format!("\n{} steps of movements could not have been taken\n", report.steps_refused);
    }
    text
}
