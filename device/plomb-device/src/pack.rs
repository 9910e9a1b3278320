//! Reports: a record as a pack of SenML, as the profile names its parts, and the signed message around it.
//! The same record gives the same bytes whenever it is sent, so that its signature and its digest hold.

use plomb_constrained::Full;
use plomb_constrained::cbor::{Buffer, Encoder, Sink};
use plomb_constrained::coap::format;
use plomb_constrained::cose;
use plomb_constrained::profile::{BASE_NAME, DEVICE_ID_BYTES_MAX, name};
use plomb_constrained::senml::{PackWriter, Written};
use sha2::{Digest, Sha256};

use crate::DeviceId;
use crate::record::{Method, Outcome, Record};
use crate::seal::{Cause, Part, Phase};

/// Longest report.
pub(crate) const PACK_BYTES_MAX: usize = 512;
/// Longest report with its signature.
pub(crate) const ITEM_BYTES_MAX: usize = PACK_BYTES_MAX + 96;
/// Longest content of a tamper beacon.
pub(crate) const BEACON_BYTES_MAX: usize = 112;
/// What a signed message says of its content.
pub(crate) const FORMAT: u16 = format::SENML_CBOR;

/// Names of records that the profile leaves to the device; the platform keeps them as readings.
pub mod extra {
    /// The first 16 bytes of the SHA-256 of the report before this one.
    pub const PREVIOUS: &str = "prev";
    /// How many events were dropped for want of memory, ever.
    pub const LOST: &str = "lost";
    /// The number of the cause, as [`Cause`](crate::Cause) has it.
    pub const CAUSE: &str = "cause";
}

/// The seal's parts by the platform's words; light has none, and is an alarm alone.
pub(crate) const PART_NAMES: [(Part, &str); 5] = [
    (Part::RopeInserted, "s/rope_inserted"),
    (Part::RopeIntact, "s/rope_intact"),
    (Part::MotorLocked, "s/motor_locked"),
    (Part::CaseClosed, "s/cover_closed"),
    (Part::DoorClosed, "s/door_closed"),
];
pub(crate) const SEALED: &str = "s/sealed";
pub(crate) const NEVER_OPENED: &str = "s/never_opened";

/// The alarms that a cause is, by the platform's words.
pub(crate) const fn alarms(cause: Cause) -> &'static [&'static str] {
    match cause {
        Cause::RopeCut => &["a/rope-cut"],
        Cause::RopePulled | Cause::Forced => &["a/unauthorised-open"],
        Cause::DoorOpened => &["a/unauthorised-open", "a/door-open"],
        Cause::LightSeen => &["a/unauthorised-open", "a/light-detected"],
        Cause::Tampered => &["a/unauthorised-open", "a/cover-open"],
        Cause::Shock => &["a/shock"],
        Cause::LowBattery => &["a/low-battery"],
        Cause::SealTimeout => &["a/seal-timeout"],
        Cause::LongUnlocked => &["a/long-unlocked"],
        Cause::MotorFault => &["a/motor-fault"],
        Cause::Armed => &["a/locked"],
        Cause::OpenedWithRight => &["a/unlocked"],
        _ => &[],
    }
}

/// `plomb:0a0b0c:`.
fn base_name<'a>(id: &DeviceId, out: &'a mut [u8; BASE_NAME_BYTES_MAX]) -> &'a str {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    let mut buffer = Buffer::new(out);
    buffer.put(BASE_NAME.as_bytes());
    id.as_bytes().iter().for_each(|byte| buffer.put(&[digit(byte >> 4), digit(byte & 15)]));
    buffer.put(b":");
    buffer.finish().ok().and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
}

const BASE_NAME_BYTES_MAX: usize = BASE_NAME.len() + 2 * DEVICE_ID_BYTES_MAX + 1;

struct Writer<S>(PackWriter<S>);

impl<S: Sink> Writer<S> {
    fn say(&mut self, name: &str, unit: &str, value: Written<'_>) -> &mut Self {
        self.0.record(name, unit, 0, value);
        self
    }

    fn number(&mut self, name: &str, unit: &str, mantissa: impl Into<i64>, exponent: i8) -> &mut Self {
        self.say(name, unit, Written::Decimal(mantissa.into(), exponent))
    }

    fn flag(&mut self, name: &str, on: bool) -> &mut Self {
        self.say(name, "", Written::Bool(on))
    }

    fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.say(name, "", Written::Text(text))
    }

    fn seal(&mut self, record: &Record) {
        for (part, name) in PART_NAMES {
            if record.fitted.has(part) {
                self.flag(name, record.parts.has(part));
            }
        }
        self.flag(SEALED, record.phase == Phase::Sealed);
        self.flag(NEVER_OPENED, record.ever.is_empty());
        self.number(name::ARMING, "", record.arming, 0);
        if record.fitted.has(Part::MotorLocked) {
            self.number(name::LOCK_CYCLES, "", record.cycles, 0);
        }
        if record.cuts > 0 {
            self.number(name::CUT_COUNT, "", record.cuts, 0);
        }
        for alarm in alarms(record.cause) {
            self.flag(alarm, true);
        }
    }

    fn opening(&mut self, record: &Record) {
        if let Some((method, allowed)) = record.unlock {
            self.text(name::UNLOCK, method_word(method)).flag(name::UNLOCK_ALLOWED, allowed);
            if !allowed {
                match method {
                    Method::Password | Method::Code => self.flag("a/wrong-password", true),
                    Method::Card => self.flag("a/unknown-card", true),
                    Method::Remote => self,
                };
            }
        }
        if !record.card.as_str().is_empty() {
            self.text(name::CARD, record.card.as_str());
        }
        if let Some((ticket, outcome)) = record.command {
            let word = match outcome {
                Outcome::Done => "done",
                Outcome::Failed => "failed",
            };
            self.number(name::COMMAND, "", i64::try_from(ticket).unwrap_or(i64::MAX), 0);
            self.text(name::OUTCOME, word);
        }
    }

    fn place(&mut self, record: &Record) {
        let Some(place) = &record.place else { return };
        self.number(name::LATITUDE, "lat", place.latitude_e7, -7);
        self.number(name::LONGITUDE, "lon", place.longitude_e7, -7);
        self.number(name::ALTITUDE, "m", place.altitude_m, 0);
        self.number(name::SPEED, "m/s", place.speed_cm_s, -2);
        self.number(name::COURSE, "deg", place.course_cdeg, -2);
        self.number(name::SATELLITES, "", place.satellites, 0);
        self.number(name::ACCURACY, "m", place.accuracy_m, 0);
        self.text(name::FIX, if place.is_stale { "stale" } else { "gnss" });
    }

    fn readings(&mut self, record: &Record) {
        let readings = &record.readings;
        if let Some(percent) = readings.battery {
            self.number(name::BATTERY, "%", percent, 0);
        }
        if let Some(millivolts) = readings.battery_mv {
            self.number(name::BATTERY_VOLTAGE, "V", millivolts, -3);
        }
        if let Some(value) = readings.temperature_c100 {
            self.number(name::TEMPERATURE, "Cel", value, -2);
        }
        if let Some(dbm) = readings.rssi_dbm {
            self.number(name::RSSI, "dBm", dbm, 0);
        }
        if let Some(lux) = readings.light_lx {
            self.number(name::LIGHT, "lx", lux, 0);
        }
        if let Some(moving) = readings.moving {
            self.flag(name::MOTION, moving);
        }
    }
}

const fn method_word(method: Method) -> &'static str {
    match method {
        Method::Remote => "remote",
        Method::Card => "card",
        Method::Password => "password",
        Method::Code => "dynamic",
    }
}

fn kind(record: &Record) -> &'static str {
    match record.cause {
        Cause::CommandEnded => "command-result",
        Cause::Report | Cause::Located if record.place.is_some() => "position",
        Cause::Report | Cause::Located | Cause::Started | Cause::LowBattery => "status",
        Cause::Shock => "status",
        _ => "seal",
    }
}

fn write_to<S: Sink>(id: &DeviceId, record: &Record, sink: S) -> S {
    let mut base = [0; BASE_NAME_BYTES_MAX];
    let mut writer = Writer(PackWriter::begin(sink, base_name(id, &mut base), record.at_ms));
    writer.number(name::SEQUENCE, "", record.sequence, 0).text(name::KIND, kind(record));
    if record.kept {
        writer.flag(name::BUFFERED, true);
    }
    writer.number(extra::CAUSE, "", record.cause as u8, 0);
    writer.seal(record);
    writer.opening(record);
    writer.place(record);
    writer.readings(record);
    if record.lost > 0 {
        writer.number(extra::LOST, "", record.lost, 0);
    }
    writer.say(extra::PREVIOUS, "", Written::Data(&record.previous));
    writer.0.end()
}

/// The report of a record.
pub(crate) fn write<'a>(id: &DeviceId, record: &Record, out: &'a mut [u8]) -> Result<&'a [u8], Full> {
    write_to(id, record, Buffer::new(out)).finish().map(|bytes| &*bytes)
}

/// What the next report holds of this one.
pub(crate) fn digest(id: &DeviceId, record: &Record) -> crate::log::Digest {
    let hash: [u8; 32] = write_to(id, record, Sha256::new()).finalize().into();
    hash.first_chunk().copied().unwrap_or_default()
}

/// What a tamper beacon says.
pub(crate) fn write_beacon<'a>(id: &DeviceId, arming: u32, out: &'a mut [u8]) -> Result<&'a [u8], Full> {
    let mut base = [0; BASE_NAME_BYTES_MAX];
    let mut writer = Writer(PackWriter::begin(Buffer::new(out), base_name(id, &mut base), None));
    writer.flag(name::BEACON, true).number(name::ARMING, "", arming, 0);
    writer.flag(NEVER_OPENED, false).flag("a/cover-open", true);
    writer.0.end().finish().map(|bytes| &*bytes)
}

/// An item of a body: the report, in the signed message where it has a signature. The bytes are those that
/// [`cose::sign1`] gave when it was signed.
pub(crate) fn write_item<'a>(
    id: &DeviceId,
    record: &Record,
    signature: Option<&[u8; 64]>,
    out: &'a mut [u8],
) -> Result<&'a [u8], Full> {
    let Some(signature) = signature else { return write(id, record, out) };
    let mut report = [0; PACK_BYTES_MAX];
    let report = write(id, record, &mut report)?;
    let mut protected = [0; 32];
    let mut encoder = Encoder(Buffer::new(&mut protected));
    encoder.map(3).integer(1).integer(cose::ES256).integer(3).unsigned(u64::from(FORMAT));
    encoder.integer(4).bytes(id.as_bytes());
    let protected = encoder.0.finish()?;
    let mut encoder = Encoder(Buffer::new(out));
    encoder.tag(SIGN1_TAG).array(4).bytes(protected).map(0).bytes(report).bytes(signature);
    encoder.0.finish().map(|bytes| &*bytes)
}

/// The tag of a `COSE_Sign1` (RFC 9052, section 2).
const SIGN1_TAG: u64 = 18;
