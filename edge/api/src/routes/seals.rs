//! What somebody who stands before a seal asks: what is this, and is it whole?

use axum::Json;
use plomb_model::{DeviceId, Protocol, Scheme};
use plomb_passive::identity::{Identified, canonical, resolve};
use plomb_registry::{Device, Registry, RegistryError};
use plomb_rules::{DeviceIndex, DeviceState, Finding, Ground, State, Verdict};
use serde::Deserialize;
use utoipa::ToSchema;

use super::seal_readings::{Message, read_now};
use super::session::Peer;
use crate::access::{Authorised, Read};
use crate::problem::{Problem, ProblemView};
use crate::request::Body;
use crate::view::{DeviceView, FindingView, LookUpKind, LookUpView, RegisteredView};

/// Longest text that is looked up, bytes: the longest links of taps have some 300.
const TEXT_BYTES_MAX: usize = 2048;
/// Most seals that one text is answered with.
const SEALS_MAX: usize = 20;

/// What was typed, scanned or tapped.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLookUp {
    /// The link of a tap, the text of a QR or bar code, a printed number, an identifier.
    #[schema(example = "CSQU 305438 3")]
    text: String,
}

/// Tell what a text names and how its seals stand. The link of a tap is a reading: it is kept and judged like any report,
/// in the name of this account.
#[utoipa::path(post, operation_id = "look_up_seal", path = "/seals/look-up", tag = "seals",
    request_body = NewLookUp, responses(
    (status = 200, body = LookUpView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
    (status = 503, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn look_up(
    reader: Authorised<Read>,
    Peer(peer): Peer,
    Body(asked): Body<NewLookUp>,
) -> Result<Json<LookUpView>, Problem> {
    let text = asked.text.trim();
    if text.is_empty() || text.len() > TEXT_BYTES_MAX {
        return Err(Problem::unacceptable(format!("text: 1 to {TEXT_BYTES_MAX} bytes")));
    }
    let found = resolve(text);
    if matches!(found, Identified::Tap(_)) {
        let frame =
            Message { protocol: Protocol::Ntag424, content_type: "text/plain", body: text.as_bytes() };
        return read_now(&reader, &peer.to_string(), LookUpKind::Tap, frame).await.map(Json);
    }
    let (mut kind, problem) = kind_of(&found);
    let mut names: Vec<DeviceId> = found.device_id().into_iter().collect();
    if let Ok(id) = text.parse::<DeviceId>() {
        kind = LookUpKind::Device;
        names.extend([id, canonical(id)]);
    }
    let id = names.first().map(ToString::to_string);
    names.extend(numbers(text));
    let named = registered(&reader, names).await?;
    let seals = reader
        .ask(move |state| named.into_iter().filter_map(|seal| last(state, seal)).take(SEALS_MAX).collect());
    let seals = seals.await?;
    Ok(Json(LookUpView { kind, problem, id, seals }))
}

fn kind_of(found: &Identified) -> (LookUpKind, Option<String>) {
    match found {
        Identified::Tap(_) => (LookUpKind::Tap, None),
        Identified::Container(_) => (LookUpKind::Container, None),
        Identified::WrongContainer(error) => (LookUpKind::WrongContainer, Some(error.to_string())),
        Identified::Epc(_) | Identified::Tag(_) => (LookUpKind::Code, None),
        Identified::WrongEpc(error) => (LookUpKind::WrongCode, Some(error.to_string())),
        Identified::Chip(_) | Identified::Nfc(_) => (LookUpKind::Chip, None),
        Identified::Seal(_) => (LookUpKind::Mark, None),
        Identified::Nothing => (LookUpKind::Nothing, None),
    }
}

/// A number as it stands on a device, in every numbering: people do not know which one it is.
fn numbers(text: &str) -> impl Iterator<Item = DeviceId> + '_ {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let spellings = [plain.clone(), plain.to_uppercase(), plain.to_lowercase()];
    Scheme::ALL.into_iter().flat_map(move |scheme| {
        let spellings = spellings.clone();
        spellings.into_iter().filter_map(move |value| DeviceId::new(scheme, &value).ok())
    })
}

/// A seal by its names: the first is the registered one, where it is registered.
#[derive(Clone)]
pub(super) struct Named {
    names: Vec<DeviceId>,
    /// The spellings that led to it: it may be heard by one of them.
    pub(super) asked: Vec<DeviceId>,
    registered: Option<Device>,
}

/// Which seals go by these names, by the register; a name that it does not know stands for itself.
pub(super) async fn registered(
    reader: &Authorised<Read>,
    names: Vec<DeviceId>,
) -> Result<Vec<Named>, Problem> {
    reader
        .look(move |registry| {
            let mut found: Vec<Named> = Vec::new();
            for asked in names {
                let device = registry.device_of(&asked).unwrap_or(asked);
                match found.iter_mut().find(|seal| seal.names.contains(&device)) {
                    Some(seal) => seal.asked.push(asked),
                    None => found.push(named(registry, device, asked)?),
                }
            }
            Ok(found)
        })
        .await
}

fn named(registry: &Registry, device: DeviceId, asked: DeviceId) -> Result<Named, RegistryError> {
    let registered = registry.device(&device)?;
    let mut names = vec![device];
    if registered.is_some() {
        names.extend(registry.aliases(Some(&device))?.into_iter().map(|alias| alias.alias));
    }
    Ok(Named { names, asked: vec![asked], registered })
}

/// How a seal stood when it was last heard; none where nobody knows of it at all.
fn last(state: &State, seal: Named) -> Option<FindingView> {
    let heard = heard(state, &seal);
    if heard.is_none() && seal.registered.is_none() {
        return None;
    }
    let finding = heard
        .map_or(Finding { verdict: Verdict::Unproven, ground: Ground::NeverHeard }, |(_, device)| {
            Finding::of_last(state, device)
        });
    let event = heard.map(|(_, device)| device.last_event());
    let view = FindingView {
        read_at: heard.map(|(_, device)| device.last_received_at.into()),
        event: event.map(|id| id.to_string()),
        ..FindingView::new(finding)
    };
    Some(with_names(state, view, heard, seal))
}

/// The row of the name that was heard last.
pub(super) fn heard<'a>(state: &'a State, seal: &Named) -> Option<(DeviceIndex, &'a DeviceState)> {
    let rows = seal.names.iter().chain(&seal.asked).filter_map(|name| {
        let index = state.devices.find(name)?;
        Some((index, state.devices.row(index)?))
    });
    rows.max_by_key(|(_, device)| device.last_received_at)
}

pub(super) fn with_names(
    state: &State,
    view: FindingView,
    heard: Option<(DeviceIndex, &DeviceState)>,
    seal: Named,
) -> FindingView {
    let id = heard.map(|(_, device)| device.id).or_else(|| seal.names.first().copied());
    FindingView {
        id: id.map(|id| id.to_string()),
        names: seal.names.iter().map(ToString::to_string).collect(),
        registered: seal.registered.map(RegisteredView::from),
        device: heard.map(|(index, device)| DeviceView::new(state, index, device)),
        ..view
    }
}
