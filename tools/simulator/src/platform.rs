//! The platform's own HTTP, spoken by hand: a log-in and requests to a server of ours, nothing else is understood.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::connect::connect;

/// How long each answer is waited for.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Longest line of the stream or of an answer: a second's positions of a million devices take less.
pub(crate) const LINE_BYTES_MAX: u64 = 64 << 20;

/// Where the platform answers, and by whose account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Where it answers HTTP.
    pub http: SocketAddr,
    /// Who logs in.
    pub name: String,
    /// With which password.
    pub password: String,
}

/// An account that is logged in.
pub(crate) struct Session {
    http: SocketAddr,
    pub(crate) token: String,
}

impl Account {
    /// Logs in.
    ///
    /// # Errors
    /// When the platform cannot be reached or refuses.
    pub(crate) fn log_in(&self) -> anyhow::Result<Session> {
        let body = format!("{{\"name\":{},\"password\":{}}}", quoted(&self.name), quoted(&self.password));
        let answer = post(self.http, "/session", "", &body).context("logging in")?;
        let token = value(&answer, "token").context("the log-in was answered without a token")?.to_owned();
        Ok(Session { http: self.http, token })
    }
}

impl Session {
    /// The body of the answer to a request with this body.
    ///
    /// # Errors
    /// When the platform cannot be reached or refuses.
    pub(crate) fn post(&self, path: &str, body: &str) -> anyhow::Result<String> {
        post(self.http, path, &format!("Authorization: Bearer {}\r\n", self.token), body)
    }
}

/// The text of a member of a flat JSON object.
pub(crate) fn value<'a>(answer: &'a str, member: &str) -> Option<&'a str> {
    let (_, rest) = answer.split_once(&format!("\"{member}\":\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

fn post(to: SocketAddr, path: &str, header: &str, body: &str) -> anyhow::Result<String> {
    let mut stream = connect(to, ANSWER_MAX)?;
    write!(
        stream,
        "POST /api/v1{path} HTTP/1.1\r\nHost: {to}\r\nContent-Type: application/json\r\nConnection: close\r\n\
         {header}Content-Length: {}\r\n\r\n{body}",
        body.len(),
    )?;
    let mut answer = String::new();
    stream.take(LINE_BYTES_MAX).read_to_string(&mut answer).with_context(|| format!("waiting for {path}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer broke off")?;
    ensure!(
        head.starts_with("HTTP/1.1 2"),
        "{path} was refused: {} {body}",
        head.lines().next().unwrap_or_default()
    );
    Ok(body.to_owned())
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}
