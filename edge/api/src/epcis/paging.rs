//! Pages of lists, and the link to the next (EPCIS 2.0, section 12.3).

use axum::http::header::LINK;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use plomb_epcis::format_ms;

use super::capture::encoded;
use super::exception::Exception;
use super::{BASE, PER_PAGE, PER_PAGE_MAX};

/// How long a token is said to hold: what it points to stays where it is.
const TOKEN_MS: i64 = 86_400_000;

/// Parameters of an address, in order.
pub(super) type Pairs = Vec<(String, String)>;

/// After which number a page of a list begins, and how many it holds.
pub(super) fn paging(pairs: &Pairs) -> Result<(i64, usize), Exception> {
    let (mut after, mut limit) = (0, PER_PAGE);
    for (name, text) in pairs {
        match name.as_str() {
            "perPage" => {
                let count = text.parse().ok().filter(|count: &usize| *count > 0);
                limit = count.ok_or_else(|| {
                    Exception::query(format!("perPage: `{text}` is no whole number above 0"))
                })?;
            }
            "nextPageToken" => {
                let number = text.parse().ok().filter(|number: &i64| *number >= 0);
                after = number
                    .ok_or_else(|| Exception::query("nextPageToken: it is no token that was given here"))?;
            }
            other => return Err(Exception::query(format!("{other}: there is no such parameter"))),
        }
    }
    Ok((after, limit.min(PER_PAGE_MAX)))
}

/// The items of a page of which one more was fetched, and the token of the next.
pub(super) fn page_of<T>(
    mut items: Vec<T>,
    limit: usize,
    number: impl Fn(&T) -> i64,
) -> (Vec<T>, Option<String>) {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| number(last).to_string());
    (items, next)
}

/// An answer with the link to the next page, where there is one.
pub(super) fn linked(
    response: Response,
    path: &str,
    limit: usize,
    next: Option<String>,
    now_ms: i64,
) -> Response {
    let pairs = vec![("perPage".to_owned(), limit.to_string())];
    linked_with(response, path, &pairs, next, now_ms)
}

/// The same, with the parameters that the page was asked for with.
pub(super) fn linked_with(
    mut response: Response,
    path: &str,
    pairs: &Pairs,
    next: Option<String>,
    now_ms: i64,
) -> Response {
    let Some(next) = next else { return response };
    let kept = pairs.iter().filter(|(name, _)| name != "nextPageToken");
    let mut query: String =
        kept.map(|(name, value)| format!("{}={}&", encoded(name), encoded(value))).collect();
    query.push_str(&format!("nextPageToken={}", encoded(&next)));
    let headers = response.headers_mut();
    if let Ok(link) = HeaderValue::from_str(&format!("<{BASE}{path}?{query}>; rel=\"next\"")) {
        headers.insert(LINK, link);
    }
    if let Ok(until) = HeaderValue::from_str(&format_ms(now_ms + TOKEN_MS)) {
        headers.insert(HeaderName::from_static("gs1-next-page-token-expires"), until);
    }
    response
}
