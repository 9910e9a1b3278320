//! The elements of a message, in the words of the Short Burst Data developer's guide.

use plomb_wire::{Reader, Short};

/// One information element: its identifier, place and content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) id: u8,
    pub(super) offset: usize,
    pub(super) content: &'a [u8],
}

/// The element behind the reader.
pub(super) fn element<'a>(reader: &mut Reader<'a>) -> Result<Element<'a>, Short> {
    let offset = reader.offset();
    let id = reader.u8()?;
    let length = usize::from(reader.u16()?);
    Ok(Element { id, offset, content: reader.take(length)? })
}

/// 01: who sent, how the session went, and the numbers of the messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct OriginatedHeader {
    /// Call detail record reference.
    pub(super) reference: u32,
    pub(super) imei: [u8; 15],
    pub(super) status: u8,
    pub(super) momsn: u16,
    pub(super) mtmsn: u16,
    /// Seconds since 1970.
    pub(super) time_s: u32,
}

impl OriginatedHeader {
    pub(super) fn read(content: &[u8]) -> Result<Self, Short> {
        let mut reader = Reader::new(content);
        Ok(Self {
            reference: reader.u32()?,
            imei: reader.array()?,
            status: reader.u8()?,
            momsn: reader.u16()?,
            mtmsn: reader.u16()?,
            time_s: reader.u32()?,
        })
    }
}

/// 03: where the network thinks the terminal is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Location {
    /// Bit 0 west, bit 1 south.
    pub(super) flags: u8,
    pub(super) north_degrees: u8,
    /// Thousandths of a minute.
    pub(super) north_minutes: u16,
    pub(super) east_degrees: u8,
    pub(super) east_minutes: u16,
    /// Radius within which it is with 80 % probability.
    pub(super) radius_km: u32,
}

impl Location {
    pub(super) fn read(content: &[u8]) -> Result<Self, Short> {
        let mut reader = Reader::new(content);
        Ok(Self {
            flags: reader.u8()?,
            north_degrees: reader.u8()?,
            north_minutes: reader.u16()?,
            east_degrees: reader.u8()?,
            east_minutes: reader.u16()?,
            radius_km: reader.u32()?,
        })
    }
}

/// 44: what became of a message to a terminal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Confirmation {
    /// The number under which the message was sent.
    pub(super) client: u32,
    pub(super) imei: [u8; 15],
    /// The gateway's own number.
    pub(super) reference: u32,
    /// Place in the queue from 1 to 50, 0 without a payload, or why not.
    pub(super) status: i16,
}

impl Confirmation {
    pub(super) fn read(content: &[u8]) -> Result<Self, Short> {
        let mut reader = Reader::new(content);
        Ok(Self {
            client: reader.u32()?,
            imei: reader.array()?,
            reference: reader.u32()?,
            status: reader.i16()?,
        })
    }
}

/// How a session went.
pub(super) const fn session_status(status: u8) -> &'static str {
    match status {
        0 => "completed",
        1 => "completed, the message to the terminal is too large",
        2 => "completed, the location is of unacceptable quality",
        10 => "timed out",
        12 => "the message is too large for one session",
        13 => "the radio link was lost",
        14 => "protocol anomaly of the terminal",
        15 => "the IMEI is barred from the gateway",
        _ => "unknown status",
    }
}

/// Why the gateway refused a message.
pub(super) const fn refusal(status: i16) -> &'static str {
    match status {
        -1 => "invalid IMEI",
        -2 => "unknown IMEI",
        -3 => "the payload is larger than the maximum",
        -4 => "a payload was expected and none received",
        -5 => "the queue is full",
        -6 => "resources are unavailable",
        -7 => "violation of the protocol",
        -8 => "ring alerts to the IMEI are disabled",
        -9 => "the IMEI is not attached",
        -10 => "the source address is not permitted",
        -11 => "the number is out of range",
        _ => "unknown status",
    }
}
