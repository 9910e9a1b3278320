//! Events: found by a query, or one by its identifier.

use axum::extract::{Path, Query as UrlQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use plomb_epcis::{Namespaces, Query, SIMPLE_EVENT_QUERY, with_record_time};

use super::capture::answered;
use super::exception::Exception;
use super::negotiation::{Agreement, namespaces};
use super::paging::{Pairs, linked_with};
use super::visitor::Visitor;
use super::{PER_PAGE, PER_PAGE_MAX};
use crate::access::Read;

/// Events that meet the query in the address.
pub(super) async fn find(
    visitor: Visitor<Read>,
    headers: HeaderMap,
    UrlQuery(pairs): UrlQuery<Pairs>,
) -> Result<Response, Exception> {
    let query = of_pairs(&pairs, &headers)?;
    found(&visitor, &headers, query, SIMPLE_EVENT_QUERY, "/events", &pairs).await
}

/// One event; two when it was declared wrong.
pub(super) async fn get(
    visitor: Visitor<Read>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Exception> {
    let agreement = Agreement::of(&headers)?;
    let query =
        Query::of_parameters([("EQ_eventID", id.replace('|', "%7C").as_str())], &Namespaces::default())?;
    let events = visitor
        .read(move |repository| {
            let page = repository.find(&query, PER_PAGE)?;
            Ok(repository.with_prefixes(|prefixes| {
                let events = page.events.into_iter().map(with_record_time);
                events.map(|event| agreement.epcs.translate(event, prefixes)).collect::<Vec<_>>()
            }))
        })
        .await?;
    if events.is_empty() {
        return Err(Exception::not_found(format!("event {id}")));
    }
    answered(events, SIMPLE_EVENT_QUERY, agreement, visitor.now_ms())
}

/// The query of an address.
pub(super) fn of_pairs(pairs: &Pairs, headers: &HeaderMap) -> Result<Query, Exception> {
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(Query::of_parameters(pairs, &namespaces(headers))?)
}

/// The page of a query, as it was asked for.
pub(super) async fn found(
    visitor: &Visitor<Read>,
    headers: &HeaderMap,
    query: Query,
    name: &str,
    path: &str,
    pairs: &Pairs,
) -> Result<Response, Exception> {
    let agreement = Agreement::of(headers)?;
    let per_page = query.per_page.unwrap_or(PER_PAGE).min(PER_PAGE_MAX);
    let (events, next) = visitor
        .read(move |repository| {
            let page = repository.find(&query, per_page)?;
            let events = repository.with_prefixes(|prefixes| {
                let events = page.events.into_iter().map(with_record_time);
                events.map(|event| agreement.epcs.translate(event, prefixes)).collect::<Vec<_>>()
            });
            Ok((events, page.next))
        })
        .await?;
    let now_ms = visitor.now_ms();
    Ok(linked_with(answered(events, name, agreement, now_ms)?, path, pairs, next, now_ms))
}
