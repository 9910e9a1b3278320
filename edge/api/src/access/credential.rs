//! What a request shows to prove who it comes from, and where it comes from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, COOKIE as COOKIE_HEADER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use crate::accounts::Token;
use crate::problem::Problem;

/// Name of the session cookie.
pub(crate) const COOKIE: &str = "plomb_session";
/// A header that a form of another site cannot set.
const REQUEST_HEADER: &str = "x-plomb-request";

/// A token and how it came.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) token: Token,
    by_cookie: bool,
}

impl Credential {
    /// What the request shows; a bearer token goes before a cookie.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        if let Some(token) = bearer(headers) {
            return Some(Self { token, by_cookie: false });
        }
        cookie(headers).map(|token| Self { token, by_cookie: true })
    }

    /// Refuses a change that the browser may have been tricked into: authorised by the cookie, without the header.
    pub(crate) fn refuse_forgery(&self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        let marked = headers.get(REQUEST_HEADER).is_some_and(|value| value == "1");
        if method.is_safe() || !self.by_cookie || marked {
            return Ok(());
        }
        Err(Problem::forged_request())
    }
}

fn bearer(headers: &HeaderMap) -> Option<Token> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    Token::from_text(token.trim())
}

fn cookie(headers: &HeaderMap) -> Option<Token> {
    let cookies = headers.get_all(COOKIE_HEADER).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).and_then(|(_, token)| Token::from_text(token))
}

/// Address of the other side: of the connection, or behind a proxy of ours the last one that it noted.
pub(crate) fn peer_of(parts: &Parts, forwarded_for: bool) -> IpAddr {
    let noted = parts.headers.get_all("x-forwarded-for").iter().next_back();
    let noted = noted.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    if let (true, Some(address)) = (forwarded_for, noted) {
        return address;
    }
    let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    connection.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip())
}
