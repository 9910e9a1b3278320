//! The register of devices: its keys for sessions, its gates for the readers, and `plomb registry`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use plomb_devices::{DeviceKey, KeyPurpose, SecretTable, Secrets};
use plomb_ingest::{MqttDevice, MqttDevices, Reader, ReaderAntenna, now};
use plomb_model::DeviceId;
use plomb_registry::{
    Adoption, Columns, Credential, DeviceFilter, Import, ImportFormat, Kind, Registry, read_rows, to_json,
};
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::ConfigArgument;
use crate::config::Config;
use crate::listen::Registered;

/// How often the register is looked at for what another process changed in it.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// In whose name the command line changes the register.
const BY: &str = "command line";

#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCommand {
    /// Take models, devices, keys, gates and other names from a file, all or none; a running server follows.
    Import(ImportArguments),
    /// List the devices.
    List {
        /// As JSON lines.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigArgument,
    },
    /// Make a device in quarantine one of ours, in somebody's custody; a running server takes it into service.
    Adopt {
        /// The device, as quarantine shows it, such as imei:356307042441013.
        device: DeviceId,
        /// Name of its model.
        #[arg(long)]
        model: String,
        /// Who holds it.
        #[arg(long)]
        holder: String,
        /// What is written on it.
        #[arg(long, default_value = "")]
        label: String,
        /// Why it is taken for ours.
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        config: ConfigArgument,
    },
    /// Note that a device in quarantine is not ours; it stays there.
    Refuse {
        /// The device.
        device: DeviceId,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        config: ConfigArgument,
    },
    /// Print models, devices, gates and other names as JSON lines that can be imported; never keys.
    Export {
        #[command(flatten)]
        config: ConfigArgument,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct ImportArguments {
    /// The file.
    file: PathBuf,
    /// How it is written.
    #[arg(long, value_enum, default_value = "json")]
    format: FormatArgument,
    /// What the rows of a table are: model, device, reader, alias, key or credential.
    #[arg(long, default_value = "device")]
    kind: String,
    /// `FIELD=COLUMN` of a table; may come again. Without any, columns are named like fields.
    #[arg(long, value_parser = pair)]
    column: Vec<(String, String)>,
    /// `FIELD=VALUE` for every row of a table; may come again.
    #[arg(long, value_parser = pair)]
    set: Vec<(String, String)>,
    /// The scheme of identifiers that are written without one, such as imei.
    #[arg(long)]
    scheme: Option<String>,
    /// Say what would be taken, and what is wrong with which row; take nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    config: ConfigArgument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FormatArgument {
    /// A JSON object a line, with its `kind`.
    Json,
    /// A table with names of columns.
    Csv,
    /// The form of `[devices] keys`.
    Keys,
    /// The form of `[devices] mqtt_credentials`.
    Mqtt,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, value) = text.split_once('=').ok_or("write FIELD=VALUE")?;
    Ok((field.to_owned(), value.to_owned()))
}

/// Runs a subcommand.
pub(crate) fn run(command: &RegistryCommand) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match command {
        RegistryCommand::Import(arguments) => return import(arguments, &mut out),
        RegistryCommand::List { json, config } => {
            let (devices, _) = open(config)?.devices(&DeviceFilter::default(), usize::MAX)?;
            for device in devices {
                let holder = device.holder.clone().unwrap_or_default();
                if *json {
                    let record = plomb_registry::Record::Device(device, Some(holder));
                    writeln!(out, "{}", to_json(&record).unwrap_or_default())?;
                } else {
                    let standing = device.standing.name();
                    let (id, model, label) = (device.id.to_string(), device.model, device.label);
                    writeln!(out, "{id:<30} {standing:<13} {model:<20} {label:<20} {holder}")?;
                }
            }
        }
        RegistryCommand::Adopt { device, model, holder, label, note, config } => {
            let adoption = Adoption {
                model: model.clone(),
                label: label.clone(),
                holder: holder.clone(),
                note: note.clone(),
            };
            open(config)?.adopt(BY, now().0, *device, &adoption)?;
        }
        RegistryCommand::Refuse { device, reason, config } => {
            open(config)?.refuse(BY, now().0, device, reason)?;
        }
        RegistryCommand::Export { config } => {
            for value in open(config)?.export()?.iter().filter_map(to_json) {
                writeln!(out, "{value}")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn import(arguments: &ImportArguments, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let file = arguments.file.display();
    let format = match arguments.format {
        FormatArgument::Json => ImportFormat::JsonLines,
        FormatArgument::Keys => ImportFormat::Keys,
        FormatArgument::Mqtt => ImportFormat::Credentials,
        FormatArgument::Csv => {
            let Some(kind) = Kind::from_name(&arguments.kind) else {
                bail!("no kind {:?}: there are {}", arguments.kind, Kind::ALL.map(Kind::name).join(", "));
            };
            let (map, constants) = (arguments.column.clone(), arguments.set.clone());
            ImportFormat::Table(Columns { kind, map, constants, scheme: arguments.scheme.clone() })
        }
    };
    let text = std::fs::read_to_string(&arguments.file).with_context(|| format!("opening {file}"))?;
    let rows = read_rows(&text, &format).with_context(|| format!("reading {file}"))?;
    let import = open(&arguments.config)?.import(BY, now().0, rows, arguments.dry_run)?;
    report(&import, arguments.dry_run, out)?;
    Ok(if import.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn report(import: &Import, dry_run: bool, out: &mut impl Write) -> anyhow::Result<()> {
    for fault in &import.faults {
        writeln!(out, "{fault}")?;
    }
    let counts = Kind::ALL.into_iter().zip(import.counts).filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts.map(|(kind, count)| format!("{}: {count}", kind.name())).collect();
    let counts = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
    match (import.done, dry_run, import.faults.len()) {
        (true, ..) => writeln!(out, "Taken: {counts}")?,
        (false, true, 0) => writeln!(out, "Would be taken: {counts}")?,
        (false, _, faults) => writeln!(out, "Nothing was taken: {faults} rows are wrong")?,
    }
    Ok(())
}

/// The register of a data directory.
pub(crate) fn open_registry(directory: &Path) -> anyhow::Result<Arc<Registry>> {
    let what = || format!("opening the register in {}", directory.display());
    Ok(Arc::new(Registry::open(directory).with_context(what)?))
}

fn open(argument: &ConfigArgument) -> anyhow::Result<Arc<Registry>> {
    let directory = Config::load(argument)?.storage.directory;
    std::fs::create_dir_all(&directory).with_context(|| format!("creating {}", directory.display()))?;
    open_registry(&directory)
}

/// The keys that sessions find: those of the file that the configuration names, and those of the register as it is
/// at the moment of the question.
#[derive(Debug)]
pub(crate) struct LiveSecrets {
    pub(crate) file: SecretTable,
    pub(crate) registry: Arc<Registry>,
}

impl Secrets for LiveSecrets {
    fn find(&self, purpose: KeyPurpose, id: &[u8], found: &mut Vec<DeviceKey>) {
        self.registry.find(purpose, id, found);
        self.file.find(purpose, id, found);
    }

    fn all(&self, purpose: KeyPurpose, found: &mut Vec<DeviceKey>) {
        self.registry.all(purpose, found);
        self.file.all(purpose, found);
    }
}

/// The readers to call: those of the configuration, and those of the register under other names.
pub(crate) fn readers(configured: &[Reader], registry: &Registry) -> Vec<Reader> {
    let mut all = configured.to_vec();
    let registered = registry.readers().unwrap_or_else(|error| {
        error!(%error, "The gates of the register cannot be read");
        Vec::new()
    });
    for gate in registered.into_iter().filter(|gate| !gate.address.is_empty()) {
        let reader = called(gate);
        if all.iter().any(|other| other.name == reader.name) {
            warn!(reader = reader.name, "A gate of the register is in the configuration too, which counts");
        } else if let Err(why) = reader.gate() {
            warn!(reader = reader.name, %why, "A gate of the register cannot be called");
        } else {
            all.push(reader);
        }
    }
    all
}

fn called(gate: plomb_registry::Reader) -> Reader {
    let antenna = |antenna: plomb_registry::Antenna| ReaderAntenna {
        number: antenna.number,
        name: antenna.name,
        direction: antenna.direction,
        power_cdbm: antenna.power_cdbm,
    };
    Reader {
        name: gate.name,
        address: gate.address,
        enabled: gate.enabled,
        checkpoint: gate.checkpoint,
        place_e7: gate.place_e7,
        direction: gate.direction,
        antennas: gate.antennas.into_iter().map(antenna).collect(),
        read_tid: gate.read_tid,
        read_tamper: gate.read_tamper,
        ..Reader::default()
    }
}

/// The devices that may publish by MQTT: those of the configured file, and those of the register under other names.
pub(crate) fn mqtt_devices(configured: &MqttDevices, registry: &Registry) -> MqttDevices {
    let mut all = configured.clone();
    let registered = registry.credentials().unwrap_or_else(|error| {
        error!(%error, "The credentials of the register cannot be read");
        Vec::new()
    });
    for Credential { name, protocol, digest } in registered {
        if !all.add(&name, MqttDevice { protocol, digest }) {
            warn!(name, "A credential of the register is in the configured file too, which counts");
        }
    }
    all
}

/// What the configuration names beside the register.
#[derive(Clone)]
pub(crate) struct Configured {
    pub(crate) readers: Vec<Reader>,
    pub(crate) mqtt: MqttDevices,
}

/// Where the lists of now are told.
pub(crate) struct Followers {
    readers: watch::Sender<Arc<[Reader]>>,
    mqtt: watch::Sender<Arc<MqttDevices>>,
}

impl Configured {
    /// The lists as they are now, and where they are told when they change.
    pub(crate) fn with(&self, registry: &Registry) -> (Followers, Registered) {
        let (readers, wanted) = watch::channel(readers(&self.readers, registry).into());
        let (mqtt, admitted) = watch::channel(Arc::new(mqtt_devices(&self.mqtt, registry)));
        (Followers { readers, mqtt }, Registered { readers: wanted, mqtt: admitted })
    }
}

/// Tells a list where it is another one.
fn tell<T: PartialEq>(told: &watch::Sender<T>, now: T) {
    told.send_if_modified(|known| {
        let is_other = *known != now;
        if is_other {
            *known = now;
        }
        is_other
    });
}

/// Takes in what changes in the register, by this process or another, for as long as the server runs.
pub(crate) async fn follow(registry: Arc<Registry>, configured: Configured, followers: Followers) {
    let mut seen = registry.changes();
    let mut clock = tokio::time::interval(FOLLOW_EVERY);
    loop {
        clock.tick().await;
        let (register, configured) = (Arc::clone(&registry), configured.clone());
        let looked = tokio::task::spawn_blocking(move || {
            register.refresh()?;
            let changes = register.changes();
            let lists = (changes != seen).then(|| {
                (readers(&configured.readers, &register), mqtt_devices(&configured.mqtt, &register))
            });
            Ok::<_, plomb_registry::RegistryError>((changes, lists))
        });
        match looked.await {
            Ok(Ok((changes, lists))) => {
                seen = changes;
                if let Some((readers, mqtt)) = lists {
                    info!("The register has changed: keys, gates and credentials are those of now");
                    tell(&followers.readers, readers.into());
                    tell(&followers.mqtt, Arc::new(mqtt));
                }
            }
            Ok(Err(error)) => error!(%error, "The register cannot be read"),
            Err(error) => error!(%error, "Looking at the register failed"),
        }
    }
}
