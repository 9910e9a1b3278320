//! What terminals report of seals (UN/EDIFACT), held against what is on record here.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::body::{Body, to_bytes};
use plomb_customs::{EquipmentReport, read_edifact};
use plomb_movements::{Movement, bare_number};

use crate::access::{Authorised, Read};
use crate::problem::{Problem, ProblemView};
use crate::view::{AgreementView, ComparisonView, ComparisonsView, ReportedSealView};

/// Largest interchange, bytes.
const FILE_BYTES_MAX: usize = 4 << 20;

/// Hold the seals of an interchange (CODECO, COARRI, COPARN, IFTSTA) against those on record. Nothing is changed.
#[utoipa::path(post, operation_id = "compare_seals", path = "/seals/reports", tag = "seals",
    request_body(content = String, content_type = "application/edifact"), responses(
    (status = 200, body = ComparisonsView),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn compare(reader: Authorised<Read>, body: Body) -> Result<Json<ComparisonsView>, Problem> {
    let Ok(bytes) = to_bytes(body, FILE_BYTES_MAX).await else {
        let why =
            format!("the interchange has more than {FILE_BYTES_MAX} bytes or broke off: send it in parts");
        return Err(Problem::unacceptable(why));
    };
    let reports = read_edifact(&bytes).map_err(|fault| Problem::unacceptable(fault.to_string()))?;
    let items = reader.ask(move |state| {
        let mut last: BTreeMap<String, Option<&Movement>> =
            reports.iter().map(|report| (bare_number(&report.container), None)).collect();
        for movement in state.movements.iter() {
            for unit in &movement.declaration.units {
                if let Some(place) = last.get_mut(&bare_number(&unit.number)) {
                    *place = Some(movement);
                }
            }
        }
        let of = |container: &str| last.get(&bare_number(container)).copied().flatten();
        reports.into_iter().map(|report| held(of(&report.container), report)).collect()
    });
    Ok(Json(ComparisonsView { items: items.await? }))
}

/// A report held against a movement.
fn held(movement: Option<&Movement>, report: EquipmentReport) -> ComparisonView {
    let recorded = movement.map(|movement| on_record(movement, &report.container)).unwrap_or_default();
    let told: BTreeSet<String> = report.seals.iter().map(|seal| bare_number(&seal.number)).collect();
    let missing: Vec<String> = recorded
        .iter()
        .filter(|seal| seal.printed && !told.contains(&seal.bare))
        .map(|seal| seal.number.to_owned())
        .collect();
    let sound = |condition: Option<u8>| condition.is_none_or(|condition| condition == 1);
    let seals: Vec<ReportedSealView> = report
        .seals
        .into_iter()
        .map(|seal| ReportedSealView {
            on_record: recorded.iter().any(|known| known.bare == bare_number(&seal.number)),
            number: seal.number,
            party: seal.party,
            condition: seal.condition,
        })
        .collect();
    let agrees = missing.is_empty() && seals.iter().all(|seal| seal.on_record && sound(seal.condition));
    let verdict = match movement {
        None => AgreementView::Unknown,
        Some(_) if agrees => AgreementView::Agrees,
        Some(_) => AgreementView::Differs,
    };
    ComparisonView {
        message: report.message,
        reference: report.reference,
        container: report.container,
        place: report.place,
        time: report.time,
        movement: movement.map(|movement| movement.id.0),
        verdict,
        seals,
        missing,
    }
}

/// A seal as it is on record.
struct Recorded<'a> {
    number: &'a str,
    bare: String,
    /// Whether people read it from the seal, so that a report that leaves it out tells something: a device's number they
    /// often do not know.
    printed: bool,
}

/// The seals that are on a container, and those that are declared for it unless they were taken off.
fn on_record<'a>(movement: &'a Movement, container: &str) -> Vec<Recorded<'a>> {
    let container = bare_number(container);
    let (mut recorded, mut ended) = (Vec::new(), BTreeSet::new());
    for seal in movement.seals.iter().filter(|seal| bare_number(&seal.unit) == container) {
        let printed = seal.device.is_none();
        // A device's identifier has its scheme in front, which nobody prints on the lock.
        let shown = seal.number.split_once(':').filter(|_| !printed).map_or(&*seal.number, |(_, own)| own);
        let bare = bare_number(shown);
        if seal.ended.is_none() {
            recorded.push(Recorded { number: &seal.number, bare, printed });
        } else {
            ended.insert(bare);
        }
    }
    let units = movement.declaration.units.iter().filter(|unit| bare_number(&unit.number) == container);
    for number in units.flat_map(|unit| &unit.seals) {
        let bare = bare_number(number);
        if !ended.contains(&bare) && recorded.iter().all(|known| known.bare != bare) {
            recorded.push(Recorded { number, bare, printed: true });
        }
    }
    recorded
}
