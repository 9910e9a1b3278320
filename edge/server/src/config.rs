//! Configuration: one commented TOML file, the environment above it, unknown keys refused.
//!
//! Each key can be overridden by `PLOMB_<SECTION>_<KEY>`, e.g. `PLOMB_HTTP_BIND=0.0.0.0:8443`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use plomb_ingest::{Broker, BrokerTls, MqttDevices, Reader};
use plomb_model::{Protocol, Transport};
use plomb_rules::RuleSettings;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::ConfigArgument;
use crate::readers::ReaderConfig;
use crate::witness::WitnessConfig;

/// Everything that can be configured. `deploy/plomb.toml` says what each key means.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) storage: Storage,
    pub(crate) http: Http,
    pub(crate) listen: Listen,
    pub(crate) mqtt: Mqtt,
    pub(crate) commands: Commands,
    pub(crate) devices: Devices,
    pub(crate) evidence: Evidence,
    pub(crate) epcis: Epcis,
    pub(crate) log: Log,
    pub(crate) rules: BTreeMap<String, i64>,
    /// Witnesses of our log, `[[witness]]` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) witness: Vec<WitnessConfig>,
    /// Readers that are called, `[[reader]]` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reader: Vec<ReaderConfig>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Storage {
    pub(crate) directory: PathBuf,
    pub(crate) segment_mib: u64,
    pub(crate) group_commit_kib_max: u64,
    pub(crate) group_commit_ms_max: u64,
    pub(crate) seal_after_s: u64,
    pub(crate) retention_days: u64,
    pub(crate) retention_gib: u64,
    pub(crate) free_mib_min: u64,
    pub(crate) direct_io: bool,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Http {
    pub(crate) bind: SocketAddr,
    pub(crate) base_map: PathBuf,
}

/// The EPCIS interface.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Epcis {
    /// Certificates (PEM) that vouch for subscribers whose address begins with https.
    pub(crate) authorities: PathBuf,
    /// GS1 company prefixes, by which Digital Links are written as EPC URNs; those in URNs that come are learned.
    pub(crate) company_prefixes: Vec<String>,
}

impl Default for Epcis {
    fn default() -> Self {
        Self { authorities: "/etc/ssl/certs/ca-certificates.crt".into(), company_prefixes: Vec::new() }
    }
}

/// Where devices reach us: `<protocol>_<transport> = port` for each way of each protocol, and the shared ports.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Listen {
    pub(crate) address: IpAddr,
    pub(crate) shared_tcp: u16,
    pub(crate) shared_udp: u16,
    /// Where messages that are web requests are taken, each under its protocol's name as path.
    pub(crate) shared_http: u16,
    /// Where devices with MQTT credentials publish, in the clear and with TLS.
    pub(crate) shared_mqtt: u16,
    pub(crate) shared_mqtts: u16,
    /// Certificates and key of the server (PEM), for the ports with TLS.
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    /// Whether a protocol that has no key of its own listens on its common port.
    pub(crate) common_ports: bool,
    #[serde(flatten)]
    pub(crate) ports: BTreeMap<String, u16>,
}

/// A broker that stands already, to which gateways and readers publish.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Mqtt {
    pub(crate) broker: String,
    pub(crate) port: u16,
    pub(crate) client_id: String,
    pub(crate) user: String,
    pub(crate) password_file: PathBuf,
    pub(crate) tls: bool,
    pub(crate) authority: PathBuf,
    pub(crate) topics: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Devices {
    pub(crate) idle_s_max: u64,
    /// The devices' keys in the form that `plomb decode --keys` reads; empty for none.
    pub(crate) keys: PathBuf,
    /// Devices that may publish by MQTT, beside those of the register; empty for none.
    pub(crate) mqtt_credentials: PathBuf,
    /// What becomes of devices that are not in the register.
    pub(crate) unknown: Unknown,
    pub(crate) jt808_require_authentication: bool,
    pub(crate) jt808_utc_offset_min: i16,
}

/// What becomes of devices that are not in the register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unknown {
    /// They are in service like all others.
    #[default]
    Accept,
    /// They are heard and shown, and stand as unregistered until somebody registers them.
    Quarantine,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Commands {
    /// Somebody else than its creator must authorise a command that opens a seal.
    pub(crate) four_eyes: bool,
}

impl Default for Commands {
    fn default() -> Self {
        Self { four_eyes: true }
    }
}

/// What is signed of the journal.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Evidence {
    /// Name of the log, for ever; empty: one by chance at the first start.
    pub(crate) log: String,
    /// Public keys of the logs of others that we witness.
    pub(crate) witnessed: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    pub(crate) level: String,
    pub(crate) format: LogFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("plomb-data"),
            segment_mib: 64,
            group_commit_kib_max: 1024,
            group_commit_ms_max: 5,
            seal_after_s: 3600,
            retention_days: 0,
            retention_gib: 0,
            free_mib_min: 512,
            direct_io: true,
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self { bind: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080), base_map: PathBuf::new() }
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            shared_tcp: 5000,
            shared_udp: 5000,
            shared_http: 5055,
            shared_mqtt: 1883,
            shared_mqtts: 8883,
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            common_ports: true,
            ports: ways().map(|(key, protocol, _)| (key, protocol.default_port())).collect(),
        }
    }
}

/// Every way that a port can be opened for: its key in the configuration, the protocol, the transport.
fn ways() -> impl Iterator<Item = (String, Protocol, Transport)> {
    Protocol::ALL.into_iter().flat_map(|protocol| {
        let transports = protocol.transports().iter().copied();
        let key =
            move |transport: Transport| format!("{}_{}", protocol.name().replace('-', "_"), transport.name());
        transports
            .filter(|transport| matches!(transport, Transport::Tcp | Transport::Udp))
            .map(move |transport| (key(transport), protocol, transport))
    })
}

impl Default for Mqtt {
    fn default() -> Self {
        Self {
            broker: String::new(),
            port: 1883,
            client_id: "plomb".to_owned(),
            user: String::new(),
            password_file: PathBuf::new(),
            tls: false,
            authority: PathBuf::new(),
            topics: BTreeMap::new(),
        }
    }
}

impl Default for Devices {
    fn default() -> Self {
        Self {
            idle_s_max: 1800,
            keys: PathBuf::new(),
            mqtt_credentials: PathBuf::new(),
            unknown: Unknown::Accept,
            jt808_require_authentication: false,
            jt808_utc_offset_min: 480,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

/// One port to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    pub(crate) protocol: Option<Protocol>,
    pub(crate) transport: Transport,
    pub(crate) number: u16,
}

impl Config {
    /// Reads the file, if there is one, and the environment.
    pub(crate) fn load(argument: &ConfigArgument) -> anyhow::Result<Self> {
        let environment: Vec<(String, String)> = std::env::vars().collect();
        let text = match &argument.config {
            Some(path) => read(path)?,
            None => String::new(),
        };
        let name = argument
            .config
            .as_deref()
            .map_or_else(|| "the environment".to_owned(), |p| p.display().to_string());
        Self::parse(&text, &environment).with_context(|| format!("reading the configuration from {name}"))
    }

    /// Parses the file's text with the environment above it.
    pub(crate) fn parse(text: &str, environment: &[(String, String)]) -> anyhow::Result<Self> {
        let mut table: Table = text.parse()?;
        let known = Table::try_from(Self { rules: default_rules(), ..Self::default() })?;
        for (section, keys) in &known {
            for key in keys.as_table().into_iter().flat_map(Table::keys) {
                let variable = format!("PLOMB_{}_{}", section.to_uppercase(), key.to_uppercase());
                let Some((_, value)) = environment.iter().find(|(name, _)| *name == variable) else {
                    continue;
                };
                let section = table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
                let Some(section) = section.as_table_mut() else { bail!("[{section}] must be a section") };
                section.insert(key.clone(), value_of(value));
            }
        }
        let config: Self = Value::Table(table).try_into()?;
        config.rule_settings()?;
        config.check_ways()?;
        config.broker()?;
        config.readers()?;
        Ok(config)
    }

    /// The settings of the rules.
    pub(crate) fn rule_settings(&self) -> anyhow::Result<RuleSettings> {
        let mut settings = RuleSettings::default();
        for (name, value) in &self.rules {
            settings.set(name, *value).with_context(|| {
                let known: Vec<&str> =
                    RuleSettings::default().pairs().into_iter().map(|(name, _)| name).collect();
                format!("in [rules]: the settings are {}", known.join(", "))
            })?;
        }
        Ok(settings)
    }

    /// The ports to listen on; 0 turns one off, and a way that is not named has its protocol's common port.
    pub(crate) fn ports(&self) -> Vec<Port> {
        let listen = &self.listen;
        let own = ways().map(|(key, protocol, transport)| {
            let common = if listen.common_ports { protocol.default_port() } else { 0 };
            let number = listen.ports.get(&key).copied().unwrap_or(common);
            Port { protocol: Some(protocol), transport, number }
        });
        let shared = [
            (Transport::Tcp, listen.shared_tcp),
            (Transport::Udp, listen.shared_udp),
            (Transport::Http, listen.shared_http),
        ];
        let shared = shared.map(|(transport, number)| Port { protocol: None, transport, number });
        own.chain(shared).filter(|port| port.number != 0).collect()
    }

    /// The devices of the configured file that may publish by MQTT.
    pub(crate) fn mqtt_devices(&self) -> anyhow::Result<MqttDevices> {
        let credentials = &self.devices.mqtt_credentials;
        if credentials.as_os_str().is_empty() {
            return Ok(MqttDevices::default());
        }
        let named = || format!("in [devices]: mqtt_credentials = {}", credentials.display());
        let text = std::fs::read_to_string(credentials).with_context(named)?;
        MqttDevices::parse(&text).map_err(|why| anyhow!(why)).with_context(named)
    }

    /// The broker to hear, if there is one.
    ///
    /// # Errors
    /// A protocol that does not come by MQTT, no topics at all, or a file that cannot be read.
    pub(crate) fn broker(&self) -> anyhow::Result<Option<Broker>> {
        let mqtt = &self.mqtt;
        if mqtt.broker.is_empty() {
            return Ok(None);
        }
        ensure!(
            !mqtt.topics.is_empty(),
            "in [mqtt.topics]: no topic is heard; write \"ruuvi/#\" = \"ruuvi\""
        );
        let mut topics = Vec::new();
        for (filter, name) in &mqtt.topics {
            let protocol = Protocol::from_name(name)
                .filter(|protocol| protocol.transports().contains(&Transport::Mqtt))
                .with_context(|| format!("in [mqtt.topics]: {name:?} is no protocol that comes by MQTT"))?;
            topics.push((filter.clone(), protocol));
        }
        let login = if mqtt.user.is_empty() {
            None
        } else {
            let password = read(&mqtt.password_file).context("in [mqtt]: the password of the broker")?;
            Some((mqtt.user.clone(), password.trim_end().to_owned()))
        };
        let tls = match (mqtt.tls, mqtt.authority.as_os_str().is_empty()) {
            (false, _) => None,
            (true, true) => Some(BrokerTls::System),
            (true, false) => Some(BrokerTls::Authority(read(&mqtt.authority)?.into_bytes())),
        };
        let (host, client_id) = (mqtt.broker.clone(), mqtt.client_id.clone());
        Ok(Some(Broker { host, port: mqtt.port, client_id, login, tls, topics }))
    }

    /// The readers to call.
    ///
    /// # Errors
    /// The first that cannot be called so, by name.
    pub(crate) fn readers(&self) -> anyhow::Result<Vec<Reader>> {
        let mut readers: Vec<Reader> = Vec::new();
        for configured in &self.reader {
            let named = || format!("in [[reader]] {:?}", configured.name);
            let reader = configured.reader().with_context(named)?;
            ensure!(
                readers.iter().all(|other| other.name != reader.name),
                "{}: the name is there twice",
                named()
            );
            readers.push(reader);
        }
        Ok(readers)
    }

    /// Refuses ports of ways that there are not.
    fn check_ways(&self) -> anyhow::Result<()> {
        for name in self.listen.ports.keys() {
            if !ways().any(|(key, ..)| key == *name) {
                let known: Vec<String> = ways().map(|(key, ..)| key).collect();
                bail!(
                    "in [listen]: no key {name}: there are address, shared_tcp, shared_udp, {}",
                    known.join(", ")
                );
            }
        }
        Ok(())
    }
}

fn default_rules() -> BTreeMap<String, i64> {
    RuleSettings::default().pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A number or a truth value if it reads like one, else a text.
fn value_of(text: &str) -> Value {
    if let Ok(number) = text.parse() {
        Value::Integer(number)
    } else if let Ok(truth) = text.parse() {
        Value::Boolean(truth)
    } else {
        Value::String(text.to_owned())
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("opening the configuration {}", path.display()))
}

/// `plomb config check`.
#[expect(clippy::print_stdout, reason = "a command line tool tells its user")]
pub(crate) fn check(argument: &ConfigArgument) -> anyhow::Result<ExitCode> {
    Config::load(argument)?;
    println!("The configuration is good.");
    Ok(ExitCode::SUCCESS)
}

/// `plomb config show`.
#[expect(clippy::print_stdout, reason = "a command line tool tells its user")]
pub(crate) fn show(argument: &ConfigArgument) -> anyhow::Result<ExitCode> {
    let mut config = Config::load(argument)?;
    let rules = config.rule_settings()?;
    config.rules = rules.pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    print!("{}", toml::to_string_pretty(&config)?);
    Ok(ExitCode::SUCCESS)
}

/// Zero means no limit.
pub(crate) const fn days(days: u64) -> Option<Duration> {
    if days == 0 { None } else { Some(Duration::from_secs(days * 86_400)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_says_the_defaults() {
        let shipped = Config::parse(include_str!("../../../deploy/plomb.toml"), &[]).unwrap();
        let defaults = Config { rules: default_rules(), ..Config::default() };
        assert_eq!(toml::to_string(&shipped).unwrap(), toml::to_string(&defaults).unwrap());
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        for text in
            ["[http]\nbnd = 1", "[nothing]\na = 1", "[rules]\nbattery_lo = 3", "[listen]\nbnd_tcp = 1"]
        {
            let error = format!("{:#}", Config::parse(text, &[]).unwrap_err());
            assert!(
                error.contains("bnd") || error.contains("nothing") || error.contains("battery_lo"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_reader_is_read_and_a_wrong_one_is_refused_by_name() {
        let text = "[[reader]]\nname = \"north-1\"\naddress = \"10.0.0.7\"\nlatitude = -1.25\nlongitude = 36.5\n\
                    read_tamper = true\n[[reader.antennas]]\nnumber = 2\nname = \"lane 2\"\ndirection = \"in\"\n\
                    power_cdbm = 2700\n[[reader.custom]]\nvendor = 25882\nsubtype = 21\ndata = \"00000000\"\n";
        let readers = Config::parse(text, &[]).unwrap().readers().unwrap();
        assert_eq!(readers[0].place_e7, Some((-12_500_000, 365_000_000)));
        assert_eq!((readers[0].antennas[0].number, readers[0].antennas[0].power_cdbm), (2, Some(2700)));
        assert_eq!(readers[0].custom, [(25_882, 21, vec![0; 4])]);
        assert!(readers[0].read_tid && readers[0].read_tamper && readers[0].enabled);
        for (wrong, said) in [
            ("name = \"a b\"\naddress = \"x\"", "character"),
            ("name = \"a\"\naddress = \"x:y\"", "HOST:PORT"),
            ("name = \"a\"\naddress = \"\"", "HOST:PORT"),
            ("name = \"a\"\naddress = \"x\"\nlatitude = 1.0", "longitude"),
            ("name = \"a\"\naddress = \"x\"\nlatitude = 91.0\nlongitude = 0.0", "outside the Earth"),
            ("name = \"a\"\naddress = \"x\"\ndirection = \"up\"", "in or out"),
            ("name = \"a\"\naddress = \"x\"\nkeepalive_s = 0", "keepalive_s"),
            ("name = \"a\"\naddress = \"x\"\nsession = 4", "session"),
            ("name = \"a\"\naddress = \"x\"\ntls = true", "authority"),
            ("name = \"a\"\naddress = \"x\"\npower = 3", "power"),
            ("name = \"a\"\naddress = \"x\"\n[[reader.antennas]]\nnumber = 0", "different numbers"),
            ("name = \"a\"\naddress = \"x\"\n[[reader]]\nname = \"a\"\naddress = \"y\"", "twice"),
        ] {
            let error = format!("{:#}", Config::parse(&format!("[[reader]]\n{wrong}"), &[]).unwrap_err());
            assert!(error.contains(said), "{wrong}: {error}");
        }
    }

    #[test]
    fn the_environment_stands_above_the_file() {
        let environment = [
            ("PLOMB_HTTP_BIND".to_owned(), "127.0.0.1:9999".to_owned()),
            ("PLOMB_RULES_LATE_S".to_owned(), "7".to_owned()),
            ("PLOMB_STORAGE_DIRECT_IO".to_owned(), "false".to_owned()),
        ];
        let config = Config::parse("[http]\nbind = \"127.0.0.1:1\"", &environment).unwrap();
        assert_eq!(config.http.bind.port(), 9999);
        assert_eq!(config.rule_settings().unwrap().late_s, 7);
        assert!(!config.storage.direct_io);
    }
}
