//! What is wrong with a document.

/// Faults told of one document: enough to mend it, few enough to read.
pub const FAULTS_MAX: usize = 100;

/// One fault: where, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct Fault {
    /// Where: the way down to the value, such as `epcisBody.eventList[3].bizStep`; or `line 12`.
    pub path: String,
    /// What is wrong, and what would be right.
    pub why: String,
}

impl Fault {
    /// A fault at a place.
    pub fn new(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self { path: path.into(), why: why.into() }
    }
}

/// Faults that are found while a document is walked through.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    found: Vec<Fault>,
    path: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Name(String),
    Place(usize),
}

impl Faults {
    /// Looks into a member.
    pub(crate) fn within(&mut self, name: &str, check: impl FnOnce(&mut Self)) {
        self.path.push(Step::Name(name.to_owned()));
        check(self);
        self.path.pop();
    }

    /// Looks into an item of a list, counted from 0.
    pub(crate) fn at(&mut self, place: usize, check: impl FnOnce(&mut Self)) {
        self.path.push(Step::Place(place));
        check(self);
        self.path.pop();
    }

    /// Notes a fault here.
    pub(crate) fn note(&mut self, why: impl Into<String>) {
        if self.found.len() < FAULTS_MAX {
            self.found.push(Fault::new(self.here(), why));
        }
    }

    /// How many were found so far.
    pub(crate) const fn count(&self) -> usize {
        self.found.len()
    }

    fn here(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                Step::Name(name) if text.is_empty() => text.push_str(name),
                Step::Name(name) => text.push_str(&format!(".{name}")),
                Step::Place(place) => text.push_str(&format!("[{place}]")),
            }
        }
        if text.is_empty() { "document".to_owned() } else { text }
    }

    /// Everything that was found.
    pub(crate) fn into_found(self) -> Vec<Fault> {
        self.found
    }
}
