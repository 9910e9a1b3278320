//! Queries with names (EPCIS 2.0, section 12.9).

use axum::Json;
use axum::body::Bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, Query as UrlQuery};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use plomb_epcis::{NamedQuery, Namespaces, Query, SIMPLE_EVENT_QUERY};
use serde_json::{Value, json};

use super::BASE;
use super::capture::encoded;
use super::events::{found, of_pairs};
use super::exception::Exception;
use super::negotiation::{json_only, namespaces, text, versions};
use super::paging::{Pairs, linked, page_of, paging};
use super::stream;
use super::visitor::Visitor;
use crate::access::{Exchange, Read};

/// Characters of a query's name.
const NAME_CHARS_MAX: usize = 128;

/// A JSON body that says that it is one.
pub(super) fn json_body(headers: &HeaderMap, body: &Bytes) -> Result<Value, Exception> {
    let media = text(headers, "content-type").unwrap_or_default();
    if !matches!(media.split(';').next().map(str::trim), Some("application/json" | "application/ld+json")) {
        return Err(Exception::unsupported(format!("This is read as application/json, not `{media}`.")));
    }
    serde_json::from_slice(body).map_err(|error| Exception::validation(format!("no JSON: {error}")))
}

/// Queries, the oldest first.
pub(super) async fn list(
    visitor: Visitor<Read>,
    headers: HeaderMap,
    UrlQuery(pairs): UrlQuery<Pairs>,
) -> Result<Response, Exception> {
    json_only(&headers)?;
    let (after, limit) = paging(&pairs)?;
    let queries = visitor.read(move |repository| Ok(repository.queries(after, limit + 1)?)).await?;
    let (queries, next) = page_of(queries, limit, |query| query.number);
    let views: Vec<Value> = queries.iter().map(view).collect();
    Ok(linked(Json(views).into_response(), "/queries", limit, next, visitor.now_ms()))
}

/// Gives a query a name.
pub(super) async fn create(
    visitor: Visitor<Exchange>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Exception> {
    versions(&headers)?;
    let body = json_body(&headers, &body)?;
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if !fits {
        return Err(Exception::query(format!("name: it must have 1 to {NAME_CHARS_MAX} characters")));
    }
    if name == SIMPLE_EVENT_QUERY || name == "SimpleMasterDataQuery" {
        return Err(Exception::exists(format!("The name {name} is the standard's own.")));
    }
    let unknown =
        body.as_object().into_iter().flatten().find(|(name, _)| !matches!(name.as_str(), "name" | "query"));
    if let Some((unknown, _)) = unknown {
        return Err(Exception::query(format!("{unknown}: there is no such field; there are name and query")));
    }
    let Some(query) = body.get("query").filter(|query| query.is_object()).cloned() else {
        return Err(Exception::query("query: it must be an object of parameters"));
    };
    Query::of_json(&query, &namespaces(&headers)).map_err(|fault| Exception::query(fault.to_string()))?;
    let (by, now_ms, wanted, kept) =
        (visitor.name().to_owned(), visitor.now_ms(), name.clone(), query.clone());
    let added =
        visitor.change(move |repository| Ok(repository.add_query(&wanted, &by, &kept, now_ms)?)).await?;
    if !added {
        return Err(Exception::exists(format!("There is a query {name} already.")));
    }
    let location = format!("{BASE}/queries/{}", encoded(&name));
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(json!({ "name": name, "query": query })))
        .into_response())
}

/// One query.
pub(super) async fn get(
    visitor: Visitor<Read>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Exception> {
    json_only(&headers)?;
    let query = named(&visitor, &name).await?;
    Ok(Json(view(&query)).into_response())
}

/// Takes the name from a query, and ends its subscriptions.
pub(super) async fn remove(
    visitor: Visitor<Exchange>,
    Path(name): Path<String>,
) -> Result<StatusCode, Exception> {
    let wanted = name.clone();
    let dropped = visitor.change(move |repository| Ok(repository.drop_query(&wanted)?)).await?;
    if dropped { Ok(StatusCode::NO_CONTENT) } else { Err(Exception::no_such_name(&name)) }
}

/// Runs a query; or, asked for a WebSocket, goes on telling what it finds.
pub(super) async fn events(
    visitor: Visitor<Read>,
    headers: HeaderMap,
    Path(name): Path<String>,
    UrlQuery(pairs): UrlQuery<Pairs>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, Exception> {
    let named = named(&visitor, &name).await?;
    let mut query = Query::of_json(&named.query, &Namespaces::default())?;
    if let Ok(upgrade) = upgrade {
        return stream::open(&visitor, upgrade, query, name, &headers, &pairs);
    }
    if name == SIMPLE_EVENT_QUERY {
        let query = of_pairs(&pairs, &headers)?;
        return found(&visitor, &headers, query, &name, "/queries/SimpleEventQuery/events", &pairs).await;
    }
    for (parameter, value) in &pairs {
        match parameter.as_str() {
            "perPage" | "nextPageToken" => query = query.with(parameter, value)?,
            "stream" | "second" | "minute" | "hour" | "dayOfMonth" | "month" | "dayOfWeek"
            | "reportIfEmpty" | "initialRecordTime" => {
                let why =
                    format!("{parameter}: it takes a WebSocket (Upgrade: websocket), or a subscription");
                return Err(Exception::subscription(why));
            }
            other => return Err(Exception::query(format!("{other}: there is no such parameter"))),
        }
    }
    let path = format!("/queries/{}/events", encoded(&name));
    found(&visitor, &headers, query, &name, &path, &pairs).await
}

/// Tokens hold nothing here that could be freed: they say where a page begins.
pub(super) async fn forget_token(_: Visitor<Read>) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The query of a name.
pub(super) async fn named(visitor: &Visitor<Read>, name: &str) -> Result<NamedQuery, Exception> {
    let wanted = name.to_owned();
    let query = visitor.read(move |repository| Ok(repository.query(&wanted)?)).await?;
    query.ok_or_else(|| Exception::no_such_name(name))
}

fn view(query: &NamedQuery) -> Value {
    json!({ "name": query.name, "query": query.query })
}
