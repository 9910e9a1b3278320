//! Iridium Short Burst Data, the gateway's side of DirectIP: messages originated by a terminal.
//!
//! Source: Iridium "Short Burst Data Service Developers Guide", DirectIP. All numbers have the high byte first.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::{AckKey, Inbox, Incoming, Outcome, Outgoing, Report, Terminal};

/// Of the conditions that are played it tells none: the network locates the terminal, and the payload is the vendor's.
pub(super) const TOLD: &[Signal] = &[];
const HEADER: u8 = 0x01;
const PAYLOAD: u8 = 0x02;
const LOCATION: u8 = 0x03;
const TERMINATED_HEADER: u8 = 0x41;
const TERMINATED_PAYLOAD: u8 = 0x42;
const TERMINATED_CONFIRMATION: u8 = 0x44;
/// The session ended well.
const COMPLETED: u8 = 0;
/// Radius within which the terminal is, kilometres.
const RADIUS_KM: u32 = 3;
/// The platform has the message.
const CONFIRMED: [u8; 7] = [0x01, 0x00, 0x04, 0x05, 0x00, 0x01, 0x01];
const MESSAGE: AckKey = AckKey(1);

/// A terminal behind the Iridium gateway.
#[derive(Debug)]
pub struct Iridium {
    id: DeviceId,
    ready: bool,
    /// Number of the call record and of the message (MOMSN).
    call: u32,
    message: u16,
    inbox: Inbox,
    /// Numbers of the messages to the terminal on this connection; their places are their references.
    commands: Vec<u32>,
}

impl Iridium {
    /// A terminal with an IMEI.
    #[must_use]
    pub fn new(id: DeviceId) -> Self {
        Self { id, ready: false, call: 0, message: 0, inbox: Inbox::default(), commands: Vec::new() }
    }

    fn originated(&mut self, report: &Report) -> Vec<u8> {
        self.call = self.call.wrapping_add(1);
        self.message = self.message.wrapping_add(1);
        let seconds = u32::try_from(report.at.as_millis().div_euclid(1000)).unwrap_or(u32::MAX);
        let header = [
            &self.call.to_be_bytes()[..],
            self.id.value().as_bytes(),
            &[COMPLETED],
            &self.message.to_be_bytes(),
            &[0, 0],
            &seconds.to_be_bytes(),
        ]
        .concat();
        let payload =
            format!("door={} battery={}", u8::from(!report.lock.door_closed), report.battery_percent);
        let (latitude, longitude) = (report.fix.latitude_e7, report.fix.longitude_e7);
        // Which quarter of the world, then degrees and thousandths of a minute of each.
        let mut location = vec![u8::from(latitude < 0) << 1 | u8::from(longitude < 0)];
        for e7 in [latitude, longitude] {
            let thousandths = (u64::from(e7.unsigned_abs()) * 6 + 500) / 1000;
            location.push(u8::try_from(thousandths / 60_000).unwrap_or(u8::MAX));
            location.extend(u16::try_from(thousandths % 60_000).unwrap_or(0).to_be_bytes());
        }
        location.extend(RADIUS_KM.to_be_bytes());
        message(&[(HEADER, &header), (PAYLOAD, payload.as_bytes()), (LOCATION, &location)])
    }

    /// The message to a terminal: its number and text.
    fn terminated(&mut self, elements: &[u8]) -> Option<Incoming> {
        let (mut rest, mut number, mut text) = (elements, None, String::new());
        while let [kind, high, low, after @ ..] = rest {
            let (content, after) = after.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
            rest = after;
            match *kind {
                TERMINATED_HEADER => {
                    number = content.first_chunk::<4>().map(|number| u32::from_be_bytes(*number))
                }
                TERMINATED_PAYLOAD => text = String::from_utf8_lossy(content).into_owned(),
                _ => {}
            }
        }
        let reference = u32::try_from(self.commands.len()).ok()?;
        self.commands.push(number?);
        Some(Incoming::Other { reference, text })
    }
}

/// Version, length, and elements of a kind, a length and a content.
fn message(elements: &[(u8, &[u8])]) -> Vec<u8> {
    let length = |content: &[u8]| u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let inner: Vec<u8> = elements
        .iter()
        .flat_map(|(kind, content)| [&[*kind][..], &length(content), content].concat())
        .collect();
    [&[1][..], &length(&inner), &inner].concat()
}

impl Terminal for Iridium {
    fn id(&self) -> DeviceId {
        self.id
    }

    /// The gateway says nothing before a message.
    fn connected(&mut self, _: Timestamp, _: &mut Vec<u8>) {
        self.inbox.clear();
        self.commands.clear();
        self.ready = true;
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    // A session costs money: there is no sign of life.

    fn live(&mut self, report: &Report) -> Outgoing {
        let essential = report.fresh && !report.signals.is_empty();
        Outgoing { bytes: self.originated(report), expects: Some(MESSAGE), essential }
    }

    /// A message is of one session.
    fn batch_max(&self) -> usize {
        1
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        let bytes = reports.iter().flat_map(|report| self.originated(report)).collect();
        Outgoing { bytes, expects: Some(MESSAGE), essential: true }
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        let mut messages = Vec::new();
        self.inbox.push(bytes);
        self.inbox.drain(|rest| {
            let length = usize::from(u16::from_be_bytes([*rest.get(1)?, *rest.get(2)?])) + 3;
            messages.push(rest.get(..length)?.to_vec());
            Some(length)
        });
        for message in messages {
            if message == CONFIRMED {
                incoming.push(Incoming::Acknowledged(MESSAGE));
            } else {
                incoming.extend(self.terminated(message.get(3..).unwrap_or_default()));
            }
        }
    }

    /// The gateway's confirmation: number, IMEI, its own reference, place in the queue (negative: refused).
    fn answer(&mut self, reference: u32, outcome: Outcome, _: &Report) -> Vec<Outgoing> {
        let index = usize::try_from(reference).unwrap_or(usize::MAX);
        let Some(number) = self.commands.get(index) else { return Vec::new() };
        let status: i16 = if outcome == Outcome::Done { 1 } else { -3 };
        let confirmation = [
            &number.to_be_bytes()[..],
            self.id.value().as_bytes(),
            &reference.to_be_bytes(),
            &status.to_be_bytes(),
        ]
        .concat();
        let bytes = message(&[(TERMINATED_CONFIRMATION, &confirmation)]);
        vec![Outgoing { bytes, expects: None, essential: true }]
    }
}
