//! From a protocol's name to its session and its description: the one list of what is spoken.

use plomb_model::Protocol;
use plomb_semiactive::{bthome, eye, ruuvi};
use plomb_session::{Description, Session, SessionConfig, raw};

use crate::{gt06, jointech, jt808, teltonika};

/// A session of `protocol`.
#[must_use]
pub fn open(protocol: Protocol, config: SessionConfig) -> Box<dyn Session> {
    match protocol {
        Protocol::Jointech => jointech::session(config),
        Protocol::Jt808 => jt808::session(config),
        Protocol::Gt06 => gt06::session(config),
        Protocol::Teltonika => teltonika::session(config),
        Protocol::Bthome => bthome::session(config),
        Protocol::Ruuvi => ruuvi::session(config),
        Protocol::Eye => eye::session(config),
        Protocol::Unrecognised => raw(),
    }
}

/// A frame of `protocol` laid open for a person, secrets redacted.
#[must_use]
pub fn describe(protocol: Protocol, frame: &[u8]) -> Description {
    match protocol {
        Protocol::Jointech => jointech::describe(frame),
        Protocol::Jt808 => jt808::describe(frame),
        Protocol::Gt06 => gt06::describe(frame),
        Protocol::Teltonika => teltonika::describe(frame),
        Protocol::Bthome => bthome::describe(frame),
        Protocol::Ruuvi => ruuvi::describe(frame),
        Protocol::Eye => eye::describe(frame),
        Protocol::Unrecognised => Description::new("bytes of no protocol spoken here"),
    }
}
