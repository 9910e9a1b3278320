//! Keys and credentials of the register: they go in and never come out.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use plomb_devices::{DeviceKey, KeyPurpose, SecretBytes};
use plomb_model::{DeviceId, Redacted, Transport};
use plomb_registry::Credential;
use plomb_wire::{from_hex, to_hex};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::access::{Authorised, Read, Register};
use crate::problem::{Problem, ProblemView};
use crate::request::{Body, Id, Secret};
use crate::view::{
    CredentialView, CredentialsView, FromText, KeyPurposeWord, KeyView, KeysView, NewSecretView, ProtocolWord,
};

/// Longest key: an RSA key is longer, and none is taken here.
const SECRET_BYTES_MAX: usize = 256;
/// Longest name of a key in a message.
const ID_BYTES_MAX: usize = 64;
/// Random bytes of a credential's secret.
const DRAWN_BYTES: usize = 20;

/// What keys a device has; never the keys.
#[utoipa::path(get, operation_id = "list_keys", path = "/registry/devices/{id}/keys", tag = "registry",
    params(("id" = String, Path, example = "plomb:0a0b0c")), responses(
    (status = 200, body = KeysView),
))]
pub(crate) async fn list(reader: Authorised<Read>, Id(id): Id<DeviceId>) -> Result<Json<KeysView>, Problem> {
    let keys = reader.look(move |registry| registry.key_facts(Some(&id))).await?;
    Ok(Json(KeysView { items: keys.into_iter().map(KeyView::from).collect() }))
}

/// A key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    purpose: KeyPurposeWord,
    /// By what messages name it, in hexadecimal. Of `lock-password` it may be left out.
    #[serde(default)]
    id: String,
    /// In hexadecimal.
    #[schema(value_type = Option<String>, format = Password)]
    secret: Option<Secret>,
    /// Of `lock-password`, in the place of `secret`: the password as it is typed.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret>,
    /// In hexadecimal; of `oscore-master` the master salt.
    #[serde(default)]
    salt: String,
}

impl NewKey {
    fn key(self, device: DeviceId) -> Result<DeviceKey, Problem> {
        let is_password = self.purpose.0 == KeyPurpose::LockPassword;
        let secret = match (self.secret, self.password) {
            (Some(secret), None) => hex("secret", &secret.0)?,
            (None, Some(password)) if is_password => SecretBytes::new(password.0.expose().as_bytes()),
            _ => {
                let why =
                    "secret: there must be one, in hexadecimal; or `password`, of a lock-password alone";
                return Err(Problem::unacceptable(why));
            }
        };
        let length = secret.expose().len();
        if length == 0 || length > SECRET_BYTES_MAX {
            return Err(Problem::unacceptable(format!("secret: it must have 1 to {SECRET_BYTES_MAX} bytes")));
        }
        let id = match (self.id.as_str(), is_password) {
            ("", true) => device.to_string().into_bytes(),
            (text, _) => bytes("id", text)?,
        };
        if id.is_empty() || id.len() > ID_BYTES_MAX {
            return Err(Problem::unacceptable(format!("id: it must have 1 to {ID_BYTES_MAX} bytes")));
        }
        let salt = bytes("salt", &self.salt)?.into();
        Ok(DeviceKey { device: Some(device), purpose: self.purpose.0, id: id.into(), secret, salt })
    }
}

/// Never tells what it found: it may be a secret.
fn hex(field: &str, text: &Redacted) -> Result<SecretBytes, Problem> {
    let mut bytes = bytes(field, text.expose())?;
    let secret = SecretBytes::new(&bytes);
    bytes.fill(0);
    Ok(secret)
}

fn bytes(field: &str, text: &str) -> Result<Vec<u8>, Problem> {
    from_hex(text.trim())
        .map_err(|why| Problem::unacceptable(format!("{field}: it is no hexadecimal ({why})")))
}

/// Set a key, in the place of the one of the same purpose and id. It is used from the next frame on, and shown nowhere.
#[utoipa::path(put, operation_id = "put_key", path = "/registry/devices/{id}/keys", tag = "registry",
    params(("id" = String, Path, example = "plomb:0a0b0c")), request_body = NewKey, responses(
    (status = 200, body = KeyView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn put(
    keeper: Authorised<Register>,
    Id(device): Id<DeviceId>,
    Body(new): Body<NewKey>,
) -> Result<Json<KeyView>, Problem> {
    let key = new.key(device)?;
    let fact = keeper.change(move |registry, by, at| registry.put_key(by, at, key)).await?;
    Ok(Json(fact.into()))
}

/// Take a key back: from now on it proves nothing.
#[utoipa::path(delete, operation_id = "drop_key", path = "/registry/devices/{id}/keys/{purpose}/{key}", tag = "registry",
    params(("id" = String, Path, example = "plomb:0a0b0c"), ("purpose" = KeyPurposeWord, Path),
        ("key" = String, Path, description = "Its id in hexadecimal", example = "0a0b0c")), responses(
    (status = 204, description = "Gone"),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn drop_key(
    keeper: Authorised<Register>,
    Path((device, purpose, key)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let in_path = |what: &str, why: String| Problem::bad_parameter(format!("{what} in the path: {why}"));
    let device: DeviceId = device.parse().map_err(|why| in_path("the device", format!("{why}")))?;
    let purpose = KeyPurposeWord::from_text(&purpose).map_err(|why| in_path("the purpose", why))?.0;
    let key = from_hex(&key).map_err(|why| in_path("the key", format!("{why}")))?;
    keeper.change(move |registry, by, at| registry.drop_key(by, at, &device, purpose, &key)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everybody who may publish by MQTT.
#[utoipa::path(get, operation_id = "list_credentials", path = "/registry/credentials", tag = "registry", responses(
    (status = 200, body = CredentialsView),
))]
pub(crate) async fn credentials(reader: Authorised<Read>) -> Result<Json<CredentialsView>, Problem> {
    let credentials = reader.look(|registry| registry.credentials()).await?;
    Ok(Json(CredentialsView { items: credentials.into_iter().map(CredentialView::from).collect() }))
}

/// What a device that publishes by MQTT speaks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCredential {
    protocol: ProtocolWord,
}

/// Let a device publish by MQTT: a secret is drawn and told this once; one that it had before ends.
#[utoipa::path(put, operation_id = "put_credential", path = "/registry/credentials/{name}", tag = "registry",
    params(("name" = String, Path, example = "ann")), request_body = NewCredential, responses(
    (status = 200, body = NewSecretView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn put_credential(
    keeper: Authorised<Register>,
    Id(name): Id<String>,
    Body(new): Body<NewCredential>,
) -> Result<Json<NewSecretView>, Problem> {
    let protocol = new.protocol.0;
    if !protocol.transports().contains(&Transport::Mqtt) {
        return Err(Problem::unacceptable(format!("protocol: {} does not come by MQTT", protocol.name())));
    }
    let mut drawn = [0; DRAWN_BYTES];
    getrandom::fill(&mut drawn).map_err(|error| {
        tracing::error!(%error, "The system gives no random bytes");
        crate::Unavailable("no secret can be drawn now".to_owned())
    })?;
    let secret = to_hex(&drawn);
    let digest = Sha256::digest(secret.as_bytes()).into();
    let credential = Credential { name: name.clone(), protocol, digest };
    keeper.change(move |registry, by, at| registry.put_credential(by, at, &credential)).await?;
    Ok(Json(NewSecretView { name, secret }))
}

/// Take a credential back: the device loses its connection.
#[utoipa::path(delete, operation_id = "drop_credential", path = "/registry/credentials/{name}", tag = "registry",
    params(("name" = String, Path, example = "ann")), responses(
    (status = 204, description = "Gone"),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn drop_credential(
    keeper: Authorised<Register>,
    Id(name): Id<String>,
) -> Result<StatusCode, Problem> {
    keeper.change(move |registry, by, at| registry.drop_credential(by, at, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}
