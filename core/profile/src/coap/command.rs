//! Commands of a conversation by CoAP that wait for their answer.

use plomb_constrained::oscore::{Binding, Id};
use plomb_model::{CommandOutcome, CommandTicket, DeviceId, ReceivedAt};

/// Commands of one conversation that wait for an answer.
pub(super) const WAITING_MAX: usize = 8;
/// How long the answer is waited for, seconds.
pub(super) const WAIT_S_MAX: i64 = 3600;

/// A command that was sent.
pub(super) struct Sent {
    pub(super) at: ReceivedAt,
    pub(super) token: [u8; 4],
    pub(super) device: DeviceId,
    pub(super) platform_id: Id,
    pub(super) device_id: Id,
    pub(super) binding: Binding,
    pub(super) ticket: CommandTicket,
}

/// What a response code says of a command.
pub(super) const fn outcome(code: u8) -> CommandOutcome {
    match code {
        0x44 | 0x45 => CommandOutcome::Done,
        0x41 => CommandOutcome::Acknowledged,
        0x82 | 0x84 | 0x85 | 0x8F | 0x96 | 0xA1 => CommandOutcome::Unsupported,
        0x40..=0x5F => CommandOutcome::Answered,
        _ => CommandOutcome::Failed,
    }
}
