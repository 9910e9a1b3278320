//! The firmware core of a seal that speaks the Plomb profile: without heap, without I/O, without a clock of its own.
//!
//! A maker gives it storage, a vault for keys, and tells it what the sensors see; it keeps the state of the seal, records
//! events so that no loss of power loses one, builds and protects reports, takes commands, and says when it wants to be
//! called again. `docs/firmware.md` is the guide.
//!
//! # Tampering
//!
//! When the device is opened or attacked, its keys are erased first: in the vault, then in memory, then on the stack. From
//! then on it can prove nothing new. What it can still show was proved before:
//!
//! - the **tamper beacon**: a `COSE_Mac0` over "beacon, arming N", made when the seal was armed, by a key that is derived
//!   of the master secret alone. It is kept and never shown while the keys are there; showing it is the message. Who has
//!   read it out of the memory has opened the device, so that it says the truth even then. It counts for its arming alone,
//!   and dies with the keys: a serviced device gets new ones.
//! - **events of the seal** that were not delivered yet: each was signed when it happened, and its signature lies
//!   beside it in the log.
//!
//! Both go out in plain CoAP, again and again, whatever anybody answers: no answer can be proved any more.

#![no_std]

mod battery;
mod bytes;
mod command;
mod device;
mod hardware;
mod keys;
mod link;
mod log;
mod pack;
mod record;
mod run;
mod seal;
mod settings;
mod state;

pub use battery::{Draw, Use};
pub use device::{Actions, Device, Fault, Input, Motor};
pub use hardware::{Board, Clock, Now, PAGES_MIN, Rng, Storage, StorageFault, Transport, UNIT_BYTES, Vault};
pub use keys::{DeviceId, MASTER_BYTES, Provision, SALT_BYTES, VAULT_BYTES};
pub use link::RECEIVED_BYTES_MAX;
pub use log::{Digest, LogFault};
pub use pack::extra;
pub use record::{CARD_BYTES_MAX, Card, Method, Outcome, Place, Readings, Record};
pub use run::turn;
pub use seal::{Breaks, Cause, Importance, Part, Parts, Phase, SEAL_EVENTS_MAX, Seal, Turn};
pub use settings::{INTERVAL_S_MAX, INTERVAL_S_MIN, Settings, Situation};
pub use state::CARDS_MAX;

pub use plomb_constrained::stack::burn_stack;
