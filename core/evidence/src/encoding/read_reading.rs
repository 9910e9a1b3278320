//! Reads readings back; those with a code of a later version are skipped.

use plomb_model::{
    CardNumber, CellTower, CentiCelsius, CentiDegrees, CentiPercent, CommandOutcome, CommandTicket, Metres,
    Millivolts, Percent, Reading, UnlockMethod, UnlockReport, UnlockVerdict,
};

use super::read::{DecodeError, Reader};
use super::{NESTING_MAX, PERIPHERAL_CODE};

type Result<T> = std::result::Result<T, DecodeError>;

/// Code of a peripheral's readings, as `match` wants it.
const PERIPHERAL: u64 = PERIPHERAL_CODE as u64;

impl Reader<'_> {
    pub(super) fn readings(&mut self, depth: usize) -> Result<Vec<Reading>> {
        let count = self.array("readings")?;
        if count > 0 && depth >= NESTING_MAX {
            return Err(self.limit("nesting of peripherals", NESTING_MAX as u64));
        }
        let mut readings = Vec::new();
        for _ in 0..count {
            readings.extend(self.reading(depth)?);
        }
        Ok(readings)
    }

    fn reading(&mut self, depth: usize) -> Result<Option<Reading>> {
        let values = self.tuple(1, "reading")?;
        let code = self.unsigned("reading code")?;
        let due = values_of(code);
        let Some(more) = values.checked_sub(due) else { return Err(self.malformed("values of a reading")) };
        let reading = match code {
            8 | 9 | 15..=17 => self.numbered(code)?,
            11 | 12 => self.axes(code)?,
            4 | 5 | 13 | 14 | 33 => self.single_boolean(code)?,
            1..=3 | 6 | 7 | 10 | 18 | 20 | 21 | 24 | 25 | 32 | 39..=42 | 44 => self.single_number(code)?,
            22 | 26 | 28..=30 | 35 | 36 => self.single_text(code)?,
            19 => Some(Reading::CellTower(self.cell_tower()?)),
            23 => Some(Reading::Unlock(self.unlock()?)),
            27 => Some(Reading::Imei(self.device()?)),
            43 => Some(Reading::Alias(self.device()?)),
            PERIPHERAL => {
                let device = self.device()?;
                Some(Reading::Peripheral { device, readings: self.readings(depth + 1)?.into() })
            }
            34 => Some(Reading::CommandResult {
                ticket: CommandTicket(self.unsigned("ticket")?),
                outcome: self.code("command outcome", outcome)?,
            }),
            37 => Some(Reading::Code {
                name: self.text("name")?.to_owned().into(),
                value: self.signed("value")?,
            }),
            38 => Some(Reading::Bytes {
                name: self.text("name")?.to_owned().into(),
                value: self.bytes("value")?.into(),
            }),
            _ => None,
        };
        self.skip(more)?;
        Ok(reading)
    }

    fn percent(&mut self) -> Result<Percent> {
        let value = self.number("percentage")?;
        Percent::new(value).map_err(|_| self.malformed("percentage"))
    }

    fn single_number(&mut self, code: u64) -> Result<Option<Reading>> {
        Ok(Some(match code {
            1 => Reading::Battery(self.percent()?),
            2 => Reading::BatteryVoltage(Millivolts(self.number("voltage")?)),
            3 => Reading::ExternalPower(Millivolts(self.number("voltage")?)),
            6 => Reading::NetworkSignal(self.percent()?),
            7 => Reading::Odometer(Metres(self.signed("distance")?)),
            10 => Reading::Illuminance(self.number("illuminance")?),
            18 => Reading::Hdop(self.number("dilution")?),
            20 => Reading::WakeSource(self.number("wake source")?),
            21 => Reading::Fence(self.number("fence")?),
            24 => Reading::LockCycles(self.number("count")?),
            25 => Reading::CutCount(self.number("count")?),
            32 => Reading::Rssi(self.integer("signal strength")?),
            39 => Reading::Counter(self.unsigned("counter")?),
            40 => Reading::Pressure(self.number("pressure")?),
            41 => Reading::Antenna(self.number("antenna")?),
            42 => Reading::Accuracy(Metres(self.signed("accuracy")?)),
            44 => Reading::ReadCount(self.number("count")?),
            _ => return Ok(None),
        }))
    }

    fn single_boolean(&mut self, code: u64) -> Result<Option<Reading>> {
        let value = self.boolean("truth value")?;
        Ok(match code {
            4 => Some(Reading::ExternalPowerPresent(value)),
            5 => Some(Reading::Charging(value)),
            13 => Some(Reading::Ignition(value)),
            14 => Some(Reading::Motion(value)),
            33 => Some(Reading::MagnetPresent(value)),
            _ => None,
        })
    }

    fn single_text(&mut self, code: u64) -> Result<Option<Reading>> {
        let value = self.text("text")?;
        Ok(match code {
            22 => Some(Reading::Card(CardNumber(value.into()))),
            26 => Some(Reading::BoundTo(value.into())),
            28 => Some(Reading::Iccid(value.into())),
            29 => Some(Reading::Firmware(value.into())),
            30 => Some(Reading::Model(value.into())),
            35 => Some(Reading::Request(value.to_owned().into())),
            36 => Some(Reading::Text(value.into())),
            _ => None,
        })
    }

    fn numbered(&mut self, code: u64) -> Result<Option<Reading>> {
        let number: u8 = self.number("sensor number")?;
        Ok(Some(match code {
            8 => Reading::Temperature { sensor: number, value: CentiCelsius(self.integer("temperature")?) },
            9 => Reading::Humidity { sensor: number, value: CentiPercent(self.integer("humidity")?) },
            15 => Reading::Input { number, on: self.boolean("input")? },
            16 => Reading::Output { number, on: self.boolean("output")? },
            _ => Reading::Analog { number, value: Millivolts(self.integer("voltage")?) },
        }))
    }

    fn axes(&mut self, code: u64) -> Result<Option<Reading>> {
        let (x, y, z) = (self.integer("axis")?, self.integer("axis")?, self.integer("axis")?);
        Ok(Some(if code == 11 {
            Reading::Tilt { x: CentiDegrees(x), y: CentiDegrees(y), z: CentiDegrees(z) }
        } else {
            Reading::Acceleration { x, y, z }
        }))
    }

    fn cell_tower(&mut self) -> Result<CellTower> {
        Ok(CellTower {
            mcc: self.number("country code")?,
            mnc: self.number("network code")?,
            area: self.number("area")?,
            cell: self.unsigned("cell")?,
        })
    }

    fn unlock(&mut self) -> Result<UnlockReport> {
        Ok(UnlockReport {
            method: self.code("unlock method", method)?,
            verdict: self.code("unlock verdict", verdict)?,
            password_right: self.optional(|reader| reader.boolean("password right"))?,
            wrong_passwords: self.optional(|reader| reader.number("wrong passwords"))?,
            card: self.optional(|reader| reader.text("card").map(|card| CardNumber(card.into())))?,
            fence: self.optional(|reader| reader.number("fence"))?,
        })
    }
}

/// How many values follow the code of a reading that this version knows.
const fn values_of(code: u64) -> u64 {
    match code {
        8 | 9 | 15..=17 | PERIPHERAL | 34 | 37 | 38 => 2,
        11 | 12 => 3,
        19 => 4,
        23 => 6,
        1..=7 | 10 | 13 | 14 | 18 | 20..=22 | 24..=30 | 32 | 33 | 35 | 36 | 39..=44 => 1,
        _ => 0,
    }
}

fn method(code: u8) -> Option<UnlockMethod> {
    [
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
    ]
    .into_iter()
    .find(|method| *method as u8 == code)
}

fn verdict(code: u8) -> Option<UnlockVerdict> {
    [
        UnlockVerdict::Allowed,
        UnlockVerdict::Refused,
        UnlockVerdict::RefusedOutsideZone,
        UnlockVerdict::NotApplicable,
    ]
    .into_iter()
    .find(|verdict| *verdict as u8 == code)
}

fn outcome(code: u8) -> Option<CommandOutcome> {
    [
        CommandOutcome::Acknowledged,
        CommandOutcome::Done,
        CommandOutcome::Failed,
        CommandOutcome::Unsupported,
        CommandOutcome::Answered,
    ]
    .into_iter()
    .find(|outcome| *outcome as u8 == code)
}
