//! The condition of device and vehicle: batteries, signal, counters, sensors, in our units.

use std::borrow::Cow;

use plomb_model::{
    CentiCelsius, CentiPercent, Delivery, DeviceId, Metres, Millivolts, Percent, Reading, Scheme,
};
use plomb_wire::to_hex;

use super::normalise::Builder;
use super::part::{Part, Tag};

impl Builder<'_> {
    /// Parts that tell the condition of device and vehicle.
    pub(super) fn take_condition(&mut self, part: Part<'_>) {
        match part {
            Part::Voltage(level) => self.voltage(level),
            Part::Gsm(level) => self.gsm(level),
            Part::Acc(on) => self.reading(Reading::Ignition(on != 0)),
            Part::Reupload(again) if again != 0 => self.event.delivery = Delivery::Buffered,
            Part::Mileage(metres) => self.reading(Reading::Odometer(Metres(metres.into()))),
            Part::External(raw) => self.reading(Reading::ExternalPower(Millivolts(u32::from(raw) * 10))),
            Part::Battery(raw) => self.reading(Reading::BatteryVoltage(Millivolts(u32::from(raw) * 10))),
            Part::BatteryPercent(percent) => match Percent::new(percent) {
                Ok(percent) => self.reading(Reading::Battery(percent)),
                Err(_) => self.code("battery", percent.into()),
            },
            Part::Temperature(centi) => {
                self.reading(Reading::Temperature { sensor: 1, value: CentiCelsius(centi) });
            }
            Part::Humidity(centi) => match u16::try_from(centi) {
                Ok(centi) => self.reading(Reading::Humidity { sensor: 1, value: CentiPercent(centi) }),
                Err(_) => self.code("humidity", centi.into()),
            },
            Part::Input { number, on } => self.reading(Reading::Input { number, on }),
            Part::Output { number, on } => self.reading(Reading::Output { number, on }),
            Part::Analog { number, value } => {
                self.reading(Reading::Analog { number, value: Millivolts(u32::from(value) * 10) });
            }
            Part::Hdop(hundredths) => self.reading(Reading::Hdop(hundredths)),
            Part::Tag(tag) => self.tag(tag),
            _ => {}
        }
    }

    fn tag(&mut self, tag: Tag) {
        let address = to_hex(&tag.address);
        let Ok(device) = DeviceId::new(Scheme::Bluetooth, &address) else { return };
        let mut readings = Vec::with_capacity(5);
        if let Ok(percent) = Percent::new(tag.battery) {
            readings.push(Reading::Battery(percent));
        }
        if tag.battery_mv != 0x7FFF {
            readings.push(Reading::BatteryVoltage(Millivolts(tag.battery_mv.into())));
        }
        if tag.temperature != 0x7FFF {
            let value = CentiCelsius(i32::from(tag.temperature) * 10);
            readings.push(Reading::Temperature { sensor: 0, value });
        }
        if tag.humidity <= 1000 {
            readings.push(Reading::Humidity { sensor: 0, value: CentiPercent(tag.humidity * 10) });
        }
        readings.push(Reading::Code { name: Cow::Borrowed("tag_status"), value: tag.status.into() });
        self.reading(Reading::Peripheral { device, readings: readings.into() });
    }

    /// What the vendor's battery byte says: a level of six, or percent.
    fn voltage(&mut self, level: u8) {
        match level {
            0..=6 => self.reading(Reading::Battery(Percent::share(level.into(), 6))),
            11..=100 => self.reading(Reading::Battery(Percent::share(level.into(), 100))),
            _ => self.code("voltage_level", level.into()),
        }
    }

    /// What the vendor's signal byte says: a level of four, CSQ, or percent.
    fn gsm(&mut self, level: u8) {
        match level {
            0..=4 => self.reading(Reading::NetworkSignal(Percent::share(level.into(), 4))),
            5..=31 => self.reading(Reading::NetworkSignal(Percent::share(level.into(), 31))),
            32..=100 => self.reading(Reading::NetworkSignal(Percent::share(level.into(), 100))),
            _ => self.code("signal_level", level.into()),
        }
    }
}
