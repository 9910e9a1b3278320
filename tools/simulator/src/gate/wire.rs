//! LLRP's bytes: heads of messages and parameters (EPCglobal LLRP 1.1, sections 16 and 17), as far as a reader needs them.

/// Bytes of a message's head.
const HEAD_BYTES: usize = 10;
/// Longest message that a host may send; beyond it the reader hangs up.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// One message of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    pub(super) version: u8,
    pub(super) kind: u16,
    pub(super) id: u32,
    pub(super) body: &'a [u8],
}

/// The bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoMessage;

/// The first message and the bytes behind it; none while it is not whole.
pub(super) fn first(bytes: &[u8]) -> Result<Option<(Asked<'_>, &[u8])>, NoMessage> {
    let Some(head) = bytes.first_chunk::<HEAD_BYTES>() else { return Ok(None) };
    let [a, b, c, d, e, f, g, h, i, j] = *head;
    let length = usize::try_from(u32::from_be_bytes([c, d, e, f])).map_err(|_| NoMessage)?;
    if !(HEAD_BYTES..=MESSAGE_BYTES_MAX).contains(&length) {
        return Err(NoMessage);
    }
    let Some((message, rest)) = bytes.split_at_checked(length) else { return Ok(None) };
    let kind = u16::from_be_bytes([a & 3, b]);
    let body = message.get(HEAD_BYTES..).unwrap_or_default();
    Ok(Some((Asked { version: a >> 2 & 7, kind, id: u32::from_be_bytes([g, h, i, j]), body }, rest)))
}

/// A message.
pub(super) fn message(version: u8, kind: u16, id: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEAD_BYTES + body.len()).unwrap_or(u32::MAX);
    let word = u16::from(version) << 10 | kind;
    [&word.to_be_bytes()[..], &length.to_be_bytes(), &id.to_be_bytes(), body].concat()
}

/// A parameter with a length.
pub(super) fn tlv(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + body.len()).unwrap_or(u16::MAX);
    [&kind.to_be_bytes()[..], &length.to_be_bytes(), body].concat()
}

/// A parameter without one.
pub(super) fn tv(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[0x80 | kind][..], body].concat()
}

/// LLRPStatus: code and words.
pub(super) fn status(code: u16, words: &str) -> Vec<u8> {
    let length = u16::try_from(words.len()).unwrap_or_default();
    tlv(287, &[&code.to_be_bytes()[..], &length.to_be_bytes(), words.as_bytes()].concat())
}

/// The parameters with a length in a body, one after another; whatever is none ends them.
pub(super) fn parameters(mut body: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let [a, b, c, d, ..] = *body else { return None };
        let length = usize::from(u16::from_be_bytes([c, d]));
        let (parameter, rest) = body.split_at_checked(length).filter(|_| length >= 4 && a & 0x80 == 0)?;
        body = rest;
        Some((u16::from_be_bytes([a & 3, b]), parameter.get(4..).unwrap_or_default()))
    })
}

/// The first parameter of a kind.
pub(super) fn parameter(body: &[u8], kind: u16) -> Option<&[u8]> {
    parameters(body).find(|(found, _)| *found == kind).map(|(_, body)| body)
}

pub(super) fn byte(body: &[u8], at: usize) -> u8 {
    body.get(at).copied().unwrap_or_default()
}

pub(super) fn word(body: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([byte(body, at), byte(body, at + 1)])
}

pub(super) fn double(body: &[u8], at: usize) -> u32 {
    u32::from(word(body, at)) << 16 | u32::from(word(body, at + 2))
}

/// What is behind the first bytes.
pub(super) fn behind(body: &[u8], at: usize) -> &[u8] {
    body.get(at..).unwrap_or_default()
}
