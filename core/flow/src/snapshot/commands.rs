//! Commands in a snapshot: their creation in the journal's encoding, the rest as numbers and words.

use plomb_evidence::{Action, Entry, Operated};
use plomb_model::{CommandState, ConnectionId, ReceivedAt, Timestamp};
use plomb_rules::CommandRecord;

use super::{ABSENT, Reader, SnapshotError, Writer, number};

pub(super) fn write(out: &mut Writer, record: &CommandRecord) {
    let action = Action::Order {
        ticket: record.ticket,
        device: record.device,
        order: record.order.clone(),
        key: record.key.clone(),
        expires_at: record.expires_at,
        four_eyes: record.four_eyes,
    };
    let (at, by) = (record.created_at, record.created_by.clone());
    out.entry(&Entry::Operated(Operated { at, by, action }));
    let millis = |at: Option<ReceivedAt>| at.map_or(ABSENT, |at| at.0.as_millis());
    let authorised = record.authorised.as_ref();
    out.numbers(&[
        i64::from(record.state as u8),
        millis(authorised.map(|(_, at)| *at)),
        millis(record.sent.map(|(at, _)| at)),
        record.sent.map_or(ABSENT, |(_, connection)| number(connection.0)),
        i64::from(record.tries),
        millis(record.acknowledged_at),
        millis(record.ended_at),
    ]);
    out.bytes(authorised.map_or("", |(by, _)| by).as_bytes());
    out.bytes(record.detail.as_bytes());
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<CommandRecord, SnapshotError> {
    let Entry::Operated(Operated { at, by, action }) = reader.entry()? else { return Err(reader.damaged()) };
    let Action::Order { ticket, device, order, key, expires_at, four_eyes } = action else {
        return Err(reader.damaged());
    };
    let [state, authorised_at, sent_at, connection, tries, acknowledged_at, ended_at] = reader.fixed()?;
    let time = |millis: i64| (millis != ABSENT).then(|| ReceivedAt(Timestamp::from_millis(millis)));
    let state = u8::try_from(state).ok().and_then(CommandState::from_code).ok_or_else(|| reader.damaged())?;
    let tries = u8::try_from(tries).map_err(|_| reader.damaged())?;
    let mut text = || reader.bytes().map(|bytes| Box::<str>::from(String::from_utf8_lossy(bytes)));
    let authorised = text()?;
    Ok(CommandRecord {
        ticket,
        device,
        order,
        key,
        created_by: by,
        created_at: at,
        expires_at,
        four_eyes,
        state,
        authorised: time(authorised_at).map(|at| (authorised, at)),
        sent: time(sent_at).map(|at| (at, ConnectionId(connection.cast_unsigned()))),
        tries,
        acknowledged_at: time(acknowledged_at),
        ended_at: time(ended_at),
        detail: text()?,
    })
}
