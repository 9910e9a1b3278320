//! Messages to a terminal: header 41 and payload 42.

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Scheme};

use super::frame::REVISION;

/// Commands that may wait for the gateway's confirmation.
pub(super) const WAITING_MAX: usize = 32;
/// Longest payload of a message to a terminal.
const PAYLOAD_BYTES_MAX: usize = 1890;
/// Bytes of the header's content.
const HEADER_BYTES: u16 = 21;

/// The number the message is sent under, and its bytes.
pub(super) fn encode(
    device: DeviceId,
    ticket: CommandTicket,
    command: &Command,
) -> Result<(u32, Vec<u8>), CommandError> {
    let Command::Text(text) = command else {
        return Err(CommandError::Unsupported { protocol: "iridium" });
    };
    if device.scheme() != Scheme::Imei || device.value().len() != 15 {
        return Err(CommandError::UnknownDevice);
    }
    let length = u16::try_from(text.len())
        .ok()
        .filter(|length| (1..=PAYLOAD_BYTES_MAX).contains(&usize::from(*length)));
    let Some(length) = length else {
        let found = format!("{} bytes", text.len());
        return Err(CommandError::Value { what: "the text", found, allowed: "1 to 1890 bytes" });
    };
    let [.., a, b, c, d] = ticket.0.to_be_bytes();
    let client = [a, b, c, d];
    let mut bytes = vec![REVISION];
    bytes.extend((3 + HEADER_BYTES + 3 + length).to_be_bytes());
    bytes.push(0x41);
    bytes.extend(HEADER_BYTES.to_be_bytes());
    bytes.extend(client);
    bytes.extend(device.value().as_bytes());
    bytes.extend([0, 0]);
    bytes.push(0x42);
    bytes.extend(length.to_be_bytes());
    bytes.extend(text.as_bytes());
    Ok((u32::from_be_bytes(client), bytes))
}
