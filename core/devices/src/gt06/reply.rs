//! What the server answers: which messages are acknowledged, and requests that want more than an acknowledgement.
//!
//! Source: the replies of the reference decoder to recorded frames; the time request is from common knowledge.

use jiff::tz::Offset;
use plomb_model::ReceivedAt;

use super::command::answer;
use super::frame::Frame;

/// The answer to an address request when no address is known.
const NO_ADDRESS: &[u8] = b"NA&&NA&&0##";
/// How much of a picture is asked for at a time (X1).
const PICTURE_PART_BYTES: u32 = 1024;
/// Largest picture that is fetched: these cameras take VGA pictures of some 30 KiB.
const PICTURE_BYTES_MAX: u32 = 1024 * 1024;
/// Pictures that are fetched at once over one connection.
const PICTURES_MAX: usize = 4;

/// The pictures that are being fetched.
#[derive(Debug, Default)]
pub(super) struct Pictures(Vec<Picture>);

#[derive(Debug)]
struct Picture {
    id: u32,
    bytes: u32,
}

/// Writes the answer to a frame, if it wants one.
pub(super) fn to(now: ReceivedAt, frame: &Frame<'_>, pictures: &mut Pictures, out: &mut Vec<u8>) {
    match (frame.extended, frame.number) {
        (_, 0x2A) => {
            let mut content = vec![u8::try_from(NO_ADDRESS.len()).unwrap_or(0), 0, 0, 0, 0];
            content.extend_from_slice(NO_ADDRESS);
            answer(true, 0x97, &content, 0, out);
        }
        (extended, 0x8A) => answer(extended, 0x8A, &clock(now), frame.serial, out),
        (false, 0x17) if !frame.has_trailer => bare_wifi(frame, out),
        (false, 0x69) => bare_wifi(frame, out),
        (_, 0x35) => pictures.announced(frame.content, out),
        (true, 0x36) => pictures.part(frame.content, out),
        // The positions of the X1 and of Space10X lists, information, and echoes of commands are not acknowledged.
        (false, 0x34 | 0x80..=0x82 | 0x94) => {}
        (false, 0x19) if frame.content.len() >= 18 => {}
        (_, 0x70) => answer(false, 0x70, &[], frame.serial, out),
        (false, number) => answer(false, number, &[], frame.serial, out),
        (true, number @ (0x01 | 0x13 | 0x32 | 0x33)) => {
            answer(true, number, &[], frame.serial, out);
        }
        (true, _) => {}
    }
}

/// The ZhongXun family wants the date back, without serial and checksum.
fn bare_wifi(frame: &Frame<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0x78, 0x78, 0, frame.number]);
    out.extend_from_slice(frame.content.get(..6).unwrap_or_default());
    out.extend_from_slice(&super::frame::END_MARK);
}

/// Year - 2000, month, day, hour, minute, second in UTC.
fn clock(now: ReceivedAt) -> [u8; 6] {
    let Ok(instant) = jiff::Timestamp::from_millisecond(now.0.as_millis()) else { return [0; 6] };
    let civil = Offset::UTC.to_datetime(instant);
    let year = u8::try_from(civil.year() - 2000).unwrap_or(0);
    let rest = [civil.month(), civil.day(), civil.hour(), civil.minute(), civil.second()];
    let [month, day, hour, minute, second] = rest.map(|value| u8::try_from(value).unwrap_or(0));
    [year, month, day, hour, minute, second]
}

impl Pictures {
    /// A picture can be fetched: asks for its first part.
    fn announced(&mut self, content: &[u8], out: &mut Vec<u8>) {
        let Some((rest, id)) = content.split_last_chunk::<4>() else { return };
        let Some((_, bytes)) = rest.split_last_chunk::<4>() else { return };
        let picture = Picture { id: u32::from_be_bytes(*id), bytes: u32::from_be_bytes(*bytes) };
        if picture.bytes == 0 || picture.bytes > PICTURE_BYTES_MAX {
            return;
        }
        self.0.retain(|known| known.id != picture.id);
        if self.0.len() >= PICTURES_MAX {
            self.0.remove(0);
        }
        picture.ask(0, out);
        self.0.push(picture);
    }

    /// A part has come: asks for the next.
    fn part(&mut self, content: &[u8], out: &mut Vec<u8>) {
        let [a, b, c, d, e, f, g, h, i, j, data @ ..] = content else { return };
        let id = u32::from_be_bytes([*a, *b, *c, *d]);
        let offset = u32::from_be_bytes([*e, *f, *g, *h]);
        let length = u16::from_be_bytes([*i, *j]);
        let Some(index) = self.0.iter().position(|picture| picture.id == id) else { return };
        let next = offset.saturating_add(length.into());
        match self.0.get(index) {
            Some(picture) if length > 0 && data.len() == usize::from(length) && next < picture.bytes => {
                picture.ask(next, out);
            }
            _ => {
                self.0.remove(index);
            }
        }
    }
}

impl Picture {
    fn ask(&self, offset: u32, out: &mut Vec<u8>) {
        let length = (self.bytes - offset).min(PICTURE_PART_BYTES);
        let mut content = [0; 10];
        let (id, rest) = content.split_at_mut(4);
        let (start, size) = rest.split_at_mut(4);
        id.copy_from_slice(&self.id.to_be_bytes());
        start.copy_from_slice(&offset.to_be_bytes());
        size.copy_from_slice(&u16::try_from(length).unwrap_or(0).to_be_bytes());
        answer(false, 0x36, &content, 0, out);
    }
}
