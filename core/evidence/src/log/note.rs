//! Signed notes: a text, an empty line, and a line for each signature (c2sp.org/signed-note).

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};

use super::{KeyKind, SigningKey, VerifyingKey};

/// Most signatures of a note that are looked at.
pub const SIGNATURES_MAX: usize = 64;
/// Longest note.
const NOTE_BYTES_MAX: usize = 64 * 1024;
/// What a line with a signature begins with.
const MARK: &str = "\u{2014} ";

/// A text with the signatures below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: Box<str>,
    signatures: Vec<Signature>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Signature {
    name: Box<str>,
    /// Hash of the key, then what the key made.
    bytes: Box<[u8]>,
}

/// A signature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Whose.
    pub by: Box<str>,
    /// When a witness saw it, in seconds since 1970; `None` of the author.
    pub seen_at_s: Option<u64>,
}

/// A note that does not read or does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a note.
    #[error("it is no signed note: {0}")]
    Shape(&'static str),
    /// A known key did not make this signature.
    #[error("the signature of {0} does not belong to this text: the text or the signature was changed")]
    Signature(Box<str>),
    /// None of the signatures is of a key that is known.
    #[error("it is signed by {0}, none of which is a key that was given")]
    Unknown(String),
}

impl Note {
    /// A note that nobody has signed yet.
    ///
    /// # Errors
    /// [`NoteError::Shape`] for a text that does not end with a line or has control characters in it.
    pub fn new(text: &str) -> Result<Self, NoteError> {
        if !text.ends_with('\n') {
            return Err(NoteError::Shape("the text does not end with a line"));
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(NoteError::Shape("the text has control characters in it"));
        }
        Ok(Self { text: text.into(), signatures: Vec::new() })
    }

    /// What is signed, with the newline at its end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Signs the text.
    pub fn sign(&mut self, key: &SigningKey) {
        let mut bytes = key.public().hash().to_vec();
        bytes.extend_from_slice(&key.sign(self.text.as_bytes()));
        self.add(key, bytes);
    }

    /// Signs that the text was seen at a time, in seconds since 1970.
    pub fn cosign(&mut self, key: &SigningKey, seen_at_s: u64) {
        let mut bytes = key.public().hash().to_vec();
        bytes.extend_from_slice(&seen_at_s.to_be_bytes());
        bytes.extend_from_slice(&key.sign(&self.seen(seen_at_s)));
        self.add(key, bytes);
    }

    fn add(&mut self, key: &SigningKey, bytes: Vec<u8>) {
        let hash = key.public().hash();
        self.signatures.retain(|known| !known.is_of(key.public().name(), hash));
        self.signatures.push(Signature { name: key.public().name().into(), bytes: bytes.into() });
    }

    /// Takes over the lines with signatures of witnesses, as far as these are known and hold.
    ///
    /// # Errors
    /// [`NoteError`] for lines that do not read, and for a signature that does not hold.
    pub fn add_cosignatures(&mut self, lines: &str, witnesses: &[VerifyingKey]) -> Result<usize, NoteError> {
        let mut added = 0;
        for line in lines.lines() {
            let signature: Signature = line.parse()?;
            let Some(key) = witnesses.iter().find(|key| signature.is_of(key.name(), key.hash())) else {
                continue;
            };
            self.check(&signature, key)?;
            self.signatures.retain(|known| !known.is_of(key.name(), key.hash()));
            self.signatures.push(signature);
            added += 1;
        }
        Ok(added)
    }

    /// The line of one key's signature, if it has signed.
    #[must_use]
    pub fn line_of(&self, key: &VerifyingKey) -> Option<String> {
        let found = self.signatures.iter().find(|known| known.is_of(key.name(), key.hash()));
        found.map(|signature| format!("{signature}\n"))
    }

    /// What a witness signs (c2sp.org/tlog-cosignature, "Format").
    fn seen(&self, seen_at_s: u64) -> Vec<u8> {
        format!("cosignature/v1\ntime {seen_at_s}\n{}", self.text).into_bytes()
    }

    fn check(&self, signature: &Signature, key: &VerifyingKey) -> Result<Signed, NoteError> {
        let wrong = || NoteError::Signature(key.name().into());
        let made = signature.bytes.get(4..).unwrap_or_default();
        let seen_at_s = match key.kind() {
            KeyKind::Note => {
                if !key.is_signature(self.text.as_bytes(), made) {
                    return Err(wrong());
                }
                None
            }
            KeyKind::Cosignature => {
                let (time, made) = made.split_first_chunk::<8>().ok_or_else(wrong)?;
                let seen_at_s = u64::from_be_bytes(*time);
                if !key.is_signature(&self.seen(seen_at_s), made) {
                    return Err(wrong());
                }
                Some(seen_at_s)
            }
        };
        Ok(Signed { by: key.name().into(), seen_at_s })
    }

    /// The signatures of known keys. Those of others are passed over.
    ///
    /// # Errors
    /// [`NoteError::Signature`] when a signature of a known key does not hold, [`NoteError::Unknown`] when there is
    /// none of a known key.
    pub fn verify(&self, keys: &[VerifyingKey]) -> Result<Vec<Signed>, NoteError> {
        let mut holding = Vec::new();
        for signature in &self.signatures {
            if let Some(key) = keys.iter().find(|key| signature.is_of(key.name(), key.hash())) {
                holding.push(self.check(signature, key)?);
            }
        }
        if holding.is_empty() {
            let names: Vec<&str> = self.signatures.iter().map(|signature| &*signature.name).collect();
            return Err(NoteError::Unknown(names.join(", ")));
        }
        Ok(holding)
    }
}

impl Signature {
    fn is_of(&self, name: &str, hash: [u8; 4]) -> bool {
        *self.name == *name && self.bytes.starts_with(&hash)
    }
}

impl FromStr for Signature {
    type Err = NoteError;

    fn from_str(line: &str) -> Result<Self, NoteError> {
        let rest =
            line.strip_prefix(MARK).ok_or(NoteError::Shape("a line with a signature begins with a dash"))?;
        let (name, bytes) =
            rest.split_once(' ').ok_or(NoteError::Shape("a signature has a name and a value"))?;
        let bytes = Base64::decode_vec(bytes).map_err(|_| NoteError::Shape("a signature is not base64"))?;
        if name.is_empty() || name.contains('+') || bytes.len() < 5 {
            return Err(NoteError::Shape("a signature has no name or no value"));
        }
        Ok(Self { name: name.into(), bytes: bytes.into() })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MARK}{} {}", self.name, Base64::encode_string(&self.bytes))
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(note: &str) -> Result<Self, NoteError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::Shape("it is too long"));
        }
        // The last empty line parts the two: the text may have empty lines of its own.
        let split = note.rfind("\n\n").ok_or(NoteError::Shape("no empty line parts text and signatures"))?;
        let (text, lines) = note.split_at_checked(split + 1).ok_or(NoteError::Shape("it ends early"))?;
        let lines = lines.strip_prefix('\n').unwrap_or(lines);
        if !lines.ends_with('\n') {
            return Err(NoteError::Shape("the last signature does not end with a line"));
        }
        let mut read = Self::new(text)?;
        for line in lines.lines() {
            read.signatures.push(line.parse()?);
        }
        if read.signatures.is_empty() || read.signatures.len() > SIGNATURES_MAX {
            return Err(NoteError::Shape("it has no signatures, or too many"));
        }
        Ok(read)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}
