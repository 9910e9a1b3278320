//! A message in its own words: fields between commas.

use crate::Description;
use crate::stream::Fields;

/// Places of the fields.
const ID: usize = 2;
const FIRMWARE: usize = 4;
const NAME: usize = 5;
const INDEX: usize = 6;
const DATE: usize = 7;
/// Names of the fields of a report, in their order.
const NAMES: [&str; 20] = [
    "head",
    "device type",
    "device id",
    "customer id",
    "firmware",
    "message",
    "index",
    "date",
    "time",
    "interval",
    "validity",
    "position",
    "course",
    "speed",
    "door",
    "acceleration, g",
    "NFC",
    "battery, V",
    "RSSI, dBm",
    "tail",
];

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Message<'a> {
    fields: Fields<'a>,
}

impl<'a> Message<'a> {
    /// The message in `wire`; none where it is no ASCII text.
    pub(super) fn of(wire: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(wire).ok().filter(|text| text.is_ascii())?;
        let trimmed = text.trim_start();
        Some(Self { fields: Fields::new(trimmed, ',', text.len() - trimmed.len()) })
    }

    /// The seal's number.
    pub(super) fn id(&self) -> &'a str {
        self.fields.at(ID)
    }

    pub(super) fn id_offset(&self) -> usize {
        self.fields.offset(ID)
    }

    pub(super) fn firmware(&self) -> &'a str {
        self.fields.at(FIRMWARE)
    }

    /// What kind of message: `Normal`, `Startup`, `Event-Door`, `RC-Unlock ACK`.
    pub(super) fn name(&self) -> &'a str {
        self.fields.at(NAME)
    }

    pub(super) fn index(&self) -> &'a str {
        self.fields.at(INDEX)
    }

    /// Whether it answers what the platform said.
    pub(super) fn is_answer(&self) -> bool {
        let name = self.name();
        name.starts_with("RC-") || name.ends_with(" ACK") || name.ends_with(" OK")
    }

    /// Fields of the report by their places behind the index: 0 the date, 1 the time.
    pub(super) fn report(&self, place: usize) -> &'a str {
        let text = self.fields.at(DATE + place);
        // A report that ends early reads as empty, not as its tail.
        if text == "E##" { "" } else { text }
    }

    pub(super) fn report_offset(&self, place: usize) -> usize {
        self.fields.offset(DATE + place)
    }

    /// What follows the name, for answers.
    pub(super) fn rest(&self) -> String {
        let rest = self.fields.iter().skip(INDEX).map(|(_, part)| part).filter(|part| *part != "E##");
        rest.collect::<Vec<_>>().join(",").trim_matches(',').to_owned()
    }

    /// How an answer to this seal begins.
    pub(super) fn prefix(&self) -> String {
        let parts: Vec<&str> = self.fields.iter().take(NAME).map(|(_, part)| part).collect();
        format!("{},", parts.join(","))
    }

    /// The acknowledgement of this report. That of a start-up may carry a configuration; ours leaves the seal's as
    /// it is.
    pub(super) fn acknowledgement(&self) -> String {
        let configuration = if self.name() == "Startup" { "," } else { "" };
        format!("{}{} ACK,{}{configuration},E##\r\n", self.prefix(), self.name(), self.index())
    }
}

pub(super) fn describe(wire: &[u8]) -> Description {
    let Some(message) =
        Message::of(wire).filter(|message| message.fields.at(0) == "##S" && !message.name().is_empty())
    else {
        let mut description = Description::new("no eSeal message");
        description.field(0, wire.len(), "bytes", plomb_wire::to_hex(wire));
        return description;
    };
    let mut description = Description::new(message.name());
    let report = !message.is_answer();
    for (index, (offset, text)) in message.fields.iter().enumerate() {
        let name = match NAMES.get(index) {
            _ if text.trim() == "E##" => "tail",
            Some(name) if report || index < INDEX => name,
            _ => "value",
        };
        description.field(offset, text.len(), name, text.trim());
    }
    description
}
