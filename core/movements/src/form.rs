//! What a person fills in: names of fields and their texts, in order. The journal keeps forms as they came, so that an
//! old one can be read for as long as its fields mean what they meant.

use std::fmt;

/// Most fields of one form: a declaration with a hundred containers and a hundred goods.
pub const FIELDS_MAX: usize = 2_000;
/// Longest text of a field, bytes (NCTS texts have at most 512 characters).
pub const TEXT_BYTES_MAX: usize = 2_048;

/// Fields by name, such as `unit.1.number`. Empty texts count as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(Vec<(Box<str>, Box<str>)>);

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Fault {
    /// Its name.
    pub field: String,
    /// What is wrong, and what it may be.
    pub why: String,
}

impl Fault {
    /// A fault of a field.
    #[must_use]
    pub fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { field: field.into(), why: why.into() }
    }
}

impl Form {
    /// An empty form.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The form of these fields, in order; those without a text are left out.
    pub fn of<N: Into<Box<str>>, T: Into<Box<str>>>(fields: impl IntoIterator<Item = (N, T)>) -> Self {
        let mut form = Self::new();
        for (name, text) in fields {
            form.put(name, text);
        }
        form
    }

    /// Fills in a field; an empty text leaves it out.
    pub fn put(&mut self, name: impl Into<Box<str>>, text: impl Into<Box<str>>) {
        let text = text.into();
        let text = text.trim();
        if !text.is_empty() {
            self.0.push((name.into(), text.into()));
        }
    }

    /// Every field.
    #[must_use]
    pub fn fields(&self) -> &[(Box<str>, Box<str>)] {
        &self.0
    }

    /// The text of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| &**known == name).map(|(_, text)| &**text)
    }

    /// The text of a field that must be there.
    ///
    /// # Errors
    /// [`Fault`] where it is missing.
    pub fn need(&self, name: &str) -> Result<&str, Fault> {
        self.get(name).ok_or_else(|| Fault::new(name, "it is missing"))
    }

    /// A field that is read by `FromStr`.
    ///
    /// # Errors
    /// [`Fault`] where it is no such thing; `what` says what it must be.
    pub fn read<T: std::str::FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, Fault> {
        let read = |text: &str| {
            text.parse().map_err(|_| Fault::new(name, format!("`{}` is no {what}", shown(text))))
        };
        self.get(name).map(read).transpose()
    }

    /// The part of the form under `prefix`, with the names that follow it.
    #[must_use]
    pub fn under(&self, prefix: &str) -> Self {
        let inside = self.0.iter().filter_map(|(name, text)| {
            Some((name.strip_prefix(prefix)?.strip_prefix('.')?.into(), text.clone()))
        });
        Self(inside.collect())
    }

    /// The forms of a list `prefix.1`, `prefix.2` ..., as far as they go.
    #[must_use]
    pub fn list(&self, prefix: &str) -> Vec<Self> {
        (1..=FIELDS_MAX)
            .map(|place| self.under(&format!("{prefix}.{place}")))
            .take_while(|inside| !inside.0.is_empty())
            .collect()
    }

    /// Puts another form in under `prefix`.
    pub fn put_under(&mut self, prefix: &str, inside: &Self) {
        for (name, text) in &inside.0 {
            self.put(format!("{prefix}.{name}"), text.clone());
        }
    }

    /// Whether it has more fields, or a field longer, than is taken; and names that come twice.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn check(&self) -> Result<(), Fault> {
        if self.0.len() > FIELDS_MAX {
            let why = format!("{} fields, at most {FIELDS_MAX} are taken", self.0.len());
            return Err(Fault::new("form", why));
        }
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some(*one),
            _ => None,
        }) {
            return Err(Fault::new(twice, "it comes twice"));
        }
        match self.0.iter().find(|(name, text)| name.len().max(text.len()) > TEXT_BYTES_MAX) {
            Some((name, _)) => Err(Fault::new(shown(name), format!("longer than {TEXT_BYTES_MAX} bytes"))),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, text) in &self.0 {
            write!(f, "{name}={text} ")?;
        }
        Ok(())
    }
}

/// So much of a text as fits into a sentence.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}
