//! The events of a device out of the journal, page by page. The journal gives reports; a report holds several
//! events, so that a page may end within one.

use plomb_model::{DeviceId, EntryId, Event, EventId, OccurredAt, Timestamp};

use crate::access::{Authorised, Read};
use crate::problem::Problem;
use crate::view::EventView;
use crate::{HistoryOrder, HistoryQuery, Place, StoredReport};

/// Reports fetched at once: a few hundred kB.
const REPORTS_PER_READ: usize = 256;
/// Fetches for one page, so that a device whose reports hold nothing for it cannot hold the request for long.
const READS_PER_PAGE_MAX: usize = 20;

/// Where the events of a device are found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    /// Under whom they are found.
    device: DeviceId,
    /// Only events about this device: it is heard through the sender.
    peripheral: Option<DeviceId>,
}

/// The place of an event in a device's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventPlace {
    /// That of its report.
    pub(crate) time: Timestamp,
    /// The event.
    pub(crate) id: EventId,
}

/// A page of events with what the reader may need of their report.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) events: Vec<EventView>,
    /// Where the next page begins; `None` at the end.
    pub(crate) next: Option<EventPlace>,
}

impl Source {
    /// Finds out whether a device speaks for itself.
    pub(crate) async fn of(reader: &Authorised<Read>, id: DeviceId) -> Result<Self, Problem> {
        let heard_through = reader.ask(move |state| Some(state.devices.get(&id)?.heard_through)).await?;
        match heard_through {
            None => Err(Problem::not_found(format!("device {id}"))),
            Some(None) => Ok(Self { device: id, peripheral: None }),
            Some(Some(_)) => Ok(Self { device: id, peripheral: Some(id) }),
        }
    }

    /// Under whom they are found.
    pub(crate) const fn device(&self) -> DeviceId {
        self.device
    }

    /// Whether an event of a report is one of the device's.
    pub(crate) fn takes(&self, event: &Event) -> bool {
        self.peripheral.is_none() || event.peripheral == self.peripheral
    }

    /// A page of at most `limit` events after the event `after`, in the order of `query`, whose device, place and
    /// limit are set here.
    pub(crate) async fn page(
        &self,
        reader: &Authorised<Read>,
        query: &HistoryQuery,
        after: Option<EventPlace>,
        limit: usize,
    ) -> Result<Page, Problem> {
        let mut page = Page::default();
        let mut query = HistoryQuery {
            device: self.device,
            beyond: after.and_then(|after| before(after, query.order)),
            limit: limit.saturating_add(1).min(REPORTS_PER_READ),
            ..query.clone()
        };
        for _ in 0..READS_PER_PAGE_MAX {
            let fetched = reader.history(query.clone()).await?;
            for report in &fetched.reports {
                let time = report.place().time;
                for event in self.events(report, &query, after.map(|after| after.id)) {
                    if page.events.len() == limit {
                        return Ok(page);
                    }
                    page.next = Some(EventPlace { time, id: event });
                    page.events.extend(view(report, event));
                }
            }
            let Some(last) = fetched.reports.last().filter(|_| fetched.more) else {
                page.next = None;
                return Ok(page);
            };
            let place = last.place();
            query.beyond = Some(place);
            let id = EventId { entry: last.id, index: last_index(query.order) };
            page.next = Some(EventPlace { time: place.time, id });
        }
        Ok(page)
    }

    /// The events of a report that belong to the device, lie in the range and come after `after`.
    fn events(
        &self,
        report: &StoredReport,
        query: &HistoryQuery,
        after: Option<EventId>,
    ) -> impl Iterator<Item = EventId> {
        let (entry, order) = (report.id, query.order);
        let is_within = |event: &Event| {
            let OccurredAt(at) = event.occurred_at.unwrap_or(OccurredAt(report.received.at.0));
            query.from.is_none_or(|from| at >= from) && query.to.is_none_or(|to| at < to)
        };
        let events = (0_u16..).zip(&report.received.events);
        let indices = events.filter(|(_, event)| self.takes(event) && is_within(event));
        let mut ids: Vec<EventId> = indices.map(|(index, _)| EventId { entry, index }).collect();
        if order == HistoryOrder::NewestFirst {
            ids.reverse();
        }
        ids.into_iter().filter(move |id| {
            after.is_none_or(|after| match order {
                _ if after.entry != id.entry => true,
                HistoryOrder::OldestFirst => *id > after,
                HistoryOrder::NewestFirst => *id < after,
            })
        })
    }
}

fn view(report: &StoredReport, id: EventId) -> Option<EventView> {
    let event = report.received.events.get(usize::from(id.index))?;
    Some(EventView::new(id.entry, id.index, &report.received, event))
}

/// The neighbouring place on the near side, so that the entry itself is read again.
const fn before(after: EventPlace, order: HistoryOrder) -> Option<Place> {
    let entry = after.id.entry.0;
    let neighbour = match order {
        HistoryOrder::OldestFirst => entry.checked_sub(1),
        HistoryOrder::NewestFirst => entry.checked_add(1),
    };
    match neighbour {
        Some(number) => Some(Place { time: after.time, entry: EntryId(number) }),
        // Before the first entry of all: the places just before that time.
        None => Some(Place { time: after.time.plus_millis(-1), entry: EntryId(u64::MAX) }),
    }
}

/// The index that comes last in an entry, whatever it holds.
const fn last_index(order: HistoryOrder) -> u16 {
    match order {
        HistoryOrder::OldestFirst => u16::MAX,
        HistoryOrder::NewestFirst => 0,
    }
}
