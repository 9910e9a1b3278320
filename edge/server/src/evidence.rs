//! `plomb evidence`, `plomb verify`, `plomb redact`: keys that sign, and documents that anyone can check.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow};

use crate::ConfigArgument;
use crate::config::Config;
use crate::keys::{evidence_keys, rotate_evidence_key, witness_key};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum EvidenceCommand {
    /// Print the public keys that sign the journal's checkpoints, the oldest first: hand them to whoever checks.
    Keys(ConfigArgument),
    /// Print the public key by which this node signs that it saw the logs of others: hand it to these.
    WitnessKey(ConfigArgument),
    /// Make a new key, which signs from the next start on; the one before signs with it.
    RotateKey(ConfigArgument),
}

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArguments {
    /// A trip report, or the proof of an entry.
    file: PathBuf,
    /// A public key of the log, or of a witness, that one trusts: `name+hash+key`, may be given again.
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RedactArguments {
    /// A trip report.
    file: PathBuf,
    /// A field to take out, such as `holder`; may be given again.
    #[arg(long = "field", value_name = "NAME", required = true)]
    fields: Vec<String>,
}

pub(crate) fn run(command: &EvidenceCommand) -> anyhow::Result<ExitCode> {
    let (EvidenceCommand::Keys(argument)
    | EvidenceCommand::WitnessKey(argument)
    | EvidenceCommand::RotateKey(argument)) = command;
    let config = Config::load(argument)?;
    let directory = &config.storage.directory;
    std::fs::create_dir_all(directory).with_context(|| format!("creating {}", directory.display()))?;
    if matches!(command, EvidenceCommand::RotateKey(_)) {
        rotate_evidence_key(directory, &config.evidence.log)?;
    }
    let mut out = std::io::stdout();
    if matches!(command, EvidenceCommand::WitnessKey(_)) {
        evidence_keys(directory, &config.evidence.log)?;
        writeln!(out, "{}", witness_key(directory)?.public()).context("showing the key")?;
        return Ok(ExitCode::SUCCESS);
    }
    for key in evidence_keys(directory, &config.evidence.log)? {
        writeln!(out, "{}", key.public()).context("showing the keys")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Exit status 0 when everything holds, 1 when something does not.
pub(crate) fn verify(arguments: &VerifyArguments) -> anyhow::Result<ExitCode> {
    let verdict = plomb_report::check(&arguments.file, &arguments.keys).map_err(|error| anyhow!(error))?;
    write!(std::io::stdout(), "{verdict}").context("showing what was found")?;
    Ok(if verdict.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) fn redact(arguments: &RedactArguments) -> anyhow::Result<ExitCode> {
    let left = plomb_report::take_out(&arguments.file, &arguments.fields).map_err(|error| anyhow!(error))?;
    writeln!(std::io::stdout(), "{left}").context("writing what is left")?;
    Ok(ExitCode::SUCCESS)
}
