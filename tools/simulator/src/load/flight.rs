//! Reports under way on one connection, one by one: which were acknowledged, and the bytes of those that were not.
//! Kept only for crash tests; otherwise counts are enough.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Mutex;

use anyhow::Context;
use plomb_model::Timestamp;

use super::frame;

/// One report under way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    terminal: usize,
    serial: u16,
    at: Timestamp,
    length: usize,
    done: bool,
}

/// The reports under way, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    sent: VecDeque<Sent>,
    bytes: VecDeque<u8>,
}

impl Flight {
    /// A report was put on its way.
    pub(crate) fn push(&mut self, terminal: usize, serial: u16, at: Timestamp, bytes: &[u8]) {
        self.sent.push_back(Sent { terminal, serial, at, length: bytes.len(), done: false });
        self.bytes.extend(bytes);
    }

    /// An acknowledgement came: gives the time of its report, `None` when no such report is under way.
    pub(crate) fn acknowledged(&mut self, terminal: usize, serial: u16) -> Option<Timestamp> {
        let found = self.sent.iter_mut().find(|s| s.terminal == terminal && s.serial == serial && !s.done)?;
        found.done = true;
        let at = found.at;
        while let Some(front) = self.sent.pop_front_if(|front| front.done) {
            self.bytes.drain(..front.length);
        }
        Some(at)
    }

    /// How many are under way.
    pub(crate) fn len(&self) -> usize {
        self.sent.iter().filter(|sent| !sent.done).count()
    }

    /// Appends the bytes of all that are under way to `out`, the same bytes as before, in the same order.
    pub(crate) fn again(&mut self, out: &mut Vec<u8>) {
        let mut rest: &[u8] = self.bytes.make_contiguous();
        for sent in &self.sent {
            let (frame, after) = rest.split_at_checked(sent.length).unwrap_or((rest, &[]));
            if !sent.done {
                out.extend_from_slice(frame);
            }
            rest = after;
        }
    }
}

/// The file that says what the platform has acknowledged: `device serial time`, a line each.
#[derive(Debug)]
pub(crate) struct Record {
    file: Mutex<BufWriter<File>>,
}

impl Record {
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("creating {}", path.display()))?;
        Ok(Self { file: Mutex::new(BufWriter::new(file)) })
    }

    /// Writes the lines of one read and hands them to the system.
    pub(crate) fn write(&self, acknowledged: &[(usize, u16, Timestamp)]) -> anyhow::Result<()> {
        if acknowledged.is_empty() {
            return Ok(());
        }
        let mut file =
            self.file.lock().map_err(|_| anyhow::anyhow!("another worker failed while writing"))?;
        for (terminal, serial, at) in acknowledged {
            writeln!(file, "jt808:{} {serial} {at}", frame::terminal_number(*terminal))?;
        }
        file.flush().context("writing the record")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_acknowledged_goes_again() {
        let mut flight = Flight::default();
        let at = Timestamp::from_secs(100);
        for (terminal, byte) in [(1, b'a'), (2, b'b'), (3, b'c'), (1, b'd')] {
            flight.push(terminal, u16::from(byte), at, &[byte, byte]);
        }
        assert_eq!(flight.acknowledged(2, u16::from(b'b')), Some(at));
        assert_eq!(flight.acknowledged(2, u16::from(b'b')), None);
        let mut out = Vec::new();
        flight.again(&mut out);
        assert_eq!(out, b"aaccdd");
        flight.acknowledged(1, u16::from(b'a'));
        assert_eq!((flight.len(), flight.sent.len(), flight.bytes.len()), (2, 2, 4));
    }
}
