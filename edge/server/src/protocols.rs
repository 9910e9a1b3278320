//! `plomb protocols`: what is spoken, out of the one table in `plomb-model`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use plomb_model::{Ability, Protocol, Transport};
use serde_json::{Map, Value, json};

use crate::config::Listen;

/// The vector files' names, without their ending, and their lines; counted when this was built.
const VECTOR_FILES: &[(&str, usize)] = include!(concat!(env!("OUT_DIR"), "/vectors.rs"));

#[derive(Debug, clap::Args)]
pub(crate) struct ProtocolsArguments {
    /// One JSON array, instead of a table.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &ProtocolsArguments) -> anyhow::Result<ExitCode> {
    let shown = if arguments.json { format!("{:#}\n", json_of_all()) } else { table() };
    std::io::stdout().write_all(shown.as_bytes()).context("writing the list")?;
    Ok(ExitCode::SUCCESS)
}

/// How many vectors of a protocol there are.
fn vectors(protocol: Protocol) -> usize {
    let name = protocol.name();
    let of_it =
        |file: &str| file.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    VECTOR_FILES.iter().filter(|(file, _)| of_it(file)).map(|(_, lines)| lines).sum()
}

/// The port of a way where nothing else is configured.
fn default_port(protocol: Protocol, transport: Transport) -> Option<u16> {
    let port = match transport {
        Transport::Tcp | Transport::Udp | Transport::Client => protocol.default_port(),
        Transport::Http => Listen::default().shared_http,
        Transport::Mqtt => 0,
    };
    (port != 0).then_some(port)
}

fn abilities(protocol: Protocol) -> Vec<&'static str> {
    protocol.abilities().iter().copied().map(Ability::name).collect()
}

fn json_of_all() -> Value {
    Protocol::ALL.into_iter().map(json_of).collect()
}

fn json_of(protocol: Protocol) -> Value {
    let transports: Vec<&str> = protocol.transports().iter().map(|transport| transport.name()).collect();
    let ports: Map<String, Value> = protocol
        .transports()
        .iter()
        .filter_map(|transport| {
            default_port(protocol, *transport).map(|port| (transport.name().to_owned(), port.into()))
        })
        .collect();
    json!({
        "name": protocol.name(),
        "title": protocol.title(),
        "class": protocol.class().name(),
        "transports": transports,
        "default_ports": ports,
        "abilities": abilities(protocol),
        "vectors": vectors(protocol),
    })
}

fn table() -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let widths = Protocol::ALL.map(|protocol| protocol.name().len());
    let width = widths.into_iter().max().unwrap_or_default();
    for protocol in Protocol::ALL {
        let ways: Vec<String> = protocol
            .transports()
            .iter()
            .map(|transport| match default_port(protocol, *transport) {
                Some(port) => format!("{} {port}", transport.name()),
                None => transport.name().to_owned(),
            })
            .collect();
        let line = writeln!(
            text,
            "{:width$}  {:11}  {:24}  {:45}  {:4} vectors  {}",
            protocol.name(),
            protocol.class().name(),
            ways.join(", "),
            abilities(protocol).join(" "),
            vectors(protocol),
            protocol.title(),
        );
        debug_assert!(line.is_ok(), "writing to a string");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the table in `docs/protocols/README.md`.
    fn rows() -> String {
        Protocol::ALL
            .map(|protocol| {
                let transports: Vec<String> = protocol
                    .transports()
                    .iter()
                    .map(|transport| match default_port(protocol, *transport) {
                        Some(port) => format!("{} {port}", transport.name()),
                        None => transport.name().to_owned(),
                    })
                    .collect();
                format!(
                    "| [{name}]({name}.md) | {} | {} | {} | {} | {} |\n",
                    protocol.title(),
                    protocol.class().name(),
                    transports.join(", "),
                    abilities(protocol).join(", "),
                    vectors(protocol),
                    name = protocol.name(),
                )
            })
            .concat()
    }

    #[test]
    fn the_documents_say_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocols/README.md");
        let text = std::fs::read_to_string(path).unwrap();
        let (head, rest) = text.split_once("<!-- table -->\n").unwrap();
        let (_, tail) = rest.split_once("<!-- end of table -->\n").unwrap();
        let heading = "\n| Name | Protocol | Class | Transports | Abilities | Vectors |\n| --- | --- | --- | --- | --- | --- |\n";
        let fresh = format!("{head}<!-- table -->\n{heading}{}\n<!-- end of table -->\n{tail}", rows());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &fresh).unwrap();
        }
        assert!(fresh == text, "{path} is behind the table: run UPDATE_DOCS=1 cargo test -p plomb-server");
        for protocol in Protocol::ALL {
            let page = path.replace("README", protocol.name());
            assert!(std::path::Path::new(&page).exists(), "{page} is missing");
        }
    }

    #[test]
    fn every_protocol_has_vectors() {
        for protocol in Protocol::ALL {
            assert!(vectors(protocol) > 0, "{} has none", protocol.name());
        }
    }

    #[test]
    fn every_vector_file_belongs_to_one_protocol() {
        let counted: usize = Protocol::ALL.into_iter().map(vectors).sum();
        assert_eq!(counted, VECTOR_FILES.iter().map(|(_, lines)| lines).sum::<usize>());
    }
}
