//! Requests: a report under OSCORE, a plain one, a message of EDHOC.

use plomb_constrained::cbor::Decoder;
use plomb_constrained::coap::{Message, Writer, code, format, option};
use plomb_constrained::edhoc::{EdhocError, split_request};
use plomb_constrained::oscore::{self, Id, OscoreError, Seen, protect_response};
use plomb_constrained::profile::{EDHOC_PATH, REPORT_PATH};
use plomb_model::{DeviceId, Event, EventKind, Identity, Issue, ReceivedAt};
use plomb_session::Decoded;
use plomb_wire::to_hex;

use super::contexts::{Challenge, Opened, Refused};
use super::{ANSWERED_MAX, ANSWERED_S_MAX, Answered, Coap, names_sender};
use crate::body::{self, Carrier, Taken};

/// 4.13: the message is too large.
pub(super) const TOO_LARGE: u8 = 0x8D;

impl Coap {
    /// Takes a request; gives whose it is.
    pub(super) fn request(
        &mut self,
        now: ReceivedAt,
        datagram: &[u8],
        message: &Message<'_>,
        out: &mut Decoded,
    ) -> Option<DeviceId> {
        self.answered.retain(|answered| now.0.since(answered.at.0) < ANSWERED_S_MAX * 1000);
        let before = self.answered.iter().find(|answered| *answered.datagram == *datagram);
        let before = before.map(|answered| answered.reply.clone());
        if message.option(option::OSCORE).is_some() {
            return self.protected(now, datagram, message, before, out);
        }
        if let Some(number) = unknown_option(message) {
            out.issue(Issue::new(4, "a critical option that is not spoken", number));
            self.reply(message, code::BAD_OPTION, None, &[], out);
            return None;
        }
        if message.has_path(EDHOC_PATH) && message.code == code::POST {
            if let Some(reply) = before {
                // Our answer was lost: the exchange goes on where it was.
                out.reply(&reply);
                return None;
            }
            return self.handshake(now, datagram, message, out);
        }
        if let Some(code) = refusal(message) {
            out.issue(Issue::new(1, "no resource of ours", path(message)));
            self.reply(message, code, None, &[], out);
            return None;
        }
        let carrier =
            Carrier { config: &self.config, now, identity: Identity::Claimed, sender: None, is_fresh: false };
        let taken = body::read(message.payload, message.payload_offset, &carrier);
        let code = verdict(&taken);
        let device = taken.tell(None, out);
        self.reply(message, code, None, &[], out);
        device
    }

    fn protected(
        &mut self,
        now: ReceivedAt,
        datagram: &[u8],
        message: &Message<'_>,
        before: Option<Box<[u8]>>,
        out: &mut Decoded,
    ) -> Option<DeviceId> {
        let header = match oscore::header(message) {
            Ok(Some(header)) if names_sender(&header) => header,
            Ok(_) => {
                out.issue(Issue::new(
                    4,
                    "a request of OSCORE without a key identifier or number",
                    path(message),
                ));
                self.reply(message, code::BAD_OPTION, None, &[], out);
                return None;
            }
            Err(fault) => {
                out.issue(body::issue(fault, 0));
                self.reply(message, code::BAD_OPTION, None, &[], out);
                return None;
            }
        };
        let mut message = *message;
        let is_combined = message.option(option::EDHOC).is_some();
        if is_combined
            && before.is_none()
            && !self.combined(&mut message, header.kid.unwrap_or_default(), out)
        {
            return None;
        } else if is_combined && before.is_some() {
            skip_message_3(&mut message);
        }
        let opened = match self.contexts.open(&self.config, &message, &header) {
            Ok(opened) => opened,
            Err(refused) => {
                let kid = format_args!("kid {}", to_hex(header.kid.unwrap_or_default())).to_string();
                let (what, code) = told(&refused);
                out.issue(Issue::new(message.payload_offset, what, kid));
                self.reply(&message, code, None, &[], out);
                return None;
            }
        };
        let known = self.contexts.at(opened.place)?;
        let device = known.device;
        let number = opened.binding.partial_iv.sequence();
        let echo = Message::parse_inner(&opened.inner).ok().and_then(|inner| inner.option(option::ECHO));
        if !known.is_fresh(echo.map(|echo| echo.value), number) {
            // Whose it is stays open: a replay must not draw the commands of a device to another address.
            let reply = before.or_else(|| self.challenge(now, &message, &opened));
            if let Some(reply) = reply {
                out.reply(&reply);
                self.note(now, datagram, reply);
            }
            return None;
        }
        let known = self.contexts.at(opened.place)?;
        if known.window.look(number) == Seen::Before && before.is_none() {
            out.issue(Issue::new(message.payload_offset, "a replay: this number was taken before", number));
            self.reply(&message, code::UNAUTHORIZED, None, &[], out);
            return Some(device);
        }
        known.window.take(number);
        self.opened(now, datagram, &message, &opened, (device, before), out)
    }

    /// A request whose sender is proved.
    fn opened(
        &mut self,
        now: ReceivedAt,
        datagram: &[u8],
        message: &Message<'_>,
        opened: &Opened,
        (device, before): (DeviceId, Option<Box<[u8]>>),
        out: &mut Decoded,
    ) -> Option<DeviceId> {
        let code = match Message::parse_inner(&opened.inner) {
            Err(fault) => {
                out.issue(body::issue(fault, message.payload_offset));
                code::BAD_REQUEST
            }
            Ok(inner) => {
                if let Some(number) = unknown_option(&inner) {
                    out.issue(Issue::new(
                        message.payload_offset,
                        "a critical option that is not spoken",
                        number,
                    ));
                    code::BAD_OPTION
                } else if let Some(code) = refusal(&inner) {
                    out.issue(Issue::new(message.payload_offset, "no resource of ours", path(&inner)));
                    code
                } else {
                    let (identity, sender) = (Identity::Aead, Some(device));
                    let carrier = Carrier { config: &self.config, now, identity, sender, is_fresh: true };
                    // Offsets count from the inner message's first byte, which stands where the ciphertext begins.
                    let base = message.payload_offset + inner.payload_offset;
                    let taken = body::read(inner.payload, base, &carrier);
                    let code = verdict(&taken);
                    taken.tell(sender, out);
                    code
                }
            }
        };
        let reply = match before {
            Some(reply) => Some(reply),
            None => self.protected_reply(message, opened, code),
        };
        if let Some(reply) = reply {
            out.reply(&reply);
            self.note(now, datagram, reply);
        }
        Some(device)
    }

    /// Asks the device to show that it speaks now: 4.01 with an Echo option, under a number of our own. What it says
    /// depends on that number alone, so that two conversations that come to one number say the same under it.
    fn challenge(&mut self, now: ReceivedAt, message: &Message<'_>, opened: &Opened) -> Option<Box<[u8]>> {
        let number = self.next_even_number(now) | 1;
        let (kind, id) = self.reply_head(message);
        let known = self.contexts.at(opened.place)?;
        let (context, device) = (known.context.id_context(), known.context.recipient_id());
        let subject = [
            &number.to_be_bytes()[..],
            &[u8::from(context.is_some())],
            context.as_ref().map_or(&[][..], Id::as_bytes),
            device.as_bytes(),
        ];
        let drawn = self.config.key.derive("plomb oscore echo", &subject.concat());
        let challenge: Challenge = *drawn.first_chunk()?;
        known.challenge(challenge);
        known.context.go_on_from(number);
        let mut plain = [0; 32];
        let mut writer = Writer::new(&mut plain, kind, code::UNAUTHORIZED, id, message.token);
        writer.option(option::ECHO, &challenge);
        let plain = Message::parse(writer.payload(&[]).ok()?).ok()?;
        let mut out = [0; 64];
        let reply = protect_response(&mut known.context, &opened.binding, &plain, true, &mut out).ok()?;
        Some((&*reply).into())
    }

    /// The protected reply. It takes the nonce of its request, and depends on nothing else: the same request has the
    /// same reply, in whatever conversation.
    fn protected_reply(&mut self, message: &Message<'_>, opened: &Opened, code: u8) -> Option<Box<[u8]>> {
        let (kind, id) = self.reply_head(message);
        let mut plain = [0; 32];
        let plain = Writer::new(&mut plain, kind, code, id, message.token).payload(&[]).ok()?;
        let plain = Message::parse(plain).ok()?;
        let known = self.contexts.at(opened.place)?;
        let mut out = [0; 64];
        let reply = protect_response(&mut known.context, &opened.binding, &plain, false, &mut out).ok()?;
        Some((&*reply).into())
    }

    fn note(&mut self, now: ReceivedAt, datagram: &[u8], reply: Box<[u8]>) {
        if self.answered.iter().any(|answered| *answered.datagram == *datagram) {
            return;
        }
        if self.answered.len() >= ANSWERED_MAX {
            self.answered.pop_front();
        }
        self.answered.push_back(Answered { at: now, datagram: datagram.into(), reply });
    }

    /// A message of EDHOC (RFC 9528, appendix A.2).
    fn handshake(
        &mut self,
        now: ReceivedAt,
        datagram: &[u8],
        message: &Message<'_>,
        out: &mut Decoded,
    ) -> Option<DeviceId> {
        let mut device = None;
        let answer = match split_request(message.payload) {
            Ok((None, message_1)) => {
                let contexts = &self.contexts;
                let taken = |id| contexts.has(id);
                self.handshakes.message_1(&self.config, now, message_1, taken)
            }
            Ok((Some(id), message_3)) => self.agree(id, message_3, out).and_then(|(found, message_4)| {
                device = Some(found);
                message_4
            }),
            Err(fault) => Err(EdhocError::Fault(fault)),
        };
        let reply = match answer {
            Ok(bytes) => self.reply(message, code::CHANGED, Some(format::EDHOC), &bytes, out),
            Err(error) => {
                self.refuse(message, error, out);
                return None;
            }
        };
        self.note(now, datagram, reply);
        device
    }

    /// Takes message 3: gives the device and message 4.
    fn agree(
        &mut self,
        id: Id,
        message_3: &[u8],
        out: &mut Decoded,
    ) -> Result<(DeviceId, Result<Vec<u8>, EdhocError>), EdhocError> {
        let (established, key) =
            self.handshakes.message_3(&self.config, id, message_3).unwrap_or(Err(EdhocError::Unauthentic))?;
        let context = established.oscore().ok_or(EdhocError::Unauthentic)?;
        let device = body::device_of(&key).ok_or(EdhocError::UnknownCredential)?;
        let mut bytes = [0; 64];
        let message_4 = established.message_4(&mut bytes).map(|message| message.to_vec());
        self.contexts.agree(context, device, key);
        let mut event = Event::new(EventKind::Login);
        event.trust.identity = Identity::Aead;
        out.event(event);
        Ok((device, message_4))
    }

    /// Message 3 and the first request in one (RFC 9668): takes the former off. False when it was refused.
    fn combined(&mut self, message: &mut Message<'_>, kid: &[u8], out: &mut Decoded) -> bool {
        let mut decoder = Decoder::new(message.payload);
        let agreed = match (decoder.skip(), Id::new(kid)) {
            (Ok(message_3), Some(id)) => self.agree(id, message_3, out).map(drop),
            (Err(fault), _) => Err(EdhocError::Fault(fault)),
            (_, None) => Err(EdhocError::UnknownCredential),
        };
        match agreed {
            Ok(()) => {
                skip_message_3(message);
                true
            }
            Err(error) => {
                self.refuse(message, error, out);
                false
            }
        }
    }

    fn refuse(&mut self, message: &Message<'_>, error: EdhocError, out: &mut Decoded) {
        let offset = match error {
            EdhocError::Fault(fault) => message.payload_offset + fault.offset,
            _ => message.payload_offset,
        };
        out.issue(Issue::new(offset, error.what(), "an exchange of EDHOC that ends here"));
        let mut bytes = [0; 96];
        let answer = error.message(&mut bytes).map(|bytes| bytes.to_vec()).unwrap_or_default();
        self.reply(message, code::BAD_REQUEST, Some(format::EDHOC), &answer, out);
    }
}

/// Lets the payload begin behind the first item.
fn skip_message_3(message: &mut Message<'_>) {
    let mut decoder = Decoder::new(message.payload);
    if decoder.skip().is_ok() {
        message.payload_offset += decoder.offset();
        message.payload = decoder.rest();
    }
}

/// What is said of a request that no key opens.
const fn told(refused: &Refused) -> (&'static str, u8) {
    match refused {
        Refused::NoKey => ("no key is known by this identifier", code::UNAUTHORIZED),
        Refused::Error(OscoreError::Forged) => {
            ("the proof does not hold: another key, or changed on the way", code::BAD_REQUEST)
        }
        Refused::Error(_) => ("a malformed message of OSCORE", code::BAD_OPTION),
    }
}

/// Whether all of a body was taken: what was not will not be by coming again.
fn verdict(taken: &Taken) -> u8 {
    if taken.events.is_empty() { code::BAD_REQUEST } else { code::CHANGED }
}

/// Why a request is not a report, if it is none.
fn refusal(message: &Message<'_>) -> Option<u8> {
    if !message.has_path(REPORT_PATH) {
        return Some(code::NOT_FOUND);
    }
    (message.code != code::POST).then_some(code::METHOD_NOT_ALLOWED)
}

fn path(message: &Message<'_>) -> String {
    let segments = message.options().filter(|option| option.number == option::URI_PATH);
    segments.fold(String::new(), |path, segment| path + "/" + &String::from_utf8_lossy(segment.value))
}

/// A critical option that is not known here.
fn unknown_option(message: &Message<'_>) -> Option<u16> {
    let known = [
        option::URI_HOST,
        option::URI_PORT,
        option::URI_PATH,
        option::URI_QUERY,
        option::ACCEPT,
        option::OSCORE,
        option::EDHOC,
    ];
    message
        .options()
        .find(|option| option.is_critical() && !known.contains(&option.number))
        .map(|option| option.number)
}
