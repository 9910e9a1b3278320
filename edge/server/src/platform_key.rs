//! `plomb platform-key`: what devices of the open profile must have pinned before they do EDHOC.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use plomb_devices::platform_key;
use plomb_wire::to_hex;

use crate::ConfigArgument;
use crate::config::Config;
use crate::keys::session_key;

/// Shows the platform's public key and its credential; makes the platform's secret where there is none yet.
pub(crate) fn run(argument: &ConfigArgument) -> anyhow::Result<ExitCode> {
    let directory = Config::load(argument)?.storage.directory;
    std::fs::create_dir_all(&directory).with_context(|| format!("creating {}", directory.display()))?;
    let key = session_key(&directory)?;
    let (point, credential) =
        platform_key(&key).context("no key can be derived from the platform's secret")?;
    let (point, credential) = (to_hex(&point), to_hex(&credential));
    writeln!(std::io::stdout(), "public-key 04{point}\ncredential {credential}")
        .context("showing the key")?;
    Ok(ExitCode::SUCCESS)
}
