//! Sensor Measurement Lists in CBOR (RFC 8428, section 6): a pack of records, each resolved with the base fields before it.

use crate::Fault;
use crate::cbor::{Decoder, Encoder, Item, Sink};

/// Records that are read of one pack: far above what a datagram holds.
pub const RECORDS_MAX: usize = 512;
/// Fields of one record.
const FIELDS_MAX: u64 = 32;
/// Version of SenML that is understood (RFC 8428, section 4.4).
const VERSION: i64 = 10;
/// Times below it are relative to now, seconds (RFC 8428, section 4.5.3).
const ABSOLUTE_S_MIN: i64 = 1 << 28;

/// Labels of the fields (RFC 8428, section 6, table 4).
pub mod label {
    #![expect(missing_docs, reason = "the names are those of the standard's table")]
    pub const BASE_VERSION: i64 = -1;
    pub const BASE_NAME: i64 = -2;
    pub const BASE_TIME: i64 = -3;
    pub const BASE_UNIT: i64 = -4;
    pub const BASE_VALUE: i64 = -5;
    pub const BASE_SUM: i64 = -6;
    pub const NAME: i64 = 0;
    pub const UNIT: i64 = 1;
    pub const VALUE: i64 = 2;
    pub const STRING: i64 = 3;
    pub const BOOL: i64 = 4;
    pub const SUM: i64 = 5;
    pub const TIME: i64 = 6;
    pub const UPDATE: i64 = 7;
    pub const DATA: i64 = 8;
}

/// A number as it was sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer.
    Int(i64),
    /// A decimal fraction: mantissa × 10^exponent.
    Decimal {
        /// The digits.
        mantissa: i64,
        /// The power of ten.
        exponent: i8,
    },
    /// A half, single or double.
    Float(f64),
}

impl Number {
    /// This number × 10^`digits`, rounded to the nearest (halves away from zero); none when it does not fit or is no
    /// number.
    #[must_use]
    pub fn scaled(self, digits: i8) -> Option<i64> {
        match self {
            Self::Int(value) => shift(value, digits),
            Self::Decimal { mantissa, exponent } => shift(mantissa, exponent.checked_add(digits)?),
            Self::Float(value) => {
                let mut scaled = value;
                for _ in 0..digits.unsigned_abs() {
                    scaled = if digits < 0 { scaled / 10.0 } else { scaled * 10.0 };
                }
                let rounded = if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 };
                // Beyond 2^62 the sum would not be exact any more; no quantity of ours is there.
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "the range is checked; the fraction is cut off"
                )]
                (rounded.is_finite() && rounded.abs() < 4.6e18).then_some(rounded as i64)
            }
        }
    }

    /// The sum; exact unless a float takes part.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        match (self.parts(), other.parts()) {
            (Some((a, ea)), Some((b, eb))) => {
                let exponent = ea.min(eb);
                let sum = shift_exactly(a, ea, exponent)
                    .zip(shift_exactly(b, eb, exponent))
                    .and_then(|(a, b)| a.checked_add(b));
                match (sum, exponent) {
                    (Some(value), 0) => Self::Int(value),
                    (Some(mantissa), exponent) => Self::Decimal { mantissa, exponent },
                    (None, _) => Self::Float(self.float() + other.float()),
                }
            }
            _ => Self::Float(self.float() + other.float()),
        }
    }

    const fn parts(self) -> Option<(i64, i8)> {
        match self {
            Self::Int(value) => Some((value, 0)),
            Self::Decimal { mantissa, exponent } => Some((mantissa, exponent)),
            Self::Float(_) => None,
        }
    }

    /// As a double, for display and comparison.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "for display: 53 bits are enough")]
    pub fn float(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
            Self::Decimal { mantissa, exponent } => {
                let mut value = mantissa as f64;
                let mut power = 1.0;
                for _ in 0..exponent.unsigned_abs() {
                    power *= 10.0;
                }
                if exponent < 0 {
                    value /= power;
                } else {
                    value *= power;
                }
                value
            }
        }
    }
}

/// value × 10^digits, rounded.
fn shift(value: i64, digits: i8) -> Option<i64> {
    if value == 0 {
        return Some(0);
    }
    let power = 10_i64.checked_pow(u32::from(digits.unsigned_abs()));
    if digits >= 0 {
        return value.checked_mul(power?);
    }
    // Below half a unit whatever it is.
    let Some(power) = power else { return Some(0) };
    let (whole, rest) = (value / power, value % power);
    let up = rest.unsigned_abs() >= power.unsigned_abs().div_ceil(2);
    Some(if up { whole + value.signum() } else { whole })
}

fn shift_exactly(mantissa: i64, from: i8, to: i8) -> Option<i64> {
    let digits = u32::from(from.checked_sub(to)?.unsigned_abs());
    mantissa.checked_mul(10_i64.checked_pow(digits)?)
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A number.
    Number(Number),
    /// A text.
    Text(&'a str),
    /// true or false.
    Bool(bool),
    /// Bytes.
    Data(&'a [u8]),
}

/// One record, resolved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record<'a> {
    /// Where it begins.
    pub offset: usize,
    /// The base name, which comes before the name.
    pub base_name: &'a str,
    /// The name.
    pub name: &'a str,
    /// The unit (RFC 8428, section 12.1, and RFC 8798).
    pub unit: Option<&'a str>,
    /// The value, the base value included.
    pub value: Option<Value<'a>>,
    /// The integrated sum, the base sum included.
    pub sum: Option<Number>,
    /// Base time and time, seconds.
    pub time: Number,
    /// Within how many seconds the next record of this name comes.
    pub update: Option<Number>,
}

impl Record<'_> {
    /// When it was measured, in milliseconds since 1970, if it is now `now_ms`; none when that is no time.
    #[must_use]
    pub fn at_ms(&self, now_ms: i64) -> Option<i64> {
        let ms = self.time.scaled(3)?;
        let relative = ms < ABSOLUTE_S_MIN * 1000;
        if relative { now_ms.checked_add(ms) } else { Some(ms) }
    }

    /// Whether it says when it was measured (a time of 0 means now).
    #[must_use]
    pub fn is_dated(&self) -> bool {
        self.time.scaled(3).is_some_and(|ms| ms != 0)
    }
}

/// The base fields that are in force.
#[derive(Clone, Copy, Debug)]
struct Base<'a> {
    version: Option<i64>,
    name: &'a str,
    time: Number,
    unit: Option<&'a str>,
    value: Option<Number>,
    sum: Option<Number>,
}

/// Reads the records of a pack, in order.
#[derive(Clone, Debug)]
pub struct Pack<'a> {
    decoder: Decoder<'a>,
    left: Option<u64>,
    read: usize,
    base: Base<'a>,
    done: bool,
}

impl<'a> Pack<'a> {
    /// A pack's bytes.
    ///
    /// # Errors
    /// When they are no array of records.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut decoder = Decoder::new(bytes);
        let Item::Array(left) = decoder.item()? else {
            return Err(Fault::new(0, "a SenML pack is an array of records"));
        };
        let base = Base { version: None, name: "", time: Number::Int(0), unit: None, value: None, sum: None };
        Ok(Self { decoder, left, read: 0, base, done: false })
    }

    fn next_record(&mut self) -> Result<Option<Record<'a>>, Fault> {
        loop {
            let over = match &mut self.left {
                Some(left) => left.checked_sub(1).map(|fewer| *left = fewer).is_none(),
                None => self.decoder.take_break()?,
            };
            if over {
                self.decoder.end()?;
                return Ok(None);
            }
            self.read += 1;
            if self.read > RECORDS_MAX {
                return Err(Fault::new(self.decoder.offset(), "more records than are taken"));
            }
            if let Some(record) = self.record()? {
                return Ok(Some(record));
            }
        }
    }

    /// One record; none when it holds base fields alone.
    fn record(&mut self) -> Result<Option<Record<'a>>, Fault> {
        let offset = self.decoder.offset();
        let Item::Map(count) = self.decoder.item()? else {
            return Err(Fault::new(offset, "a SenML record is a map"));
        };
        let mut fields = Fields::default();
        let mut left = count;
        let mut seen = 0;
        while left != Some(0) {
            if left.is_none() && self.decoder.take_break()? {
                break;
            }
            seen += 1;
            if seen > FIELDS_MAX {
                return Err(Fault::new(offset, "more fields in a record than are taken"));
            }
            self.field(&mut fields)?;
            left = left.map(|left| left - 1);
        }
        self.resolve(offset, &fields)
    }

    fn field(&mut self, fields: &mut Fields<'a>) -> Result<(), Fault> {
        let offset = self.decoder.offset();
        let label = match self.decoder.item()? {
            Item::Text(name) => {
                if name.ends_with('_') {
                    return Err(Fault::new(offset, "a field that must be understood and is not"));
                }
                match in_words(name) {
                    Some(label) => label,
                    None => return self.decoder.skip().map(drop),
                }
            }
            item => item.integer().ok_or_else(|| Fault::new(offset, "a label is an integer or a text"))?,
        };
        let base = &mut self.base;
        let decoder = &mut self.decoder;
        match label {
            label::BASE_VERSION => {
                let version = decoder.integer()?;
                if !(1..=VERSION).contains(&version) {
                    return Err(Fault::new(offset, "a version of SenML that is not understood"));
                }
                if base.version.replace(version).is_some_and(|before| before != version) {
                    return Err(Fault::new(offset, "two versions of SenML in one pack"));
                }
            }
            label::BASE_NAME => base.name = text(decoder)?,
            label::BASE_TIME => base.time = number(decoder)?,
            label::BASE_UNIT => base.unit = Some(text(decoder)?),
            label::BASE_VALUE => base.value = Some(number(decoder)?),
            label::BASE_SUM => base.sum = Some(number(decoder)?),
            label::NAME => fields.name = Some(text(decoder)?),
            label::UNIT => fields.unit = Some(text(decoder)?),
            label::VALUE => fields.value(Value::Number(number(decoder)?), offset)?,
            label::STRING => fields.value(Value::Text(text(decoder)?), offset)?,
            label::BOOL => {
                let Item::Bool(value) = decoder.item()? else {
                    return Err(Fault::new(offset, "vb is true or false"));
                };
                fields.value(Value::Bool(value), offset)?;
            }
            label::DATA => fields.value(Value::Data(decoder.bytes()?), offset)?,
            label::SUM => fields.sum = Some(number(decoder)?),
            label::TIME => fields.time = Some(number(decoder)?),
            label::UPDATE => fields.update = Some(number(decoder)?),
            _ => return decoder.skip().map(drop),
        }
        Ok(())
    }

    fn resolve(&self, offset: usize, fields: &Fields<'a>) -> Result<Option<Record<'a>>, Fault> {
        let base = &self.base;
        let name = fields.name.unwrap_or_default();
        // A record that has base fields alone, as at the head of a pack.
        let bare = fields.name.is_none() && fields.time.is_none() && fields.unit.is_none();
        let plus = |number: Number, more: Option<Number>| more.map_or(number, |more| number.plus(more));
        let value = match fields.value {
            Some(Value::Number(number)) => Some(Value::Number(plus(number, base.value))),
            None if base.value.is_some() && !bare => base.value.map(Value::Number),
            other => other,
        };
        let sum = match fields.sum {
            None if base.sum.is_some() && !bare => base.sum,
            sum => sum.map(|sum| plus(sum, base.sum)),
        };
        if value.is_none() && sum.is_none() {
            return if bare { Ok(None) } else { Err(Fault::new(offset, "a record without value or sum")) };
        }
        let mut characters = base.name.bytes().chain(name.bytes());
        let first = characters.next().ok_or_else(|| Fault::new(offset, "a record without a name"))?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-:./_".contains(&byte);
        if !first.is_ascii_alphanumeric() || !characters.all(allowed) {
            return Err(Fault::new(offset, "a name with characters that no name has"));
        }
        Ok(Some(Record {
            offset,
            base_name: base.name,
            name,
            unit: fields.unit.or(base.unit),
            value,
            sum,
            time: plus(base.time, fields.time),
            update: fields.update,
        }))
    }
}

impl<'a> Iterator for Pack<'a> {
    type Item = Result<Record<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.next_record().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Fields<'a> {
    name: Option<&'a str>,
    unit: Option<&'a str>,
    value: Option<Value<'a>>,
    sum: Option<Number>,
    time: Option<Number>,
    update: Option<Number>,
}

impl<'a> Fields<'a> {
    fn value(&mut self, value: Value<'a>, offset: usize) -> Result<(), Fault> {
        match self.value.replace(value) {
            None => Ok(()),
            Some(_) => Err(Fault::new(offset, "a record with two values")),
        }
    }
}

/// The labels in words, as JSON has them; some encoders write them in CBOR too.
fn in_words(name: &str) -> Option<i64> {
    Some(match name {
        "bver" => label::BASE_VERSION,
        "bn" => label::BASE_NAME,
        "bt" => label::BASE_TIME,
        "bu" => label::BASE_UNIT,
        "bv" => label::BASE_VALUE,
        "bs" => label::BASE_SUM,
        "n" => label::NAME,
        "u" => label::UNIT,
        "v" => label::VALUE,
        "vs" => label::STRING,
        "vb" => label::BOOL,
        "s" => label::SUM,
        "t" => label::TIME,
        "ut" => label::UPDATE,
        "vd" => label::DATA,
        _ => return None,
    })
}

fn text<'a>(decoder: &mut Decoder<'a>) -> Result<&'a str, Fault> {
    let offset = decoder.offset();
    match decoder.item()? {
        Item::Text(text) => Ok(text),
        _ => Err(Fault::new(offset, "a text should stand here")),
    }
}

fn number(decoder: &mut Decoder<'_>) -> Result<Number, Fault> {
    let offset = decoder.offset();
    let item = decoder.item()?;
    match item {
        Item::Float(value) if value.is_finite() => Ok(Number::Float(value)),
        Item::Tag(4) => {
            if decoder.array()? != 2 {
                return Err(Fault::new(offset, "a decimal fraction has two parts"));
            }
            let exponent = i8::try_from(decoder.integer()?)
                .map_err(|_| Fault::new(offset, "a power of ten that no quantity has"))?;
            Ok(Number::Decimal { mantissa: decoder.integer()?, exponent })
        }
        _ => item.integer().map(Number::Int).ok_or_else(|| Fault::new(offset, "a number should stand here")),
    }
}

/// Writes a pack whose number of records need not be known before.
#[derive(Debug)]
pub struct PackWriter<S> {
    encoder: Encoder<S>,
}

/// Value of a record that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written<'a> {
    /// mantissa × 10^exponent.
    Decimal(i64, i8),
    /// A text.
    Text(&'a str),
    /// true or false.
    Bool(bool),
    /// Bytes.
    Data(&'a [u8]),
}

impl<S: Sink> PackWriter<S> {
    /// Begins a pack: base name, and base time in milliseconds since 1970 where the clock is set.
    pub fn begin(sink: S, base_name: &str, base_time_ms: Option<i64>) -> Self {
        let mut encoder = Encoder(sink);
        encoder.array_begin();
        let count = usize::from(!base_name.is_empty()) + usize::from(base_time_ms.is_some());
        if count > 0 {
            encoder.map(count);
            if !base_name.is_empty() {
                encoder.integer(label::BASE_NAME).text(base_name);
            }
            if let Some(ms) = base_time_ms {
                encoder.integer(label::BASE_TIME);
                time(&mut encoder, ms);
            }
        }
        Self { encoder }
    }

    /// A record; `after_ms` is its time after the base time.
    pub fn record(&mut self, name: &str, unit: &str, after_ms: i64, value: Written<'_>) -> &mut Self {
        let encoder = &mut self.encoder;
        let count = 2 + usize::from(!unit.is_empty()) + usize::from(after_ms != 0);
        encoder.map(count).integer(label::NAME).text(name);
        if !unit.is_empty() {
            encoder.integer(label::UNIT).text(unit);
        }
        match value {
            Written::Decimal(mantissa, exponent) => {
                encoder.integer(label::VALUE).decimal(mantissa, exponent);
            }
            Written::Text(text) => {
                encoder.integer(label::STRING).text(text);
            }
            Written::Bool(value) => {
                encoder.integer(label::BOOL).bool(value);
            }
            Written::Data(bytes) => {
                encoder.integer(label::DATA).bytes(bytes);
            }
        }
        if after_ms != 0 {
            encoder.integer(label::TIME);
            time(encoder, after_ms);
        }
        self
    }

    /// Ends the pack.
    pub fn end(mut self) -> S {
        self.encoder.end();
        self.encoder.0
    }
}

/// Seconds, whole where they are.
fn time<S: Sink>(encoder: &mut Encoder<S>, ms: i64) {
    if ms % 1000 == 0 {
        encoder.integer(ms / 1000);
    } else {
        encoder.decimal(ms, -3);
    }
}
