//! Many movements from one file: JSON, a line or an array each, or a table with a map of its columns.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::body::{Body, to_bytes};
use futures_util::future::join_all;
use plomb_customs::{read_asycuda, read_ncts};
use plomb_model::ReceivedAt;
use plomb_movements::{Act, CLOCK, Fault, Form, Refusal};
use plomb_rules::State;
use serde::Deserialize;
use serde_json::Value;

use crate::access::{Authorised, Move};
use crate::problem::{Problem, ProblemView};
use crate::request::{Parameters, form, optional};
use crate::view::{ImportView, RowFaultView};

/// Largest file, bytes: ten thousand declarations have some ten million.
const FILE_BYTES_MAX: usize = 64 << 20;
/// Most rows of one file.
const ROWS_MAX: usize = 50_000;
/// Rows that are declared at once: they become durable together.
const AT_ONCE: usize = 256;
/// The policy of what NCTS declares, unless another is set.
const NCTS_POLICY: &str = "eu";
/// Most faults that are told.
const FAULTS_MAX: usize = 1_000;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportParameters {
    /// `json` (lines or an array), `csv` (a table with a head), `ncts` (CC015C, CC029C or CC043C) or `asycuda` (declaration or
    /// manifest of ASYCUDA World); `json` unless said.
    #[serde(deserialize_with = "optional")]
    format: Option<String>,
    /// `yes`: say what is wrong, and change nothing.
    #[serde(deserialize_with = "optional")]
    dry_run: Option<String>,
    /// Of a table: `Column=field` pairs with commas between, such as `Container=unit.1.number`. A column that is not named
    /// is a field by its own name.
    #[serde(deserialize_with = "optional")]
    columns: Option<String>,
    /// Fields that all rows have, as `field=text` pairs with commas between.
    #[serde(deserialize_with = "optional")]
    set: Option<String>,
}

/// Declare many movements from one file. Rows that are wrong are told and left out; the others are declared.
#[utoipa::path(post, operation_id = "import_movements", path = "/movements/import", tag = "movements",
    params(ImportParameters), request_body(content = String, content_type = "text/csv"), responses(
    (status = 200, body = ImportView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn import(
    mover: Authorised<Move>,
    Parameters(parameters): Parameters<ImportParameters>,
    body: Body,
) -> Result<Json<ImportView>, Problem> {
    let Ok(bytes) = to_bytes(body, FILE_BYTES_MAX).await else {
        return Err(Problem::unacceptable(format!(
            "the file has more than {FILE_BYTES_MAX} bytes or broke off"
        )));
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        Problem::unacceptable(format!("the file is no UTF-8 text at byte {}", error.valid_up_to()))
    })?;
    let dry_run = flag("dry_run", parameters.dry_run.as_deref())?;
    let constants = pairs("set", parameters.set.as_deref())?;
    let rows = match parameters.format.as_deref() {
        None | Some("json") => json_rows(text),
        Some("csv") => table(text, &pairs("columns", parameters.columns.as_deref())?),
        Some("ncts") => vec![read_ncts(&bytes)],
        Some("asycuda") => read_asycuda(&bytes).unwrap_or_else(|fault| vec![Err(fault)]),
        Some(other) => {
            let why = format!("format: {other} is none of json, csv, ncts, asycuda");
            return Err(Problem::bad_parameter(why));
        }
    };
    if rows.len() > ROWS_MAX {
        return Err(Problem::unacceptable(format!(
            "the file has {} rows, at most {ROWS_MAX} are taken",
            rows.len()
        )));
    }
    let mut report = ImportView { rows: rows.len() as u64, dry_run, ..ImportView::default() };
    let mut forms = Vec::new();
    for (row, number) in rows.into_iter().zip(1_u64..) {
        match row {
            Ok(mut row) => {
                for (field, text) in &constants {
                    if row.get(field).is_none() {
                        row.put(field.as_str(), text.as_str());
                    }
                }
                if parameters.format.as_deref() == Some("ncts") && row.get("policy").is_none() {
                    row.put("policy", NCTS_POLICY);
                }
                forms.push((number, row));
            }
            Err(fault) => tell(&mut report, number, [fault]),
        }
    }
    let at = ReceivedAt(mover.now());
    let checked = mover.ask(move |state| checked(state, at, forms)).await?;
    let mut good = Vec::new();
    for (number, row) in checked {
        match row {
            Ok(form) => good.push((number, form)),
            Err(faults) => tell(&mut report, number, faults),
        }
    }
    if dry_run {
        report.taken = good.len() as u64;
        return Ok(Json(report));
    }
    for part in good.chunks(AT_ONCE) {
        let steps = part.iter().map(|(_, form)| mover.step(None, "declare", form.clone()));
        for ((number, _), done) in part.iter().zip(join_all(steps).await) {
            match done {
                Ok(_) => report.taken += 1,
                Err(refused) => tell(&mut report, *number, [Fault::new("", refused.to_string())]),
            }
        }
    }
    report.faults.sort_by_key(|fault| fault.row);
    Ok(Json(report))
}

type Row = Result<Form, Fault>;
type Checked = Vec<(u64, Result<Form, Vec<Fault>>)>;

/// What the book says of each row, those of the same file counted in.
fn checked(state: &State, at: ReceivedAt, forms: Vec<(u64, Form)>) -> Checked {
    let mut seen = BTreeSet::new();
    let judge = |(number, form): (u64, Form)| {
        let act = Act { movement: state.movements.next_id(), step: "declare", form: &form, by: CLOCK };
        let verdict = state.check_step(at, act);
        let again = form.get("lrn").is_some_and(|lrn| !seen.insert(lrn.to_owned()));
        let row = match verdict {
            Ok(_) if again => Err(vec![Fault::new("lrn", "another row of this file has the same reference")]),
            Ok(_) => Ok(form),
            Err(Refusal::Fields(faults)) => Err(faults),
            Err(refusal) => Err(vec![Fault::new("lrn", refusal.to_string())]),
        };
        (number, row)
    };
    forms.into_iter().map(judge).collect()
}

fn tell(report: &mut ImportView, row: u64, faults: impl IntoIterator<Item = Fault>) {
    for Fault { field, why } in faults {
        if report.faults.len() < FAULTS_MAX {
            report.faults.push(RowFaultView { row, field, why });
        }
    }
}

/// Yes or no.
pub(crate) fn flag(name: &str, text: Option<&str>) -> Result<bool, Problem> {
    match text {
        None | Some("no" | "false") => Ok(false),
        Some("yes" | "true") => Ok(true),
        Some(_) => Err(Problem::bad_parameter(format!("{name}: it must be yes or no"))),
    }
}

fn pairs(name: &str, text: Option<&str>) -> Result<BTreeMap<String, String>, Problem> {
    let parts = text.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.split_once('=') {
            Some((from, to)) => Ok((from.trim().to_owned(), to.trim().to_owned())),
            None => Err(Problem::bad_parameter(format!("{name}: `{part}` must be written from=to"))),
        })
        .collect()
}

fn json_rows(text: &str) -> Vec<Row> {
    let not_json = |error: serde_json::Error| Fault::new("", format!("no JSON: {error}"));
    if text.trim_start().starts_with('[') {
        return match serde_json::from_str::<Vec<Value>>(text) {
            Ok(values) => values.iter().map(form).collect(),
            Err(error) => vec![Err(not_json(error))],
        };
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| form(&serde_json::from_str(line).map_err(not_json)?)).collect()
}

fn table(text: &str, columns: &BTreeMap<String, String>) -> Vec<Row> {
    let head = text.lines().next().unwrap_or_default();
    let separators = [b',', b';', b'\t'];
    let count = |separator: &u8| head.bytes().filter(|byte| byte == separator).count();
    let separator = separators.into_iter().max_by_key(count).unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).flexible(false).from_reader(text.as_bytes());
    let names: Vec<String> = match reader.headers() {
        Ok(head) => head
            .iter()
            .map(|name| columns.get(name.trim()).cloned().unwrap_or_else(|| name.trim().to_owned()))
            .collect(),
        Err(error) => return vec![Err(Fault::new("", format!("no table: {error}")))],
    };
    let row = |record: Result<csv::StringRecord, csv::Error>| match record {
        Ok(record) => Ok(Form::of(names.iter().map(String::as_str).zip(record.iter()))),
        Err(error) => Err(Fault::new("", format!("no row of the table: {error}"))),
    };
    reader.records().take(ROWS_MAX + 1).map(row).collect()
}
