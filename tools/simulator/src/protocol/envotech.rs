//! Envotech, the lock's side: texts that want no answer.
//!
//! Source: `docs/protocols/envotech.md`; no manual is public.

use plomb_model::{DeviceId, Signal, Timestamp};
use plomb_wire::Crc16;

use super::{Civil, Outgoing, Report, Terminal};

/// Of the conditions that are played it tells none: the meaning of its status bits is not public.
pub(super) const TOLD: &[Signal] = &[];
const POSITION: u8 = 0x03;
const LOCKED: u8 = 0x60;
const UNLOCKED: u8 = 0x61;

/// An electronic lock of customs transit.
#[derive(Debug)]
pub struct Envotech {
    id: DeviceId,
    ready: bool,
    /// The lock as it was told last.
    locked: Option<bool>,
}

impl Envotech {
    /// A lock.
    #[must_use]
    pub const fn new(id: DeviceId) -> Self {
        Self { id, ready: false, locked: None }
    }

    /// A change of the lock is an event of its own number, all else a position.
    fn text(&mut self, report: &Report) -> Vec<u8> {
        let locked = report.lock.motor_locked;
        let event = match (self.locked.replace(locked) == Some(locked), locked) {
            (true, _) => POSITION,
            (false, true) => LOCKED,
            (false, false) => UNLOCKED,
        };
        let (fix, time) = (report.fix, day_first(report.at));
        // Hundredths of a volt of a lithium cell: 330 empty, 420 full.
        let cell = 330 + u16::from(report.battery_percent) * 9 / 10;
        let half = |e7: i32, plus: char, minus: char| {
            format!("{:07}{}", (u64::from(e7.unsigned_abs()) + 50) / 100, if e7 < 0 { minus } else { plus })
        };
        // Knots, rounded.
        let knots = (u32::from(fix.speed_kmh) * 1000 + 926) / 1852;
        let body = format!(
            "$80SLM,{event:02X},000F,{},{time},AF{:02}63902,000{cell:03},{:02X}00,000,00000000,00000000'{time}{}{}{}{knots:03}{:03}",
            self.id.value(),
            report.csq.min(31),
            u8::from(!report.lock.door_closed),
            u8::from(fix.fixed),
            half(fix.latitude_e7, 'N', 'S'),
            half(fix.longitude_e7, 'E', 'W'),
            fix.course_deg,
        );
        format!("{body}*{:04X}#", Crc16::MODBUS.of(body.as_bytes())).into_bytes()
    }
}

/// `DDMMYYhhmmss`.
fn day_first(at: Timestamp) -> String {
    Civil::of(at, 0).day_first().iter().map(|number| format!("{number:02}")).collect()
}

impl Terminal for Envotech {
    fn id(&self) -> DeviceId {
        self.id
    }

    /// There is no log-in.
    fn connected(&mut self, _: Timestamp, _: &mut Vec<u8>) {
        self.ready = true;
    }

    fn disconnected(&mut self) {
        self.ready = false;
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn live(&mut self, report: &Report) -> Outgoing {
        Outgoing {
            bytes: self.text(report),
            expects: None,
            essential: report.fresh && !report.signals.is_empty(),
        }
    }

    fn batch_max(&self) -> usize {
        4
    }

    fn kept(&mut self, reports: &[Report]) -> Outgoing {
        let bytes = reports.iter().flat_map(|report| self.text(report)).collect();
        Outgoing { bytes, expects: None, essential: true }
    }
}
