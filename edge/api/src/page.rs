//! The page: the built web application, embedded, with the client's own routes answered by `index.html`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use plomb_wire::to_hex;
use sha2::{Digest, Sha256};

use crate::request::takes;

// Written by build.rs: `FILES`, pairs of path and bytes by path.
include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

/// Where the build puts files whose names change with their content.
const HASHED: &str = "assets/";
/// Packings that the build may have made, with the endings of their files.
const PACKINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

static PAGE: LazyLock<Page> = LazyLock::new(|| Page::new(FILES));

/// The answer of the page for a path; `None`: the path names a file that is not there.
pub(crate) fn response(path: &str, headers: &HeaderMap) -> Option<Response> {
    PAGE.response(path, headers)
}

/// The files of the web application.
struct Page {
    files: BTreeMap<&'static str, PageFile>,
}

struct PageFile {
    bytes: &'static [u8],
    etag: HeaderValue,
}

impl Page {
    fn new(files: &[(&'static str, &'static [u8])]) -> Self {
        Self { files: files.iter().map(|(path, bytes)| (*path, PageFile::new(bytes))).collect() }
    }

    /// The file at a path, or the page itself where the path is one of the client's own routes.
    fn response(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let path = path.trim_start_matches('/');
        // A dot alone makes no file: identifiers in the client's routes may have one.
        let path = if content_type(path).is_none() { "index.html" } else { path };
        let plain = self.files.get(path)?;
        let (file, encoding) = self.packed(path, headers).unwrap_or((plain, None));
        let hashed = path.starts_with(HASHED);
        let cache = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
        let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_known = file.etag.to_str().is_ok_and(|etag| known.contains(etag));
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(CONTENT_TYPE, content_type(path).unwrap_or_default())], file.bytes).into_response()
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
    fn packed(&self, path: &str, headers: &HeaderMap) -> Option<(&PageFile, Option<&'static str>)> {
        let taken = PACKINGS.into_iter().filter(|(encoding, _)| takes(headers, encoding));
        let mut siblings = taken.filter_map(|(encoding, extension)| {
            Some((self.files.get(format!("{path}{extension}").as_str())?, Some(encoding)))
        });
        siblings.next()
    }
}

impl PageFile {
    fn new(bytes: &'static [u8]) -> Self {
        let hash = to_hex(&Sha256::digest(bytes));
        let etag = format!("\"{}\"", hash.get(..32).unwrap_or_default());
        let etag = HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"\""));
        Self { bytes, etag }
    }
}

/// The type of a file by its ending; `None`: the path names no file of a page.
fn content_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "geojson" => "application/geo+json",
        "xml" => "application/xml",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "gif" => "image/gif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ttf" => "font/ttf",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use axum::http::header::ACCEPT_ENCODING;

    use super::*;

    fn page() -> Page {
        Page::new(&[
            ("index.html", b"<html>"),
            ("assets/app-1a2b.js", b"plain"),
            ("assets/app-1a2b.js.br", b"brotli"),
            ("assets/app-1a2b.js.gz", b"gzip"),
        ])
    }

    fn header(response: &Response, name: axum::http::HeaderName) -> &str {
        response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    #[test]
    fn a_hashed_file_is_kept_for_good_and_packed_as_the_client_takes_it() {
        for (accepted, encoding) in [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0", ""), ("", "")] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            let response = page().response("/assets/app-1a2b.js", &headers).unwrap();
            assert_eq!(header(&response, CONTENT_ENCODING), encoding, "{accepted}");
            assert_eq!(header(&response, CONTENT_TYPE), "text/javascript; charset=utf-8");
            assert_eq!(header(&response, CACHE_CONTROL), "public, max-age=31536000, immutable");
            assert_eq!(header(&response, VARY), "accept-encoding");
        }
    }

    #[test]
    fn every_file_of_the_build_can_be_served() {
        for (path, _) in FILES {
            let is_packing = PACKINGS.iter().any(|(_, extension)| path.ends_with(extension));
            assert!(is_packing || content_type(path).is_some(), "{path} has no content type");
        }
    }

    #[test]
    fn the_clients_own_routes_are_the_page_and_missing_files_are_missing() {
        let page = page();
        let none = HeaderMap::new();
        for path in ["/", "/devices", "/devices/jointech:8041300978", "/devices/beacon:12.34"] {
            let response = page.response(path, &none).unwrap();
            assert_eq!(header(&response, CONTENT_TYPE), "text/html; charset=utf-8", "{path}");
        }
        assert!(page.response("/assets/gone.js", &none).is_none());
    }
}
