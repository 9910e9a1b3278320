//! What client and server agree on by headers: versions, forms, formats (EPCIS 2.0, section 12.4).

use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE, LINK};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use plomb_epcis::{EpcFormat, Namespaces, XmlVersion, XmlWords, problem_xml};

use super::exception::Exception;
use super::{CAPTURE_BYTES_MAX, CAPTURE_EVENTS_MAX, URI_BYTES_MAX};

/// Versions of EPCIS and CBV that documents are written in.
pub(super) const VERSION: &str = "2.0.0";
/// The oldest version of EPCIS that is read and written, in XML.
pub(super) const VERSION_MIN: &str = "1.2.0";

/// Puts the versions on every answer, and a problem into XML where that is asked for.
pub(super) async fn answer(request: Request, next: Next) -> Response {
    if request.uri().to_string().len() > URI_BYTES_MAX {
        let why =
            format!("The address has more than {URI_BYTES_MAX} bytes; POST /queries takes long queries.");
        return Exception::uri_too_long(why).into_response();
    }
    let wants_xml = wants_xml(request.headers());
    let host = text(request.headers(), "host").map(str::to_owned);
    let scheme = if text(request.headers(), "x-forwarded-proto") == Some("https") { "https" } else { "http" };
    let is_capture = request.method() == Method::POST || request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    if let (true, Some(exception)) = (wants_xml, response.extensions().get::<Exception>().cloned()) {
        let kind = format!("epcisException:{}", exception.name);
        let xml = problem_xml(&kind, exception.title, exception.status.as_u16(), &exception.detail);
        *response.body_mut() = xml.into();
        response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+xml"));
    }
    let headers = response.headers_mut();
    // Clients follow the link as it stands.
    let link = headers.get(LINK).and_then(|link| link.to_str().ok()?.strip_prefix('<'));
    let absolute = link.zip(host).and_then(|(link, host)| format!("<{scheme}://{host}{link}").parse().ok());
    if let Some(absolute) = absolute {
        headers.insert(LINK, absolute);
    }
    put(headers, "gs1-epcis-version", VERSION);
    put(headers, "gs1-cbv-version", VERSION);
    if is_capture && !headers.contains_key("gs1-epcis-capture-limit") {
        headers.insert(
            HeaderName::from_static("gs1-epcis-capture-limit"),
            HeaderValue::from(CAPTURE_EVENTS_MAX),
        );
        headers.insert(
            HeaderName::from_static("gs1-epcis-capture-file-size-limit"),
            HeaderValue::from(CAPTURE_BYTES_MAX),
        );
    }
    response
}

pub(super) fn put(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
    headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
}

/// What an answer is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// JSON-LD, under the media type that was asked for.
    Json(&'static str),
    /// XML.
    Xml(XmlVersion),
}

/// What was agreed on for an answer with events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Agreement {
    pub(super) form: Form,
    pub(super) epcs: EpcFormat,
    pub(super) words: XmlWords,
}

impl Agreement {
    /// What a request's headers ask for.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Exception> {
        let epcs = match text(headers, "gs1-epc-format") {
            None => EpcFormat::default(),
            Some(word) => EpcFormat::of(word).ok_or_else(|| {
                Exception::not_acceptable(format!("GS1-EPC-Format: there is no format `{word}`."))
            })?,
        };
        let words = match text(headers, "gs1-cbv-xml-format") {
            None => XmlWords::default(),
            Some(word) => XmlWords::of(word).ok_or_else(|| {
                Exception::not_acceptable(format!("GS1-CBV-XML-Format: there is no format `{word}`."))
            })?,
        };
        let max = versions(headers)?;
        let form = form(headers)?;
        let form = match form {
            Form::Xml(_) if max < [2, 0] => Form::Xml(XmlVersion::V1_2),
            Form::Json(_) if max < [2, 0] => {
                return Err(Exception::not_acceptable(
                    "EPCIS before 2.0 has no JSON; ask for application/xml.",
                ));
            }
            form => form,
        };
        Ok(Self { form, epcs, words })
    }
}

/// Checks what the versions allow; gives the highest that is.
pub(super) fn versions(headers: &HeaderMap) -> Result<[u32; 2], Exception> {
    let version = |name: &str| {
        let Some(word) = text(headers, name) else { return Ok(None) };
        let is_version =
            word.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        // Numbers that no version has count as the highest.
        let mut parts = word.split('.').map(|part| part.parse::<u32>().unwrap_or(u32::MAX));
        match (parts.next(), parts.next().unwrap_or(0)) {
            (Some(major), minor) if is_version => Ok(Some([major, minor])),
            _ => Err(Exception::not_acceptable(format!("{name}: `{word}` is no version such as 2.0.0."))),
        }
    };
    let mut max = [2, 0];
    for standard in ["epcis", "cbv"] {
        let lowest = version(&format!("gs1-{standard}-min"))?;
        let highest = version(&format!("gs1-{standard}-max"))?;
        if lowest.is_some_and(|lowest| lowest > [2, 0]) || highest.is_some_and(|highest| highest < [1, 0]) {
            return Err(Exception::not_acceptable(format!(
                "There is {} 1.2 to 2.0 here; the range that is asked for has none of them.",
                standard.to_uppercase()
            )));
        }
        if let (Some(lowest), Some(highest)) = (lowest, highest)
            && lowest > highest
        {
            return Err(Exception::not_acceptable(format!(
                "GS1-{}-Min is above its Max.",
                standard.to_uppercase()
            )));
        }
        if standard == "epcis" {
            max = highest.map_or(max, |highest| highest.min(max));
        }
        if let Some(of_body) = version(&format!("gs1-{standard}-version"))?
            && !([1, 0]..=[2, 0]).contains(&of_body)
        {
            return Err(Exception::not_acceptable(format!(
                "Documents of {} 1.0 to 2.0 are read here.",
                standard.to_uppercase()
            )));
        }
    }
    Ok(max)
}

/// The form that is accepted.
fn form(headers: &HeaderMap) -> Result<Form, Exception> {
    let Some(accept) = text(headers, "accept") else { return Ok(Form::Json("application/json")) };
    let mut best: Option<(f32, Form)> = None;
    for item in accept.split(',') {
        let mut parts = item.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
        let form = match media {
            "application/json" | "application/*" | "*/*" => Form::Json("application/json"),
            "application/ld+json" => Form::Json("application/ld+json"),
            "application/xml" => Form::Xml(XmlVersion::V2_0),
            "text/xml" | "text/*" => Form::Xml(XmlVersion::V2_0),
            _ => continue,
        };
        if weight > 0.0 && best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, form));
        }
    }
    best.map(|(_, form)| form).ok_or_else(|| {
        Exception::not_acceptable(format!(
            "There is application/json, application/ld+json and application/xml, not {accept}."
        ))
    })
}

/// Refuses who takes neither JSON nor anything: for answers that have no XML.
pub(super) fn json_only(headers: &HeaderMap) -> Result<(), Exception> {
    versions(headers)?;
    match form(headers)? {
        Form::Json(_) => Ok(()),
        Form::Xml(_) => Err(Exception::not_acceptable("This is answered in application/json only.")),
    }
}

/// Whether problems are wanted in XML.
fn wants_xml(headers: &HeaderMap) -> bool {
    text(headers, "accept").is_some_and(|accept| accept.contains("xml") && !accept.contains("json"))
}

/// A header's text; the header of forms may come several times.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = if name == "accept" { headers.get(ACCEPT) } else { headers.get(name) };
    value?.to_str().ok().map(str::trim)
}

/// Prefixes that a query's parameters use, of the header `GS1-Extensions`: `prefix=URI` each.
pub(super) fn namespaces(headers: &HeaderMap) -> Namespaces {
    let mut namespaces = Namespaces::default();
    for value in headers.get_all("gs1-extensions") {
        for pair in value.to_str().unwrap_or_default().split(',') {
            if let Some((prefix, uri)) = pair.trim().split_once('=') {
                namespaces.add(prefix.trim(), uri.trim());
            }
        }
    }
    namespaces
}
