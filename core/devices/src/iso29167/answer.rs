//! What the answer of a tag to a challenge proves.

use plomb_model::{DeviceId, Event, Identity, Issue, Reading, SealEvidence};
use plomb_passive::tam;
use plomb_session::{CHALLENGE_S_MAX, issued};
use serde_json::Value;

use crate::web::{self, Message};
use crate::{Decoded, DeviceKey, KeyPurpose, tag};

/// What the reader says of the tag's memory.
pub(super) struct Claimed {
    pub(super) epc: Option<Vec<u8>>,
    pub(super) tid: Option<Vec<u8>>,
    pub(super) user: Option<Vec<u8>>,
}

/// The answer as it came.
struct Answer {
    key_number: u8,
    challenge: [u8; tam::CHALLENGE_BYTES],
    response: Vec<u8>,
    /// Which memory it covers, by its first letter: EPC, TID or USER.
    profile: Option<u8>,
    /// From which block of 64 bits on.
    offset: u8,
}

/// Judges the answer of a tag, where it has one, and puts into the event what it proves. Whether the chip proved itself.
pub(super) fn judge(
    message: &Message<'_>,
    data: &Value,
    claimed: &Claimed,
    offset: usize,
    event: &mut Event,
    out: &mut Decoded,
) -> bool {
    let inner = web::object_at(data, &["tam"]).unwrap_or(data);
    if web::member(inner, &["response"]).is_none() {
        return false;
    }
    let answer = match answer(inner) {
        Ok(answer) => answer,
        Err(what) => {
            out.issue(Issue::new(offset, what, inner));
            return false;
        }
    };
    let fault = match proved(message, claimed, &answer, event) {
        Ok(proof) => {
            event.readings.push(Reading::Counter(u64::from(proof.counter)));
            event.trust.identity = Identity::Mac;
            about(proof.of, claimed, event);
            return true;
        }
        Err(fault) => fault,
    };
    if !matches!(fault, Fault::NoKey | Fault::Batch) {
        event.trust.seal = SealEvidence::Invalid;
    }
    out.issue(Issue::new(offset, fault.what(), plomb_wire::to_hex(&answer.challenge)));
    false
}

fn answer(data: &Value) -> Result<Answer, &'static str> {
    let hex = |names: &[&str]| web::member(data, names).and_then(|text| tag::hex(&text));
    let byte = |names: &[&str]| web::member(data, names).and_then(|text| text.parse::<u8>().ok());
    let challenge = hex(&["challenge", "ichallenge"]).and_then(|bytes| bytes.try_into().ok());
    let profile = web::member(data, &["profile"]).map(|name| name.to_ascii_uppercase());
    if profile.as_deref().is_some_and(|name| !matches!(name, "EPC" | "TID" | "USER")) {
        return Err("the profile of an answer is none of EPC, TID and USER");
    }
    let response = hex(&["response"]).filter(|bytes| bytes.len().is_multiple_of(16));
    Ok(Answer {
        key_number: byte(&["key_id", "key"]).ok_or("the answer of a tag without its key_id, 0 to 255")?,
        challenge: challenge.ok_or("the answer of a tag without its challenge of 10 bytes in hex")?,
        response: response.ok_or("the answer of a tag is no whole blocks of 16 bytes in hex")?,
        profile: profile.and_then(|name| name.bytes().next()),
        offset: byte(&["offset"]).unwrap_or(0),
    })
}

/// Why an answer proves nothing.
enum Fault {
    /// Nobody has told the key of this chip.
    NoKey,
    /// The key is that of many chips, and the answer does not say which one it is.
    Batch,
    /// It is not what a tag with this key answers to this challenge.
    Wrong,
    /// The challenge is not ours.
    Foreign,
    /// It is ours, but of another time.
    Old,
    /// The memory that it proves is not the one that the reader tells.
    OtherMemory,
}

impl Fault {
    const fn what(&self) -> &'static str {
        match self {
            Self::NoKey => "no key of this chip is known: its answer cannot be checked",
            Self::Batch => "a key of many chips answered, and no TID or EPC in the answer says which one",
            Self::Wrong => "the answer of the tag does not hold",
            Self::Foreign => "the challenge was not issued by this platform: the answer may be an old one",
            Self::Old => "the challenge was answered too late: the answer may be an old one",
            Self::OtherMemory => "the answer proves other memory than the reader tells",
        }
    }
}

/// What an answer proves, and when it was asked for.
struct Proof {
    counter: u32,
    of: Subject,
}

/// Who it is that an answer proves.
enum Subject {
    /// The thing with the EPC that the reader tells.
    Epc,
    /// The chip, whose key may belong to a device of the register.
    Chip(Option<DeviceId>),
}

/// The event is about what is proved: anybody can write another thing's EPC into a chip that has a key.
fn about(subject: Subject, claimed: &Claimed, event: &mut Event) {
    let Subject::Chip(owner) = subject else { return };
    let chip = claimed.tid.as_deref().and_then(tag::tid);
    let chip = owner.or(match chip {
        Some(Reading::Alias(id)) => Some(id),
        _ => None,
    });
    if let (Some(chip), Some(told)) = (chip, event.peripheral)
        && chip != told
    {
        event.peripheral = Some(chip);
        event.readings.retain(|reading| *reading != Reading::Alias(chip));
        event.readings.push(Reading::Alias(told));
    }
}

fn proved(
    message: &Message<'_>,
    claimed: &Claimed,
    answer: &Answer,
    event: &mut Event,
) -> Result<Proof, Fault> {
    let secrets = &message.config.secrets;
    let (mut own, mut batch) = (Vec::new(), Vec::new());
    if let Some(tid) = &claimed.tid {
        secrets.find(KeyPurpose::Tam, &[&[answer.key_number], tid.as_slice()].concat(), &mut own);
    }
    secrets.find(KeyPurpose::Tam, &[answer.key_number], &mut batch);
    let Some((key, memory)) = memory(&own, answer).or_else(|| memory(&batch, answer)) else {
        return Err(if own.is_empty() && batch.is_empty() { Fault::NoKey } else { Fault::Wrong });
    };
    let issued = issued(&message.config.key, &answer.challenge).ok_or(Fault::Foreign)?;
    let age_s = message.now.0.since(issued.at) / 1000;
    if !(0..=CHALLENGE_S_MAX).contains(&age_s) {
        return Err(Fault::Old);
    }
    let named = covered(&memory, answer, claimed, event).ok_or(Fault::OtherMemory)?;
    let of = match (named, key.id.len() > 1) {
        (Some(b'E'), _) => Subject::Epc,
        (Some(_), false) => Subject::Chip(None),
        (_, true) => Subject::Chip(key.device),
        (None, false) => return Err(Fault::Batch),
    };
    Ok(Proof { counter: issued.counter, of })
}

/// The first key that fits, and the memory that it proves.
fn memory<'a>(keys: &'a [DeviceKey], answer: &Answer) -> Option<(&'a DeviceKey, Vec<u8>)> {
    keys.iter().find_map(|key| {
        let block = key.secret.expose().try_into().ok()?;
        Some((key, tam::proved(&block, &answer.challenge, &answer.response)?))
    })
}

/// Puts the proved memory into the event, and gives the profile that says whose it is, if it does. `None` where the
/// reader tells other memory.
fn covered(memory: &[u8], answer: &Answer, claimed: &Claimed, event: &mut Event) -> Option<Option<u8>> {
    /// CRC and protocol word stand before the EPC in its bank.
    const EPC_BEGINS: usize = 4;
    let (name, told, from) = match answer.profile {
        Some(b'E') => ("proved EPC bank", &claimed.epc, EPC_BEGINS),
        Some(b'T') => ("proved TID bank", &claimed.tid, 0),
        Some(b'U') => ("proved user memory", &claimed.user, 0),
        _ => return Some(None),
    };
    if memory.is_empty() {
        return Some(None);
    }
    let mut shown = memory;
    if let (Some(told), 0) = (told, answer.offset) {
        let proved = memory.get(from..).unwrap_or_default();
        let length = told.len().min(proved.len());
        if proved.get(..length) != told.get(..length) {
            return None;
        }
        shown = memory.get(..(from + told.len()).min(memory.len())).unwrap_or(memory);
    }
    event.readings.push(Reading::Bytes { name: name.into(), value: shown.into() });
    let whole = told.as_ref().is_some_and(|told| told.len() + from <= memory.len());
    let names_it = answer.offset == 0 && whole;
    Some(answer.profile.filter(|profile| names_it && *profile != b'U'))
}
