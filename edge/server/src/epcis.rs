//! Standing queries of EPCIS: what they find is sent to the addresses that subscribed, signed, until it is taken.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hmac::{Hmac, Mac};
use plomb_epcis::{
    EpcFormat, FindError, Namespaces, Query, Repository, RepositoryError, Schedule, Subscription, format_ms,
    parse_ms, query_document, with_record_time,
};
use plomb_ingest::now;
use plomb_wire::to_hex;
use serde_json::Value;
use sha2::Sha256;
use tokio::sync::watch;
use tracing::{error, warn};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::config::Epcis;

/// How often it is looked for new events and due schedules.
const ROUND: Duration = Duration::from_millis(500);
/// How long a subscriber may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Events of one message; a subscriber that answers 413 is sent fewer.
const EVENTS_MAX: usize = 500;
/// Subscriptions that are looked at.
const SUBSCRIPTIONS_MAX: usize = 1_000;
/// After so many failures the waits between attempts grow no more: 2^9 s are eight and a half minutes.
const FAILURES_GROWING_MAX: u32 = 9;

/// The repository of a data directory.
///
/// # Errors
/// When it cannot be opened.
pub(crate) fn open_epcis(directory: &Path, config: &Epcis) -> anyhow::Result<Arc<Repository>> {
    let path = directory.join("epcis.sqlite");
    let repository = Repository::open(&path);
    let repository =
        repository.with_context(|| format!("opening the EPCIS repository {}", path.display()))?;
    config.company_prefixes.iter().for_each(|prefix| repository.learn_prefix(prefix));
    Ok(Arc::new(repository))
}

/// Sends what standing queries find.
pub(crate) struct Courier {
    repository: Arc<Repository>,
    agent: ureq::Agent,
}

/// What became of a message.
enum Sent {
    Taken,
    TooLarge,
    Failed(String),
}

impl Courier {
    /// Whoever one of the certificates in the file vouches for is sent to with TLS; without the file, nobody.
    pub(crate) fn new(repository: Arc<Repository>, authorities: &Path) -> anyhow::Result<Self> {
        let pem = match std::fs::read(authorities) {
            Ok(pem) => pem,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                warn!(file = %authorities.display(), "No certificates of authorities: subscribers with https cannot be reached");
                Vec::new()
            }
            Err(error) => return Err(error).with_context(|| format!("reading {}", authorities.display())),
        };
        let roots: Vec<Certificate<'static>> = parse_pem(&pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(provider);
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_MAX))
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(tls.build());
        Ok(Self { repository, agent: agent.build().into() })
    }

    /// Looks after the subscriptions until it is told to stop.
    pub(crate) async fn rounds(self, mut stopped: watch::Receiver<bool>) {
        let courier = Arc::new(self);
        let mut since_s = now().0.as_millis() / 1_000;
        loop {
            let (round, until_s) = (Arc::clone(&courier), now().0.as_millis() / 1_000);
            match tokio::task::spawn_blocking(move || round.round(since_s, until_s)).await {
                Ok(Err(error)) => error!(%error, "Standing queries cannot be run"),
                Ok(Ok(())) => {}
                Err(_) => return,
            }
            since_s = until_s;
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                _ = stopped.changed() => return,
            }
        }
    }

    /// Serves every subscription that is due in the seconds after `since_s`.
    fn round(&self, since_s: i64, until_s: i64) -> Result<(), RepositoryError> {
        for subscription in self.repository.subscriptions(None, 0, SUBSCRIPTIONS_MAX)? {
            let waits = 1_i64 << subscription.state.failures.min(FAILURES_GROWING_MAX);
            let failed_before = subscription.state.failures > 0;
            let due = match subscription.definition.get("schedule").map(Schedule::of_json) {
                // What failed is tried again after a wait, scheduled or not.
                _ if failed_before => until_s > since_s && until_s % waits == 0,
                Some(Ok(schedule)) => (since_s + 1..=until_s).any(|second| schedule.matches(second)),
                Some(Err(_)) => false,
                None => subscription.state.position < self.repository.newest(),
            };
            if due {
                self.serve(subscription)?;
            }
        }
        Ok(())
    }

    /// Sends everything that a subscription has not been told.
    fn serve(&self, mut subscription: Subscription) -> Result<(), RepositoryError> {
        let mut limit = EVENTS_MAX;
        let report_if_empty = subscription.definition.get("reportIfEmpty") == Some(&Value::Bool(true));
        let mut told = false;
        loop {
            let (message, looked) = match self.message(&subscription, limit) {
                Ok(found) => found,
                Err(why) => return self.note(&mut subscription, Err(why)),
            };
            let nothing = looked == subscription.state.position;
            match message {
                None if nothing && report_if_empty && !told => {
                    let sent = self.send(&subscription, &self.document(&subscription, Vec::new()));
                    return self.note(&mut subscription, taken(sent));
                }
                None => {
                    subscription.state.position = looked;
                    if nothing {
                        return self.repository.set_subscription_state(&subscription.id, &subscription.state);
                    }
                }
                Some(message) => match self.send(&subscription, &message) {
                    Sent::Taken => {
                        told = true;
                        subscription.state.position = looked;
                        self.note(&mut subscription, Ok(()))?;
                    }
                    Sent::TooLarge if limit > 1 => limit = (limit / 4).max(1),
                    sent => return self.note(&mut subscription, taken(sent)),
                },
            }
        }
    }

    /// The next message of a subscription, and up to which event it goes.
    fn message(&self, subscription: &Subscription, limit: usize) -> Result<(Option<String>, i64), String> {
        let named = self.repository.query(&subscription.query).map_err(|error| error.to_string())?;
        let named = named.ok_or_else(|| format!("there is no query {} any more", subscription.query))?;
        let mut query =
            Query::of_json(&named.query, &Namespaces::default()).map_err(|fault| fault.to_string())?;
        let initial = subscription.definition.get("initialRecordTime").and_then(Value::as_str);
        if let Some(initial) = initial.and_then(parse_ms) {
            query = query.with("GE_recordTime", &format_ms(initial)).map_err(|fault| fault.to_string())?;
        }
        let found = self.repository.find_after(&query, subscription.state.position, limit);
        let (found, looked) = found.map_err(|error: FindError| error.to_string())?;
        if found.is_empty() {
            return Ok((None, looked));
        }
        let format = subscription.definition.get("epcFormat").and_then(Value::as_str);
        let format = format.and_then(EpcFormat::of).unwrap_or_default();
        let events = self.repository.with_prefixes(|prefixes| {
            let events = found.into_iter().map(with_record_time);
            events.map(|event| format.translate(event, prefixes)).collect()
        });
        Ok((Some(self.document(subscription, events)), looked))
    }

    fn document(&self, subscription: &Subscription, events: Vec<plomb_epcis::Event>) -> String {
        let now_ms = now().0.as_millis();
        query_document(events, &subscription.query, Some(&subscription.id), now_ms).to_string()
    }

    /// Sends a message, signed where the subscriber gave something to sign with: `GS1-Signature: sha256=HEX`, the
    /// HMAC-SHA-256 of the body under the `signatureToken`.
    fn send(&self, subscription: &Subscription, body: &str) -> Sent {
        let text = |name: &str| subscription.definition.get(name).and_then(Value::as_str);
        let Some(dest) = text("dest") else { return Sent::Failed("there is no address".to_owned()) };
        let mut request = self
            .agent
            .post(dest)
            .header("content-type", "application/json")
            .header("gs1-epcis-version", "2.0.0");
        if let Some(token) = text("signatureToken").or_else(|| text("secret"))
            && let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(token.as_bytes())
        {
            mac.update(body.as_bytes());
            request =
                request.header("gs1-signature", format!("sha256={}", to_hex(&mac.finalize().into_bytes())));
        }
        match request.send(body).map(|response| response.status().as_u16()) {
            Ok(200..300) => Sent::Taken,
            Ok(413) => Sent::TooLarge,
            Ok(status) => Sent::Failed(format!("it answered {status}")),
            Err(error) => Sent::Failed(error.to_string()),
        }
    }

    /// Keeps how a subscription stands after an attempt.
    fn note(&self, subscription: &mut Subscription, done: Result<(), String>) -> Result<(), RepositoryError> {
        let state = &mut subscription.state;
        match done {
            Ok(()) => {
                state.notified_ms = Some(now().0.as_millis());
                state.failures = 0;
                state.last_error = None;
            }
            Err(why) => {
                if state.failures == 0 {
                    warn!(subscription = %subscription.id, why, "A subscriber of EPCIS events was not reached");
                }
                state.failures = state.failures.saturating_add(1);
                state.last_error = Some(why);
            }
        }
        self.repository.set_subscription_state(&subscription.id, &subscription.state)
    }
}

fn taken(sent: Sent) -> Result<(), String> {
    match sent {
        Sent::Taken => Ok(()),
        Sent::TooLarge => Err("one event is too large for it".to_owned()),
        Sent::Failed(why) => Err(why),
    }
}
