//! A frame in the manual's words: number, command, and the group that says where the device is.
//!
//! Two layouts are in use. The older one runs all fields together, `(` number of 12 digits, command of four characters,
//! date `YYMMDD`, mark, latitude, longitude, speed, time, course, eight digits of state, `L` and the mileage `)`. The
//! newer one has commas, `(number,command,DDMMYY,mark,latitude,longitude,speed,time,course,altitude,...)`.

use std::ops::Range;

/// Length of a command.
const COMMAND_BYTES: usize = 4;
/// Length of the state behind the course.
const STATE_BYTES: usize = 8;
/// Length of the course in the older layout.
const COURSE_BYTES: usize = 6;
/// Length of a time or a date.
const TIME_BYTES: usize = 6;

/// A frame taken apart. Ranges are places in the frame.
#[derive(Clone, Debug)]
pub(super) struct Message<'a> {
    whole: &'a str,
    /// The device's number.
    pub(super) number: Range<usize>,
    /// `BR00`, `ZC11` ...
    pub(super) command: Range<usize>,
    /// Everything behind the command.
    pub(super) body: Range<usize>,
    /// Whether it has the newer layout.
    pub(super) commas: bool,
    /// Where the device is.
    pub(super) place: Option<Place>,
}

/// The fields of a position. An empty range is a field that is not there.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) date: Range<usize>,
    pub(super) mark: Range<usize>,
    pub(super) latitude: Range<usize>,
    pub(super) longitude: Range<usize>,
    pub(super) speed: Range<usize>,
    pub(super) time: Range<usize>,
    pub(super) course: Range<usize>,
    pub(super) altitude: Range<usize>,
    pub(super) state: Range<usize>,
    pub(super) mileage: Range<usize>,
    /// What follows behind the mileage.
    pub(super) rest: Range<usize>,
}

impl<'a> Message<'a> {
    /// Reads a frame without judging it; `None` if it has no number or no command.
    pub(super) fn of(wire: &'a [u8]) -> Option<Self> {
        let whole = std::str::from_utf8(wire).ok()?;
        let body = whole.strip_prefix('(')?;
        let end = if body.ends_with(')') { whole.len() - 1 } else { whole.len() };
        let digits = body.bytes().take_while(u8::is_ascii_digit).count();
        if digits < super::split::NUMBER_DIGITS_MIN {
            return None;
        }
        let number = 1..digits + 1;
        let commas = whole.as_bytes().get(number.end) == Some(&b',');
        let begin = number.end + usize::from(commas);
        let command = whole.get(begin..end)?;
        let length = command.find(',').unwrap_or(command.len()).min(COMMAND_BYTES);
        let word = command.get(..length)?;
        if length < 2 || !word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let mut body = begin + length..end;
        if whole.as_bytes().get(body.start) == Some(&b',') {
            body.start += 1;
        }
        let mut message = Self { whole, number, command: begin..begin + length, body, commas, place: None };
        message.place = if commas { message.newer() } else { message.older() };
        Some(message)
    }

    pub(super) fn text(&self, range: &Range<usize>) -> &'a str {
        self.whole.get(range.clone()).unwrap_or_default()
    }

    pub(super) fn word(&self) -> &'a str {
        self.text(&self.command)
    }

    /// The fields of the body between commas, with their places.
    pub(super) fn fields(&self) -> Vec<Range<usize>> {
        let mut start = self.body.start;
        let fields = self.text(&self.body).split(',').map(|field| {
            let range = start..start + field.len();
            start = range.end + 1;
            range
        });
        fields.collect()
    }

    fn newer(&self) -> Option<Place> {
        let fields = self.fields();
        let at = (1..fields.len().saturating_sub(2)).find(|at| {
            let text = |place: usize| fields.get(place).map_or("", |range| self.text(range));
            matches!(text(*at), "A" | "V")
                && six_digits(text(at - 1))
                && text(at + 1).ends_with(['N', 'S'])
                && text(at + 2).ends_with(['E', 'W'])
        })?;
        let field = |place: usize| fields.get(place).cloned().unwrap_or_default();
        Some(Place {
            date: field(at - 1),
            mark: field(at),
            latitude: field(at + 1),
            longitude: field(at + 2),
            speed: field(at + 3),
            time: field(at + 4),
            course: field(at + 5),
            altitude: field(at + 6),
            ..Place::default()
        })
    }

    fn older(&self) -> Option<Place> {
        let body = self.text(&self.body);
        if !body.is_ascii() {
            return None;
        }
        // The mark stands between a date and a latitude.
        let mark = body.match_indices(['A', 'V']).map(|(at, _)| at).find(|at| {
            let date = at.checked_sub(TIME_BYTES).and_then(|from| body.get(from..*at));
            let rest = body.get(at + 1..).unwrap_or_default();
            date.is_some_and(six_digits) && rest.find(['N', 'S']).is_some_and(|end| angle_shaped(rest, end))
        })?;
        let from = mark + 1;
        let north = from + body.get(from..)?.find(['N', 'S'])? + 1;
        let east = north + body.get(north..)?.find(['E', 'W'])? + 1;
        if !angle_shaped(body.get(north..)?, east - north - 1) {
            return None;
        }
        let place = |range: Range<usize>| self.body.start + range.start..self.body.start + range.end;
        let mut found = Place {
            date: place(mark - TIME_BYTES..mark),
            mark: place(mark..mark + 1),
            latitude: place(from..north),
            longitude: place(north..east),
            ..Place::default()
        };
        let tail = body.get(east..)?;
        let tail = tail.split(',').next().unwrap_or(tail);
        let sign = tail.find('L');
        let end = east + sign.unwrap_or(tail.len());
        let run = motion(body.get(east..end)?, sign.is_some())?;
        let shift = |range: Range<usize>| place(east + range.start..east + range.end);
        found.speed = shift(run.speed);
        found.time = shift(run.time);
        found.course = shift(run.course);
        found.state = shift(run.state);
        if sign.is_some() {
            let digits = body.get(end + 1..)?.bytes().take(8).take_while(u8::is_ascii_hexdigit).count();
            found.mileage = place(end + 1..end + 1 + digits);
            found.rest = place(end + 1 + digits..body.len());
        }
        Some(found)
    }
}

/// Degrees and minutes up to the letter at `end`, perhaps filled with blanks.
fn angle_shaped(text: &str, end: usize) -> bool {
    let number = text.get(..end).unwrap_or_default();
    number.contains('.') && number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b' '))
}

fn six_digits(text: &str) -> bool {
    text.len() == TIME_BYTES && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Speed, time, course and state, which run together.
#[derive(Debug, PartialEq, Eq)]
struct Motion {
    speed: Range<usize>,
    time: Range<usize>,
    course: Range<usize>,
    state: Range<usize>,
}

/// Finds the fields: from the end, where lengths are fixed, as the speed may have more decimals than the one of the
/// manual; else from the beginning.
fn motion(run: &str, has_mileage: bool) -> Option<Motion> {
    let from_end = |state: usize| {
        let state_at = run.len().checked_sub(state)?;
        let course_at = state_at.checked_sub(COURSE_BYTES)?;
        let time_at = course_at.checked_sub(TIME_BYTES)?;
        let fits = run.get(course_at..state_at)?.contains('.')
            && six_digits(run.get(time_at..course_at)?)
            && run.get(..time_at)?.contains('.');
        fits.then_some(Motion {
            speed: 0..time_at,
            time: time_at..course_at,
            course: course_at..state_at,
            state: state_at..run.len(),
        })
    };
    let found = if has_mileage { from_end(STATE_BYTES) } else { from_end(0) };
    found.or_else(|| from_end(STATE_BYTES)).or_else(|| {
        let time_at = run.find('.')? + 2;
        let course_at = time_at + TIME_BYTES;
        let course_end = run.len().min(course_at + COURSE_BYTES);
        six_digits(run.get(time_at..course_at)?).then_some(Motion {
            speed: 0..time_at,
            time: time_at..course_at,
            course: course_at..course_end,
            state: course_end..run.len().min(course_end + STATE_BYTES),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(run: &str, has_mileage: bool) -> Option<[&str; 4]> {
        let Motion { speed, time, course, state } = motion(run, has_mileage)?;
        Some([run.get(speed)?, run.get(time)?, run.get(course)?, run.get(state)?])
    }

    #[test]
    fn fields_that_run_together_are_told_apart() {
        for (run, mileage, expected) in [
            ("000.0140832068.4700000000", true, ["000.0", "140832", "068.47", "00000000"]),
            ("032.412092187.58001100166", true, ["032.4", "120921", "87.580", "01100166"]),
            (" 46.0173725 87.3101000000", true, [" 46.0", "173725", " 87.31", "01000000"]),
            ("0.7031241010.0000", false, ["0.703", "124101", "0.0000", ""]),
            ("000.0140832068.4700000000", false, ["000.0", "140832", "068.47", "00000000"]),
            ("000.0140832068", false, ["000.0", "140832", "068", ""]),
            ("000.0140832", false, ["000.0", "140832", "", ""]),
        ] {
            assert_eq!(parts(run, mileage), Some(expected), "{run}");
        }
        assert_eq!(parts("000.014083", false), None);
        assert_eq!(parts("", true), None);
    }
}
