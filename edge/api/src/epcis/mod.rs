//! EPCIS 2.0 over HTTP (EPCIS 2.0, section 12; the REST binding), under `/epcis/v2`, with the accounts and rights of the
//! product. Documents and the repository are `plomb-epcis`'s.

mod capture;
mod discovery;
mod events;
mod exception;
mod negotiation;
mod paging;
mod queries;
mod resources;
mod stream;
mod subscriptions;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{delete, get};

use crate::access::Api;

/// Where it is served.
const BASE: &str = "/epcis/v2";
/// Bytes of a document that is captured.
const CAPTURE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Events of a document that is captured.
const CAPTURE_EVENTS_MAX: usize = 50_000;
/// Results of a page when nothing is said.
const PER_PAGE: usize = 30;
/// Results of a page at most.
const PER_PAGE_MAX: usize = 1_000;
/// Bytes of a request's address.
const URI_BYTES_MAX: usize = 16 * 1024;

/// The calls of EPCIS.
pub(crate) fn router() -> Router<Arc<Api>> {
    let root = || get(resources::root).options(discovery::plain);
    let mut router = Router::new()
        .route("/", root())
        .route("/capture", get(capture::list).post(capture::capture).options(discovery::capture))
        .route("/capture/{id}", get(capture::get).options(discovery::plain))
        .route("/events", get(events::find).post(capture::event).options(discovery::writable))
        .route("/events/{id}", get(events::get).options(discovery::plain))
        .route("/queries", get(queries::list).post(queries::create).options(discovery::writable))
        .route("/queries/{name}", get(queries::get).delete(queries::remove).options(discovery::removable))
        .route("/queries/{name}/events", get(queries::events).options(discovery::plain))
        .route(
            "/queries/{name}/subscriptions",
            get(subscriptions::list).post(subscriptions::create).options(discovery::writable),
        )
        .route(
            "/queries/{name}/subscriptions/{id}",
            get(subscriptions::get).delete(subscriptions::remove).options(discovery::subscription),
        )
        .route("/nextPageToken/{token}", delete(queries::forget_token));
    for kind in resources::Kind::ALL {
        let path = kind.path();
        router = router
            .route(
                &format!("/{path}"),
                get(move |visitor, headers, parameters| resources::list(kind, visitor, headers, parameters))
                    .options(discovery::plain),
            )
            .route(
                &format!("/{path}/{{value}}"),
                get(move |visitor, headers, value, pairs| {
                    resources::get(kind, visitor, headers, value, pairs)
                })
                .options(discovery::plain),
            )
            .route(
                &format!("/{path}/{{value}}/events"),
                get(move |visitor, headers, value, uri| {
                    resources::events(kind, visitor, headers, value, uri)
                })
                .options(discovery::plain),
            );
    }
    let router =
        router.fallback(exception::no_such_path).method_not_allowed_fallback(exception::no_such_method);
    Router::new()
        .nest(BASE, router)
        .route(&format!("{BASE}/"), root())
        .layer(DefaultBodyLimit::max(CAPTURE_BYTES_MAX))
        .layer(middleware::from_fn(negotiation::answer))
}
