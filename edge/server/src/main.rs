//! `plomb`: the server and its tools.

mod accounts;
mod admission;
mod backtest;
mod config;
mod decode;
mod device_secret;
mod engine;
mod epcis;
mod evidence;
mod herald;
mod keys;
mod listen;
mod logging;
mod metrics;
mod moved;
mod notary;
mod outbox;
mod platform;
mod platform_key;
mod protocols;
mod readers;
mod recover;
mod registry;
mod replay;
mod risk;
mod round;
mod serve;
mod snapshots;
mod table;
mod witness;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The open platform for smart security devices on cross-border cargo.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: listeners, journal, rules, API and page.
    Serve(ConfigArgument),
    /// Decode frames, one a line, without a server.
    Decode(decode::DecodeArguments),
    /// List the protocols that are spoken.
    Protocols(protocols::ProtocolsArguments),
    /// Make credentials for a device that publishes by MQTT; prints its secret, once.
    DeviceSecret(device_secret::DeviceSecretArguments),
    /// Show the platform's public key, which devices of the open profile pin for EDHOC.
    PlatformKey(ConfigArgument),
    /// Recompute state and alarms from the journal and compare them with what was recorded.
    Replay(replay::ReplayArguments),
    /// Run changed rules over the journal: which alarms would appear, vanish or move.
    Backtest(backtest::BacktestArguments),
    /// Look at the keys that sign the journal, and change them.
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),
    /// Check a trip report or a proof, without a server or a network.
    Verify(evidence::VerifyArguments),
    /// Take fields out of a trip report, so that what is left can still be checked.
    Redact(evidence::RedactArguments),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Manage accounts while the server is stopped or running.
    #[command(subcommand)]
    Account(accounts::AccountCommand),
    /// Look at the register of devices and take files into it, while the server is stopped or running.
    #[command(subcommand)]
    Registry(registry::RegistryCommand),
    /// Train the model that says what to inspect, and measure it.
    #[command(subcommand)]
    Risk(risk::RiskCommand),
}

/// Where the configuration is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ConfigArgument {
    /// The configuration file; without one, the defaults and the environment apply.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Check the file and the environment, and say what is wrong.
    Check(ConfigArgument),
    /// Print the configuration in force, with the environment applied.
    Show(ConfigArgument),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Serve(argument) => serve::run(&argument),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Protocols(arguments) => protocols::run(&arguments),
        Command::DeviceSecret(arguments) => device_secret::run(&arguments),
        Command::PlatformKey(argument) => platform_key::run(&argument),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Backtest(arguments) => backtest::run(&arguments),
        Command::Evidence(command) => evidence::run(&command),
        Command::Verify(arguments) => evidence::verify(&arguments),
        Command::Redact(arguments) => evidence::redact(&arguments),
        Command::Config(ConfigCommand::Check(argument)) => config::check(&argument),
        Command::Config(ConfigCommand::Show(argument)) => config::show(&argument),
        Command::Account(command) => accounts::run(&command),
        Command::Registry(command) => registry::run(&command),
        Command::Risk(command) => risk::run(&command),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            say_error(&error);
            ExitCode::FAILURE
        }
    }
}

/// The whole chain of causes, once, for a person.
#[expect(clippy::print_stderr, reason = "a command line tool tells its user")]
fn say_error(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}
