//! What a load has counted, and the one JSON object it prints.

use std::time::{Duration, Instant};

use super::histogram::Histogram;

/// Counts of one worker, or of all together.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Reports written, each counted once.
    pub sent: u64,
    /// Reports acknowledged.
    pub acknowledged: u64,
    /// Reports that the platform refused.
    pub rejected: u64,
    /// Acknowledgements whose terminal and serial were looked at.
    pub checked: u64,
    /// Those that were not the expected ones: out of order or wrong.
    pub unexpected: u64,
    /// Reports sent again after a reconnection.
    pub resent: u64,
    /// Connections that broke.
    pub broken: u64,
    /// Bytes of reports.
    pub bytes: u64,
    pub(crate) latency: Histogram,
    pub(crate) first: Option<Instant>,
    pub(crate) last: Option<Instant>,
}

impl Tally {
    pub(crate) fn merge(&mut self, other: &Self) {
        for (ours, theirs) in [
            (&mut self.sent, other.sent),
            (&mut self.acknowledged, other.acknowledged),
            (&mut self.rejected, other.rejected),
            (&mut self.checked, other.checked),
            (&mut self.unexpected, other.unexpected),
            (&mut self.resent, other.resent),
            (&mut self.broken, other.broken),
            (&mut self.bytes, other.bytes),
        ] {
            *ours += theirs;
        }
        self.latency.merge(&other.latency);
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
    }

    /// From the first report sent to the last acknowledgement.
    #[must_use]
    pub fn span(&self) -> Duration {
        match (self.first, self.last) {
            (Some(first), Some(last)) => last.saturating_duration_since(first),
            _ => Duration::ZERO,
        }
    }

    /// Acknowledged reports a second.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^52")]
    pub fn rate(&self) -> f64 {
        let seconds = self.span().as_secs_f64();
        if seconds > 0.0 { self.acknowledged as f64 / seconds } else { 0.0 }
    }

    /// The JSON object, one line.
    #[must_use]
    pub fn json(&self, mode: &str, protocol: &str, connections: usize, devices: usize) -> String {
        format!(
            "{{\"mode\":\"{mode}\",\"protocol\":\"{protocol}\",\"connections\":{connections},\"devices\":{devices},\
             \"sent\":{},\"acked\":{},\"rejected\":{},\"outstanding\":{},\"resent\":{},\"connections_broken\":{},\
             \"acks_checked\":{},\"acks_unexpected\":{},\"bytes\":{},\"seconds\":{:.3},\"reports_per_s\":{:.0},\
             \"ack_ms_p50\":{:.3},\"ack_ms_p99\":{:.3},\"ack_ms_p999\":{:.3},\"ack_ms_max\":{:.3},\
             \"generator_cpu_s\":{:.2}}}",
            self.sent,
            self.acknowledged,
            self.rejected,
            self.sent.saturating_sub(self.acknowledged + self.rejected),
            self.resent,
            self.broken,
            self.checked,
            self.unexpected,
            self.bytes,
            self.span().as_secs_f64(),
            self.rate(),
            self.latency.quantile_ms(500),
            self.latency.quantile_ms(990),
            self.latency.quantile_ms(999),
            self.latency.longest_ms(),
            cpu_seconds().unwrap_or_default(),
        )
    }
}

/// CPU seconds of this process, user and system: fields 14 and 15 of `/proc/self/stat`, in ticks of 1/100 s (proc(5);
/// the tick is 100 a second on every Linux this runs on).
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the name in brackets and may hold spaces; what follows the last bracket begins with field 3.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: [u32; 2] = [fields.next()?.parse().ok()?, fields.next()?.parse().ok()?];
    Some(ticks.into_iter().map(f64::from).sum::<f64>() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_and_prints() {
        let now = Instant::now();
        let mut one =
            Tally { sent: 10, acknowledged: 8, first: Some(now), last: Some(now), ..Tally::default() };
        let late = now + Duration::from_secs(2);
        let two = Tally { sent: 5, acknowledged: 4, first: Some(now), last: Some(late), ..Tally::default() };
        one.latency.add(Duration::from_millis(5), 3);
        one.merge(&two);
        let json = one.json("gateway", "jt808", 1, 1);
        for part in
            ["\"sent\":15,\"acked\":12", "\"outstanding\":3", "\"seconds\":2.000,\"reports_per_s\":6,"]
        {
            assert!(json.contains(part), "{json}");
        }
        assert!(cpu_seconds().is_some());
    }
}
