//! How a page of the log is laid out: a header, a word that says what was copied into it, and slots of one event each.

use super::At;
use crate::bytes::{Put, Take, check, is_erased};
use crate::hardware::{Storage, StorageFault};
use crate::record::{RECORD_BYTES, Record};

/// Begins a page that is in use.
const MAGIC: [u8; 4] = *b"PLog";
/// Magic, number, next sequence, lost, chain, check, four bytes of padding; then the word of what was copied.
const COPIED_OFFSET: usize = 40;
pub(super) const HEADER_BYTES: usize = 48;
const SIGNATURE_BYTES: usize = 64;
const BODY_BYTES: usize = RECORD_BYTES + SIGNATURE_BYTES + 4;
const MARK_BYTES: usize = 8;
pub(super) const SLOT_BYTES: usize = BODY_BYTES + MARK_BYTES;

/// What a page says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// It rises with each page that is begun.
    pub(super) number: u32,
    /// The number of the next event when it was begun.
    pub(super) next_sequence: u32,
    /// How many events were dropped until then.
    pub(super) lost: u32,
    /// The digest of the last report until then.
    pub(super) chain: [u8; 16],
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Acknowledged,
    /// Dropped; the number of events that were, with it.
    Dropped(u32),
    /// It never was one: the power failed while it was written.
    Torn,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    Free,
    Pending((Record, Option<[u8; SIGNATURE_BYTES]>)),
    /// With its mark, where that can be read.
    Done(Option<Mark>),
    /// Neither free nor whole.
    Torn,
}

const fn offset(slot: usize) -> usize {
    HEADER_BYTES + slot * SLOT_BYTES
}

pub(super) fn is_page_erased<S: Storage>(storage: &S, page: usize) -> Result<bool, StorageFault> {
    let mut head = [0; HEADER_BYTES];
    storage.read(page, 0, &mut head)?;
    Ok(is_erased(&head))
}

pub(super) fn read_header<S: Storage>(storage: &S, page: usize) -> Result<Option<Header>, StorageFault> {
    let mut bytes = [0; COPIED_OFFSET];
    storage.read(page, 0, &mut bytes)?;
    let mut take = Take(&bytes);
    let magic: [u8; 4] = take.bytes();
    let header =
        Header { number: take.u32(), next_sequence: take.u32(), lost: take.u32(), chain: take.bytes() };
    let checked = bytes.get(..32).unwrap_or_default();
    Ok((magic == MAGIC && take.bytes() == check(&[checked])).then_some(header))
}

pub(super) fn write_header<S: Storage>(
    storage: &mut S,
    page: usize,
    header: &Header,
) -> Result<(), StorageFault> {
    let mut bytes = [0; COPIED_OFFSET];
    let mut put = Put(&mut bytes);
    put.bytes(&MAGIC).u32(header.number).u32(header.next_sequence).u32(header.lost).bytes(&header.chain);
    let sum = check(&[bytes.get(..32).unwrap_or_default()]);
    Put(bytes.get_mut(32..).unwrap_or_default()).bytes(&sum);
    storage.program(page, 0, &bytes)
}

/// Says that all of use in `victim` was copied into `page`.
pub(super) fn write_copied<S: Storage>(
    storage: &mut S,
    page: usize,
    victim: usize,
) -> Result<(), StorageFault> {
    storage.program(page, COPIED_OFFSET, &copied_word(victim))
}

fn copied_word(victim: usize) -> [u8; 8] {
    let victim = u32::try_from(victim).unwrap_or(u32::MAX);
    let mut word = [0; 8];
    Put(&mut word).u32(victim).u32(!victim ^ 0x5A5A_5A5A);
    word
}

/// The page that was copied into `page`, if one was.
pub(super) fn read_copied<S: Storage>(storage: &S, page: usize) -> Result<Option<usize>, StorageFault> {
    let mut word = [0; 8];
    storage.read(page, COPIED_OFFSET, &mut word)?;
    let victim = usize::try_from(Take(&word).u32()).ok();
    Ok(victim.filter(|victim| copied_word(*victim) == word))
}

pub(super) fn read<S: Storage>(storage: &S, at: At) -> Result<Slot, StorageFault> {
    let mut mark = [0; MARK_BYTES];
    storage.read(at.page, offset(at.slot) + BODY_BYTES, &mut mark)?;
    if !is_erased(&mark) {
        return Ok(Slot::Done(read_mark(&mark)));
    }
    let mut body = [0; BODY_BYTES];
    storage.read(at.page, offset(at.slot), &mut body)?;
    if is_erased(&body) {
        return Ok(Slot::Free);
    }
    let mut take = Take(&body);
    let record: [u8; RECORD_BYTES] = take.bytes();
    let signature: [u8; SIGNATURE_BYTES] = take.bytes();
    let whole = take.bytes() == check(&[&record, &signature]);
    Ok(match Record::decode(&record).filter(|_| whole) {
        Some(record) => Slot::Pending((record, (!is_erased(&signature)).then_some(signature))),
        None => Slot::Torn,
    })
}

/// The record of a slot, whatever became of it; none where it is not whole.
pub(super) fn read_record<S: Storage>(storage: &S, at: At) -> Result<Option<Record>, StorageFault> {
    let mut body = [0; BODY_BYTES];
    storage.read(at.page, offset(at.slot), &mut body)?;
    let mut take = Take(&body);
    let record: [u8; RECORD_BYTES] = take.bytes();
    let signature: [u8; SIGNATURE_BYTES] = take.bytes();
    let whole = take.bytes() == check(&[&record, &signature]);
    Ok(Record::decode(&record).filter(|_| whole))
}

pub(super) fn write<S: Storage>(
    storage: &mut S,
    at: At,
    record: &Record,
    signature: Option<&[u8; SIGNATURE_BYTES]>,
) -> Result<(), StorageFault> {
    let record = record.encode();
    let signature = signature.unwrap_or(&[0xFF; SIGNATURE_BYTES]);
    let mut body = [0; BODY_BYTES];
    Put(&mut body).bytes(&record).bytes(signature).bytes(&check(&[&record, signature]));
    storage.program(at.page, offset(at.slot), &body)
}

/// Copies an event as it is.
pub(super) fn copy<S: Storage>(storage: &mut S, from: At, to: At) -> Result<(), StorageFault> {
    let mut body = [0; BODY_BYTES];
    storage.read(from.page, offset(from.slot), &mut body)?;
    storage.program(to.page, offset(to.slot), &body)
}

pub(super) fn mark<S: Storage>(storage: &mut S, at: At, mark: Mark) -> Result<(), StorageFault> {
    let (kind, number) = match mark {
        Mark::Acknowledged => (0xA0, 0),
        Mark::Dropped(lost) => (0xD0, lost),
        Mark::Torn => (0x70, 0),
    };
    let mut word = [0; MARK_BYTES];
    Put(&mut word).u8(kind).bytes(&[0; 3]).u32(number);
    storage.program(at.page, offset(at.slot) + BODY_BYTES, &word)
}

fn read_mark(word: &[u8; MARK_BYTES]) -> Option<Mark> {
    let mut take = Take(word);
    let (kind, zeros, number) = (take.u8(), take.bytes::<3>(), take.u32());
    match (kind, zeros, number) {
        (0xA0, [0, 0, 0], 0) => Some(Mark::Acknowledged),
        (0xD0, [0, 0, 0], lost) => Some(Mark::Dropped(lost)),
        (0x70, [0, 0, 0], 0) => Some(Mark::Torn),
        _ => None,
    }
}
