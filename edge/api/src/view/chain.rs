//! The way from bytes to alarm.

use plomb_devices::{Description, Field};
use plomb_evidence::Received;
use plomb_model::{EntryId, Issue};
use plomb_wire::to_hex;
use serde::Serialize;
use utoipa::ToSchema;

use super::{AlarmView, EventView, RawProtocolWord, Time};

/// Bytes, message, events, replies and alarms of one report.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Chain)]
pub(crate) struct ChainView {
    pub(crate) raw: RawView,
    pub(crate) message: MessageView,
    pub(crate) issues: Vec<IssueView>,
    pub(crate) events: Vec<EventView>,
    pub(crate) replies: Vec<ReplyView>,
    /// Alarms that name the event among their causes.
    pub(crate) alarms: Vec<AlarmView>,
}

/// The bytes as they came over the wire.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Raw)]
pub(crate) struct RawView {
    /// Number of the journal entry.
    entry: u64,
    protocol: RawProtocolWord,
    connection: u64,
    /// Address and port of the other side, where still known.
    #[schema(required)]
    peer: Option<String>,
    received_at: Time,
    /// Bytes.
    length: u64,
    hex: String,
    /// The bytes as text, where all of them are printable.
    #[schema(required)]
    text: Option<String>,
    /// SHA-256 of the journal entry as an RFC 6962 leaf, hex.
    leaf_hash: String,
}

/// The frame laid open.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageView {
    /// The manual's name.
    name: String,
    fields: Vec<FieldView>,
}

/// One field of a frame.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Field)]
pub(crate) struct FieldView {
    /// First byte in the frame.
    offset: u64,
    /// Bytes.
    length: u64,
    /// The manual's name.
    name: &'static str,
    /// In the manual's units, secrets redacted.
    value: String,
}

/// Something in a frame that is not as the protocol has it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Issue)]
pub(crate) struct IssueView {
    /// Byte in the frame.
    offset: u32,
    what: String,
    found: String,
}

/// Bytes that were sent back.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Reply)]
pub(crate) struct ReplyView {
    hex: String,
    /// The bytes as text, where all of them are printable.
    #[schema(required)]
    text: Option<String>,
}

impl RawView {
    /// The bytes of a report.
    pub(crate) fn new(id: EntryId, received: &Received, peer: Option<String>, leaf_hash: &[u8; 32]) -> Self {
        Self {
            entry: id.0,
            protocol: RawProtocolWord(received.protocol),
            connection: received.connection.0,
            peer,
            received_at: received.at.into(),
            length: received.frame.len() as u64,
            hex: to_hex(&received.frame),
            text: printable(&received.frame),
            leaf_hash: to_hex(leaf_hash),
        }
    }
}

impl From<Description> for MessageView {
    fn from(description: Description) -> Self {
        Self { name: description.name, fields: description.fields.into_iter().map(FieldView::from).collect() }
    }
}

impl From<Field> for FieldView {
    fn from(field: Field) -> Self {
        Self {
            offset: field.offset as u64,
            length: field.length as u64,
            name: field.name,
            value: field.value,
        }
    }
}

impl From<&Issue> for IssueView {
    fn from(issue: &Issue) -> Self {
        Self { offset: issue.offset, what: issue.what.to_string(), found: issue.found.clone() }
    }
}

impl ReplyView {
    /// What was sent back, one after another; empty when nothing was.
    pub(crate) fn all(replies: &[u8]) -> Vec<Self> {
        if replies.is_empty() {
            return Vec::new();
        }
        vec![Self { hex: to_hex(replies), text: printable(replies) }]
    }
}

/// The bytes as text, if every one of them is printable ASCII or a line break.
fn printable(bytes: &[u8]) -> Option<String> {
    let is_text = |byte: &u8| byte.is_ascii_graphic() || b" \r\n".contains(byte);
    if bytes.is_empty() || !bytes.iter().all(is_text) {
        return None;
    }
    String::from_utf8(bytes.to_vec()).ok()
}
