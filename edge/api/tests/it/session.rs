//! Logging in and out, and what a session can do and for how long.

use plomb_api::AuditFact;
use serde_json::{Value, json};

use crate::client::{PASSWORD, World};

fn login(name: &str, password: &str) -> Value {
    json!({"name": name, "password": password})
}

#[tokio::test]
async fn logging_in_gives_a_token_and_a_strict_cookie() {
    let world = World::new();
    let answer = world.call("POST", "/api/v1/session", &[], &login("operator", PASSWORD)).await;
    assert_eq!(answer.status, 200);
    let session = answer.json();
    assert_eq!(session["account"], json!({"name": "operator", "role": "operator"}));
    let token = session["token"].as_str().unwrap();
    assert_eq!(token.len(), 64);
    let cookie = answer.header("set-cookie");
    assert_eq!(cookie, format!("plomb_session={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=46800"));
    assert_eq!(answer.header("cache-control"), "no-store");

    let by_cookie = [("cookie", &*format!("theme=dark; plomb_session={token}"))];
    let who = world.call("GET", "/api/v1/session", &by_cookie, &Value::Null).await.json();
    assert_eq!(who["account"]["name"], "operator");
    assert_eq!(who["expires_at"], session["expires_at"]);
    assert_eq!(who.get("token"), None);
    let facts = world.audit.lock().unwrap().clone();
    assert_eq!(facts, [AuditFact::LoggedIn { account: "operator".to_owned(), peer: "127.0.0.1".to_owned() }]);
}

#[tokio::test]
async fn over_tls_the_cookie_is_secure() {
    let world = World::with(|config| config.secure_cookies = true);
    let answer = world.call("POST", "/api/v1/session", &[], &login("viewer", PASSWORD)).await;
    assert!(answer.header("set-cookie").ends_with("; Secure"));
}

#[tokio::test]
async fn wrong_names_and_wrong_passwords_are_answered_alike() {
    let world = World::new();
    let wrong = world.call("POST", "/api/v1/session", &[], &login("operator", "wrong password")).await;
    let unknown = world.call("POST", "/api/v1/session", &[], &login("nobody", "wrong password")).await;
    wrong.is_problem(401, "wrong-password");
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    let facts = format!("{:?}", world.audit.lock().unwrap());
    assert!(facts.contains("operator") && !facts.contains("nobody") && !facts.contains("wrong password"));
}

#[tokio::test]
async fn without_a_session_nothing_is_told() {
    let world = World::new();
    let client = |headers: Vec<(&'static str, String)>| {
        let world = &world;
        async move {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            world.call("GET", "/api/v1/devices", &headers, &Value::Null).await
        }
    };
    client(vec![]).await.is_problem(401, "not-logged-in");
    client(vec![("authorization", "Bearer".to_owned())]).await.is_problem(401, "not-logged-in");
    client(vec![("authorization", format!("Bearer {}", "0".repeat(64)))])
        .await
        .is_problem(401, "not-logged-in");
    client(vec![("cookie", "plomb_session=zz".to_owned())]).await.is_problem(401, "not-logged-in");
}

#[tokio::test]
async fn logging_out_ends_the_session_and_is_never_an_error() {
    let world = World::new();
    let client = world.client("viewer").await;
    let answer = client.call("DELETE", "/api/v1/session", &Value::Null).await;
    assert_eq!(answer.status, 204);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    client.get("/devices").await.is_problem(401, "not-logged-in");
    assert_eq!(client.call("DELETE", "/api/v1/session", &Value::Null).await.status, 204);
    assert_eq!(world.call("DELETE", "/api/v1/session", &[], &Value::Null).await.status, 204);
}

#[tokio::test]
async fn a_change_by_cookie_needs_the_header_that_forms_cannot_send() {
    let world = World::new();
    let cookie = format!("plomb_session={}", world.log_in("operator").await);
    let path = "/api/v1/alarms/1/acknowledge";
    let body = json!({"reason": "called-driver"});
    let bare = world.call("POST", path, &[("cookie", &cookie)], &body).await;
    bare.is_problem(403, "request-header-missing");
    let marked = world.call("POST", path, &[("cookie", &cookie), ("x-plomb-request", "1")], &body).await;
    marked.is_problem(404, "not-found");
    let out = world.call("DELETE", "/api/v1/session", &[("cookie", &cookie)], &Value::Null).await;
    out.is_problem(403, "request-header-missing");
    let read = world.call("GET", "/api/v1/devices", &[("cookie", &cookie)], &Value::Null).await;
    assert_eq!(read.status, 200);
}

#[tokio::test]
async fn a_session_ends_after_a_shift_and_after_an_idle_hour() {
    let world = World::new();
    let client = world.client("viewer").await;
    for _ in 0..12 {
        world.wait(3_500);
        assert_eq!(client.get("/devices").await.status, 200);
    }
    world.wait(3_601);
    client.get("/devices").await.is_problem(401, "not-logged-in");

    let client = world.client("viewer").await;
    for _ in 0..13 {
        world.wait(3_599);
        assert_eq!(client.get("/devices").await.status, 200);
    }
    world.wait(60);
    client.get("/devices").await.is_problem(401, "not-logged-in");
}

#[tokio::test]
async fn after_five_failures_a_log_in_must_wait_longer_each_time() {
    let world = World::new();
    for _ in 0..5 {
        let answer = world.call("POST", "/api/v1/session", &[], &login("operator", "wrong password")).await;
        answer.is_problem(401, "wrong-password");
    }
    let refused = world.call("POST", "/api/v1/session", &[], &login("operator", PASSWORD)).await;
    refused.is_problem(429, "too-many-attempts");
    assert_eq!(refused.header("retry-after"), "1");
    world.wait(1);
    let wrong = world.call("POST", "/api/v1/session", &[], &login("operator", "wrong password")).await;
    wrong.is_problem(401, "wrong-password");
    let refused = world.call("POST", "/api/v1/session", &[], &login("operator", PASSWORD)).await;
    assert_eq!(refused.header("retry-after"), "2");
    world.wait(2);
    world.log_in("operator").await;
    world.log_in("viewer").await;
}

#[tokio::test]
async fn behind_a_proxy_the_peer_is_the_one_that_the_proxy_noted() {
    let peer_of = async |forwarded_for: bool| {
        let world = World::with(|config| config.forwarded_for = forwarded_for);
        let headers = [("x-forwarded-for", "6.6.6.6, 10.1.2.3")];
        world.call("POST", "/api/v1/session", &headers, &login("viewer", PASSWORD)).await;
        match world.audit.lock().unwrap().first() {
            Some(AuditFact::LoggedIn { peer, .. }) => peer.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(peer_of(true).await, "10.1.2.3");
    assert_eq!(peer_of(false).await, "127.0.0.1");
}

#[tokio::test]
async fn bodies_that_are_not_as_they_should_be_are_told_apart() {
    let world = World::new();
    let json = [("content-type", "application/json")];
    let send = async |headers: &[(&str, &str)], body: String| {
        let mut request = crate::client::request("POST", "/api/v1/session", headers, &Value::Null);
        *request.body_mut() = body.into();
        world.send(request).await
    };
    send(&[], "{}".to_owned()).await.is_problem(415, "bad-body");
    send(&json, "{".to_owned()).await.is_problem(400, "bad-body");
    let missing = send(&json, r#"{"name": "viewer"}"#.to_owned()).await.is_problem(422, "bad-body");
    assert!(missing["detail"].as_str().unwrap().contains("password"), "{missing}");
    let extra = r#"{"name": "viewer", "password": "x", "role": "admin"}"#.to_owned();
    let extra = send(&json, extra).await.is_problem(422, "bad-body");
    assert!(extra["detail"].as_str().unwrap().contains("unknown field `role`"), "{extra}");
    let long = format!(r#"{{"name": "viewer", "password": "{}"}}"#, "x".repeat(70_000));
    send(&json, long).await.is_problem(413, "bad-body");
}
