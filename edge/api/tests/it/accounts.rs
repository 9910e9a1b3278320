//! Managing accounts.

use plomb_api::{AccountSettings, Accounts, AuditFact, PasswordCost, Role, SqliteAccounts};
use plomb_model::{Redacted, Timestamp};
use serde_json::{Value, json};

use crate::client::{Client, PASSWORD, World};

const LIGHT: AccountSettings = AccountSettings {
    session_s: 100,
    idle_s: 100,
    password_cost: PasswordCost { memory_kib: 8, passes: 1, lanes: 1 },
};

#[tokio::test]
async fn an_account_is_made_used_and_deleted() {
    let world = World::new();
    let admin = world.client("admin").await;
    let new = json!({"name": "post.12", "role": "operator", "password": PASSWORD});
    assert_eq!(admin.call("POST", "/api/v1/accounts", &new).await.status, 201);
    admin.call("POST", "/api/v1/accounts", &new).await.is_problem(409, "conflict");
    let names: Vec<Value> = admin.json("/accounts").await["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["name"].clone())
        .collect();
    assert_eq!(names, ["admin", "device-operator", "operator", "post.12", "viewer"]);
    assert!(!admin.get("/accounts").await.text().contains("argon2"));

    let officer = world.client("post.12").await;
    assert_eq!(officer.get("/devices").await.status, 200);
    assert_eq!(admin.call("DELETE", "/api/v1/accounts/post.12", &Value::Null).await.status, 204);
    officer.get("/devices").await.is_problem(401, "not-logged-in");
    admin.call("DELETE", "/api/v1/accounts/post.12", &Value::Null).await.is_problem(404, "not-found");

    let facts = world.audit.lock().unwrap().clone();
    let by = || "admin".to_owned();
    let account = || "post.12".to_owned();
    assert!(facts.contains(&AuditFact::Created { by: by(), account: account(), role: Role::Operator }));
    assert!(facts.contains(&AuditFact::Deleted { by: by(), account: account() }));
    assert!(!format!("{facts:?}").contains(PASSWORD));
}

#[tokio::test]
async fn the_last_admin_stays() {
    let world = World::new();
    let admin = world.client("admin").await;
    admin.call("DELETE", "/api/v1/accounts/admin", &Value::Null).await.is_problem(409, "conflict");
}

#[tokio::test]
async fn names_and_passwords_that_cannot_be_taken_are_refused() {
    let world = World::new();
    let admin = world.client("admin").await;
    for (name, password) in [
        ("", PASSWORD),
        ("Big", PASSWORD),
        ("with space", PASSWORD),
        ("-dash", PASSWORD),
        ("new", "too short"),
        ("newcomer", "the newcomer password"),
    ] {
        let body = json!({"name": name, "role": "viewer", "password": password});
        admin.call("POST", "/api/v1/accounts", &body).await.is_problem(422, "unacceptable");
    }
    let body = json!({"name": "new", "role": "king", "password": PASSWORD});
    let problem = admin.call("POST", "/api/v1/accounts", &body).await.is_problem(422, "bad-body");
    assert!(
        problem["detail"].as_str().unwrap().contains("viewer, operator, device-operator, admin"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_password_is_ones_own_or_an_admins_to_set() {
    let world = World::new();
    let (viewer, elsewhere) = (world.client("viewer").await, world.client("viewer").await);
    let new = json!({"password": "an entirely new one"});
    let path = "/api/v1/accounts/viewer/password";
    assert_eq!(viewer.call("PUT", path, &new).await.status, 204);
    assert_eq!(viewer.get("/devices").await.status, 200, "the session that changed it goes on");
    elsewhere.get("/devices").await.is_problem(401, "not-logged-in");
    viewer.call("PUT", "/api/v1/accounts/operator/password", &new).await.is_problem(403, "not-allowed");
    viewer.call("PUT", "/api/v1/accounts/nobody/password", &new).await.is_problem(403, "not-allowed");

    let admin = world.client("admin").await;
    let weak = json!({"password": "weak"});
    admin.call("PUT", path, &weak).await.is_problem(422, "unacceptable");
    admin.call("PUT", "/api/v1/accounts/nobody/password", &new).await.is_problem(404, "not-found");
    assert_eq!(admin.call("PUT", path, &json!({"password": PASSWORD})).await.status, 204);
    viewer.get("/devices").await.is_problem(401, "not-logged-in");
    world.log_in("viewer").await;
}

#[test]
fn the_first_start_makes_an_admin_with_a_password_of_its_own() {
    let now = Timestamp::from_secs(1_795_508_130);
    let make = || Accounts::new(Box::new(SqliteAccounts::in_memory().unwrap()), LIGHT).unwrap();
    let (one, two) = (make(), make());
    let first = one.ensure_admin(now).unwrap().unwrap();
    assert!(first.expose().len() >= 20);
    assert_eq!(one.ensure_admin(now).unwrap(), None, "only once");
    assert!(two.ensure_admin(now).unwrap().unwrap() != first);
}

#[test]
fn accounts_are_kept_in_a_file_that_only_its_owner_reads() {
    let folder = std::env::temp_dir().join(format!("plomb-accounts-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("accounts.sqlite");
    let now = Timestamp::from_secs(1_795_508_130);
    {
        let accounts = Accounts::open(&path, LIGHT).unwrap();
        accounts.create_blocking("kept", Role::Viewer, &Redacted::new(PASSWORD), now).unwrap();
    }
    let accounts = Accounts::open(&path, LIGHT).unwrap();
    assert!(accounts.create_blocking("kept", Role::Viewer, &Redacted::new(PASSWORD), now).is_err());
    accounts.set_password_blocking("kept", &Redacted::new("another long one")).unwrap();
    assert!(accounts.set_password_blocking("gone", &Redacted::new("another long one")).is_err());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    drop(accounts);
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let refused = Accounts::open(&path, LIGHT).err().unwrap();
    assert!(refused.to_string().contains("newer"), "{refused}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_key_does_what_it_is_for_until_it_ends_or_is_taken_back() {
    let world = World::new();
    let operator = world.client("operator").await;
    let wish = json!({"label": "EPCIS of the port", "rights": ["read", "exchange"], "days": 30});
    let made = operator.call("POST", "/api/v1/keys", &wish).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let (id, token) = (made["key"]["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let key = Client { world: &world, bearer: format!("Bearer {token}") };
    assert_eq!(key.get("/devices").await.status, 200);
    assert_eq!(key.call("GET", "/epcis/v2/events", &Value::Null).await.status, 200);
    let refused =
        key.call("POST", "/api/v1/movements", &json!({"lrn": "L"})).await.is_problem(403, "not-allowed");
    assert!(refused["detail"].as_str().unwrap().starts_with("This key may not"), "{refused}");
    // Keys are for programs: they make no keys and set no passwords.
    key.get("/keys").await.is_problem(403, "not-allowed");
    key.call("PUT", "/api/v1/accounts/operator/password", &json!({"password": PASSWORD}))
        .await
        .is_problem(403, "not-allowed");
    let list = operator.json("/keys").await;
    assert_eq!(list["items"][0]["label"], "EPCIS of the port");
    assert!(list["items"][0]["used_at"].is_string(), "{list}");
    assert!(!list.to_string().contains(token));
    // Whose it is not cannot take it back.
    let path = format!("/api/v1/keys/{id}");
    world.client("admin").await.call("DELETE", &path, &Value::Null).await.is_problem(404, "not-found");
    assert_eq!(operator.call("DELETE", &path, &Value::Null).await.status, 204);
    key.get("/devices").await.is_problem(401, "not-logged-in");
    let wish = json!({"label": "short", "rights": ["read"], "days": 1});
    let short = operator.call("POST", "/api/v1/keys", &wish).await.json();
    let bearer = format!("Bearer {}", short["token"].as_str().unwrap());
    let short = Client { world: &world, bearer };
    world.wait(86_399);
    assert_eq!(short.get("/devices").await.status, 200, "a key does not end by being idle");
    world.wait(1);
    short.get("/devices").await.is_problem(401, "not-logged-in");
    let operator = world.client("operator").await;
    for wrong in [
        json!({"label": "x", "rights": []}),
        json!({"label": "x", "rights": ["administer"]}),
        json!({"label": "x", "rights": ["register"]}),
        json!({"label": "x", "rights": ["fly"]}),
        json!({"label": "", "rights": ["read"]}),
        json!({"label": "x", "rights": ["read"], "days": 0}),
        json!({"label": "x", "rights": ["read"], "days": 731}),
    ] {
        operator.call("POST", "/api/v1/keys", &wrong).await.is_problem(422, "unacceptable");
    }
}
