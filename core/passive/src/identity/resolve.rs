//! What somebody typed, scanned or tapped is.

use std::borrow::Cow;

use plomb_model::DeviceId;

use super::container::{ContainerError, ContainerNumber};
use super::epc::{Epc, EpcError, Tag};
use super::mark::SealMark;
use super::text::ascii;
use super::tid::Tid;
use crate::ntag424::link::Link;

/// Longer texts are no identifier: the longest links of taps have some 300 characters.
const CHARACTERS_MAX: usize = 2048;
/// Fewer hex digits may be a number that somebody printed: the shortest chip number has 16.
const HEX_DIGITS_MIN: usize = 16;

/// What a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identified {
    /// A freight container.
    Container(ContainerNumber),
    /// Four letters and seven digits like a container's number, but the check digit says that some are wrong.
    WrongContainer(ContainerError),
    /// A thing by its code: URN, Digital Link, bar code.
    Epc(Epc),
    /// What a UHF tag holds.
    Tag(Tag),
    /// A code that begins like an EPC and is none: misread, mistyped or invented.
    WrongEpc(EpcError),
    /// A UHF chip.
    Chip(Tid),
    /// An NFC chip by its number.
    Nfc([u8; 7]),
    /// The link of a tap on an NFC tag, to be verified before anything in it is believed.
    Tap(Tap),
    /// The mark printed on a seal.
    Seal(SealMark),
    /// Nothing known here.
    Nothing,
}

/// The link of a tap, unverified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tap {
    /// The chip, where the link tells it in clear.
    pub uid: Option<[u8; 7]>,
    /// Taps so far, where the link tells them in clear.
    pub counter: Option<u32>,
    /// The thing, where the link is a Digital Link besides.
    pub epc: Option<Epc>,
}

/// Tells what a typed number, the text of a QR code, the link of an NFC tag or the data of a bar code is.
///
/// ```text
/// CSQU 305438 3                          a container
/// urn:epc:id:giai:9521141.5678           a thing
/// https://id.gs1.org/8004/95211415678    the same
/// 3476451FD40000000000162E               the same, as a tag holds it
/// E28068902000000102030405               a chip
/// https://example.org/t?uid=..&cmac=..   a tap
/// Seal no. MLTM-123456                   a seal
/// ```
#[must_use]
pub fn resolve(text: &str) -> Identified {
    let text =
        text.trim_matches(|c: char| c.is_whitespace() || c.is_control() && c != '\u{1D}' || c == '\u{FEFF}');
    if text.is_empty() || text.len() > CHARACTERS_MAX {
        return Identified::Nothing;
    }
    code(text).or_else(|| link(text)).or_else(|| hex(text)).unwrap_or_else(|| printed(text))
}

impl Identified {
    /// What is named, as the platform names it: the same for all codes of one thing (see
    /// [`canonical`](super::canonical)).
    #[must_use]
    pub fn device_id(&self) -> Option<DeviceId> {
        match self {
            Self::Container(container) => container.device_id(),
            Self::Epc(epc) => epc.device_id(),
            Self::Tag(tag) => tag.epc.device_id(),
            Self::Chip(tid) => tid.device_id(),
            Self::Nfc(uid) => super::alias::nfc(*uid),
            Self::Tap(tap) => {
                tap.uid.and_then(super::alias::nfc).or_else(|| tap.epc.as_ref().and_then(Epc::device_id))
            }
            Self::Seal(mark) => mark.device_id(),
            Self::WrongContainer(_) | Self::WrongEpc(_) | Self::Nothing => None,
        }
    }
}

/// Texts that say by their beginning what they are.
fn code(text: &str) -> Option<Identified> {
    let starts = |start: &str| text.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start));
    if starts("urn:epc:tag:") {
        return Some(Tag::parse_urn(text).map_or_else(Identified::WrongEpc, Identified::Tag));
    }
    if starts("urn:epc:raw:") {
        let (_, digits) = text.rsplit_once(".x")?;
        return hex(digits).or(Some(Identified::Nothing));
    }
    if starts("urn:") || text.starts_with('(') || text.starts_with(']') {
        return Some(match Epc::parse(text) {
            Ok(Epc::Container(container)) => Identified::Container(container),
            Ok(epc) => Identified::Epc(epc),
            Err(EpcError::Container(error)) => Identified::WrongContainer(error),
            Err(EpcError::Kind) => Identified::Nothing,
            Err(error) => Identified::WrongEpc(error),
        });
    }
    None
}

/// Links, with or without `https://`.
fn link(text: &str) -> Option<Identified> {
    let whole = if text.contains("://") {
        Cow::Borrowed(text)
    } else {
        let (host, _) = text.split_once('/').filter(|(host, path)| host.contains('.') && !path.is_empty())?;
        let is_host = host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:".contains(c));
        // `12.34/56` is a number that somebody wrote with points and strokes.
        let name = host.rsplit('.').next().unwrap_or_default();
        if !is_host || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        Cow::Owned(format!("https://{text}"))
    };
    let epc = Epc::parse(&whole);
    let mirrors = Link::of(whole.as_bytes());
    let has_query = mirrors.text.contains('?');
    if has_query && mirrors.code.is_some() && (mirrors.picc.is_some() || mirrors.uid.is_some()) {
        let bytes = |text: &str| plomb_wire::from_hex(text).ok();
        let counter = mirrors.counter.and_then(|counter| bytes(counter.text));
        return Some(Identified::Tap(Tap {
            uid: mirrors.uid.and_then(|uid| bytes(uid.text)?.try_into().ok()),
            counter: counter.map(|bytes| bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte))),
            epc: epc.ok(),
        }));
    }
    Some(match epc {
        Ok(epc) => Identified::Epc(epc),
        Err(error @ EpcError::CheckDigit { .. }) => Identified::WrongEpc(error),
        Err(_) => Identified::Nothing,
    })
}

/// Bytes in hex: what a tag holds, or a chip's number.
fn hex(text: &str) -> Option<Identified> {
    let plain: String =
        text.chars().map(ascii).filter(|c| !c.is_whitespace() && !":-".contains(*c)).collect();
    let plain = plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")).unwrap_or(&plain);
    let bytes = plomb_wire::from_hex(plain).ok()?;
    if let Ok(uid @ [0x04, ..]) = <[u8; 7]>::try_from(bytes.as_slice()) {
        // Fourteen decimal digits may as well be printed on a seal; colons or letters show that they are hex.
        let shown = text.contains(':') || plain.contains(|c: char| c.is_ascii_alphabetic());
        return shown.then_some(Identified::Nfc(uid));
    }
    if plain.len() < HEX_DIGITS_MIN {
        return None;
    }
    if let Ok(tag) = Tag::decode(&bytes) {
        return Some(Identified::Tag(tag));
    }
    Tid::new(&bytes).map(Identified::Chip)
}

/// What people read from steel, plastic and paper.
fn printed(text: &str) -> Identified {
    match ContainerNumber::parse(text) {
        Ok(container) => return Identified::Container(container),
        Err(error @ ContainerError::CheckDigit { .. }) => return Identified::WrongContainer(error),
        Err(_) => {}
    }
    // A logistic unit's bar code, from scanners that do not tell the symbology.
    let unit = (text.len() == 20 && text.starts_with("00")).then(|| Epc::parse(&format!("]C1{text}")));
    if let Some(Ok(epc)) = unit {
        return Identified::Epc(epc);
    }
    SealMark::parse(text).map_or(Identified::Nothing, Identified::Seal)
}
