//! Rules about time: reports out of a memory, and clocks that are wrong.

use std::num::NonZeroU8;

use plomb_model::{AlarmKind, Delivery};

use crate::{Change, ClockOffset, State, Transition};

/// Reports closer together than this are a burst out of a memory and say nothing of the clock.
const LIVE_GAP_MIN_S: i64 = 1;

pub(super) fn evaluate(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    if !transition.dated {
        return;
    }
    if transition.newest && transition.delivery == Delivery::Live {
        learn_offset(state, transition);
        drift(state, transition, changes);
    }
    let drifts =
        state.devices.row(transition.device).is_some_and(|device| device.holds(AlarmKind::ClockDrift));
    if transition.late && !drifts {
        let detail = "Reports reached us long after they happened";
        state.raise(transition, AlarmKind::LateUpload, detail, [Some(transition.event), None], changes);
    }
}

/// Counts how many live reports in a row agree on the offset.
fn learn_offset(state: &mut State, transition: &Transition) {
    let jitter_s = state.settings().clock_drift_jitter_s;
    let Some(device) = state.devices.row_mut(transition.device) else { return };
    if device.reports > 1 && transition.gap_s < LIVE_GAP_MIN_S {
        return;
    }
    let limit = i64::from(i32::MAX);
    let offset = i32::try_from(transition.offset_s.clamp(-limit, limit)).unwrap_or(i32::MAX);
    let agreed = device.clock_offset.filter(|known| i64::from(known.seconds.abs_diff(offset)) <= jitter_s);
    let count = agreed.map_or(NonZeroU8::MIN, |known| known.count.saturating_add(1));
    device.clock_offset = Some(ClockOffset { seconds: offset, count });
}

fn drift(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let settings = state.settings();
    let beyond = transition.offset_s.abs() > settings.clock_drift_s;
    let known = state
        .devices
        .row(transition.device)
        .is_some_and(|device| device.has_steady_offset(transition.offset_s, settings));
    if known && beyond {
        let slow = transition.offset_s > 0;
        let detail = if slow { "The device's clock is slow" } else { "The device's clock is fast" };
        state.raise(transition, AlarmKind::ClockDrift, detail, [Some(transition.event), None], changes);
    } else if known {
        state.clear(transition, AlarmKind::ClockDrift, changes);
    }
}
