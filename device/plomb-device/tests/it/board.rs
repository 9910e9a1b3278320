//! A device on its board, with time that a test moves.

use plomb_device::{Device, DeviceId, Fault, Input, Now, Part, Parts, Provision, RECEIVED_BYTES_MAX, Rng};

use crate::flash::{Flash, Power, Safe};

pub const ID: [u8; 3] = [0x0A, 0x0B, 0x0C];
/// 2026-11-26T08:00:00Z.
pub const EPOCH_MS: i64 = 1_795_680_000_000;

pub type Tested = Device<Flash, Safe>;

#[derive(Clone, Debug)]
pub struct Dice(pub u32);

impl Rng for Dice {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0
    }
}

/// Secrets that differ from each other and from what else lies in memory.
pub fn provision() -> Provision {
    Provision {
        id: DeviceId::new(&ID).unwrap(),
        master: core::array::from_fn(|at| 0xA0 ^ (at as u8).wrapping_mul(37)),
        salt: *b"saltsalt",
        signing: core::array::from_fn(|at| 0x3C ^ (at as u8).wrapping_mul(59)),
    }
}

pub fn now(up_s: u64) -> Now {
    Now { up_ms: up_s * 1000, wall_ms: Some(EPOCH_MS + up_s as i64 * 1000) }
}

pub fn storage(power: &Power) -> (Flash, Safe) {
    let (mut flash, mut safe) = (Flash::new(8, 2048, power), Safe::new(power));
    Device::provision(&mut flash, &mut safe, &provision()).unwrap();
    (flash, safe)
}

pub fn start(flash: Flash, safe: Safe, up_s: u64) -> Result<Tested, Fault> {
    Device::start(flash, safe, Parts::ALL, Parts::ALL, now(up_s))
}

/// A device with every part fitted and whole.
pub fn device() -> Tested {
    let (flash, safe) = storage(&Power::default());
    start(flash, safe, 0).unwrap()
}

/// The same, sealed at second 1.
pub fn sealed() -> Tested {
    let mut device = device();
    device.input(now(1), Input::Lock).unwrap();
    assert_eq!(device.seal().phase, plomb_device::Phase::Sealed);
    device
}

pub fn breaks(device: &mut Tested, up_s: u64, part: Part) {
    device.input(now(up_s), Input::Part(part, false)).unwrap();
}

/// What it sends now.
pub fn sent(device: &mut Tested, at: Now, dice: &mut Dice) -> Option<Vec<u8>> {
    let mut out = [0; RECEIVED_BYTES_MAX];
    device.transmit(at, dice, &mut out).unwrap().map(|length| out[..length].to_vec())
}

/// Delivers all that waits, over a network without faults, a second each time.
pub fn deliver(device: &mut Tested, from_s: u64, peer: &mut crate::peer::Peer) {
    let mut dice = Dice(5);
    for step in 0..1000 {
        let at = now(from_s + step);
        let Some(datagram) = sent(device, at, &mut dice) else { break };
        // Answers to commands are none of a report's business.
        if datagram[0] >> 4 == 6 {
            continue;
        }
        device.receive(at, &mut dice, &peer.take(&datagram)).unwrap();
    }
    assert_eq!(device.waiting().unwrap(), 0);
}
