//! Drafts of what the office of destination and the office of an incident send: CC007C (arrival notification), CC044C
//! (unloading remarks) and CC182C (forwarded incident notification).

use plomb_model::Timestamp;
use plomb_movements::{Fault, Incident, Movement, Seal, SealEnd};
use quick_xml::escape::escape;

/// Incidents of one message.
const INCIDENTS_MAX: usize = 9;
/// Characters of a seal's number (an..20).
const SEAL_CHARS_MAX: usize = 20;

/// Which message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftKind {
    /// Arrival notification.
    Cc007c,
    /// Unloading remarks.
    Cc044c,
    /// Forwarded incident notification.
    Cc182c,
}

impl DraftKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Cc007c, Self::Cc044c, Self::Cc182c];

    /// The name of the message.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cc007c => "CC007C",
            Self::Cc044c => "CC044C",
            Self::Cc182c => "CC182C",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a message says about itself and the movement does not know. An empty text is left to the movement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heading {
    /// Who sends it.
    pub sender: String,
    /// Who gets it, such as `NTA.FI`; the country of the office of departure when it is empty.
    pub recipient: String,
    /// The office that the message is of: of destination, or where the incident was registered.
    pub office: String,
    /// Identification number (EORI) of the trader at destination; the consignee's when it is empty.
    pub trader: String,
    /// Number of the message with its sender.
    pub identification: String,
}

/// A draft of a message about a movement, at a time.
///
/// # Errors
/// Everything that it lacks, or that the schema of the message would refuse.
pub fn draft(
    kind: DraftKind,
    movement: &Movement,
    heading: &Heading,
    at: Timestamp,
) -> Result<String, Vec<Fault>> {
    let mut writer = Writer { xml: String::new(), faults: Vec::new() };
    writer.message(kind, movement, heading, at);
    match kind {
        DraftKind::Cc007c => writer.arrival(movement, heading),
        DraftKind::Cc044c => writer.remarks(movement, heading),
        DraftKind::Cc182c => writer.incidents(movement, heading, at),
    }
    if !writer.faults.is_empty() {
        return Err(writer.faults);
    }
    let name = kind.name();
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ncts:{name} xmlns:ncts=\"http://ncts.dgtaxud.ec\" \
         PhaseID=\"NCTS6\">{}</ncts:{name}>\n",
        writer.xml
    ))
}

struct Writer {
    xml: String,
    faults: Vec<Fault>,
}

impl Writer {
    /// The group MESSAGE.
    fn message(&mut self, kind: DraftKind, movement: &Movement, heading: &Heading, at: Timestamp) {
        let country = movement.declaration.departure.get(..2).unwrap_or_default();
        let recipient =
            if heading.recipient.is_empty() { format!("NTA.{country}") } else { heading.recipient.clone() };
        self.checked("sender", &heading.sender, "messageSender", "1 to 35 characters", |text| fits(text, 35));
        self.checked("recipient", &recipient, "messageRecipient", "1 to 35 characters", |text| {
            fits(text, 35)
        });
        self.text("preparationDateAndTime", &seconds(at));
        self.checked(
            "identification",
            &heading.identification,
            "messageIdentification",
            "1 to 35 characters",
            |text| fits(text, 35),
        );
        self.text("messageType", kind.name());
    }

    fn mrn(&mut self, movement: &Movement) {
        let why =
            "an MRN of NCTS: year, country, 12 characters, J to M, check digit (or the structure until 2024)";
        self.checked("mrn", &movement.declaration.mrn, "MRN", why, is_mrn);
    }

    fn office(&mut self, element: &str, field: &str, office: &str) {
        self.open(element);
        let why = "a reference of a customs office: a country and 6 characters, such as FI604000";
        self.checked(field, office, "referenceNumber", why, is_office);
        self.close(element);
    }

    fn trader(&mut self, movement: &Movement, heading: &Heading) {
        let consignee = &movement.declaration.consignee.id;
        let trader = if heading.trader.is_empty() { consignee } else { heading.trader.as_str() };
        self.open("TraderAtDestination");
        let why = "an identification number of 1 to 17 characters: the consignee has none, name the trader";
        self.checked("trader", trader, "identificationNumber", why, |text| {
            fits(text, 17) && !text.contains(' ')
        });
        self.close("TraderAtDestination");
    }

    fn arrival(&mut self, movement: &Movement, heading: &Heading) {
        let office = destination(movement, heading);
        self.open("TransitOperation");
        self.mrn(movement);
        match movement.arrived_at {
            Some(at) => self.text("arrivalNotificationDateAndTime", &seconds(at.0)),
            None => self.faults.push(Fault::new("state", "the movement has not arrived")),
        }
        self.text("simplifiedProcedure", "0");
        self.close("TransitOperation");
        self.office("CustomsOfficeOfDestinationActual", "office", office);
        self.trader(movement, heading);
        self.open("Consignment");
        self.open("LocationOfGoods");
        // A designated place, known by the customs office.
        self.text("typeOfLocation", "A");
        self.text("qualifierOfIdentification", "V");
        self.office("CustomsOffice", "office", office);
        self.close("LocationOfGoods");
        self.close("Consignment");
    }

    fn remarks(&mut self, movement: &Movement, heading: &Heading) {
        let done = |step: &str| movement.history.iter().rev().find(|done| &*done.step == step);
        let Some(verified) = done("verify").or_else(|| done("differ")).or_else(|| done("remove")) else {
            self.faults.push(Fault::new("state", "nothing was verified yet: there is nothing to remark"));
            return;
        };
        let differs = done("differ").map(|done| done.form.get("text").unwrap_or_default().to_owned());
        let conform = differs.is_none();
        let replaced: Vec<&Seal> = movement.seals.iter().filter(|seal| is_replaced(seal)).collect();
        let seals_good = replaced.is_empty();
        self.open("TransitOperation");
        self.mrn(movement);
        self.close("TransitOperation");
        self.office("CustomsOfficeOfDestinationActual", "office", destination(movement, heading));
        self.trader(movement, heading);
        self.open("UnloadingRemark");
        self.text("conform", flag(conform));
        self.text("unloadingCompletion", "1");
        self.text("unloadingDate", &date(verified.at.0));
        self.text("stateOfSeals", flag(seals_good));
        let mut remark = differs.unwrap_or_default();
        if !seals_good {
            let numbers: Vec<String> = replaced.iter().map(|seal| seal.number.to_string()).collect();
            let text = format!("Seals replaced on the way: {}", numbers.join(", "));
            remark = if remark.is_empty() { text } else { format!("{remark}. {text}") };
        }
        if !remark.trim().is_empty() {
            self.text("unloadingRemark", &shortened(remark.trim(), 512));
        }
        self.close("UnloadingRemark");
        if !seals_good {
            self.open("Consignment");
            self.equipment(movement, |_| true);
            self.close("Consignment");
        }
    }

    fn incidents(&mut self, movement: &Movement, heading: &Heading, at: Timestamp) {
        if movement.incidents.is_empty() {
            self.faults.push(Fault::new("incident", "the carrier declared none"));
        }
        if movement.incidents.len() > INCIDENTS_MAX {
            self.faults.push(Fault::new("incident", format!("a message holds at most {INCIDENTS_MAX}")));
        }
        let departure = &*movement.declaration.departure;
        let office = if heading.office.is_empty() { departure } else { heading.office.as_str() };
        self.open("TransitOperation");
        self.mrn(movement);
        self.text("incidentNotificationDateAndTime", &seconds(at));
        self.close("TransitOperation");
        self.office("CustomsOfficeOfDeparture", "departure", departure);
        self.office("CustomsOfficeOfIncidentRegistration", "office", office);
        self.open("Consignment");
        for (incident, number) in movement.incidents.iter().zip(1..) {
            self.incident(movement, incident, number, office);
        }
        self.close("Consignment");
    }

    fn incident(&mut self, movement: &Movement, incident: &Incident, number: usize, office: &str) {
        let country = office.get(..2).unwrap_or_default();
        self.open("Incident");
        self.text("sequenceNumber", &number.to_string());
        self.text("code", &incident.code.to_string());
        self.text("text", &shortened(&incident.text, 512));
        if let Some((when, authority)) = &incident.endorsed {
            self.open("Endorsement");
            self.text("date", &date(when.0));
            self.text("authority", &shortened(authority, 35));
            let place = if incident.place.is_empty() { office } else { &*incident.place };
            self.text("place", &shortened(place, 35));
            self.text("country", country);
            self.close("Endorsement");
        }
        self.location(&incident.place, country);
        // The seals that were put on after it.
        if movement.seals.iter().any(|seal| is_new(movement, seal, incident)) {
            self.equipment(movement, |seal| is_new(movement, seal, incident));
        }
        self.close("Incident");
    }

    /// Where: coordinates, a UN/LOCODE, or in words.
    fn location(&mut self, place: &str, country: &str) {
        self.open("Location");
        if let Some((latitude, longitude)) = coordinates(place) {
            self.text("qualifierOfIdentification", "W");
            self.text("country", country);
            self.open("GNSS");
            self.text("latitude", &latitude);
            self.text("longitude", &longitude);
            self.close("GNSS");
        } else if is_locode(place) {
            self.text("qualifierOfIdentification", "U");
            self.text("UNLocode", place);
            self.text("country", place.get(..2).unwrap_or(country));
        } else {
            let place = if place.is_empty() { "not told" } else { place };
            self.text("qualifierOfIdentification", "Z");
            self.text("country", country);
            self.open("Address");
            self.text("streetAndNumber", &shortened(place, 70));
            self.text("city", &shortened(place, 35));
            self.close("Address");
        }
        self.close("Location");
    }

    /// Units with those of their seals that count.
    fn equipment(&mut self, movement: &Movement, counts: impl Fn(&Seal) -> bool) {
        let mut number = 0;
        for unit in &movement.declaration.units {
            let on = |seal: &&Seal| {
                seal.unit == unit.number
                    && seal.ended.as_ref().is_none_or(|(.., end)| *end == SealEnd::Removed)
            };
            let seals: Vec<&Seal> = movement.seals.iter().filter(on).filter(|seal| counts(seal)).collect();
            if seals.is_empty() {
                continue;
            }
            number += 1;
            self.open("TransportEquipment");
            self.text("sequenceNumber", &number.to_string());
            if unit.kind == plomb_movements::UnitKind::Container {
                self.text("containerIdentificationNumber", &unit.number);
            }
            self.text("numberOfSeals", &seals.len().to_string());
            for (seal, place) in seals.iter().zip(1..) {
                self.open("Seal");
                self.text("sequenceNumber", &place.to_string());
                let printed: String =
                    seal.number.chars().filter(|character| !character.is_whitespace()).collect();
                let why =
                    format!("the number of a seal has 1 to {SEAL_CHARS_MAX} characters: {}", seal.number);
                self.checked("seal", &printed, "identifier", &why, |text| fits(text, SEAL_CHARS_MAX));
                self.close("Seal");
            }
            self.close("TransportEquipment");
        }
    }

    fn open(&mut self, name: &str) {
        self.xml.push_str(&format!("<{name}>"));
    }

    fn close(&mut self, name: &str) {
        self.xml.push_str(&format!("</{name}>"));
    }

    fn text(&mut self, name: &str, text: &str) {
        self.xml.push_str(&format!("<{name}>{}</{name}>", escape(text)));
    }

    /// A text that must be of some form, or the fault says of which.
    fn checked(&mut self, field: &str, text: &str, name: &str, why: &str, is: impl Fn(&str) -> bool) {
        if !is(text) && !self.faults.iter().any(|fault| fault.field == field) {
            let said = if text.is_empty() { "it is missing; it".to_owned() } else { format!("`{text}`") };
            self.faults.push(Fault::new(field, format!("{said} must be {why}")));
        }
        self.text(name, text);
    }
}

fn destination<'a>(movement: &'a Movement, heading: &'a Heading) -> &'a str {
    if heading.office.is_empty() { &movement.declaration.destination } else { &heading.office }
}

fn is_replaced(seal: &Seal) -> bool {
    matches!(&seal.ended, Some((.., SealEnd::Replaced(_))))
}

/// Whether a seal replaced another after an incident, and before the next.
fn is_new(movement: &Movement, seal: &Seal, incident: &Incident) -> bool {
    let replaces =
        |old: &&Seal| matches!(&old.ended, Some((.., SealEnd::Replaced(new))) if *new == seal.number);
    let between = |next: &Incident| next.at > incident.at && next.at <= seal.set_at;
    seal.set_at >= incident.at
        && !movement.incidents.iter().any(between)
        && movement.seals.iter().any(|old| replaces(&old))
}

const fn flag(truth: bool) -> &'static str {
    if truth { "1" } else { "0" }
}

fn fits(text: &str, chars_max: usize) -> bool {
    (1..=chars_max).contains(&text.chars().count()) && text.trim() == text
}

fn shortened(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect::<String>().trim().to_owned()
}

/// `MRNType`: 18 characters; since 2024 with the letter of the procedure before the check digit.
fn is_mrn(text: &str) -> bool {
    let bytes = text.as_bytes();
    let [year @ .., check] = bytes else { return false };
    let digits = year.get(..2).filter(|year| year.iter().all(u8::is_ascii_digit));
    let country = year.get(2..4).is_some_and(|country| country.iter().all(u8::is_ascii_uppercase));
    let middle = year.get(4..).is_some_and(|rest| {
        rest.len() == 13 && rest.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    });
    let procedure = year.last().is_some_and(|letter| (b'J'..=b'M').contains(letter));
    let legacy = digits.is_some_and(|year| year <= b"24");
    digits.is_some() && country && middle && check.is_ascii_digit() && (legacy || procedure)
}

fn is_office(text: &str) -> bool {
    let (country, rest) = text.split_at_checked(2).unwrap_or_default();
    country.bytes().all(|byte| byte.is_ascii_uppercase())
        && rest.len() == 6
        && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_locode(text: &str) -> bool {
    let (country, rest) = text.split_at_checked(2).unwrap_or_default();
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && rest.len() == 3
        && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// `latitude,longitude` in degrees, each with 5 to 7 decimals.
fn coordinates(text: &str) -> Option<(String, String)> {
    let (latitude, longitude) = text.split_once(',')?;
    let read =
        |text: &str, most: f64| text.trim().parse::<f64>().ok().filter(|degrees| degrees.abs() <= most);
    let (latitude, longitude) = (read(latitude, 90.0)?, read(longitude, 180.0)?);
    Some((format!("{latitude:.6}"), format!("{longitude:.6}")))
}

/// Without decimals and zone, in UTC (`DateTimeType`).
fn seconds(at: Timestamp) -> String {
    at.to_string().chars().take(19).collect()
}

fn date(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}
