//! Structured logs to standard error.

use anyhow::Context;
use tracing::level_filters::LevelFilter;

use crate::config::{Log, LogFormat};

/// Starts logging; once for the process.
pub(crate) fn start(log: &Log) -> anyhow::Result<()> {
    let level: LevelFilter = log
        .level
        .parse()
        .with_context(|| format!("[log] level = {:?}: error, warn, info, debug or trace", log.level))?;
    let builder = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => builder.with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
