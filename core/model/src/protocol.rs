//! The device protocols that the platform speaks, and what is true of each: one table, from which the listeners, the
//! command line, the API and the documents are fed.

use crate::Scheme;

/// How the device is powered and heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceClass {
    /// A tag with a mechanical seal and no battery.
    Passive,
    /// A small battery, heard within metres by a gateway.
    SemiActive,
    /// GNSS and a network of its own.
    Active,
}

impl DeviceClass {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passive => "passive",
            Self::SemiActive => "semi-active",
            Self::Active => "active",
        }
    }
}

/// How the bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A stream that the device opens.
    Tcp,
    /// Datagrams.
    Udp,
    /// Requests of HTTP.
    Http,
    /// Messages of MQTT.
    Mqtt,
    /// A stream that the platform opens to a reader.
    Client,
}

impl Transport {
    /// Every transport.
    pub const ALL: [Self; 5] = [Self::Tcp, Self::Udp, Self::Http, Self::Mqtt, Self::Client];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Http => "http",
            Self::Mqtt => "mqtt",
            Self::Client => "client",
        }
    }

    /// Whether each message comes whole and alone, so that a session sees its end.
    #[must_use]
    pub const fn is_message(self) -> bool {
        matches!(self, Self::Udp | Self::Http | Self::Mqtt)
    }
}

/// What a protocol's messages can bring or take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ability {
    /// Where the device is.
    Position,
    /// Whether the seal is whole.
    Seal,
    /// Battery, temperature, light, shock.
    Condition,
    /// Commands to the device.
    Commands,
    /// A proof of who sent the message: a code, encryption or signature.
    Trust,
}

impl Ability {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Seal => "seal",
            Self::Condition => "condition",
            Self::Commands => "commands",
            Self::Trust => "trust",
        }
    }
}

/// What is true of a protocol.
#[derive(Clone, Copy, Debug)]
struct Facts {
    name: &'static str,
    title: &'static str,
    class: DeviceClass,
    scheme: Scheme,
    transports: &'static [Transport],
    default_port: u16,
    abilities: &'static [Ability],
}

macro_rules! protocols {
    ($($variant:ident = $code:literal, $name:literal, $title:literal, $class:ident, $scheme:ident,
       [$($transport:ident)*], $port:literal, [$($ability:ident)*];)*) => {
        /// A device protocol. The discriminants are part of the journal's format: never reuse one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Protocol {
            /// None of ours: bytes on a shared port that nobody could place. Kept as they came.
            Unrecognised = 0,
            $(#[doc = $title] $variant = $code,)*
        }

        impl Protocol {
            /// Every protocol that is spoken.
            pub const ALL: [Self; [$($code),*].len()] = [$(Self::$variant),*];

            const fn facts(self) -> Facts {
                match self {
                    Self::Unrecognised => UNRECOGNISED,
                    $(Self::$variant => Facts {
                        name: $name,
                        title: $title,
                        class: DeviceClass::$class,
                        scheme: Scheme::$scheme,
                        transports: &[$(Transport::$transport),*],
                        default_port: $port,
                        abilities: &[$(Ability::$ability),*],
                    },)*
                }
            }
        }
    };
}

const UNRECOGNISED: Facts = Facts {
    name: "unrecognised",
    title: "Not recognised",
    class: DeviceClass::Active,
    scheme: Scheme::Imei,
    transports: &[],
    default_port: 0,
    abilities: &[],
};

// The ports are those that such devices are commonly configured for.
protocols! {
    Jointech = 1, "jointech", "Jointech JT600/JT701 e-locks and JT709 sub-locks", Active, Jointech,
        [Tcp], 5014, [Position Seal Condition Commands];
    Jt808 = 2, "jt808", "JT/T 808 terminals and e-locks", Active, Jt808,
        [Tcp Udp], 5015, [Position Seal Condition Commands];
    Gt06 = 3, "gt06", "GT06 / Concox trackers and asset locks", Active, Imei,
        [Tcp], 5023, [Position Seal Condition Commands];
    Teltonika = 4, "teltonika", "Teltonika codec 8, 8E, 16 and 12", Active, Imei,
        [Tcp Udp], 5027, [Position Seal Condition Commands];
    Queclink = 5, "queclink", "Queclink @Track: GL, GV, GB, CV and GL601", Active, Imei,
        [Tcp Udp], 5004, [Position Condition Commands];
    Meitrack = 7, "meitrack", "Meitrack MVT, T, P and K trackers", Active, Imei,
        [Tcp Udp], 5020, [Position Seal Condition Commands];
    Topflytech = 19, "topflytech", "Topflytech T880x, OBD, solar and asset trackers", Active, Imei,
        [Tcp Udp], 5094, [Position Seal Condition Commands];
    Eseal = 8, "eseal", "eSeal electronic seals", Active, Tracker,
        [Tcp], 5169, [Position Seal Condition Commands];
    Suntech = 9, "suntech", "Suntech ST200 to ST900 and universal trackers", Active, Tracker,
        [Tcp], 5011, [Position Condition Commands];
    Osmand = 20, "osmand", "OsmAnd and Traccar Client phones", Active, Tracker,
        [Http], 0, [Position Seal Condition];
    Owntracks = 21, "owntracks", "OwnTracks phones and trackers", Active, Tracker,
        [Http Mqtt], 0, [Position Condition Commands];
    Digitalmatter = 18, "digitalmatter", "Digital Matter asset trackers", Active, Tracker,
        [Tcp Http], 5137, [Position Seal Condition];
    Flespi = 22, "flespi", "Messages of the hub flespi", Active, Tracker,
        [Http Mqtt], 0, [Position Seal Condition];
    Sigfox = 23, "sigfox", "Sigfox callbacks", Active, Sigfox,
        [Http], 0, [Position Condition];
    Iridium = 24, "iridium", "Iridium Short Burst Data, DirectIP", Active, Imei,
        [Tcp], 10800, [Position Commands];
    Rockblock = 25, "rockblock", "RockBLOCK messages of Iridium terminals", Active, Imei,
        [Http], 0, [Position];
    Globalstar = 26, "globalstar", "Globalstar simplex transmitters", Active, Globalstar,
        [Http], 0, [Position Condition];
    Spot = 27, "spot", "SPOT messengers and SPOT Trace", Active, Globalstar,
        [Http], 0, [Position];
    Llrp = 28, "llrp", "LLRP readers of UHF tags", Passive, Reader,
        [Client], 5084, [Seal];
    Bthome = 33, "bthome", "BTHome v2 sensors heard by gateways", SemiActive, Bluetooth,
        [Http Mqtt], 0, [Seal Condition Trust];
    Tk103 = 10, "tk103", "TK103 and kin", Active, Tracker,
        [Tcp Udp], 5002, [Position Seal Condition Commands];
    H02 = 6, "h02", "H02", Active, Tracker, [Tcp Udp], 5013, [Position Condition Commands];
    Galileosky = 11, "galileosky", "Galileosky terminals", Active, Imei,
        [Tcp], 5034, [Position Seal Condition Commands];
    Egts = 12, "egts", "EGTS, the standard of ERA-GLONASS", Active, Tracker,
        [Tcp], 5162, [Position Seal Condition Commands];
    Navtelecom = 13, "navtelecom", "Navtelecom NTCB and FLEX", Active, Imei,
        [Tcp], 5019, [Position Seal Condition Commands];
    WialonIps = 14, "wialon-ips", "Wialon IPS", Active, Tracker, [Tcp Udp], 5039, [Position Condition Commands];
    WialonRetranslator = 15, "wialon-retranslator", "Wialon Retranslator", Active, Tracker,
        [Tcp], 20163, [Position Condition];
    Envotech = 16, "envotech", "Envotech electronic locks and vehicle trackers", Active, Tracker,
        [Tcp], 5240, [Position Seal Condition];
    Teratrack = 17, "teratrack", "Teratrack relays of Jointech locks", Active, Tracker,
        [Tcp], 5239, [Position Seal Condition];
    Impinj = 31, "impinj", "Impinj IoT device interface", Passive, Epc, [Http Mqtt], 0, [];
    Zebra = 32, "zebra", "Zebra IoT Connector", Passive, Epc, [Http Mqtt], 0, [];
    Ntag424 = 29, "ntag424", "NTAG 424 DNA TagTamper links", Passive, Tag,
        [Http], 0, [Seal Trust];
    Iso29167 = 30, "iso29167-10", "Tags read by handhelds, with answers of ISO/IEC 29167-10", Passive, Epc,
        [Http Mqtt], 0, [Position Seal Trust];
    Ruuvi = 34, "ruuvi", "Ruuvi sensors and the Ruuvi Gateway", SemiActive, Bluetooth,
        [Http Mqtt], 0, [Condition];
    Eye = 35, "eye", "Teltonika EYE sensors and beacons", SemiActive, Bluetooth,
        [Http Mqtt], 0, [Seal Condition];
    Chirpstack = 39, "chirpstack", "ChirpStack, LoRaWAN network server", SemiActive, Lorawan,
        [Http Mqtt], 0, [Position Seal Condition Commands];
    EddystoneEid = 36, "eddystone-eid", "Eddystone beacons with ephemeral identifiers", SemiActive, Beacon,
        [Http Mqtt], 0, [Condition Trust];
    Aprilbrother = 38, "aprilbrother", "April Brother gateways of Bluetooth devices", SemiActive, Gateway,
        [Http Mqtt], 0, [Seal Condition Trust];
    Theengs = 37, "theengs", "OpenMQTTGateway and Theengs Gateway", SemiActive, Gateway,
        [Http Mqtt], 0, [Seal Condition Trust];
    ESealJson = 40, "e-seal-json", "Electronic seals after the model of ISO 18185", SemiActive, Eseal18185,
        [Http Mqtt], 0, [Seal Condition];
    PlombCoap = 41, "plomb-coap", "The open Plomb profile over CoAP: OSCORE, EDHOC, COSE", Active, Plomb,
        [Udp], 5683, [Position Seal Condition Commands Trust];
    PlombMqtt = 42, "plomb-mqtt", "The open Plomb profile over MQTT: COSE", Active, Plomb,
        [Mqtt], 0, [Position Seal Condition Commands Trust];
}

impl Protocol {
    /// The word for it, as in `plomb decode --protocol`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The words a person reads.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.facts().title
    }

    /// Class of the devices that speak it.
    #[must_use]
    pub const fn class(self) -> DeviceClass {
        self.facts().class
    }

    /// Scheme of the identifiers that its devices use.
    #[must_use]
    pub const fn scheme(self) -> Scheme {
        self.facts().scheme
    }

    /// Transports it is used over.
    #[must_use]
    pub const fn transports(self) -> &'static [Transport] {
        self.facts().transports
    }

    /// The port that devices of this kind are commonly configured for; 0 where it has none of its own (messages that
    /// come by HTTP or MQTT).
    #[must_use]
    pub const fn default_port(self) -> u16 {
        self.facts().default_port
    }

    /// What its messages can bring or take.
    #[must_use]
    pub const fn abilities(self) -> &'static [Ability] {
        self.facts().abilities
    }

    /// Whether it has this ability.
    #[must_use]
    pub fn can(self, ability: Ability) -> bool {
        self.abilities().contains(&ability)
    }

    /// The protocol of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// The protocol with this journal code.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        if code == Self::Unrecognised as u16 {
            return Some(Self::Unrecognised);
        }
        Self::ALL.into_iter().find(|protocol| *protocol as u16 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_codes_and_ports_are_unique() {
        for (place, protocol) in Protocol::ALL.into_iter().enumerate() {
            for other in Protocol::ALL.into_iter().skip(place + 1) {
                assert_ne!(protocol.name(), other.name());
                assert_ne!(protocol as u16, other as u16);
                let port = protocol.default_port();
                assert!(port == 0 || port != other.default_port(), "{protocol:?} {other:?}");
                // Port 0: it is heard on the port that all protocols over HTTP and MQTT share.
                if protocol.default_port() != 0 {
                    assert_ne!(protocol.default_port(), other.default_port(), "{protocol:?} {other:?}");
                }
            }
            assert_eq!(Protocol::from_name(protocol.name()), Some(protocol));
            assert_eq!(Protocol::from_code(protocol as u16), Some(protocol));
        }
    }
}
