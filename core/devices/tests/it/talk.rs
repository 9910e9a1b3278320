//! What the tests of protocols share whose frames stand between marks.

use plomb_devices::{Decoded, ReportRef, SessionConfig, describe, open};
use plomb_model::{Event, Protocol};
use proptest::prelude::*;

use crate::vectors;

/// One report, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) device: Option<String>,
    pub(crate) frame: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) issues: Vec<String>,
    pub(crate) replies: String,
}

impl From<ReportRef<'_>> for Report {
    fn from(report: ReportRef<'_>) -> Self {
        Self {
            device: report.device.map(|device| device.to_string()),
            frame: report.frame.to_vec(),
            events: report.events.to_vec(),
            issues: report.issues.iter().map(ToString::to_string).collect(),
            replies: String::from_utf8_lossy(report.replies).into_owned(),
        }
    }
}

/// The reports of `out`.
pub(crate) fn reports(out: &Decoded) -> Vec<Report> {
    out.reports().map(Report::from).collect()
}

/// What a session makes of a stream that comes in these parts.
pub(crate) fn decode<'a>(
    protocol: Protocol,
    lenient: bool,
    parts: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Report> {
    let mut session = open(protocol, SessionConfig { lenient, ..SessionConfig::default() });
    let mut out = Decoded::default();
    for part in parts {
        session.receive(vectors::now(), part, &mut out);
    }
    session.finish(vectors::now(), &mut out);
    reports(&out)
}

/// The one report of a frame.
pub(crate) fn one(protocol: Protocol, frame: &[u8]) -> Report {
    let mut all = decode(protocol, false, [frame]);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// The frames of files.
pub(crate) fn frames(files: &[&str]) -> Vec<Vec<u8>> {
    files.iter().flat_map(|file| vectors::read(file)).filter_map(|vector| vectors::bytes(&vector)).collect()
}

/// A stream of whole, cut and damaged frames and of other bytes.
fn stream(frames: Vec<Vec<u8>>, marks: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => proptest::sample::select(frames.clone()),
        1 => (proptest::sample::select(frames.clone()), any::<prop::sample::Index>())
            .prop_map(|(frame, cut)| frame[..cut.index(frame.len())].to_vec()),
        1 => (proptest::sample::select(frames), any::<prop::sample::Index>(), any::<u8>()).prop_map(
            |(mut frame, place, byte)| {
                let place = place.index(frame.len());
                frame[place] = byte;
                frame
            }
        ),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
        2 => proptest::collection::vec(proptest::sample::select(marks.to_vec()), 0..12),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// A stream may be cut anywhere, every byte is in one report, and everything can be described.
pub(crate) fn holds_for_any_stream(protocol: Protocol, files: &[&str], marks: &'static [u8]) {
    let cuts = proptest::collection::vec(any::<prop::sample::Index>(), 0..8);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let result =
        runner.run(&(stream(frames(files), marks), cuts, any::<bool>()), |(bytes, cuts, lenient)| {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let whole = decode(protocol, lenient, [bytes.as_slice()]);
            prop_assert_eq!(&decode(protocol, lenient, parts), &whole);
            let together: Vec<u8> = whole.iter().flat_map(|report| report.frame.clone()).collect();
            prop_assert_eq!(&together, &bytes);
            for frame in whole.iter().map(|report| report.frame.as_slice()).chain([bytes.as_slice()]) {
                let description = describe(protocol, frame);
                prop_assert!(!description.name.is_empty());
                prop_assert!(
                    description.fields.iter().all(|field| field.offset + field.length <= frame.len()),
                    "{description:?}"
                );
            }
            Ok(())
        });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Every synthetic frame of a file brings the answer that the file states.
pub(crate) fn answers_are_as_stated(protocol: Protocol, file: &str) {
    for vector in vectors::read(file) {
        let Some(stated) = vector["replies"].as_array() else { continue };
        let stated: String =
            stated.iter().filter_map(|reply| reply.as_str()?.strip_prefix("text:")).collect();
        let all = decode(protocol, false, [vectors::bytes(&vector).unwrap().as_slice()]);
        let replies: String = all.iter().map(|report| report.replies.as_str()).collect();
        assert_eq!(replies, stated, "{}", vector["id"]);
    }
}
