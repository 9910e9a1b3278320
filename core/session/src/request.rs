//! A message that came by HTTP or MQTT, as the frame of a protocol that is spoken over them.
//!
//! The edge receives it with a library and writes it down in this one canonical form, which is what the journal
//! keeps: the head of an HTTP/1.1 request (method and target; of the headers only those that protocols read) and
//! the body. An MQTT message is written as `PUBLISH <topic> HTTP/1.1`. Frames without a head (a body alone, a query
//! string alone, as captures have them) are read too.

use std::borrow::Cow;

/// Longest request that is taken: far above a batch of a gateway's adverts.
pub const REQUEST_BYTES_MAX: usize = 1 << 20;
/// Headers that are read of one request.
const HEADERS_MAX: usize = 32;
/// Parameters that are read of one query or form.
const PARAMETERS_MAX: usize = 256;

/// One request, borrowed from the frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request<'a> {
    /// `GET`, `POST`, `PUBLISH` (MQTT) ...; empty where the frame has no head.
    pub method: &'a str,
    /// Path with query, or the MQTT topic; empty where the frame has no head.
    pub target: &'a str,
    /// Names and values of the headers that were kept.
    pub headers: Vec<(&'a str, &'a [u8])>,
    /// Where the body begins in the frame.
    pub body_offset: usize,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads the canonical form; whatever is not one is a body alone, or a target alone when it is one line that
    /// begins with `/` or `?`.
    #[must_use]
    pub fn of(frame: &'a [u8]) -> Self {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut head = httparse::Request::new(&mut headers);
        if let Ok(httparse::Status::Complete(body_offset)) = head.parse(frame) {
            return Self {
                method: head.method.unwrap_or_default(),
                target: head.path.unwrap_or_default(),
                headers: head.headers.iter().map(|header| (header.name, header.value)).collect(),
                body_offset,
                body: frame.get(body_offset..).unwrap_or_default(),
            };
        }
        let line = std::str::from_utf8(frame).unwrap_or_default().trim();
        if line.starts_with(['/', '?']) && !line.contains(['\n', ' ']) {
            return Self { target: line, body_offset: frame.len(), ..Self::default() };
        }
        Self { body: frame, ..Self::default() }
    }

    /// Writes the canonical form.
    pub fn write(method: &str, target: &str, headers: &[(&str, &[u8])], body: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(method.as_bytes());
        out.push(b' ');
        // A topic or target is one word of one line, whatever a client sent.
        out.extend(target.bytes().map(|byte| if byte <= b' ' || byte == 0x7F { b'_' } else { byte }));
        out.extend_from_slice(b" HTTP/1.1\r\n");
        for (name, value) in headers {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend(value.iter().map(|byte| if *byte < b' ' || *byte == 0x7F { b' ' } else { *byte }));
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body);
    }

    /// The path or topic, without the query.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A header's value, by its name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// Names and values of the query, and of the body where it is a form (`a=1&b=2`), decoded; at most 256.
    #[must_use]
    pub fn parameters(&self) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let body = std::str::from_utf8(self.body).unwrap_or_default().trim();
        let form = if body.starts_with(['{', '[', '<']) { "" } else { body };
        let parts = query.split('&').chain(form.split('&')).filter(|part| !part.is_empty());
        parts
            .take(PARAMETERS_MAX)
            .map(|part| {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                (decoded(name), decoded(value))
            })
            .collect()
    }
}

/// `+` and `%XX` undone; what is not so stays as it is.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['+', '%']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let escaped = match after {
            [high, low, ..] if *byte == b'%' => nibble(*high).zip(nibble(*low)),
            _ => None,
        };
        if let Some((high, low)) = escaped {
            bytes.push(high << 4 | low);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(if *byte == b'+' { b' ' } else { *byte });
            rest = after;
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

const fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut frame = Vec::new();
        Request::write("POST", "/a b?x=1%2B1&y=a+b", &[("X-Limit", b"a\r\nb")], b"z=%41", &mut frame);
        let request = Request::of(&frame);
        assert_eq!((request.method, request.path()), ("POST", "/a_b"));
        assert_eq!(request.header("x-limit"), Some(&b"a  b"[..]));
        let pairs: Vec<(String, String)> =
            request.parameters().into_iter().map(|(a, b)| (a.into_owned(), b.into_owned())).collect();
        let expected = [("x", "1+1"), ("y", "a b"), ("z", "A")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(pairs, expected);
        assert_eq!(&frame[request.body_offset..], b"z=%41");
    }

    #[test]
    fn a_body_or_a_target_alone_is_one() {
        assert_eq!(Request::of(b"{\"a\":1}").body, b"{\"a\":1}");
        assert_eq!(Request::of(b"/?id=1&lat=2").parameters().len(), 2);
        assert_eq!(Request::of(b"id=1&lat=2").parameters().len(), 2);
        assert_eq!(Request::of(b"a%zz=%4").parameters(), [("a%zz".into(), "%4".into())]);
    }
}
