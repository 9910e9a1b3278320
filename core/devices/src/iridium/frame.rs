//! Splits a stream into messages: revision 01, length (u16), and so many bytes of elements.

/// Revision of the protocol, the first byte of every message.
pub(super) const REVISION: u8 = 1;
/// Revision and length.
pub(super) const HEADER_BYTES: usize = 3;
/// Longest message that is waited for: a payload of 1,960 bytes and every other element, with room.
const ELEMENTS_BYTES_MAX: usize = 4096;
/// Longest run of bytes outside any message that goes into one report.
const NOISE_BYTES_MAX: usize = 1024;
/// Elements that a message may begin with.
const FIRST: [u8; 9] = [0x01, 0x02, 0x03, 0x04, 0x05, 0x41, 0x42, 0x44, 0x46];

/// What the first bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A whole message.
    Message { length: usize },
    /// Bytes of no message.
    Noise { length: usize },
    /// The stream ends inside a message.
    Cut { length: usize },
    /// More must come.
    Wait,
}

/// What begins at the first byte.
enum Start {
    No,
    Unsure,
    Message(usize),
}

fn start(bytes: &[u8]) -> Start {
    match bytes {
        [REVISION] | [REVISION, _] | [REVISION, _, _] => Start::Unsure,
        [REVISION, high, low, first, ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let fits = (4..=ELEMENTS_BYTES_MAX).contains(&length) && FIRST.contains(first);
            if fits { Start::Message(HEADER_BYTES + length) } else { Start::No }
        }
        _ => Start::No,
    }
}

/// Decides what `bytes` begin with; `ended` says that no more will come. `bytes` must not be empty.
pub(super) fn next(bytes: &[u8], ended: bool) -> Step {
    match start(bytes) {
        Start::Message(length) if bytes.len() >= length => Step::Message { length },
        Start::Message(_) | Start::Unsure if ended => Step::Cut { length: bytes.len() },
        Start::Message(_) | Start::Unsure => Step::Wait,
        Start::No => noise(bytes, ended),
    }
}

/// Up to where a message may begin again.
fn noise(bytes: &[u8], ended: bool) -> Step {
    let limit = bytes.len().min(NOISE_BYTES_MAX);
    for place in 1..limit {
        let begins = start(bytes.get(place..).unwrap_or_default());
        match begins {
            Start::No => {}
            Start::Message(_) => return Step::Noise { length: place },
            Start::Unsure if ended => {}
            Start::Unsure => return Step::Wait,
        }
    }
    if ended || bytes.len() > NOISE_BYTES_MAX { Step::Noise { length: limit } } else { Step::Wait }
}
