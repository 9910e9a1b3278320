//! Entries as odd as the types allow.

use plomb_evidence::{
    Action, Closed, CommandChange, Configured, Decided, Dispatched, Entry, Opened, Operated, Received, Sent,
};
use plomb_model::{
    Acknowledgement, Alarm, AlarmChange, AlarmId, AlarmKind, CardNumber, CaseId, CellTower, CentiCelsius,
    CentiDegrees, CentiPercent, CommandOutcome, CommandState, CommandTicket, ConnectionId, Delivery,
    DeviceId, Dispatch, EntryId, Event, EventId, EventKind, Fix, Identity, Issue, LatitudeE7, LongitudeE7,
    Metres, Millivolts, MovementId, OccurredAt, Order, Percent, Position, Priority, Protocol, Reading,
    ReceivedAt, Scheme, SealEvidence, SealReading, Signals, Speed, Standing, Timestamp, Transport, Trust,
    UnlockMethod, UnlockReport, UnlockVerdict,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

fn text() -> impl Strategy<Value = Box<str>> {
    prop_oneof![".{0,8}", "[a-z]{0,300}"].prop_map(Into::into)
}

fn millis() -> impl Strategy<Value = Timestamp> {
    prop_oneof![any::<i64>(), 1_600_000_000_000..1_800_000_000_000_i64].prop_map(Timestamp::from_millis)
}

fn received_at() -> impl Strategy<Value = ReceivedAt> {
    millis().prop_map(ReceivedAt)
}

pub(crate) fn device() -> impl Strategy<Value = DeviceId> {
    (select(Scheme::ALL.to_vec()), "[A-Za-z0-9._-]{1,30}")
        .prop_map(|(scheme, value)| DeviceId::new(scheme, &value).unwrap())
}

fn position() -> impl Strategy<Value = Position> {
    let place = (-900_000_000..=900_000_000_i64, -1_800_000_000..=1_800_000_000_i64);
    let fix = select(vec![Fix::Gnss, Fix::Stale, Fix::Network, Fix::Reader]);
    let rest = (of(any::<i64>()), of(any::<u32>()), of(any::<i32>()), of(any::<u8>()));
    (place, fix, rest).prop_map(|((latitude, longitude), fix, (altitude, speed, course, satellites))| {
        Position {
            latitude: LatitudeE7::new(latitude).unwrap(),
            longitude: LongitudeE7::new(longitude).unwrap(),
            fix,
            altitude: altitude.map(Metres),
            speed: speed.map(Speed),
            course: course.map(CentiDegrees),
            satellites,
        }
    })
}

fn unlock() -> impl Strategy<Value = UnlockReport> {
    let method = select(vec![
        UnlockMethod::Card,
        UnlockMethod::VehicleCard,
        UnlockMethod::Remote,
        UnlockMethod::DynamicPassword,
        UnlockMethod::Bluetooth,
        UnlockMethod::Sms,
        UnlockMethod::Password,
        UnlockMethod::AutomaticLock,
        UnlockMethod::RopePulledOut,
        UnlockMethod::SubLockRadio,
        UnlockMethod::Other,
    ]);
    let verdict = select(vec![
        UnlockVerdict::Allowed,
        UnlockVerdict::Refused,
        UnlockVerdict::RefusedOutsideZone,
        UnlockVerdict::NotApplicable,
    ]);
    (method, verdict, of(any::<bool>()), of(any::<u16>()), of(text()), of(any::<u32>())).prop_map(
        |(method, verdict, password_right, wrong_passwords, card, fence)| UnlockReport {
            method,
            verdict,
            password_right,
            wrong_passwords,
            card: card.map(CardNumber),
            fence,
        },
    )
}

fn outcome() -> impl Strategy<Value = CommandOutcome> {
    select(vec![
        CommandOutcome::Acknowledged,
        CommandOutcome::Done,
        CommandOutcome::Failed,
        CommandOutcome::Unsupported,
        CommandOutcome::Answered,
    ])
}

fn measured() -> impl Strategy<Value = Reading> {
    let percent = || (0..=100_u8).prop_map(|percent| Percent::new(percent).unwrap());
    prop_oneof![
        percent().prop_map(Reading::Battery),
        any::<u32>().prop_map(|v| Reading::BatteryVoltage(Millivolts(v))),
        any::<u32>().prop_map(|v| Reading::ExternalPower(Millivolts(v))),
        any::<bool>().prop_map(Reading::ExternalPowerPresent),
        any::<bool>().prop_map(Reading::Charging),
        percent().prop_map(Reading::NetworkSignal),
        any::<i64>().prop_map(|v| Reading::Odometer(Metres(v))),
        any::<(u8, i32)>().prop_map(|(sensor, v)| Reading::Temperature { sensor, value: CentiCelsius(v) }),
        any::<(u8, u16)>().prop_map(|(sensor, v)| Reading::Humidity { sensor, value: CentiPercent(v) }),
        any::<u32>().prop_map(Reading::Illuminance),
        any::<[i32; 3]>().prop_map(|[x, y, z]| Reading::Tilt {
            x: CentiDegrees(x),
            y: CentiDegrees(y),
            z: CentiDegrees(z)
        }),
        any::<[i32; 3]>().prop_map(|[x, y, z]| Reading::Acceleration { x, y, z }),
        any::<bool>().prop_map(Reading::Ignition),
        any::<bool>().prop_map(Reading::Motion),
        any::<(u8, bool)>().prop_map(|(number, on)| Reading::Input { number, on }),
        any::<(u8, bool)>().prop_map(|(number, on)| Reading::Output { number, on }),
        any::<(u8, u32)>().prop_map(|(number, v)| Reading::Analog { number, value: Millivolts(v) }),
        any::<u16>().prop_map(Reading::Hdop),
        any::<(u16, u16, u32, u64)>().prop_map(|(mcc, mnc, area, cell)| Reading::CellTower(CellTower {
            mcc,
            mnc,
            area,
            cell
        })),
        any::<u8>().prop_map(Reading::WakeSource),
    ]
}

fn told() -> impl Strategy<Value = Reading> {
    prop_oneof![
        any::<u32>().prop_map(Reading::Fence),
        text().prop_map(|v| Reading::Card(CardNumber(v))),
        unlock().prop_map(Reading::Unlock),
        any::<u32>().prop_map(Reading::LockCycles),
        any::<u32>().prop_map(Reading::CutCount),
        text().prop_map(Reading::BoundTo),
        device().prop_map(Reading::Imei),
        text().prop_map(Reading::Iccid),
        text().prop_map(Reading::Firmware),
        text().prop_map(Reading::Model),
        any::<i16>().prop_map(Reading::Rssi),
        any::<bool>().prop_map(Reading::MagnetPresent),
        (any::<u64>(), outcome())
            .prop_map(|(ticket, outcome)| Reading::CommandResult { ticket: CommandTicket(ticket), outcome }),
        text().prop_map(|v| Reading::Request(String::from(v).into())),
        text().prop_map(Reading::Text),
        any::<u64>().prop_map(Reading::Counter),
        any::<u32>().prop_map(Reading::Pressure),
        any::<u16>().prop_map(Reading::Antenna),
        any::<i64>().prop_map(|v| Reading::Accuracy(Metres(v))),
        device().prop_map(Reading::Alias),
        any::<u32>().prop_map(Reading::ReadCount),
        (text(), any::<i64>())
            .prop_map(|(name, value)| Reading::Code { name: String::from(name).into(), value }),
        (text(), vec(any::<u8>(), 0..40)).prop_map(|(name, value)| Reading::Bytes {
            name: String::from(name).into(),
            value: value.into()
        }),
    ]
}

fn reading() -> impl Strategy<Value = Reading> {
    prop_oneof![measured(), told()].prop_recursive(3, 12, 4, |inner| {
        (device(), vec(inner, 0..4))
            .prop_map(|(device, readings)| Reading::Peripheral { device, readings: readings.into() })
    })
}

fn event() -> impl Strategy<Value = Event> {
    let identity = select(vec![
        Identity::Claimed,
        Identity::Network,
        Identity::Mac,
        Identity::Aead,
        Identity::Signature,
    ]);
    let seal = select(vec![
        SealEvidence::None,
        SealEvidence::ValidIntact,
        SealEvidence::ValidTampered,
        SealEvidence::Invalid,
        SealEvidence::Silent,
    ]);
    let first = (
        select(EventKind::ALL.to_vec()),
        select(vec![Delivery::Live, Delivery::Buffered]),
        of(millis().prop_map(OccurredAt)),
        of(position()),
        any::<(u16, u16)>(),
    );
    let second = (any::<u64>(), of(any::<u32>()), identity, seal, of(device()), vec(reading(), 0..6));
    (first, second).prop_map(
        |(
            (kind, delivery, occurred_at, position, parts),
            (signals, serial, identity, seal, peripheral, readings),
        )| {
            Event {
                kind,
                delivery,
                occurred_at,
                position,
                seal: SealReading::from_bits(parts.0, parts.1),
                signals: Signals::from_bits(signals),
                serial,
                trust: Trust { identity, seal },
                peripheral,
                readings,
            }
        },
    )
}

fn alarm() -> impl Strategy<Value = (AlarmChange, Alarm)> {
    let change = select(vec![
        AlarmChange::Raised,
        AlarmChange::Repeated,
        AlarmChange::Cleared,
        AlarmChange::Acknowledged,
    ]);
    let priority = select(vec![Priority::Critical, Priority::High, Priority::Medium, Priority::Low]);
    let acknowledged = (text(), received_at(), text(), text())
        .prop_map(|(by, at, reason, note)| Acknowledgement { by, at, reason, note });
    let causes = vec(any::<(u64, u16)>(), 0..4);
    let first = (change, any::<u64>(), select(AlarmKind::ALL.to_vec()), priority, device());
    let times = (millis(), received_at(), of(received_at()), of(received_at()));
    let rest = (any::<bool>(), of(position()), causes, text(), any::<u32>(), of(acknowledged));
    (first, times, rest).prop_map(|((change, id, kind, priority, device), times, rest)| {
        let (late, position, causes, detail, repeats, acknowledged) = rest;
        let causes = causes.into_iter().map(|(entry, index)| EventId { entry: EntryId(entry), index });
        let alarm = Alarm {
            id: AlarmId(id),
            kind,
            priority,
            device,
            occurred_at: OccurredAt(times.0),
            raised_at: times.1,
            cleared_at: times.2,
            late,
            position,
            causes: causes.collect(),
            detail,
            repeats,
            last_repeat_at: times.3,
            acknowledged,
        };
        (change, alarm)
    })
}

fn received() -> impl Strategy<Value = Received> {
    let issue = (any::<u32>(), text(), text()).prop_map(|(offset, what, found)| Issue {
        offset,
        what: String::from(what).into(),
        found: found.into(),
    });
    let first = (received_at(), any::<u64>(), select(Protocol::ALL.to_vec()), of(device()));
    let rest = (
        vec(any::<u8>(), 0..300),
        vec(issue, 0..3),
        vec(event(), 0..4),
        any::<u64>(),
        vec(any::<u8>(), 0..30),
    );
    (first, rest).prop_map(
        |((at, connection, protocol, device), (frame, issues, events, duplicates, replies))| Received {
            at,
            connection: ConnectionId(connection),
            protocol,
            device,
            frame: frame.into(),
            issues: issues.into(),
            events: events.into(),
            duplicates,
            replies: replies.into(),
        },
    )
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![
        select(vec![Order::Unlock, Order::Lock, Order::Locate, Order::SetTime, Order::Restart]),
        (text(), any::<u8>())
            .prop_map(|(sub_lock, window_min)| Order::UnlockSubLock { sub_lock, window_min }),
        (any::<u32>(), of(any::<u32>()))
            .prop_map(|(seconds, wake_min)| Order::ReportingInterval { seconds, wake_min }),
        any::<(u16, u32)>().prop_map(|(seconds, validity_s)| Order::Track { seconds, validity_s }),
        text().prop_map(Order::Text),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let ticket = || any::<u64>().prop_map(CommandTicket);
    prop_oneof![
        (any::<u64>(), text(), text()).prop_map(|(alarm, reason, note)| Action::Acknowledge {
            alarm: AlarmId(alarm),
            reason,
            note
        }),
        (device(), select(Standing::ALL.to_vec()), text())
            .prop_map(|(device, standing, reason)| Action::SetStanding { device, standing, reason }),
        (device(), device(), received_at()).prop_map(|(device, gate, by)| Action::Expect {
            device,
            gate,
            by: by.0
        }),
        ("[a-z]{1,8}", ".{0,40}").prop_map(|(place, feature): (String, String)| Action::Draw {
            place: place.into(),
            feature: feature.into()
        }),
        (any::<u64>(), text(), text(), text()).prop_map(|(change, step, name, value)| Action::Rules {
            change,
            step,
            fields: vec![(name, value)].into(),
        }),
        (device(), of(position())).prop_map(|(gate, place)| Action::PlaceGate { gate, place }),
        (ticket(), device(), order(), text(), received_at(), any::<bool>()).prop_map(
            |(ticket, device, order, key, expires_at, four_eyes)| Action::Order {
                ticket,
                device,
                order,
                key,
                expires_at,
                four_eyes
            }
        ),
        (any::<u64>(), text(), vec((text(), text()), 0..4)).prop_map(|(movement, step, fields)| {
            Action::Step { movement: MovementId(movement), step, fields: fields.into() }
        }),
        (any::<u64>(), text(), vec((text(), text()), 0..4)).prop_map(|(case, step, fields)| {
            Action::Case { case: CaseId(case), step, fields: fields.into() }
        }),
        ticket().prop_map(|ticket| Action::Authorise { ticket }),
        ticket().prop_map(|ticket| Action::Cancel { ticket }),
        (ticket(), text()).prop_map(|(ticket, reason)| Action::Refuse { ticket, reason }),
    ]
}

fn sent() -> impl Strategy<Value = Entry> {
    (received_at(), device(), any::<u64>(), any::<u64>(), order()).prop_map(
        |(at, device, connection, ticket, order)| {
            let (connection, ticket) = (ConnectionId(connection), CommandTicket(ticket));
            Entry::Sent(Sent { at, device, connection, ticket, order })
        },
    )
}

fn dispatched() -> impl Strategy<Value = Entry> {
    let dispatch = prop_oneof![
        Just(Dispatch::Written),
        text().prop_map(Dispatch::Postponed),
        text().prop_map(Dispatch::Impossible)
    ];
    (received_at(), any::<u64>(), any::<u64>(), dispatch).prop_map(|(at, connection, ticket, dispatch)| {
        let (connection, ticket) = (ConnectionId(connection), CommandTicket(ticket));
        Entry::Dispatched(Dispatched { at, connection, ticket, dispatch })
    })
}

fn command_change() -> impl Strategy<Value = CommandChange> {
    (any::<u64>(), select(CommandState::ALL.to_vec()), text())
        .prop_map(|(ticket, state, detail)| CommandChange { ticket: CommandTicket(ticket), state, detail })
}

pub(crate) fn entry() -> impl Strategy<Value = Entry> {
    let opened = (
        any::<u64>(),
        of(select(Protocol::ALL.to_vec())),
        select(Transport::ALL.to_vec()),
        text(),
        received_at(),
    )
        .prop_map(|(connection, protocol, transport, peer, at)| Opened {
            connection: ConnectionId(connection),
            protocol,
            transport,
            peer,
            at,
        });
    let closed = (any::<u64>(), text(), received_at()).prop_map(|(connection, reason, at)| Closed {
        connection: ConnectionId(connection),
        reason,
        at,
    });
    let operated = (received_at(), text(), action()).prop_map(|(at, by, action)| Operated { at, by, action });
    let decided = (any::<u64>(), vec(alarm(), 0..4), vec(command_change(), 0..3)).prop_map(
        |(about, alarms, commands)| Decided {
            about: EntryId(about),
            alarms: alarms.into(),
            commands: commands.into(),
        },
    );
    let configured = (received_at(), vec((text(), any::<i64>()), 0..5))
        .prop_map(|(at, settings)| Configured { at, settings: settings.into() });
    prop_oneof![
        1 => opened.prop_map(Entry::Opened),
        6 => received().prop_map(Entry::Received),
        1 => closed.prop_map(Entry::Closed),
        1 => operated.prop_map(Entry::Operated),
        1 => received_at().prop_map(Entry::Clocked),
        3 => decided.prop_map(Entry::Decided),
        1 => configured.prop_map(Entry::Configured),
        1 => sent(),
        1 => dispatched(),
    ]
}
