//! The page: the built web application, embedded, with the client's own routes answered by `index.html`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use plomb_wire::to_hex;
use sha2::{Digest, Sha256};

// Written by build.rs: `FILES`, pairs of path and bytes by path.
include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

/// Where the build puts files whose names change with their content.
const HASHED: &str = "assets/";

struct PageFile {
    bytes: &'static [u8],
    etag: HeaderValue,
}

static BY_PATH: LazyLock<BTreeMap<&'static str, PageFile>> = LazyLock::new(|| {
    let file = |bytes: &'static [u8]| {
        let hash = to_hex(&Sha256::digest(bytes));
        let etag = format!("\"{}\"", hash.get(..32).unwrap_or_default());
        PageFile { bytes, etag: HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"\"")) }
    };
    FILES.iter().map(|(path, bytes)| (*path, file(bytes))).collect()
});

/// The file at a path, or the page itself where the path is one of the client's own routes.
/// `None`: the path names a file that is not there.
pub(crate) fn response(path: &str, headers: &HeaderMap) -> Option<Response> {
    let path = path.trim_start_matches('/');
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let path = if path.is_empty() || (!is_file && !BY_PATH.contains_key(path)) { "index.html" } else { path };
    // The packed siblings are not files of their own.
    if path.ends_with(".br") || path.ends_with(".gz") {
        return None;
    }
    let plain = BY_PATH.get(path)?;
    let (file, encoding) = negotiated(path, headers).unwrap_or((plain, None));
    let cache = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_known = file.etag.to_str().is_ok_and(|etag| known.contains(etag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, content_type(path))], file.bytes).into_response()
    };
    let answer = response.headers_mut();
    answer.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    answer.insert(ETAG, file.etag.clone());
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let (Some(encoding), false) = (encoding, is_known) {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

/// The packed sibling that the client takes, brotli first.
fn negotiated(path: &str, headers: &HeaderMap) -> Option<(&'static PageFile, Option<&'static str>)> {
    let accepted = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    let takes = |encoding: &str| {
        accepted.split(',').any(|item| {
            let mut parts = item.split(';').map(str::trim);
            parts.next() == Some(encoding)
                && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
    };
    [("br", "br"), ("gzip", "gz")].into_iter().filter(|(encoding, _)| takes(encoding)).find_map(
        |(encoding, extension)| {
            let file = BY_PATH.get(format!("{path}.{extension}").as_str())?;
            Some((file, Some(encoding)))
        },
    )
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        _ => "application/octet-stream",
    }
}
