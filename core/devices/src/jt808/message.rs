//! The messages in the manual's words: their numbers and names, whether the platform answers them, and the
//! bodies whose layout is fixed, in raw units.
//!
//! Converts nothing and judges nothing; a body that is too short gives what it holds. Source: JT/T 808-2011,
//! -2013 and -2019, annex A and §8; the numbers marked vendor from device captures and vendor pages.

use plomb_wire::{Reader, Short};

/// Jointech location report, live (vendor).
pub(super) const JOINTECH_LIVE: u16 = 0x5501;
/// Jointech location report out of memory (vendor).
pub(super) const JOINTECH_BLIND: u16 = 0x5502;

/// How the platform answers a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Not at all: it is an answer itself, or its sender expects none.
    None,
    /// With the general answer 0x8001.
    General,
    /// With a message of its own.
    Own,
}

/// A message that terminals send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// Number.
    pub(super) id: u16,
    /// The manual's name.
    pub(super) name: &'static str,
    /// How it is answered.
    pub(super) answer: Answer,
}

const fn kind(id: u16, name: &'static str, answer: Answer) -> Kind {
    Kind { id, name, answer }
}

/// Every message known, ascending by number.
static KINDS: [Kind; 46] = [
    kind(0x0001, "general answer of the terminal", Answer::None),
    kind(0x0002, "heartbeat", Answer::General),
    kind(0x0003, "log-out", Answer::General),
    kind(0x0004, "query of the server's time", Answer::Own),
    kind(0x0005, "request to send packages again", Answer::None),
    kind(0x0100, "registration", Answer::Own),
    kind(0x0102, "authentication", Answer::General),
    kind(0x0104, "answer with parameters", Answer::None),
    kind(0x0107, "answer with properties", Answer::None),
    kind(0x0108, "result of an upgrade", Answer::General),
    kind(0x0109, "time synchronisation (vendor)", Answer::Own),
    kind(0x0200, "location report", Answer::General),
    kind(0x0201, "answer with location", Answer::None),
    kind(0x0210, "location batch (vendor)", Answer::General),
    kind(0x0301, "event report", Answer::General),
    kind(0x0302, "answer to a question", Answer::General),
    kind(0x0303, "information ordered or cancelled", Answer::General),
    kind(0x0500, "answer to vehicle control", Answer::None),
    kind(0x0506, "heartbeat (vendor)", Answer::General),
    kind(0x0608, "answer with areas or routes", Answer::None),
    kind(0x0700, "driving records", Answer::None),
    kind(0x0701, "electronic waybill", Answer::General),
    kind(0x0702, "identity of the driver", Answer::General),
    kind(0x0704, "location batch", Answer::General),
    kind(0x0705, "CAN bus data", Answer::General),
    kind(0x0800, "media event", Answer::General),
    kind(0x0801, "media data", Answer::Own),
    kind(0x0802, "answer with stored media", Answer::None),
    kind(0x0805, "answer to a camera command", Answer::None),
    kind(0x0900, "transparent data", Answer::General),
    kind(0x0901, "compressed data", Answer::General),
    kind(0x0A00, "public key of the terminal", Answer::None),
    kind(0x1003, "audio and video properties", Answer::None),
    kind(0x1005, "passenger count", Answer::General),
    kind(0x1007, "terminal report (vendor)", Answer::General),
    kind(0x1205, "list of recordings", Answer::None),
    kind(0x1206, "upload of a file finished", Answer::General),
    kind(0x1210, "alarm attachments", Answer::General),
    kind(0x1211, "file to be uploaded", Answer::General),
    kind(0x1212, "file uploaded", Answer::General),
    kind(0x1300, "text answer (vendor)", Answer::None),
    kind(0x2070, "acceleration series (vendor)", Answer::None),
    kind(JOINTECH_LIVE, "location report (Jointech)", Answer::Own),
    kind(JOINTECH_BLIND, "location report out of memory (Jointech)", Answer::Own),
    kind(0x6006, "text report (vendor)", Answer::General),
    kind(0x8888, "picture (vendor)", Answer::General),
];

/// What is known of a message number.
pub(super) fn kind_of(message: u16) -> Option<&'static Kind> {
    let place = KINDS.binary_search_by_key(&message, |kind| kind.id).ok()?;
    KINDS.get(place)
}

/// Whether the protocol knows the message; most numbers are none, which tells frames from garbage.
pub(super) fn is_known(message: u16) -> bool {
    message == 0x0200 || kind_of(message).is_some()
}

/// The manual's name of a message.
pub(super) fn name(message: u16) -> &'static str {
    kind_of(message).map_or("message of the vendor", |kind| kind.name)
}

/// The fixed part of a location report, §8.18 of 2013 (raw units). `None` where the body ends before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Location {
    /// Alarm flags, table 24.
    pub(super) alarm: u32,
    /// Status, table 25.
    pub(super) status: u32,
    /// Latitude and longitude in 1e-6 degree, unsigned: the status tells the hemisphere.
    pub(super) place: Option<(u32, u32)>,
    /// Metres above sea level.
    pub(super) altitude: Option<i16>,
    /// Tenths of km/h.
    pub(super) speed: Option<u16>,
    /// Degrees from north, clockwise.
    pub(super) course: Option<u16>,
    /// BCD `YYMMDDhhmmss`, local time (GMT+8 in the standard).
    pub(super) time: Option<[u8; 6]>,
}

impl Location {
    /// Bytes of the fixed part.
    pub(super) const BYTES: usize = 28;

    /// Reads the fixed part; the error is the first field that is not there.
    #[inline]
    pub(super) fn read(reader: &mut Reader<'_>) -> (Self, Result<(), Short>) {
        let mut location = Self::default();
        // A whole one needs its bounds checked once only.
        let end = match reader.array::<{ Self::BYTES }>() {
            Ok(whole) => location.fill(&mut Reader::new(&whole)),
            Err(_) => location.fill(reader),
        };
        (location, end)
    }

    #[inline]
    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), Short> {
        self.alarm = reader.u32()?;
        self.status = reader.u32()?;
        let latitude = reader.u32()?;
        self.place = Some((latitude, reader.u32()?));
        self.altitude = Some(reader.i16()?);
        self.speed = Some(reader.u16()?);
        self.course = Some(reader.u16()?);
        self.time = Some(reader.array()?);
        Ok(())
    }
}

/// A registration, §8.5 of 2013 and 2019; 2011 has a model of 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Registration<'a> {
    /// Province, GB/T 2260.
    pub(super) province: u16,
    /// City or county, GB/T 2260.
    pub(super) city: u16,
    /// Maker's code.
    pub(super) maker: &'a [u8],
    /// Model, padded with zeros.
    pub(super) model: &'a [u8],
    /// The maker's number of the terminal.
    pub(super) terminal: &'a [u8],
    /// Colour of the plate, 0 without one.
    pub(super) colour: u8,
    /// Plate or VIN, GBK.
    pub(super) plate: &'a [u8],
    /// Year of the edition.
    pub(super) edition: u16,
}

impl<'a> Registration<'a> {
    /// Reads the body; the edition of 2019 is known by its header (`long`), the others by their length.
    pub(super) fn read(reader: &mut Reader<'a>, long: bool) -> Result<Self, Short> {
        let (edition, maker, model, terminal) = match (long, reader.left()) {
            (true, 76..) => (2019, 11, 30, 30),
            (_, 37..) => (2013, 5, 20, 7),
            _ => (2011, 5, 8, 7),
        };
        Ok(Self {
            province: reader.u16()?,
            city: reader.u16()?,
            maker: reader.take(maker)?,
            model: reader.take(model)?,
            terminal: reader.take(terminal)?,
            colour: reader.u8()?,
            plate: reader.take(reader.left())?,
            edition,
        })
    }
}

/// Answer of a terminal to a message of ours, 0x0001 (§8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GeneralAnswer {
    /// Our serial number.
    pub(super) serial: u16,
    /// Our message.
    pub(super) message: u16,
    /// 0 done, 1 failed, 2 message wrong, 3 not supported.
    pub(super) result: u8,
}

impl GeneralAnswer {
    /// Reads the body.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Short> {
        Ok(Self { serial: reader.u16()?, message: reader.u16()?, result: reader.u8()? })
    }
}

/// One additional item of a location report: number and value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    /// Number, table 27 of 2013 and the vendors' own.
    pub(super) id: u8,
    /// Its value with offsets of the frame.
    pub(super) value: Reader<'a>,
}

/// Takes the next item; `None` when its length runs past the end (nothing is taken then).
/// Always inlined: a reader handed back through memory stalls on every item of the commonest message.
#[inline(always)]
pub(super) fn item<'a>(reader: &mut Reader<'a>) -> Option<Item<'a>> {
    let mut ahead = *reader;
    let (id, length) = (ahead.u8().ok()?, ahead.u8().ok()?);
    let value = ahead.part(usize::from(length)).ok()?;
    *reader = ahead;
    Some(Item { id, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(KINDS.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert!(is_known(0x0704) && !is_known(0x1234));
        assert_eq!(name(0x0100), "registration");
    }
}
