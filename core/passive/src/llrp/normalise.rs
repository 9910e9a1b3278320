//! What a message means: each tag read becomes an event about that tag.

use plomb_model::{
    DeviceId, Event, EventKind, Issue, OccurredAt, Reading, Scheme, SealEvidence, SealPart, Signal, Signals,
    Timestamp,
};
use plomb_wire::to_hex;

use super::codec::Item;
use super::host::ask::TAMPER_WORD;

/// A read that the host asked for, learnt from its ADD_ACCESSSPEC.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) id: u64,
    pub(super) bank: u64,
    pub(super) word: u64,
}

impl Asked {
    const fn is_tid(self) -> bool {
        self.bank == 2 && self.word == 0
    }

    const fn is_tamper(self) -> bool {
        self.bank == 1 && self.word == TAMPER_WORD as u64
    }
}

/// Takes note of the reads in an ADD_ACCESSSPEC.
pub(super) fn learn(items: &[Item<'_>], asked: &mut Vec<Asked>) {
    let reads = items.iter().enumerate().filter(|(_, item)| item.owner == 341 && item.field.is_none());
    for (at, _) in reads {
        let number = |place: usize| items.get(at + place).map_or(0, Item::number);
        let read = Asked { id: number(1), bank: number(3) >> 6, word: number(4) };
        asked.retain(|other| other.id != read.id);
        if asked.len() < 256 {
            asked.push(read);
        }
    }
}

/// Tags of one report that become events; readers send a few hundred at most.
const TAGS_MAX: usize = 4096;

/// What is said of a report with more tags than become events.
pub(super) fn too_many(items: &[Item<'_>]) -> Option<Issue> {
    let tags = items.iter().filter(|item| item.owner == 240 && item.field.is_none()).count();
    (tags > TAGS_MAX).then(|| Issue::new(0, "more tags in one report than are taken", tags))
}

/// Events of an RO_ACCESS_REPORT, in its order, at most `TAGS_MAX`.
pub(super) fn tags(items: &[Item<'_>], asked: &[Asked]) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut read = (0, 0);
    for item in items {
        if item.owner == 240 && item.field.is_none() {
            if events.len() == TAGS_MAX {
                break;
            }
            events.push(Event::new(EventKind::Status));
        }
        let Some(event) = events.last_mut() else { continue };
        if item.field.is_none() {
            continue;
        }
        let reading = match (item.owner, item.name) {
            (13 | 241, _) => {
                event.peripheral = DeviceId::new(Scheme::Epc, &to_hex(item.bytes).to_uppercase()).ok();
                continue;
            }
            (1, _) => Reading::Antenna(u16::try_from(item.number()).unwrap_or_default()),
            (6, _) => Reading::Rssi(item.bytes.first().map_or(0, |byte| i16::from(byte.cast_signed()))),
            (8, _) => Reading::ReadCount(u32::try_from(item.number()).unwrap_or_default()),
            (2 | 4, _) => {
                if item.owner == 4 || event.occurred_at.is_none() {
                    let millis = i64::try_from(item.number() / 1000).unwrap_or_default();
                    event.occurred_at = Some(OccurredAt(Timestamp::from_millis(millis)));
                }
                continue;
            }
            (349, "Result") => {
                read.0 = item.number();
                continue;
            }
            (349, "OpSpecID") => {
                read.1 = item.number();
                if read.0 == 0 {
                    continue;
                }
                let what = match asked.iter().find(|asked| asked.id == read.1) {
                    Some(asked) if asked.is_tid() => "TID not read",
                    Some(asked) if asked.is_tamper() => "tamper bit not read",
                    _ => "access result",
                };
                code(what, read.0)
            }
            (349, _) if read.0 == 0 && !item.bytes.is_empty() => {
                let known = asked.iter().find(|asked| asked.id == read.1);
                if known.is_some_and(|asked| asked.is_tamper()) {
                    tamper(event, item.bytes.first().is_some_and(|byte| byte & 0x80 != 0));
                }
                let tid = known.is_some_and(|asked| asked.is_tid());
                let name = match known {
                    Some(asked) if asked.is_tamper() => "tamper word",
                    Some(asked) if asked.bank == 3 => "user memory",
                    _ => "read data",
                };
                match DeviceId::new(Scheme::Tag, &to_hex(item.bytes).to_uppercase()) {
                    Ok(id) if tid => Reading::Alias(id),
                    _ => Reading::Bytes { name: name.into(), value: item.bytes.into() },
                }
            }
            (350..=354, "Result") if item.number() != 0 => code("access result", item.number()),
            _ => continue,
        };
        event.readings.push(reading);
    }
    events
}

fn code(name: &'static str, value: u64) -> Reading {
    Reading::Code { name: name.into(), value: i64::try_from(value).unwrap_or(i64::MAX) }
}

fn tamper(event: &mut Event, broken: bool) {
    event.seal = event.seal.with(SealPart::RopeIntact, !broken);
    event.trust.seal = if broken { SealEvidence::ValidTampered } else { SealEvidence::ValidIntact };
    if broken {
        event.signals = Signals::from(Signal::RopeCut);
    }
}
