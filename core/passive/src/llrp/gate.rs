//! A reader's place and task, as the platform has them when it calls the reader.
//!
//! They are written down as the first frame of the conversation, so that the journal says by which gate, antennas and
//! questions its tags were read. The form is that of a request: `CONNECT /llrp?reader=gate-1&latitude=-12921000 ...`.

use plomb_model::{DeviceId, Issue, LatitudeE7, LongitudeE7, Scheme};
use plomb_session::{Description, Request};

/// What the first frame begins with; no LLRP message does.
pub(super) const BEGINNING: &[u8] = b"CONNECT /";
/// What it ends with.
pub(super) const END: &[u8] = b"\r\n\r\n";
/// Antennas that a gate has at most: hubs make 64 of a reader's ports.
pub const ANTENNAS_MAX: usize = 64;
/// Messages of the vendor's own that are sent when a reader is set up, at most.
pub const CUSTOM_MAX: usize = 16;
/// Longest first frame: 64 antennas with names of 255 bytes, each byte written as three.
pub(super) const FRAME_BYTES_MAX: usize = 64 << 10;
/// Words of USER memory that are read at most: all that a tag of 8 kbit has.
pub const USER_WORDS_MAX: u16 = 512;

/// Which way what passes an antenna goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Into the place that the gate guards.
    In,
    /// Out of it.
    Out,
}

impl Direction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::In, Self::Out];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    /// The direction of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|direction| direction.name() == name)
    }
}

/// One antenna of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Antenna {
    /// The reader's number for it, from 1.
    pub number: u16,
    /// Name or lane; empty for none.
    pub name: Box<str>,
    /// Which way what passes it goes.
    pub direction: Option<Direction>,
    /// Transmit power in hundredths of dBm; `None` for the reader's own setting.
    pub power_cdbm: Option<i16>,
}

/// A message of the vendor's own that sets a reader up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custom {
    /// The vendor's private enterprise number (IANA).
    pub vendor: u32,
    /// The vendor's number for it.
    pub subtype: u8,
    /// The rest.
    pub data: Box<[u8]>,
}

/// A reader, its place, and what it shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// `reader:` and its name.
    pub reader: DeviceId,
    /// The checkpoint it belongs to; empty for none.
    pub checkpoint: Box<str>,
    /// Where it stands.
    pub place: Option<(LatitudeE7, LongitudeE7)>,
    /// Which way what passes it goes, where its antenna does not say.
    pub direction: Option<Direction>,
    /// Its antennas; none for all that the reader has.
    pub antennas: Vec<Antenna>,
    /// Whether the TID of each tag is read.
    pub read_tid: bool,
    /// Whether the tamper bit of UCODE G2iL+ and G2iM+ is read.
    pub read_tamper: bool,
    /// How many words of USER memory are read; 0 for none.
    pub user_words: u16,
    /// How often the reader must show that it lives, milliseconds.
    pub keepalive_ms: u32,
    /// How often it reports what it has read, milliseconds.
    pub report_ms: u32,
    /// Gen2 session of the inventory, 0 to 3.
    pub session: u8,
    /// Whether the newest common version is negotiated; otherwise LLRP 1.0.1 is spoken.
    pub negotiate: bool,
    /// Messages of the vendor's own, in their order.
    pub custom: Vec<Custom>,
}

impl Gate {
    /// A gate of which only the reader is known: every antenna, TIDs, a report a second, a sign of life every ten.
    #[must_use]
    pub fn new(reader: DeviceId) -> Self {
        Self {
            reader,
            checkpoint: "".into(),
            place: None,
            direction: None,
            antennas: Vec::new(),
            read_tid: true,
            read_tamper: false,
            user_words: 0,
            keepalive_ms: 10_000,
            report_ms: 1000,
            session: 1,
            negotiate: true,
            custom: Vec::new(),
        }
    }

    /// The antenna of this number, if it is configured.
    #[must_use]
    pub fn antenna(&self, number: u16) -> Option<&Antenna> {
        self.antennas.iter().find(|antenna| antenna.number == number)
    }

    /// Writes the first frame of a conversation.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut target = String::from("/llrp?reader=");
        escape(self.reader.value(), &mut target);
        let mut add = |name: &str, value: &str| {
            target.push('&');
            target.push_str(name);
            target.push('=');
            escape(value, &mut target);
        };
        if !self.checkpoint.is_empty() {
            add("checkpoint", &self.checkpoint);
        }
        if let Some((latitude, longitude)) = self.place {
            add("latitude_e7", &latitude.e7().to_string());
            add("longitude_e7", &longitude.e7().to_string());
        }
        if let Some(direction) = self.direction {
            add("direction", direction.name());
        }
        for antenna in &self.antennas {
            let direction = antenna.direction.map_or("", Direction::name);
            let power = antenna.power_cdbm.map(|power| power.to_string()).unwrap_or_default();
            add("antenna", &format!("{},{direction},{power},{}", antenna.number, antenna.name));
        }
        add("read_tid", flag(self.read_tid));
        add("read_tamper", flag(self.read_tamper));
        add("user_words", &self.user_words.to_string());
        add("keepalive_ms", &self.keepalive_ms.to_string());
        add("report_ms", &self.report_ms.to_string());
        add("session", &self.session.to_string());
        add("negotiate", flag(self.negotiate));
        for custom in &self.custom {
            let data = plomb_wire::to_hex(&custom.data);
            add("custom", &format!("{},{},{data}", custom.vendor, custom.subtype));
        }
        Request::write("CONNECT", &target, &[], &[], out);
    }

    /// Reads the first frame of a conversation.
    ///
    /// # Errors
    /// An [`Issue`] that names what is not so.
    pub fn read(frame: &[u8]) -> Result<Self, Issue> {
        let request = Request::of(frame);
        let parameters = request.parameters();
        let named = parameters.iter().find(|(name, _)| name == "reader").map_or("", |(_, value)| value);
        let reader = DeviceId::new(Scheme::Reader, named)
            .map_err(|why| Issue::new(0, "the reader's name is no identifier", why))?;
        let mut gate = Self::new(reader);
        let (mut latitude, mut longitude) = (None, None);
        for (name, value) in &parameters {
            let wrong = || Issue::new(0, "a gate has no such value", format_args!("{name}={value}"));
            match name.as_ref() {
                "reader" => {}
                "checkpoint" => gate.checkpoint = value.as_ref().into(),
                "latitude_e7" => latitude = number(value).and_then(|e7| LatitudeE7::new(e7).ok()),
                "longitude_e7" => longitude = number(value).and_then(|e7| LongitudeE7::new(e7).ok()),
                "direction" => gate.direction = Direction::from_name(value),
                "antenna" if gate.antennas.len() < ANTENNAS_MAX => {
                    gate.antennas.push(antenna(value).ok_or_else(wrong)?);
                }
                "custom" if gate.custom.len() < CUSTOM_MAX => {
                    gate.custom.push(custom(value).ok_or_else(wrong)?);
                }
                "read_tid" => gate.read_tid = value == "1",
                "read_tamper" => gate.read_tamper = value == "1",
                "negotiate" => gate.negotiate = value == "1",
                "user_words" => gate.user_words = value.parse().map_err(|_| wrong())?,
                "keepalive_ms" => gate.keepalive_ms = value.parse().map_err(|_| wrong())?,
                "report_ms" => gate.report_ms = value.parse().map_err(|_| wrong())?,
                "session" => gate.session = value.parse().map_err(|_| wrong())?,
                _ => return Err(wrong()),
            }
        }
        gate.place = latitude.zip(longitude);
        Ok(gate)
    }
}

/// The first frame laid open.
pub(super) fn describe(frame: &[u8]) -> Description {
    const NAMES: [&str; 14] = [
        "reader",
        "checkpoint",
        "latitude_e7",
        "longitude_e7",
        "direction",
        "antenna",
        "read_tid",
        "read_tamper",
        "user_words",
        "keepalive_ms",
        "report_ms",
        "session",
        "negotiate",
        "custom",
    ];
    let mut description = Description::new("the platform calls a reader");
    let request = Request::of(frame);
    // Behind "CONNECT " and the question mark.
    let mut at = "CONNECT ".len() + request.path().len() + 1;
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    for (part, (name, value)) in query.split('&').zip(request.parameters()) {
        let known = NAMES.into_iter().find(|known| *known == name);
        description.field(at, part.len(), known.unwrap_or("unknown value"), value);
        at += part.len() + 1;
    }
    description
}

const fn flag(on: bool) -> &'static str {
    if on { "1" } else { "0" }
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn antenna(text: &str) -> Option<Antenna> {
    let mut parts = text.splitn(4, ',');
    let number = parts.next()?.parse().ok()?;
    let direction = parts.next().and_then(Direction::from_name);
    let power_cdbm = parts.next().and_then(|power| power.parse().ok());
    Some(Antenna { number, direction, power_cdbm, name: parts.next().unwrap_or_default().into() })
}

fn custom(text: &str) -> Option<Custom> {
    let mut parts = text.splitn(3, ',');
    let (vendor, subtype) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let data = plomb_wire::from_hex(parts.next().unwrap_or_default()).ok()?;
    Some(Custom { vendor, subtype, data: data.into() })
}

/// Percent signs for whatever is not plain in a query.
fn escape(value: &str, out: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._,".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0').to_ascii_uppercase();
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}
