//! EPCIS in XML: versions 2.0 and 1.2 in and out.

mod read;
mod write;

pub use read::read_xml;
pub use write::{XmlVersion, XmlWords, problem_xml, query_document_xml};
