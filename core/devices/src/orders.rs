//! Which orders a protocol can carry, so that one which cannot be is refused before it waits for a device.

use plomb_model::{OrderKind, Protocol};

/// The orders that the protocol's sessions put into bytes; none where it takes no commands.
#[must_use]
pub const fn orders(protocol: Protocol) -> &'static [OrderKind] {
    use OrderKind::{Locate, Lock, ReportingInterval, Restart, SetTime, Text, Track, Unlock, UnlockSubLock};
    match protocol {
        Protocol::Jointech => &[Unlock, UnlockSubLock, ReportingInterval, Locate, SetTime, Restart, Text],
        Protocol::Jt808 => &[Unlock, Lock, ReportingInterval, Locate, Track, Restart, Text],
        Protocol::Gt06 => &[Unlock, ReportingInterval, Locate, Restart, Text],
        Protocol::Eseal => &[Unlock, Text],
        Protocol::PlombCoap | Protocol::PlombMqtt => {
            &[Unlock, Lock, ReportingInterval, Locate, Track, SetTime, Restart, Text]
        }
        Protocol::Teltonika | Protocol::Meitrack => &[ReportingInterval, Locate, Restart, Text],
        Protocol::Tk103 => &[ReportingInterval, Locate, Track, Restart, Text],
        Protocol::H02 => &[ReportingInterval, Restart, Text],
        Protocol::Queclink | Protocol::Suntech | Protocol::Galileosky => &[Locate, Restart, Text],
        Protocol::Egts => &[Restart, Text],
        Protocol::Owntracks => &[ReportingInterval, Locate, Text],
        Protocol::Chirpstack
        | Protocol::Topflytech
        | Protocol::WialonIps
        | Protocol::Iridium
        | Protocol::Navtelecom => &[Text],
        _ => &[],
    }
}

/// Whether the protocol's unlocking carries the lock's password.
#[must_use]
pub const fn takes_password(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Jointech)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decoded, SessionConfig, open};
    use plomb_model::{Ability, CommandError, CommandTicket, Order, ReceivedAt, Timestamp};

    fn order(kind: OrderKind) -> Order {
        match kind {
            OrderKind::Unlock => Order::Unlock,
            OrderKind::Lock => Order::Lock,
            OrderKind::UnlockSubLock => Order::UnlockSubLock { sub_lock: "1".into(), window_min: 1 },
            OrderKind::ReportingInterval => Order::ReportingInterval { seconds: 60, wake_min: None },
            OrderKind::Locate => Order::Locate,
            OrderKind::Track => Order::Track { seconds: 5, validity_s: 60 },
            OrderKind::SetTime => Order::SetTime,
            OrderKind::Restart => Order::Restart,
            OrderKind::Text => Order::Text("VERSION#".into()),
        }
    }

    #[test]
    fn a_protocol_has_orders_when_its_table_says_that_it_takes_commands() {
        for protocol in Protocol::ALL {
            let takes = protocol.abilities().contains(&Ability::Commands);
            assert_eq!(!orders(protocol).is_empty(), takes, "{protocol:?}");
        }
    }

    #[test]
    fn what_is_not_listed_is_carried_by_no_session() {
        let now = ReceivedAt(Timestamp::from_millis(1_772_352_000_000));
        for protocol in Protocol::ALL {
            for kind in OrderKind::ALL {
                let mut session = open(protocol, SessionConfig::default());
                let command = order(kind).command(now, None);
                let made = session.command(now, None, CommandTicket(1), &command, &mut Decoded::default());
                let listed = orders(protocol).contains(&kind);
                let unsupported = matches!(made, Err(CommandError::Unsupported { .. }));
                assert!(!(listed && unsupported), "{protocol:?} lists {kind:?} and does not carry it");
                assert!(listed || made.is_err(), "{protocol:?} carries {kind:?} and does not list it");
            }
        }
    }
}
