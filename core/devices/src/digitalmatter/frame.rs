//! Splits a stream into frames: 02 55, type, length (little-endian u16), content.

use plomb_wire::Reader;

/// First bytes of every frame.
const SYNC: [u8; 2] = [0x02, 0x55];
/// Sync, type and length.
pub(super) const HEADER_BYTES: usize = 5;
/// Longest run of bytes outside any frame that goes into one report.
const NOISE_BYTES_MAX: usize = 1024;

/// What the first bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A whole frame.
    Frame { length: usize },
    /// Bytes of no frame.
    Noise { length: usize },
    /// The stream ends inside a frame.
    Cut { length: usize },
    /// More must come.
    Wait,
}

/// Decides what `bytes` begin with; `ended` says that no more will come. `bytes` must not be empty.
pub(super) fn next(bytes: &[u8], ended: bool) -> Step {
    if bytes.starts_with(&SYNC) || (bytes == SYNC.split_at(1).0 && !ended) {
        let length = length(bytes);
        return match length {
            Some(length) if bytes.len() >= length => Step::Frame { length },
            _ if ended => Step::Cut { length: bytes.len() },
            _ => Step::Wait,
        };
    }
    let rest = bytes.get(1..).unwrap_or_default();
    if let Some(place) = rest.windows(SYNC.len()).position(|window| window == SYNC) {
        return Step::Noise { length: (place + 1).min(NOISE_BYTES_MAX) };
    }
    if bytes.len() > NOISE_BYTES_MAX {
        Step::Noise { length: NOISE_BYTES_MAX }
    } else if ended {
        Step::Noise { length: bytes.len() }
    } else {
        Step::Wait
    }
}

/// How long the frame is, by its header.
fn length(bytes: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(bytes);
    reader.skip(HEADER_BYTES - 2).ok()?;
    Some(HEADER_BYTES + usize::from(reader.u16_le().ok()?))
}

/// Writes a frame.
pub(super) fn write(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut frame = SYNC.to_vec();
    frame.push(kind);
    frame.extend(u16::try_from(content.len()).unwrap_or(u16::MAX).to_le_bytes());
    frame.extend_from_slice(content);
    frame
}
