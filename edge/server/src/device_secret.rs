//! `plomb device-secret`: credentials for a device that publishes by MQTT.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use plomb_ingest::MqttDevices;
use plomb_wire::to_hex;
use sha2::{Digest, Sha256};

/// Random bytes of a secret.
const SECRET_BYTES: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct DeviceSecretArguments {
    /// The device's user name, which is the second part of its topics: PROTOCOL/NAME/...
    name: String,
    /// What it speaks.
    #[arg(long)]
    protocol: String,
    /// The file that [devices] mqtt_credentials names; the line is added to it.
    #[arg(long)]
    file: PathBuf,
}

/// Draws a secret, notes its hash, and shows it this once.
pub(crate) fn run(arguments: &DeviceSecretArguments) -> anyhow::Result<ExitCode> {
    let path = arguments.file.display();
    let known = match std::fs::read_to_string(&arguments.file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("opening {path}")),
    };
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret).context("drawing a secret")?;
    let secret = to_hex(&secret);
    let digest = to_hex(&Sha256::digest(secret.as_bytes()));
    let line = format!("{} {} {digest}\n", arguments.name, arguments.protocol);
    let separator = if known.is_empty() || known.ends_with('\n') { "" } else { "\n" };
    MqttDevices::parse(&format!("{known}{separator}{line}")).map_err(|why| anyhow!("{path}: {why}"))?;
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&arguments.file)
        .with_context(|| format!("opening {path}"))?;
    file.write_all(format!("{separator}{line}").as_bytes()).with_context(|| format!("writing {path}"))?;
    writeln!(std::io::stdout(), "{secret}").context("showing the secret")?;
    Ok(ExitCode::SUCCESS)
}
