//! Commands on their way out: the conversation's session puts them into bytes, with the lock's password where the
//! protocol wants it. These bytes are written and forgotten; no entry and no log has them.

use plomb_devices::{Decoded, KeyPurpose, Secrets, takes_password};
use plomb_evidence::Sent;
use plomb_model::{Command, CommandError, Dispatch, Order, PASSWORD_PLACE, ReceivedAt, Redacted};

use crate::conversation::Conversation;

/// Why a command stays with us when its conversation is over before it was put into bytes.
pub(crate) const ENDED: &str = "the conversation ended before it was sent";

/// Stands for all locks that have no password of their own among the keys.
const ANY_LOCK: &[u8] = b"*";

/// Puts the command into bytes, in `out`, and says what came of it.
pub(crate) fn dispatch(
    conversation: &mut Conversation,
    secrets: &dyn Secrets,
    at: ReceivedAt,
    sent: &Sent,
    out: &mut Decoded,
) -> Dispatch {
    let wanted = match &sent.order {
        Order::Unlock => takes_password(conversation.protocol()),
        Order::Text(text) => text.contains(PASSWORD_PLACE),
        _ => false,
    };
    let password = wanted.then(|| password(secrets, sent)).flatten();
    if wanted && password.is_none() {
        let device = sent.device;
        return Dispatch::Impossible(
            format!("no lock-password of {device} is known: add it to the keys file of [devices]").into(),
        );
    }
    encode(conversation, at, sent, &sent.order.command(at, password), out)
}

fn password(secrets: &dyn Secrets, sent: &Sent) -> Option<Redacted> {
    let own = secrets.first(KeyPurpose::LockPassword, sent.device.to_string().as_bytes());
    let key = own.or_else(|| secrets.first(KeyPurpose::LockPassword, ANY_LOCK))?;
    std::str::from_utf8(key.secret.expose()).ok().map(Redacted::new)
}

fn encode(
    conversation: &mut Conversation,
    at: ReceivedAt,
    sent: &Sent,
    command: &Command,
    out: &mut Decoded,
) -> Dispatch {
    match conversation.command(at, sent.device, sent.ticket, command, out) {
        Ok(()) => Dispatch::Written,
        Err(error @ (CommandError::UnknownDevice | CommandError::TooMany { .. })) => {
            Dispatch::Postponed(error.to_string().into())
        }
        Err(error @ (CommandError::Unsupported { .. } | CommandError::Value { .. })) => {
            Dispatch::Impossible(error.to_string().into())
        }
    }
}
