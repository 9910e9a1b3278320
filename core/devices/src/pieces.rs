//! What protocols over a stream share: bytes held until a frame is whole, the way back after garbage, and an end to
//! waiting for what does not come.

use plomb_model::{Issue, ReceivedAt};
use plomb_wire::to_hex;

/// How long a frame that has begun is waited for, milliseconds.
const FRAME_WAIT_MS: i64 = 30_000;
/// Bytes of no frame that are kept together in one report.
const NOISE_BYTES_MAX: usize = 1024;
/// Places in a damaged frame at which a sound one is looked for: each costs a checksum.
const RESYNC_TRIES_MAX: usize = 64;
/// How many bytes of what is no frame an issue shows.
const SHOWN_BYTES_MAX: usize = 16;

/// What bytes begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// No frame begins here.
    Nothing,
    /// One may begin here: more bytes will tell.
    NeedMore,
    /// A frame of so many bytes, all there; `sound` where its checksum holds (or it has none and all else fits).
    Frame { bytes: usize, sound: bool },
}

/// A piece at the front of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A frame; whether its checksum holds is for its reader to say.
    Frame,
    /// Bytes of no frame.
    Noise,
    /// The beginning of a frame whose end is not there.
    Cut,
}

/// The piece at the front of `data` and its length; none when more bytes are needed. With `ended` there is always one.
pub(crate) fn next(data: &[u8], ended: bool, start: impl Fn(&[u8]) -> Start) -> Option<(Piece, usize)> {
    let mut noise = 0;
    while let Some(rest) = data.get(noise..).filter(|rest| !rest.is_empty()) {
        match start(rest) {
            Start::Nothing => noise += 1,
            Start::NeedMore if !ended && noise == 0 => return None,
            // The noise before it is known to be noise: it need not wait.
            Start::NeedMore | Start::Frame { .. } if noise > 0 => return Some((Piece::Noise, noise)),
            Start::NeedMore => {
                return Some((Piece::Cut, inside(rest, rest.len(), start).unwrap_or(rest.len())));
            }
            Start::Frame { bytes, sound: true } => return Some((Piece::Frame, bytes)),
            // Only within the frame: what comes behind it may not be there yet, and must not change the verdict.
            Start::Frame { bytes, sound: false } => {
                return Some(match inside(rest.get(..bytes).unwrap_or(rest), bytes, start) {
                    Some(place) => (Piece::Cut, place),
                    None => (Piece::Frame, bytes),
                });
            }
        }
        if noise >= NOISE_BYTES_MAX {
            return Some((Piece::Noise, noise));
        }
    }
    (ended && noise > 0).then_some((Piece::Noise, noise))
}

/// Where within the first `bytes` a sound frame begins, after the first byte.
fn inside(data: &[u8], bytes: usize, start: impl Fn(&[u8]) -> Start) -> Option<usize> {
    let mut tries = 0;
    (1..bytes).find(|place| match start(data.get(*place..).unwrap_or_default()) {
        Start::Frame { sound, .. } if tries < RESYNC_TRIES_MAX => {
            tries += 1;
            sound
        }
        _ => false,
    })
}

/// What is wrong with a piece that is no frame.
pub(crate) fn issue(piece: Piece, wire: &[u8]) -> Issue {
    let shown = to_hex(wire.get(..SHOWN_BYTES_MAX).unwrap_or(wire));
    match piece {
        Piece::Cut => Issue::new(wire.len(), "the frame is cut off", shown),
        Piece::Noise | Piece::Frame => Issue::new(0, "bytes of no frame", shown),
    }
}

/// Bytes that wait for the rest of their frame.
#[derive(Debug, Default)]
pub(crate) struct Held {
    bytes: Vec<u8>,
    until: Option<ReceivedAt>,
}

impl Held {
    /// What is held and what has come, together.
    pub(crate) fn with(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut data = std::mem::take(&mut self.bytes);
        data.extend_from_slice(bytes);
        data
    }

    /// Holds what is left of `data` from `taken` on.
    pub(crate) fn keep(&mut self, now: ReceivedAt, mut data: Vec<u8>, taken: usize) {
        data.drain(..taken.min(data.len()));
        self.until = (!data.is_empty()).then(|| ReceivedAt(now.0.plus_millis(FRAME_WAIT_MS)));
        self.bytes = data;
    }

    /// When the waiting ends.
    pub(crate) const fn deadline(&self) -> Option<ReceivedAt> {
        self.until
    }

    /// Whether it has ended.
    pub(crate) fn is_due(&self, now: ReceivedAt) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `A`, a length, so many bytes, `Z` where it is sound.
    fn toy(data: &[u8]) -> Start {
        match data {
            [b'A', length, rest @ ..] => match rest.get(usize::from(*length)) {
                Some(end) => Start::Frame { bytes: usize::from(*length) + 3, sound: *end == b'Z' },
                None => Start::NeedMore,
            },
            [b'A'] => Start::NeedMore,
            _ => Start::Nothing,
        }
    }

    #[test]
    fn a_frame_is_found_behind_noise_and_inside_a_damaged_one() {
        assert_eq!(next(b"A\x01xZ", false, toy), Some((Piece::Frame, 4)));
        assert_eq!(next(b"..A\x01xZ", false, toy), Some((Piece::Noise, 2)));
        assert_eq!(next(b"A\x01x", false, toy), None);
        assert_eq!(next(b"A\x01x", true, toy), Some((Piece::Cut, 3)));
        assert_eq!(next(b"A\x06xA\x01xZ..", false, toy), Some((Piece::Cut, 3)));
        assert_eq!(next(b"A\x02xyB", false, toy), Some((Piece::Frame, 5)), "whole, though damaged");
        assert_eq!(next(b"A\x02xA\x01", false, toy), Some((Piece::Frame, 5)));
        assert_eq!(next(b"A\x02xA\x01xZ", false, toy), Some((Piece::Frame, 5)), "later bytes change nothing");
        assert_eq!(next(b"A\x64xA\x01xZ", true, toy), Some((Piece::Cut, 3)));
        assert_eq!(next(b"...", true, toy), Some((Piece::Noise, 3)));
        assert_eq!(next(b"", true, toy), None);
    }
}
