//! Every simulated device against the platform's decoder: both were written from the manual, apart from each other.

use plomb_devices::{Decoded, Session, SessionConfig, open};
use plomb_model::{DeviceId, ReceivedAt, Signals, Timestamp};
use plomb_simulator::protocol::{AckKey, Fix, Incoming, Lock, Report, SIMULATED, Spoken, Terminal};

/// Exchanges after which a log-in is through, in any protocol.
const EXCHANGES_MAX: usize = 4;
/// Places are written to at least 1e-5 degree.
const TOLERANCE_E7: u64 = 150;

fn report(at: Timestamp) -> Report {
    Report {
        at,
        fix: Fix {
            latitude_e7: -338_148_533,
            longitude_e7: 1_511_234_567,
            fixed: true,
            altitude_m: 12,
            speed_kmh: 54,
            course_deg: 90,
            satellites: 9,
        },
        odometer_km: 1234,
        battery_percent: 80,
        csq: 20,
        lock: Lock::SEALED,
        signals: Signals::NONE,
        fresh: true,
    }
}

/// A device and the platform's end of its connection.
struct Talk {
    device: Box<dyn Terminal>,
    platform: Box<dyn Session>,
    now: Timestamp,
}

impl Talk {
    fn new(spoken: &Spoken) -> Self {
        let id = plomb_simulator::fleet::plan::identifier(spoken.protocol, 12_345_678, 3, false).unwrap();
        Self {
            device: plomb_simulator::protocol::terminal(spoken.protocol, id, false).unwrap(),
            platform: open(spoken.protocol, SessionConfig::default()),
            now: "2026-03-01T10:20:30Z".parse().unwrap(),
        }
    }

    /// What the platform makes of these bytes, and what its answers mean to the device.
    fn say(&mut self, bytes: &[u8]) -> (Decoded, Vec<Incoming>) {
        let (mut out, mut incoming) = (Decoded::default(), Vec::new());
        self.platform.receive(ReceivedAt(self.now), bytes, &mut out);
        for told in out.reports() {
            assert!(told.issues.is_empty(), "{:?}: {:?}", self.device.id(), told.issues);
        }
        self.device.receive(out.all_replies(), &mut incoming);
        (out, incoming)
    }

    fn log_in(&mut self) {
        let mut bytes = Vec::new();
        self.device.connected(self.now, &mut bytes);
        for _ in 0..EXCHANGES_MAX {
            let (_, incoming) = self.say(&bytes);
            bytes = incoming
                .into_iter()
                .filter_map(|said| if let Incoming::Reply(bytes) = said { Some(bytes) } else { None })
                .flatten()
                .collect();
        }
        assert!(self.device.ready(), "{:?} does not get through its log-in", self.device.id());
    }
}

fn is_told(out: &Decoded, device: DeviceId, report: &Report) -> bool {
    out.reports().filter(|told| told.device == Some(device)).flat_map(|told| told.events).any(|event| {
        let near = |found: i32, sent: i32| u64::from(found.abs_diff(sent)) <= TOLERANCE_E7;
        event.occurred_at.is_some_and(|at| at.0 == report.at)
            && event.position.is_some_and(|position| {
                near(position.latitude.e7(), report.fix.latitude_e7)
                    && near(position.longitude.e7(), report.fix.longitude_e7)
            })
    })
}

fn acknowledges(incoming: &[Incoming], expected: Option<AckKey>) -> bool {
    expected.is_none_or(|key| incoming.contains(&Incoming::Acknowledged(key)))
}

#[test]
fn what_a_device_reports_arrives_and_is_acknowledged() {
    for spoken in SIMULATED {
        let mut talk = Talk::new(spoken);
        talk.log_in();
        let (now, id, name) = (talk.now, talk.device.id(), spoken.protocol.name());
        let live = talk.device.live(&report(now));
        let (out, incoming) = talk.say(&live.bytes);
        assert!(is_told(&out, id, &report(now)), "{name}: {out:?}");
        assert!(acknowledges(&incoming, live.expects), "{name}: {incoming:?}");
    }
}

#[test]
fn what_a_device_kept_arrives_and_is_acknowledged() {
    for spoken in SIMULATED {
        let mut talk = Talk::new(spoken);
        talk.log_in();
        let (id, name) = (talk.device.id(), spoken.protocol.name());
        let count = talk.device.batch_max().min(3);
        let reports: Vec<Report> = (0..count)
            .map(|minutes| report(talk.now.plus_millis(-60_000 * (10 - i64::try_from(minutes).unwrap()))))
            .collect();
        let kept = talk.device.kept(&reports);
        let (out, incoming) = talk.say(&kept.bytes);
        for report in &reports {
            assert!(is_told(&out, id, report), "{name}, {}: {out:?}", report.at);
        }
        assert!(acknowledges(&incoming, kept.expects), "{name}: {incoming:?}");
    }
}

#[test]
fn a_heartbeat_is_understood() {
    for spoken in SIMULATED {
        let mut talk = Talk::new(spoken);
        talk.log_in();
        let mut bytes = Vec::new();
        talk.device.heartbeat(&report(talk.now), &mut bytes);
        talk.say(&bytes);
    }
}
