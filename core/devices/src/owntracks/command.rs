//! Commands of the type `cmd`, which a phone hears under its own topic and `/cmd` where it allows remote commands.

use plomb_model::{Command, CommandError, CommandTicket};
use serde_json::{Value, json};

use super::topic;

/// A command for the phone that publishes under `topic`.
pub(super) fn encode(
    topic: &str,
    _: CommandTicket,
    command: &Command,
) -> Result<(String, Vec<u8>), CommandError> {
    let message = match command {
        Command::Locate => json!({ "_type": "cmd", "action": "reportLocation" }),
        Command::ReportingInterval { seconds, wake_min: None } => json!({
            "_type": "cmd",
            "action": "setConfiguration",
            "configuration": { "_type": "configuration", "locatorInterval": seconds },
        }),
        Command::Text(text) => own(text)?,
        Command::ReportingInterval { .. } => {
            return Err(CommandError::Value {
                what: "the interval of waking",
                found: "given".to_owned(),
                allowed: "a phone does not sleep",
            });
        }
        _ => return Err(CommandError::Unsupported { protocol: "owntracks" }),
    };
    Ok((format!("{}/cmd", topic::device(topic)), message.to_string().into_bytes()))
}

/// Somebody's own words, as they are.
fn own(text: &str) -> Result<Value, CommandError> {
    let value: Option<Value> = serde_json::from_str(text).ok();
    value.filter(|value| value["_type"] == "cmd" && value["action"].is_string()).ok_or_else(|| {
        CommandError::Value {
            what: "the text",
            found: text.chars().take(64).collect(),
            allowed: "a JSON object with \"_type\": \"cmd\" and an \"action\"",
        }
    })
}
