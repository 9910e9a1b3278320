//! A reader on a socket: one host at a time.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval};

use super::reader::{Attempt, READ_EVERY_MS, Reader};
use crate::log;

const READ_BYTES: usize = 16 << 10;

/// Milliseconds since 1970.
#[must_use]
pub fn now_ms() -> u64 {
    u64::try_from(log::now().as_millis()).unwrap_or_default()
}

/// What happens at a reader.
enum Happening {
    Tick,
    Called(std::io::Result<(TcpStream, std::net::SocketAddr)>),
    Heard(std::io::Result<usize>),
}

/// Takes hosts for as long as the task lives; errors cost the host that made them.
pub async fn serve(listener: TcpListener, mut reader: Reader) {
    let mut host: Option<TcpStream> = None;
    let mut clock = interval(Duration::from_millis(READ_EVERY_MS));
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let heard = async {
            match &mut host {
                Some(stream) => stream.read(&mut buffer).await,
                None => std::future::pending().await,
            }
        };
        let happening = tokio::select! {
            _ = clock.tick() => Happening::Tick,
            called = listener.accept() => Happening::Called(called),
            heard = heard => Happening::Heard(heard),
        };
        let (bytes, goes_on) = match happening {
            Happening::Tick => (reader.tick(now_ms()), true),
            Happening::Called(Ok((mut stream, peer))) if host.is_some() => {
                log::info(format_args!("Reader refuses a second host peer={peer}"));
                stream.write_all(&reader.attempt(Attempt::OtherHost)).await.ok();
                (reader.attempt(Attempt::OtherTries), true)
            }
            Happening::Called(Ok((stream, peer))) => {
                log::info(format_args!("Reader called peer={peer}"));
                stream.set_nodelay(true).ok();
                host = Some(stream);
                reader.tick(now_ms());
                (reader.connect(), true)
            }
            Happening::Called(Err(error)) => {
                log::warn(format_args!("A reader cannot be called error={error}"));
                (Vec::new(), true)
            }
            Happening::Heard(Ok(count @ 1..)) => {
                let (bytes, goes_on) = reader.receive(buffer.get(..count).unwrap_or_default());
                (bytes, goes_on.is_ok())
            }
            Happening::Heard(Ok(0) | Err(_)) => (Vec::new(), false),
        };
        let Some(stream) = &mut host else { continue };
        let written = stream.write_all(&bytes).await;
        if !goes_on || written.is_err() {
            host = None;
            reader.disconnect();
        }
    }
}
