//! Puts split messages together: one per terminal, message number and serial number of the first package.
//!
//! Every package is a report of its own before it comes here, so what is given up loses meaning and not bytes.
//! Missing packages are asked for after a silence, three times; then the rest is dropped and said so.
//! Source: JT/T 808-2013 §4.4.3 table 3, §8.4 (0x8003); JT/T 808-2019 §8.4 (its count is a word).

use std::collections::BTreeMap;

use plomb_model::ReceivedAt;

use super::frame::Flag;
use super::header::{Header, Package, TerminalId};

/// Most split messages in hand on one connection; a gateway's terminals rarely split more than pictures.
const PARTIALS_MAX: usize = 256;
/// Most packages of one message: 2,048 of 1,023 bytes are a picture of 2 MB.
const PACKAGES_MAX: u16 = 2_048;
/// Most bytes of all messages in hand on one connection.
const BYTES_MAX: usize = 4 << 20;
/// Silence after which missing packages are asked for; terminals wait some seconds between repetitions.
const SILENCE_MS: i64 = 10_000;
/// How often they are asked for, as often as the standard repeats a message (parameter 0x0003, usually 3).
const REQUESTS_MAX: u8 = 3;
/// Most packages asked for at once: the count of 2013 is one byte.
const REQUESTED_MAX: usize = 255;

/// Which message a package belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The sender.
    pub(super) terminal: TerminalId,
    /// Message number.
    pub(super) message: u16,
    /// Serial number of the first package.
    pub(super) base: u16,
}

/// What is there of a message.
#[derive(Debug)]
struct Partial {
    flag: Flag,
    total: u16,
    last_serial: u16,
    packages: BTreeMap<u16, Box<[u8]>>,
    bytes: usize,
    due: ReceivedAt,
    requests: u8,
}

/// What became of a package.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// The message is whole: its body.
    Whole(Vec<u8>),
    /// Others are missing; `dropped` says that an older message had to make room.
    Waiting { dropped: bool },
    /// It cannot be kept.
    Refused(&'static str),
}

/// What a silence asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Ask for these packages again.
    Request { key: Key, flag: Flag, missing: Vec<u16> },
    /// Asked often enough: given up.
    GivenUp { key: Key, received: usize, total: u16 },
}

/// The messages in hand.
#[derive(Debug, Default)]
pub(super) struct Packages {
    partials: BTreeMap<Key, Partial>,
    bytes: usize,
}

impl Packages {
    /// Takes a package.
    pub(super) fn add(
        &mut self,
        now: ReceivedAt,
        flag: Flag,
        header: &Header,
        package: Package,
        body: &[u8],
    ) -> Added {
        if package.total > PACKAGES_MAX {
            return Added::Refused("more packages than a message may have");
        }
        let key = self.key(header, package);
        let mut dropped = false;
        if !self.partials.contains_key(&key) && self.partials.len() >= PARTIALS_MAX {
            dropped = self.drop_oldest();
        }
        while self.bytes + body.len() > BYTES_MAX && self.drop_oldest() {
            dropped = true;
        }
        let partial = self.partials.entry(key).or_insert_with(|| Partial {
            flag,
            total: package.total,
            last_serial: header.serial,
            packages: BTreeMap::new(),
            bytes: 0,
            due: now,
            requests: 0,
        });
        if partial.total != package.total {
            return Added::Refused("another number of packages than the message began with");
        }
        partial.last_serial = header.serial;
        partial.due = ReceivedAt(now.0.plus_millis(SILENCE_MS));
        let replaced = partial.packages.insert(package.index, body.into()).map_or(0, |old| old.len());
        partial.bytes = partial.bytes + body.len() - replaced;
        self.bytes = self.bytes + body.len() - replaced;
        if partial.packages.len() < usize::from(partial.total) {
            return Added::Waiting { dropped };
        }
        self.partials.remove(&key).map_or(Added::Waiting { dropped }, |partial| {
            self.bytes -= partial.bytes;
            Added::Whole(partial.packages.into_values().flat_map(Vec::from).collect())
        })
    }

    /// The message a package belongs to. Serial numbers rise from package to package; some terminals give all
    /// packages the same one.
    fn key(&self, header: &Header, package: Package) -> Key {
        let base = header.serial.wrapping_sub(package.index - 1);
        let key = Key { terminal: header.terminal, message: header.message, base };
        if package.index == 1 || self.partials.contains_key(&key) {
            return key;
        }
        let same = Key { base: header.serial, ..key };
        let one_serial = |partial: &Partial| {
            partial.total == package.total
                && partial.last_serial == header.serial
                && !partial.packages.contains_key(&package.index)
        };
        if self.partials.get(&same).is_some_and(one_serial) { same } else { key }
    }

    /// Gives up the message that has waited longest.
    fn drop_oldest(&mut self) -> bool {
        let oldest = self.partials.iter().min_by_key(|(_, partial)| partial.due).map(|(key, _)| *key);
        let Some(partial) = oldest.and_then(|key| self.partials.remove(&key)) else { return false };
        self.bytes -= partial.bytes;
        true
    }

    /// When a silence ends next.
    pub(super) fn deadline(&self) -> Option<ReceivedAt> {
        self.partials.values().map(|partial| partial.due).min()
    }

    /// The next message whose silence has ended.
    pub(super) fn due(&mut self, now: ReceivedAt) -> Option<Due> {
        let key = self.partials.iter().find(|(_, partial)| partial.due <= now).map(|(key, _)| *key)?;
        let partial = self.partials.get_mut(&key)?;
        if partial.requests >= REQUESTS_MAX {
            let (received, total) = (partial.packages.len(), partial.total);
            self.bytes -= partial.bytes;
            self.partials.remove(&key);
            return Some(Due::GivenUp { key, received, total });
        }
        partial.requests += 1;
        partial.due = ReceivedAt(now.0.plus_millis(SILENCE_MS));
        let missing = (1..=partial.total).filter(|index| !partial.packages.contains_key(index));
        Some(Due::Request { key, flag: partial.flag, missing: missing.take(REQUESTED_MAX).collect() })
    }
}
