//! A link laid open for a person.

use plomb_session::Description;

use super::link::Link;

/// The mirrors of a link; ciphertexts and code are shown as they came, they reveal nothing without a key.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    let link = Link::of(frame);
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
        description.field(mirror.offset, mirror.text.len(), name, mirror.text);
    }
    description
}
