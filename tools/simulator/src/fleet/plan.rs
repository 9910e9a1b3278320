//! Which devices a fleet has: protocols by weight, identifiers and routes, all from the seed.

use std::sync::Arc;

use plomb_model::{DeviceId, Protocol, Transport};

use super::drive::Drive;
use super::route::Route;
use super::{land, sea};
use crate::protocol::{Numbering, Spoken, simulated};

/// One device in so many is on a ship.
const SHIPS_ONE_IN: usize = 4;
/// One JT/T 808 terminal in so many speaks the 2019 edition.
const EDITION_2019_ONE_IN: usize = 4;

/// One device of the fleet, before it is switched on.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Place in the fleet, from 0.
    pub index: usize,
    /// What it speaks.
    pub protocol: Protocol,
    /// Who it is.
    pub id: DeviceId,
    /// Where it drives.
    pub drive: Drive,
    /// Whether it talks over UDP.
    pub datagrams: bool,
    /// Its own source of randomness.
    pub rng: fastrand::Rng,
}

/// Plans `count` devices of `protocols`, in the proportion of their weights; those that are not simulated are left out.
///
/// `udp_percent` of those whose protocol may use UDP do.
#[must_use]
pub fn plan(count: usize, seed: u64, udp_percent: u8, protocols: &[Protocol]) -> Vec<Planned> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let land: Vec<Arc<Route>> = land::corridors().into_iter().map(Arc::new).collect();
    let sea: Vec<Arc<Route>> = sea::Lanes::load().trades().into_iter().map(Arc::new).collect();
    let base = rng.u32(10_000_000..90_000_000);
    let spoken: Vec<&Spoken> = protocols.iter().filter_map(|protocol| simulated(*protocol)).collect();
    let total: u32 = spoken.iter().map(|spoken| spoken.weight).sum();
    let mut devices = Vec::with_capacity(count);
    for index in 0..count {
        let mut own = fastrand::Rng::with_seed(rng.u64(..));
        let ship = index % SHIPS_ONE_IN == SHIPS_ONE_IN - 1;
        let routes = if ship { &sea } else { &land };
        // Every route in turn, so that a small fleet is spread over the world.
        let turn = if ship { index / SHIPS_ONE_IN } else { index - index / SHIPS_ONE_IN };
        let Some(route) = routes.get(turn % routes.len().max(1)) else { continue };
        let Some(protocol) = protocol_at(&spoken, own.u32(..total.max(1))) else { continue };
        let transports = protocol.transports();
        let either = transports.contains(&Transport::Tcp) && transports.contains(&Transport::Udp);
        let udp = if either { own.u8(..100) < udp_percent } else { transports == [Transport::Udp] };
        let edition_2019 = index % EDITION_2019_ONE_IN == 1;
        let Some(id) = identifier(protocol, base, index, edition_2019) else { continue };
        let drive = Drive::new(Arc::clone(route), &mut own);
        devices.push(Planned { index, protocol, id, drive, datagrams: udp, rng: own });
    }
    devices
}

fn protocol_at(spoken: &[&Spoken], mut place: u32) -> Option<Protocol> {
    for one in spoken {
        if place < one.weight {
            return Some(one.protocol);
        }
        place -= one.weight;
    }
    None
}

/// Identifier of device `index` in the protocol's numbering.
#[must_use]
pub fn identifier(protocol: Protocol, base: u32, index: usize, edition_2019: bool) -> Option<DeviceId> {
    let number = (u64::from(base) + u64::try_from(index).ok()?) % 100_000_000;
    let value = match simulated(protocol)?.numbering {
        Numbering::Prefix(prefix) => format!("{prefix}{number:08}"),
        Numbering::Jt808 if edition_2019 => format!("000000000135{number:08}"),
        Numbering::Jt808 => format!("0135{number:08}"),
        Numbering::Imei(type_code) => imei(type_code * 1_000_000 + number % 1_000_000, number),
    };
    DeviceId::new(protocol.scheme(), &value).ok()
}

/// Fifteen digits: type and serial number, then the check digit (Luhn, 3GPP TS 23.003 annex B).
fn imei(type_and_serial: u64, number: u64) -> String {
    // Numbers beyond the six digits of a serial number go on into the type's last two.
    let body = type_and_serial + number / 1_000_000 % 100 * 1_000_000;
    let digits = format!("{body:014}");
    let sum: u32 = digits
        .bytes()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * (1 + u32::from(place % 2 == 1));
            value / 10 + value % 10
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::protocol::USUAL;

    #[test]
    fn the_seed_decides_everything() {
        let (one, two) = (plan(200, 7, 30, &USUAL), plan(200, 7, 30, &USUAL));
        let other = plan(200, 8, 30, &USUAL);
        let ids: Vec<DeviceId> = one.iter().map(|device| device.id).collect();
        assert_eq!(ids, two.iter().map(|device| device.id).collect::<Vec<_>>());
        assert_ne!(ids, other.iter().map(|device| device.id).collect::<Vec<_>>());
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 200);
        assert!(one.iter().zip(&two).all(|(a, b)| a.drive.place() == b.drive.place()));
        for protocol in USUAL {
            assert!(one.iter().filter(|device| device.protocol == protocol).count() > 8, "{protocol:?}");
        }
        assert!(
            one.iter().any(|device| device.datagrams)
                && plan(200, 7, 0, &USUAL).iter().all(|device| !device.datagrams)
        );
        assert!(ids.iter().any(|id| id.value().len() == 20));
    }

    #[test]
    fn check_digit() {
        // The worked example of 3GPP TS 23.003: 49015420323751 has the check digit 8.
        assert_eq!(imei(49_015_420_323_751, 0), "490154203237518");
    }
}
