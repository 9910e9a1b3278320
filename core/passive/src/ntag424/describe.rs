//! A link laid open for a person.

use plomb_session::Description;

use super::link::{Link, offset_in, plain};

/// The mirrors of a link; ciphertexts and code are shown as they came, they reveal nothing without a key.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    let text = plain(frame);
    let link = Link::of(&text);
    let at = |offset: usize| offset_in(frame, &text, link.start + offset);
    let mut description = Description::new("SUN message");
    let mirrors = [
        ("UID", link.uid),
        ("SDMReadCtr", link.counter),
        ("PICCENCData", link.picc),
        ("TTStatus", link.tamper),
        ("SDMENCFileData", link.file),
        ("SDMMAC", link.code),
    ];
    let mut fields: Vec<_> = mirrors.into_iter().filter_map(|(name, mirror)| Some((name, mirror?))).collect();
    fields.sort_by_key(|(_, mirror)| mirror.offset);
    for (name, mirror) in fields {
        let (start, end) = (at(mirror.offset), at(mirror.offset + mirror.text.len()));
        description.field(start, end - start, name, mirror.text);
    }
    description
}
