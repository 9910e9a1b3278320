//! The board: a UDP socket, the system's clock, a motor that takes its time, and a receiver of positions on a truck.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Instant;

use plomb_device::{Actions, Board, Clock, Motor, Now, Place, Rng, Transport};

use crate::fleet::drive::Drive;
use crate::fleet::route::Route;
use crate::log;
use crate::number::{to_i32, to_u16};

/// How long the motor takes to lock or unlock, milliseconds.
const MOTOR_MS: u64 = 1000;
/// How long the receiver looks for satellites, milliseconds.
const FIX_MS: u64 = 500;
/// No step between two places is longer than this and faster than a truck may seem to be, km.
const STEP_KM_MAX: f64 = 3.0;

/// What comes of what the core asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Done {
    /// The motor has arrived.
    Moved(Motor),
    /// The receiver knows where it is.
    Found(Place),
    /// The device is to start again.
    Restarts,
}

#[derive(Debug)]
pub(super) struct SimulatedBoard {
    name: String,
    socket: UdpSocket,
    started: Instant,
    rng: fastrand::Rng,
    drive: Drive,
    time_factor: f64,
    driven_ms: u64,
    /// What is under way, and when it is done, milliseconds since the start.
    under_way: Vec<(u64, Done)>,
}

impl SimulatedBoard {
    pub(super) fn new(
        name: String,
        to: SocketAddr,
        route: Arc<Route>,
        time_factor: f64,
        mut rng: fastrand::Rng,
    ) -> io::Result<Self> {
        let any: SocketAddr =
            if to.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
        let socket = UdpSocket::bind(any)?;
        socket.connect(to)?;
        socket.set_nonblocking(true)?;
        let drive = Drive::new(route, &mut rng);
        let (started, under_way) = (Instant::now(), Vec::new());
        Ok(Self { name, socket, started, rng, drive, time_factor, driven_ms: 0, under_way })
    }

    /// What has been done by now.
    pub(super) fn done(&mut self) -> Vec<Done> {
        let now_ms = self.now().up_ms;
        let (done, later): (Vec<_>, _) = self.under_way.drain(..).partition(|(due_ms, _)| *due_ms <= now_ms);
        self.under_way = later;
        done.into_iter().map(|(_, done)| done).collect()
    }

    /// Whether the truck moves.
    pub(super) fn is_moving(&self) -> bool {
        self.drive.speed_kmh() > 0.0
    }

    fn place(&mut self) -> Place {
        let now_ms = self.now().up_ms;
        let since_ms = now_ms.saturating_sub(self.driven_ms);
        self.driven_ms = now_ms;
        let seconds = f64::from(u32::try_from(since_ms).unwrap_or(u32::MAX)) / 1000.0;
        self.drive.advance(seconds * self.time_factor, STEP_KM_MAX, &mut self.rng);
        let (point, course) = self.drive.place();
        Place {
            latitude_e7: to_i32(point.latitude * 1e7),
            longitude_e7: to_i32(point.longitude * 1e7),
            speed_cm_s: to_u16(self.drive.speed_kmh() / 0.036),
            course_cdeg: to_u16(course * 100.0) % 36_000,
            satellites: self.rng.u8(7..14),
            accuracy_m: 8,
            ..Place::default()
        }
    }
}

impl Clock for SimulatedBoard {
    fn now(&self) -> Now {
        let up_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Now { up_ms, wall_ms: Some(log::now().as_millis()) }
    }
}

impl Rng for SimulatedBoard {
    fn next(&mut self) -> u32 {
        self.rng.u32(..)
    }
}

impl Transport for SimulatedBoard {
    fn send(&mut self, datagram: &[u8]) {
        // What cannot be sent is lost, as datagrams are; the core sends again.
        self.socket.send(datagram).ok();
    }

    fn receive(&mut self, out: &mut [u8]) -> Option<usize> {
        self.socket.recv(out).ok()
    }
}

impl Board for SimulatedBoard {
    fn act(&mut self, actions: Actions) {
        let now_ms = self.now().up_ms;
        if let Some(motor) = actions.motor {
            self.under_way.push((now_ms + MOTOR_MS, Done::Moved(motor)));
        }
        if actions.find_place {
            let place = self.place();
            self.under_way.push((now_ms + FIX_MS, Done::Found(place)));
        }
        if actions.restart {
            self.under_way.push((now_ms, Done::Restarts));
        }
        if let Some(ms) = actions.set_time_ms {
            let ahead_ms = ms - log::now().as_millis();
            log::info(format_args!(
                "Clock is the system's and stays device={} ahead_ms={ahead_ms}",
                self.name
            ));
        }
    }
}
