//! The binary `plomb-simulator`: a fleet, a single incident, a load, or the latency of alarms.

mod args;

use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use plomb_simulator::fleet::run::Fleet;
use plomb_simulator::fleet::unit::Conditions;
use plomb_simulator::gateway::mqtt;
use plomb_simulator::gateway::run::{self as gateway, Gateways};
use plomb_simulator::latency::{self, Latency};
use plomb_simulator::load::{self, Load, Mode};
use plomb_simulator::platform::Account;
use plomb_simulator::seal::{keys, run::Seals};
use plomb_simulator::tag::handheld::{self, Handheld};
use plomb_simulator::tag::uhf::Chip;
use plomb_simulator::tag::{Batch, Loop, rising_counter};
use plomb_simulator::trigger::{self, Trigger};
use plomb_simulator::{fleet, log, seal};

use args::{
    AccountArgs, Args, ChipsArgs, Command, FleetArgs, GatewaysArgs, LatencyArgs, LoadArgs, SealsArgs,
    TapsArgs, TriggerArgs,
};

fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Fleet(args) => run_fleet(args),
        Command::Trigger(args) => run_trigger(&args),
        Command::Seals(args) => run_seals(args),
        Command::Gateways(args) => run_gateways(&args),
        Command::Taps(args) => run_taps(&args),
        Command::Chips(args) => run_chips(&args),
        Command::Load(args) => run_load(args),
        Command::Latency(args) => run_latency(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::warn(format_args!("Stopped error={error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn resolve(host: &str, port: u16) -> anyhow::Result<SocketAddr> {
    let mut found = (host, port).to_socket_addrs().with_context(|| format!("resolving {host}"))?;
    found.next().with_context(|| format!("{host} has no address"))
}

fn run_fleet(args: FleetArgs) -> anyhow::Result<()> {
    if args.print_register {
        let protocols: Vec<_> = args.speaking().into_iter().map(|(protocol, _)| protocol).collect();
        let fleet = fleet::plan::plan(args.devices, args.seed, args.udp_share, &protocols);
        return print(&fleet::register::lines(&fleet, args.strangers));
    }
    let to = |port: u16| resolve(&args.host, args.shared_port.unwrap_or(port));
    let speaking = args
        .speaking()
        .into_iter()
        .map(|(protocol, port)| Ok((protocol, to(port)?)))
        .collect::<anyhow::Result<_>>()?;
    let gates = args.gate_addresses();
    let conditions = Conditions {
        time_factor: args.time_factor,
        apparent_kmh_max: args.apparent_kmh_max,
        gaps_percent: args.gaps_percent,
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(args.threads).enable_all().build()?;
    runtime.block_on(fleet::run::run(Fleet {
        speaking,
        devices: args.devices,
        seed: args.seed,
        interval: args.interval,
        conditions,
        udp_percent: args.udp_share,
        incidents: args.incident,
        incidents_every: args.incidents_every,
        duration: args.duration,
        gates,
    }));
    Ok(())
}

fn run_trigger(args: &TriggerArgs) -> anyhow::Result<()> {
    let to = resolve(&args.host, args.port)?;
    let trigger = Trigger { incident: args.kind, protocol: args.protocol, to, device: args.device };
    trigger::run(&trigger, std::io::stdout().lock())
}

fn run_seals(args: SealsArgs) -> anyhow::Result<()> {
    if args.print_keys {
        let lines = (1..=args.seals).map(|number| keys::lines(&keys::provision(args.seed, number)));
        return print(&lines.collect::<String>());
    }
    if args.print_register {
        return print(&keys::register(args.seed, args.seals));
    }
    seal::run::run(&Seals {
        to: resolve(&args.host, args.port)?,
        seals: args.seals,
        seed: args.seed,
        interval_s: u32::try_from(args.interval.as_secs()).unwrap_or(u32::MAX),
        time_factor: args.time_factor,
        incidents: args.incident,
        memory: args.memory,
        duration: args.duration,
    })
}

fn run_gateways(args: &GatewaysArgs) -> anyhow::Result<()> {
    if args.print_keys {
        return print(&gateway::keys(args.seed, args.sources));
    }
    if args.print_mqtt_credentials {
        return print(&mqtt::credentials(args.seed, args.sources));
    }
    let gateways = Gateways {
        to: resolve(&args.host, args.http_port)?,
        mqtt: args.mqtt_port.map(|port| resolve(&args.host, port)).transpose()?,
        sources: args.sources,
        seed: args.seed,
        interval: args.interval,
        incidents_every: args.incidents_every,
        duration: args.duration,
    };
    gateway::run(&gateways).map(drop)
}

fn run_taps(args: &TapsArgs) -> anyhow::Result<()> {
    let batch = Batch::new(args.seed);
    if args.print_keys {
        return print(&batch.lines());
    }
    if args.print_register {
        return print(&Batch::register(args.tags));
    }
    let counter = args.counter.unwrap_or_else(rising_counter);
    let links = (1..=args.tags).map(|number| {
        let state = if args.opened.contains(&number) {
            Loop::Opened { closed_now: true }
        } else if args.unarmed.contains(&number) {
            Loop::Unarmed
        } else {
            Loop::Closed
        };
        batch.link(&args.url, number, counter, state) + "\n"
    });
    print(&links.collect::<String>())
}

fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    std::io::stdout().write_all(text.as_bytes()).context("writing the result")
}

fn run_chips(args: &ChipsArgs) -> anyhow::Result<()> {
    if args.print_keys {
        return print(
            &(1..=args.chips).map(|number| Chip::new(args.seed, number).line()).collect::<String>(),
        );
    }
    if args.print_register {
        return print(&Chip::register(args.seed, args.chips));
    }
    let (chips, seed, memory) = (args.chips, args.seed, args.memory);
    let handheld = Handheld { account: account(&args.account)?, chips, seed, memory };
    handheld::run(&handheld, std::io::stdout().lock())
}

/// The account of a name in a file of log-ins.
fn account(args: &AccountArgs) -> anyhow::Result<Account> {
    let file =
        args.log_ins.as_ref().context("--log-ins is missing: the file that `plomb account demo` wrote")?;
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let mut words = text.lines().map(str::split_whitespace).filter_map(|mut words| {
        let password = words.next_back()?;
        Some((words.next_back()?, password))
    });
    let password = words.find(|(name, _)| *name == args.name).map(|(_, password)| password.to_owned());
    Ok(Account {
        http: resolve(&args.host, args.http_port)?,
        name: args.name.clone(),
        password: password.with_context(|| format!("{} holds no log-in of {}", file.display(), args.name))?,
    })
}

fn run_latency(args: &LatencyArgs) -> anyhow::Result<()> {
    let line = latency::run(&Latency {
        devices: resolve(&args.account.host, args.port)?,
        account: account(&args.account)?,
        alarms: args.alarms,
        every: args.every,
        first: args.first,
    })?;
    print(&format!("{line}\n"))
}

fn run_load(args: LoadArgs) -> anyhow::Result<()> {
    let mode = Mode::from(args.mode);
    let devices = match mode {
        Mode::Gateway => args.devices.max(args.connections),
        Mode::Devices => args.connections,
    };
    let load = Load {
        mode,
        speech: args.protocol.into(),
        to: resolve(&args.host, args.port)?,
        connections: args.connections,
        devices,
        window: args.window,
        batch: args.batch,
        rate: args.rate,
        duration: args.duration,
        reports: args.reports,
        threads: args.threads,
        seed: args.seed,
        authenticate: args.authenticate,
        record: args.record,
        resend: args.resend_on_reconnect,
    };
    let tally = load::run(&load)?;
    let names = args::names(args.mode, args.protocol);
    let line = tally.json(names.0, names.1, load.connections, load.devices);
    print(&format!("{line}\n"))
}
