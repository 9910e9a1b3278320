//! Connections to the platform.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context;

/// Connects, and waits so long for each answer; small frames go out at once.
///
/// # Errors
/// When nothing answers there.
pub(crate) fn connect(to: SocketAddr, answer_max: Duration) -> anyhow::Result<TcpStream> {
    let stream =
        TcpStream::connect_timeout(&to, answer_max).with_context(|| format!("connecting to {to}"))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(answer_max))?;
    Ok(stream)
}
