//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use plomb_model::{DeviceId, Protocol};
use plomb_simulator::fleet::incident::{Incident, Scripted};
use plomb_simulator::load::{Mode, Speech};
use plomb_simulator::protocol::SIMULATED;
use plomb_simulator::seal;

/// Where readers of tags wait for their host.
const LLRP_PORT: u16 = 5084;

/// Simulated e-locks and trackers that speak their real protocols over real sockets.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Devices on trucks and ships all over the world, with incidents.
    Fleet(FleetArgs),
    /// One device, one incident; prints `sent <id>` the moment its bytes are written.
    Trigger(TriggerArgs),
    /// Seals that run the real firmware core, by the open profile over CoAP.
    Seals(SealsArgs),
    /// Phones, hubs, back offices, readers and gateways that bring whole messages by HTTP and MQTT.
    Gateways(GatewaysArgs),
    /// Links of taps on passive seals with NTAG 424 DNA TagTamper chips, one a line.
    Taps(TapsArgs),
    /// A handheld that reads UHF chips: each answers a challenge of the platform (ISO/IEC 29167-10); prints what the
    /// platform finds of it, one JSON object a line.
    Chips(ChipsArgs),
    /// As many reports as the platform takes; prints one JSON object.
    Load(LoadArgs),
    /// Measure how long alarms take from a device's socket to the live stream.
    Latency(LatencyArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct FleetArgs {
    /// Where the platform listens.
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
    /// What the devices speak, separated by commas, or `all`.
    #[arg(long, value_delimiter = ',', value_parser = speaking, default_value = "jointech,jt808,gt06,teltonika")]
    pub(crate) protocols: Vec<Speaking>,
    /// `PROTOCOL=PORT` where a protocol is not on its common port; may come again.
    #[arg(long, value_parser = protocol_port)]
    pub(crate) port: Vec<(Protocol, u16)>,
    #[arg(long, default_value_t = Protocol::Jointech.default_port())]
    pub(crate) jointech_port: u16,
    #[arg(long, default_value_t = Protocol::Jt808.default_port())]
    pub(crate) jt808_port: u16,
    #[arg(long, default_value_t = Protocol::Gt06.default_port())]
    pub(crate) gt06_port: u16,
    #[arg(long, default_value_t = Protocol::Teltonika.default_port())]
    pub(crate) teltonika_port: u16,
    /// One port for all protocols, instead of one each.
    #[arg(long)]
    pub(crate) shared_port: Option<u16>,
    #[arg(long, default_value_t = 60)]
    pub(crate) devices: usize,
    /// Identifiers, routes, incidents: everything random follows from it.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Time between two reports of a device, such as 10s, 500ms, 2m.
    #[arg(long, default_value = "10s", value_parser = duration)]
    pub(crate) interval: Duration,
    /// Travel time passes so many times faster than the clock.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) time_factor: f64,
    /// But no device moves faster over ground than this, so that no platform must call it a jump (km/h).
    #[arg(long, default_value_t = 900.0)]
    pub(crate) apparent_kmh_max: f64,
    /// Share of devices with coverage gaps on their way, per cent.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) gaps_percent: u8,
    /// Share of the devices whose protocol may use UDP that do, per cent.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) udp_share: u8,
    /// `KIND[:device-index][@seconds]`, such as cut:3@20; may come again.
    #[arg(long)]
    pub(crate) incident: Vec<Scripted>,
    /// An incident of the next kind so often.
    #[arg(long, value_parser = duration)]
    pub(crate) incidents_every: Option<Duration>,
    /// Stop after this time.
    #[arg(long, value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// Gates with readers of UHF tags that wait for the platform's call, where llrp is among the protocols.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) gates: u16,
    /// Print the records by which the platform's register knows this fleet, and stop.
    #[arg(long)]
    pub(crate) print_register: bool,
    /// So many devices are left out of the register.
    #[arg(long, default_value_t = 0)]
    pub(crate) strangers: usize,
    /// Where gates listen: the first on the port of llrp, each further one on the next.
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) gate_address: std::net::IpAddr,
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SealsArgs {
    /// Where the platform listens.
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
    #[arg(long, default_value_t = Protocol::PlombCoap.default_port())]
    pub(crate) port: u16,
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) seals: u16,
    /// What keys and routes are drawn from.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Time between two reports of a seal, 10 s to 7 days.
    #[arg(long, default_value = "10s", value_parser = duration)]
    pub(crate) interval: Duration,
    /// Travel time passes so many times faster than the clock.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) time_factor: f64,
    /// `KIND[:seal][@seconds]`, such as cut:1@60; may come again.
    #[arg(long)]
    pub(crate) incident: Vec<seal::Scripted>,
    /// Where flash and keys of the seals lie, so that they go on where they stopped; without it each start is of new seals.
    #[arg(long)]
    pub(crate) memory: Option<PathBuf>,
    /// Stop after this time.
    #[arg(long, value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// Print the lines by which the platform knows these seals, and stop.
    #[arg(long)]
    pub(crate) print_keys: bool,
    /// Print the records of the platform's register, and stop.
    #[arg(long)]
    pub(crate) print_register: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct GatewaysArgs {
    /// Where the platform listens.
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
    /// Its port for web messages.
    #[arg(long, default_value_t = 5055)]
    pub(crate) http_port: u16,
    /// Its port for MQTT: what can be published goes there instead.
    #[arg(long)]
    pub(crate) mqtt_port: Option<u16>,
    /// Sources of each protocol.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) sources: u32,
    /// What keys are drawn from.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Time between two messages of a source.
    #[arg(long, default_value = "10s", value_parser = duration)]
    pub(crate) interval: Duration,
    /// Something breaks at the next source so often: a door, a seal, a cover, as it can tell.
    #[arg(long, value_parser = duration)]
    pub(crate) incidents_every: Option<Duration>,
    /// Stop after this time.
    #[arg(long, value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// Print the lines by which the platform knows the sensors that encipher, and stop.
    #[arg(long)]
    pub(crate) print_keys: bool,
    /// Print the lines of credentials by which the platform admits those that publish, and stop.
    #[arg(long)]
    pub(crate) print_mqtt_credentials: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TapsArgs {
    /// Where the links lead: the page's `/t`.
    #[arg(long, default_value = "http://127.0.0.1:8080/t")]
    pub(crate) url: String,
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) tags: u16,
    /// What keys are drawn from.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Number of a tag whose loop was opened; may come again.
    #[arg(long)]
    pub(crate) opened: Vec<u16>,
    /// Number of a tag that is not armed yet; may come again.
    #[arg(long)]
    pub(crate) unarmed: Vec<u16>,
    /// Taps so far; without it a number that rises by one in four seconds.
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..0x0100_0000))]
    pub(crate) counter: Option<u32>,
    /// Print the lines by which the platform knows these tags, and stop.
    #[arg(long)]
    pub(crate) print_keys: bool,
    /// Print the records of the platform's register, and stop.
    #[arg(long)]
    pub(crate) print_register: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AccountArgs {
    /// Where the platform answers HTTP.
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
    #[arg(long, default_value_t = 8080)]
    pub(crate) http_port: u16,
    /// What `plomb account demo` wrote.
    #[arg(long)]
    pub(crate) log_ins: Option<PathBuf>,
    #[arg(long, default_value = "operator")]
    pub(crate) name: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ChipsArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) chips: u16,
    /// What keys are drawn from.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Read a block of their memory besides (TAM2).
    #[arg(long)]
    pub(crate) memory: bool,
    /// Print the lines by which the platform knows these chips, and stop.
    #[arg(long)]
    pub(crate) print_keys: bool,
    /// Print the records of the platform's register, and stop.
    #[arg(long)]
    pub(crate) print_register: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TriggerArgs {
    /// What happens.
    #[arg(long)]
    pub(crate) kind: Incident,
    /// What the device speaks.
    #[arg(long, value_parser = protocol)]
    pub(crate) protocol: Protocol,
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
    #[arg(long)]
    pub(crate) port: u16,
    /// Such as jointech:8041300978, jt808:013512211221, imei:356307042441013; a fixed one if none.
    #[arg(long)]
    pub(crate) device: Option<DeviceId>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LoadArgs {
    #[arg(long, value_enum)]
    pub(crate) mode: ModeArg,
    /// What devices speak; gateways speak JT/T 808.
    #[arg(long, value_enum, default_value = "jt808")]
    pub(crate) protocol: SpeechArg,
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
    #[arg(long)]
    pub(crate) port: u16,
    #[arg(long, default_value_t = 4)]
    pub(crate) connections: usize,
    /// Terminals over all gateway connections.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) devices: usize,
    /// Unacknowledged reports that a gateway has under way at most.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) window: usize,
    /// Reports in one write of a gateway.
    #[arg(long, default_value_t = 800)]
    pub(crate) batch: usize,
    /// Reports a second over all connections; latency then counts from when a report was due.
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    #[arg(long, value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// Stop after so many reports over all.
    #[arg(long)]
    pub(crate) reports: Option<u64>,
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Register and authenticate every JT/T 808 terminal first.
    #[arg(long)]
    pub(crate) authenticate: bool,
    /// Write each acknowledged report as `device serial time`, a line each (gateways).
    #[arg(long)]
    pub(crate) record: Option<PathBuf>,
    /// Connect again when a connection breaks, and send what was not acknowledged, the same bytes (gateways).
    #[arg(long)]
    pub(crate) resend_on_reconnect: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LatencyArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,
    /// Where Jointech devices are listened for.
    #[arg(long, default_value_t = 5014)]
    pub(crate) port: u16,
    /// How many locks are cut, one after the other.
    #[arg(long, default_value_t = 200)]
    pub(crate) alarms: usize,
    /// One so often.
    #[arg(long, default_value = "50ms", value_parser = duration)]
    pub(crate) every: Duration,
    /// Number from which the locks' identifiers are made; another one for each run on the same server.
    #[arg(long, default_value_t = 50_000_000)]
    pub(crate) first: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeArg {
    Gateway,
    Devices,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Gateway => Self::Gateway,
            ModeArg::Devices => Self::Devices,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SpeechArg {
    Jt808,
    Gt06,
}

impl From<SpeechArg> for Speech {
    fn from(speech: SpeechArg) -> Self {
        match speech {
            SpeechArg::Jt808 => Self::Jt808,
            SpeechArg::Gt06 => Self::Gt06,
        }
    }
}

/// The words for mode and protocol in the result.
pub(crate) const fn names(mode: ModeArg, speech: SpeechArg) -> (&'static str, &'static str) {
    match (mode, speech) {
        (ModeArg::Gateway, _) => ("gateway", "jt808"),
        (ModeArg::Devices, SpeechArg::Jt808) => ("devices", "jt808"),
        (ModeArg::Devices, SpeechArg::Gt06) => ("devices", "gt06"),
    }
}

/// One of the protocols that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaking {
    All,
    One(Protocol),
}

impl FleetArgs {
    /// The protocols that are asked for, each with its port.
    pub(crate) fn speaking(&self) -> Vec<(Protocol, u16)> {
        let asked = |protocol: Protocol| {
            self.protocols.iter().any(|speaking| [Speaking::All, Speaking::One(protocol)].contains(speaking))
        };
        let port = |protocol: Protocol| match protocol {
            Protocol::Jointech => self.jointech_port,
            Protocol::Jt808 => self.jt808_port,
            Protocol::Gt06 => self.gt06_port,
            Protocol::Teltonika => self.teltonika_port,
            _ => protocol.default_port(),
        };
        let named = |protocol: Protocol| self.port.iter().find(|(named, _)| *named == protocol);
        let known = SIMULATED.iter().map(|spoken| spoken.protocol);
        known
            .filter(|protocol| asked(*protocol))
            .map(|protocol| (protocol, named(protocol).map_or_else(|| port(protocol), |(_, port)| *port)))
            .collect()
    }

    /// Where gates listen.
    pub(crate) fn gate_addresses(&self) -> Vec<std::net::SocketAddr> {
        let wanted = self.protocols.contains(&Speaking::One(Protocol::Llrp));
        let named = self.port.iter().find(|(protocol, _)| *protocol == Protocol::Llrp);
        let first = named.map_or(LLRP_PORT, |(_, port)| *port);
        let ports = (0..self.gates).filter_map(|gate| first.checked_add(gate));
        ports.filter(|_| wanted).map(|port| (self.gate_address, port).into()).collect()
    }
}

fn protocol(name: &str) -> Result<Protocol, String> {
    let found = SIMULATED.iter().map(|spoken| spoken.protocol).find(|protocol| protocol.name() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = SIMULATED.iter().map(|spoken| spoken.protocol.name()).collect();
        format!("no devices of that protocol are simulated; there are {}", names.join(", "))
    })
}

fn speaking(name: &str) -> Result<Speaking, String> {
    if name == "all" { Ok(Speaking::All) } else { device_or_gate(name).map(Speaking::One) }
}

/// Devices call the platform; readers of tags are called by it.
fn device_or_gate(name: &str) -> Result<Protocol, String> {
    if name == Protocol::Llrp.name() { Ok(Protocol::Llrp) } else { protocol(name) }
}

fn protocol_port(text: &str) -> Result<(Protocol, u16), String> {
    let (name, port) = text.split_once('=').ok_or("write PROTOCOL=PORT")?;
    Ok((device_or_gate(name)?, port.parse().map_err(|_| format!("{port:?} is no port"))?))
}

/// A number with its unit: `500ms`, `10s`, `2m`, `1h`; seconds without one.
fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("{unit:?} is no unit: ms, s, m, h")),
    };
    let number: f64 = number.parse().map_err(|_| format!("{number:?} is no number"))?;
    Duration::try_from_secs_f64(number * seconds)
        .map_err(|_| format!("{text:?} is no time that can be waited for"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines() {
        let fleet = "plomb-simulator fleet --devices 60 --seed 7 --interval 10s --time-factor 30 --incidents-every 25s \
                     --incident cut:3@20 --incident silent --shared-port 5000 --udp-share 20";
        let Command::Fleet(fleet) = Args::try_parse_from(fleet.split_whitespace()).unwrap().command else {
            panic!("fleet")
        };
        assert_eq!((fleet.interval, fleet.incident.len()), (Duration::from_secs(10), 2));
        assert_eq!((fleet.jointech_port, fleet.teltonika_port), (5014, 5027));
        let usual = [
            (Protocol::Jointech, 5014),
            (Protocol::Jt808, 5015),
            (Protocol::Gt06, 5023),
            (Protocol::Teltonika, 5027),
        ];
        assert_eq!(fleet.speaking(), usual);
        let some = "plomb-simulator fleet --protocols gt06,jt808 --port gt06=7000";
        let Command::Fleet(some) = Args::try_parse_from(some.split_whitespace()).unwrap().command else {
            panic!("fleet")
        };
        assert_eq!(some.speaking(), [(Protocol::Jt808, 5015), (Protocol::Gt06, 7000)]);
        assert!(Args::try_parse_from(["plomb-simulator", "fleet", "--protocols", "smoke"]).is_err());
        assert!(some.gate_addresses().is_empty());
        let gates = "plomb-simulator fleet --protocols gt06,llrp --gates 3 --port llrp=7100";
        let Command::Fleet(gates) = Args::try_parse_from(gates.split_whitespace()).unwrap().command else {
            panic!("fleet")
        };
        assert_eq!(gates.speaking(), [(Protocol::Gt06, 5023)]);
        assert_eq!(gates.gate_addresses()[2], std::net::SocketAddr::from(([127, 0, 0, 1], 7102)));
        let trigger = "plomb-simulator trigger --kind cut --protocol jointech --port 5014";
        assert!(Args::try_parse_from(trigger.split_whitespace()).is_ok());
        let seals =
            "plomb-simulator seals --seals 3 --incident cut:1@60 --incident case-open:2@120 --interval 20s";
        let Command::Seals(seals) = Args::try_parse_from(seals.split_whitespace()).unwrap().command else {
            panic!("seals")
        };
        assert_eq!((seals.port, seals.incident.len()), (5683, 2));
        let load = "plomb-simulator load --mode gateway --port 5015 --connections 8 --duration 10s --record r.txt \
                    --resend-on-reconnect";
        assert!(Args::try_parse_from(load.split_whitespace()).is_ok());
        assert!(Args::try_parse_from(["plomb-simulator", "fleet", "--incident", "burn"]).is_err());
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert!(duration("3 weeks").is_err());
    }
}
