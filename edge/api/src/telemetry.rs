//! Counts of requests and streams, in the Prometheus text format.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What the API counts about itself. Routes are patterns, not paths, so that labels are bounded.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    requests: Mutex<BTreeMap<Request, Counted>>,
    /// Live streams that were told to begin anew because their client was too slow or too late.
    pub(crate) stream_resets: AtomicU64,
    /// Live streams that are open.
    pub(crate) streams: AtomicU64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    count: u64,
    took: Duration,
}

impl Telemetry {
    /// Counts one request that was answered.
    pub(crate) fn request(&self, method: &'static str, route: String, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = requests.entry(Request { method, route, status }).or_default();
        counted.count += 1;
        counted.took += took;
    }

    /// The counts as text.
    pub(crate) fn text(&self) -> String {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut counts = String::from(
            "# HELP plomb_api_requests_total Requests answered.\n# TYPE plomb_api_requests_total counter\n",
        );
        let mut seconds = String::from(
            "# HELP plomb_api_request_seconds_total Time until the answer began.\n\
             # TYPE plomb_api_request_seconds_total counter\n",
        );
        for (Request { method, route, status }, counted) in &requests {
            let labels = format!(r#"{{method="{method}",route="{route}",status="{status}"}}"#);
            counts.push_str(&format!("plomb_api_requests_total{labels} {}\n", counted.count));
            let took_s = counted.took.as_secs_f64();
            seconds.push_str(&format!("plomb_api_request_seconds_total{labels} {took_s}\n"));
        }
        let streams = self.streams.load(Ordering::Relaxed);
        let resets = self.stream_resets.load(Ordering::Relaxed);
        format!(
            "{counts}{seconds}\
             # HELP plomb_api_streams Live streams that are open.\n# TYPE plomb_api_streams gauge\nplomb_api_streams {streams}\n\
             # HELP plomb_api_stream_resets_total Live streams told to begin anew.\n\
             # TYPE plomb_api_stream_resets_total counter\nplomb_api_stream_resets_total {resets}\n"
        )
    }
}
