//! Calling one reader again and again.

use std::sync::Arc;
use std::time::Duration;

use plomb_devices::llrp::gate::Gate;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::rustls::pki_types::ServerName;
use tracing::{debug, info, warn};

use super::Reader;
use super::talk::Talk;
use super::tls::connector;
use crate::Listening;
use crate::counters::IngestCounters;
use crate::limits::{READER_CALL_S_MAX, READER_RETRY_S_MAX, READER_STEADY_S};

/// A stream to a reader, in the clear or with TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// All that the task of one reader has.
pub(super) struct Call {
    pub(super) reader: Reader,
    pub(super) gate: Gate,
    pub(super) listening: Listening,
    pub(super) stop: watch::Receiver<bool>,
}

impl Call {
    /// Calls until it is told to stop.
    pub(super) async fn again_and_again(mut self) {
        let mut wait_s = 1;
        let mut short = 0_u32;
        let name = self.reader.name.clone();
        let counters = Arc::clone(&self.listening.counters);
        while !*self.stop.borrow() {
            IngestCounters::add(&counters.reader_calls, 1);
            let begun = Instant::now();
            let mut stop = self.stop.clone();
            let connected = tokio::select! {
                connected = self.connect() => connected,
                _ = stop.changed() => break,
            };
            let reason = match connected {
                Ok((stream, peer)) => {
                    info!(reader = name, %peer, "Connected to the reader");
                    // One that hangs up when it is asked for its version is not asked every second time.
                    let negotiate = short.is_multiple_of(2);
                    let reason = self.converse(stream, peer, negotiate).await.to_owned();
                    let steady = begun.elapsed() >= Duration::from_secs(READER_STEADY_S);
                    (short, wait_s) = if steady { (0, 1) } else { (short + 1, wait_s) };
                    reason
                }
                Err(error) => error,
            };
            if *self.stop.borrow() {
                break;
            }
            IngestCounters::add(&counters.reader_losses, 1);
            warn!(reader = name, error = reason, retry_s = wait_s, "The reader is lost");
            tokio::select! {
                () = sleep(Duration::from_secs(wait_s)) => {}
                _ = self.stop.changed() => break,
            }
            wait_s = (wait_s * 2).min(READER_RETRY_S_MAX);
        }
    }

    async fn connect(&self) -> Result<(Box<dyn Stream>, String), String> {
        let (host, port) = self.reader.host_and_port()?;
        let patience = Duration::from_secs(READER_CALL_S_MAX);
        let late = |_| format!("{host}:{port} does not answer");
        let stream = timeout(patience, TcpStream::connect((host, port))).await.map_err(late)?;
        let stream = stream.map_err(|error| format!("calling {host}:{port}: {error}"))?;
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "No delay cannot be set");
        }
        let peer = stream.peer_addr().map_or_else(|_| format!("{host}:{port}"), |peer| peer.to_string());
        let Some(authority) = &self.reader.authority else { return Ok((Box::new(stream), peer)) };
        let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
        let secured = timeout(patience, connector(authority)?.connect(name, stream)).await.map_err(late)?;
        Ok((Box::new(secured.map_err(|error| format!("TLS with {host}:{port}: {error}"))?), peer))
    }

    async fn converse(&self, stream: Box<dyn Stream>, peer: String, negotiate: bool) -> &'static str {
        let gate = Gate { negotiate, ..self.gate.clone() };
        let counters = &self.listening.counters;
        IngestCounters::add(&counters.readers_connected, 1);
        let reason = Talk::run(stream, peer, &gate, &self.listening, self.stop.clone()).await;
        IngestCounters::subtract_one(&counters.readers_connected);
        reason
    }
}
