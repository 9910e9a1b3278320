//! Reports out, answers and commands in.

use super::{Device, Done, Fault};
use crate::command::{self, Unread};
use crate::hardware::{Now, Rng, Storage, StorageFault, Vault};
use crate::keys::DeviceId;
use crate::link::{Answer, BODY_BYTES_MAX, RECEIVED_BYTES_MAX, Short32};
use crate::log::Log;
use crate::pack;
use crate::seal::{Importance, Phase};
use plomb_constrained::coap::{Message, code, option};
use plomb_constrained::oscore::{self, open_request};
use plomb_constrained::profile::{COMMAND_PATH, PLATFORM_ID};

/// Numbers of OSCORE that are reserved at once: one write of the state for so many messages, and so many left out at most when
/// the power fails.
const NUMBERS_RESERVED: u64 = 64;
/// 4.03: forbidden; the platform knows it as failed.
const FORBIDDEN: u8 = 0x83;

impl<S: Storage, V: Vault> Device<S, V> {
    /// Writes the next datagram that is to be sent into `out`, at least [`RECEIVED_BYTES_MAX`] bytes long; gives its length.
    /// None when there is nothing to send now.
    ///
    /// # Errors
    /// When the memory fails: nothing is sent then.
    pub fn transmit(&mut self, now: Now, rng: &mut impl Rng, out: &mut [u8]) -> Result<Option<usize>, Fault> {
        if self.state.seal.phase == Phase::Tampered {
            return Ok(self.beacon(now, rng, out).unwrap_or_default());
        }
        if let Some(answer) = self.link.take_answer() {
            return Ok(copied(answer.as_ref(), out));
        }
        if let Some(datagram) = self.link.again(now) {
            return Ok(copied(datagram, out));
        }
        if !self.link.is_free(now) {
            return Ok(None);
        }
        let mut body = [0; BODY_BYTES_MAX];
        let (length, sequences) = gather(&self.log, &self.storage, &self.state.id, &mut body)?;
        if length == 0 {
            return Ok(None);
        }
        self.reserve()?;
        let Some(keys) = self.keys.as_mut() else { return Ok(None) };
        let body = body.get(..length).unwrap_or_default();
        // It fails only when all 2^40 numbers are used up.
        let datagram = self.link.begin(now, rng, &mut keys.context, body, sequences).unwrap_or_default();
        Ok(copied(datagram, out).filter(|length| *length > 0))
    }

    /// Stores a limit ahead of the number that is used next.
    fn reserve(&mut self) -> Result<(), Fault> {
        let next = self.keys.as_ref().map_or(0, |keys| keys.context.sequence());
        if next >= self.state.reserved {
            let before = self.state.reserved;
            self.state.reserved = next.saturating_add(NUMBERS_RESERVED);
            if let Err(fault) = self.save() {
                self.state.reserved = before;
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Takes a datagram. What is not proved changes nothing.
    ///
    /// # Errors
    /// When the memory fails: what was acknowledged is sent again.
    pub fn receive(&mut self, now: Now, rng: &mut impl Rng, datagram: &[u8]) -> Result<(), Fault> {
        let Some(keys) = &self.keys else { return Ok(()) };
        let Ok(message) = Message::parse(datagram) else { return Ok(()) };
        if message.option(option::OSCORE).is_none() {
            return Ok(());
        }
        if message.is_request() {
            return self.command(now, rng, &message);
        }
        match self.link.response(now, &keys.context, &message) {
            Some(Answer::Taken(sequences)) => {
                for sequence in sequences.as_slice() {
                    self.log.acknowledge(&mut self.storage, *sequence)?;
                }
            }
            Some(Answer::Refused(sequences)) => {
                for sequence in sequences.as_slice() {
                    self.log.give_up(&mut self.storage, *sequence)?;
                }
            }
            Some(Answer::Challenged | Answer::Busy) | None => {}
        }
        Ok(())
    }

    fn command(&mut self, now: Now, rng: &mut impl Rng, message: &Message<'_>) -> Result<(), Fault> {
        let Some(keys) = &self.keys else { return Ok(()) };
        let mut inner = [0; RECEIVED_BYTES_MAX];
        let header = oscore::header(message).ok().flatten();
        if header.and_then(|header| header.kid) != Some(PLATFORM_ID) {
            return Ok(());
        }
        let Ok((inner, binding)) = open_request(&keys.context, message, &mut inner) else { return Ok(()) };
        let number = binding.partial_iv.sequence();
        if self.link.repeat_answer(number) {
            return Ok(());
        }
        if self.state.command.is_some_and(|taken| number <= taken) {
            return Ok(());
        }
        // Before it is done: it is done at most once, whenever the power fails.
        let before = self.state.command.replace(number);
        if let Err(fault) = self.save() {
            self.state.command = before;
            return Err(fault);
        }
        let (code, done) = match Message::parse_inner(inner) {
            Ok(inner) if inner.has_path(COMMAND_PATH) && inner.code == code::POST => {
                self.commanded(now, inner.payload)
            }
            Ok(_) => (code::NOT_FOUND, Ok(())),
            Err(_) => (code::BAD_REQUEST, Ok(())),
        };
        if let Some(keys) = self.keys.as_mut() {
            self.link.answer_command(rng, &mut keys.context, message, binding.partial_iv, code);
        }
        done
    }

    fn commanded(&mut self, now: Now, pack: &[u8]) -> (u8, Result<(), Fault>) {
        let done = match command::read(pack) {
            Ok((ticket, order)) => self.order(now, ticket, order),
            Err(Unread::Malformed) => return (code::BAD_REQUEST, Ok(())),
            Err(Unread::Unknown) => Ok(Done::Unknown),
        };
        match done {
            Ok(Done::Now) => (code::CHANGED, Ok(())),
            Ok(Done::Begun) => (code::CREATED, Ok(())),
            Ok(Done::Not) => (FORBIDDEN, Ok(())),
            Ok(Done::Unknown) => (code::NOT_FOUND, Ok(())),
            Err(fault) => (code::INTERNAL, Err(fault)),
        }
    }
}

/// Writes the events that go next into a body: what matters most first. Gives its length, and which they are.
fn gather<S: Storage>(
    log: &Log,
    storage: &S,
    id: &DeviceId,
    body: &mut [u8],
) -> Result<(usize, Short32), StorageFault> {
    let mut length = 0;
    let mut sequences = Short32::default();
    let mut last = None;
    let mut item = [0; pack::ITEM_BYTES_MAX];
    while !sequences.is_full() {
        let Some(pending) = log.next_pending(storage, last.as_ref(), Importance::Routine)? else { break };
        last = Some(pending.record);
        let item = pack::write_item(id, &pending.record, pending.signature.as_ref(), &mut item);
        let item = item.map_err(|_| StorageFault)?;
        let Some(place) = body.get_mut(length..length + item.len()) else { break };
        place.copy_from_slice(item);
        length += item.len();
        sequences.push(pending.record.sequence);
    }
    Ok((length, sequences))
}

fn copied(bytes: &[u8], out: &mut [u8]) -> Option<usize> {
    out.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(bytes.len())
}
