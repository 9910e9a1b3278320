//! Puts the words of an entry into CBOR: keys ascending, absent and default fields left out.
//!
//! The numbers are those of `docs/journal-format.md`; never change the meaning of one.

use plomb_model::{
    Acknowledgement, Alarm, CellTower, CommandOutcome, Delivery, DeviceId, Event, Issue, Position, Reading,
    Transport, Trust, UnlockReport,
};

use super::NESTING_MAX;
use super::cbor::{Writer, present};

impl Writer<'_> {
    /// A step that somebody took of something with a number, and what was filled in.
    pub(super) fn step(&mut self, code: u8, number: u64, step: &str, fields: &[(Box<str>, Box<str>)]) {
        self.array(4);
        self.unsigned(code);
        self.unsigned(number);
        self.text(step);
        self.array(fields.len());
        for (name, text) in fields {
            self.array(2);
            self.text(name);
            self.text(text);
        }
    }

    pub(super) fn device(&mut self, device: &DeviceId) {
        self.array(2);
        self.unsigned(device.scheme() as u8);
        self.text(device.value());
    }

    pub(super) fn transport(&mut self, transport: Transport) {
        self.unsigned(match transport {
            Transport::Tcp => 1_u8,
            Transport::Udp => 2,
            Transport::Http => 3,
            Transport::Mqtt => 4,
            Transport::Client => 5,
        });
    }

    pub(super) fn issues(&mut self, issues: &[Issue]) {
        self.array(issues.len());
        for issue in issues {
            self.array(3);
            self.unsigned(issue.offset);
            self.text(&issue.what);
            self.text(&issue.found);
        }
    }

    pub(super) fn events(&mut self, events: &[Event]) {
        self.array(events.len());
        for event in events {
            self.event(event);
        }
    }

    fn event(&mut self, event: &Event) {
        let buffered = event.delivery != Delivery::Live;
        let trusted = event.trust != Trust::default();
        self.map(present([
            true,
            buffered,
            event.occurred_at.is_some(),
            event.position.is_some(),
            !event.seal.is_empty(),
            !event.signals.is_empty(),
            event.serial.is_some(),
            trusted,
            event.peripheral.is_some(),
            !event.readings.is_empty(),
        ]));
        self.unsigned(1_u8);
        self.unsigned(event.kind as u8);
        if buffered {
            self.unsigned(2_u8);
            self.unsigned(event.delivery as u8);
        }
        if let Some(occurred_at) = event.occurred_at {
            self.unsigned(3_u8);
            self.signed(occurred_at.0.as_millis());
        }
        if let Some(position) = &event.position {
            self.unsigned(4_u8);
            self.position(position);
        }
        if !event.seal.is_empty() {
            let (known, whole) = event.seal.bits();
            self.unsigned(5_u8);
            self.array(2);
            self.unsigned(known);
            self.unsigned(whole);
        }
        if !event.signals.is_empty() {
            self.unsigned(6_u8);
            self.unsigned(event.signals.bits());
        }
        if let Some(serial) = event.serial {
            self.unsigned(7_u8);
            self.unsigned(serial);
        }
        if trusted {
            self.unsigned(8_u8);
            self.array(2);
            self.unsigned(event.trust.identity as u8);
            self.unsigned(event.trust.seal as u8);
        }
        if let Some(peripheral) = &event.peripheral {
            self.unsigned(9_u8);
            self.device(peripheral);
        }
        if !event.readings.is_empty() {
            self.unsigned(10_u8);
            self.readings(&event.readings, 0);
        }
    }

    pub(super) fn position(&mut self, position: &Position) {
        self.array(7);
        self.signed(position.latitude.e7());
        self.signed(position.longitude.e7());
        self.unsigned(position.fix as u8);
        self.optional(position.altitude, |writer, altitude| writer.signed(altitude.0));
        self.optional(position.speed, |writer, speed| writer.unsigned(speed.0));
        self.optional(position.course, |writer, course| writer.signed(course.0));
        self.optional(position.satellites, |writer, satellites| writer.unsigned(satellites));
    }

    pub(super) fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }

    fn readings(&mut self, readings: &[Reading], depth: usize) {
        self.array(readings.len());
        for reading in readings {
            self.reading(reading, depth);
        }
    }

    /// A code and the values that follow it.
    fn coded(&mut self, code: u8, values: usize) {
        self.array(1 + values);
        self.unsigned(code);
    }

    fn coded_unsigned(&mut self, code: u8, value: impl Into<u64>) {
        self.coded(code, 1);
        self.unsigned(value);
    }

    fn coded_signed(&mut self, code: u8, value: impl Into<i64>) {
        self.coded(code, 1);
        self.signed(value);
    }

    fn coded_boolean(&mut self, code: u8, value: bool) {
        self.coded(code, 1);
        self.boolean(value);
    }

    fn coded_text(&mut self, code: u8, value: &str) {
        self.coded(code, 1);
        self.text(value);
    }

    fn coded_pair(&mut self, code: u8, first: u8, second: impl Into<i64>) {
        self.coded(code, 2);
        self.unsigned(first);
        self.signed(second);
    }

    fn coded_axes(&mut self, code: u8, axes: [i32; 3]) {
        self.coded(code, 3);
        for axis in axes {
            self.signed(axis);
        }
    }

    fn reading(&mut self, reading: &Reading, depth: usize) {
        match reading {
            Reading::Battery(value) => self.coded_unsigned(1, value.get()),
            Reading::BatteryVoltage(value) => self.coded_unsigned(2, value.0),
            Reading::ExternalPower(value) => self.coded_unsigned(3, value.0),
            Reading::ExternalPowerPresent(value) => self.coded_boolean(4, *value),
            Reading::Charging(value) => self.coded_boolean(5, *value),
            Reading::NetworkSignal(value) => self.coded_unsigned(6, value.get()),
            Reading::Odometer(value) => self.coded_signed(7, value.0),
            Reading::Temperature { sensor, value } => self.coded_pair(8, *sensor, value.0),
            Reading::Humidity { sensor, value } => self.coded_pair(9, *sensor, value.0),
            Reading::Illuminance(value) => self.coded_unsigned(10, *value),
            Reading::Tilt { x, y, z } => self.coded_axes(11, [x.0, y.0, z.0]),
            Reading::Acceleration { x, y, z } => self.coded_axes(12, [*x, *y, *z]),
            Reading::Ignition(value) => self.coded_boolean(13, *value),
            Reading::Motion(value) => self.coded_boolean(14, *value),
            Reading::Input { number, on } => self.numbered_switch(15, *number, *on),
            Reading::Output { number, on } => self.numbered_switch(16, *number, *on),
            Reading::Analog { number, value } => self.coded_pair(17, *number, value.0),
            Reading::Hdop(value) => self.coded_unsigned(18, *value),
            Reading::CellTower(tower) => self.cell_tower(tower),
            Reading::WakeSource(value) => self.coded_unsigned(20, *value),
            Reading::Fence(value) => self.coded_unsigned(21, *value),
            Reading::Card(card) => self.coded_text(22, &card.0),
            Reading::Unlock(report) => self.unlock(report),
            Reading::LockCycles(value) => self.coded_unsigned(24, *value),
            Reading::CutCount(value) => self.coded_unsigned(25, *value),
            Reading::BoundTo(value) => self.coded_text(26, value),
            Reading::Imei(device) => {
                self.coded(27, 1);
                self.device(device);
            }
            Reading::Iccid(value) => self.coded_text(28, value),
            Reading::Firmware(value) => self.coded_text(29, value),
            Reading::Model(value) => self.coded_text(30, value),
            Reading::Peripheral { device, readings } => self.peripheral(device, readings, depth),
            Reading::Rssi(value) => self.coded_signed(32, *value),
            Reading::MagnetPresent(value) => self.coded_boolean(33, *value),
            Reading::CommandResult { ticket, outcome } => self.command_result(ticket.0, *outcome),
            Reading::Request(value) => self.coded_text(35, value),
            Reading::Text(value) => self.coded_text(36, value),
            Reading::Code { name, value } => {
                self.coded(37, 2);
                self.text(name);
                self.signed(*value);
            }
            Reading::Counter(value) => self.coded_unsigned(39, *value),
            Reading::Pressure(value) => self.coded_unsigned(40, *value),
            Reading::Antenna(value) => self.coded_unsigned(41, *value),
            Reading::Accuracy(value) => self.coded_signed(42, value.0),
            Reading::Alias(device) => {
                self.coded(43, 1);
                self.device(device);
            }
            Reading::ReadCount(value) => self.coded_unsigned(44, *value),
            Reading::Bytes { name, value } => {
                self.coded(38, 2);
                self.text(name);
                self.bytes(value);
            }
        }
    }

    fn numbered_switch(&mut self, code: u8, number: u8, on: bool) {
        self.coded(code, 2);
        self.unsigned(number);
        self.boolean(on);
    }

    fn cell_tower(&mut self, tower: &CellTower) {
        self.coded(19, 4);
        self.unsigned(tower.mcc);
        self.unsigned(tower.mnc);
        self.unsigned(tower.area);
        self.unsigned(tower.cell);
    }

    fn unlock(&mut self, report: &UnlockReport) {
        self.coded(23, 6);
        self.unsigned(report.method as u8);
        self.unsigned(report.verdict as u8);
        self.optional(report.password_right, Self::boolean);
        self.optional(report.wrong_passwords, |writer, count| writer.unsigned(count));
        self.optional(report.card.as_ref(), |writer, card| writer.text(&card.0));
        self.optional(report.fence, |writer, fence| writer.unsigned(fence));
    }

    fn peripheral(&mut self, device: &DeviceId, readings: &[Reading], depth: usize) {
        // What lies deeper than the limit stays out; the frame, which is kept as it came, still has it.
        let readings = if depth + 1 < NESTING_MAX { readings } else { &[] };
        self.coded(super::PERIPHERAL_CODE, 2);
        self.device(device);
        self.readings(readings, depth + 1);
    }

    fn command_result(&mut self, ticket: u64, outcome: CommandOutcome) {
        self.coded(34, 2);
        self.unsigned(ticket);
        self.unsigned(outcome as u8);
    }

    pub(super) fn alarm(&mut self, alarm: &Alarm) {
        self.map(present([
            true,
            true,
            true,
            true,
            true,
            true,
            alarm.cleared_at.is_some(),
            alarm.late,
            alarm.position.is_some(),
            !alarm.causes.is_empty(),
            !alarm.detail.is_empty(),
            alarm.repeats != 0,
            alarm.last_repeat_at.is_some(),
            alarm.acknowledged.is_some(),
        ]));
        self.unsigned(1_u8);
        self.unsigned(alarm.id.0);
        self.unsigned(2_u8);
        self.unsigned(alarm.kind as u8);
        self.unsigned(3_u8);
        self.unsigned(alarm.priority as u8);
        self.unsigned(4_u8);
        self.device(&alarm.device);
        self.unsigned(5_u8);
        self.signed(alarm.occurred_at.0.as_millis());
        self.unsigned(6_u8);
        self.signed(alarm.raised_at.0.as_millis());
        if let Some(cleared_at) = alarm.cleared_at {
            self.unsigned(7_u8);
            self.signed(cleared_at.0.as_millis());
        }
        if alarm.late {
            self.unsigned(8_u8);
            self.boolean(true);
        }
        if let Some(position) = &alarm.position {
            self.unsigned(9_u8);
            self.position(position);
        }
        self.alarm_life(alarm);
    }

    fn alarm_life(&mut self, alarm: &Alarm) {
        if !alarm.causes.is_empty() {
            self.unsigned(10_u8);
            self.array(alarm.causes.len());
            for cause in &alarm.causes {
                self.array(2);
                self.unsigned(cause.entry.0);
                self.unsigned(cause.index);
            }
        }
        if !alarm.detail.is_empty() {
            self.unsigned(11_u8);
            self.text(&alarm.detail);
        }
        if alarm.repeats != 0 {
            self.unsigned(12_u8);
            self.unsigned(alarm.repeats);
        }
        if let Some(last_repeat_at) = alarm.last_repeat_at {
            self.unsigned(13_u8);
            self.signed(last_repeat_at.0.as_millis());
        }
        if let Some(acknowledgement) = &alarm.acknowledged {
            self.unsigned(14_u8);
            self.acknowledgement(acknowledgement);
        }
    }

    fn acknowledgement(&mut self, acknowledgement: &Acknowledgement) {
        self.array(4);
        self.text(&acknowledgement.by);
        self.signed(acknowledgement.at.0.as_millis());
        self.text(&acknowledgement.reason);
        self.text(&acknowledgement.note);
    }
}
