//! One text: `$80SLM,event,group,device,DDMMYYhhmmss,network,supply,inputs outputs,load,status,more'place@other*CRC#`.

use plomb_model::Issue;
use plomb_wire::Crc16;

use crate::Description;

/// Names of the fields before the place.
const NAMES: [&str; 10] = [
    "mode and hardware",
    "event",
    "group",
    "device",
    "time",
    "network",
    "supply and battery",
    "inputs and outputs",
    "fuel and weight",
    "status",
];

/// What the checksum is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    /// Four digits, and they are right.
    Holds,
    /// Two digits, as old firmwares have it: how it is made is not known.
    Short,
    /// Four digits, and they are not right.
    Differs { found: u16, computed: u16 },
    /// None.
    Missing,
}

/// A field or part with its place.
pub(super) type Part<'a> = (usize, &'a str);

/// One text taken apart.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    pub(super) checksum: Checksum,
    pub(super) checksum_at: usize,
    /// The number of what happened, hexadecimal in the text.
    pub(super) event: u32,
    fields: Vec<Part<'a>>,
    /// Behind the apostrophe.
    pub(super) place: Option<Part<'a>>,
    /// Behind `@`: of another device that is heard.
    pub(super) other: Option<Part<'a>>,
}

impl<'a> Text<'a> {
    /// Takes a text apart.
    pub(super) fn of(wire: &'a [u8]) -> Result<Self, Issue> {
        let whole = std::str::from_utf8(wire)
            .map_err(|error| Issue::new(error.valid_up_to(), "no text", "bytes of no character"))?;
        let text = whole.trim_end_matches('#');
        let (body, digits) =
            text.rsplit_once('*').map_or((text, None), |(body, digits)| (body, Some(digits)));
        let computed = Crc16::MODBUS.of(body.as_bytes());
        let number = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let checksum = match (number, digits.map(str::len)) {
            (Some(found), Some(4)) if found == computed => Checksum::Holds,
            (Some(found), Some(4)) => Checksum::Differs { found, computed },
            (Some(_), Some(2)) => Checksum::Short,
            _ => Checksum::Missing,
        };
        let (head, tail) = body.split_once('\'').map_or((body, None), |(head, tail)| (head, Some(tail)));
        let mut fields = Vec::new();
        let mut offset = 0;
        for field in head.split(',') {
            fields.push((offset, field));
            offset += field.len() + 1;
        }
        let (place, other) = match tail.map(|tail| tail.split_once('@').unwrap_or((tail, ""))) {
            Some((place, other)) => {
                let place_at = head.len() + 1;
                let other = (!other.is_empty()).then_some((place_at + place.len() + 1, other));
                (Some((place_at, place)), other)
            }
            None => (None, None),
        };
        let (at, event) = fields.get(1).copied().unwrap_or((head.len(), ""));
        let event = u32::from_str_radix(event, 16).map_err(|_| Issue::new(at, "no event", event))?;
        Ok(Self { checksum, checksum_at: body.len() + 1, event, fields, place, other })
    }

    /// The field at an index and where it is; empty where there is none.
    pub(super) fn at(&self, index: usize) -> Part<'a> {
        self.fields.get(index).copied().unwrap_or_default()
    }

    /// Three letters: `SLM` a lock, `IVM` a vehicle tracker.
    pub(super) fn hardware(&self) -> &'a str {
        self.at(0).1.get(3..).unwrap_or_default()
    }

    /// Who sends.
    pub(super) fn device(&self) -> Part<'a> {
        self.at(3)
    }

    /// Lays it open; the whole text has `bytes`.
    pub(super) fn describe(&self, bytes: usize) -> Description {
        let mut description = Description::new(format!("Envotech {} {:02X}", self.hardware(), self.event));
        for (index, (offset, field)) in self.fields.iter().enumerate() {
            let name = NAMES.get(index).copied().unwrap_or("field");
            description.field(*offset, field.len(), name, field);
        }
        for (name, part) in [("place", self.place), ("other device", self.other)] {
            if let Some((offset, part)) = part {
                description.field(offset, part.len(), name, part);
            }
        }
        let verdict = match self.checksum {
            Checksum::Holds => "holds",
            Checksum::Short => "two digits that are not checked",
            Checksum::Differs { .. } => "differs",
            Checksum::Missing => return description,
        };
        description.field(self.checksum_at, bytes.saturating_sub(self.checksum_at), "checksum", verdict);
        description
    }
}
