//! From a protocol's name to its session and its description: the one list of what is spoken.

use plomb_model::Protocol;
use plomb_passive::{llrp, ntag424};
use plomb_profile::{plomb_coap, plomb_mqtt};
use plomb_semiactive::aprilbrother;
use plomb_semiactive::bthome;
use plomb_semiactive::eddystone;
use plomb_semiactive::eye;
use plomb_semiactive::ruuvi;
use plomb_session::{Description, Session, SessionConfig, raw};

use crate::chirpstack;
use crate::digitalmatter;
use crate::egts;
use crate::envotech;
use crate::eseal;
use crate::eseal_json;
use crate::flespi;
use crate::galileosky;
use crate::globalstar;
use crate::gt06;
use crate::h02;
use crate::impinj;
use crate::iridium;
use crate::iso29167;
use crate::jointech;
use crate::jt808;
use crate::meitrack;
use crate::navtelecom;
use crate::osmand;
use crate::owntracks;
use crate::queclink;
use crate::rockblock;
use crate::sigfox;
use crate::spot;
use crate::suntech;
use crate::teltonika;
use crate::teratrack;
use crate::theengs;
use crate::tk103;
use crate::topflytech;
use crate::wialon_ips;
use crate::wialon_retranslator;
use crate::zebra;

/// A session of `protocol`.
#[must_use]
pub fn open(protocol: Protocol, config: SessionConfig) -> Box<dyn Session> {
    match protocol {
        Protocol::Jointech => jointech::session(config),
        Protocol::Jt808 => jt808::session(config),
        Protocol::Gt06 => gt06::session(config),
        Protocol::Teltonika => teltonika::session(config),
        Protocol::Queclink => queclink::session(config),
        Protocol::Topflytech => topflytech::session(config),
        Protocol::Meitrack => meitrack::session(config),
        Protocol::Eseal => eseal::session(config),
        Protocol::Suntech => suntech::session(config),
        Protocol::Osmand => osmand::session(config),
        Protocol::Owntracks => owntracks::session(config),
        Protocol::Globalstar => globalstar::session(config),
        Protocol::Iridium => iridium::session(config),
        Protocol::Rockblock => rockblock::session(config),
        Protocol::Digitalmatter => digitalmatter::session(config),
        Protocol::Sigfox => sigfox::session(config),
        Protocol::Flespi => flespi::session(config),
        Protocol::Spot => spot::session(config),
        Protocol::Llrp => llrp::session(config),
        Protocol::Bthome => bthome::session(config),
        Protocol::Ntag424 => ntag424::session(config),
        Protocol::Ruuvi => ruuvi::session(config),
        Protocol::Eye => eye::session(config),
        Protocol::Impinj => impinj::session(config),
        Protocol::Zebra => zebra::session(config),
        Protocol::Egts => egts::session(config),
        Protocol::Navtelecom => navtelecom::session(config),
        Protocol::WialonIps => wialon_ips::session(config),
        Protocol::WialonRetranslator => wialon_retranslator::session(config),
        Protocol::Envotech => envotech::session(config),
        Protocol::Teratrack => teratrack::session(config),
        Protocol::H02 => h02::session(config),
        Protocol::Chirpstack => chirpstack::session(config),
        Protocol::Tk103 => tk103::session(config),
        Protocol::Galileosky => galileosky::session(config),
        Protocol::EddystoneEid => eddystone::session(config),
        Protocol::Aprilbrother => aprilbrother::session(config),
        Protocol::Theengs => theengs::session(config),
        Protocol::Iso29167 => iso29167::session(config),
        Protocol::ESealJson => eseal_json::session(config),
        Protocol::PlombCoap => plomb_coap::session(config),
        Protocol::PlombMqtt => plomb_mqtt::session(config),
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
        Protocol::Queclink => queclink::describe(frame),
        Protocol::Topflytech => topflytech::describe(frame),
        Protocol::Meitrack => meitrack::describe(frame),
        Protocol::Eseal => eseal::describe(frame),
        Protocol::Suntech => suntech::describe(frame),
        Protocol::Osmand => osmand::describe(frame),
        Protocol::Owntracks => owntracks::describe(frame),
        Protocol::Globalstar => globalstar::describe(frame),
        Protocol::Iridium => iridium::describe(frame),
        Protocol::Rockblock => rockblock::describe(frame),
        Protocol::Digitalmatter => digitalmatter::describe(frame),
        Protocol::Sigfox => sigfox::describe(frame),
        Protocol::Flespi => flespi::describe(frame),
        Protocol::Spot => spot::describe(frame),
        Protocol::Llrp => llrp::describe(frame),
        Protocol::Bthome => bthome::describe(frame),
        Protocol::Ntag424 => ntag424::describe(frame),
        Protocol::Ruuvi => ruuvi::describe(frame),
        Protocol::Eye => eye::describe(frame),
        Protocol::Impinj => impinj::describe(frame),
        Protocol::Zebra => zebra::describe(frame),
        Protocol::Egts => egts::describe(frame),
        Protocol::Navtelecom => navtelecom::describe(frame),
        Protocol::WialonIps => wialon_ips::describe(frame),
        Protocol::WialonRetranslator => wialon_retranslator::describe(frame),
        Protocol::Envotech => envotech::describe(frame),
        Protocol::Teratrack => teratrack::describe(frame),
        Protocol::H02 => h02::describe(frame),
        Protocol::Chirpstack => chirpstack::describe(frame),
        Protocol::Tk103 => tk103::describe(frame),
        Protocol::Galileosky => galileosky::describe(frame),
        Protocol::EddystoneEid => eddystone::describe(frame),
        Protocol::Aprilbrother => aprilbrother::describe(frame),
        Protocol::Theengs => theengs::describe(frame),
        Protocol::Iso29167 => iso29167::describe(frame),
        Protocol::ESealJson => eseal_json::describe(frame),
        Protocol::PlombCoap => plomb_coap::describe(frame),
        Protocol::PlombMqtt => plomb_mqtt::describe(frame),
        Protocol::Unrecognised => Description::new("bytes of no protocol spoken here"),
    }
}
