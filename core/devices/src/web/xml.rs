//! XML as vendors' servers write it: elements, attributes and text. A document type is refused and no entity is
//! expanded but the five of XML itself and characters by number.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// Deepest nesting.
const DEPTH_MAX: usize = 32;
/// Most elements of one document.
const ELEMENTS_MAX: usize = 100_000;

/// One element.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Its name without a prefix.
    pub(crate) name: String,
    /// Names (without a prefix) and values.
    pub(crate) attributes: Vec<(String, String)>,
    /// Its own text, trimmed.
    pub(crate) text: String,
    /// The elements in it.
    pub(crate) children: Vec<Self>,
    /// Where it ends in the document.
    pub(crate) end: usize,
}

/// Why a document cannot be read, and where.
#[derive(Debug)]
pub(crate) struct XmlFault {
    /// Byte in the document.
    pub(crate) offset: usize,
    /// Why.
    pub(crate) why: Cow<'static, str>,
}

impl Element {
    /// The first element of this name in it.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first element of this name in it, where it is not empty.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// An attribute's value.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every element of this name in it, at any depth, in the order of the document.
    pub(crate) fn all<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            } else {
                child.all(name, found);
            }
        }
    }
}

/// Reads a document; what comes back holds the document's root as its only child.
///
/// # Errors
/// [`XmlFault`] where it is no XML, has a document type or is nested too deep.
pub(crate) fn parse(document: &str) -> Result<Element, XmlFault> {
    let mut reader = Reader::from_str(document);
    let mut open = vec![Element::default()];
    let mut count = 0_usize;
    loop {
        let event = reader.read_event();
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let fault = |why: &str| XmlFault { offset, why: why.to_owned().into() };
        let event = event.map_err(|error| fault(&error.to_string()))?;
        match event {
            Event::Start(start) => {
                count += 1;
                if open.len() > DEPTH_MAX || count > ELEMENTS_MAX {
                    return Err(fault("more elements than a message has"));
                }
                open.push(element(&start).map_err(|why| fault(&why))?);
            }
            Event::Empty(start) => {
                let mut element = element(&start).map_err(|why| fault(&why))?;
                element.end = offset;
                open.last_mut().ok_or_else(|| fault("nothing is open"))?.children.push(element);
            }
            Event::End(_) => {
                let mut element = open.pop().unwrap_or_default();
                element.text = element.text.trim().to_owned();
                element.end = offset;
                open.last_mut().ok_or_else(|| fault("nothing is open"))?.children.push(element);
            }
            Event::Text(text) => add(&mut open, &text.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(text) => add(&mut open, &text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => {
                let character = match reference.resolve_char_ref() {
                    Ok(Some(character)) => character.to_string(),
                    _ => quick_xml::escape::resolve_xml_entity(&reference)
                        .ok_or_else(|| fault("an entity that is not XML's own"))?
                        .to_owned(),
                };
                add(&mut open, &character);
            }
            Event::DocType(_) => return Err(fault("a document type is refused")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    let offset = document.len();
    match (open.pop(), open.is_empty()) {
        (Some(root), true) if !root.children.is_empty() => Ok(root),
        (Some(_), true) => Err(XmlFault { offset: 0, why: "no element".into() }),
        _ => Err(XmlFault { offset, why: "the document ends inside an element".into() }),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut element = Element { name: start.local_name().as_ref().to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        element.attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok(element)
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_document_is_read() {
        let xml = "<?xml version=\"1.0\"?><!-- c --><x:a m='1 &amp; 2'><b> q&#33;&lt; </b><c/><d><![CDATA[<z>]]></d></x:a>";
        let document = parse(xml).unwrap();
        let root = document.child("a").unwrap();
        assert_eq!(root.attribute("m"), Some("1 & 2"));
        assert_eq!(
            (root.text_of("b"), root.text_of("d"), root.text_of("c")),
            (Some("q!<"), Some("<z>"), None)
        );
        assert_eq!(root.end, xml.len());
    }

    #[test]
    fn entities_and_unended_documents_are_refused() {
        let why = |xml: &str| parse(xml).unwrap_err().why.into_owned();
        assert_eq!(why("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "a document type is refused");
        assert_eq!(why("<a>&b;</a>"), "an entity that is not XML's own");
        assert_eq!(why("<a><b>"), "the document ends inside an element");
        assert_eq!(why("hello"), "no element");
        assert!(parse(&"<a>".repeat(100)).is_err());
        assert!(parse("<a></b>").is_err());
    }
}
