//! A client of the API that needs no socket.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use plomb_api::{
    AccountSettings, Accounts, ApiConfig, AuditFact, PasswordCost, Role, SqliteAccounts, router,
};
use plomb_epcis::Repository;
use plomb_model::{Redacted, Timestamp};
use plomb_registry::Registry;
use serde_json::Value;
use tower::ServiceExt;

use crate::fake::{BEGIN, Fake};

/// The password of every account of the tests.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// Cheap hashing: these tests are not about its strength.
const LIGHT: PasswordCost = PasswordCost { memory_kib: 8, passes: 1, lanes: 1 };

/// The API over a fake platform, with an account of each role named after it.
pub(crate) struct World {
    pub(crate) fake: Arc<Fake>,
    pub(crate) audit: Arc<Mutex<Vec<AuditFact>>>,
    pub(crate) registry: Arc<Registry>,
    router: Router,
    now_ms: Arc<AtomicI64>,
    directory: PathBuf,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The answer is a problem of this status and sort.
    pub(crate) fn is_problem(&self, status: u16, kind: &str) -> Value {
        let text = self.text();
        assert_eq!(self.status.as_u16(), status, "{text}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:plomb:problem:{kind}"), "{text}");
        assert_eq!(problem["status"], status);
        for member in ["title", "detail", "hint"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {text}");
        }
        problem
    }
}

/// A directory of its own, which goes with the world.
fn directory() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let directory = std::env::temp_dir().join(format!("plomb-api-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

impl Drop for World {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut ApiConfig)) -> Self {
        let fake = Arc::new(Fake::new());
        let settings = AccountSettings { password_cost: LIGHT, ..AccountSettings::default() };
        let store = Box::new(SqliteAccounts::in_memory().unwrap());
        let accounts = Accounts::new(store, settings).unwrap();
        for role in Role::ALL {
            let password = Redacted::new(PASSWORD);
            accounts.create_blocking(role.name(), role, &password, Timestamp::from_secs(BEGIN)).unwrap();
        }
        let registry = Arc::new(Registry::in_memory().unwrap());
        let now_ms = Arc::new(AtomicI64::new((BEGIN + 1_000) * 1_000));
        let audit: Arc<Mutex<Vec<AuditFact>>> = Arc::default();
        let (clock, facts) = (Arc::clone(&now_ms), Arc::clone(&audit));
        let mut config = ApiConfig {
            clock: Arc::new(move || Timestamp::from_millis(clock.load(Ordering::Relaxed))),
            audit: Arc::new(move |fact| facts.lock().unwrap().push(fact.clone())),
            ..ApiConfig::default()
        };
        change(&mut config);
        let directory = directory();
        let epcis = Arc::new(Repository::open(&directory.join("epcis.sqlite")).unwrap());
        let router =
            router(Arc::<Fake>::clone(&fake), Arc::new(accounts), Arc::clone(&registry), epcis, config);
        Self { fake, audit, registry, router, now_ms, directory }
    }

    /// Lets time pass for the accounts.
    pub(crate) fn wait(&self, seconds: i64) {
        self.now_ms.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }

    /// Sends a request; the answer's body is not read.
    pub(crate) async fn open(&self, request: Request<Body>) -> axum::response::Response {
        let mut request = request;
        let peer: SocketAddr = "127.0.0.1:40000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.open(request).await.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A request with headers and, unless it is null, a JSON body.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        self.send(request(method, path, headers, body)).await
    }

    /// Logs an account in and gives its token.
    pub(crate) async fn log_in(&self, name: &str) -> String {
        let body = serde_json::json!({"name": name, "password": PASSWORD});
        let answer = self.call("POST", "/api/v1/session", &[], &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// Makes a client of an account.
    pub(crate) async fn client(&self, name: &str) -> Client<'_> {
        Client { world: self, bearer: format!("Bearer {}", self.log_in(name).await) }
    }
}

/// A program that is logged in.
pub(crate) struct Client<'a> {
    pub(crate) world: &'a World,
    pub(crate) bearer: String,
}

impl Client<'_> {
    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.world.call(method, path, &[("authorization", &self.bearer)], body).await
    }

    /// Sends a text as the body.
    pub(crate) async fn send(&self, method: &str, path: &str, text: &str) -> Answer {
        let request = Request::builder().method(method).uri(path).header("authorization", &self.bearer);
        self.world.send(request.body(Body::from(text.to_owned())).unwrap()).await
    }

    /// The answer to a GET below `/api/v1`.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", &format!("/api/v1{path}"), &Value::Null).await
    }

    /// The JSON of a GET below `/api/v1` that succeeds.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// All items of a list, page after page.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        for _ in 0..1_000 {
            let join = if path.contains('?') { '&' } else { '?' };
            let page = self.json(&format!("{path}{join}cursor={cursor}")).await;
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return items,
            }
        }
        panic!("{path} does not end");
    }
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if body.is_null() {
        return request.body(Body::empty()).unwrap();
    }
    request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
}
