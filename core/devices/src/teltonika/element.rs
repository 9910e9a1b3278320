//! IO elements in our words: what the AVL ids of the FMB, FMC and TAT families mean.
//!
//! Ids that have no word of ours are kept under `io.N`. Which input watches a seal is the installation's choice, so
//! that inputs stay inputs.

use plomb_model::{
    CardNumber, CentiCelsius, CentiDegrees, CentiPercent, Event, EventKind, Metres, Millivolts, Percent,
    Reading, SealEvidence, SealPart, Signal,
};

use super::record::Element;
use super::tag;

/// Readings of one record at most; a record of codec 8E can carry thousands of elements.
const READINGS_MAX: usize = 256;
/// Steps of the GSM level.
const GSM_LEVELS: u32 = 5;
/// Values of a temperature element that mean "no sensor" and "not read yet" begin here (0.1 °C).
const TEMPERATURE_FAULTS_FROM: i64 = 1_500;

/// An event in the making.
pub(super) struct Draft {
    event: Event,
    cause: u16,
    cell: Option<u32>,
    area: Option<u32>,
    operator: Option<u32>,
    axes: [Option<i32>; 3],
    card_parts: [Option<u64>; 2],
}

impl Draft {
    /// A record that the element `cause` made.
    pub(super) fn new(cause: u16) -> Self {
        Self {
            event: Event::new(EventKind::Position),
            cause,
            cell: None,
            area: None,
            operator: None,
            axes: [None; 3],
            card_parts: [None; 2],
        }
    }

    /// Takes one element.
    pub(super) fn element(&mut self, element: &Element<'_>) {
        if self.event.readings.len() >= READINGS_MAX {
            return;
        }
        match (element.id, element.unsigned()) {
            (385, _) => tag::beacons(element.value, &mut self.event.readings),
            (548 | 10_828 | 10_829 | 10_831 | 11_317, _) => {
                tag::tags(element.value, &mut self.event.readings)
            }
            (_, None) => self.long(element),
            (id, Some(value)) => {
                if !self.known(id, value, element) {
                    self.code(id, value);
                }
            }
        }
    }

    /// The event.
    pub(super) fn finish(mut self) -> Event {
        let readings = &mut self.event.readings;
        if let (Some(cell), Some(area)) = (self.cell, self.area) {
            // The operator is a decimal number of country (three digits) and network.
            let operator = self.operator.unwrap_or(0);
            let split = if operator >= 100_000 { 1_000 } else { 100 };
            readings.push(Reading::CellTower(plomb_model::CellTower {
                mcc: u16::try_from(operator / split).unwrap_or(0),
                mnc: u16::try_from(operator % split).unwrap_or(0),
                area,
                cell: u64::from(cell),
            }));
        } else {
            let parts = [("cell", self.cell), ("area", self.area), ("operator", self.operator)];
            readings.extend(parts.into_iter().filter_map(|(name, value)| {
                Some(Reading::Code { name: name.into(), value: i64::from(value?) })
            }));
        }
        if let [Some(x), Some(y), Some(z)] = self.axes {
            readings.push(Reading::Acceleration { x, y, z });
        }
        if self.card_parts.iter().any(Option::is_some) {
            let digits: String = self.card_parts.iter().flatten().map(|part| part.to_string()).collect();
            readings.push(Reading::Iccid(digits.into()));
        }
        if !self.event.seal.is_empty() {
            self.event.trust.seal = SealEvidence::ValidIntact;
        }
        self.event
    }

    /// Whether the id has a word of ours.
    fn known(&mut self, id: u16, value: u64, element: &Element<'_>) -> bool {
        let signed = element.signed().unwrap_or(0);
        let reading = match id {
            1..=4 => Reading::Input { number: low(id), on: value != 0 },
            9 => Reading::Analog { number: 1, value: millivolts(value) },
            6 | 10 if element.value.len() == 2 => Reading::Analog { number: 2, value: millivolts(value) },
            16 => Reading::Odometer(Metres(signed.max(0))),
            21 => Reading::NetworkSignal(Percent::share(small(value), GSM_LEVELS)),
            66 => Reading::ExternalPower(millivolts(value)),
            67 => Reading::BatteryVoltage(millivolts(value)),
            72..=75 if signed.abs() < TEMPERATURE_FAULTS_FROM => temperature(low(id - 71), signed * 10),
            25..=28 if element.value.len() == 2 && signed.abs() < TEMPERATURE_FAULTS_FROM * 10 => {
                temperature(low(id - 20), signed)
            }
            78 if value != 0 => Reading::Card(CardNumber(super::normalise::hex(element.value).into())),
            113 if element.value.len() == 1 => match Percent::new(low(u16::try_from(value).unwrap_or(255))) {
                Ok(percent) => Reading::Battery(percent),
                Err(_) => return false,
            },
            179 | 180 => Reading::Output { number: low(id - 178), on: value != 0 },
            182 => Reading::Hdop(u16::try_from(value.saturating_mul(10)).unwrap_or(u16::MAX)),
            239 => Reading::Ignition(value != 0),
            240 => Reading::Motion(value != 0),
            10_800..=10_803 if signed.abs() < TEMPERATURE_FAULTS_FROM * 10 => {
                temperature(low(id - 10_795), signed)
            }
            10_804..=10_807 if value <= 100 => {
                let share = u16::try_from(value).unwrap_or(0) * 100;
                Reading::Humidity { sensor: low(id - 10_799), value: CentiPercent(share) }
            }
            10_808..=10_811 if value <= 1 => Reading::MagnetPresent(value == 1),
            _ => return self.signal_or_part(id, value, element),
        };
        self.event.readings.push(reading);
        true
    }

    /// Ids that shout, and those of which several make one reading.
    fn signal_or_part(&mut self, id: u16, value: u64, element: &Element<'_>) -> bool {
        let signed = element.signed().and_then(|value| i32::try_from(value).ok());
        let shouts = |signal| (value != 0).then_some(signal);
        let signal = match id {
            236 => shouts(Signal::General),
            246 => shouts(Signal::Displaced),
            247 => shouts(Signal::Collision),
            249 => shouts(Signal::NetworkJamming),
            318 if element.value.len() == 1 => shouts(Signal::GnssJamming),
            252 => shouts(Signal::PowerCut),
            255 if self.cause == 255 => Some(Signal::Overspeed),
            175 if self.cause == 175 => {
                Some(if value == 1 { Signal::FenceEntered } else { Signal::FenceLeft })
            }
            10_820..=10_823 => shouts(Signal::LowBattery).filter(|_| false),
            662 => {
                self.event.seal = self.event.seal.with(SealPart::DoorClosed, value == 0);
                shouts(Signal::DoorOpen)
            }
            17..=19 => {
                if let Some(axis) = self.axes.get_mut(usize::from(id - 17)) {
                    *axis = signed;
                }
                return true;
            }
            11 | 14 if element.value.len() == 8 => {
                if let Some(part) = self.card_parts.get_mut(usize::from(id == 14)) {
                    *part = Some(value);
                }
                return true;
            }
            205 | 636 => {
                self.cell = u32::try_from(value).ok();
                return self.cell.is_some();
            }
            206 => {
                self.area = u32::try_from(value).ok();
                return self.area.is_some();
            }
            241 => {
                self.operator = u32::try_from(value).ok();
                return self.operator.is_some();
            }
            _ => return false,
        };
        if let Some(signal) = signal {
            self.event.signals = self.event.signals.with(signal);
        }
        // The number itself may say more than "on": it is kept.
        !matches!(id, 175 | 255 | 10_820..=10_823)
    }

    fn code(&mut self, id: u16, value: u64) {
        self.event
            .readings
            .push(Reading::Code { name: format!("io.{id}").into(), value: value.cast_signed() });
    }

    fn long(&mut self, element: &Element<'_>) {
        let text = std::str::from_utf8(element.value).ok().map(|text| text.trim_end_matches('\0'));
        let printable =
            text.filter(|text| !text.is_empty() && text.bytes().all(|byte| (0x20..0x7F).contains(&byte)));
        let reading = match (element.id, printable) {
            (256, Some(vin)) => Reading::BoundTo(vin.into()),
            (_, _) if element.value.is_empty() => return,
            _ => Reading::Bytes { name: format!("io.{}", element.id).into(), value: element.value.into() },
        };
        self.event.readings.push(reading);
    }
}

/// A temperature in 0.01 °C.
fn temperature(sensor: u8, centi: i64) -> Reading {
    Reading::Temperature { sensor, value: CentiCelsius(i32::try_from(centi).unwrap_or(i32::MAX)) }
}

fn millivolts(value: u64) -> Millivolts {
    Millivolts(small(value))
}

fn small(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn low(id: u16) -> u8 {
    u8::try_from(id).unwrap_or(u8::MAX)
}

/// An angle of a tag in whole degrees.
pub(super) const fn whole_degrees(degrees: i32) -> CentiDegrees {
    CentiDegrees::from_degrees(degrees)
}
