//! Commands to bytes.
//!
//! The platform's commands carry no terminal number, except those of the module `WLNET`. Refuses what the layout
//! cannot carry, and texts that would end their frame early. Source: `docs/protocols/jointech.md`, "Commands";
//! `P41`, `P44` and `S17` are known by single sources.

use plomb_model::{Command, CommandError, DeviceId, Redacted, Timestamp};

use super::frame::TEXT_BYTES_MAX;
use super::text::{Message, PASSWORD_DIGITS};
use super::waiting::Answer;

/// Most sub-locks bound by one command and most cards authorised; the vendor's own limits are not public.
const LIST_MAX: usize = 32;
/// Seconds between uploads that a lock takes.
const UPLOAD_S: std::ops::RangeInclusive<u32> = 5..=600;
/// Minutes between wake-ups that a lock takes.
const WAKE_MIN: std::ops::RangeInclusive<u32> = 30..=1_440;
/// Minutes for which a sub-lock may be opened.
const WINDOW_MIN: std::ops::RangeInclusive<u8> = 1..=5;
/// Digits of a card.
const CARD_DIGITS: usize = 10;
/// Hex digits of a sub-device's number.
const SENSOR_DIGITS: usize = 10;

/// The frame of a command and what will answer it.
///
/// # Errors
/// [`CommandError`] when the protocol has no such command or cannot carry its values.
pub(super) fn write(
    command: &Command,
    device: Option<DeviceId>,
    serial: u16,
) -> Result<(String, Answer), CommandError> {
    let word = |text: String, word: &[u8]| (text, Answer::Word(word.into()));
    Ok(match command {
        Command::Unlock { password } => (format!("(P43,{})", digits_of(password.as_ref())?), Answer::Unlock),
        Command::ChangePassword { old, new } => {
            digits_of(Some(old))?;
            word(format!("(P44,1,{})", digits_of(Some(new))?), b"P44")
        }
        Command::UnlockSubLock { sub_lock, window_min } => {
            within("window in minutes", *window_min, WINDOW_MIN, "1 to 5")?;
            let (digits, sub_lock) = sensor(sub_lock)?;
            let text =
                format!("({},1,{serial:03},WLNET,8,1,1,{window_min},{digits})", terminal(device)?.value());
            (text, Answer::SubLock { sub_lock, serial })
        }
        Command::BindSubLocks { sub_locks } => {
            within("number of sub-locks", sub_locks.len(), 1..=LIST_MAX, "1 to 32")?;
            let mut text =
                format!("({},1,{serial:03},WLNET,1,1,{}", terminal(device)?.value(), sub_locks.len());
            for sub_lock in sub_locks {
                text.push(',');
                text.push_str(&sensor(sub_lock)?.0);
            }
            text.push(')');
            (text, Answer::Module { number: 1, serial })
        }
        Command::ReportingInterval { seconds, wake_min } => {
            within("reporting interval in seconds", *seconds, UPLOAD_S, "5 to 600")?;
            let wake = wake_min.unwrap_or_default();
            within("wake-up interval in minutes", wake, WAKE_MIN, "30 to 1440, together with the interval")?;
            word(format!("(P04,1,{seconds},{wake})"), b"P04")
        }
        Command::Locate => ("(P02)".to_owned(), Answer::Locate),
        Command::SetTime { now } => {
            let mut frame = Vec::new();
            time(now.0, &mut frame);
            word(String::from_utf8_lossy(&frame).into_owned(), b"P22")
        }
        Command::AuthoriseCards { cards } => {
            within("number of cards", cards.len(), 1..=LIST_MAX, "1 to 32")?;
            let mut text = format!("(P41,1,{}", cards.len());
            for card in cards {
                within_digits("card", card, CARD_DIGITS, "ten digits")?;
                text.push(',');
                text.push_str(card);
            }
            text.push(')');
            word(text, b"P41")
        }
        Command::Restart => word("(S17)".to_owned(), b"S17"),
        Command::Text(text) => verbatim(text)?,
        Command::Lock | Command::Track { .. } => {
            return Err(CommandError::Unsupported { protocol: "jointech" });
        }
    })
}

/// Writes the platform's time, `(P22,ddMMyyHHmmss)` in UTC.
pub(super) fn time(now: Timestamp, frame: &mut Vec<u8>) {
    // An RFC 3339 time has its fields at fixed places: 2026-11-24T08:15:30.000Z.
    let text = now.to_string();
    frame.extend_from_slice(b"(P22,");
    for place in [8..10, 5..7, 2..4, 11..13, 14..16, 17..19] {
        frame.extend_from_slice(text.as_bytes().get(place).unwrap_or(b"00"));
    }
    frame.push(b')');
}

fn digits_of(password: Option<&Redacted>) -> Result<&str, CommandError> {
    let wrong = |found: &str| CommandError::Value {
        what: "password",
        found: found.to_owned(),
        allowed: "six digits",
    };
    let secret = password.ok_or_else(|| wrong("absent"))?.expose();
    if secret.len() == PASSWORD_DIGITS && secret.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(secret)
    } else {
        Err(wrong("[redacted]"))
    }
}

fn within<T: PartialOrd + ToString>(
    what: &'static str,
    value: T,
    range: std::ops::RangeInclusive<T>,
    allowed: &'static str,
) -> Result<(), CommandError> {
    if range.contains(&value) {
        Ok(())
    } else {
        Err(CommandError::Value { what, found: value.to_string(), allowed })
    }
}

fn within_digits(
    what: &'static str,
    value: &str,
    digits: usize,
    allowed: &'static str,
) -> Result<(), CommandError> {
    if value.len() == digits && value.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(())
    } else {
        Err(CommandError::Value { what, found: value.chars().take(40).collect(), allowed })
    }
}

/// A sub-device's number as the vendor writes it, and its bytes.
fn sensor(number: &str) -> Result<(String, [u8; 5]), CommandError> {
    let bytes = plomb_wire::from_hex(number).ok().and_then(|bytes| <[u8; 5]>::try_from(bytes).ok());
    match bytes {
        Some(bytes) if number.len() == SENSOR_DIGITS => Ok((number.to_ascii_uppercase(), bytes)),
        _ => Err(CommandError::Value {
            what: "sub-lock",
            found: number.chars().take(40).collect(),
            allowed: "ten hex digits",
        }),
    }
}

fn terminal(device: Option<DeviceId>) -> Result<DeviceId, CommandError> {
    device.ok_or(CommandError::UnknownDevice)
}

/// A text of the vendor's command language, with or without its brackets.
fn verbatim(text: &str) -> Result<(String, Answer), CommandError> {
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    let allowed = "1 to 1022 printable ASCII characters without brackets inside";
    let fits = !inside.is_empty()
        && inside.len() <= TEXT_BYTES_MAX - 2
        && inside.bytes().all(|byte| (b' '..=b'~').contains(&byte) && !b"()$".contains(&byte));
    if !fits {
        let found = format!("a text of {} bytes", text.len());
        return Err(CommandError::Value { what: "text", found, allowed });
    }
    let framed = format!("({inside})");
    let answer = match Message::read(framed.as_bytes()) {
        Some((_, Message::Module { serial, fields, .. })) => {
            let number = fields.clone().next().and_then(|field| field.number());
            match (number.and_then(|n| u8::try_from(n).ok()), serial.and_then(|n| u16::try_from(n).ok())) {
                (Some(number), Some(serial)) => Answer::Module { number, serial },
                _ => Answer::Word(first_word(inside)),
            }
        }
        _ => match &*first_word(inside) {
            b"P43" => Answer::Unlock,
            b"P02" => Answer::Locate,
            word => Answer::Word(word.into()),
        },
    };
    Ok((framed, answer))
}

fn first_word(inside: &str) -> Box<[u8]> {
    inside.split(',').next().unwrap_or_default().as_bytes().into()
}
