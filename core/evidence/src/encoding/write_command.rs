//! Commands in CBOR: orders carry no secret, so nothing has to be left out.

use plomb_model::{Dispatch, Order};

use super::cbor::Writer;
use crate::{Action, CommandChange, Dispatched, Sent};

/// The actions about commands; others write nothing.
pub(super) fn action(action: &Action, writer: &mut Writer<'_>) {
    match action {
        Action::Order { ticket, device, order, key, expires_at, four_eyes } => {
            writer.array(7);
            writer.unsigned(10_u8);
            writer.unsigned(ticket.0);
            writer.device(device);
            writer.order(order);
            writer.text(key);
            writer.signed(expires_at.0.as_millis());
            writer.boolean(*four_eyes);
        }
        Action::Authorise { ticket } => {
            writer.array(2);
            writer.unsigned(11_u8);
            writer.unsigned(ticket.0);
        }
        Action::Cancel { ticket } => {
            writer.array(2);
            writer.unsigned(12_u8);
            writer.unsigned(ticket.0);
        }
        Action::Refuse { ticket, reason } => {
            writer.array(3);
            writer.unsigned(13_u8);
            writer.unsigned(ticket.0);
            writer.text(reason);
        }
        Action::Acknowledge { .. }
        | Action::SetStanding { .. }
        | Action::Expect { .. }
        | Action::PlaceGate { .. }
        | Action::Step { .. }
        | Action::Case { .. }
        | Action::Rules { .. }
        | Action::Draw { .. } => {}
    }
}

pub(super) fn sent(sent: &Sent, writer: &mut Writer<'_>) {
    writer.unsigned(0_u8);
    writer.signed(sent.at.0.as_millis());
    writer.unsigned(1_u8);
    writer.device(&sent.device);
    writer.unsigned(2_u8);
    writer.unsigned(sent.connection.0);
    writer.unsigned(3_u8);
    writer.unsigned(sent.ticket.0);
    writer.unsigned(4_u8);
    writer.order(&sent.order);
}

pub(super) fn dispatched(dispatched: &Dispatched, writer: &mut Writer<'_>) {
    writer.unsigned(0_u8);
    writer.signed(dispatched.at.0.as_millis());
    writer.unsigned(2_u8);
    writer.unsigned(dispatched.connection.0);
    writer.unsigned(3_u8);
    writer.unsigned(dispatched.ticket.0);
    writer.unsigned(4_u8);
    let (code, words) = match &dispatched.dispatch {
        Dispatch::Written => (1_u8, ""),
        Dispatch::Postponed(words) => (2, &**words),
        Dispatch::Impossible(words) => (3, &**words),
    };
    writer.array(2);
    writer.unsigned(code);
    writer.text(words);
}

pub(super) fn changes(changes: &[CommandChange], writer: &mut Writer<'_>) {
    writer.array(changes.len());
    for change in changes {
        writer.array(3);
        writer.unsigned(change.ticket.0);
        writer.unsigned(change.state as u8);
        writer.text(&change.detail);
    }
}

impl Writer<'_> {
    fn order(&mut self, order: &Order) {
        let code = order.kind() as u8;
        let mut head = |values: usize| {
            self.array(1 + values);
            self.unsigned(code);
        };
        match order {
            Order::Unlock | Order::Lock | Order::Locate | Order::SetTime | Order::Restart => head(0),
            Order::UnlockSubLock { sub_lock, window_min } => {
                head(2);
                self.text(sub_lock);
                self.unsigned(*window_min);
            }
            Order::ReportingInterval { seconds, wake_min } => {
                head(2);
                self.unsigned(*seconds);
                self.optional(*wake_min, |writer, minutes| writer.unsigned(minutes));
            }
            Order::Track { seconds, validity_s } => {
                head(2);
                self.unsigned(*seconds);
                self.unsigned(*validity_s);
            }
            Order::Text(text) => {
                head(1);
                self.text(text);
            }
        }
    }
}
