//! A query that goes on over a WebSocket (EPCIS 2.0, section 12.11).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use plomb_epcis::{EpcFormat, Query, Repository, Schedule, query_document, with_record_time};
use tokio::time::{MissedTickBehavior, interval};

use super::exception::Exception;
use super::negotiation::text;
use super::paging::Pairs;
use super::visitor::Visitor;
use crate::access::Read;

/// How often it is looked for new events.
const LOOK: Duration = Duration::from_millis(250);
/// Events of one message.
const EVENTS_MAX: usize = 500;
/// Bytes that a client may send at once: it has nothing to say.
const MESSAGE_BYTES_MAX: usize = 4 * 1024;

/// When a client is told.
enum When {
    AtOnce,
    Scheduled { schedule: Schedule, report_if_empty: bool },
}

/// Opens the conversation.
pub(super) fn open(
    visitor: &Visitor<Read>,
    upgrade: WebSocketUpgrade,
    query: Query,
    name: String,
    headers: &HeaderMap,
    pairs: &Pairs,
) -> Result<Response, Exception> {
    let value = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let known = ["stream", "second", "minute", "hour", "dayOfMonth", "month", "dayOfWeek", "reportIfEmpty"];
    if let Some((unknown, _)) = pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(Exception::subscription(format!("{unknown}: there is no such parameter")));
    }
    let scheduled = known.iter().skip(1).take(6).any(|name| value(name).is_some());
    let when = match (value("stream").as_deref(), scheduled) {
        (Some("true") | None, false) => When::AtOnce,
        (None, true) => {
            let schedule = Schedule::parse(value).map_err(Exception::subscription)?;
            When::Scheduled { schedule, report_if_empty: value("reportIfEmpty").as_deref() == Some("true") }
        }
        _ => return Err(Exception::subscription("It takes either stream=true or a schedule.")),
    };
    let epcs = text(headers, "gs1-epc-format").and_then(EpcFormat::of).unwrap_or_default();
    let repository = visitor.repository();
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES_MAX);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let told = Telling { repository, query, name, epcs };
        told.until_closed(socket, when).await;
    }))
}

struct Telling {
    repository: Arc<Repository>,
    query: Query,
    name: String,
    epcs: EpcFormat,
}

impl Telling {
    async fn until_closed(self, mut socket: WebSocket, when: When) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut position = self.repository.newest();
        let mut second = now_s();
        let telling = Arc::new(self);
        loop {
            tokio::select! {
                message = socket.recv() => match message {
                    None | Some(Err(_) | Ok(Message::Close(_))) => return,
                    Some(Ok(_)) => continue,
                },
                _ = ticks.tick() => {}
            }
            let report_if_empty = match &when {
                When::AtOnce => false,
                When::Scheduled { schedule, report_if_empty } => {
                    let now = now_s();
                    let due = (second + 1..=now).any(|second| schedule.matches(second));
                    second = now;
                    if !due {
                        continue;
                    }
                    *report_if_empty
                }
            };
            loop {
                let nothing_new = telling.repository.newest() <= position;
                if nothing_new && !report_if_empty {
                    break;
                }
                let asked = Arc::clone(&telling);
                let found = tokio::task::spawn_blocking(move || asked.look(position)).await;
                let Ok(Some((text, looked))) = found else { return };
                position = looked;
                if let Some(text) = text.or_else(|| report_if_empty.then(|| telling.empty()))
                    && socket.send(Message::Text(text.into())).await.is_err()
                {
                    return;
                }
                if nothing_new || telling.repository.newest() <= position {
                    break;
                }
            }
        }
    }

    /// What is new, as a document; and up to where it was looked.
    fn look(&self, position: i64) -> Option<(Option<String>, i64)> {
        let (found, looked) = self.repository.find_after(&self.query, position, EVENTS_MAX).ok()?;
        if found.is_empty() {
            return Some((None, looked));
        }
        let events = self.repository.with_prefixes(|prefixes| {
            let events = found.into_iter().map(with_record_time);
            events.map(|event| self.epcs.translate(event, prefixes)).collect()
        });
        Some((Some(query_document(events, &self.name, None, now_s() * 1_000).to_string()), looked))
    }

    fn empty(&self) -> String {
        query_document(Vec::new(), &self.name, None, now_s() * 1_000).to_string()
    }
}

fn now_s() -> i64 {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX)
}
