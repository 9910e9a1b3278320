//! Bytes to frames: `*...#`, and binary frames behind `$`, whose length is nowhere said.

/// Shortest binary frame: up to the status word.
pub(super) const BINARY_BYTES_MIN: usize = 31;
/// Longest binary frame; those of 45 bytes are the usual ones, some have 48.
const BINARY_BYTES_MAX: usize = 48;
/// The usual length.
const BINARY_BYTES: usize = 45;
/// Longest text: 15 cells of 12 characters each, and room.
const TEXT_BYTES_MAX: usize = 2048;

/// What stands at the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text,
    Binary,
    /// A frame without its end.
    Cut,
    /// Line ends between frames.
    Blank,
    Noise,
}

/// The next piece and its length; none while more bytes are needed.
pub(super) fn next(bytes: &[u8], finished: bool) -> Option<(Piece, usize)> {
    match bytes.first()? {
        b'*' => text(bytes, finished),
        b'$' => binary(bytes, finished),
        b'\r' | b'\n' => {
            let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            (finished || blank < bytes.len()).then_some((Piece::Blank, blank))
        }
        _ => {
            let end = until_next(bytes);
            (finished || end < bytes.len() || end >= TEXT_BYTES_MAX).then_some((Piece::Noise, end))
        }
    }
}

/// Up to where a frame may begin again.
fn until_next(bytes: &[u8]) -> usize {
    let next = bytes.iter().skip(1).position(|byte| matches!(byte, b'*' | b'$'));
    next.map_or(bytes.len(), |place| place + 1)
}

/// A text ends with `#`; one whose end is lost ends where the next begins.
fn text(bytes: &[u8], finished: bool) -> Option<(Piece, usize)> {
    let window = bytes.get(..TEXT_BYTES_MAX).unwrap_or(bytes);
    for (at, byte) in window.iter().enumerate().skip(1) {
        match (byte, window.get(at + 1..)) {
            (b'#', _) => return Some((Piece::Text, at + 1)),
            (b'*', Some([first, second, b',', ..]))
                if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() =>
            {
                return Some((Piece::Cut, at));
            }
            // Whether a text begins here is not known yet.
            (b'*', Some([] | [_] | [_, _])) if !finished && bytes.len() < TEXT_BYTES_MAX => return None,
            _ => {}
        }
    }
    (finished || bytes.len() >= TEXT_BYTES_MAX).then(|| (Piece::Cut, until_next(window)))
}

/// A binary frame ends where the same device's next one, or a text, begins; else it has the usual length.
fn binary(bytes: &[u8], finished: bool) -> Option<(Piece, usize)> {
    let Some(name) = bytes.get(1..6) else { return finished.then_some((Piece::Cut, bytes.len())) };
    let begins = |place: &usize| {
        let rest = bytes.get(*place..).unwrap_or_default();
        rest.starts_with(b"*HQ") || (rest.first() == Some(&b'$') && rest.get(1..6) == Some(name))
    };
    if let Some(end) = (BINARY_BYTES_MIN..=BINARY_BYTES_MAX.min(bytes.len())).find(begins) {
        return Some((Piece::Binary, end));
    }
    // To tell what begins after the longest frame, six bytes of it must be there.
    if bytes.len() >= BINARY_BYTES_MAX + 6 {
        return Some((Piece::Binary, BINARY_BYTES));
    }
    match bytes.len() {
        _ if !finished => None,
        length @ BINARY_BYTES_MIN..=BINARY_BYTES_MAX => Some((Piece::Binary, length)),
        length if length > BINARY_BYTES_MAX => Some((Piece::Binary, BINARY_BYTES)),
        length => Some((Piece::Cut, length)),
    }
}
