//! The alarm catalogue: for each kind its priority, cause, consequence and what to do (the master alarm database
//! of ISA-18.2), and whether it ends by itself.

use plomb_model::{AlarmKind, Priority};

/// Why an alarm exists, and what the operator does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rationale {
    /// The name on the screen.
    pub title: &'static str,
    /// How urgent: by consequence and by the time there is to respond.
    pub priority: Priority,
    /// What brings it about.
    pub cause: &'static str,
    /// What happens if nobody acts.
    pub consequence: &'static str,
    /// The operator's first steps.
    pub what_to_do: &'static str,
    /// The condition has no end that a device reports; it ends some time after the last occurrence.
    pub momentary: bool,
}

/// The catalogue's entry for a kind.
#[must_use]
pub const fn rationale(kind: AlarmKind) -> &'static Rationale {
    match kind {
        AlarmKind::SealCut => &SEAL_CUT,
        AlarmKind::UnauthorisedOpen => &UNAUTHORISED_OPEN,
        AlarmKind::CaseOpen => &CASE_OPEN,
        AlarmKind::UnlockRefused => &UNLOCK_REFUSED,
        AlarmKind::LongUnlocked => &LONG_UNLOCKED,
        AlarmKind::MotorFault => &MOTOR_FAULT,
        AlarmKind::Shock => &SHOCK,
        AlarmKind::LowBattery => &LOW_BATTERY,
        AlarmKind::SignalLoss => &SIGNAL_LOSS,
        AlarmKind::LateUpload => &LATE_UPLOAD,
        AlarmKind::ClockDrift => &CLOCK_DRIFT,
        AlarmKind::GnssImplausible => &GNSS_IMPLAUSIBLE,
        AlarmKind::ProofInvalid => &PROOF_INVALID,
        AlarmKind::ProofReplayed => &PROOF_REPLAYED,
        AlarmKind::ClonedTag => &CLONED_TAG,
        AlarmKind::SealAtTwoPlaces => &SEAL_AT_TWO_PLACES,
        AlarmKind::DestroyedSealRead => &DESTROYED_SEAL_READ,
        AlarmKind::ExpectedReadMissed => &EXPECTED_READ_MISSED,
        AlarmKind::RouteDeviation => &ROUTE_DEVIATION,
        AlarmKind::RestrictedZone => &RESTRICTED_ZONE,
        AlarmKind::Overstay => &OVERSTAY,
        AlarmKind::Split => &SPLIT,
        AlarmKind::Overdue => &OVERDUE,
        AlarmKind::SealMismatch => &SEAL_MISMATCH,
        AlarmKind::OpeningMissed => &OPENING_MISSED,
    }
}

static SEAL_CUT: Rationale = Rationale {
    title: "Seal cut",
    priority: Priority::Critical,
    cause: "The lock rope, shackle, bolt or tamper loop is broken.",
    consequence: "Goods under customs control can be taken out or put in unseen.",
    what_to_do: "Dispatch the response unit to the position. Call the driver: stop at once, touch nothing. \
                 Tell the next checkpoint to examine the whole load.",
    momentary: false,
};
static UNAUTHORISED_OPEN: Rationale = Rationale {
    title: "Opened without authority",
    priority: Priority::Critical,
    cause: "The lock or door opened, and the device reported no unlocking that it had allowed.",
    consequence: "Goods under customs control can be taken out or put in unseen.",
    what_to_do: "Check whether an officer is opening it now. If not: dispatch the response unit, call the driver.",
    momentary: false,
};
static CASE_OPEN: Rationale = Rationale {
    title: "Device opened or taken off",
    priority: Priority::Critical,
    cause: "The back cover of the device is open, or the device was taken off what it guards.",
    consequence: "The device can no longer be believed.",
    what_to_do: "Dispatch the response unit. Have the seal checked by hand and the device replaced under supervision.",
    momentary: false,
};
static UNLOCK_REFUSED: Rationale = Rationale {
    title: "Unlocking refused",
    priority: Priority::High,
    cause: "A wrong password, an unknown card, or an unlocking outside the permitted zone.",
    consequence: "Somebody may be trying to open the lock.",
    what_to_do: "Call the driver and the post nearest to the position. Dispatch if nobody can explain it.",
    momentary: true,
};
static LONG_UNLOCKED: Rationale = Rationale {
    title: "Left unlocked",
    priority: Priority::High,
    cause: "The lock has been open longer than the device allows.",
    consequence: "The load is not under seal.",
    what_to_do: "Ask the post or driver to close and lock it, and to confirm the rope is inserted.",
    momentary: false,
};
static MOTOR_FAULT: Rationale = Rationale {
    title: "Lock motor stuck",
    priority: Priority::Medium,
    cause: "The lock's motor does not reach its end position.",
    consequence: "The lock may not close, or not open when it must.",
    what_to_do: "Have the lock checked at the next post; replace it under supervision if it cannot be freed.",
    momentary: false,
};
static SHOCK: Rationale = Rationale {
    title: "Shock",
    priority: Priority::Low,
    cause: "Vibration, an impact or a fall.",
    consequence: "Rough road as a rule; with a standing vehicle, work at the lock.",
    what_to_do: "Look at the speed: if the vehicle stands away from an approved stop, call the driver.",
    momentary: true,
};
static LOW_BATTERY: Rationale = Rationale {
    title: "Battery low",
    priority: Priority::Medium,
    cause: "The device's battery is below the limit.",
    consequence: "The device may fall silent before the journey ends.",
    what_to_do: "Compare with the time still to travel. Plan a charge or a change of device at the next post.",
    momentary: false,
};
static SIGNAL_LOSS: Rationale = Rationale {
    title: "No signal",
    priority: Priority::Medium,
    cause: "The device has missed two reporting periods.",
    consequence: "The journey is not watched.",
    what_to_do: "Look at the last position: a known gap in coverage? If not, call the driver and the next post.",
    momentary: false,
};
static LATE_UPLOAD: Rationale = Rationale {
    title: "Reports came late",
    priority: Priority::Low,
    cause: "The device kept reports in its memory and sent them now.",
    consequence: "What happened meanwhile is known only now.",
    what_to_do: "Look through the late part of the track for stops and openings.",
    momentary: true,
};
static CLOCK_DRIFT: Rationale = Rationale {
    title: "Device clock wrong",
    priority: Priority::Low,
    cause: "The device's clock differs from ours by a constant amount.",
    consequence: "Its times need correcting before they prove anything.",
    what_to_do: "Have the device's clock set; note the offset in any report.",
    momentary: false,
};
static GNSS_IMPLAUSIBLE: Rationale = Rationale {
    title: "Position not plausible",
    priority: Priority::High,
    cause: "An impossible jump between two fixes, or satellite reception is jammed.",
    consequence: "The vehicle may be elsewhere.",
    what_to_do: "Compare with the cell network and the driver's word. Dispatch if they do not agree.",
    momentary: true,
};
static PROOF_INVALID: Rationale = Rationale {
    title: "Proof does not hold",
    priority: Priority::High,
    cause: "A message in the name of this device or seal carries a code that its key did not make.",
    consequence: "Somebody may be copying the seal, or speaking in the device's name. The message changed nothing.",
    what_to_do: "Have an officer look at the seal and read it again. If it fails again, treat the seal as broken and \
                 examine the load. Check that the key on record is the one that the seal was made with.",
    momentary: true,
};
static PROOF_REPLAYED: Rationale = Rationale {
    title: "Old proof shown again",
    priority: Priority::High,
    cause: "A message proves itself with a counter that was used before, or is lower than one that was.",
    consequence: "Somebody may be showing a recorded reading in place of the seal. The message changed nothing.",
    what_to_do: "Have an officer look at the seal and read it afresh at the place. If it cannot be read, treat it as broken.",
    momentary: true,
};
static CLONED_TAG: Rationale = Rationale {
    title: "Tag copied",
    priority: Priority::Critical,
    cause: "One identity is carried by two chips: a code that belongs to another chip, or a chip that proved itself \
            before and cannot now.",
    consequence: "The seal on the cargo may be a copy, and the true one broken. The reading changed nothing.",
    what_to_do: "Hold the cargo at the next gate. Compare the printed mark and the chip's number with the record, \
                 examine the load, and seal it anew. Ask where the copy came from.",
    momentary: true,
};
static SEAL_AT_TWO_PLACES: Rationale = Rationale {
    title: "Seal at two places",
    priority: Priority::High,
    cause: "The same seal was read at two places in less time than it can travel between them.",
    consequence: "One of the two is a copy, or a reader's clock or place is wrong.",
    what_to_do: "Have the seal examined at both places. If both posts have one, treat both as broken. \
                 If one has none, check that reader's clock and its place on record.",
    momentary: true,
};
static DESTROYED_SEAL_READ: Rationale = Rationale {
    title: "Destroyed seal read",
    priority: Priority::Critical,
    cause: "A seal was read that was removed and destroyed, by its record.",
    consequence: "A removed seal, or a copy of it, may be on cargo in place of a true one.",
    what_to_do: "Hold the cargo, examine the seal and the load. Ask the post that recorded the destruction where the \
                 pieces are.",
    momentary: true,
};
static EXPECTED_READ_MISSED: Rationale = Rationale {
    title: "Expected read missed",
    priority: Priority::High,
    cause: "The seal should have been read at a gate by now and was not.",
    consequence: "The cargo is late or elsewhere, or its seal is gone, shielded or broken so that it cannot be read.",
    what_to_do: "Ask the gate whether the cargo has come. If it has: read the seal by hand; if it does not answer, \
                 treat it as broken. If it has not: call the driver. Check that the gate's reader works.",
    momentary: false,
};
static ROUTE_DEVIATION: Rationale = Rationale {
    title: "Off the route",
    priority: Priority::High,
    cause: "Two fixes in a row lie outside the corridor of the movement's route, and farther from it than its policy \
            allows.",
    consequence: "Goods may be unloaded or exchanged where nobody looks.",
    what_to_do: "Call the driver: where to, and why? A closed road is a reason, an empty yard is none. Watch the next \
                 fixes; no return within minutes: dispatch the response unit.",
    momentary: false,
};
static RESTRICTED_ZONE: Rationale = Rationale {
    title: "In a restricted zone",
    priority: Priority::Critical,
    cause: "A device on a movement under seal is where such movements must not be.",
    consequence: "Goods may leave customs control: restricted zones are drawn where that has happened.",
    what_to_do: "Dispatch the response unit to the position. Call the driver: leave at once. Look whether lock and \
                 door hold.",
    momentary: false,
};
static OVERSTAY: Rationale = Rationale {
    title: "Standing too long",
    priority: Priority::High,
    cause: "The vehicle has stood longer than the movement's policy allows, at no approved stop, office or checkpoint.",
    consequence: "Goods may be unloaded; a breakdown leaves them unwatched.",
    what_to_do: "Call the driver: why, and for how long? A breakdown is declared as an incident and ends the alarm. \
                 At night, far from houses or near a border: dispatch the response unit.",
    momentary: false,
};
static SPLIT: Rationale = Rationale {
    title: "Tractor and trailer apart",
    priority: Priority::Critical,
    cause: "Two devices of one movement that should travel together are farther apart than they can be.",
    consequence: "The load may be under way behind another tractor.",
    what_to_do: "Dispatch the response unit to the device on the load. Call the driver: where is the trailer?",
    momentary: false,
};
static OVERDUE: Rationale = Rationale {
    title: "Overdue",
    priority: Priority::High,
    cause: "The movement has not arrived by its limit.",
    consequence: "The guarantee may have to be claimed; the goods may be on the market.",
    what_to_do: "Look where it is. Call the carrier: why, and when will it arrive? Extend the limit where the delay is \
                 not his; begin an enquiry where nobody answers.",
    momentary: false,
};
static SEAL_MISMATCH: Rationale = Rationale {
    title: "Not the declared seal",
    priority: Priority::Critical,
    cause: "A seal was put on a unit for which another one was declared.",
    consequence: "The seal may have been changed since the goods were declared.",
    what_to_do: "Hold the cargo. Compare the printed number with the declaration; examine the load unless the declarant \
                 can prove the change.",
    momentary: true,
};
static OPENING_MISSED: Rationale = Rationale {
    title: "Authorised opening did not happen",
    priority: Priority::Medium,
    cause: "An opening was authorised, and in its time the device reported none at its place.",
    consequence: "The lock may be faulty, the officer may have been at another place, or the load may have been reached in \
                  another way.",
    what_to_do: "Ask whoever asked for it what happened. If the load was reached, find out how the seal was passed.",
    momentary: true,
};
