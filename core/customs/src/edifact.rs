//! UN/EDIFACT (ISO 9735): what terminals and carriers report of containers and their seals in CODECO, COARRI, COPARN and
//! IFTSTA. Only the segments that name a container, its seals, where and when are read; directories D.95B and later agree in
//! them.

use plomb_movements::Fault;

/// Segments of one interchange.
const SEGMENTS_MAX: usize = 200_000;
/// Messages that are read.
const READ: [&str; 4] = ["CODECO", "COARRI", "COPARN", "IFTSTA"];

/// A seal in a message (segment SEL).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealReading {
    /// What is printed on it (data element 9308).
    pub number: String,
    /// Who put it on (9303), such as CA for the carrier, CU for customs, SH for the shipper; empty where it is not told.
    pub party: String,
    /// Its condition (4517): 1 right, 2 damaged, 3 missing, 4 broken, 5 faulty electronic seal; `None` where it is not told.
    pub condition: Option<u8>,
}

/// A container in a message (segment EQD).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EquipmentReport {
    /// Which message.
    pub message: String,
    /// Its reference.
    pub reference: String,
    /// Number of the container.
    pub container: String,
    /// Its seals.
    pub seals: Vec<SealReading>,
    /// Where: the first place that stands with it, else the first of the message (3225).
    pub place: String,
    /// When, as it is written (2380): the first time that stands with it, else the first of the message.
    pub time: String,
}

/// What an interchange reports of containers. Messages of other types are left out.
///
/// # Errors
/// What is no interchange, or breaks the syntax; the segment is counted from 1.
pub fn read_edifact(bytes: &[u8]) -> Result<Vec<EquipmentReport>, Fault> {
    // UNOC and older character sets are Latin-1 or a part of it; what is no UTF-8 is read so.
    let latin = || bytes.iter().map(|byte| char::from(*byte)).collect();
    let text = std::str::from_utf8(bytes).map_or_else(|_| latin(), str::to_owned);
    let segments = segments(&text)?;
    let mut reports = Vec::new();
    let mut message: Option<Message> = None;
    for (segment, number) in segments.iter().zip(1..) {
        match segment.tag() {
            "UNH" => {
                if message.is_some() {
                    return Err(Fault::new(
                        format!("segment {number}"),
                        "UNH within a message that has no UNT",
                    ));
                }
                message = Some(Message {
                    began: number,
                    kind: segment.text(2, 0).to_owned(),
                    reference: segment.text(1, 0).to_owned(),
                    ..Message::default()
                });
            }
            "UNT" => {
                let Some(ended) = message.take() else {
                    return Err(Fault::new(format!("segment {number}"), "UNT without UNH"));
                };
                let counted = number - ended.began + 1;
                if segment.text(1, 0).parse() != Ok(counted) {
                    let told = segment.text(1, 0);
                    let why = format!("UNT tells {told:?} segments, the message has {counted}");
                    return Err(Fault::new(format!("segment {number}"), why));
                }
                ended.end(&mut reports);
            }
            _ => {
                if let Some(message) = &mut message {
                    message.take(segment);
                }
            }
        }
    }
    let within = segments.iter().any(|segment| segment.tag() == "UNB");
    if within && segments.last().is_none_or(|segment| segment.tag() != "UNZ") {
        return Err(Fault::new(
            "file",
            "it begins with UNB and has no UNZ at its end: the file is not whole: ask its sender for it again",
        ));
    }
    if message.is_some() {
        return Err(Fault::new(
            "file",
            "the last message has no UNT: the file is not whole: ask its sender for it again",
        ));
    }
    Ok(reports)
}

/// A message that is being read.
#[derive(Default)]
struct Message {
    /// Number of its UNH.
    began: usize,
    kind: String,
    reference: String,
    place: String,
    time: String,
    open: Vec<EquipmentReport>,
}

impl Message {
    fn take(&mut self, segment: &Segment) {
        match segment.tag() {
            "EQD" => self.open.push(EquipmentReport {
                message: self.kind.clone(),
                reference: self.reference.clone(),
                container: segment.text(2, 0).to_owned(),
                ..EquipmentReport::default()
            }),
            "SEL" => {
                if let Some(report) = self.open.last_mut() {
                    report.seals.push(SealReading {
                        number: segment.text(1, 0).to_owned(),
                        party: segment.text(2, 0).to_owned(),
                        condition: segment.text(3, 0).parse().ok(),
                    });
                }
            }
            "LOC" => first(
                self.open.last_mut().map_or(&mut self.place, |report| &mut report.place),
                segment.text(2, 0),
            ),
            "DTM" => first(
                self.open.last_mut().map_or(&mut self.time, |report| &mut report.time),
                segment.text(1, 1),
            ),
            _ => {}
        }
    }

    fn end(self, reports: &mut Vec<EquipmentReport>) {
        if !READ.contains(&self.kind.as_str()) {
            return;
        }
        for mut report in self.open {
            first(&mut report.place, &self.place);
            first(&mut report.time, &self.time);
            reports.push(report);
        }
    }
}

/// Fills what is empty.
fn first(kept: &mut String, text: &str) {
    if kept.is_empty() {
        text.clone_into(kept);
    }
}

/// A segment: elements of components, the first its tag.
struct Segment(Vec<Vec<String>>);

impl Segment {
    fn tag(&self) -> &str {
        self.text(0, 0)
    }

    /// A component; empty where there is none.
    fn text(&self, element: usize, component: usize) -> &str {
        self.0.get(element).and_then(|element| element.get(component)).map_or("", |text| text.trim())
    }
}

/// The characters that separate (segment UNA).
struct Service {
    component: char,
    element: char,
    release: char,
    segment: char,
}

/// Takes an interchange apart.
fn segments(text: &str) -> Result<Vec<Segment>, Fault> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let (service, text) = match text.strip_prefix("UNA") {
        Some(rest) => {
            let mut signs = rest.chars();
            let mut next = || signs.next().ok_or_else(|| Fault::new("segment 1", "UNA has six characters"));
            let (component, element, _decimal, release, _reserved, segment) =
                (next()?, next()?, next()?, next()?, next()?, next()?);
            (Service { component, element, release, segment }, signs.as_str())
        }
        None => (Service { component: ':', element: '+', release: '?', segment: '\'' }, text),
    };
    if !text.trim_start().starts_with("UNB") && !text.trim_start().starts_with("UNH") {
        return Err(Fault::new(
            "segment 1",
            "an interchange begins with UNA, UNB or UNH: choose a UN/EDIFACT file",
        ));
    }
    let mut all = Vec::new();
    let mut open = vec![vec![String::new()]];
    let mut released = false;
    for character in text.chars() {
        let began =
            open.len() > 1 || open.first().is_some_and(|element| element.iter().any(|text| !text.is_empty()));
        if released {
            put(&mut open, character);
            released = false;
        } else if character == service.release && service.release != ' ' {
            released = true;
        } else if character == service.segment {
            if all.len() >= SEGMENTS_MAX {
                return Err(Fault::new("file", format!("it has more than {SEGMENTS_MAX} segments")));
            }
            all.push(Segment(std::mem::replace(&mut open, vec![vec![String::new()]])));
        } else if character == service.element {
            open.push(vec![String::new()]);
        } else if character == service.component {
            if let Some(element) = open.last_mut() {
                element.push(String::new());
            }
        } else if began || !character.is_whitespace() {
            // Lines between segments are for people.
            put(&mut open, character);
        }
    }
    if open.iter().flatten().any(|text| !text.trim().is_empty()) {
        return Err(Fault::new(
            format!("segment {}", all.len() + 1),
            "it has no end: the file is not whole: ask its sender for it again",
        ));
    }
    Ok(all)
}

fn put(open: &mut [Vec<String>], character: char) {
    if let Some(text) = open.last_mut().and_then(|element| element.last_mut()) {
        text.push(character);
    }
}
