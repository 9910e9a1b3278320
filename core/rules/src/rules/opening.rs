//! Rules about openings of a seal under customs control: what was authorised is used up by what the device reports, and
//! what nobody authorised is an alarm although the device let it happen.

use plomb_model::{AlarmKind, CommandState, DeviceId, OrderKind, Position, Timestamp, UnlockMethod};
use plomb_places::Place;

use crate::distance::point_of;
use crate::{Change, State, Transition};

/// Whether an authorised opening covers this one. Then it is used, and the alarms that said otherwise end.
pub(super) fn is_covered(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) -> bool {
    let Some(row) = state.devices.row(transition.device) else { return false };
    let (device, known) = (row.id, row.position);
    let at = transition.occurred_at.0;
    let position = transition.position.or(known).filter(Position::is_valid);
    let places = &state.places;
    // A device that never knows where it is cannot be held to a place.
    let inside = |place: &str| {
        let contains = |place: &Place| position.is_none_or(|position| place.contains(point_of(&position)));
        places.get(place).is_some_and(contains)
    };
    let done = unlocking(transition).map(|method| (method, transition.card));
    let window_ms = state.settings().unlock_window_s * 1000;
    let Some(found) = state.movements.opening_for(&device, at, done, window_ms, &inside) else {
        return false;
    };
    state.movements.opened(transition.event.entry, transition.received_at, found, at);
    for kind in [AlarmKind::UnauthorisedOpen, AlarmKind::OpeningMissed] {
        if super::holds(state, transition, kind) {
            state.clear_of(transition.device, kind, transition.received_at, changes);
        }
    }
    true
}

/// What to say of an unlocking that the device allowed and nobody here did, where the movement's policy minds.
pub(super) fn without_authority(state: &State, transition: &Transition) -> Option<String> {
    let method = unlocking(transition)?;
    let device = state.devices.row(transition.device)?.id;
    let movement = state.movements.get(state.movements.armed_on(&device)?)?;
    let minds = state.movements.policy_of(movement).is_some_and(|policy| policy.openings_need_authority);
    let armed = movement.set_seals().find(|seal| seal.device == Some(device))?;
    let since = armed.set_at.0 <= transition.occurred_at.0;
    if !minds
        || !since
        || !movement.is_under_seal()
        || is_ours(state, &device, method, transition.occurred_at.0)
    {
        return None;
    }
    let how = match method {
        UnlockMethod::Card | UnlockMethod::VehicleCard => "with a card",
        UnlockMethod::Remote => "from afar, by no command of this platform",
        UnlockMethod::Sms => "by a text message",
        UnlockMethod::DynamicPassword | UnlockMethod::Password => "with a password",
        UnlockMethod::Bluetooth => "over Bluetooth",
        UnlockMethod::SubLockRadio => "by radio",
        _ => "in a way that it does not name",
    };
    Some(format!("It was unlocked {how}, and nobody has authorised that on movement {}", movement.id))
}

/// How the device says that it was unlocked with right.
pub(super) fn unlocking(transition: &Transition) -> Option<UnlockMethod> {
    use plomb_model::UnlockVerdict::Allowed;
    let (method, _) = transition.unlock.filter(|(_, verdict)| *verdict == Allowed)?;
    let opens = !matches!(method, UnlockMethod::AutomaticLock | UnlockMethod::RopePulledOut);
    opens.then_some(method)
}

/// Whether a command of the platform has done it: two people stand for that already.
fn is_ours(state: &State, device: &DeviceId, method: UnlockMethod, at: Timestamp) -> bool {
    let window_ms = state.settings().unlock_window_s * 1000;
    let far = matches!(method, UnlockMethod::Remote | UnlockMethod::SubLockRadio | UnlockMethod::Other);
    far && state.commands.of(device).into_iter().any(|command| {
        let opens = matches!(command.order.kind(), OrderKind::Unlock | OrderKind::UnlockSubLock);
        let went = matches!(
            command.state,
            CommandState::Sent | CommandState::Acknowledged | CommandState::Succeeded | CommandState::Expired
        );
        let sent = command.sent.is_some_and(|(sent, _)| at.since(sent.0).abs() <= window_ms);
        opens && went && sent
    })
}
