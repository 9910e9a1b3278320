//! What one event changed: the fold of an event into its device's row.

use std::num::NonZeroU32;

use plomb_model::{
    ConnectionId, Delivery, DeviceClass, DeviceId, Event, EventId, EventKind, OccurredAt, Percent, Position,
    Protocol, Reading, ReceivedAt, SealEvidence, SealPart, SealReading, Signals, UnlockMethod, UnlockReport,
    UnlockVerdict,
};

use plomb_movements::print_of;

use crate::recent::fingerprint;
use crate::{DeviceIndex, DeviceState, Proof, RuleSettings};

/// A frame with more events than this is a batch, and all of it may be retransmitted.
const SINGLE_EVENTS_MAX: usize = 4;
/// So many further reports within a second are a stream: as many may be unanswered when its connection breaks.
const SINGLE_BURST_MAX: u8 = 3;

/// One event on its way into the state.
#[derive(Clone, Copy, Debug)]
pub struct Reported<'a> {
    /// Its number.
    pub id: EventId,
    /// When it reached us.
    pub at: ReceivedAt,
    /// In which conversation.
    pub connection: ConnectionId,
    /// What is spoken.
    pub protocol: Protocol,
    /// Who sent it.
    pub device: DeviceId,
    /// How many events its frame brought.
    pub companions: usize,
    /// The event.
    pub event: &'a Event,
}

/// What an event changed, for the rules to judge.
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    /// Whose row: the sender, or the peripheral the event is about.
    pub device: DeviceIndex,
    /// The event.
    pub event: EventId,
    /// What sort of event.
    pub kind: EventKind,
    /// When it reached us.
    pub received_at: ReceivedAt,
    /// When it happened; where the event does not say, when it reached us.
    pub occurred_at: OccurredAt,
    /// Whether the event says when it happened.
    pub dated: bool,
    /// Whether nothing newer was known: only then it changes the latest state.
    pub newest: bool,
    /// Whether it reached us so long after it happened that it is history, not the present.
    pub late: bool,
    /// Our clock less the device's, seconds.
    pub offset_s: i64,
    /// Seconds since the word before.
    pub gap_s: i64,
    /// Fresh or out of the device's memory, by its own word.
    pub delivery: Delivery,
    /// Where the event happened.
    pub position: Option<Position>,
    /// The fix before, with its time and event.
    pub previous_fix: Option<(Position, OccurredAt, EventId)>,
    /// What the event says of the seal.
    pub seal: SealReading,
    /// What was known of the seal before.
    pub seal_before: SealReading,
    /// What the device shouts.
    pub signals: Signals,
    /// Whether the event carries the device's status, so that a signal it does not mention has ended.
    pub has_status: bool,
    /// Charge of the battery, if the event says it.
    pub battery: Option<Percent>,
    /// What its proof is worth; the rest says nothing when it is bad.
    pub proof: Proof,
    /// An unlocking that was tried: method and verdict.
    pub unlock: Option<(UnlockMethod, UnlockVerdict)>,
    /// Mark of the card that was shown; 0: none.
    pub card: u64,
    /// Whether it is a reading of a passive seal: it has no clock and no receiver of its own, and is where it is read.
    pub passive: bool,
    /// The event that this one contradicts.
    pub contradicts: Option<EventId>,
}

/// Folds an event into its row. `None`: it is a retransmission and changed nothing but the time of the last word.
pub(crate) fn apply(
    device: &mut DeviceState,
    index: DeviceIndex,
    reported: &Reported<'_>,
    settings: &RuleSettings,
) -> Option<Transition> {
    let event = reported.event;
    let proof = Proof::of(device, reported.protocol, reported.at, reported.event);
    if proof.is_bad() {
        return Some(disbelieved(index, reported, proof));
    }
    let heard_before_at = device.last_received_at;
    device.last_received_at = reported.at.max(heard_before_at);
    device.connection = reported.connection;
    let same_second = reported.at.0.as_millis() / 1000 == heard_before_at.0.as_millis() / 1000;
    device.burst = if same_second { device.burst.saturating_add(1) } else { 0 };
    if is_retransmission(device, reported) || proof == Proof::Again {
        return None;
    }
    if let Proof::Holds(counter) = proof {
        Proof::remember(device, counter);
    }
    learn_gap(device, heard_before_at, reported.at);
    device.reports = device.reports.saturating_add(1);
    device.protocol = reported.protocol;

    let occurred_at = event.occurred_at.unwrap_or(OccurredAt(reported.at.0));
    // A clock ahead of ours must not make all that follows look old.
    let newest = device.occurred_at.is_none_or(|newest| occurred_at >= newest.min(OccurredAt(reported.at.0)));
    let offset_s = reported.at.0.since(occurred_at.0) / 1000;
    // A clock that is known to be wrong makes no report late.
    let by_clock = device.has_steady_offset(offset_s, settings) && event.delivery == Delivery::Live;
    let late = event.occurred_at.is_some() && offset_s > settings.late_s && !by_clock;
    let transition = Transition {
        device: index,
        event: reported.id,
        kind: event.kind,
        received_at: reported.at,
        occurred_at,
        dated: event.occurred_at.is_some(),
        newest,
        late,
        offset_s,
        gap_s: reported.at.0.since(heard_before_at.0) / 1000,
        delivery: event.delivery,
        position: event.position,
        previous_fix: device
            .position
            .zip(device.position_at)
            .map(|(position, at)| (position, at, device.position_event())),
        seal: event.seal,
        seal_before: device.seal,
        signals: event.signals,
        has_status: event.kind == EventKind::Position || !event.seal.is_empty() || !event.signals.is_empty(),
        battery: battery(event),
        proof,
        unlock: unlock(event).map(|unlock| (unlock.method, unlock.verdict)),
        card: print_of(unlock(event).and_then(|unlock| unlock.card.as_ref())),
        passive: is_passive(reported),
        contradicts: None,
    };
    if let Some(unlock) = unlock(event).filter(|unlock| unlock.verdict == UnlockVerdict::Allowed)
        && unlock.method != UnlockMethod::AutomaticLock
    {
        let allowed_s =
            u32::try_from(occurred_at.0.as_millis().div_euclid(1000)).ok().and_then(NonZeroU32::new);
        device.unlock_allowed_s = device.unlock_allowed_s.max(allowed_s);
    }
    if newest {
        take_over(device, reported, occurred_at, &transition);
    }
    Some(transition)
}

/// What a message whose proof does not count brings: the fact that it came, and where it says it was.
fn disbelieved(index: DeviceIndex, reported: &Reported<'_>, proof: Proof) -> Transition {
    let event = reported.event;
    Transition {
        device: index,
        event: reported.id,
        kind: event.kind,
        received_at: reported.at,
        occurred_at: event.occurred_at.unwrap_or(OccurredAt(reported.at.0)),
        dated: event.occurred_at.is_some(),
        newest: false,
        late: false,
        offset_s: 0,
        gap_s: 0,
        delivery: event.delivery,
        position: event.position,
        previous_fix: None,
        seal: SealReading::default(),
        seal_before: SealReading::default(),
        signals: Signals::NONE,
        has_status: false,
        battery: None,
        unlock: None,
        card: 0,
        proof,
        passive: is_passive(reported),
        contradicts: None,
    }
}

fn is_passive(reported: &Reported<'_>) -> bool {
    reported.protocol.class() == DeviceClass::Passive
}

/// A reading of a code out of another chip than the one that an earlier event named.
pub(crate) fn other_chip(index: DeviceIndex, reported: &Reported<'_>, earlier: EventId) -> Transition {
    Transition { contradicts: Some(earlier), ..disbelieved(index, reported, Proof::OtherChip) }
}

/// The newest event replaces what it mentions and leaves the rest.
fn take_over(
    device: &mut DeviceState,
    reported: &Reported<'_>,
    occurred_at: OccurredAt,
    transition: &Transition,
) {
    let event = reported.event;
    device.last_entry = reported.id.entry;
    device.last_index = reported.id.index;
    device.trust.identity = event.trust.identity;
    if event.occurred_at.is_some() {
        device.occurred_at = Some(occurred_at);
    }
    if let Some(position) = event.position {
        device.position = Some(position);
        device.position_at = Some(occurred_at);
        device.position_entry = reported.id.entry;
        device.position_index = reported.id.index;
    }
    device.seal = device.seal.updated_by(event.seal);
    if !event.seal.is_empty() {
        // A part that an earlier event reported broken is not whole because this one does not mention it.
        device.trust.seal =
            if is_broken(device.seal) { SealEvidence::ValidTampered } else { event.trust.seal };
    } else if device.trust.seal == SealEvidence::Silent {
        device.trust.seal = event.trust.seal;
    }
    if transition.has_status {
        device.signals = event.signals;
    }
    for reading in &event.readings {
        device.measure(reading);
    }
}

fn is_broken(seal: SealReading) -> bool {
    [SealPart::RopeIntact, SealPart::CoverClosed, SealPart::Attached]
        .into_iter()
        .any(|part| seal.part(part) == Some(false))
}

fn is_retransmission(device: &mut DeviceState, reported: &Reported<'_>) -> bool {
    let Some(print) = fingerprint(reported.event) else { return false };
    // So many may be under way unanswered, and come again together when the connection breaks.
    if reported.companions > SINGLE_EVENTS_MAX || device.burst > SINGLE_BURST_MAX {
        device.recent.grow();
    }
    let newer = device.occurred_at.is_none_or(|newest| reported.event.occurred_at > Some(newest));
    if !newer && device.recent.contains(print) {
        return true;
    }
    device.recent.insert(print);
    false
}

/// Gaps below a second are one burst, not a period.
fn learn_gap(device: &mut DeviceState, before: ReceivedAt, now: ReceivedAt) {
    let gap_s = u32::try_from(now.0.since(before.0) / 1000).unwrap_or(0);
    if gap_s > 0 && !device.is_silent() {
        device.gaps_s.rotate_right(1);
        if let Some(newest) = device.gaps_s.first_mut() {
            *newest = gap_s;
        }
    }
}

fn battery(event: &Event) -> Option<Percent> {
    event.readings.iter().find_map(|reading| match reading {
        Reading::Battery(percent) => Some(*percent),
        _ => None,
    })
}

fn unlock(event: &Event) -> Option<&UnlockReport> {
    event.readings.iter().find_map(|reading| match reading {
        Reading::Unlock(report) => Some(report),
        _ => None,
    })
}
