//! Commands of the platform, read in place.

use plomb_constrained::profile::name;
use plomb_constrained::senml::{Pack, Value};

use crate::state::CARDS_MAX;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order<'a> {
    Unlock { password: Option<&'a str> },
    Lock,
    Locate,
    Interval { seconds: u32, wake_min: Option<u32> },
    Track { seconds: u32, for_s: u32 },
    SetTime { ms: i64 },
    Password { old: Option<&'a str>, new: &'a str },
    Cards([Option<&'a str>; CARDS_MAX]),
    Restart,
    Text(&'a str),
}

/// Why nothing is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// No pack, or one without what it needs.
    Malformed,
    /// Another verb.
    Unknown,
}

/// Reads a command: its number, and what it asks for.
pub(crate) fn read(pack: &[u8]) -> Result<(u64, Order<'_>), Unread> {
    let mut told = Told::default();
    for record in Pack::new(pack).map_err(|_| Unread::Malformed)? {
        let record = record.map_err(|_| Unread::Malformed)?;
        told.take(record.name, record.value.ok_or(Unread::Malformed)?).ok_or(Unread::Malformed)?;
    }
    let ticket = told.ticket.ok_or(Unread::Malformed)?;
    told.order().map(|order| (ticket, order))
}

#[derive(Clone, Copy, Default)]
struct Told<'a> {
    ticket: Option<u64>,
    verb: Option<&'a str>,
    password: Option<&'a str>,
    new_password: Option<&'a str>,
    text: Option<&'a str>,
    ms: Option<i64>,
    for_s: Option<u32>,
    wake_min: Option<u32>,
    cards: [Option<&'a str>; CARDS_MAX],
}

impl<'a> Told<'a> {
    fn take(&mut self, name: &str, value: Value<'a>) -> Option<()> {
        match (name, value) {
            (name::COMMAND, Value::Number(number)) => {
                self.ticket = Some(u64::try_from(number.scaled(0)?).ok()?);
            }
            (name::DO, Value::Text(text)) => self.verb = Some(text),
            (name::PASSWORD, Value::Text(text)) => self.password = Some(text),
            (name::NEW_PASSWORD, Value::Text(text)) => self.new_password = Some(text),
            (name::TEXT, Value::Text(text)) => self.text = Some(text),
            (name::SECONDS, Value::Number(number)) => self.ms = Some(number.scaled(3)?),
            (name::VALIDITY, Value::Number(number)) => self.for_s = u32::try_from(number.scaled(0)?).ok(),
            (name::WAKE, Value::Number(number)) => self.wake_min = u32::try_from(number.scaled(0)?).ok(),
            (name::CARD, Value::Text(text)) => {
                *self.cards.iter_mut().find(|card| card.is_none())? = Some(text);
            }
            // What a later platform may add says nothing to this device.
            _ => {}
        }
        Some(())
    }

    fn seconds(&self) -> Result<u32, Unread> {
        self.ms.and_then(|ms| u32::try_from(ms / 1000).ok()).ok_or(Unread::Malformed)
    }

    fn order(&self) -> Result<Order<'a>, Unread> {
        Ok(match self.verb.ok_or(Unread::Malformed)? {
            "unlock" => Order::Unlock { password: self.password },
            "lock" => Order::Lock,
            "locate" => Order::Locate,
            "interval" => Order::Interval { seconds: self.seconds()?, wake_min: self.wake_min },
            "track" => Order::Track { seconds: self.seconds()?, for_s: self.for_s.ok_or(Unread::Malformed)? },
            "time" => Order::SetTime { ms: self.ms.ok_or(Unread::Malformed)? },
            "password" => Order::Password {
                old: self.password,
                new: self.new_password.filter(|new| !new.is_empty()).ok_or(Unread::Malformed)?,
            },
            "cards" => Order::Cards(self.cards),
            "restart" => Order::Restart,
            "text" => Order::Text(self.text.ok_or(Unread::Malformed)?),
            _ => return Err(Unread::Unknown),
        })
    }
}
