//! XML as a tree of elements with their namespaces. A document type is read over, one with declarations of its own is
//! refused, and no entity is expanded but the five of XML itself and characters by number.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// Why a document cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct XmlFault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// Deepest nesting.
const DEPTH_MAX: usize = 64;
/// Most elements of one document.
const ELEMENTS_MAX: usize = 5_000_000;

/// One element.
#[derive(Debug, Default)]
pub struct Element {
    /// The prefix of its name; empty when it has none.
    pub prefix: String,
    /// Its name without the prefix.
    pub local: String,
    /// The namespace of its name; empty when it has none.
    pub namespace: String,
    /// Attributes as they are written, without declarations of namespaces.
    pub attributes: Vec<(String, String)>,
    /// Prefixes that are declared here.
    pub declared: Vec<(String, String)>,
    /// Its own text, trimmed.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Self>,
    /// The line where it begins.
    pub line: usize,
}

impl Element {
    /// The first element of this local name in it.
    #[must_use]
    pub fn child(&self, local: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.local == local)
    }

    /// The element at the end of a way of local names, `/` between them.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |element, local| element.child(local))
    }

    /// The text at the end of a way of local names, where it is not empty.
    #[must_use]
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).map(|element| element.text.as_str()).filter(|text| !text.is_empty())
    }

    /// The elements of this local name in it.
    pub fn all<'a>(&'a self, local: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.local == local)
    }

    /// An attribute's value.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a document; gives its root.
///
/// # Errors
/// [`XmlFault`] for what is no well-formed document, has a document type with declarations, or is too deep.
pub fn parse(bytes: &[u8]) -> Result<Element, XmlFault> {
    let text = std::str::from_utf8(bytes).map_err(|error| XmlFault {
        line: 1,
        why: format!("it is no UTF-8 at byte {}", error.valid_up_to()),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = NsReader::from_str(text);
    let mut lines = Lines { text, offset: 0, line: 1 };
    let (mut open, mut root, mut count): (Vec<Element>, Option<Element>, usize) = (Vec::new(), None, 0);
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let fault = |lines: &mut Lines<'_>, why: String| XmlFault { line: lines.of(at), why };
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(fault(&mut lines, format!("no XML: {error}"))),
        };
        match event {
            Event::Start(start) => {
                count += 1;
                if open.len() >= DEPTH_MAX || count > ELEMENTS_MAX {
                    return Err(fault(
                        &mut lines,
                        format!("more than {DEPTH_MAX} deep or {ELEMENTS_MAX} elements"),
                    ));
                }
                open.push(element(&reader, &start, lines.of(at)).map_err(|why| fault(&mut lines, why))?);
            }
            Event::Empty(start) => {
                count += 1;
                let element = element(&reader, &start, lines.of(at)).map_err(|why| fault(&mut lines, why))?;
                close(element, &mut open, &mut root).map_err(|why| fault(&mut lines, why))?;
            }
            Event::End(_) => {
                if let Some(mut element) = open.pop() {
                    element.text = element.text.trim().to_owned();
                    close(element, &mut open, &mut root).map_err(|why| fault(&mut lines, why))?;
                }
            }
            Event::Text(text) => match open.last_mut() {
                Some(element) => element.text.push_str(&text),
                None if text.trim().is_empty() => {}
                None => return Err(fault(&mut lines, "text outside of the root element".to_owned())),
            },
            Event::CData(data) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&data);
                }
            }
            Event::GeneralRef(reference) => {
                let text = referred(&reference).map_err(|why| fault(&mut lines, why))?;
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::DocType(kind) if kind.contains('[') => {
                return Err(fault(
                    &mut lines,
                    "a document type with declarations of its own is refused".to_owned(),
                ));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    match (root, open.last()) {
        (Some(root), None) => Ok(root),
        (_, Some(open)) => Err(XmlFault { line: open.line, why: format!("<{}> is not closed", open.local) }),
        (None, None) => Err(XmlFault { line: 1, why: "it holds no element".to_owned() }),
    }
}

/// What a reference stands for.
fn referred(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character.to_string());
    }
    let text = resolve_predefined_entity(reference);
    text.map(str::to_owned).ok_or_else(|| format!("the entity &{}; is not expanded", &**reference))
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_some() => return Err("a second root element".to_owned()),
        None => *root = Some(element),
    }
    Ok(())
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>, line: usize) -> Result<Element, String> {
    let (resolved, local) = reader.resolver().resolve_element(start.name());
    let namespace = match resolved {
        ResolveResult::Bound(namespace) => namespace.as_ref().to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(prefix) => {
            return Err(format!("the prefix `{}` is declared nowhere", prefix));
        }
    };
    let mut found = Element {
        prefix: start.name().prefix().map(|prefix| prefix.as_ref().to_owned()).unwrap_or_default(),
        local: local.as_ref().to_owned(),
        namespace,
        line,
        ..Element::default()
    };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute
            .normalized_value(XmlVersion::Explicit1_0)
            .map_err(|error| error.to_string())?
            .into_owned();
        let name = attribute.key.as_ref().to_owned();
        if name == "xmlns" {
            found.declared.push((String::new(), value));
        } else if let Some(prefix) = name.strip_prefix("xmlns:") {
            found.declared.push((prefix.to_owned(), value));
        } else {
            found.attributes.push((name, value));
        }
    }
    Ok(found)
}

/// Which line a byte is in, asked for in rising order.
struct Lines<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, offset: usize) -> usize {
        let between = self.text.as_bytes().get(self.offset..offset).unwrap_or_default();
        self.line += between.iter().filter(|byte| **byte == b'\n').count();
        self.offset = self.offset.max(offset);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_lines_and_texts() {
        let root = parse(b"<a:b xmlns:a='urn:x' c='1'>\n <d>e &amp; &#102;</d>\n <d/>\n</a:b>").unwrap();
        assert_eq!((root.prefix.as_str(), root.local.as_str(), root.namespace.as_str()), ("a", "b", "urn:x"));
        assert_eq!(
            (root.attribute("c"), root.text_at("d"), root.all("d").count()),
            (Some("1"), Some("e & f"), 2)
        );
        assert_eq!(root.at("d").map(|child| child.line), Some(2));
    }

    #[test]
    fn what_is_refused() {
        for (text, line) in [
            ("", 1),
            ("x", 1),
            ("<a>\n<b></a>", 2),
            ("<a>", 1),
            ("<a/><b/>", 1),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", 1),
            ("<a>\n&b;</a>", 2),
            ("<x:a/>", 1),
        ] {
            let fault = parse(text.as_bytes()).unwrap_err();
            assert_eq!(fault.line, line, "{text:?}: {fault}");
        }
        let deep = "<a>".repeat(100);
        assert!(parse(deep.as_bytes()).unwrap_err().why.contains("deep"));
    }
}
