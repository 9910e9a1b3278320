//! Seals that somebody reported, held against those on record.

use serde::Serialize;
use utoipa::ToSchema;

/// Every container of an interchange.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SealComparisonList)]
pub(crate) struct ComparisonsView {
    pub(crate) items: Vec<ComparisonView>,
}

/// One container.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SealComparison)]
pub(crate) struct ComparisonView {
    /// Which message: CODECO, COARRI, COPARN, IFTSTA.
    pub(crate) message: String,
    /// Its reference.
    pub(crate) reference: String,
    pub(crate) container: String,
    /// Where, by the message's code.
    pub(crate) place: String,
    /// When, as the message writes it.
    pub(crate) time: String,
    /// The last movement that the container is or was on.
    pub(crate) movement: Option<u64>,
    pub(crate) verdict: AgreementView,
    /// What was reported.
    pub(crate) seals: Vec<ReportedSealView>,
    /// Seals on record that were not reported; devices are not counted.
    pub(crate) missing: Vec<String>,
}

/// A seal that was reported.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReportedSeal)]
pub(crate) struct ReportedSealView {
    pub(crate) number: String,
    /// Who put it on (UN/EDIFACT 9303); empty where it is not told.
    pub(crate) party: String,
    /// UN/EDIFACT 4517: 1 right, 2 damaged, 3 missing, 4 broken, 5 faulty electronic seal.
    pub(crate) condition: Option<u8>,
    /// Whether it is on the container by what is on record.
    pub(crate) on_record: bool,
}

/// Whether a container's report and record agree.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = SealAgreement)]
pub(crate) enum AgreementView {
    /// Every reported seal is on record and right, and none on record is left out.
    Agrees,
    Differs,
    /// No movement carries it.
    Unknown,
}
