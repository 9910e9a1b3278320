//! The profile over CoAP (RFC 7252) and UDP: reports under OSCORE or plain, EDHOC, and commands to the device.
//!
//! A conversation is what comes from one address and port. It keeps contexts and windows while it lasts. A new one (after
//! a change of address, or a start of the platform) knows of no number that was taken: with a provisioned key it
//! challenges the device once, by an Echo option (RFC 8613, appendix B.1.2), before it takes anything.

mod command;
mod contexts;
mod handshake;
mod request;

pub use handshake::platform_key;

use std::collections::VecDeque;

use plomb_constrained::coap::{Kind, MESSAGE_BYTES_MAX, Message, Writer, code, format, option};
use plomb_constrained::oscore::{self, SEQUENCE_MAX, open_response, protect_request};
use plomb_constrained::profile::COMMAND_PATH;
use plomb_model::{
    Command, CommandError, CommandTicket, DeviceId, Event, EventKind, Identity, Issue, Reading, ReceivedAt,
};
use plomb_session::{Decoded, Session, SessionConfig};
use plomb_wire::to_hex;

use crate::body::{self, Carrier};
use crate::command::NUMBERS_EPOCH_MS;
use command::Sent;
use contexts::Contexts;
use handshake::Handshakes;

/// Datagrams and their answers that are kept, so that one that comes again is answered again.
const ANSWERED_MAX: usize = 4;
/// How long the same datagram is a retransmission and no replay, seconds (RFC 7252, EXCHANGE_LIFETIME).
const ANSWERED_S_MAX: i64 = 247;
/// A session with one address and port.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Coap {
        config,
        held: Vec::new(),
        contexts: Contexts::default(),
        handshakes: Handshakes::default(),
        answered: VecDeque::new(),
        sent: Vec::new(),
        number: 0,
        message_id: 0,
    })
}

struct Coap {
    config: SessionConfig,
    held: Vec<u8>,
    contexts: Contexts,
    handshakes: Handshakes,
    answered: VecDeque<Answered>,
    sent: Vec<Sent>,
    /// The greatest number of a message of our own, less its lowest bit.
    number: u64,
    message_id: u16,
}

/// A request that was answered.
struct Answered {
    at: ReceivedAt,
    datagram: Box<[u8]>,
    reply: Box<[u8]>,
}

impl Session for Coap {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.held.extend_from_slice(bytes);
        if self.held.len() > u16::MAX.into() {
            self.finish(now, out);
        }
    }

    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded) {
        let datagram = std::mem::take(&mut self.held);
        if !datagram.is_empty() {
            let device = self.datagram(now, &datagram, out);
            out.report(device, &datagram);
        }
    }

    fn tick(&mut self, _: ReceivedAt, _: &mut Decoded) {}

    fn deadline(&self) -> Option<ReceivedAt> {
        None
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        self.sent.retain(|sent| now.0.since(sent.at.0) < command::WAIT_S_MAX * 1000);
        if self.sent.len() >= command::WAITING_MAX {
            return Err(CommandError::TooMany { waiting: self.sent.len() });
        }
        let number = self.next_even_number(now);
        let message_id = self.next_message_id();
        // Without keys on both sides nobody could tell whose command it is.
        let known = self.contexts.of(&self.config, to).ok_or(CommandError::UnknownDevice)?;
        let pack = crate::command::encode("plomb-coap", ticket, command)?;
        let [.., a, b, c, d] = number.to_be_bytes();
        let token = [a, b, c, d];
        let full = |_| CommandError::Value {
            what: "the command",
            found: "too long".to_owned(),
            allowed: "one datagram",
        };
        let mut plain = [0; MESSAGE_BYTES_MAX];
        let mut writer = Writer::new(&mut plain, Kind::Confirmable, code::POST, message_id, &token);
        writer.path(COMMAND_PATH).uint(option::CONTENT_FORMAT, format::SENML_CBOR.into());
        let plain = writer.payload(&pack).map_err(full)?;
        let plain = Message::parse(plain).map_err(|_| CommandError::UnknownDevice)?;
        known.context.go_on_from(number);
        let mut protected = [0; MESSAGE_BYTES_MAX];
        let with_context = known.context.id_context().is_some();
        let (bytes, binding) = protect_request(&mut known.context, &plain, with_context, &mut protected)
            .map_err(|_| CommandError::UnknownDevice)?;
        let device = known.device;
        let (platform_id, device_id) = (known.context.sender_id(), known.context.recipient_id());
        out.reply_only(Some(device), bytes);
        self.sent.push(Sent { at: now, token, device, platform_id, device_id, binding, ticket });
        Ok(())
    }
}

impl Coap {
    /// Takes a datagram; gives whose it is.
    fn datagram(&mut self, now: ReceivedAt, datagram: &[u8], out: &mut Decoded) -> Option<DeviceId> {
        let message = match Message::parse(datagram) {
            Ok(message) => message,
            Err(fault) => {
                out.issue(body::issue(fault, 0));
                return None;
            }
        };
        if datagram.len() > MESSAGE_BYTES_MAX {
            let found = format_args!("{} bytes", datagram.len());
            out.issue(Issue::new(MESSAGE_BYTES_MAX, "the message is longer than 1,280 bytes", found));
            self.reply(&message, request::TOO_LARGE, None, &[], out);
            return None;
        }
        if message.is_request() {
            return self.request(now, datagram, &message, out);
        }
        if message.is_response() {
            return self.response(now, &message, out);
        }
        match (message.kind, message.code) {
            // A ping (RFC 7252, section 4.3).
            (Kind::Confirmable, code::EMPTY) => {
                let mut bytes = [0; 4];
                if let Ok(bytes) =
                    Writer::new(&mut bytes, Kind::Reset, code::EMPTY, message.id, &[]).payload(&[])
                {
                    out.reply(bytes);
                }
            }
            (Kind::Acknowledgement, code::EMPTY) => {}
            (Kind::Reset, _) => out.issue(Issue::new(0, "the device refuses our message", message.id)),
            _ => out.issue(Issue::new(
                1,
                "neither request nor response",
                format_args!("code {:#04x}", message.code),
            )),
        }
        None
    }

    /// An answer to a command.
    fn response(&mut self, now: ReceivedAt, message: &Message<'_>, out: &mut Decoded) -> Option<DeviceId> {
        if message.kind == Kind::Confirmable {
            let mut bytes = [0; 4];
            let writer = Writer::new(&mut bytes, Kind::Acknowledgement, code::EMPTY, message.id, &[]);
            if let Ok(bytes) = writer.payload(&[]) {
                out.reply(bytes);
            }
        }
        let Some(place) = self.sent.iter().position(|sent| sent.token == message.token) else {
            out.issue(Issue::new(4, "a response to no command of ours", to_hex(message.token)));
            return None;
        };
        let sent = self.sent.get(place)?;
        let known = self.contexts.between(sent.platform_id, sent.device_id);
        let mut inner = vec![0; message.payload.len()];
        let opened = known.map(|known| open_response(&known.context, &sent.binding, message, &mut inner));
        let Some(Ok(inner)) = opened else {
            out.issue(Issue::new(
                message.payload_offset,
                "the answer to a command is not the device's",
                to_hex(message.token),
            ));
            return None;
        };
        let inner = match Message::parse_inner(inner) {
            Ok(inner) => inner,
            Err(fault) => {
                out.issue(body::issue(fault, message.payload_offset));
                return Some(sent.device);
            }
        };
        let (device, ticket) = (sent.device, sent.ticket);
        self.sent.remove(place);
        let mut event = Event::new(EventKind::CommandResult);
        event.trust.identity = Identity::Aead;
        event.readings.push(Reading::CommandResult { ticket, outcome: command::outcome(inner.code) });
        out.event(event);
        if inner.payload.is_empty() {
            return Some(device);
        }
        let sender = Some(device);
        let carrier = Carrier { config: &self.config, now, identity: Identity::Aead, sender, is_fresh: true };
        body::read(inner.payload, message.payload_offset, &carrier).tell(Some(device), out)
    }

    /// A plain reply, as a reply without a report's protection must be: without a word of substance.
    fn reply(
        &mut self,
        request: &Message<'_>,
        code: u8,
        content_format: Option<u16>,
        payload: &[u8],
        out: &mut Decoded,
    ) -> Box<[u8]> {
        let (kind, id) = self.reply_head(request);
        let mut bytes = [0; MESSAGE_BYTES_MAX];
        let mut writer = Writer::new(&mut bytes, kind, code, id, request.token);
        if let Some(number) = content_format {
            writer.uint(option::CONTENT_FORMAT, number.into());
        }
        let Ok(bytes) = writer.payload(payload) else { return Box::default() };
        out.reply(bytes);
        (&*bytes).into()
    }

    /// How a reply is delivered, and its number.
    fn reply_head(&mut self, request: &Message<'_>) -> (Kind, u16) {
        match request.kind {
            Kind::Confirmable => (Kind::Acknowledgement, request.id),
            _ => (Kind::NonConfirmable, self.next_message_id()),
        }
    }

    const fn next_message_id(&mut self) -> u16 {
        self.message_id = self.message_id.wrapping_add(1);
        self.message_id
    }

    /// A number for a message of our own, or the one below it: it only rises.
    /// Commands have the even numbers and challenges the odd ones: whoever provokes a challenge cannot hit the number of a
    /// command.
    fn next_even_number(&mut self, now: ReceivedAt) -> u64 {
        let since = u64::try_from(now.0.as_millis() - NUMBERS_EPOCH_MS).unwrap_or_default();
        self.number = (since & !1).max(self.number + 2).min(SEQUENCE_MAX - 1);
        self.number
    }
}

/// Whether a header of OSCORE names a sender.
fn names_sender(header: &oscore::Header<'_>) -> bool {
    header.kid.is_some() && header.partial_iv.is_some()
}
