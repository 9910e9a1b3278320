//! What a resource can do, answered to OPTIONS (EPCIS 2.0, section 12.5).

use axum::http::header::ALLOW;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::exception::Exception;
use super::negotiation::{VERSION, VERSION_MIN, put, versions};
use super::visitor::Visitor;
use crate::access::Read;

/// A resource that is read.
pub(super) async fn plain(_: Visitor<Read>, headers: HeaderMap) -> Result<Response, Exception> {
    describe(&headers, "OPTIONS, GET")
}

/// A resource to which others are added.
pub(super) async fn writable(_: Visitor<Read>, headers: HeaderMap) -> Result<Response, Exception> {
    describe(&headers, "OPTIONS, GET, POST")
}

/// A resource that can be removed.
pub(super) async fn removable(_: Visitor<Read>, headers: HeaderMap) -> Result<Response, Exception> {
    describe(&headers, "OPTIONS, GET, DELETE")
}

/// The capture interface.
pub(super) async fn capture(_: Visitor<Read>, headers: HeaderMap) -> Result<Response, Exception> {
    let mut response = describe(&headers, "OPTIONS, POST, GET")?;
    put(response.headers_mut(), "gs1-capture-error-behaviour", "rollback");
    Ok(response)
}

/// A subscription.
pub(super) async fn subscription(_: Visitor<Read>, headers: HeaderMap) -> Result<Response, Exception> {
    describe(&headers, "OPTIONS, DELETE, GET")
}

fn describe(asked: &HeaderMap, allow: &'static str) -> Result<Response, Exception> {
    versions(asked)?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allow));
    for standard in ["gs1-epcis-min", "gs1-cbv-min"] {
        headers.insert(HeaderName::from_static(standard), HeaderValue::from_static(VERSION_MIN));
    }
    for standard in ["gs1-epcis-max", "gs1-cbv-max"] {
        headers.insert(HeaderName::from_static(standard), HeaderValue::from_static(VERSION));
    }
    put(headers, "gs1-epc-format", "No_Preference");
    put(headers, "gs1-cbv-xml-format", "No_Preference");
    put(headers, "gs1-extensions", "plomb=urn:plomb:epcis:");
    put(headers, "gs1-vendor-version", concat!("plomb ", env!("CARGO_PKG_VERSION")));
    Ok(response)
}
