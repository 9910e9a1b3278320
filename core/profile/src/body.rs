//! A body: a sequence of items of CBOR, each an event: a pack of SenML, or one in a COSE message.

use plomb_constrained::Fault;
use plomb_constrained::cbor::{Decoder, Item};
use plomb_constrained::cose::{Message, Shape};
use plomb_constrained::p256::PublicKey;
use plomb_constrained::profile::{self, DEVICE_ID_BYTES_MAX, ITEMS_MAX, TAG_BYTES, encrypt0_key, mac0_key};
use plomb_model::{DeviceId, Event, Identity, Issue, Reading, ReceivedAt, Scheme};
use plomb_session::{Decoded, DeviceKey, KeyPurpose, Secrets, SessionConfig};
use plomb_wire::{from_hex, to_hex};

use crate::pack::{self, Told};

/// Keys of one identifier that are tried: more than one only while a key is being changed.
pub(crate) const TRIED_KEYS_MAX: usize = 4;

/// A fault of the format as an issue of the frame in which the bytes begin at `base`.
pub(crate) fn issue(fault: Fault, base: usize) -> Issue {
    Issue::new(base.saturating_add(fault.offset), fault.what, "malformed bytes")
}

/// The device of a key: the one that it is registered for, or its identifier.
pub(crate) fn device_of(key: &DeviceKey) -> Option<DeviceId> {
    key.device.or_else(|| device(&key.id))
}

/// The device of an identifier.
pub(crate) fn device(kid: &[u8]) -> Option<DeviceId> {
    DeviceId::new(Scheme::Plomb, &to_hex(kid)).ok()
}

/// The keys of a purpose and identifier, at most [`TRIED_KEYS_MAX`].
pub(crate) fn keys(config: &SessionConfig, purpose: KeyPurpose, kid: &[u8]) -> Vec<DeviceKey> {
    let mut keys = Vec::new();
    config.secrets.find(purpose, kid, &mut keys);
    keys.truncate(TRIED_KEYS_MAX);
    keys
}

/// By what way a body came, and what that proves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carrier<'a> {
    pub(crate) config: &'a SessionConfig,
    pub(crate) now: ReceivedAt,
    /// What the way proves of its sender.
    pub(crate) identity: Identity,
    /// Who sent it: proved by the way, or where nothing is proved, as the way names it.
    pub(crate) sender: Option<DeviceId>,
    /// Whether the way lets nothing of its sender through twice, whatever the events are numbered.
    pub(crate) is_fresh: bool,
}

/// What a body brought.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) events: Vec<(DeviceId, Event)>,
    pub(crate) issues: Vec<Issue>,
}

impl Taken {
    /// Writes events and issues into the report in hand and gives whose it is: the sender, or the device of the first event.
    pub(crate) fn tell(mut self, sender: Option<DeviceId>, out: &mut Decoded) -> Option<DeviceId> {
        let sender = sender.or_else(|| self.events.first().map(|(device, _)| *device));
        self.put_in_order();
        for (device, mut event) in self.events {
            event.peripheral = (Some(device) != sender).then_some(device);
            out.event(event);
        }
        self.issues.into_iter().for_each(|issue| out.issue(issue));
        sender
    }
}

impl Taken {
    /// Devices send the cut first, whatever came before it; judged in that order, what came before would undo it. Events
    /// of one device are told in the order of their numbers, which holds within one millisecond too.
    fn put_in_order(&mut self) {
        let numbered = |(_, event): &(DeviceId, Event)| event.serial.is_some();
        let alone = self.events.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a == b));
        if alone && self.events.iter().all(numbered) {
            self.events.sort_by_key(|(_, event)| event.serial);
        }
    }
}

/// Reads a body that begins at `base` in the frame.
pub(crate) fn read(body: &[u8], base: usize, carrier: &Carrier<'_>) -> Taken {
    let mut taken = Taken::default();
    let (body, base) =
        body.strip_prefix(&TAG_BYTES).map_or((body, base), |rest| (rest, base + TAG_BYTES.len()));
    if body.is_empty() {
        taken.issues.push(Issue::new(base, "a body without an event", "no bytes"));
    }
    let mut decoder = Decoder::new(body);
    let mut items = 0;
    while !decoder.is_empty() {
        let at = base + decoder.offset();
        items += 1;
        if items > ITEMS_MAX {
            taken.issues.push(Issue::new(
                at,
                "more events than a body may hold",
                format_args!("{ITEMS_MAX} read"),
            ));
            break;
        }
        match decoder.skip() {
            Ok(item) => read_item(item, at, carrier, &mut taken),
            Err(fault) => {
                taken.issues.push(issue(fault, base));
                break;
            }
        }
    }
    taken
}

fn read_item(item: &[u8], at: usize, carrier: &Carrier<'_>, taken: &mut Taken) {
    match Decoder::new(item).item() {
        Ok(Item::Array(_)) => {
            let told = pack::read(item, at, carrier.now, &mut taken.issues);
            if let Some(told) = told {
                own_word(told, at, carrier, taken);
            }
        }
        Ok(Item::Tag(16..=18)) => match Message::parse(item, None) {
            Ok(message) => proved(&message, at, carrier, taken),
            Err(fault) => taken.issues.push(issue(fault, at)),
        },
        Ok(other) => {
            let what = "an event is a SenML pack or a COSE message of one signer or one key";
            taken.issues.push(Issue::new(at, what, format_args!("{other:?}")));
        }
        Err(fault) => taken.issues.push(issue(fault, at)),
    }
}

/// An event that the carrier alone vouches for.
fn own_word(told: Told, at: usize, carrier: &Carrier<'_>, taken: &mut Taken) {
    let mut event = told.event;
    if carrier.identity >= Identity::Mac {
        let Some(sender) = carrier.sender else { return };
        if told.named.is_some_and(|named| named != sender) {
            let found = format_args!("{:?} sent by {sender}", told.named);
            taken.issues.push(Issue::new(at, "the base name is that of another device", found));
            return;
        }
        event.trust.identity = carrier.identity;
        event.trust.seal = pack::evidence(&event);
        if !carrier.is_fresh {
            event.readings.extend(told.sequence.map(Reading::Counter));
        }
        taken.events.push((sender, event));
        return;
    }
    let Some(device) = told.named.or(carrier.sender) else {
        taken.issues.push(Issue::new(
            at,
            "a plain event must name its device",
            "no base name such as plomb:0a0b0c:",
        ));
        return;
    };
    if has_keys(carrier.config, device) {
        let what = "this device has keys: an event without its proof is not taken as its word";
        taken.issues.push(Issue::new(at, what, device));
    } else if told.is_beacon {
        taken.issues.push(Issue::new(at, "a tamper beacon without a proof is not taken", device));
    } else {
        event.readings.extend(told.sequence.map(Reading::Counter));
        taken.events.push((device, event));
    }
}

/// The one-time code that opens a device of this arming until the end of this hour since 1970; none where the platform
/// does not share a master secret with it (docs/profile.md, "One-time codes").
#[must_use]
pub fn opening_code(secrets: &dyn Secrets, device: &DeviceId, arming: u32, until_h: u32) -> Option<String> {
    let kid = (device.scheme() == Scheme::Plomb).then(|| from_hex(device.value()).ok()).flatten()?;
    let master = secrets.first(KeyPurpose::OscoreMaster, &kid)?;
    let mut key = profile::code_key(master.secret.expose(), &master.salt, &kid)?;
    let code = profile::opening_code(&key, arming, until_h);
    key.fill(0);
    std::hint::black_box(&key);
    code.iter().map(|digit| Some(char::from(*digit))).collect()
}

/// Whether a device could have proved what it says.
fn has_keys(config: &SessionConfig, device: DeviceId) -> bool {
    if device.scheme() != Scheme::Plomb {
        return false;
    }
    let Ok(kid) = from_hex(device.value()) else { return false };
    [KeyPurpose::OscoreMaster, KeyPurpose::DevicePublicKey]
        .into_iter()
        .any(|purpose| config.secrets.first(purpose, &kid).is_some())
}

/// An event in a COSE message.
fn proved(message: &Message<'_>, at: usize, carrier: &Carrier<'_>, taken: &mut Taken) {
    let Some(kid) = message.kid.filter(|kid| (1..=DEVICE_ID_BYTES_MAX).contains(&kid.len())) else {
        taken.issues.push(Issue::new(at, "a COSE message must name its key by 1 to 7 bytes", "no such kid"));
        return;
    };
    let (purpose, identity) = match message.shape {
        Shape::Sign1 => (KeyPurpose::DevicePublicKey, Identity::Signature),
        Shape::Mac0 => (KeyPurpose::OscoreMaster, Identity::Mac),
        Shape::Encrypt0 => (KeyPurpose::OscoreMaster, Identity::Aead),
    };
    let keys = keys(carrier.config, purpose, kid);
    if keys.is_empty() {
        let found = format_args!("kid {}", to_hex(kid));
        taken.issues.push(Issue::new(at, "no key is known that could prove this message", found));
        return;
    }
    let mut plain = vec![0; message.payload.len()];
    let held = keys.iter().find_map(|key| holds(message, key, &mut plain).map(|payload| (key, payload)));
    let Some((key, payload)) = held else {
        let found = format_args!("kid {}, algorithm {:?}", to_hex(kid), message.algorithm);
        taken.issues.push(Issue::new(
            at + message.proof_offset,
            "the proof does not hold: another key, or changed on the way",
            found,
        ));
        return;
    };
    let Some(device) = device_of(key) else { return };
    // A gateway's own protection says nothing of how old the word of another device is.
    let is_fresh = carrier.is_fresh && carrier.sender == Some(device);
    let carrier = Carrier { identity, sender: Some(device), is_fresh, ..*carrier };
    let inside = at + message.payload_offset;
    let payload = payload.to_vec();
    match Decoder::new(&payload).peek() {
        // What was encrypted may be signed.
        Ok(Item::Tag(18)) if message.shape == Shape::Encrypt0 => read_item(&payload, inside, &carrier, taken),
        _ => {
            if let Some(told) = pack::read(&payload, inside, carrier.now, &mut taken.issues) {
                own_word(told, inside, &carrier, taken);
            }
        }
    }
}

/// The payload, if the key proves it.
fn holds<'a>(message: &Message<'a>, key: &DeviceKey, plain: &'a mut [u8]) -> Option<Vec<u8>> {
    let secret = key.secret.expose();
    match message.shape {
        Shape::Sign1 => {
            let key = PublicKey::new(secret)?;
            message.is_signed_by(&key, &[]).then(|| message.payload.to_vec())
        }
        Shape::Mac0 => {
            let key = mac0_key(secret, &key.salt, &key.id)?;
            message.is_authentic_by(&key, &[]).then(|| message.payload.to_vec())
        }
        Shape::Encrypt0 => {
            let key = encrypt0_key(secret, &key.salt, &key.id)?;
            message.decrypt(&key, &[], plain).map(|plain| plain.to_vec())
        }
    }
}

/// The events of a payload that begins with the profile's tag, as a satellite brings it: each names the device it is of.
/// None for a payload of another kind.
#[must_use]
pub fn tagged_events(
    payload: &[u8],
    offset: usize,
    config: &SessionConfig,
    now: ReceivedAt,
) -> Option<(Vec<Event>, Vec<Issue>)> {
    payload.strip_prefix(&TAG_BYTES)?;
    let carrier = Carrier { config, now, identity: Identity::Claimed, sender: None, is_fresh: false };
    let taken = read(payload, offset, &carrier);
    let about = |(device, mut event): (DeviceId, Event)| {
        event.peripheral = Some(device);
        event
    };
    Some((taken.events.into_iter().map(about).collect(), taken.issues))
}
