//! Registration and authentication of many JT/T 808 terminals over one connection, before the load begins.
//! All at once in each step: one round trip for a few hundred terminals, not two for each.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::frame::terminal_number;
use crate::protocol::jt808::{FLAG, frame, registration, split, unescape};

/// Terminals in one step; their answers fit into any socket buffer.
const STEP: usize = 200;
/// How long answers are waited for.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(20);
/// Serials that registration and authentication use up.
pub(crate) const SERIALS: u16 = 2;

/// Registers and authenticates terminals `first..first + count`.
pub(crate) fn authenticate(stream: &mut TcpStream, first: usize, count: usize) -> anyhow::Result<()> {
    let mut pending = Vec::new();
    for start in (first..first + count).step_by(STEP) {
        let numbers: Vec<String> = (start..(start + STEP).min(first + count)).map(terminal_number).collect();
        let hello: Vec<u8> = numbers.iter().flat_map(|id| frame(id, 0x0100, 0, &registration(id))).collect();
        stream.write_all(&hello)?;
        let mut codes = Vec::new();
        for _ in &numbers {
            let answer = next(stream, &mut pending)?;
            let (message, _, body) = split(&answer).context("damaged answer to a registration")?;
            ensure!(message == 0x8100 && body.get(2) == Some(&0), "registration refused");
            let id = plomb_wire::bcd_digits(answer.get(4..10).unwrap_or_default());
            codes.push((id, body.get(3..).unwrap_or_default().to_vec()));
        }
        let shown: Vec<u8> = codes.iter().flat_map(|(id, code)| frame(id, 0x0102, 1, code)).collect();
        stream.write_all(&shown)?;
        for _ in &numbers {
            let answer = next(stream, &mut pending)?;
            let (message, _, body) = split(&answer).context("damaged answer to an authentication")?;
            ensure!(message == 0x8001 && body.get(4) == Some(&0), "authentication refused");
        }
    }
    Ok(())
}

/// The next frame, unescaped.
fn next(stream: &mut TcpStream, pending: &mut Vec<u8>) -> anyhow::Result<Vec<u8>> {
    loop {
        if let Some(start) = memchr::memchr(FLAG, pending)
            && let Some(length) = memchr::memchr(FLAG, pending.get(start + 1..).unwrap_or_default())
        {
            let inner = pending.get(start + 1..start + 1 + length).and_then(unescape);
            pending.drain(..start + length + 2);
            return inner.context("damaged escape in an answer");
        }
        let mut buffer = [0; 16 * 1024];
        let count = stream.read(&mut buffer).context("waiting for the platform to authenticate terminals")?;
        ensure!(count > 0, "the platform closed the connection");
        pending.extend_from_slice(buffer.get(..count).unwrap_or_default());
    }
}
