//! What the flow thread counts, and all metrics in the Prometheus text format.

use std::fmt::Write;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use plomb_flow::Outcome;

/// Over so many seconds the rate of reports is told.
const RATE_WINDOW_S: f64 = 10.0;

/// Counts since the start.
#[derive(Debug)]
pub(crate) struct EngineCounters {
    pub(crate) reports: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) issues: AtomicU64,
    pub(crate) unidentified: AtomicU64,
    pub(crate) alarm_changes: AtomicU64,
    pub(crate) held_back: AtomicU64,
    rate: Mutex<(Instant, u64, f64)>,
}

impl Default for EngineCounters {
    fn default() -> Self {
        Self {
            reports: AtomicU64::default(),
            duplicates: AtomicU64::default(),
            issues: AtomicU64::default(),
            unidentified: AtomicU64::default(),
            alarm_changes: AtomicU64::default(),
            held_back: AtomicU64::default(),
            rate: Mutex::new((Instant::now(), 0, 0.0)),
        }
    }
}

impl EngineCounters {
    /// Adds what a round has done.
    pub(crate) fn count(&self, outcome: &Outcome) {
        self.reports.fetch_add(outcome.reports, Ordering::Relaxed);
        self.duplicates.fetch_add(outcome.duplicates, Ordering::Relaxed);
        self.issues.fetch_add(outcome.issues, Ordering::Relaxed);
        self.unidentified.fetch_add(outcome.unidentified, Ordering::Relaxed);
        self.alarm_changes.fetch_add(outcome.changes.len() as u64, Ordering::Relaxed);
        self.held_back.fetch_add(outcome.held_back, Ordering::Relaxed);
    }

    /// Reports a second, over about the last ten seconds.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub(crate) fn reports_per_s(&self) -> f64 {
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, before, last) = *rate;
        let (seconds, reports) = (since.elapsed().as_secs_f64(), self.reports.load(Ordering::Relaxed));
        let current = if seconds < 1.0 { last } else { (reports - before) as f64 / seconds };
        if seconds >= RATE_WINDOW_S {
            *rate = (Instant::now(), reports, current);
        }
        if seconds < 1.0 && last == 0.0 { (reports - before) as f64 / seconds.max(0.1) } else { current }
    }
}

/// Metrics in the Prometheus text format, version 0.0.4.
#[derive(Debug, Default)]
pub(crate) struct Exposition(String);

impl Exposition {
    pub(crate) fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.line(name, "counter", help, value);
    }

    pub(crate) fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.line(name, "gauge", help, value);
    }

    /// A cumulative histogram: upper bounds in seconds with their counts, the last one without bound.
    pub(crate) fn histogram(
        &mut self,
        name: &str,
        help: &str,
        buckets: &[(f64, u64)],
        sum_s: f64,
        count: u64,
    ) {
        let mut text = format!("# HELP {name} {help}\n# TYPE {name} histogram\n");
        let written = buckets
            .iter()
            .try_for_each(|(bound, below)| writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {below}"))
            .and_then(|()| {
                writeln!(
                    text,
                    "{name}_bucket{{le=\"+Inf\"}} {count}\n{name}_sum {sum_s}\n{name}_count {count}"
                )
            });
        debug_assert!(written.is_ok(), "a string takes all that is written");
        self.0.push_str(&text);
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }

    fn line(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        let written = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        debug_assert!(written.is_ok(), "a string takes all that is written");
    }
}
