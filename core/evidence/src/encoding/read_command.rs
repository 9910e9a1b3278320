//! Reads commands back.

use plomb_model::{CommandState, CommandTicket, ConnectionId, Dispatch, Order};

use super::read::{DecodeError, Reader};
use crate::{Action, CommandChange, Dispatched, Sent};

type Result<T> = std::result::Result<T, DecodeError>;

impl Reader<'_> {
    /// An action of the codes 10 to 13, of which `more` items are left.
    pub(super) fn command_action(&mut self, code: u64, more: u64) -> Result<Action> {
        let wanted = match code {
            10 => 6,
            13 => 2,
            _ => 1,
        };
        let more = more.checked_sub(wanted).ok_or_else(|| self.malformed("action on a command"))?;
        let ticket = self.ticket()?;
        let action = match code {
            10 => Action::Order {
                ticket,
                device: self.device()?,
                order: self.order()?,
                key: self.text("key")?.into(),
                expires_at: self.received_at()?,
                four_eyes: self.boolean("four eyes")?,
            },
            11 => Action::Authorise { ticket },
            13 => Action::Refuse { ticket, reason: self.text("reason")?.into() },
            _ => Action::Cancel { ticket },
        };
        self.skip(more)?;
        Ok(action)
    }

    pub(super) fn sent(&mut self) -> Result<Sent> {
        let (mut at, mut device, mut connection, mut ticket, mut order) = (None, None, None, None, None);
        self.fields("fields", |reader, key| {
            match key {
                0 => at = Some(reader.received_at()?),
                1 => device = Some(reader.device()?),
                2 => connection = Some(ConnectionId(reader.unsigned("connection")?)),
                3 => ticket = Some(reader.ticket()?),
                4 => order = Some(reader.order()?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Sent {
            at: at.ok_or_else(|| self.malformed("time"))?,
            device: device.ok_or_else(|| self.malformed("device"))?,
            connection: connection.ok_or_else(|| self.malformed("connection"))?,
            ticket: ticket.ok_or_else(|| self.malformed("ticket"))?,
            order: order.ok_or_else(|| self.malformed("order"))?,
        })
    }

    pub(super) fn dispatched(&mut self) -> Result<Dispatched> {
        let (mut at, mut connection, mut ticket, mut dispatch) = (None, None, None, None);
        self.fields("fields", |reader, key| {
            match key {
                0 => at = Some(reader.received_at()?),
                2 => connection = Some(ConnectionId(reader.unsigned("connection")?)),
                3 => ticket = Some(reader.ticket()?),
                4 => dispatch = Some(reader.dispatch()?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Dispatched {
            at: at.ok_or_else(|| self.malformed("time"))?,
            connection: connection.ok_or_else(|| self.malformed("connection"))?,
            ticket: ticket.ok_or_else(|| self.malformed("ticket"))?,
            dispatch: dispatch.ok_or_else(|| self.malformed("dispatch"))?,
        })
    }

    pub(super) fn changed_command(&mut self) -> Result<CommandChange> {
        let more = self.tuple(3, "command's change")?;
        let change = CommandChange {
            ticket: self.ticket()?,
            state: self.code("command state", CommandState::from_code)?,
            detail: self.text("detail")?.into(),
        };
        self.skip(more)?;
        Ok(change)
    }

    fn ticket(&mut self) -> Result<CommandTicket> {
        self.unsigned("ticket").map(CommandTicket)
    }

    fn dispatch(&mut self) -> Result<Dispatch> {
        let more = self.tuple(2, "dispatch")?;
        let code = self.unsigned("dispatch")?;
        let words = self.text("words")?;
        self.skip(more)?;
        match code {
            1 => Ok(Dispatch::Written),
            2 => Ok(Dispatch::Postponed(words.into())),
            3 => Ok(Dispatch::Impossible(words.into())),
            code => Err(self.unknown("dispatch", code)),
        }
    }

    fn order(&mut self) -> Result<Order> {
        let more = self.tuple(1, "order")?;
        let code = self.unsigned("order")?;
        let values = match code {
            1 | 2 | 5 | 7 | 8 => 0,
            9 => 1,
            3 | 4 | 6 => 2,
            code => return Err(self.unknown("order", code)),
        };
        let more = more.checked_sub(values).ok_or_else(|| self.malformed("order"))?;
        let order = match code {
            1 => Order::Unlock,
            2 => Order::Lock,
            3 => Order::UnlockSubLock {
                sub_lock: self.text("sub-lock")?.into(),
                window_min: self.number("window")?,
            },
            4 => Order::ReportingInterval {
                seconds: self.number("seconds")?,
                wake_min: self.optional(|reader| reader.number("minutes"))?,
            },
            5 => Order::Locate,
            6 => Order::Track { seconds: self.number("seconds")?, validity_s: self.number("validity")? },
            7 => Order::SetTime,
            8 => Order::Restart,
            _ => Order::Text(self.text("text")?.into()),
        };
        self.skip(more)?;
        Ok(order)
    }
}
