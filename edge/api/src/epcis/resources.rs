//! Top-level resources: what there is of each kind, and the events of one (EPCIS 2.0, section 12.8).

use axum::Json;
use axum::extract::{Path, Query as UrlQuery};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use plomb_epcis::{EVENT_TYPES, SIMPLE_EVENT_QUERY, TermKind, collection};

use super::capture::encoded;
use super::events::{found, of_pairs};
use super::exception::Exception;
use super::negotiation::{Agreement, json_only};
use super::paging::{Pairs, linked, page_of, paging};
use super::visitor::Visitor;
use crate::access::Read;

/// A top-level resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    EventTypes,
    Epcs,
    BizSteps,
    BizLocations,
    ReadPoints,
    Dispositions,
}

impl Kind {
    pub(super) const ALL: [Self; 6] = [
        Self::EventTypes,
        Self::Epcs,
        Self::BizSteps,
        Self::BizLocations,
        Self::ReadPoints,
        Self::Dispositions,
    ];

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::EventTypes => "eventTypes",
            Self::Epcs => "epcs",
            Self::BizSteps => "bizSteps",
            Self::BizLocations => "bizLocations",
            Self::ReadPoints => "readPoints",
            Self::Dispositions => "dispositions",
        }
    }

    const fn term(self) -> TermKind {
        match self {
            Self::EventTypes => TermKind::EventType,
            Self::Epcs => TermKind::Epc,
            Self::BizSteps => TermKind::BizStep,
            Self::BizLocations => TermKind::BizLocation,
            Self::ReadPoints => TermKind::ReadPoint,
            Self::Dispositions => TermKind::Disposition,
        }
    }
}

/// Everything that there is at the top.
pub(super) async fn root(_: Visitor<Read>, headers: HeaderMap) -> Result<Response, Exception> {
    json_only(&headers)?;
    let names =
        ["capture", "events", "eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions"];
    let names: Vec<String> = names.into_iter().chain(["queries"]).map(str::to_owned).collect();
    Ok(Json(collection(&names)).into_response())
}

/// What there is of a kind.
pub(super) async fn list(
    kind: Kind,
    visitor: Visitor<Read>,
    headers: HeaderMap,
    UrlQuery(pairs): UrlQuery<Pairs>,
) -> Result<Response, Exception> {
    json_only(&headers)?;
    let agreement = Agreement::of(&headers)?;
    let (after, limit) = paging(&pairs)?;
    let found = visitor
        .read(move |repository| {
            let found = repository.resources(kind.term(), after, limit + 1)?;
            Ok(repository.with_prefixes(|prefixes| {
                let written = found.into_iter();
                written
                    .map(|(number, text)| (number, agreement.epcs.write(&text, prefixes)))
                    .collect::<Vec<_>>()
            }))
        })
        .await?;
    let (found, next) = page_of(found, limit, |(number, _)| *number);
    let mut members: Vec<String> = found.into_iter().map(|(_, text)| text).collect();
    if kind == Kind::EventTypes && after == 0 {
        // Those of the standard are there before the first event is.
        let missing = EVENT_TYPES.into_iter().filter(|kind| !members.iter().any(|known| known == kind));
        let mut all: Vec<String> = missing.map(str::to_owned).collect();
        members.append(&mut all);
    }
    let path = format!("/{}", kind.path());
    Ok(linked(Json(collection(&members)).into_response(), &path, limit, next, visitor.now_ms()))
}

/// What there is of one.
pub(super) async fn get(
    kind: Kind,
    visitor: Visitor<Read>,
    headers: HeaderMap,
    Path(value): Path<String>,
    UrlQuery(pairs): UrlQuery<Pairs>,
) -> Result<Response, Exception> {
    json_only(&headers)?;
    paging(&pairs)?;
    known(kind, &visitor, &value).await?;
    Ok(Json(collection(&["events".to_owned()])).into_response())
}

/// The events of one.
pub(super) async fn events(
    kind: Kind,
    visitor: Visitor<Read>,
    headers: HeaderMap,
    Path(value): Path<String>,
    UrlQuery(pairs): UrlQuery<Pairs>,
) -> Result<Response, Exception> {
    let query = of_pairs(&pairs, &headers)?;
    known(kind, &visitor, &value).await?;
    let query = query.with(kind.term().parameter(), &value)?;
    let path = format!("/{}/{}/events", kind.path(), encoded(&value));
    found(&visitor, &headers, query, SIMPLE_EVENT_QUERY, &path, &pairs).await
}

async fn known(kind: Kind, visitor: &Visitor<Read>, value: &str) -> Result<(), Exception> {
    if kind == Kind::EventTypes && EVENT_TYPES.contains(&value) {
        return Ok(());
    }
    let text = value.to_owned();
    let knows = visitor.read(move |repository| Ok(repository.knows(kind.term(), &text)?)).await?;
    if knows { Ok(()) } else { Err(Exception::not_found(format!("{value} among {}", kind.path()))) }
}
