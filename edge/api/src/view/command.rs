//! A command to a device and the lists of commands.

use plomb_model::Order;
use plomb_rules::CommandRecord;
use serde::Serialize;
use utoipa::ToSchema;

use super::{CommandKindWord, CommandStateWord, Time};

/// One command to one device, and how far it has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Command)]
pub(crate) struct CommandView {
    id: u64,
    device: String,
    kind: CommandKindWord,
    /// What it says, for a person to read back.
    #[schema(example = "report every 30 s")]
    summary: String,
    state: CommandStateWord,
    /// The idempotency key that came with it.
    key: String,
    created_by: String,
    created_at: Time,
    /// It is not sent from this time on.
    expires_at: Time,
    /// Somebody else than its creator must authorise it.
    four_eyes: bool,
    /// Null until it is authorised; the creator for a kind that needs nobody.
    #[schema(required)]
    authorised_by: Option<String>,
    #[schema(required)]
    authorised_at: Option<Time>,
    /// When it went to the device last.
    #[schema(required)]
    sent_at: Option<Time>,
    /// How often it went to the device.
    tries: u8,
    /// When the device said that it has it.
    #[schema(required)]
    acknowledged_at: Option<Time>,
    /// When nothing more could happen to it.
    #[schema(required)]
    ended_at: Option<Time>,
    /// The device's words, or why it stands as it does.
    detail: String,
}

/// What a device can be told, and what it was told.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DeviceCommands)]
pub(crate) struct DeviceCommandsView {
    /// The kinds that the device's protocol carries; empty when it takes no commands.
    pub(crate) can: Vec<CommandKindWord>,
    /// Whether somebody else than the creator must authorise what needs it.
    pub(crate) four_eyes: bool,
    /// Newest first: all that are not over, and the latest of those that are.
    pub(crate) items: Vec<CommandView>,
}

/// A page of commands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CommandList)]
pub(crate) struct CommandsView {
    pub(crate) items: Vec<CommandView>,
    /// Pass it as `cursor` for the next page; null at the end.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
    /// How many match the filter, on all pages.
    pub(crate) total: u64,
}

impl CommandView {
    pub(crate) fn new(record: &CommandRecord) -> Self {
        let (authorised_by, authorised_at) = record.authorised.clone().unzip();
        Self {
            id: record.ticket.0,
            device: record.device.to_string(),
            kind: CommandKindWord(record.order.kind()),
            summary: summary(&record.order),
            state: CommandStateWord(record.state),
            key: record.key.to_string(),
            created_by: record.created_by.to_string(),
            created_at: record.created_at.into(),
            expires_at: record.expires_at.into(),
            four_eyes: record.four_eyes,
            authorised_by: authorised_by.map(String::from),
            authorised_at: authorised_at.map(Time::from),
            sent_at: record.sent.map(|(at, _)| at.into()),
            tries: record.tries,
            acknowledged_at: record.acknowledged_at.map(Time::from),
            ended_at: record.ended_at.map(Time::from),
            detail: record.detail.to_string(),
        }
    }
}

/// An order in words.
fn summary(order: &Order) -> String {
    match order {
        Order::Unlock => "open the lock".to_owned(),
        Order::Lock => "close the lock".to_owned(),
        Order::UnlockSubLock { sub_lock, window_min } => {
            format!("open the sub-lock {sub_lock} within {window_min} min")
        }
        Order::ReportingInterval { seconds, wake_min: None } => format!("report every {seconds} s"),
        Order::ReportingInterval { seconds, wake_min: Some(minutes) } => {
            format!("report every {seconds} s, wake every {minutes} min")
        }
        Order::Locate => "report the position now".to_owned(),
        Order::Track { seconds, validity_s } => format!("report every {seconds} s for {validity_s} s"),
        Order::SetTime => "set the clock".to_owned(),
        Order::Restart => "restart".to_owned(),
        Order::Text(text) => text.to_string(),
    }
}
