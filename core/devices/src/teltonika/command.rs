//! Commands as codec 12 texts (SMS/GPRS command list of the FMB family). The device answers in order.

use plomb_model::{Command, CommandError, Protocol};

use super::message::TYPE_COMMAND;
use super::packet;

/// Commands that may wait for an answer: the device works on one at a time.
const WAITING_MAX: usize = 16;
/// Longest command text that devices take, bytes.
const TEXT_BYTES_MAX: usize = 512;
/// Codec 12.
const CODEC: u8 = 0x0C;

/// The packet for a command, with so many before it that are not answered yet.
pub(super) fn encode(command: &Command, waiting: usize) -> Result<Vec<u8>, CommandError> {
    if waiting >= WAITING_MAX {
        return Err(CommandError::TooMany { waiting });
    }
    let text: &str = match command {
        Command::Text(text) => text,
        Command::Locate => "getgps",
        Command::Restart => "cpureset",
        // Which output drives a lock, if any, is the installation's choice: such a command is sent as a text.
        _ => return Err(CommandError::Unsupported { protocol: Protocol::Teltonika.name() }),
    };
    let printable = text.bytes().all(|byte| (0x20..0x7F).contains(&byte));
    if text.is_empty() || text.len() > TEXT_BYTES_MAX || !printable {
        let allowed = "1 to 512 printable ASCII characters";
        return Err(CommandError::Value {
            what: "the text",
            found: text.escape_debug().to_string(),
            allowed,
        });
    }
    let mut body = vec![CODEC, 1, TYPE_COMMAND];
    body.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    body.extend_from_slice(text.as_bytes());
    body.push(1);
    Ok(packet(&body))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vendor's own example of a codec 12 packet (wiki, section "Codec 12", `getinfo`).
    #[test]
    fn the_vendors_example() {
        let packet = encode(&Command::Text("getinfo".into()), 0).unwrap();
        assert_eq!(plomb_wire::to_hex(&packet), "000000000000000f0c010500000007676574696e666f0100004312");
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        assert!(encode(&Command::Lock, 0).is_err());
        assert!(encode(&Command::Text("a\nb".into()), 0).is_err());
        assert!(encode(&Command::Locate, WAITING_MAX).is_err());
    }
}
