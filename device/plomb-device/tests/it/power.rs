//! Whenever the power fails: no event of the seal that was recorded is lost, no broken seal goes unnoticed, no number
//! is used twice.

use std::collections::BTreeSet;

use plomb_device::{Breaks, Cause, Device, Fault, Input, Part, Parts, Phase, Place, Seal, Storage, Vault};
use proptest::prelude::*;

use crate::board::{Dice, Tested, now, provision, sent, start, storage};
use crate::flash::{Flash, Power, Safe};
use crate::peer::Peer;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A part of the real seal changes.
    Part(usize, bool),
    Lock,
    Unlock,
    /// Time passes, and what is due is done.
    Wait(u16),
    /// Something is sent; it arrives or not, and the answer too.
    Exchange(bool, bool),
    /// The power fails after so many more units of flash.
    Fail(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..6_usize, prop::bool::weighted(0.6)).prop_map(|(part, whole)| Step::Part(part, whole)),
        2 => Just(Step::Lock),
        1 => Just(Step::Unlock),
        4 => (1..5000_u16).prop_map(Step::Wait),
        4 => (prop::bool::weighted(0.7), prop::bool::weighted(0.7)).prop_map(|(a, b)| Step::Exchange(a, b)),
        3 => (0..120_u8).prop_map(Step::Fail),
    ]
}

struct World {
    power: Power,
    device: Option<Tested>,
    parts: Parts,
    at_s: u64,
    peer: Peer,
    dice: Dice,
    /// What a device that was up has recorded: arming and cause.
    recorded: BTreeSet<(i64, u8)>,
    unlocks: u64,
    /// The seal when the device last said that all is well.
    seal: Seal,
}

const BREAKS: [Cause; 5] =
    [Cause::RopeCut, Cause::RopePulled, Cause::Forced, Cause::DoorOpened, Cause::LightSeen];

impl World {
    fn new() -> Self {
        let power = Power::default();
        let (flash, safe) = storage(&power);
        Self {
            device: Some(start(flash, safe, 0).unwrap()),
            power,
            parts: Parts::ALL,
            at_s: 1,
            peer: Peer::new(),
            dice: Dice(77),
            recorded: BTreeSet::new(),
            unlocks: 0,
            seal: Seal::default(),
        }
    }

    fn device(&mut self) -> &mut Tested {
        self.device.as_mut().unwrap()
    }

    /// Notes what the device counts as recorded, or starts it again when its power has failed.
    fn after(&mut self, done: Result<(), Fault>) {
        if self.power.has_failed() {
            return self.restart();
        }
        done.unwrap();
        let seal = *self.device().seal();
        self.seal = seal;
        let arming = i64::from(seal.arming);
        for cause in BREAKS.into_iter().filter(|cause| seal.ever.has(*cause)) {
            self.recorded.insert((arming, cause as u8));
        }
        if seal.phase != Phase::Open {
            self.recorded.insert((arming, Cause::Armed as u8));
        }
    }

    fn restart(&mut self) {
        let before = self.seal;
        let (flash, safe) = self.device.take().unwrap().stop();
        // Its seal is what the sensors see; its clock goes on.
        self.power.0.set(None);
        let at = now(self.at_s);
        let device = Device::start(flash, safe, Parts::ALL, self.parts, at).unwrap();
        let seal = *device.seal();
        assert!(seal.arming == before.arming || seal.arming == before.arming + 1);
        if seal.arming == before.arming {
            assert_eq!(seal.ever.0 & before.ever.0, before.ever.0, "a latch was lost with the power");
        }
        if before.phase == Phase::Sealed && seal.phase != Phase::OpenedWithRight {
            let watched = Parts::ALL.with(Part::CaseClosed, false);
            let whole = self.parts.and(watched) == watched;
            assert!(whole || seal.ever != Breaks::default(), "a seal broke while the power was off");
        }
        self.device = Some(device);
        self.after(Ok(()));
    }

    fn exchange(&mut self, arrives: bool, returns: bool) -> bool {
        let at = now(self.at_s);
        let mut out = [0; 1280];
        let mut dice = self.dice.clone();
        let done = self.device().transmit(at, &mut dice, &mut out);
        self.dice = dice;
        let Ok(length) = done else {
            self.after(done.map(drop));
            return false;
        };
        let Some(length) = length else { return false };
        let datagram = &out[..length];
        // An answer to a command is none of the peer's business here.
        if datagram[0] >> 4 == 6 {
            return true;
        }
        let reply = if arrives { self.peer.take(datagram) } else { self.peer.answer(datagram, 0xA3) };
        if arrives && returns {
            let mut dice = self.dice.clone();
            let done = self.device().receive(at, &mut dice, &reply);
            self.after(done);
        }
        true
    }

    fn step(&mut self, step: Step) {
        self.at_s += 1;
        let at = now(self.at_s);
        match step {
            // The case is another story: opening it ends all.
            Step::Part(part, whole) if Part::ALL[part] != Part::CaseClosed => {
                self.parts = self.parts.with(Part::ALL[part], whole);
                let done = self.device().input(at, Input::Part(Part::ALL[part], whole));
                self.after(done);
            }
            Step::Part(..) => {}
            Step::Lock => {
                let done = self.device().input(at, Input::Lock);
                self.after(done);
            }
            Step::Unlock => {
                self.unlocks += 1;
                let unlock = self.peer.command_at("unlock", self.unlocks);
                let done = self.device().receive(at, &mut Dice(1), &unlock);
                self.after(done);
            }
            Step::Wait(seconds) => {
                self.at_s += u64::from(seconds);
                let at = now(self.at_s);
                let done = self.device().poll(at);
                self.after(done);
                if self.device().take_actions().find_place {
                    let place = Place { longitude_e7: self.at_s as i32, ..Place::default() };
                    let done = self.device().input(at, Input::Place(place));
                    self.after(done);
                }
            }
            Step::Exchange(arrives, returns) => drop(self.exchange(arrives, returns)),
            Step::Fail(units) => self.power.0.set(Some(u32::from(units) + 1)),
        }
    }

    /// The network and the power are there again: everything arrives.
    fn end(&mut self) {
        self.power.0.set(None);
        for _ in 0..500 {
            self.at_s += 40;
            let is_empty = self.device().waiting().unwrap() == 0;
            if !self.exchange(true, true) && is_empty {
                break;
            }
        }
        assert_eq!(self.device().waiting().unwrap(), 0, "something is never delivered");
        for (arming, cause) in &self.recorded {
            let story = self.peer.events.values().find(|seen| {
                seen.signed && seen.numbers["arm"] == *arming && seen.cause() == i64::from(*cause)
            });
            assert!(story.is_some(), "arming {arming}: cause {cause} was recorded and never arrived");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_loss_of_power_loses_an_event_of_the_seal_or_repeats_a_number(
        steps in prop::collection::vec(step(), 1..160)
    ) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.end();
    }
}

/// The same story with the power failing at every single unit.
#[test]
fn a_cut_is_told_wherever_the_power_fails() {
    for units in 1..400 {
        let mut world = World::new();
        for step in [Step::Lock, Step::Exchange(true, true), Step::Fail(0)] {
            world.step(step);
        }
        world.power.0.set(Some(units));
        world.step(Step::Part(Part::RopeIntact as usize, false));
        for _ in 0..12 {
            world.step(Step::Wait(601));
            world.step(Step::Exchange(false, false));
        }
        world.end();
        let is_cut = |seen: &&crate::peer::Seen| seen.cause() == Cause::RopeCut as i64;
        assert!(world.peer.events.values().any(|seen| is_cut(&seen)), "{units} units");
    }
}

#[test]
fn what_was_erased_in_part_is_erased_again_and_nothing_is_lost() {
    // So small a memory that every few events turn a page.
    let power = Power::default();
    let mut seen = BTreeSet::new();
    for units in (1..4200).step_by(7) {
        power.0.set(None);
        let (mut flash, mut safe) = (Flash::new(5, 1024, &power), Safe::new(&power));
        Device::provision(&mut flash, &mut safe, &provision()).unwrap();
        let mut device = start(flash, safe, 0).unwrap();
        device.input(now(1), Input::Lock).unwrap();
        power.0.set(Some(units));
        let mut at_s = 2;
        let broken = loop {
            at_s += 3700;
            let done = device.poll(now(at_s)).and_then(|()| device.input(now(at_s), Input::NoPlace));
            if done.is_err() || at_s > 150_000 {
                break done.is_err();
            }
        };
        let (flash, safe) = device.stop();
        power.0.set(None);
        let mut device = start(flash, safe, at_s).unwrap();
        let mut peer = Peer::new();
        let mut dice = Dice(units);
        while let Some(datagram) = sent(&mut device, now(at_s), &mut dice) {
            device.receive(now(at_s), &mut dice, &peer.take(&datagram)).unwrap();
        }
        assert_eq!(device.waiting().unwrap(), 0);
        let signed = peer.events.values().filter(|seen| seen.signed).count();
        assert_eq!(signed, 2, "armed and sealed, {units} units");
        seen.insert(broken);
    }
    assert_eq!(seen.len(), 2, "with and without a failure");
}

#[test]
fn keys_without_their_numbers_do_not_start() {
    let power = Power::default();
    let (mut flash, safe) = storage(&power);
    flash.erase(0).unwrap();
    flash.erase(1).unwrap();
    assert_eq!(start(flash, safe, 0).err(), Some(Fault::StateLost));
    let (flash, mut safe) = storage(&power);
    safe.wipe().unwrap();
    assert_eq!(start(flash, safe, 0).err(), Some(Fault::NotProvisioned));
}

#[test]
fn new_keys_let_numbers_go_on() {
    let power = Power::default();
    let (flash, safe) = storage(&power);
    let mut device = start(flash, safe, 0).unwrap();
    device.input(now(1), Input::Lock).unwrap();
    let mut peer = Peer::new();
    peer.take(&sent(&mut device, now(2), &mut Dice(1)).unwrap());
    let (arming, next) = (device.seal().arming, device.next_sequence());
    let (mut flash, mut safe) = device.stop();
    Device::provision(&mut flash, &mut safe, &provision()).unwrap();
    let mut device = start(flash, safe, 0).unwrap();
    assert_eq!((device.seal().phase, device.seal().arming), (Phase::Open, arming));
    assert!(device.next_sequence() > next);
    // The same keys again: the peer would notice a number that comes twice.
    device.input(now(3), Input::Lock).unwrap();
    peer.take(&sent(&mut device, now(4), &mut Dice(2)).unwrap());
}
