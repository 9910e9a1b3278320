//! Teratrack, a relay of locks: one JSON object a report, each answered `{01}`.
//!
//! Source: `docs/protocols/teratrack.md`; no manual is public.

use plomb_model::{DeviceId, Signal, Timestamp};

use super::{AckKey, Civil, Incoming, Outgoing, Report, Terminal};

/// What it tells of the conditions that are played.
pub(super) const TOLD: &[Signal] = &[
    Signal::RopeCut,
    Signal::UnauthorisedOpen,
    Signal::CoverOpen,
    Signal::LowBattery,
    Signal::WrongPassword,
    Signal::LongUnlocked,
    Signal::MotorFault,
];
/// Members that are 1 while an alarm holds.
const ALARMS: [(&str, Signal); 7] = [
    ("LockCutOff", Signal::RopeCut),
    ("SealTampered", Signal::UnauthorisedOpen),
    ("LockOpen", Signal::LongUnlocked),
    ("PasswordError", Signal::WrongPassword),
    ("LowPower", Signal::LowBattery),
    ("UnCoverBack", Signal::CoverOpen),
    ("LockStuck", Signal::MotorFault),
];
const OBJECT: AckKey = AckKey(1);

/// A lock behind the relay.
#[derive(Debug)]
pub struct Teratrack {
    id: DeviceId,
    ready: bool,
    index: u16,
    /// Bytes of answers that are not whole yet.
    pending: Vec<u8>,
}

impl Teratrack {
    /// A lock with a number of twelve digits.
    #[must_use]
    pub const fn new(id: DeviceId) -> Self {
        Self { id, ready: false, index: 0, pending: Vec::new() }
    }

    fn object(&mut self, report: &Report) -> Vec<u8> {
        self.index = self.index.wrapping_add(1);
        let (fix, lock, civil) = (report.fix, report.lock, Civil::of(report.at, 0));
        let flag = |state: bool| u8::from(state);
        let alarms: String = ALARMS
            .iter()
            .map(|(name, signal)| format!(r#""{name}":"{}","#, flag(report.signals.contains(*signal))))
            .collect();
        format!(
            r#"{{"MDeviceID":"{}","DeviceType":"1","DataType":"1","DateTime":"{:04}-{:02}-{:02} {:02}:{:02}:{:02}","Latitude":"{}","Longitude":"{}","Speed":"{}","Mileage":"{}","FenceAlarm":"0",{alarms}"LockRope":"{}","LockStatus":"{}","CardNo":"0","IllegalCard":"0","CoverStatus":"{}","Power":"{}","GSM":"{}","Index":"{}","Slave":[]}}"#,
            self.id.value(),
            civil.year,
            civil.month,
            civil.day,
            civil.hour,
            civil.minute,
            civil.second,
            degrees(fix.latitude_e7),
            degrees(fix.longitude_e7),
            fix.speed_kmh,
            report.odometer_km,
            flag(lock.rope_inserted),
            flag(lock.motor_locked),
            flag(lock.cover_closed),
            report.battery_percent,
            report.csq,
            self.index,
        )
        .into_bytes()
    }
}

/// Degrees with six decimals and a sign.
fn degrees(e7: i32) -> String {
    let micro = (u64::from(e7.unsigned_abs()) + 5) / 10;
    format!("{}{}.{:06}", if e7 < 0 { "-" } else { "" }, micro / 1_000_000, micro % 1_000_000)
}

impl Terminal for Teratrack {
    fn id(&self) -> DeviceId {
        self.id
    }

    /// There is no log-in.
    fn connected(&mut self, _: Timestamp, _: &mut Vec<u8>) {
        self.pending.clear();
        self.ready = true;
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        let essential = report.fresh && !report.signals.is_empty();
        Outgoing { bytes: self.object(report), expects: Some(OBJECT), essential }
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        let bytes = reports.iter().flat_map(|report| self.object(report)).collect();
        Outgoing { bytes, expects: Some(OBJECT), essential: true }
    }

    fn receive(&mut self, bytes: &[u8], incoming: &mut Vec<Incoming>) {
        for byte in bytes {
            self.pending.push(*byte);
            if self.pending.ends_with(b"{01}") {
                self.pending.clear();
                incoming.push(Incoming::Acknowledged(OBJECT));
            }
        }
        // An answer has four bytes: what is longer and none is nothing.
        if self.pending.len() > 64 {
            self.pending.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use plomb_model::Scheme;

    use super::*;

    #[test]
    fn answers_come_in_pieces() {
        let mut device = Teratrack::new(DeviceId::new(Scheme::Tracker, "022000000017").unwrap());
        let mut incoming = Vec::new();
        device.receive(b"{0", &mut incoming);
        device.receive(b"1}{01}", &mut incoming);
        assert_eq!(incoming, [Incoming::Acknowledged(OBJECT), Incoming::Acknowledged(OBJECT)]);
    }
}
