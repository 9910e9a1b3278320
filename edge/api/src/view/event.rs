//! An event and a device's history of them.

use plomb_evidence::Received;
use plomb_model::{EntryId, Event, EventId};
use serde::Serialize;
use utoipa::ToSchema;

use super::device::signal_words;
use super::{DeliveryWord, EventKindWord, PositionView, ReadingView, SealView, SignalWord, Time, TrustView};

/// One thing that a device reported.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventView {
    /// `entry-index`.
    #[schema(example = "10452-0")]
    pub(crate) id: String,
    /// Number of the journal entry.
    entry: u64,
    /// Who sent it; null when the bytes did not say.
    #[schema(required)]
    pub(super) device: Option<String>,
    /// The device it is about, where that is not the sender.
    #[schema(required)]
    pub(super) peripheral: Option<String>,
    pub(super) kind: EventKindWord,
    /// By the device's clock.
    #[schema(required)]
    pub(super) occurred_at: Option<Time>,
    /// By our clock.
    pub(super) received_at: Time,
    pub(super) delivery: DeliveryWord,
    #[schema(required)]
    pub(super) position: Option<PositionView>,
    pub(super) seal: SealView,
    pub(super) signals: Vec<SignalWord>,
    pub(super) readings: Vec<ReadingView>,
    pub(super) trust: TrustView,
    /// Received before; changed nothing.
    pub(super) duplicate: bool,
}

/// A page of events.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EventList)]
pub(crate) struct HistoryView {
    pub(crate) items: Vec<EventView>,
    /// Pass it as `cursor` for the next page; null at the end.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// The events of a report as JSON, in the shape of the API, for tools without a server.
#[must_use]
pub fn event_values(received: &Received) -> Vec<serde_json::Value> {
    let views = EventView::all(EntryId(0), received);
    views.iter().map(|view| serde_json::to_value(view).unwrap_or_default()).collect()
}

impl EventView {
    /// The view of one event of a report.
    pub(crate) fn new(entry: EntryId, index: u16, received: &Received, event: &Event) -> Self {
        let place = u32::from(index.min(63));
        Self {
            id: EventId { entry, index }.to_string(),
            entry: entry.0,
            device: received.device.map(|device| device.to_string()),
            peripheral: event.peripheral.map(|device| device.to_string()),
            kind: EventKindWord(event.kind),
            occurred_at: event.occurred_at.map(Time::from),
            received_at: received.at.into(),
            delivery: DeliveryWord(event.delivery),
            position: event.position.as_ref().map(PositionView::from),
            seal: event.seal.into(),
            signals: signal_words(event.signals),
            readings: event.readings.iter().map(ReadingView::new).collect(),
            trust: event.trust.into(),
            duplicate: received.duplicates >> place & 1 == 1,
        }
    }

    /// The views of all events of a report.
    pub(crate) fn all(entry: EntryId, received: &Received) -> Vec<Self> {
        let events = (0_u16..).zip(&received.events);
        events.map(|(index, event)| Self::new(entry, index, received, event)).collect()
    }
}
