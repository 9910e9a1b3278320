//! Events as a CSV file (RFC 4180), page after page while the client reads.

use std::collections::VecDeque;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream::try_unfold;
use plomb_model::DeviceId;

use super::events_of::{EventPlace, Source};
use crate::HistoryQuery;
use crate::access::{Authorised, Read};
use crate::view::EventView;

/// Rows of one file: what a spreadsheet opens with ease (its own limit is 1,048,576).
const ROWS_MAX: usize = 500_000;
/// Rows fetched at once.
const ROWS_PER_PAGE: usize = 1_000;
/// Tells how many rows a file has at most; with as many, the range holds more.
const ROWS_MAX_HEADER: &str = "x-plomb-rows-max";

/// The file, from the event after `after` on. It is cut off in the middle, so that the client sees that it is not
/// whole, when the journal cannot be read on.
pub(crate) fn response(
    reader: Authorised<Read>,
    device: DeviceId,
    source: Source,
    query: HistoryQuery,
    after: Option<EventPlace>,
) -> Response {
    let mut header = String::new();
    EventView::csv_header(&mut header);
    let file = File {
        reader,
        source,
        query,
        after,
        rows_left: ROWS_MAX,
        ready: VecDeque::from([Bytes::from(header)]),
        ended: false,
    };
    let body = Body::from_stream(try_unfold(file, File::next));
    let name = device.to_string().replace(':', "-");
    let headers = [
        (CONTENT_TYPE.as_str(), "text/csv; charset=utf-8; header=present".to_owned()),
        (CONTENT_DISPOSITION.as_str(), format!("attachment; filename=\"{name}-history.csv\"")),
        (ROWS_MAX_HEADER, ROWS_MAX.to_string()),
    ];
    (headers, body).into_response()
}

struct File {
    reader: Authorised<Read>,
    source: Source,
    query: HistoryQuery,
    after: Option<EventPlace>,
    rows_left: usize,
    ready: VecDeque<Bytes>,
    ended: bool,
}

impl File {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, std::io::Error> {
        while self.ready.is_empty() {
            if self.ended || self.rows_left == 0 {
                return Ok(None);
            }
            let limit = self.rows_left.min(ROWS_PER_PAGE);
            let page = self.source.page(&self.reader, &self.query, self.after, limit).await;
            let page = page.map_err(|_| std::io::Error::other("the journal cannot be read on"))?;
            self.after = page.next;
            self.ended = page.next.is_none();
            self.rows_left -= page.events.len();
            let mut rows = String::new();
            page.events.iter().for_each(|event| event.csv_row(&mut rows));
            if !rows.is_empty() {
                self.ready.push_back(Bytes::from(rows));
            }
        }
        Ok(self.ready.pop_front().map(|bytes| (bytes, self)))
    }
}
