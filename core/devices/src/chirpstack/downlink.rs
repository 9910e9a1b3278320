//! Downlinks: commands of the network server under `application/ID/device/DEVEUI/command/down` (integration.proto,
//! `DownlinkCommand`). Each is confirmed, and its queue item bears the command's number, so that the acknowledgement
//! tells which one it is of, over restarts too.

use base64ct::{Base64, Encoding};
use plomb_model::{Command, CommandError, CommandOutcome, CommandTicket, Reading};
use serde_json::{Value, json};

use crate::{tag, web};

/// Longest payload of LoRaWAN (Regional Parameters, the fastest rates).
const PAYLOAD_BYTES_MAX: usize = 242;
/// Application ports (LoRaWAN 1.0.4, section 4.3.2).
const PORTS: std::ops::RangeInclusive<u8> = 1..=223;
/// The queue items that are ours: a UUID of version 8 (RFC 9562, section 5.8), the number behind it.
const ITEM: &str = "706c6f6d-6200-8000-8000-";

/// A downlink for the device that publishes under `topic`.
pub(super) fn encode(
    topic: &str,
    ticket: CommandTicket,
    command: &Command,
) -> Result<(String, Vec<u8>), CommandError> {
    let Command::Text(text) = command else {
        return Err(CommandError::Unsupported { protocol: "chirpstack" });
    };
    let (port, payload) = payload(text).ok_or_else(|| CommandError::Value {
        what: "the text",
        found: text.chars().take(64).collect(),
        allowed: "port (1 to 223) and payload in hex, at most 242 bytes, such as: 10 01ff",
    })?;
    let device = topic.split_once("/event/").map_or(topic, |(device, _)| device);
    let eui = device.rsplit('/').next().unwrap_or_default();
    let message = json!({
        "id": format!("{ITEM}{:012x}", ticket.0),
        "devEui": eui,
        "confirmed": true,
        "fPort": port,
        "data": Base64::encode_string(&payload),
    });
    Ok((format!("{device}/command/down"), message.to_string().into_bytes()))
}

fn payload(text: &str) -> Option<(u8, Vec<u8>)> {
    let (port, payload) = text.trim().split_once(' ')?;
    let port = port.parse().ok().filter(|port| PORTS.contains(port))?;
    let payload = tag::hex(payload.trim()).filter(|payload| payload.len() <= PAYLOAD_BYTES_MAX)?;
    Some((port, payload))
}

/// What an acknowledgement says of a command of ours.
pub(super) fn outcome(value: &Value, acknowledged: bool) -> Option<Reading> {
    let item = web::member(value, &["queueItemId"])?;
    let ticket = u64::from_str_radix(item.strip_prefix(ITEM)?, 16).ok().map(CommandTicket)?;
    let outcome = if acknowledged { CommandOutcome::Answered } else { CommandOutcome::Failed };
    Some(Reading::CommandResult { ticket, outcome })
}
