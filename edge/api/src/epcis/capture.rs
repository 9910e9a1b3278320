//! Capturing: documents as jobs, single events at once (EPCIS 2.0, sections 12.6 and 12.7).

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, Query as UrlQuery};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use plomb_epcis::{
    Behaviour, CaptureJob, Document, Event, Fault, format_ms, problem_xml, query_document, read_json,
    read_xml,
};
use serde_json::{Map, Value, json};

use super::exception::Exception;
use super::negotiation::{Agreement, Form, text, versions};
use super::paging::{Pairs, linked, page_of, paging};
use super::visitor::Visitor;
use super::{BASE, CAPTURE_BYTES_MAX, CAPTURE_EVENTS_MAX};
use crate::access::{Exchange, Read};

/// Random bytes of a job's identifier.
const ID_BYTES: usize = 16;

/// What a body is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Media {
    Json,
    Xml,
}

impl Media {
    fn of(headers: &HeaderMap) -> Result<Self, Exception> {
        let media = text(headers, "content-type").unwrap_or_default();
        match media.split(';').next().unwrap_or_default().trim() {
            "application/json" | "application/ld+json" => Ok(Self::Json),
            "application/xml" | "text/xml" => Ok(Self::Xml),
            other => Err(Exception::unsupported(format!(
                "Documents are application/json, application/ld+json, application/xml or text/xml, not `{other}`."
            ))),
        }
    }

    /// What is kept beside the raw bytes.
    const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
        }
    }

    fn read(self, bytes: &[u8]) -> Result<Document, Vec<Fault>> {
        match self {
            Self::Json => read_json(bytes),
            Self::Xml => read_xml(bytes),
        }
    }
}

fn whole(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Exception> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Exception::capture_limit(format!(
            "A document has at most {CAPTURE_BYTES_MAX} bytes; send it in parts."
        )),
        _ => Exception::validation(rejection.body_text()),
    })
}

/// Takes in a document.
pub(super) async fn capture(
    visitor: Visitor<Exchange>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Exception> {
    versions(&headers)?;
    let media = Media::of(&headers)?;
    let behaviour = match text(&headers, "gs1-capture-error-behaviour") {
        None => Behaviour::default(),
        Some(word) => Behaviour::of(word).ok_or_else(|| {
            Exception::validation(format!(
                "GS1-Capture-Error-Behaviour: `{word}` is neither rollback nor proceed."
            ))
        })?,
    };
    let body = whole(body)?;
    let (by, now_ms) = (visitor.name().to_owned(), visitor.now_ms());
    let id = random_id()?;
    let job = id.clone();
    visitor
        .change(move |repository| {
            repository.begin_capture(&job, &by, media.name(), &body, behaviour, now_ms)?;
            let document = match media.read(&body) {
                Ok(document) => document,
                Err(faults) => {
                    repository.refuse_capture(&job, &faults, now_ms)?;
                    return Err(Exception::faults(&faults));
                }
            };
            if document.events.len() > CAPTURE_EVENTS_MAX {
                let why = format!("a document has at most {CAPTURE_EVENTS_MAX} events; send it in parts");
                repository.refuse_capture(&job, &[Fault::new("document", why.clone())], now_ms)?;
                return Err(Exception::capture_limit(why));
            }
            let invalid: Vec<Fault> =
                document.events.iter().filter_map(|event| event.as_ref().err()).flatten().cloned().collect();
            if behaviour == Behaviour::Rollback && !invalid.is_empty() {
                repository.refuse_capture(&job, &invalid, now_ms)?;
                return Err(Exception::faults(&invalid));
            }
            repository.capture(&job, document, behaviour, now_ms)?;
            Ok(())
        })
        .await?;
    let location = format!("{BASE}/capture/{id}");
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)]).into_response())
}

/// Takes in one event.
pub(super) async fn event(
    visitor: Visitor<Exchange>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Exception> {
    versions(&headers)?;
    let media = Media::of(&headers)?;
    let body = whole(body)?;
    let (now_ms, by) = (visitor.now_ms(), visitor.name().to_owned());
    let raw = random_id()?;
    let (id, stored) = visitor
        .change(move |repository| {
            repository.begin_capture(&raw, &by, media.name(), &body, Behaviour::Rollback, now_ms)?;
            let event = match one_event(media, &body) {
                Ok(event) => event,
                Err(exception) => {
                    let fault = Fault::new("document", exception.detail.clone());
                    repository.refuse_capture(&raw, &[fault], now_ms)?;
                    return Err(exception);
                }
            };
            let stored = event.clone();
            let id = repository.capture_event(&raw, event, now_ms)?;
            Ok((id, stored))
        })
        .await?;
    let location = format!("{BASE}/events/{}", encoded(&id));
    let mut fields = stored.fields;
    fields.insert("eventID".to_owned(), json!(id));
    fields.insert("recordTime".to_owned(), json!(format_ms(now_ms)));
    fields.insert("@context".to_owned(), stored.namespaces.to_context());
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(Value::Object(fields))).into_response())
}

fn one_event(media: Media, body: &[u8]) -> Result<Event, Exception> {
    let document = media.read(body).map_err(|faults| Exception::faults(&faults))?;
    let mut events = document.events.into_iter();
    match (events.next(), events.next()) {
        (Some(Ok(event)), None) => Ok(event),
        (Some(Err(faults)), None) => Err(Exception::faults(&faults)),
        _ => Err(Exception::validation(
            "It must hold exactly one event; POST /capture takes documents with more.",
        )),
    }
}

/// Jobs, the oldest first.
pub(super) async fn list(
    visitor: Visitor<Read>,
    headers: HeaderMap,
    UrlQuery(pairs): UrlQuery<Pairs>,
) -> Result<Response, Exception> {
    super::negotiation::json_only(&headers)?;
    let (after, limit) = paging(&pairs)?;
    let jobs = visitor.read(move |repository| Ok(repository.capture_jobs(after, limit + 1)?)).await?;
    let (jobs, next) = page_of(jobs, limit, |job| job.number);
    let views: Vec<Value> = jobs.iter().map(view).collect();
    Ok(linked(Json(views).into_response(), "/capture", limit, next, visitor.now_ms()))
}

/// One job.
pub(super) async fn get(
    visitor: Visitor<Read>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Exception> {
    let agreement = Agreement::of(&headers)?;
    let wanted = id.clone();
    let job = visitor.read(move |repository| Ok(repository.capture_job(&wanted)?)).await?;
    let job = job.ok_or_else(|| Exception::not_found(format!("capture job {id}")))?;
    Ok(match agreement.form {
        Form::Json(media) => ([(CONTENT_TYPE, media)], view(&job).to_string()).into_response(),
        Form::Xml(_) => ([(CONTENT_TYPE, "application/xml")], view_xml(&job)).into_response(),
    })
}

/// A job as the REST binding has it.
fn view(job: &CaptureJob) -> Value {
    let mut view = Map::new();
    view.insert("captureID".to_owned(), json!(job.id));
    view.insert("createdAt".to_owned(), json!(format_ms(job.created_ms)));
    if let Some(finished) = job.finished_ms {
        view.insert("finishedAt".to_owned(), json!(format_ms(finished)));
    }
    view.insert("running".to_owned(), json!(job.finished_ms.is_none()));
    view.insert("success".to_owned(), json!(job.success));
    view.insert("captureErrorBehaviour".to_owned(), json!(job.behaviour.word()));
    view.insert("errors".to_owned(), json!(job.errors));
    Value::Object(view)
}

/// The same in XML.
fn view_xml(job: &CaptureJob) -> String {
    let mut errors = String::new();
    for error in &job.errors {
        let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
        let problem = problem_xml(text("type"), text("title"), 400, text("detail"));
        let inner = problem.split_once("xsd:2\">").and_then(|(_, rest)| rest.split_once("</epcis:"));
        errors.push_str(&format!("<error>{}</error>", inner.map_or("", |(inner, _)| inner)));
    }
    let finished =
        job.finished_ms.map(|ms| format!("<finishedAt>{}</finishedAt>", format_ms(ms))).unwrap_or_default();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<epcis:EPCISCaptureJob xmlns:epcis=\"urn:epcglobal:epcis:xsd:2\" \
         running=\"{}\" success=\"{}\" captureID=\"{}\"><captureErrorBehaviour>{}</captureErrorBehaviour>\
         <createdAt>{}</createdAt>{finished}<errors>{errors}</errors></epcis:EPCISCaptureJob>\n",
        job.finished_ms.is_none(),
        job.success,
        job.id,
        job.behaviour.word(),
        format_ms(job.created_ms),
    )
}

/// An identifier that nobody guesses.
pub(super) fn random_id() -> Result<String, Exception> {
    let mut bytes = [0; ID_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| Exception::implementation(error.to_string()))?;
    Ok(plomb_wire::to_hex(&bytes))
}

/// A text as a segment of a path.
pub(super) fn encoded(text: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            write!(encoded, "%{byte:02X}").ok();
        }
    }
    encoded
}

/// Events as a query document, in the form that was agreed on.
pub(super) fn answered(
    events: Vec<Event>,
    query_name: &str,
    agreement: Agreement,
    now_ms: i64,
) -> Result<Response, Exception> {
    match agreement.form {
        Form::Json(media) => {
            let document = query_document(events, query_name, None, now_ms);
            Ok(([(CONTENT_TYPE, media)], document.to_string()).into_response())
        }
        Form::Xml(version) => {
            let created_at = format_ms(now_ms);
            let xml = plomb_epcis::query_document_xml(
                &events,
                query_name,
                None,
                &created_at,
                version,
                agreement.words,
            );
            let xml = xml.map_err(Exception::not_acceptable)?;
            Ok(([(CONTENT_TYPE, "application/xml")], xml).into_response())
        }
    }
}
