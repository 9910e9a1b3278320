//! All calls put together, with what holds for every answer.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use plomb_epcis::Repository;
use plomb_registry::Registry;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{Api, COOKIE};
use crate::accounts::Accounts;
use crate::problem::Problem;
use crate::routes::{
    accounts, alarms, api_keys, backtests, cases, commands, customs_messages, devices, events, evidence,
    expectations, history, live, movements, movements_import, opening_code, places, quarantine, registry,
    registry_gates, registry_keys, risk, rules, scorecards, seal_readings, seal_reports, seals, service,
    session, shared, tiles, track,
};
use crate::{ApiConfig, Platform, page};

/// Bytes of a request's body: the largest is an acknowledgement with its note.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// What the page may load, and from where: all from us, nothing inline.
const CSP: &str = "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self'; \
                   img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; object-src 'none'; \
                   base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// No page of ours needs these; the camera reads codes of seals in the field.
const PERMISSIONS: &str = "accelerometer=(), browsing-topics=(), camera=(self), display-capture=(), \
                           geolocation=(self), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Plomb",
        description = "Devices, events, alarms and evidence of Smart Security Devices on cargo. \
                       docs/api.md says what the shapes mean.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "session", description = "Logging in and out"),
        (name = "accounts", description = "Who may log in"),
        (name = "devices", description = "Devices and what they reported"),
        (name = "events", description = "One event and the way from its bytes to its alarms"),
        (name = "alarms", description = "What needs a person's action"),
        (name = "commands", description = "What devices are told to do"),
        (name = "places", description = "Zones, offices, stops, gaps and routes"),
        (name = "cases", description = "What people do about alarms"),
        (name = "movements", description = "What is declared, sealed, watched and discharged"),
        (name = "seals", description = "What somebody who stands before a seal asks"),
        (name = "registry", description = "Which devices are ours, with which keys, in whose hands; and quarantine"),
        (name = "evidence", description = "What others check us by"),
        (name = "live", description = "What happens now"),
        (name = "platform", description = "What the platform speaks and how it stands"),
        (name = "map", description = "The base map"),
        (name = "service", description = "For what watches the server"),
    ),
    security(("cookie" = []), ("token" = [])),
    components(schemas(live::HelloView)),
    modifiers(&SecuritySchemes),
)]
struct Document;

struct SecuritySchemes;

impl utoipa::Modify for SecuritySchemes {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let cookie = ApiKeyValue::with_description(
            COOKIE,
            "Set by POST /api/v1/session. A call that changes something must then carry X-Plomb-Request: 1.",
        );
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// The API, the base map and the page as one service. The server binds it with
/// `into_make_service_with_connect_info::<SocketAddr>()`, so that log-ins can be limited by peer.
pub fn router(
    platform: Arc<dyn Platform>,
    accounts: Arc<Accounts>,
    registry: Arc<Registry>,
    epcis: Arc<Repository>,
    config: ApiConfig,
) -> Router {
    let (routes, document) = declared().split_for_parts();
    let document: Arc<str> = render(&document).into();
    let openapi = get(move || async move { ([(CONTENT_TYPE, "application/json")], document.to_string()) });
    let api = Arc::new(Api::new(platform, accounts, registry, epcis, config));
    routes
        .route("/openapi.json", openapi)
        .route("/log/tile/{*path}", get(evidence::tile))
        .fallback(fallback)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(crate::epcis::router())
        .layer(middleware::map_response(secure))
        .layer(middleware::from_fn_with_state(Arc::clone(&api), count))
        .with_state(api)
}

/// The OpenAPI 3.1 document of the API, as JSON with a line break at its end. Committed as `openapi/plomb.json`.
#[must_use]
pub fn openapi() -> String {
    render(&declared().into_openapi())
}

fn render(document: &utoipa::openapi::OpenApi) -> String {
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn declared() -> OpenApiRouter<Arc<Api>> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(session::log_in, session::who, session::log_out))
        .routes(routes!(accounts::list, accounts::create))
        .routes(routes!(accounts::delete))
        .routes(routes!(accounts::set_password))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::delete))
        .routes(routes!(devices::list))
        .routes(routes!(devices::get))
        .routes(routes!(expectations::create))
        .routes(routes!(history::list))
        .routes(routes!(track::get))
        .routes(routes!(events::get))
        .routes(routes!(events::chain))
        .routes(routes!(events::raw))
        .routes(routes!(alarms::list))
        .routes(routes!(alarms::get))
        .routes(routes!(alarms::acknowledge))
        .routes(routes!(commands::of_device, commands::create))
        .routes(routes!(commands::list))
        .routes(routes!(commands::get))
        .routes(routes!(commands::authorise))
        .routes(routes!(commands::refuse))
        .routes(routes!(commands::cancel))
        .routes(routes!(cases::list))
        .routes(routes!(cases::figures))
        .routes(routes!(cases::hand_over))
        .routes(routes!(cases::get))
        .routes(routes!(cases::step))
        .routes(routes!(movements::list, movements::declare))
        .routes(routes!(movements_import::import))
        .routes(routes!(movements::get))
        .routes(routes!(movements::step))
        .routes(routes!(customs_messages::draft_message))
        .routes(routes!(movements::checks))
        .routes(routes!(opening_code::give))
        .routes(routes!(shared::make))
        .routes(routes!(shared::get))
        .routes(routes!(shared::incident))
        .routes(routes!(evidence::trip_report))
        .routes(routes!(evidence::proof))
        .routes(routes!(movements::policies))
        .routes(routes!(risk::queue))
        .routes(routes!(backtests::run))
        .routes(routes!(rules::get))
        .routes(routes!(rules::propose))
        .routes(routes!(rules::approve))
        .routes(routes!(rules::refuse))
        .routes(routes!(places::list))
        .routes(routes!(places::import))
        .routes(routes!(places::get, places::put, places::drop_place))
        .routes(routes!(seals::look_up))
        .routes(routes!(seal_reports::compare))
        .routes(routes!(seal_readings::challenge))
        .routes(routes!(seal_readings::readings))
        .routes(routes!(live::fleet))
        .routes(routes!(live::stream))
        .routes(routes!(service::protocols))
        .routes(routes!(service::status));
    OpenApiRouter::with_openapi(Document::openapi())
        .nest("/api/v1", v1.merge(register()))
        .routes(routes!(service::healthz))
        .routes(routes!(service::readyz))
        .routes(routes!(service::metrics))
        .routes(routes!(evidence::checkpoint))
        .routes(routes!(evidence::keys))
        .routes(routes!(evidence::witness))
        .routes(routes!(tiles::map))
        .routes(routes!(tiles::tile))
}

/// Calls of the register of devices.
fn register() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(registry::models))
        .routes(routes!(registry::put_model))
        .routes(routes!(registry::devices))
        .routes(routes!(registry::device, registry::put_device))
        .routes(routes!(registry::custody, registry::hand_over))
        .routes(routes!(registry::aliases, registry::put_alias))
        .routes(routes!(registry::drop_alias))
        .routes(routes!(registry_keys::list, registry_keys::put))
        .routes(routes!(registry_keys::drop_key))
        .routes(routes!(registry_keys::credentials))
        .routes(routes!(registry_keys::put_credential, registry_keys::drop_credential))
        .routes(routes!(registry_gates::list))
        .routes(routes!(registry_gates::put, registry_gates::drop_reader))
        .routes(routes!(registry_gates::audit))
        .routes(routes!(scorecards::get))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::adopt))
        .routes(routes!(quarantine::refuse))
}

/// Paths that no call has: the page's own, or none.
async fn fallback(method: Method, uri: Uri, request: Request) -> Response {
    let path = uri.path();
    if path == "/api" || path.starts_with("/api/") {
        return Problem::no_such_path(path).into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return method_not_allowed(method, uri).await;
    }
    page::response(path, request.headers()).unwrap_or_else(|| Problem::no_such_path(path).into_response())
}

async fn method_not_allowed(method: Method, uri: Uri) -> Response {
    Problem::method_not_allowed(method.as_str(), uri.path()).into_response()
}

/// Headers that every answer carries.
async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS));
    // What is not said to be for keeping may hold anything.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Counts each request by its route's pattern.
async fn count(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let began_at = Instant::now();
    let method = method_word(request.method());
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "other".to_owned(), |route| route.as_str().to_owned());
    let response = next.run(request).await;
    api.telemetry.request(method, route, response.status().as_u16(), began_at.elapsed());
    response
}

/// Labels must be few: anybody can make up methods.
fn method_word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
