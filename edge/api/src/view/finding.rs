//! What is said of a seal to somebody who stands before it.

use plomb_rules::Finding;
use serde::Serialize;
use utoipa::ToSchema;

use super::{DeviceView, GroundWord, RegisteredView, Time, VerdictWord};

/// What a text that was typed, scanned or tapped names, and how the seals of that name stand.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LookUp)]
pub(crate) struct LookUpView {
    /// What sort of text it is.
    pub(crate) kind: LookUpKind,
    /// What is wrong with it, in a sentence.
    #[schema(required)]
    pub(crate) problem: Option<String>,
    /// The thing in the one spelling that the platform uses, `scheme:value`.
    #[schema(required, example = "container:CSQU3054383")]
    pub(crate) id: Option<String>,
    /// The seals of that name; for a container those that are known by its number.
    pub(crate) seals: Vec<FindingView>,
}

/// What sort of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = LookUpKind)]
pub(crate) enum LookUpKind {
    /// The link of a tap on a tag.
    Tap,
    /// What a handheld read.
    Reading,
    /// A container number whose check digit holds.
    Container,
    /// A container number with a wrong character.
    WrongContainer,
    /// A code of a thing (EPC, GS1 Digital Link, bar code).
    Code,
    /// Such a code with a wrong character.
    WrongCode,
    /// The number of a chip.
    Chip,
    /// A printed mark or number.
    Mark,
    /// An identifier as the platform writes it.
    Device,
    /// None of these.
    Nothing,
}

/// How a seal stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SealFinding)]
pub(crate) struct FindingView {
    /// Null where the tap does not tell it to us.
    #[schema(required, example = "tag:04de5f1eacc040")]
    pub(crate) id: Option<String>,
    /// All that names this seal by the register, `id` among it.
    pub(crate) names: Vec<String>,
    pub(crate) verdict: VerdictWord,
    pub(crate) ground: GroundWord,
    /// Of the reading that the verdict is from; null where there never was one.
    #[schema(required)]
    pub(crate) read_at: Option<Time>,
    /// Whether the seal was read in this moment. Else the verdict is of the last reading.
    pub(crate) read_now: bool,
    /// The event of that reading, the way to its proof.
    #[schema(required, example = "10452-0")]
    pub(crate) event: Option<String>,
    /// Null where nobody has registered it.
    #[schema(required)]
    pub(crate) registered: Option<RegisteredView>,
    /// Null where it was never heard.
    #[schema(required)]
    pub(crate) device: Option<DeviceView>,
}

impl FindingView {
    /// A seal of which only the verdict is known.
    pub(crate) const fn new(finding: Finding) -> Self {
        Self {
            id: None,
            names: Vec::new(),
            verdict: VerdictWord(finding.verdict),
            ground: GroundWord(finding.ground),
            read_at: None,
            read_now: false,
            event: None,
            registered: None,
            device: None,
        }
    }
}
