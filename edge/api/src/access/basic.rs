//! Name and password with each request (RFC 7617), as EPCIS clients have it. Checking a password is meant to be slow, so
//! that the session it opened is kept in memory and used again.

use std::sync::{Mutex, PoisonError};

use axum::http::HeaderValue;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64ct::{Base64, Encoding};
use plomb_model::Redacted;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::{Api, peer_of};
use crate::accounts::Token;
use crate::problem::Problem;

/// Sessions that are kept; all are forgotten when there are more.
const KEPT_MAX: usize = 1_000;

/// Sessions by what opened them: a hash under a key of this process.
pub(super) struct BasicSessions {
    key: [u8; 32],
    kept: Mutex<FxHashMap<[u8; 32], Token>>,
}

impl Default for BasicSessions {
    fn default() -> Self {
        let mut key = [0; 32];
        // Without randomness the hashes are only easier to compare, in memory that nobody reads.
        getrandom::fill(&mut key).ok();
        Self { key, kept: Mutex::default() }
    }
}

impl BasicSessions {
    fn hash(&self, credentials: &str) -> [u8; 32] {
        Sha256::new().chain_update(self.key).chain_update(credentials).finalize().into()
    }
}

impl Api {
    /// Turns a name and password that belong together into the token of a session. A request without them is left as it
    /// is.
    pub(crate) async fn admit_basic(&self, parts: &mut Parts) -> Result<(), Problem> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, credentials)) = header.and_then(|text| text.split_once(' ')) else { return Ok(()) };
        if !scheme.eq_ignore_ascii_case("basic") {
            return Ok(());
        }
        let hash = self.basic.hash(credentials.trim());
        let kept = self.basic.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        let token = match kept {
            Some(token) if self.accounts.session(token.hash(), self.now()).await?.is_some() => token,
            _ => {
                let decoded = Base64::decode_vec(credentials.trim()).ok();
                let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
                let pair = text.as_deref().and_then(|text| text.split_once(':'));
                let (name, password) = pair.ok_or_else(Problem::unauthorised)?;
                let peer = peer_of(parts, self.forwarded_for());
                let (_, token) = self.login(name.to_owned(), Redacted::new(password), peer).await?;
                let mut kept = self.basic.kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() >= KEPT_MAX {
                    kept.clear();
                }
                kept.insert(hash, token.clone());
                token
            }
        };
        if let Ok(bearer) = HeaderValue::from_str(&format!("Bearer {}", token.expose())) {
            parts.headers.insert(AUTHORIZATION, bearer);
        }
        Ok(())
    }
}
