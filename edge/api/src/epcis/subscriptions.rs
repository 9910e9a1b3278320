//! Subscriptions: a query is run again and again, and what it finds is sent to an address (EPCIS 2.0, section 12.10).
//! They are kept here and served by the server's rounds.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query as UrlQuery};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use plomb_epcis::{EpcFormat, Schedule, Subscription, SubscriptionState, format_ms, parse_ms};
use serde_json::{Map, Value, json};

use super::BASE;
use super::capture::{encoded, random_id};
use super::exception::Exception;
use super::negotiation::{json_only, text, versions};
use super::paging::{Pairs, linked, page_of, paging};
use super::queries::{json_body, named};
use super::visitor::Visitor;
use crate::access::{Exchange, Read};

/// Characters of an address.
const DEST_CHARS_MAX: usize = 2_048;
/// Subscriptions at most: each new event is held against each of them.
const SUBSCRIPTIONS_MAX: usize = 1_000;

/// Subscriptions of a query, the oldest first.
pub(super) async fn list(
    visitor: Visitor<Read>,
    headers: HeaderMap,
    Path(name): Path<String>,
    UrlQuery(pairs): UrlQuery<Pairs>,
) -> Result<Response, Exception> {
    json_only(&headers)?;
    let (after, limit) = paging(&pairs)?;
    named(&visitor, &name).await?;
    let wanted = name.clone();
    let found = visitor
        .read(move |repository| Ok(repository.subscriptions(Some(&wanted), after, limit + 1)?))
        .await?;
    let (found, next) = page_of(found, limit, |subscription| subscription.number);
    let views: Vec<Value> = found.iter().map(view).collect();
    let path = format!("/queries/{}/subscriptions", encoded(&name));
    Ok(linked(Json(views).into_response(), &path, limit, next, visitor.now_ms()))
}

/// Subscribes.
pub(super) async fn create(
    visitor: Visitor<Exchange>,
    headers: HeaderMap,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Response, Exception> {
    versions(&headers)?;
    let body = json_body(&headers, &body)?;
    let mut definition = definition(&body)?;
    if let Some(word) = text(&headers, "gs1-epc-format") {
        EpcFormat::of(word)
            .ok_or_else(|| Exception::not_acceptable(format!("There is no format `{word}`.")))?;
        definition.insert("epcFormat".to_owned(), json!(word));
    }
    let (id, by, now_ms) = (random_id()?, visitor.name().to_owned(), visitor.now_ms());
    let initial = definition.get("initialRecordTime").and_then(Value::as_str).and_then(parse_ms);
    let subscription = visitor
        .change(move |repository| {
            if repository.query(&name)?.is_none() {
                return Err(Exception::no_such_name(&name));
            }
            if repository.subscriptions(None, 0, SUBSCRIPTIONS_MAX)?.len() >= SUBSCRIPTIONS_MAX {
                let why = format!("There are {SUBSCRIPTIONS_MAX} subscriptions, as many as there may be.");
                return Err(Exception::subscription(why));
            }
            // From now on; from the beginning where an earlier time was named, which the query then holds to.
            let position =
                if initial.is_some_and(|initial| initial < now_ms) { 0 } else { repository.newest() };
            let state = SubscriptionState { position, ..SubscriptionState::default() };
            let subscription = Subscription {
                number: 0,
                id,
                query: name,
                by,
                created_ms: now_ms,
                definition: Value::Object(definition),
                state,
            };
            repository.add_subscription(&subscription)?;
            Ok(subscription)
        })
        .await?;
    let location =
        format!("{BASE}/queries/{}/subscriptions/{}", encoded(&subscription.query), subscription.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(view(&subscription))).into_response())
}

/// One subscription.
pub(super) async fn get(
    visitor: Visitor<Read>,
    headers: HeaderMap,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Exception> {
    json_only(&headers)?;
    let wanted = id.clone();
    let found = visitor.read(move |repository| Ok(repository.subscription(&wanted)?)).await?;
    let found = found.filter(|subscription| subscription.query == name);
    let subscription =
        found.ok_or_else(|| Exception::not_found(format!("subscription {id} of the query {name}")))?;
    Ok(Json(view(&subscription)).into_response())
}

/// Unsubscribes.
pub(super) async fn remove(
    visitor: Visitor<Exchange>,
    Path((name, id)): Path<(String, String)>,
) -> Result<StatusCode, Exception> {
    let (query, wanted) = (name.clone(), id.clone());
    let dropped =
        visitor.change(move |repository| Ok(repository.drop_subscription(&query, &wanted)?)).await?;
    let gone = || Exception::not_found(format!("subscription {id} of the query {name}"));
    if dropped { Ok(StatusCode::NO_CONTENT) } else { Err(gone()) }
}

/// What was asked for, checked: where to, and either each event at once or by a schedule.
fn definition(body: &Value) -> Result<Map<String, Value>, Exception> {
    let Some(fields) = body.as_object() else {
        return Err(Exception::subscription("It must be an object with `dest`, and `stream` or `schedule`."));
    };
    let known =
        ["dest", "signatureToken", "secret", "stream", "schedule", "reportIfEmpty", "initialRecordTime"];
    if let Some(unknown) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Exception::subscription(format!("{unknown}: there is no such field")));
    }
    let dest = fields.get("dest").and_then(Value::as_str).unwrap_or_default();
    let is_address = (dest.starts_with("http://") || dest.starts_with("https://"))
        && dest.len() <= DEST_CHARS_MAX
        && plomb_epcis::is_uri(dest);
    if !is_address {
        return Err(Exception::subscription(
            "dest: it must be an address that begins with http:// or https://",
        ));
    }
    let text = |name: &str| fields.get(name).is_none_or(Value::is_string);
    if let Some(name) = ["signatureToken", "secret", "initialRecordTime"].into_iter().find(|name| !text(name))
    {
        return Err(Exception::subscription(format!("{name}: it must be a string")));
    }
    if let Some(time) = fields.get("initialRecordTime").and_then(Value::as_str)
        && parse_ms(time).is_none()
    {
        return Err(Exception::subscription(format!("initialRecordTime: `{time}` is no timestamp")));
    }
    if fields.get("reportIfEmpty").is_some_and(|value| !value.is_boolean()) {
        return Err(Exception::subscription("reportIfEmpty: it must be true or false"));
    }
    match (fields.get("stream"), fields.get("schedule")) {
        (Some(Value::Bool(true)), None) => {}
        (None, Some(schedule)) => {
            Schedule::of_json(schedule).map_err(Exception::subscription)?;
        }
        _ => return Err(Exception::subscription("It needs either `stream`: true or a `schedule`.")),
    }
    Ok(fields.clone())
}

/// A subscription as it is shown: without what signs its messages.
fn view(subscription: &Subscription) -> Value {
    let mut view = subscription.definition.as_object().cloned().unwrap_or_default();
    view.remove("signatureToken");
    view.remove("secret");
    view.insert("subscriptionID".to_owned(), json!(subscription.id));
    view.insert("createdAt".to_owned(), json!(format_ms(subscription.created_ms)));
    if let Some(at) = subscription.state.notified_ms {
        view.insert("lastNotifiedAt".to_owned(), json!(format_ms(at)));
        view.insert("minRecordTime".to_owned(), json!(format_ms(at)));
    }
    if let Some(error) = &subscription.state.last_error {
        view.insert("plomb:failures".to_owned(), json!(subscription.state.failures));
        view.insert("plomb:lastError".to_owned(), json!(error));
    }
    Value::Object(view)
}
