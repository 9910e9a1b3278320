//! The way to the platform: one request at a time over CoAP, sent again until it is answered (RFC 7252, section 4.2).
//! Only an answer that is proved ends it; what anybody could have sent changes nothing.

use plomb_constrained::coap::{Kind, Message, Writer, code, format, option};
use plomb_constrained::oscore::{
    Binding, Context, Id, OscoreError, PartialIv, open_response, protect_request, protect_response,
};
use plomb_constrained::profile::REPORT_PATH;

use crate::hardware::{Now, Rng};

/// Longest body: leaves room for the heads of CoAP and OSCORE within [`DATAGRAM_BYTES_MAX`].
pub(crate) const BODY_BYTES_MAX: usize = 1024;
/// Longest datagram of ours.
pub(crate) const DATAGRAM_BYTES_MAX: usize = 1120;
/// Longest datagram that is taken.
pub const RECEIVED_BYTES_MAX: usize = 1280;
/// Events of one request.
pub(crate) const BATCH_MAX: usize = 8;
/// First wait for an answer, milliseconds: RFC 7252 has 2 s; networks of low power are slower.
const ANSWER_MS: u64 = 4000;
/// How often a request is sent again (RFC 7252, `MAX_RETRANSMIT`).
const RETRANSMIT_MAX: u8 = 4;
/// Wait after the first request that stayed unanswered, milliseconds; doubled with each further one.
const RETRY_MS: u64 = 30_000;
/// The longest such wait.
const RETRY_MS_MAX: u64 = 30 * 60_000;
/// Longest Echo that is given back (RFC 9175, section 2.2.1).
const ECHO_BYTES_MAX: usize = 40;
/// Answers to commands.
const ANSWER_BYTES_MAX: usize = 64;

/// A few bytes of a message.
#[derive(Clone, Copy, Debug)]
struct Short<const N: usize> {
    length: usize,
    bytes: [u8; N],
}

impl<const N: usize> Short<N> {
    const EMPTY: Self = Self { length: 0, bytes: [0; N] };

    fn new(bytes: &[u8]) -> Option<Self> {
        let mut short = Self { length: bytes.len(), bytes: [0; N] };
        short.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(short)
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// A request that waits for its answer.
#[derive(Debug)]
struct Flight {
    datagram: Short<DATAGRAM_BYTES_MAX>,
    token: [u8; 4],
    binding: Binding,
    sequences: Short32,
    attempt: u8,
    wait_ms: u64,
    due_ms: u64,
}

/// Numbers of the events of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Short32 {
    count: usize,
    numbers: [u32; BATCH_MAX],
}

impl Short32 {
    pub(crate) fn push(&mut self, number: u32) {
        if let Some(place) = self.numbers.get_mut(self.count) {
            *place = number;
            self.count += 1;
        }
    }

    pub(crate) fn as_slice(&self) -> &[u32] {
        self.numbers.get(..self.count).unwrap_or_default()
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.count >= BATCH_MAX
    }
}

/// What the platform answered to a request, proved.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// It has these events.
    Taken(Short32),
    /// It will not take these events.
    Refused(Short32),
    /// It asks whether the request is fresh: it is to be sent again, at once.
    Challenged,
    /// It cannot now.
    Busy,
}

/// The link.
#[derive(Debug)]
pub(crate) struct Link {
    flight: Option<Flight>,
    echo: Option<Short<ECHO_BYTES_MAX>>,
    /// What is to be sent at once: an answer to a command, or an acknowledgement.
    answer: Short<ANSWER_BYTES_MAX>,
    /// The last answer to a command and its number: the same command again has the same answer.
    answered: Option<(u64, Short<ANSWER_BYTES_MAX>)>,
    failures: u8,
    next_try_ms: u64,
    message_id: Option<u16>,
}

impl Link {
    pub(crate) const fn new() -> Self {
        Self {
            flight: None,
            echo: None,
            answer: Short::EMPTY,
            answered: None,
            failures: 0,
            next_try_ms: 0,
            message_id: None,
        }
    }

    /// Whether the last request stayed unanswered.
    pub(crate) const fn is_down(&self) -> bool {
        self.failures > 0
    }

    /// Lets the next request go at once.
    pub(crate) const fn urge(&mut self) {
        self.next_try_ms = 0;
    }

    /// Whether a new request may go.
    pub(crate) const fn is_free(&self, now: Now) -> bool {
        self.flight.is_none() && now.up_ms >= self.next_try_ms
    }

    /// When it wants to send: the flight's next time; none while none is under way.
    pub(crate) fn flight_due_ms(&self) -> Option<u64> {
        self.flight.as_ref().map(|flight| flight.due_ms)
    }

    /// From when on a new request may go.
    pub(crate) const fn next_try_ms(&self) -> u64 {
        self.next_try_ms
    }

    pub(crate) const fn has_answer(&self) -> bool {
        self.answer.length > 0
    }

    /// Takes the answer that is to be sent.
    pub(crate) fn take_answer(&mut self) -> Option<impl AsRef<[u8]> + use<>> {
        let answer = core::mem::replace(&mut self.answer, Short::EMPTY);
        (answer.length > 0).then_some(answer)
    }

    pub(crate) fn next_message_id(&mut self, rng: &mut impl Rng) -> u16 {
        let [_, _, a, b] = rng.next().to_be_bytes();
        let id = self.message_id.map_or_else(|| u16::from_be_bytes([a, b]), |id| id.wrapping_add(1));
        self.message_id = Some(id);
        id
    }

    /// What of the request that is under way is to be sent again now. Gives it up after the last time.
    pub(crate) fn again(&mut self, now: Now) -> Option<&[u8]> {
        let due = self.flight.as_ref().filter(|flight| now.up_ms >= flight.due_ms)?;
        if due.attempt >= RETRANSMIT_MAX {
            self.fail(now);
            return None;
        }
        let flight = self.flight.as_mut()?;
        flight.attempt += 1;
        flight.wait_ms = flight.wait_ms.saturating_mul(2);
        flight.due_ms = now.up_ms.saturating_add(flight.wait_ms);
        Some(flight.datagram.as_bytes())
    }

    fn fail(&mut self, now: Now) {
        self.flight = None;
        let wait = RETRY_MS.saturating_mul(1 << self.failures.min(10)).min(RETRY_MS_MAX);
        self.failures = self.failures.saturating_add(1);
        self.next_try_ms = now.up_ms.saturating_add(wait);
    }

    /// Begins a request under a number of the context, which must be reserved already.
    pub(crate) fn begin(
        &mut self,
        now: Now,
        rng: &mut impl Rng,
        context: &mut Context,
        body: &[u8],
        sequences: Short32,
    ) -> Result<&[u8], OscoreError> {
        let token = rng.next().to_be_bytes();
        let message_id = self.next_message_id(rng);
        let mut plain = [0; DATAGRAM_BYTES_MAX];
        let mut writer = Writer::new(&mut plain, Kind::Confirmable, code::POST, message_id, &token);
        writer.path(REPORT_PATH).uint(option::CONTENT_FORMAT, format::SENML_CBOR.into());
        if let Some(echo) = self.echo.take() {
            writer.option(option::ECHO, echo.as_bytes());
        }
        let plain = Message::parse(writer.payload(body)?)?;
        let mut datagram = Short::<DATAGRAM_BYTES_MAX>::EMPTY;
        let (bytes, binding) = protect_request(context, &plain, false, &mut datagram.bytes)?;
        datagram.length = bytes.len();
        // Between one and one and a half times the wait (RFC 7252, ACK_RANDOM_FACTOR).
        let wait_ms = ANSWER_MS + u64::from(rng.next()) % (ANSWER_MS / 2);
        let due_ms = now.up_ms.saturating_add(wait_ms);
        let flight = Flight { datagram, token, binding, sequences, attempt: 0, wait_ms, due_ms };
        Ok(self.flight.insert(flight).datagram.as_bytes())
    }

    /// Takes a response; none when it is not the proved answer to the request that is under way.
    pub(crate) fn response(&mut self, now: Now, context: &Context, message: &Message<'_>) -> Option<Answer> {
        let flight = self.flight.as_ref().filter(|flight| flight.token == message.token)?;
        let mut inner = [0; RECEIVED_BYTES_MAX];
        let inner = open_response(context, &flight.binding, message, &mut inner).ok()?;
        let inner = Message::parse_inner(inner).ok()?;
        let sequences = flight.sequences;
        if message.kind == Kind::Confirmable {
            let mut ack = [0; 4];
            let writer = Writer::new(&mut ack, Kind::Acknowledgement, code::EMPTY, message.id, &[]);
            self.answer = writer.payload(&[]).ok().and_then(|ack| Short::new(ack)).unwrap_or(Short::EMPTY);
        }
        self.flight = None;
        if inner.code == code::UNAUTHORIZED
            && let Some(echo) = inner.option(option::ECHO).and_then(|echo| Short::new(echo.value))
        {
            self.echo = Some(echo);
            self.next_try_ms = now.up_ms;
            return Some(Answer::Challenged);
        }
        if inner.code >> 5 == 2 {
            (self.failures, self.next_try_ms) = (0, now.up_ms);
            return Some(Answer::Taken(sequences));
        }
        self.fail(now);
        Some(if inner.code >> 5 == 4 { Answer::Refused(sequences) } else { Answer::Busy })
    }

    /// Sends the answer of before to a command that comes again; false when it is another one.
    pub(crate) fn repeat_answer(&mut self, number: u64) -> bool {
        match &self.answered {
            Some((answered, answer)) if *answered == number => {
                self.answer = *answer;
                true
            }
            _ => false,
        }
    }

    /// Answers a command. The response takes the nonce of its request, once.
    pub(crate) fn answer_command(
        &mut self,
        rng: &mut impl Rng,
        context: &mut Context,
        request: &Message<'_>,
        partial_iv: PartialIv,
        code: u8,
    ) {
        let (kind, id) = match request.kind {
            Kind::Confirmable => (Kind::Acknowledgement, request.id),
            _ => (Kind::NonConfirmable, self.next_message_id(rng)),
        };
        let kid: Id = context.recipient_id();
        let binding = Binding { kid, partial_iv };
        let mut plain = [0; 16];
        let Ok(plain) = Writer::new(&mut plain, kind, code, id, request.token).payload(&[]) else { return };
        let Ok(plain) = Message::parse(plain) else { return };
        let mut out = Short::<ANSWER_BYTES_MAX>::EMPTY;
        if let Ok(bytes) = protect_response(context, &binding, &plain, false, &mut out.bytes) {
            out.length = bytes.len();
            self.answer = out;
            self.answered = Some((partial_iv.sequence(), out));
        }
    }

    /// Forgets what is under way.
    pub(crate) fn reset(&mut self) {
        *self = Self { message_id: self.message_id, ..Self::new() };
    }
}

impl<const N: usize> AsRef<[u8]> for Short<N> {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}
