//! Bytes to frames: `(...)`, and what is between.
//!
//! A frame has no checksum: its parentheses bound it. Text that a device quotes between `$` may hold parentheses of
//! its own. A frame whose end is lost ends where the next one begins. What comes of a stream does not depend on how it
//! is cut into reads.

/// Longest frame that is waited for: a quoted answer of several lines.
const FRAME_BYTES_MAX: usize = 2048;
/// Fewest digits of the number that every frame of a device begins with.
pub(super) const NUMBER_DIGITS_MIN: usize = 10;
/// Bytes of no frame that are kept together in one report.
const NOISE_BYTES_MAX: usize = 1024;

/// What stands at the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Frame,
    /// A frame without its end.
    Cut,
    /// Line ends between frames.
    Blank,
    Noise,
}

enum Start {
    Nothing,
    NeedMore,
    Frame(Kind, usize),
}

/// The piece at the front and its length; `None` when more bytes are needed. With `finished` there is always one.
pub(super) fn next(data: &[u8], finished: bool) -> Option<(Kind, usize)> {
    let mut noise = 0;
    while let Some(rest) = data.get(noise..).filter(|rest| !rest.is_empty()) {
        match start(rest, finished) {
            Start::Frame(kind, bytes) if noise == 0 => return Some((kind, bytes)),
            Start::Frame(..) => return Some((no_frame(data, noise), noise)),
            // Nothing that follows may be decided before this is.
            Start::NeedMore => return None,
            Start::Nothing => noise += 1,
        }
        if noise >= NOISE_BYTES_MAX {
            return Some((no_frame(data, noise), noise));
        }
    }
    (finished && noise > 0).then(|| (no_frame(data, noise), noise))
}

fn no_frame(data: &[u8], bytes: usize) -> Kind {
    let blank = data.get(..bytes).unwrap_or_default().iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0));
    if blank { Kind::Blank } else { Kind::Noise }
}

/// Whether `(` and a number begin here; `None` while that is not known.
fn begins(data: &[u8]) -> Option<bool> {
    let [b'(', number @ ..] = data else { return Some(false) };
    let digits = number.iter().take(NUMBER_DIGITS_MIN).take_while(|byte| byte.is_ascii_digit()).count();
    if digits >= NUMBER_DIGITS_MIN {
        Some(true)
    } else if digits == number.len() {
        None
    } else {
        Some(false)
    }
}

fn start(data: &[u8], finished: bool) -> Start {
    match begins(data) {
        Some(false) => return Start::Nothing,
        None if finished => return Start::Frame(Kind::Cut, data.len()),
        None => return Start::NeedMore,
        Some(true) => {}
    }
    let window = data.get(..FRAME_BYTES_MAX).unwrap_or(data);
    let mut quoted = false;
    // Where the frame would end if the quotation in hand were none.
    let mut unquoted = None;
    for (at, byte) in window.iter().enumerate().skip(1) {
        match byte {
            b'$' => quoted = !quoted,
            b')' if !quoted => return Start::Frame(Kind::Frame, at + 1),
            b')' => unquoted = unquoted.or(Some(at + 1)),
            b'(' => match begins(window.get(at..).unwrap_or_default()) {
                Some(true) => return ended(unquoted, at),
                None if !finished && data.len() < FRAME_BYTES_MAX => return Start::NeedMore,
                Some(false) | None => {}
            },
            _ => {}
        }
    }
    if finished || data.len() >= FRAME_BYTES_MAX { ended(unquoted, window.len()) } else { Start::NeedMore }
}

/// The frame did not end in the regular way: at the last resort at a parenthesis within an open quotation.
const fn ended(unquoted: Option<usize>, cut: usize) -> Start {
    match unquoted {
        Some(end) => Start::Frame(Kind::Frame, end),
        None => Start::Frame(Kind::Cut, cut),
    }
}
