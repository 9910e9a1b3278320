//! One connection a device, closed loop: a report, its acknowledgement, the next report.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use mio::{Events, Interest, Poll, Token};
use plomb_wire::Crc16;

use super::frame::{Gt06Frame, Jt808Frame, Second};
use super::{DRAIN_MAX, Load, Pace, Share, Speech, Tally, login};
use crate::log;
use crate::protocol::gt06;
use crate::protocol::jt808::{FLAG, split, unescape};

/// Events taken at once.
const EVENTS: usize = 1_024;
/// A loop never sleeps longer than this.
const SLEEP_MAX: Duration = Duration::from_millis(5);
/// Longest acknowledgement that is waited for in pieces, bytes: an 0x8001 has at most 36 with escapes.
const PENDING_BYTES_MAX: usize = 4_096;

enum Frames {
    Jt808(Box<Jt808Frame>),
    Gt06(Gt06Frame),
}

struct Device {
    stream: Option<mio::net::TcpStream>,
    frames: Frames,
    waits_for: Option<(u16, Instant)>,
    sent: u64,
    pending: Vec<u8>,
}

/// Runs this worker's devices to the end.
pub(super) fn run(load: &Load, share: Share) -> anyhow::Result<Tally> {
    let mut poll = Poll::new()?;
    let mut rng =
        fastrand::Rng::with_seed(load.seed ^ u64::try_from(share.first_connection).unwrap_or_default());
    let mut devices = connect(load, share, &poll, &mut rng)?;
    let mut events = Events::with_capacity(EVENTS);
    let mut tally = Tally::default();
    let mut out = Vec::with_capacity(256);
    let pace = Pace::new(load);
    tally.first = Some(pace.start);
    let mut second = Second::of(log::now());
    // With a rate a device whose report was acknowledged waits here for its next turn; all wait equally long.
    let mut turns: VecDeque<(Instant, usize)> = stagger(&pace, devices.len());
    let mut over: Option<Instant> = None;
    loop {
        let now = Instant::now();
        second = if log::now().since(second.at) >= 1_000 { Second::of(log::now()) } else { second };
        while let Some((due, number)) = turns.front().copied()
            && due <= now
        {
            turns.pop_front();
            if let Some(device) = devices.get_mut(number).filter(|device| pace.goes_on(now, device.sent)) {
                device.send(due, &second, &mut rng, &mut out, &mut tally);
            }
        }
        let going = devices.iter().any(|device| device.stream.is_some() && pace.goes_on(now, device.sent));
        let waiting = || devices.iter().any(|device| device.stream.is_some() && device.waits_for.is_some());
        if !going && (!waiting() || now >= *over.get_or_insert(now) + DRAIN_MAX) {
            return Ok(tally);
        }
        let wait =
            turns.front().map_or(SLEEP_MAX, |(due, _)| due.saturating_duration_since(now).min(SLEEP_MAX));
        poll.poll(&mut events, Some(wait))?;
        for event in &events {
            let Some(device) = devices.get_mut(event.token().0) else { continue };
            let Some(asked) = device.read(&mut tally) else { continue };
            match pace.rate {
                None if pace.goes_on(Instant::now(), device.sent) => {
                    device.send(Instant::now(), &second, &mut rng, &mut out, &mut tally);
                }
                None => {}
                Some(rate) => turns.push_back((asked + Duration::from_secs_f64(1.0 / rate), event.token().0)),
            }
        }
    }
}

/// First turns: all at once without a rate, else spread over one interval.
fn stagger(pace: &Pace, count: usize) -> VecDeque<(Instant, usize)> {
    let share = u32::try_from(count).unwrap_or(u32::MAX).max(1);
    let step = pace.rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate) / share);
    (0..count).map(|number| (pace.start + step * u32::try_from(number).unwrap_or_default(), number)).collect()
}

/// Connects and logs in; log-ins go out together, then their answers are read.
fn connect(load: &Load, share: Share, poll: &Poll, rng: &mut fastrand::Rng) -> anyhow::Result<Vec<Device>> {
    let mut streams: Vec<TcpStream> = Vec::with_capacity(share.connections);
    for number in share.first_connection..share.first_connection + share.connections {
        let mut stream = crate::connect::connect(load.to, login::ANSWER_MAX)?;
        match load.speech {
            Speech::Gt06 => stream.write_all(&gt06_login(number))?,
            Speech::Jt808 if load.authenticate => login::authenticate(&mut stream, number, 1)?,
            Speech::Jt808 => {}
        }
        streams.push(stream);
    }
    let mut devices = Vec::with_capacity(streams.len());
    for (number, mut stream) in streams.into_iter().enumerate() {
        let frames = match load.speech {
            Speech::Gt06 => {
                let mut answer = [0; 10];
                stream.read_exact(&mut answer).context("waiting for the platform to accept a log-in")?;
                ensure!(answer.starts_with(&[0x78, 0x78, 0x05, 0x01]), "log-in not accepted");
                Frames::Gt06(Gt06Frame::new(rng))
            }
            Speech::Jt808 => {
                let serial = if load.authenticate { login::SERIALS } else { 0 };
                Frames::Jt808(Box::new(Jt808Frame::new(share.first_connection + number, serial, rng)))
            }
        };
        stream.set_nonblocking(true)?;
        let mut stream = mio::net::TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
        devices.push(Device { stream: Some(stream), frames, waits_for: None, sent: 0, pending: Vec::new() });
    }
    Ok(devices)
}

/// Log-in of device `index`: 8 bytes of BCD beginning with 0.
fn gt06_login(index: usize) -> Vec<u8> {
    let mut content = Vec::with_capacity(12);
    crate::protocol::put_digits(&mut content, &format!("0864717{:09}", index % 1_000_000_000));
    content.extend([0x10, 0x0F, 0x00, 0x02]);
    gt06::frame(0x01, &content, 0)
}

impl Device {
    fn send(
        &mut self,
        due: Instant,
        second: &Second,
        rng: &mut fastrand::Rng,
        out: &mut Vec<u8>,
        tally: &mut Tally,
    ) {
        let Some(stream) = self.stream.as_mut() else { return };
        out.clear();
        let serial = match &mut self.frames {
            Frames::Jt808(frame) => {
                let serial = frame.serial();
                frame.append(second, rng, out);
                serial
            }
            Frames::Gt06(frame) => {
                let serial = frame.serial();
                frame.append(second, rng, out);
                serial
            }
        };
        // The socket was drained by an acknowledgement: a report of 80 bytes always fits.
        match stream.write(out) {
            Ok(count) if count == out.len() => {
                self.waits_for = Some((serial, due));
                self.sent += 1;
                tally.sent += 1;
                tally.bytes += u64::try_from(count).unwrap_or_default();
            }
            _ => self.broken(tally),
        }
    }

    fn broken(&mut self, tally: &mut Tally) {
        if self.stream.take().is_some() {
            tally.broken += 1;
        }
    }

    /// Reads; gives when the report was due whose acknowledgement has come.
    fn read(&mut self, tally: &mut Tally) -> Option<Instant> {
        let mut buffer = [0; 512];
        let mut acknowledged = None;
        while let Some(stream) = self.stream.as_mut() {
            match stream.read(&mut buffer) {
                Ok(0) => self.broken(tally),
                Ok(count) => {
                    let bytes = buffer.get(..count).unwrap_or_default();
                    let whole = if self.pending.is_empty() {
                        self.look(bytes, tally).inspect_err(|()| self.pending.extend_from_slice(bytes))
                    } else {
                        self.pending.extend_from_slice(bytes);
                        let pending = std::mem::take(&mut self.pending);
                        self.look(&pending, tally).inspect_err(|()| self.pending = pending)
                    };
                    if self.pending.len() > PENDING_BYTES_MAX {
                        self.pending.clear();
                    }
                    if let Ok(Some(due)) = whole {
                        acknowledged = Some(due);
                    }
                    // A short read has emptied the socket.
                    if count < buffer.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.broken(tally),
            }
        }
        acknowledged
    }

    /// Looks at what came; `Err` when the frame is not whole yet.
    fn look(&mut self, bytes: &[u8], tally: &mut Tally) -> Result<Option<Instant>, ()> {
        let (serial, result) = match &self.frames {
            Frames::Gt06(_) => gt06_ack(bytes),
            Frames::Jt808(_) => jt808_ack(bytes),
        }
        .ok_or(())?;
        tally.checked += 1;
        match self.waits_for.take_if(|(waited, _)| *waited == serial) {
            Some((_, due)) => {
                let now = Instant::now();
                tally.last = Some(now);
                tally.latency.add(now.saturating_duration_since(due), 1);
                if result == 0 {
                    tally.acknowledged += 1;
                } else {
                    tally.rejected += 1;
                }
                Ok(Some(due))
            }
            None => {
                tally.unexpected += 1;
                Ok(None)
            }
        }
    }
}

fn gt06_ack(bytes: &[u8]) -> Option<(u16, u8)> {
    let [0x78, 0x78, 5, 0x22, s1, s2, c1, c2, 0x0D, 0x0A] = *bytes.first_chunk::<10>()? else {
        return (bytes.len() >= 10).then_some((u16::MAX, 1));
    };
    let right = Crc16::X25.of(bytes.get(2..6)?) == u16::from_be_bytes([c1, c2]);
    Some((u16::from_be_bytes([s1, s2]), u8::from(!right)))
}

fn jt808_ack(bytes: &[u8]) -> Option<(u16, u8)> {
    let start = memchr::memchr(FLAG, bytes)?;
    let rest = bytes.get(start + 1..)?;
    let inner = rest.get(..memchr::memchr(FLAG, rest)?)?;
    let inner = unescape(inner)?;
    match split(&inner) {
        Some((0x8001, _, [s1, s2, 0x02, 0x00, result])) => Some((u16::from_be_bytes([*s1, *s2]), *result)),
        _ => Some((u16::MAX, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledgements() {
        assert_eq!(gt06_ack(&gt06::frame(0x22, &[], 7)), Some((7, 0)));
        assert_eq!(gt06_ack(&[0x78, 0x78, 5]), None);
        let frame = crate::protocol::jt808::frame("013900000001", 0x8001, 0, &[0, 126, 2, 0, 0]);
        assert_eq!(jt808_ack(&frame), Some((126, 0)));
        assert_eq!(jt808_ack(&frame[..frame.len() - 1]), None);
        assert_eq!(gt06_login(12).len(), 22);
    }
}
