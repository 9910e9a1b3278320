//! One advert, whoever heard it: each payload in it is read by the protocol it belongs to.

use plomb_model::{DeviceId, Event, EventKind, Issue, Reading, ReceivedAt, Scheme};
use plomb_session::{Decoded, SessionConfig};

use crate::advert::{self, Advert, MANUFACTURER_DATA, SERVICE_DATA_16};
use crate::{bthome, eddystone, eye, ruuvi};

/// Company identifier of Apple, before an iBeacon.
const APPLE: u16 = 0x004C;
/// Type and length of an iBeacon.
const IBEACON: [u8; 2] = [0x02, 0x15];
/// UUID, major and minor.
const IBEACON_ID_BYTES: usize = 20;
/// AD types "Shortened Local Name" and "Complete Local Name".
const NAME: [u8; 2] = [0x08, 0x09];

/// What an advert says and whose it is.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// The sender, where the advert or the gateway tells it.
    pub device: Option<DeviceId>,
    /// What it says.
    pub events: Vec<Event>,
    /// What cannot be read; offsets count in the advert.
    pub issues: Vec<Issue>,
}

/// Reads every payload of `advert` that is known here. One without any is an event of its bytes: that it was heard
/// is a fact too.
#[must_use]
pub fn hear(advert: &Advert, config: &SessionConfig, now: ReceivedAt) -> Heard {
    let mut heard = Heard { device: advert.address.and_then(advert::device), ..Heard::default() };
    let Some(structures) = advert::structures(&advert.data) else {
        heard.issues.push(Issue::new(0, "no row of AD structures", plomb_wire::to_hex(&advert.data)));
        return heard;
    };
    let mut name = None;
    for (kind, payload, offset) in structures {
        if NAME.contains(&kind) {
            name = Some(Reading::Text(format!("name {}", String::from_utf8_lossy(payload)).into()));
        } else if let Some((number, payload)) = payload.split_first_chunk() {
            let number = u16::from_le_bytes(*number);
            heard.payload(kind, number, payload, offset + 2, advert, config, now);
        }
    }
    if heard.events.is_empty() && heard.issues.is_empty() {
        let mut event = Event::new(EventKind::Status);
        let value = advert.data.as_slice().into();
        event.readings.push(Reading::Bytes { name: "advert".into(), value });
        heard.events.push(event);
    }
    if let Some(event) = heard.events.first_mut() {
        event.readings.extend(name);
    }
    for event in &mut heard.events {
        if let Some(rssi) = advert.rssi
            && !event.readings.contains(&Reading::Rssi(rssi))
        {
            event.readings.push(Reading::Rssi(rssi));
        }
    }
    heard
}

impl Heard {
    #[expect(
        clippy::too_many_arguments,
        reason = "a payload with where it stood and all that reading it needs"
    )]
    fn payload(
        &mut self,
        kind: u8,
        number: u16,
        payload: &[u8],
        offset: usize,
        advert: &Advert,
        config: &SessionConfig,
        now: ReceivedAt,
    ) {
        match (kind, number) {
            (SERVICE_DATA_16, bthome::UUID) => {
                let mut out = Decoded::default();
                let inner = Advert { data: payload.to_vec(), gateway: None, ..advert.clone() };
                let device = bthome::advertised(&inner, config, &mut out);
                out.report(device, &[]);
                for report in out.reports() {
                    self.device = report.device.or(self.device);
                    self.events.extend_from_slice(report.events);
                    self.issues.extend(report.issues.iter().map(|issue| later(issue, offset)));
                }
            }
            (SERVICE_DATA_16, eddystone::UUID) => {
                let read = eddystone::event(payload, config, now).map(|(event, device, unresolved)| {
                    self.issues.extend(unresolved.map(|issue| later(&issue, offset)));
                    (event, device)
                });
                self.take(read, offset, true);
            }
            (MANUFACTURER_DATA, ruuvi::COMPANY) => self.take(ruuvi::event(payload), offset, false),
            (MANUFACTURER_DATA, eye::COMPANY) => self.take(eye::event(payload), offset, false),
            (MANUFACTURER_DATA, APPLE) => {
                let beacon = payload.strip_prefix(&IBEACON).and_then(|rest| rest.get(..IBEACON_ID_BYTES));
                if let Some(id) = beacon {
                    let id = DeviceId::new(Scheme::Beacon, &plomb_wire::to_hex(id)).ok();
                    let mut event = Event::new(EventKind::Status);
                    // The identifier that its owner gave it goes before an address that may change.
                    event.readings.extend(self.device.filter(|_| id.is_some()).map(Reading::Alias));
                    self.take(Ok((event, id)), offset, true);
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, read: Result<(Event, Option<DeviceId>), Issue>, offset: usize, inside_first: bool) {
        match read {
            Ok((event, inside)) => {
                self.device = if inside_first { inside.or(self.device) } else { self.device.or(inside) };
                self.events.push(event);
            }
            Err(issue) => self.issues.push(later(&issue, offset)),
        }
    }
}

/// The issue, where the payload begins `by` bytes later.
fn later(issue: &Issue, by: usize) -> Issue {
    let offset = usize::try_from(issue.offset).unwrap_or(usize::MAX).saturating_add(by);
    Issue::new(offset, issue.what.clone(), &issue.found)
}
