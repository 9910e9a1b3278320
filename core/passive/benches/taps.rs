//! Taps a second on one core, from a link to an event whose code was verified.
//!
//! Run with `cargo bench -p plomb-passive`.

use std::sync::Arc;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use plomb_model::{Identity, ReceivedAt, Timestamp};
use plomb_passive::ntag424::session;
use plomb_session::{Decoded, SecretTable, SessionConfig};

/// A line of the vectors.
struct Tap {
    link: String,
    keys: String,
}

/// Lines of `vectors/passive/ntag424.jsonl`: UID and counter encrypted; the tamper status encrypted besides.
const CASES: [&str; 2] = ["sun-aes-0", "tagtamper-0"];

fn tap(id: &str) -> Tap {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/passive/ntag424.jsonl");
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads its vectors")]
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut rows = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let row = rows.find(|row| row.get("id").is_some_and(|found| found == id)).unwrap_or_default();
    let keys = row.get("keys").and_then(serde_json::Value::as_array);
    let keys: Vec<&str> = keys.into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    let link = row.get("text").and_then(serde_json::Value::as_str).unwrap_or_default();
    Tap { link: link.to_owned(), keys: keys.join("\n") }
}

fn main() {
    divan::main();
}

/// `receive` and `finish` of one tap.
#[divan::bench(args = CASES, sample_size = 1000)]
fn verified(bencher: Bencher<'_, '_>, case: &str) {
    let now = ReceivedAt(Timestamp::from_secs(1_760_000_000));
    let tap = tap(case);
    let secrets = Arc::new(SecretTable::parse(&tap.keys).unwrap_or_default());
    let mut session = session(SessionConfig { secrets, ..SessionConfig::default() });
    let mut out = Decoded::default();
    session.receive(now, tap.link.as_bytes(), &mut out);
    session.finish(now, &mut out);
    let verified =
        out.reports().flat_map(|report| report.events).any(|event| event.trust.identity == Identity::Mac);
    assert!(verified, "{case}: the code does not hold");
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        out.clear();
        session.receive(now, black_box(tap.link.as_bytes()), &mut out);
        session.finish(now, &mut out);
        out.len()
    });
}
