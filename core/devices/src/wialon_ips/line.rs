//! One line: what stands before it, its type, its body and its checksum.

use plomb_wire::Crc16;

use crate::Description;

/// Longest type of a line.
const KIND_BYTES_MAX: usize = 4;

/// One line, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// What stands before the first `#`: nothing, or the identity in a datagram.
    pub(super) before: &'a str,
    /// `L`, `SD`, `D` ...
    pub(super) kind: &'a str,
    /// Everything after the type.
    pub(super) body: &'a str,
    /// Where the body begins.
    pub(super) offset: usize,
}

/// What the checksum at the end of a line is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checksum<'a> {
    /// There is none.
    None,
    /// It is that of this body.
    Holds(&'a str),
    /// It is another.
    Differs { body: &'a str, expected: u16, found: u16 },
}

/// CRC-16 of a body, as version 2.0 has it.
pub(super) fn sum(body: &str) -> u16 {
    Crc16::ARC.of(body.as_bytes())
}

impl<'a> Line<'a> {
    pub(super) fn of(wire: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(wire).ok()?;
        let text = text.trim_end_matches(['\r', '\n']);
        let (before, rest) = text.split_once('#')?;
        let (kind, body) = rest.split_once('#')?;
        let known = !kind.is_empty()
            && kind.len() <= KIND_BYTES_MAX
            && kind.bytes().all(|byte| byte.is_ascii_uppercase());
        known.then_some(Self { before, kind, body, offset: before.len() + kind.len() + 2 })
    }

    /// The checksum, where the version has one: four hex digits after the last `;` or `|`.
    pub(super) fn checksum(&self, second: bool) -> Checksum<'a> {
        let place = self.body.rfind([';', '|']).map(|place| place + 1);
        let parts = place.and_then(|place| self.body.split_at_checked(place)).filter(|_| second);
        let Some((body, digits)) = parts else { return Checksum::None };
        let digits = digits.trim();
        let found = u16::from_str_radix(digits, 16).ok().filter(|_| (1..=4).contains(&digits.len()));
        let Some(found) = found else { return Checksum::None };
        // Firmwares differ in whether the last separator is part of it.
        let (expected, shorter) = (sum(body), sum(body.get(..body.len() - 1).unwrap_or_default()));
        if found == expected || found == shorter {
            Checksum::Holds(body)
        } else {
            Checksum::Differs { body, expected, found }
        }
    }
}

/// A line laid open for a person; the password is not shown.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    let Some(line) = Line::of(frame) else { return Description::new("bytes of no line of Wialon IPS") };
    let mut description = Description::new(format!("Wialon IPS {}", line.kind));
    if !line.before.is_empty() {
        description.field(0, line.before.len(), "identity before the line", line.before);
    }
    let second = line.kind == "L" && line.body.starts_with("2.");
    let names: &[&str] = match line.kind {
        "L" if second => &["version", "identity", "password", "checksum"],
        "L" => &["identity", "password"],
        "D" | "SD" => &[
            "date",
            "time",
            "latitude",
            "north or south",
            "longitude",
            "east or west",
            "speed km/h",
            "course",
            "height m",
            "satellites",
            "HDOP",
            "inputs",
            "outputs",
            "analogue inputs",
            "key",
            "parameters",
            "checksum",
        ],
        _ => &[],
    };
    let mut offset = line.offset;
    for (place, field) in line.body.split(';').enumerate() {
        let name = names.get(place).copied().unwrap_or("field");
        let shown = if name == "password" && !field.is_empty() { "[redacted]" } else { field };
        description.field(offset, field.len(), name, shown);
        offset += field.len() + 1;
    }
    description
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_of_version_two() {
        let whole = format!("#D#1;2;{:X}", sum("1;2;"));
        let line = Line::of(whole.as_bytes()).unwrap();
        assert_eq!(line.checksum(true), Checksum::Holds("1;2;"));
        assert_eq!(line.checksum(false), Checksum::None, "version 1.1 has none");
        assert!(matches!(Line::of(b"#D#1;2;0").unwrap().checksum(true), Checksum::Differs { .. }));
        assert_eq!(Line::of(b"#D#1;2;NA").unwrap().checksum(true), Checksum::None);
    }

    #[test]
    fn what_is_no_line() {
        for bytes in [&b"hello"[..], b"##", b"#d#", b"#LONGER#", b"\xFF#D#", b"#D"] {
            assert_eq!(Line::of(bytes), None);
        }
        assert_eq!(Line::of(b"2.0;7#SD#x\r\n").unwrap().before, "2.0;7");
    }
}
