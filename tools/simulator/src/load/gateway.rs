//! Gateways: each connection forwards for many JT/T 808 terminals, with a window of unacknowledged reports.
//!
//! Acknowledgements are counted by their flags, and in each read the first whole one is looked at: its terminal and
//! serial must be those of the report whose turn it is. With a record or resending every one is read.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use plomb_model::Timestamp;

use super::flight::{Flight, Record};
use super::frame::{Jt808Frame, Second, terminal_index};
use super::{DRAIN_MAX, Load, Pace, Share, Tally, login};
use crate::connect::connect;
use crate::log;
use crate::protocol::jt808::{FLAG, split, unescape};

/// Bytes read at once: some thousand acknowledgements.
const READ_BYTES: usize = 256 * 1024;
/// A loop never sleeps longer than this, so that a limited rate stays even.
const SLEEP_MAX: Duration = Duration::from_millis(1);
/// With a limited rate reports are made this often and not one by one, which would cost more than all else.
const TICK: Duration = Duration::from_millis(1);
/// Between two attempts to connect again.
const RETRY: Duration = Duration::from_millis(200);
/// Message that the acknowledgements are about.
const ACK_LOCATION: u16 = 0x0200;

/// Reports up to this number, and when they were due.
struct Mark {
    upto: u64,
    due: Instant,
}

struct Gateway {
    stream: Option<mio::net::TcpStream>,
    retry_at: Instant,
    next_make: Instant,
    first_terminal: usize,
    frames: Vec<Jt808Frame>,
    base_serial: u16,
    turn: usize,
    sent: u64,
    acknowledged: u64,
    rejected: u64,
    out: Vec<u8>,
    written: usize,
    marks: VecDeque<Mark>,
    odd_flag: bool,
    flight: Option<Flight>,
    pending: Vec<u8>,
}

/// Runs this worker's connections to the end.
pub(super) fn run(load: &Load, share: Share, record: Option<&Record>) -> anyhow::Result<Tally> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(share.connections.max(16));
    let mut rng =
        fastrand::Rng::with_seed(load.seed ^ u64::try_from(share.first_connection).unwrap_or_default());
    let mut gateways = Vec::with_capacity(share.connections);
    for number in 0..share.connections {
        let mut gateway = Gateway::new(load, share.first_connection + number, record.is_some(), &mut rng);
        gateway.connect(load, &poll, Token(number))?;
        gateways.push(gateway);
    }
    let mut tally = Tally::default();
    let mut buffer = vec![0; READ_BYTES];
    let pace = Pace::new(load);
    tally.first = Some(pace.start);
    let mut over: Option<Instant> = None;
    loop {
        let now = Instant::now();
        let second = Second::of(log::now());
        let mut busy = false;
        for (number, gateway) in gateways.iter_mut().enumerate() {
            if gateway.stream.is_none() && load.resend && now >= gateway.retry_at {
                gateway.again(load, &poll, Token(number), now, &mut tally);
            }
            busy |= gateway.work(load, &pace, now, &second, &mut rng, &mut tally);
        }
        let going = gateways.iter().any(|gateway| pace.goes_on(now, gateway.sent) && gateway.alive(load));
        let outstanding = gateways.iter().any(|gateway| gateway.outstanding() > 0 && gateway.alive(load));
        if !going {
            let drain_end = *over.get_or_insert(now) + DRAIN_MAX;
            if !outstanding || now >= drain_end {
                break;
            }
        }
        poll.poll(&mut events, Some(if busy { Duration::ZERO } else { SLEEP_MAX }))?;
        for event in &events {
            if let Some(gateway) = gateways.get_mut(event.token().0).filter(|_| event.is_readable()) {
                gateway.read(&mut buffer, record, &mut tally)?;
            }
        }
    }
    for gateway in &gateways {
        tally.sent += gateway.sent;
        tally.acknowledged += gateway.acknowledged;
        tally.rejected += gateway.rejected;
    }
    Ok(tally)
}

impl Gateway {
    fn new(load: &Load, number: usize, exact: bool, rng: &mut fastrand::Rng) -> Self {
        let first_terminal = load.devices * number / load.connections;
        let last = load.devices * (number + 1) / load.connections;
        let base_serial = if load.authenticate { login::SERIALS } else { 0 };
        Self {
            stream: None,
            retry_at: Instant::now(),
            next_make: Instant::now(),
            first_terminal,
            frames: (first_terminal..last).map(|index| Jt808Frame::new(index, base_serial, rng)).collect(),
            base_serial,
            turn: 0,
            sent: 0,
            acknowledged: 0,
            rejected: 0,
            out: Vec::with_capacity(load.batch * 96),
            written: 0,
            marks: VecDeque::new(),
            odd_flag: false,
            flight: (exact || load.resend).then(Flight::default),
            pending: Vec::new(),
        }
    }

    fn connect(&mut self, load: &Load, poll: &Poll, token: Token) -> anyhow::Result<()> {
        let mut stream = connect(load.to, login::ANSWER_MAX)?;
        if load.authenticate {
            login::authenticate(&mut stream, self.first_terminal, self.frames.len())?;
        }
        stream.set_nonblocking(true)?;
        let mut stream = mio::net::TcpStream::from_std(stream);
        poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        self.stream = Some(stream);
        Ok(())
    }

    /// Connects again and puts everything that was not acknowledged on its way once more.
    fn again(&mut self, load: &Load, poll: &Poll, token: Token, now: Instant, tally: &mut Tally) {
        self.retry_at = now + RETRY;
        if self.connect(load, poll, token).is_err() {
            return;
        }
        self.pending.clear();
        self.out.clear();
        self.written = 0;
        if let Some(flight) = self.flight.as_mut() {
            tally.resent += u64::try_from(flight.len()).unwrap_or_default();
            flight.again(&mut self.out);
        }
        log::info(format_args!("Connected again, sends what was not acknowledged bytes={}", self.out.len()));
    }

    fn alive(&self, load: &Load) -> bool {
        self.stream.is_some() || load.resend
    }

    const fn outstanding(&self) -> u64 {
        self.sent.saturating_sub(self.acknowledged + self.rejected)
    }

    /// Makes and writes reports as far as window, pace and socket allow; whether there is more to do at once.
    fn work(
        &mut self,
        load: &Load,
        pace: &Pace,
        now: Instant,
        second: &Second,
        rng: &mut fastrand::Rng,
        tally: &mut Tally,
    ) -> bool {
        if self.stream.is_none() {
            return false;
        }
        if self.out.len() == self.written {
            self.out.clear();
            self.written = 0;
            self.make(load, pace, now, second, rng, tally);
        }
        let mut progress = false;
        while let (Some(stream), Some(rest)) = (self.stream.as_mut(), self.out.get(self.written..)) {
            if rest.is_empty() {
                break;
            }
            match stream.write(rest) {
                Ok(count) => {
                    self.written += count;
                    progress = true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.broken(tally),
            }
        }
        progress && pace.rate.is_none() && self.room(load) >= Self::least(load)
    }

    fn room(&self, load: &Load) -> u64 {
        u64::try_from(load.window).unwrap_or(u64::MAX).saturating_sub(self.outstanding())
    }

    /// A batch is made only when so many reports fit: small writes cost as much as large ones.
    fn least(load: &Load) -> u64 {
        u64::try_from(load.batch.min(load.window.div_ceil(2))).unwrap_or(u64::MAX)
    }

    fn make(
        &mut self,
        load: &Load,
        pace: &Pace,
        now: Instant,
        second: &Second,
        rng: &mut fastrand::Rng,
        tally: &mut Tally,
    ) {
        let due = pace.due(now, self.sent);
        let room = self.room(load);
        if !pace.goes_on(now, self.sent) || due == 0 || (room < Self::least(load) && room < due) {
            return;
        }
        let count = due.min(room).min(u64::try_from(load.batch).unwrap_or(u64::MAX));
        if pace.rate.is_some()
            && now < self.next_make
            && count < u64::try_from(load.batch).unwrap_or(u64::MAX)
        {
            return;
        }
        self.next_make = now + TICK;
        // The reports of one write were due one after another; the middle one stands for all.
        let due_at = pace.due_at(now, self.sent + count / 2);
        for _ in 0..count {
            let Some(frame) = self.frames.get_mut(self.turn) else { break };
            let (serial, start) = (frame.serial(), self.out.len());
            frame.append(second, rng, &mut self.out);
            if let Some(flight) = self.flight.as_mut() {
                let bytes = self.out.get(start..).unwrap_or_default();
                flight.push(self.first_terminal + self.turn, serial, second.at, bytes);
            }
            self.turn = if self.turn + 1 == self.frames.len() { 0 } else { self.turn + 1 };
        }
        self.sent += count;
        tally.bytes += u64::try_from(self.out.len()).unwrap_or_default();
        self.marks.push_back(Mark { upto: self.sent, due: due_at });
    }

    fn broken(&mut self, tally: &mut Tally) {
        if self.stream.take().is_some() {
            tally.broken += 1;
            self.retry_at = Instant::now() + RETRY;
            log::warn(format_args!("A gateway lost its connection outstanding={}", self.outstanding()));
        }
    }

    /// Reads acknowledgements until the socket has no more.
    fn read(&mut self, buffer: &mut [u8], record: Option<&Record>, tally: &mut Tally) -> anyhow::Result<()> {
        while let Some(stream) = self.stream.as_mut() {
            match stream.read(buffer) {
                Ok(0) => self.broken(tally),
                Ok(count) => {
                    let bytes = buffer.get(..count).unwrap_or_default();
                    let before = self.acknowledged + self.rejected;
                    if self.flight.is_some() {
                        self.read_each(bytes, record, tally)?;
                    } else {
                        self.count(bytes, tally);
                    }
                    self.measure(before, tally);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.broken(tally),
            }
        }
        Ok(())
    }

    /// Counts acknowledgements by their flags and looks at the first whole one.
    fn count(&mut self, bytes: &[u8], tally: &mut Tally) {
        let mut flags = memchr::memchr_iter(FLAG, bytes);
        let total = flags.clone().count();
        let first_done = self.acknowledged + u64::from(self.odd_flag);
        if self.odd_flag {
            flags.next();
        }
        if let (Some(start), Some(end)) = (flags.next(), flags.next()) {
            let inner = bytes.get(start + 1..end).and_then(unescape);
            let answer = inner.as_deref().and_then(read_ack);
            tally.checked += 1;
            tally.unexpected += u64::from(answer != Some(self.expected(first_done)));
        }
        let total = u64::try_from(total).unwrap_or_default() + u64::from(self.odd_flag);
        self.acknowledged += total / 2;
        self.odd_flag = total % 2 == 1;
    }

    /// Terminal, serial and result of acknowledgement number `number` if they come in order.
    fn expected(&self, number: u64) -> (usize, u16, u8) {
        let terminals = u64::try_from(self.frames.len()).unwrap_or(1).max(1);
        let terminal = self.first_terminal + usize::try_from(number % terminals).unwrap_or_default();
        let round = u16::try_from(number / terminals % 0x1_0000).unwrap_or_default();
        (terminal, round.wrapping_add(self.base_serial), 0)
    }

    /// Reads every acknowledgement and takes its report off the list.
    fn read_each(&mut self, bytes: &[u8], record: Option<&Record>, tally: &mut Tally) -> anyhow::Result<()> {
        self.pending.extend_from_slice(bytes);
        let mut done = 0;
        let mut lines: Vec<(usize, u16, Timestamp)> = Vec::new();
        while let Some(rest) = self.pending.get(done..)
            && let Some(start) = memchr::memchr(FLAG, rest)
            && let Some(length) = rest.get(start + 1..).and_then(|after| memchr::memchr(FLAG, after))
        {
            let inner = rest.get(start + 1..start + 1 + length).and_then(unescape);
            done += start + length + 2;
            tally.checked += 1;
            let Some((terminal, serial, result)) = inner.as_deref().and_then(read_ack) else {
                tally.unexpected += 1;
                continue;
            };
            match self.flight.as_mut().and_then(|flight| flight.acknowledged(terminal, serial)) {
                Some(at) if result == 0 => {
                    self.acknowledged += 1;
                    lines.push((terminal, serial, at));
                }
                Some(_) => self.rejected += 1,
                None => tally.unexpected += 1,
            }
        }
        self.pending.drain(..done);
        record.map_or(Ok(()), |record| record.write(&lines))
    }

    /// Notes how long the reports took that were acknowledged since `before`.
    fn measure(&mut self, mut before: u64, tally: &mut Tally) {
        let done = self.acknowledged + self.rejected;
        if done == before {
            return;
        }
        let now = Instant::now();
        tally.last = Some(now);
        while let Some(mark) = self.marks.front() {
            let upto = mark.upto.min(done);
            tally.latency.add(now.saturating_duration_since(mark.due), upto - before);
            before = upto;
            if mark.upto > done {
                break;
            }
            self.marks.pop_front();
        }
    }
}

/// Terminal, serial and result of an 0x8001 for a report.
fn read_ack(inner: &[u8]) -> Option<(usize, u16, u8)> {
    let terminal = terminal_index(inner.get(4..10)?)?;
    let (0x8001, _, [s1, s2, m1, m2, result]) = split(inner)? else { return None };
    (u16::from_be_bytes([*m1, *m2]) == ACK_LOCATION).then_some((
        terminal,
        u16::from_be_bytes([*s1, *s2]),
        *result,
    ))
}
