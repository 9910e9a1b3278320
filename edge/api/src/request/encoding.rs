//! Which packings a client takes (RFC 9110, section 12.5.3).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;

/// Whether the client names this encoding and does not refuse it.
pub(crate) fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.parse::<f32>().ok());
        is_named && weight.is_none_or(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn named_and_not_refused() {
        let takes_gzip = |accepted: &'static str| {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            takes(&headers, "gzip")
        };
        assert!(takes_gzip("gzip"));
        assert!(takes_gzip("br, GZIP;q=0.5"));
        assert!(!takes_gzip("gzip;q=0, br"));
        assert!(!takes_gzip("gzip; q=0.000"));
        assert!(!takes_gzip("br"));
        assert!(!takes_gzip(""));
    }
}
