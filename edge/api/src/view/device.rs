//! A device and the list of devices.

use plomb_model::{DeviceClass, DeviceId, SealPart, SealReading, Signals, Timestamp, Trust};
use plomb_rules::{Condition, DeviceIndex, DeviceState, Expected, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    AlarmView, ClassWord, ConditionWord, IdentityWord, PositionView, ProtocolWord, SealEvidenceWord,
    SignalWord, StandingWord, Time,
};

/// The latest state of a device.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Device)]
pub(crate) struct DeviceView {
    /// `scheme:value`.
    #[schema(example = "jointech:8041300978")]
    id: String,
    protocol: ProtocolWord,
    class: ClassWord,
    standing: StandingWord,
    /// The device through which it is heard, for wireless sub-locks and sensors.
    #[schema(required)]
    heard_through: Option<String>,
    first_received_at: Time,
    last_received_at: Time,
    /// Of the newest event, by the device's clock.
    #[schema(required)]
    occurred_at: Option<Time>,
    #[schema(required)]
    position: Option<PositionView>,
    /// By the device's clock.
    #[schema(required)]
    position_occurred_at: Option<Time>,
    seal: SealView,
    signals: Vec<SignalWord>,
    #[schema(required, maximum = 100)]
    battery_percent: Option<u8>,
    #[schema(required)]
    battery_mv: Option<u32>,
    #[schema(required)]
    external_power_mv: Option<u32>,
    #[schema(required)]
    charging: Option<bool>,
    #[schema(required, maximum = 100)]
    signal_percent: Option<u8>,
    #[schema(required)]
    temperature_c: Option<f64>,
    #[schema(required)]
    humidity_percent: Option<f64>,
    #[schema(required)]
    odometer_m: Option<i64>,
    /// Longest of its last gaps; unknown until it has reported a few times.
    #[schema(required)]
    reporting_period_s: Option<u32>,
    /// Our clock less the device's.
    #[schema(required)]
    clock_offset_s: Option<i32>,
    connected: bool,
    trust: TrustView,
    condition: ConditionWord,
    /// Where it is to be read, and where it was missed and has not been read since.
    expected_reads: Vec<ExpectedView>,
    open_alarms: Vec<AlarmView>,
    /// Retransmissions left out.
    reports: u64,
}

/// Parts of the seal; true is the state under seal, null is not said.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Seal)]
pub(crate) struct SealView {
    #[schema(required)]
    pub(super) rope_inserted: Option<bool>,
    #[schema(required)]
    pub(super) rope_intact: Option<bool>,
    #[schema(required)]
    pub(super) motor_locked: Option<bool>,
    #[schema(required)]
    pub(super) cover_closed: Option<bool>,
    #[schema(required)]
    pub(super) door_closed: Option<bool>,
    #[schema(required)]
    pub(super) shackle_closed: Option<bool>,
    #[schema(required)]
    sealed: Option<bool>,
    #[schema(required)]
    attached: Option<bool>,
    /// The tamper memory is clear.
    #[schema(required)]
    never_opened: Option<bool>,
}

/// How far it can be trusted.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Trust)]
pub(crate) struct TrustView {
    pub(super) identity: IdentityWord,
    pub(super) seal: SealEvidenceWord,
}

/// A reading that is due.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ExpectedRead)]
pub(crate) struct ExpectedView {
    /// The reader or gateway that is to hear it.
    #[schema(example = "reader:gate-1")]
    gate: String,
    by: Time,
    /// Whether the time has passed without it.
    missed: bool,
}

impl ExpectedView {
    pub(crate) fn new(gate: DeviceId, by: Timestamp, missed: bool) -> Self {
        Self { gate: gate.to_string(), by: Time(by), missed }
    }
}

impl From<&Expected> for ExpectedView {
    fn from(expected: &Expected) -> Self {
        Self::new(expected.gate, expected.by, expected.missed)
    }
}

/// A page of devices.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DeviceList)]
pub(crate) struct DevicesView {
    pub(crate) items: Vec<DeviceView>,
    /// Pass it as `cursor` for the next page; null at the end.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
    /// How many match the filter, on all pages.
    pub(crate) total: u64,
}

impl DeviceView {
    /// The view of a row of the state.
    pub(crate) fn new(state: &State, index: DeviceIndex, device: &DeviceState) -> Self {
        let class = match (device.heard_through, device.protocol.class()) {
            (Some(_), DeviceClass::Active) => DeviceClass::SemiActive,
            (_, class) => class,
        };
        let mut open: Vec<_> = state.alarms.open_of(index).collect();
        open.sort_by_key(|alarm| (alarm.priority, std::cmp::Reverse(alarm.id)));
        Self {
            id: device.id.to_string(),
            protocol: ProtocolWord(device.protocol),
            class: ClassWord(class),
            standing: StandingWord(state.standings.of(&device.id)),
            heard_through: device
                .heard_through
                .and_then(|index| state.devices.row(index))
                .map(|master| master.id.to_string()),
            first_received_at: device.first_received_at.into(),
            last_received_at: device.last_received_at.into(),
            occurred_at: device.occurred_at.map(Time::from),
            position: device.position.as_ref().map(PositionView::from),
            position_occurred_at: device.position_at.map(Time::from),
            seal: device.seal.into(),
            signals: signal_words(device.signals),
            battery_percent: device.battery.map(plomb_model::Percent::get),
            battery_mv: device.battery_voltage.map(|voltage| voltage.0),
            external_power_mv: device.external_power.map(|voltage| voltage.0),
            charging: device.charging,
            signal_percent: device.network_signal.map(plomb_model::Percent::get),
            temperature_c: device.temperature.map(|temperature| f64::from(temperature.0) / 100.0),
            humidity_percent: device.humidity.map(|humidity| f64::from(humidity.0) / 100.0),
            odometer_m: device.odometer_m.map(i64::from),
            reporting_period_s: device.period_s(),
            clock_offset_s: device.clock_offset.map(|known| known.seconds),
            connected: state.is_connected(device),
            trust: device.trust.into(),
            condition: ConditionWord(Condition::of(device)),
            expected_reads: state.expected.of(&device.id).iter().map(ExpectedView::from).collect(),
            open_alarms: open.into_iter().map(AlarmView::new).collect(),
            reports: u64::from(device.reports),
        }
    }
}

/// A set of signals as words.
pub(super) fn signal_words(signals: Signals) -> Vec<SignalWord> {
    signals.iter().map(SignalWord).collect()
}

impl From<SealReading> for SealView {
    fn from(seal: SealReading) -> Self {
        Self {
            rope_inserted: seal.part(SealPart::RopeInserted),
            rope_intact: seal.part(SealPart::RopeIntact),
            motor_locked: seal.part(SealPart::MotorLocked),
            cover_closed: seal.part(SealPart::CoverClosed),
            door_closed: seal.part(SealPart::DoorClosed),
            shackle_closed: seal.part(SealPart::ShackleClosed),
            sealed: seal.part(SealPart::Sealed),
            attached: seal.part(SealPart::Attached),
            never_opened: seal.part(SealPart::NeverOpened),
        }
    }
}

impl From<Trust> for TrustView {
    fn from(trust: Trust) -> Self {
        Self { identity: IdentityWord(trust.identity), seal: SealEvidenceWord(trust.seal) }
    }
}
