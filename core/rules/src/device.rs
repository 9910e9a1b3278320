//! What is known of one device: one row, kept small because a nation has a million of them.

use std::num::{NonZeroU8, NonZeroU32};

use plomb_model::{
    AlarmKind, CentiCelsius, CentiPercent, ConnectionId, DeviceId, EntryId, EventId, Millivolts, OccurredAt,
    Percent, Position, Priority, Protocol, Reading, ReceivedAt, SealReading, Signals, Trust,
};

use crate::{DeviceIndex, Recent, RuleSettings};

/// How many gaps between reports are kept to learn the reporting period.
pub(crate) const GAPS_KEPT: usize = 4;
/// How many live reports in a row must agree on the clock's offset before it is believed.
pub(crate) const OFFSETS_STEADY: u8 = 3;

/// The latest state of a device, folded from its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceState {
    /// Who.
    pub id: DeviceId,
    /// What it speaks.
    pub protocol: Protocol,
    /// The device through which it was heard, for wireless sub-locks and sensors.
    pub heard_through: Option<DeviceIndex>,
    /// When we first heard of it.
    pub first_received_at: ReceivedAt,
    /// When we last heard of it.
    pub last_received_at: ReceivedAt,
    /// How many reports it has sent, retransmissions left out.
    pub reports: u32,
    /// The entry of the event that last changed this state.
    pub last_entry: EntryId,
    /// And its place in that entry.
    pub last_index: u16,
    /// When the newest event happened, by the device's clock.
    pub occurred_at: Option<OccurredAt>,
    /// The newest position.
    pub position: Option<Position>,
    /// When it was there.
    pub position_at: Option<OccurredAt>,
    /// The entry of the event that brought the position.
    pub position_entry: EntryId,
    /// And its place in that entry.
    pub position_index: u16,
    /// Parts of the seal, the newest word on each.
    pub seal: SealReading,
    /// Alarm conditions of the newest event that carried a status.
    pub signals: Signals,
    /// Charge of its battery.
    pub battery: Option<Percent>,
    /// Voltage of its battery.
    pub battery_voltage: Option<Millivolts>,
    /// Voltage of the outside supply.
    pub external_power: Option<Millivolts>,
    /// Whether the battery is being charged.
    pub charging: Option<bool>,
    /// Strength of the network.
    pub network_signal: Option<Percent>,
    /// Temperature of the first sensor that spoke.
    pub temperature: Option<CentiCelsius>,
    /// Relative humidity of the first sensor that spoke.
    pub humidity: Option<CentiPercent>,
    /// Distance run, metres.
    pub odometer_m: Option<u32>,
    /// The conversation it was last heard in; 0 before the first.
    pub connection: ConnectionId,
    /// How far the newest event can be trusted.
    pub trust: Trust,
    /// Gaps between its last reports in seconds, newest first; 0 where there is none yet.
    pub gaps_s: [u32; GAPS_KEPT],
    /// Our clock less the device's at the last live report, and how many in a row agreed.
    pub clock_offset: Option<ClockOffset>,
    /// When an unlocking was last allowed, by the device's word and clock, seconds since 1970.
    pub unlock_allowed_s: Option<NonZeroU32>,
    /// One more than the highest counter of a proof that held, so that absence takes no room.
    pub proof_counter: Option<NonZeroU32>,
    /// Which of the 64 counters below that one were seen: bit 0 is the next lower one.
    pub proof_seen: u64,
    /// Which kinds of alarm are open (somebody must still act), by bit number of [`AlarmKind`].
    pub open_alarms: u32,
    /// Which kinds of alarm hold now (their condition has not ended), by bit number of [`AlarmKind`].
    pub holding_alarms: u32,
    /// When the next look for silence is due, seconds since 1970; `None` while it is silent or nobody
    /// waits for it.
    pub silence_checked_s: Option<NonZeroU32>,
    /// How many reports before the last one came in the same second.
    pub burst: u8,
    /// Fingerprints of its last events, to know retransmissions.
    pub recent: Recent,
}

/// How far a device's clock is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// Our clock less the device's, seconds.
    pub seconds: i32,
    /// How many live reports in a row had that offset.
    pub count: NonZeroU8,
}

impl DeviceState {
    /// A device of which nothing is known but that it spoke.
    #[must_use]
    pub fn new(id: DeviceId, protocol: Protocol, at: ReceivedAt) -> Self {
        Self {
            id,
            protocol,
            heard_through: None,
            first_received_at: at,
            last_received_at: at,
            reports: 0,
            last_entry: EntryId(0),
            last_index: 0,
            occurred_at: None,
            position: None,
            position_at: None,
            position_entry: EntryId(0),
            position_index: 0,
            seal: SealReading::default(),
            signals: Signals::NONE,
            battery: None,
            battery_voltage: None,
            external_power: None,
            charging: None,
            network_signal: None,
            temperature: None,
            humidity: None,
            odometer_m: None,
            connection: ConnectionId(0),
            trust: Trust::default(),
            gaps_s: [0; GAPS_KEPT],
            clock_offset: None,
            unlock_allowed_s: None,
            proof_counter: None,
            proof_seen: 0,
            open_alarms: 0,
            holding_alarms: 0,
            silence_checked_s: None,
            burst: 0,
            recent: Recent::default(),
        }
    }

    /// Takes over a measurement; `false` when the row has no place for it.
    pub fn measure(&mut self, reading: &Reading) -> bool {
        match reading {
            Reading::Battery(percent) => self.battery = Some(*percent),
            Reading::BatteryVoltage(voltage) => self.battery_voltage = Some(*voltage),
            Reading::ExternalPower(voltage) => self.external_power = Some(*voltage),
            Reading::Charging(charging) => self.charging = Some(*charging),
            Reading::NetworkSignal(signal) => self.network_signal = Some(*signal),
            Reading::Temperature { value, .. } => self.temperature = Some(*value),
            Reading::Humidity { value, .. } => self.humidity = Some(*value),
            Reading::Odometer(distance) => self.odometer_m = u32::try_from(distance.0).ok(),
            _ => return false,
        }
        true
    }

    /// The event that last changed this state.
    #[must_use]
    pub const fn last_event(&self) -> EventId {
        EventId { entry: self.last_entry, index: self.last_index }
    }

    /// The event that brought the position.
    #[must_use]
    pub const fn position_event(&self) -> EventId {
        EventId { entry: self.position_entry, index: self.position_index }
    }

    /// The reporting period in seconds: the longest of its last gaps, so that a device that reports more rarely
    /// when parked is given its time. `None` until enough gaps are known.
    #[must_use]
    pub fn period_s(&self) -> Option<u32> {
        if self.gaps_s.contains(&0) { None } else { self.gaps_s.iter().copied().max() }
    }

    /// Whether an alarm of this kind is open.
    #[must_use]
    pub const fn has_open(&self, kind: AlarmKind) -> bool {
        self.open_alarms & (1 << kind as u8) != 0
    }

    /// Whether its clock is known to be off by about this much: the last live reports agree on it.
    #[must_use]
    pub fn has_steady_offset(&self, offset_s: i64, settings: &RuleSettings) -> bool {
        self.clock_offset.is_some_and(|known| {
            known.count.get() >= OFFSETS_STEADY
                && (i64::from(known.seconds) - offset_s).abs() <= settings.clock_drift_jitter_s
        })
    }

    /// Whether the condition of an alarm of this kind holds now.
    #[must_use]
    pub const fn holds(&self, kind: AlarmKind) -> bool {
        self.holding_alarms & (1 << kind as u8) != 0
    }

    /// The worst priority among its open alarms.
    #[must_use]
    pub fn worst_open(&self) -> Option<Priority> {
        AlarmKind::ALL
            .into_iter()
            .filter(|kind| self.has_open(*kind))
            .map(|kind| crate::rationale(kind).priority)
            .min()
    }

    /// Whether it has been silent for two reporting periods.
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.holds(AlarmKind::SignalLoss)
    }
}
