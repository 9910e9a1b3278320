//! Challenges that the platform gives for tags to answer: nobody can foretell one, and no book of them is needed.
//!
//! A challenge of ISO/IEC 29167-10 has 80 bits. Ours are the time of issue (milliseconds since 2026, 40 bits) and a code
//! over it under the platform's secret (40 bits). Whether one is ours and how old it is can therefore be told from
//! itself, also when a journal is decoded again; that it counts once is judged by the rules, which keep its time as the
//! counter of the proof.

use plomb_model::Timestamp;

use crate::SessionKey;

/// Bytes of a challenge.
pub const CHALLENGE_BYTES: usize = 10;
/// A challenge must be answered within so long, seconds: a handheld on a bad network needs one of these minutes.
pub const CHALLENGE_S_MAX: i64 = 120;

/// 2026-01-01, milliseconds since 1970: from then 40 bits last 34 years.
const BEGIN_MS: i64 = 1_767_225_600_000;
const PURPOSE: &str = "tag challenge";

/// What is known of a challenge that is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issued {
    /// When it was issued.
    pub at: Timestamp,
    /// Seconds since 2026 at its issue: rises, and fits the counter of a proof.
    pub counter: u32,
}

/// The challenge of this moment.
#[must_use]
pub fn challenge(key: &SessionKey, at: Timestamp) -> [u8; CHALLENGE_BYTES] {
    let millis = u64::try_from(at.as_millis().saturating_sub(BEGIN_MS)).unwrap_or(0);
    let [.., a, b, c, d, e] = millis.to_be_bytes();
    let time = [a, b, c, d, e];
    let [f, g, h, i, j, ..] = key.derive(PURPOSE, &time);
    [a, b, c, d, e, f, g, h, i, j]
}

/// When a challenge was issued, if it was issued by us.
#[must_use]
pub fn issued(key: &SessionKey, challenge: &[u8; CHALLENGE_BYTES]) -> Option<Issued> {
    let &[a, b, c, d, e, ref code @ ..] = challenge;
    let time = [a, b, c, d, e];
    let expected = key.derive(PURPOSE, &time);
    let difference = code.iter().zip(&expected).fold(0, |sum, (one, other)| sum | (one ^ other));
    if std::hint::black_box(difference) != 0 {
        return None;
    }
    let millis = i64::try_from(u64::from_be_bytes([0, 0, 0, a, b, c, d, e])).ok()?;
    let counter = u32::try_from(millis / 1000).ok()?;
    Some(Issued { at: Timestamp::from_millis(BEGIN_MS + millis), counter })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_tells_when_it_was_issued_and_only_ours_does() {
        let key = SessionKey::new([7; 32]);
        let at = Timestamp::from_millis(BEGIN_MS + 28_500_123_456);
        let own = challenge(&key, at);
        assert_eq!(issued(&key, &own), Some(Issued { at, counter: 28_500_123 }));
        assert_ne!(challenge(&key, at.plus_millis(1)), own);
        assert_eq!(issued(&SessionKey::new([8; 32]), &own), None);
        for place in 0..CHALLENGE_BYTES {
            let mut changed = own;
            changed[place] ^= 1;
            assert_eq!(issued(&key, &changed), None, "byte {place}");
        }
    }
}
