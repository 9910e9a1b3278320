//! What a session does with a frame: who sent it, may it speak, what does it mean, what is answered.
//!
//! Source: JT/T 808-2013 §6 and §8; the order (damage, encryption, authentication, packages, message) is ours.

use plomb_model::{Delivery, EventKind, Identity, Issue, Reading, ReceivedAt};
use plomb_wire::{Reader, Short};

use super::frame::{self, Damage, Flag, Frame};
use super::header::Header;
use super::message::{self, Answer, GeneralAnswer};
use super::normalise::{Notes, Scope, jointech, local_time, location, other, transparent};
use super::package::{Added, Due};
use super::reply::Outcome;
use super::terminals::Known;
use super::{Heard, Jt808, text};
use crate::Decoded;

/// What a damage says in an issue.
pub(super) fn damage_issue(damage: Damage, wire: &[u8]) -> Issue {
    match damage {
        Damage::Checksum { found, computed } => Issue::new(
            wire.len().saturating_sub(2),
            "checksum differs",
            format_args!("0x{found:02x}, computed 0x{computed:02x}"),
        ),
        Damage::Length { promised, found } => {
            Issue::new(3, "the body has another length", format_args!("{found} bytes, promised {promised}"))
        }
        Damage::Unescaped => {
            Issue::new(1, "flag or escape bytes stand unescaped", "a length that holds without")
        }
        Damage::Cut => Issue::new(wire.len(), "the stream ends inside a frame", "no closing flag"),
        Damage::Bare => Issue::new(0, "no flags around the frame", "a header whose length holds"),
    }
}

/// A message: where it came from, and the bytes of its body.
struct Message<'a> {
    header: &'a Header,
    flag: Flag,
    body: Reader<'a>,
}

impl Jt808 {
    /// Reads a frame and reports it.
    pub(super) fn frame(
        &mut self,
        now: ReceivedAt,
        frame: &Frame,
        wire: &[u8],
        content: &[u8],
        out: &mut Decoded,
    ) {
        let header = &frame.header;
        let device = self.heard(frame);
        if let Some(damage) = frame.damage {
            out.issue(damage_issue(damage, wire));
        }
        let body = frame::body(content, header);
        let flagged = usize::from(wire.first() == Some(&frame.flag.byte()));
        let mut notes = Notes { out, wire: (!frame.raw).then_some(wire), base: flagged };
        let known = self.terminals.of(&header.terminal);
        let message = Message { header, flag: frame.flag, body };
        if header.encryption().is_some() && !is_plain(header, body) {
            notes.issue(2, "the body is encrypted", format_args!("attributes 0x{:04x}", header.attributes));
        } else if self.must_authenticate(header, known) {
            notes.issue(0, "the terminal has not authenticated", message::name(header.message));
            self.refuse(&message, notes.out);
        } else if let Some(package) = header.package.filter(|package| package.total > 1) {
            self.package(now, &message, package, known, &mut notes);
        } else {
            self.message(now, &message, known, &mut notes);
        }
        out.report(device, wire);
    }

    /// Remembers who was heard and gives the identifier, which is the same for frame after frame.
    fn heard(&mut self, frame: &Frame) -> Option<plomb_model::DeviceId> {
        let Header { terminal, .. } = frame.header;
        let device = match self.last {
            Some(last) if last.terminal == terminal => last.device,
            last => {
                self.several |= last.is_some();
                terminal.device()
            }
        };
        self.last = Some(Heard { terminal, device, flag: frame.flag, jointech: frame.header.is_jointech() });
        device
    }

    /// Whether the message must wait until its terminal has authenticated.
    fn must_authenticate(&self, header: &Header, known: Known) -> bool {
        self.config.require_authentication
            && !known.has(Known::AUTHENTICATED)
            && !matches!(header.message, 0x0100 | 0x0102)
    }

    /// Answers a message with a refusal, where it expects an answer.
    fn refuse(&mut self, message: &Message<'_>, out: &mut Decoded) {
        let header = message.header;
        if header.is_jointech() {
            if header.wants_answer() {
                out.reply(self.downlink.jointech(message.flag, header, Outcome::Failure));
            }
        } else if message::kind_of(header.message).is_some_and(|kind| kind.answer != Answer::None) {
            out.reply(self.downlink.general(message.flag, header, Outcome::Failure));
        }
    }

    /// A package of a split message: each is answered, the message is read when it is whole.
    fn package(
        &mut self,
        now: ReceivedAt,
        message: &Message<'_>,
        package: super::header::Package,
        known: Known,
        notes: &mut Notes<'_>,
    ) {
        let Message { header, flag, body } = *message;
        if answer_of(header) == Answer::General {
            notes.out.reply(self.downlink.general(flag, header, Outcome::Success));
        }
        match self.packages.add(now, flag, header, package, body.rest()) {
            Added::Waiting { dropped: false } => {}
            Added::Waiting { dropped: true } => {
                notes.issue(0, "too many split messages: the oldest is given up", package.total);
            }
            Added::Refused(what) => notes.issue(0, what, package.total),
            Added::Whole(whole) => {
                let mut notes = Notes { out: notes.out, wire: None, base: 0 };
                let message = Message { header, flag, body: Reader::new(&whole) };
                if answer_of(header) == Answer::General {
                    self.understand(now, &message, known, &mut notes);
                } else {
                    self.message(now, &message, known, &mut notes);
                }
            }
        }
    }

    /// Packages that did not come: asks again, or gives the message up.
    pub(super) fn package_due(&mut self, due: Due, out: &mut Decoded) {
        match due {
            Due::Request { key, flag, missing } => {
                let bytes = self.downlink.send_again(flag, &key.terminal, key.base, &missing);
                out.reply_only(key.terminal.device(), bytes);
            }
            Due::GivenUp { key, received, total } => {
                let found = format_args!("{received} of {total} packages of {}", message::name(key.message));
                out.issue(Issue::new(0, "a split message was never completed", found));
                out.report(key.terminal.device(), &[]);
            }
        }
    }

    /// Reads a message and answers it.
    fn message(&mut self, now: ReceivedAt, message: &Message<'_>, known: Known, notes: &mut Notes<'_>) {
        let outcome = self.understand(now, message, known, notes);
        if answer_of(message.header) == Answer::General {
            notes.out.reply(self.downlink.general(message.flag, message.header, outcome));
        }
    }

    /// Reads a message. Gives what the general answer says, where there is one; answers of its own are written.
    fn understand(
        &mut self,
        now: ReceivedAt,
        message: &Message<'_>,
        known: Known,
        notes: &mut Notes<'_>,
    ) -> Outcome {
        let header = message.header;
        let mut reader = message.body;
        let scope = self.scope(header, known);
        let learned = match header.message {
            0x0200 => location::draft(&scope, &mut reader, notes).finish(notes),
            0x0704 => location::batch(&scope, &mut reader, notes),
            0x0210 => location::short_batch(&scope, &mut reader, notes),
            0x0201 | 0x0500 => self.located(&scope, header, reader, notes),
            0x0900 => transparent::report(&scope, &mut reader, notes),
            0x0100 => {
                let learned = other::registration(&scope, &mut reader, notes);
                self.register(message, notes.out);
                learned
            }
            0x0102 => return self.authenticate(&scope, message, notes),
            0x0801 => other::media(&scope, &mut reader, notes).and_then(|(number, learned)| {
                notes.out.reply(self.downlink.media_received(message.flag, header, number));
                learned
            }),
            _ => {
                self.rest(now, &scope, message, notes);
                None
            }
        };
        if let Some(learned) = learned {
            // Without room the terminal's zeros stay without meaning, as for one that was never heard.
            self.terminals.learn(header.terminal, learned);
        }
        Outcome::Success
    }

    fn scope(&self, header: &Header, known: Known) -> Scope {
        let authenticated = known.has(Known::AUTHENTICATED);
        Scope {
            utc_offset_min: self.config.utc_offset_min,
            identity: if authenticated { Identity::Network } else { Identity::Claimed },
            serial: header.serial,
            edition_2019: header.terminal.is_long(),
            known,
            delivery: match header.message {
                message::JOINTECH_BLIND => Delivery::Buffered,
                _ => Delivery::Live,
            },
        }
    }

    /// Messages that are neither location nor introduction.
    fn rest(&mut self, now: ReceivedAt, scope: &Scope, message: &Message<'_>, notes: &mut Notes<'_>) {
        let Message { header, flag, mut body } = *message;
        let reader = &mut body;
        match header.message {
            message::JOINTECH_LIVE | message::JOINTECH_BLIND => {
                jointech::report(scope, reader, notes);
                if header.wants_answer() {
                    notes.out.reply(self.downlink.jointech(flag, header, Outcome::Success));
                }
                return;
            }
            0x2070 => return other::series(scope, reader, notes),
            0x0003 => self.terminals.forget_authentication(&header.terminal),
            0x0004 => notes.out.reply(self.downlink.server_time(flag, header, now.0)),
            0x0109 => notes.out.reply(self.downlink.time_sync(flag, header, now.0)),
            _ => {}
        }
        let mut event = scope.event(kind_of_event(header.message));
        let readings = &mut event.readings;
        let read = match header.message {
            0x0001 => self.general_answer(header, reader, readings),
            0x0002 | 0x0003 | 0x0506 => {
                other::kept(message::name(header.message), reader, &mut event);
                Ok(())
            }
            0x0004 | 0x0005 | 0x0109 => {
                readings.push(Reading::Request(message::name(header.message).into()));
                Ok(())
            }
            0x0104 => reader.skip(2).and_then(|()| other::parameters(reader, &mut event)),
            0x0107 => other::properties(scope, reader, &mut event),
            0x0702 => other::driver(scope, reader, &mut event, notes),
            0x0800 => other::media_event(reader, &mut event),
            0x1300 => {
                let (serial, text) = other::text_answer(reader);
                let answered =
                    serial.and_then(|serial| self.commands.ended(&header.terminal, serial, 0x8300));
                readings.extend(answered);
                readings.push(text);
                Ok(())
            }
            0x6006 => {
                readings.extend(self.commands.texted(&header.terminal));
                readings.push(other::text_report(reader));
                Ok(())
            }
            _ => {
                let id = i64::from(header.message);
                readings.push(Reading::Code { name: "message number".into(), value: id });
                other::kept(message::name(header.message), reader, &mut event);
                Ok(())
            }
        };
        if let Err(short) = read {
            notes.short(short);
        }
        notes.out.event(event);
    }

    /// The general answer 0x0001 of a terminal.
    fn general_answer(
        &mut self,
        header: &Header,
        reader: &mut Reader<'_>,
        readings: &mut Vec<Reading>,
    ) -> Result<(), Short> {
        let answer = GeneralAnswer::read(reader)?;
        readings.extend(self.commands.answered(&header.terminal, answer));
        for (name, value) in [
            ("answered serial", i64::from(answer.serial)),
            ("answered message", i64::from(answer.message)),
            ("result", i64::from(answer.result)),
        ] {
            readings.push(Reading::Code { name: name.into(), value });
        }
        Ok(())
    }

    /// 0x0201 and 0x0500: our serial number, then a location report.
    fn located(
        &mut self,
        scope: &Scope,
        header: &Header,
        mut reader: Reader<'_>,
        notes: &mut Notes<'_>,
    ) -> Option<Known> {
        let Ok(serial) = reader.u16() else {
            notes.issue(header.body_at, "the message ends too early", "no serial number");
            return None;
        };
        // An answer to a door control says what the doors are, zeros included.
        let controlled = header.message == 0x0500;
        let known = if controlled { scope.known.with(Known::LOCK) } else { scope.known };
        let scope = Scope { known, ..*scope };
        let mut draft = location::draft(&scope, &mut reader, notes);
        let result = if controlled {
            draft.learned = Some(draft.learned.unwrap_or_default().with(Known::LOCK));
            self.commands.controlled(&header.terminal, serial, location::is_locked(draft.status))
        } else {
            self.commands.ended(&header.terminal, serial, 0x8201)
        };
        if controlled {
            draft.event.kind = EventKind::CommandResult;
        }
        draft.event.readings.extend(result);
        draft.finish(notes)
    }

    /// Answers a registration with the code that its terminal must show.
    fn register(&mut self, message: &Message<'_>, out: &mut Decoded) {
        let Some(device) = message.header.terminal.device() else { return };
        let code = self.config.key.code("jt808", device.value());
        out.reply(self.downlink.registered(message.flag, message.header, &code));
    }

    /// Checks the code that a terminal shows.
    fn authenticate(&mut self, scope: &Scope, message: &Message<'_>, notes: &mut Notes<'_>) -> Outcome {
        let header = message.header;
        let mut event = scope.event(EventKind::Login);
        let shown = other::authentication(&mut event, message.body.rest(), header.terminal.is_long());
        let device = header.terminal.device();
        let right = device.is_some_and(|device| {
            std::str::from_utf8(shown)
                .is_ok_and(|code| self.config.key.accepts("jt808", device.value(), code))
        });
        if !right {
            let found = format_args!("{} bytes that are not the code of this terminal", shown.len());
            notes.issue(header.body_at, "authentication refused", found);
        } else if self.terminals.learn(header.terminal, Known::AUTHENTICATED) {
            event.trust.identity = Identity::Network;
            notes.out.event(event);
            return Outcome::Success;
        } else {
            notes.issue(
                header.body_at,
                "too many terminals on this connection",
                super::terminals::TERMINALS_MAX,
            );
        }
        self.terminals.forget_authentication(&header.terminal);
        event.trust.identity = Identity::Claimed;
        notes.out.event(event);
        Outcome::Failure
    }

    /// A text frame.
    pub(super) fn text(&mut self, wire: &[u8], out: &mut Decoded) {
        let inner = text::inner(wire);
        let device = text::device(&inner);
        let terminal = device.and_then(|device| super::TerminalId::of_device(&device));
        let known = terminal.map(|terminal| self.terminals.of(&terminal)).unwrap_or_default();
        if self.config.require_authentication && !known.has(Known::AUTHENTICATED) {
            out.issue(Issue::new(0, "the terminal has not authenticated", "a text frame"));
        } else {
            let mut event = plomb_model::Event::new(EventKind::Message);
            event.readings.push(Reading::Text(text::shown(&inner).into()));
            out.event(event);
        }
        out.report(device, wire);
    }
}

/// How a message is answered; those of vendors that nobody knows are not.
fn answer_of(header: &Header) -> Answer {
    if header.message == 0x0200 {
        return Answer::General;
    }
    message::kind_of(header.message).map_or(Answer::None, |kind| kind.answer)
}

/// What sort of event a message is that is no location.
const fn kind_of_event(message: u16) -> EventKind {
    match message {
        0x0002 | 0x0506 => EventKind::Heartbeat,
        0x0001 | 0x0104 | 0x0107 | 0x1300 => EventKind::CommandResult,
        0x0800 | 0x0802 | 0x0805 | 0x8888 | 0x1206 => EventKind::Media,
        0x0700 | 0x0705 | 0x1005 | 0x1007 => EventKind::Status,
        _ => EventKind::Message,
    }
}

/// Some vendors set the encryption bits of bodies that are plain: a location report whose time can be read is.
fn is_plain(header: &Header, mut body: Reader<'_>) -> bool {
    let at = match header.message {
        0x0200 => 22,
        0x0704 => 27,
        // Nothing to encrypt.
        _ => return body.is_empty(),
    };
    body.skip(at).and_then(|()| body.array()).is_ok_and(|time| local_time(time).is_some())
}
