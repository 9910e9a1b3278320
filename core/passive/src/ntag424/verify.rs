//! Who tapped and whether the code holds (NXP AN12196, AN12321).

use std::ops::Range;

use plomb_session::{DeviceKey, KeyPurpose, Secrets};

use super::link::Link;
use crate::crypto::{Block, Lrp, cbc_decrypt, cmac, diversified, encrypt, same};

/// UID and counter as the tag keeps them (counter least significant byte first).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The chip.
    pub uid: [u8; 7],
    /// Taps so far.
    pub counter: [u8; 3],
}

impl Identity {
    /// The counter as a number.
    #[must_use]
    pub fn count(&self) -> u64 {
        let [low, middle, high] = self.counter;
        u64::from(u32::from_le_bytes([low, middle, high, 0]))
    }
}

/// What a link says and proves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Who the link says it is.
    pub identity: Option<Identity>,
    /// Whether a key for it is known.
    pub key_known: bool,
    /// Whether the code holds under it.
    pub holds: bool,
    /// What of the link the code covers, where it holds: nothing else in it is proved.
    pub covered: Range<usize>,
    /// The file data, deciphered, of a link that holds.
    pub file: Vec<u8>,
}

/// Judges a link. However it fails, and whether or not its tag is known, as many codes are computed.
#[must_use]
pub fn verify(link: &Link<'_>, secrets: &dyn Secrets) -> Verdict {
    let lrp = link.picc.is_some_and(|picc| picc.text.len() == 48);
    let shown = hex(link.code.map(|code| code.text));
    let mut masters = Vec::new();
    secrets.all(KeyPurpose::NtagMaster, &mut masters);
    let found = candidates(link, secrets);
    let mut verdict = Verdict { identity: found.first().copied(), ..Verdict::default() };
    let nobody = [Identity::default()];
    for identity in if found.is_empty() { &nobody[..] } else { &found } {
        let keys = file_keys(identity, &masters, secrets);
        verdict.key_known |= !found.is_empty() && !keys.is_empty();
        // A key of the tag's own and one of each master: as many for a tag that has none.
        for round in 0..keys.len().max(masters.len() + 1) {
            let key = keys.get(round);
            let proof = judge(link, identity, key.unwrap_or(&[0; 16]), lrp, &shown);
            let proof =
                std::hint::black_box(proof).filter(|_| key.is_some() && !found.is_empty() && !verdict.holds);
            if let Some((covered, file)) = proof {
                verdict = Verdict { identity: Some(*identity), key_known: true, holds: true, covered, file };
            }
        }
    }
    verdict
}

/// Who the link may be: in clear, or by each key for PICC data.
fn candidates(link: &Link<'_>, secrets: &dyn Secrets) -> Vec<Identity> {
    let Some(picc) = link.picc else {
        let uid = hex(link.uid.map(|uid| uid.text)).try_into();
        let counter = <[u8; 3]>::try_from(hex(link.counter.map(|counter| counter.text)));
        let Ok(uid) = uid else { return Vec::new() };
        let [high, middle, low] = counter.unwrap_or_default();
        return vec![Identity { uid, counter: [low, middle, high] }];
    };
    let bytes = hex(Some(picc.text));
    let mut keys = Vec::new();
    secrets.all(KeyPurpose::NtagMetaRead, &mut keys);
    keys.iter().filter_map(block).filter_map(|key| opened(&key, &bytes)).collect()
}

fn opened(key: &Block, bytes: &[u8]) -> Option<Identity> {
    let plain = match bytes.split_at_checked(8) {
        Some((random, rest)) if rest.len() == 16 => Lrp::new(key, 0).decrypt(random, rest),
        _ => cbc_decrypt(key, [0; 16], bytes),
    };
    // UID and counter mirrored, a UID of 7 bytes: without both there is nobody to find a key for.
    let rest = plain.strip_prefix(&[0xC7])?;
    Some(Identity { uid: rest.get(..7)?.try_into().ok()?, counter: rest.get(7..10)?.try_into().ok()? })
}

fn file_keys(identity: &Identity, masters: &[DeviceKey], secrets: &dyn Secrets) -> Vec<Block> {
    let mut found = Vec::new();
    secrets.find(KeyPurpose::NtagFileRead, &identity.uid, &mut found);
    let mut keys: Vec<Block> = found.iter().filter_map(block).collect();
    keys.extend(masters.iter().filter_map(|master| {
        let input = [&identity.uid[..], &master.salt].concat();
        diversified(&block(master)?, &input)
    }));
    keys
}

fn block(key: &DeviceKey) -> Option<Block> {
    key.secret.expose().try_into().ok()
}

/// What the code covers and the file data, if the code holds under the key.
fn judge(
    link: &Link<'_>,
    identity: &Identity,
    key: &Block,
    lrp: bool,
    shown: &[u8],
) -> Option<(Range<usize>, Vec<u8>)> {
    let who = [&identity.uid[..], &identity.counter].concat();
    let file = hex(link.file.map(|file| file.text));
    let (covered, file) = if lrp {
        let vector = [&[0, 1, 0, 0x80][..], &who, &[0x1E, 0xE1]].concat();
        let master = Lrp::new(key, 0).cmac(&vector);
        let session = Lrp::new(&master, 0);
        let counter = [&identity.counter[..], &[0; 3]].concat();
        (covered(link, shown, |text| session.cmac(text)), Lrp::new(&master, 1).decrypt(&counter, &file))
    } else {
        let session = cmac(key, &[&[0x3C, 0xC3, 0, 1, 0, 0x80][..], &who].concat());
        let cipher = cmac(key, &[&[0xC3, 0x3C, 0, 1, 0, 0x80][..], &who].concat());
        let mut start = [0; 16];
        start.iter_mut().zip(identity.counter).for_each(|(to, from)| *to = from);
        (
            covered(link, shown, |text| cmac(&session, text)),
            cbc_decrypt(&cipher, encrypt(&cipher, &start), &file),
        )
    };
    covered.map(|covered| (covered, file))
}

/// The first range under which the code holds; all are tried.
fn covered(link: &Link<'_>, shown: &[u8], code: impl Fn(&[u8]) -> Block) -> Option<Range<usize>> {
    link.covered().into_iter().fold(None, |found, range| {
        let text = link.text.get(range.clone()).unwrap_or_default();
        let short: Vec<u8> = code(text.as_bytes()).iter().skip(1).step_by(2).copied().collect();
        let holds = same(&short, shown);
        found.or_else(|| holds.then_some(range))
    })
}

fn hex(text: Option<&str>) -> Vec<u8> {
    plomb_wire::from_hex(text.unwrap_or_default()).unwrap_or_default()
}
