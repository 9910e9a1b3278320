//! `plomb account`: accounts from the command line, with the server running or not.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use clap::Subcommand;
use plomb_api::{AccountSettings, Accounts, Role};
use plomb_ingest::now;
use plomb_model::Redacted;

use crate::ConfigArgument;
use crate::config::Config;

/// Random bytes of a password that we make up.
const PASSWORD_BYTES: usize = 12;

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account; the password is the first line of standard input.
    Add {
        /// Name of the account.
        name: String,
        /// viewer, operator, device-operator or admin.
        #[arg(long)]
        role: String,
        #[command(flatten)]
        config: ConfigArgument,
    },
    /// Give an account another password: the first line of standard input, or a made-up one with --generate.
    Password {
        /// Name of the account.
        name: String,
        /// Make one up and print it.
        #[arg(long)]
        generate: bool,
        #[command(flatten)]
        config: ConfigArgument,
    },
    /// Make the accounts of the demonstration, if they are not there, and write their log-ins to a file.
    Demo {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        config: ConfigArgument,
    },
}

/// Runs a subcommand.
pub(crate) fn run(command: &AccountCommand) -> anyhow::Result<ExitCode> {
    match command {
        AccountCommand::Add { name, role, config } => {
            let accounts = open(config)?;
            accounts.create_blocking(name, role_of(role)?, &read_password()?, now().0)?;
        }
        AccountCommand::Password { name, generate, config } => {
            let accounts = open(config)?;
            let password = if *generate { made_up()? } else { read_password()? };
            accounts.set_password_blocking(name, &password)?;
            if *generate {
                say(&format!("{name} {}", password.expose()))?;
            }
        }
        AccountCommand::Demo { file, config } => demo(&*open(config)?, file)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The accounts of a data directory.
pub(crate) fn open_accounts(directory: &Path) -> anyhow::Result<Arc<Accounts>> {
    let path = directory.join("accounts.sqlite");
    let accounts = Accounts::open(&path, AccountSettings::default());
    Ok(Arc::new(accounts.with_context(|| format!("opening the accounts in {}", path.display()))?))
}

fn open(argument: &ConfigArgument) -> anyhow::Result<Arc<Accounts>> {
    let directory = Config::load(argument)?.storage.directory;
    std::fs::create_dir_all(&directory).with_context(|| format!("creating {}", directory.display()))?;
    open_accounts(&directory)
}

fn role_of(word: &str) -> anyhow::Result<Role> {
    Role::from_name(word).ok_or_else(|| {
        let roles = Role::ALL.map(Role::name).join(", ");
        anyhow!("no role {word:?}: the roles are {roles}")
    })
}

fn read_password() -> anyhow::Result<Redacted> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("reading the password from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("the password is empty: give it as the first line of standard input");
    }
    Ok(Redacted::new(password))
}

fn made_up() -> anyhow::Result<Redacted> {
    let mut bytes = [0; PASSWORD_BYTES];
    getrandom::fill(&mut bytes).context("asking the system for random bytes")?;
    Ok(Redacted::new(&plomb_wire::to_hex(&bytes)))
}

/// The log-ins of a demonstration are made anew for each data directory and kept beside it.
fn demo(accounts: &Accounts, file: &Path) -> anyhow::Result<()> {
    if file.exists() {
        return Ok(());
    }
    let mut text = String::new();
    for role in Role::ALL.into_iter().rev() {
        let name = role.name();
        let password = made_up()?;
        accounts.create_blocking(name, role, &password, now().0)?;
        text.push_str(&format!("Log in as {name:<15} {}\n", password.expose()));
    }
    std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}

fn say(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}").context("writing to standard output")
}
