//! What devices answer in words: places, verdicts, and passwords that must not go further.

use std::borrow::Cow;

use plomb_model::CommandOutcome;

/// What stands in the place of a password.
const REDACTED: &str = "[redacted]";
/// Words before a password in the answers to `PARAM#`, `PASSWORD#` and `SERVER#` and in commands.
const PASSWORD_WORDS: [&str; 4] = ["PASSWORD", "PASSWD", "PWD", "PSW"];

/// The shortest of those words.
const PASSWORD_WORD_BYTES_MIN: usize = 3;

/// A place told in words: `Current position!Lat:N23.1,Lon:E114.4,Course:0.0,Speed:0.0,DateTime:2017-09-28 11:27:41`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// 1e-7 degree, north positive.
    pub(super) latitude_e7: i64,
    /// 1e-7 degree, east positive.
    pub(super) longitude_e7: i64,
    /// Hundredths of a degree.
    pub(super) course: i32,
    /// Hundredths of km/h.
    pub(super) speed: u32,
    /// Year, month, day, hour, minute, second.
    pub(super) date: Option<(i16, [i8; 5])>,
    /// "Current", not "Last".
    pub(super) current: bool,
}

/// The place in a text, if there is one.
pub(super) fn place(text: &str) -> Option<Place> {
    let (before, after) = text.split_once("Lat:")?;
    let (latitude, after) = after.split_once(',')?;
    let longitude = after.trim_start().strip_prefix("Lon:")?;
    let (longitude, after) = longitude.split_once(',').unwrap_or((longitude, ""));
    let number = |key: &str| {
        let (_, value) = after.split_once(key)?;
        decimal(value.split([',', ';', ' ']).next()?, 2)
    };
    Some(Place {
        latitude_e7: signed(latitude, 'N', 'S')?,
        longitude_e7: signed(longitude, 'E', 'W')?,
        course: number("Course:").and_then(|value| i32::try_from(value).ok()).unwrap_or(0),
        speed: number("Speed:").and_then(|value| u32::try_from(value).ok()).unwrap_or(0),
        date: after.split_once("DateTime:").and_then(|(_, date)| date_of(date)),
        current: !before.contains("Last"),
    })
}

fn signed(text: &str, positive: char, negative: char) -> Option<i64> {
    let text = text.trim();
    match (text.strip_prefix(positive), text.strip_prefix(negative)) {
        (Some(degrees), _) => decimal(degrees, 7),
        (_, Some(degrees)) => decimal(degrees, 7).map(|value| -value),
        _ => None,
    }
}

/// A decimal number in units of 10^-`places`, further digits dropped.
fn decimal(text: &str, places: usize) -> Option<i64> {
    let text = text.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '/');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(places);
    let start: i64 = whole.parse().ok().filter(|whole| (0..=100_000).contains(whole))?;
    digits.into_iter().try_fold(start, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
    })
}

/// `2017-09-28 11:27:41` or `17-09-28 11:27:41`.
fn date_of(text: &str) -> Option<(i16, [i8; 5])> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let year: i16 = numbers.next()?.parse().ok()?;
    let mut rest = [0_i8; 5];
    for slot in &mut rest {
        *slot = numbers.next()?.parse().ok()?;
    }
    Some((if year < 100 { year + 2000 } else { year }, rest))
}

/// What an answer's words say of the command.
pub(super) fn outcome(text: &str) -> CommandOutcome {
    let text = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["unsupport", "not support", "unknown command", "invalid command", "command error"]) {
        CommandOutcome::Unsupported
    } else if says(&["fail", "error", "not running", "refuse", "wrong", "invalid"]) {
        CommandOutcome::Failed
    } else if says(&["ok", "success", "done"]) {
        CommandOutcome::Done
    } else {
        CommandOutcome::Answered
    }
}

/// The text without the passwords in it: what follows a word for password, up to the next separator; after the
/// command `PASSWORD,` all of the rest.
pub(super) fn redacted(text: &str) -> Cow<'_, str> {
    let upper = text.to_ascii_uppercase();
    let found = PASSWORD_WORDS
        .iter()
        .filter_map(|word| upper.find(word).map(|at| at + word.len()))
        .filter(|end| text.get(*end..).is_some_and(|rest| rest.trim_start().starts_with([':', '=', ','])))
        .min();
    let Some((kept, rest)) = found.and_then(|end| text.split_at_checked(end)) else {
        return Cow::Borrowed(text);
    };
    let separator = rest.find([':', '=', ',']).map_or(0, |at| at + 1);
    let (mark, secret) = rest.split_at_checked(separator).unwrap_or((rest, ""));
    let stops: &[char] = if mark.ends_with(',') { &['#', '\r', '\n'] } else { &[';', ',', '#', '\r', '\n'] };
    let after = secret.find(stops).and_then(|at| secret.get(at..)).unwrap_or_default();
    Cow::Owned([kept, mark, REDACTED, &redacted(after)].concat())
}

/// Bytes of no known meaning that hold a password in words: those words without it.
pub(super) fn secret_words(bytes: &[u8]) -> Option<String> {
    if bytes.len() <= PASSWORD_WORD_BYTES_MIN {
        return None;
    }
    match redacted(str::from_utf8(bytes).ok()?) {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_words_is_read() {
        let text = "Current position!Lat:N23.111682,Lon:E114.409217,Course:12.50,Speed:3.25,DateTime:2017-09-28 11:27:41";
        let expected = Place {
            latitude_e7: 231_116_820,
            longitude_e7: 1_144_092_170,
            course: 1250,
            speed: 325,
            date: Some((2017, [9, 28, 11, 27, 41])),
            current: true,
        };
        assert_eq!(place(text), Some(expected));
        let south =
            place("Last position! Lat:S1.5,Lon:W0.25,Course:0,Speed:0.00km/h,DateTime:11-11-15 11:53:43")
                .unwrap();
        assert_eq!((south.latitude_e7, south.longitude_e7), (-15_000_000, -2_500_000));
        assert_eq!((south.current, south.date), (false, Some((2011, [11, 15, 11, 53, 43]))));
        assert_eq!(place("Lat:N2x.1,Lon:E1,"), None);
        assert_eq!(place("LAT"), None);
    }

    #[test]
    fn passwords_do_not_pass() {
        assert_eq!(redacted("IMEI:1;PWD:666666;TIMER:10"), "IMEI:1;PWD:[redacted];TIMER:10");
        assert_eq!(redacted("PASSWORD,666666,123456#"), "PASSWORD,[redacted]#");
        assert_eq!(redacted("psw = 1234\r\npassword:9"), "psw =[redacted]\r\npassword:[redacted]");
        assert_eq!(redacted("Battery:5.56V"), "Battery:5.56V");
        assert_eq!(redacted("password changed"), "password changed");
    }

    #[test]
    fn outcomes_are_heard() {
        assert_eq!(outcome("Command error!"), CommandOutcome::Unsupported);
        assert_eq!(outcome("DYD=Success!"), CommandOutcome::Done);
        assert_eq!(outcome("DYD=Fail!"), CommandOutcome::Failed);
        assert_eq!(outcome("Battery:5.56V,NORMAL;"), CommandOutcome::Answered);
    }
}
