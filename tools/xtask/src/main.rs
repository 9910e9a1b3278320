//! `cargo xtask tidy`: the promises of ARCHITECTURE.md that a compiler does not check.

#![expect(clippy::print_stdout, reason = "a command line tool tells its user")]

mod arrows;
mod files;
mod licences;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};
use serde_json::Value;

fn main() -> anyhow::Result<ExitCode> {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => tidy(),
        other => bail!("unknown task {other:?}; the task is `tidy`"),
    }
}

fn tidy() -> anyhow::Result<ExitCode> {
    let root = root()?;
    let metadata = metadata(&root)?;
    let mut faults = arrows::check(&metadata);
    faults.extend(licences::check(&metadata));
    faults.extend(files::check(&root)?);
    for fault in &faults {
        println!("{fault}");
    }
    if faults.is_empty() {
        println!("tidy: all is well");
        return Ok(ExitCode::SUCCESS);
    }
    println!("tidy: {} faults", faults.len());
    Ok(ExitCode::FAILURE)
}

fn root() -> anyhow::Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map(Path::to_path_buf).context("the workspace is two folders up")
}

/// What cargo knows of the workspace and of all that it depends on.
fn metadata(root: &Path) -> anyhow::Result<Value> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root)
        .output()
        .context("running cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("reading cargo metadata")
}
