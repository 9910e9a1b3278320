//! Commands to devices: ordering, authorising, taking back, and how far they have come.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use plomb_devices::orders;
use plomb_model::{CommandState, CommandTicket, DeviceId, Order as Ordered, OrderKind, Protocol, ReceivedAt};
use plomb_rules::{CommandRecord, CommandStep, KEY_BYTES_MAX, State};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use crate::access::{Authorise, Authorised, Order, Read};
use crate::cursor;
use crate::problem::{Problem, ProblemView};
use crate::request::{Body, Id, Limit, Parameters, optional};
use crate::view::{CommandKindWord, CommandView, CommandsView, DeviceCommandsView, FromText, one_of};

/// Names a wish, so that it is done once however often it is sent.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Longest words of a refusal.
const REASON_CHARS_MAX: usize = 200;
/// Validity of a command that names none: what is not done within the hour should be thought over.
const VALIDITY_S: u32 = 3_600;
/// Longest validity: that of the state, in seconds.
const VALIDITY_S_MAX: u32 = 7 * 24 * 3_600;
/// Longest text of a vendor's language; each protocol has its own, lower limit.
const TEXT_BYTES_MAX: usize = 1_000;
/// Longest number of a sub-lock.
const SUB_LOCK_BYTES_MAX: usize = 46;

/// What a device is to do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCommand {
    kind: CommandKindWord,
    /// Seconds for which it may still be sent; an hour unless said.
    #[schema(minimum = 1, maximum = 604800)]
    validity_s: Option<u32>,
    /// Of `reporting-interval` and `track`: seconds between two reports.
    #[schema(minimum = 1)]
    seconds: Option<u32>,
    /// Of `reporting-interval`, where the device sleeps: minutes between two wakings.
    wake_min: Option<u32>,
    /// Of `track`: for so many seconds.
    for_s: Option<u32>,
    /// Of `unlock-sub-lock`: its number.
    #[schema(max_length = 46)]
    sub_lock: Option<String>,
    /// Of `unlock-sub-lock`: minutes within which it may be opened.
    window_min: Option<u8>,
    /// Of `text`: in the vendor's command language. `{password}` stands for the lock's password; never write the
    /// password itself, since the text is kept.
    #[schema(max_length = 1000)]
    text: Option<String>,
}

impl NewCommand {
    fn order(&self) -> Result<Ordered, Problem> {
        fn needed<T>(value: Option<T>, name: &str) -> Result<T, Problem> {
            value.ok_or_else(|| Problem::unacceptable(format!("{name}: this kind of command needs it")))
        }
        Ok(match self.kind.0 {
            OrderKind::Unlock => Ordered::Unlock,
            OrderKind::Lock => Ordered::Lock,
            OrderKind::Locate => Ordered::Locate,
            OrderKind::SetTime => Ordered::SetTime,
            OrderKind::Restart => Ordered::Restart,
            OrderKind::UnlockSubLock => {
                let sub_lock =
                    short(needed(self.sub_lock.as_deref(), "sub_lock")?, "sub_lock", SUB_LOCK_BYTES_MAX)?;
                Ordered::UnlockSubLock { sub_lock, window_min: needed(self.window_min, "window_min")? }
            }
            OrderKind::ReportingInterval => Ordered::ReportingInterval {
                seconds: needed(self.seconds, "seconds")?,
                wake_min: self.wake_min,
            },
            OrderKind::Track => {
                let seconds = u16::try_from(needed(self.seconds, "seconds")?);
                let seconds = seconds.map_err(|_| Problem::unacceptable("seconds: at most 65535"))?;
                Ordered::Track { seconds, validity_s: needed(self.for_s, "for_s")? }
            }
            OrderKind::Text => {
                Ordered::Text(short(needed(self.text.as_deref(), "text")?, "text", TEXT_BYTES_MAX)?)
            }
        })
    }

    fn validity_s(&self) -> Result<u32, Problem> {
        match self.validity_s.unwrap_or(VALIDITY_S) {
            seconds @ 1..=VALIDITY_S_MAX => Ok(seconds),
            _ => Err(Problem::unacceptable(format!("validity_s: it must be 1 to {VALIDITY_S_MAX}"))),
        }
    }
}

fn short(text: &str, name: &str, bytes_max: usize) -> Result<Box<str>, Problem> {
    if text.is_empty() || text.len() > bytes_max || text.chars().any(char::is_control) {
        let problem = format!("{name}: it must have 1 to {bytes_max} bytes without control characters");
        return Err(Problem::unacceptable(problem));
    }
    Ok(text.into())
}

/// What a device can be told and was told.
#[utoipa::path(get, operation_id = "list_device_commands", path = "/devices/{id}/commands", tag = "commands",
    params(("id" = String, Path, example = "jointech:8041300978")), responses(
    (status = 200, body = DeviceCommandsView),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn of_device(
    reader: Authorised<Read>,
    Id(id): Id<DeviceId>,
) -> Result<Json<DeviceCommandsView>, Problem> {
    let found = reader.ask(move |state| {
        let protocol = protocol_of(state, &id)?;
        let records = state.commands.of(&id).into_iter().cloned().collect::<Vec<_>>();
        Some((protocol, records))
    });
    let (protocol, records) = found.await?.ok_or_else(|| no_device(&id))?;
    Ok(Json(DeviceCommandsView {
        can: orders(protocol).iter().copied().map(CommandKindWord).collect(),
        four_eyes: reader.api().four_eyes(),
        items: records.iter().map(CommandView::new).collect(),
    }))
}

/// Orders a device to do something. What opens a seal must be authorised before it is sent.
#[utoipa::path(post, operation_id = "create_command", path = "/devices/{id}/commands", tag = "commands",
    params(("id" = String, Path, example = "jointech:8041300978"),
        ("Idempotency-Key" = String, Header, example = "7d0c4c43-0b0c-4f3e-a7a4-6d8c9f6f5d55",
            description = "New for each wish, 1 to 128 bytes: sent again, it is answered with the command that is there")),
    request_body = NewCommand, responses(
    (status = 201, body = CommandView, description = "It is durable; the same key again gives the same command"),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn create(
    operator: Authorised<Order>,
    Id(device): Id<DeviceId>,
    headers: HeaderMap,
    Body(new): Body<NewCommand>,
) -> Result<(StatusCode, Json<CommandView>), Problem> {
    let (order, validity_s) = (new.order()?, new.validity_s()?);
    let key = key(&headers)?;
    let protocol = operator.ask(move |state| protocol_of(state, &device)).await?;
    refuse_unknown(protocol.ok_or_else(|| no_device(&device))?, order.kind())?;
    let expires_at = ReceivedAt(operator.now().plus_secs(i64::from(validity_s)));
    let four_eyes = operator.api().four_eyes();
    let step = CommandStep::Create { device, order, key, expires_at, four_eyes };
    Ok((StatusCode::CREATED, Json(CommandView::new(&operator.command(step).await?))))
}

/// The header by which the same wish is known again.
fn key(headers: &HeaderMap) -> Result<Box<str>, Problem> {
    const NEEDED: &str = "the header Idempotency-Key is needed: a text of your own, new for each command, so that \
                          the same command sent twice is done once";
    let value = headers.get(IDEMPOTENCY_KEY).ok_or_else(|| Problem::bad_parameter(NEEDED))?;
    let key = value.to_str().ok().filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()));
    key.map(Box::from).ok_or_else(|| {
        Problem::bad_parameter(format!(
            "Idempotency-Key: it must have 1 to {KEY_BYTES_MAX} visible characters"
        ))
    })
}

fn protocol_of(state: &State, device: &DeviceId) -> Option<Protocol> {
    state.devices.get(device).map(|device| device.protocol)
}

fn no_device(id: &DeviceId) -> Problem {
    Problem::not_found(format!("device {id}"))
}

fn refuse_unknown(protocol: Protocol, kind: OrderKind) -> Result<(), Problem> {
    let can = orders(protocol);
    if can.contains(&kind) {
        return Ok(());
    }
    let (name, kind) = (protocol.name(), kind.name());
    Err(Problem::unacceptable(if can.is_empty() {
        format!(
            "The protocol {name} takes no commands: this device cannot be told anything through the platform."
        )
    } else {
        let kinds: Vec<&str> = can.iter().map(|kind| kind.name()).collect();
        format!("The protocol {name} has no command {kind}; it has {}.", kinds.join(", "))
    }))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CommandParameters {
    /// `open` (created, authorised, sent or acknowledged) unless said.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    state: Option<StateFilter>,
    /// Only of this device.
    #[serde(deserialize_with = "optional")]
    #[param(example = "jointech:8041300978")]
    device: Option<String>,
    /// `next_cursor` of the page before, with the same filter.
    #[serde(deserialize_with = "optional")]
    cursor: Option<String>,
    /// Items of a page.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    limit: Option<Limit>,
}

/// `open`, `all`, or one state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StateFilter {
    #[default]
    Open,
    All,
    Only(CommandState),
}

impl StateFilter {
    fn every() -> Vec<Self> {
        let states = CommandState::ALL.into_iter().map(Self::Only);
        [Self::Open, Self::All].into_iter().chain(states).collect()
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::All => "all",
            Self::Only(state) => state.name(),
        }
    }

    fn takes(self, state: CommandState) -> bool {
        match self {
            Self::Open => !state.is_final(),
            Self::All => true,
            Self::Only(only) => only == state,
        }
    }
}

impl FromText for StateFilter {
    fn from_text(text: &str) -> Result<Self, String> {
        one_of(text, &Self::every(), Self::name)
    }
}

impl utoipa::PartialSchema for StateFilter {
    fn schema() -> RefOr<Schema> {
        let words: Vec<&str> = Self::every().into_iter().map(Self::name).collect();
        let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
        RefOr::T(Schema::Object(schema.build()))
    }
}

impl ToSchema for StateFilter {}

/// Commands of all devices, newest first, a page at a time.
#[utoipa::path(get, operation_id = "list_commands", path = "/commands", tag = "commands", params(CommandParameters), responses(
    (status = 200, body = CommandsView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    reader: Authorised<Read>,
    Parameters(parameters): Parameters<CommandParameters>,
) -> Result<Json<CommandsView>, Problem> {
    let device = parameters.device.as_ref().map(|text| text.parse::<DeviceId>()).transpose();
    let device = device.map_err(|error| Problem::bad_parameter(format!("device: {error}")))?;
    let before = parameters.cursor.as_deref().map(cursor::read::<u8, u64>).transpose()?;
    let (state, limit) = (parameters.state.unwrap_or_default(), parameters.limit.unwrap_or_default().get());
    let listing = Listing { state, device, before: before.map(|(_, before)| before), limit };
    let (records, total, more) = reader.ask(move |state| listing.page(state)).await?;
    let last = records.last().filter(|_| more).map(|record| record.ticket.0);
    Ok(Json(CommandsView {
        items: records.iter().map(CommandView::new).collect(),
        next_cursor: last.map(|ticket| cursor::write(0_u8, ticket)),
        total,
    }))
}

/// Which commands.
struct Listing {
    state: StateFilter,
    device: Option<DeviceId>,
    before: Option<u64>,
    limit: usize,
}

impl Listing {
    fn page(&self, state: &State) -> (Vec<CommandRecord>, u64, bool) {
        let (mut records, mut total, mut more) = (Vec::new(), 0, false);
        for record in state.commands.iter().rev().filter(|record| self.takes(record)) {
            total += 1;
            if self.before.is_some_and(|before| record.ticket.0 >= before) {
                continue;
            }
            if records.len() < self.limit {
                records.push(record.clone());
            } else {
                more = true;
            }
        }
        (records, total, more)
    }

    fn takes(&self, record: &CommandRecord) -> bool {
        self.state.takes(record.state) && self.device.is_none_or(|device| device == record.device)
    }
}

/// One command.
#[utoipa::path(get, operation_id = "get_command", path = "/commands/{id}", tag = "commands", params(("id" = u64, Path)), responses(
    (status = 200, body = CommandView),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn get(reader: Authorised<Read>, Id(id): Id<u64>) -> Result<Json<CommandView>, Problem> {
    let record = reader.ask(move |state| state.commands.get(CommandTicket(id)).cloned()).await?;
    let record = record.ok_or_else(|| Problem::not_found(format!("command {id} that is kept")))?;
    Ok(Json(CommandView::new(&record)))
}

/// Why a command is not to be sent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRefusal {
    /// For people; the device's page shows it.
    #[schema(max_length = 200)]
    reason: String,
}

/// Does not let a command be sent.
#[utoipa::path(post, operation_id = "refuse_command", path = "/commands/{id}/refuse", tag = "commands", params(("id" = u64, Path)),
    request_body = NewRefusal, responses(
    (status = 200, body = CommandView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn refuse(
    authoriser: Authorised<Authorise>,
    Id(id): Id<u64>,
    Body(NewRefusal { reason }): Body<NewRefusal>,
) -> Result<Json<CommandView>, Problem> {
    if reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        let problem = format!("reason: at most {REASON_CHARS_MAX} characters, without control characters");
        return Err(Problem::unacceptable(problem));
    }
    let record = authoriser.refuse(CommandTicket(id), reason.trim().into()).await?;
    Ok(Json(CommandView::new(&record)))
}

/// Lets a command be sent.
#[utoipa::path(post, operation_id = "authorise_command", path = "/commands/{id}/authorise", tag = "commands", params(("id" = u64, Path)), responses(
    (status = 200, body = CommandView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn authorise(
    authoriser: Authorised<Authorise>,
    Id(id): Id<u64>,
) -> Result<Json<CommandView>, Problem> {
    let record = authoriser.authorise(CommandTicket(id)).await?;
    Ok(Json(CommandView::new(&record)))
}

/// Takes a command back that has not been sent.
#[utoipa::path(post, operation_id = "cancel_command", path = "/commands/{id}/cancel", tag = "commands", params(("id" = u64, Path)), responses(
    (status = 200, body = CommandView),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn cancel(
    operator: Authorised<Order>,
    Id(id): Id<u64>,
) -> Result<Json<CommandView>, Problem> {
    let record = operator.command(CommandStep::Cancel(CommandTicket(id))).await?;
    Ok(Json(CommandView::new(&record)))
}
