//! Files to take into the register: JSON lines, tables, and the older files of keys and credentials.

use plomb_session::{KeyPurpose, SecretTable, Secrets};
use serde_json::{Map, Value};

use crate::exchange::{Fields, Kind, Record, record_of};
use crate::{Fault, RegistryError, table};

/// How a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportFormat {
    /// A JSON object a line, with its `kind`.
    JsonLines,
    /// A table with a line of names above it.
    Table(Columns),
    /// The keys' own form: `purpose id secret [salt] [device]`.
    Keys,
    /// The form of MQTT credentials: `NAME PROTOCOL SHA256-OF-SECRET`.
    Credentials,
}

/// How a table is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// What its rows are.
    pub kind: Kind,
    /// `(field, column)`: in which column a field is. Columns named like a field are found without it.
    pub map: Vec<(String, String)>,
    /// `(field, value)`: what holds for every row.
    pub constants: Vec<(String, String)>,
    /// Put before identifiers that have no scheme: `imei`.
    pub scheme: Option<String>,
}

/// The records of a file, and the rows that are none.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Each record and the line on which it begins.
    pub records: Vec<(usize, Record)>,
    /// What is wrong.
    pub faults: Vec<RowFault>,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct RowFault {
    /// The line on which it begins.
    pub line: usize,
    /// Which field, and why.
    pub fault: Fault,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// Records of each kind, in the order of [`Kind::ALL`].
    pub counts: [usize; 6],
    /// Rows that cannot be taken. If there are any, nothing was.
    pub faults: Vec<RowFault>,
    /// Whether the records are in the register now.
    pub done: bool,
}

/// Reads a file. A row that cannot be read is a fault, and the next is read.
///
/// # Errors
/// The file as a whole is not of this form.
pub fn read_rows(text: &str, format: &ImportFormat) -> Result<Rows, RegistryError> {
    let mut rows = Rows::default();
    match format {
        ImportFormat::JsonLines => lines(text, &mut rows, |line| Ok(vec![json_line(line)?])),
        ImportFormat::Keys => lines(text, &mut rows, key_line),
        ImportFormat::Credentials => lines(text, &mut rows, |line| Ok(vec![credential_line(line)?])),
        ImportFormat::Table(columns) => table_rows(text, columns, &mut rows)?,
    }
    Ok(rows)
}

fn lines(text: &str, rows: &mut Rows, read: impl Fn(&str) -> Result<Vec<Record>, Fault>) {
    for (place, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let line = place + 1;
        match read(trimmed) {
            Ok(records) => rows.records.extend(records.into_iter().map(|record| (line, record))),
            Err(fault) => rows.faults.push(RowFault { line, fault }),
        }
    }
}

fn json_line(line: &str) -> Result<Record, Fault> {
    // The error of the parser tells a place and no content: the line may hold a secret.
    let value = serde_json::from_str(line)
        .map_err(|why| Fault::new("line", format!("it is no JSON at column {}", why.column())))?;
    let Value::Object(mut fields) = value else {
        return Err(Fault::new("line", "it is no JSON object"));
    };
    let kind = match fields.remove("kind") {
        Some(Value::String(name)) => Kind::from_name(&name),
        _ => None,
    };
    let kind = kind.ok_or_else(|| {
        let names = Kind::ALL.map(Kind::name).join(", ");
        Fault::new("kind", format!("it must be one of {names}"))
    })?;
    record_of(kind, fields)
}

fn key_line(line: &str) -> Result<Vec<Record>, Fault> {
    let table = SecretTable::parse(line)
        .map_err(|why| Fault::new("line", why.strip_prefix("line 1: ").unwrap_or(&why).to_owned()))?;
    let mut keys = Vec::new();
    for purpose in KeyPurpose::ALL {
        table.all(purpose, &mut keys);
    }
    Ok(keys.into_iter().map(Record::Key).collect())
}

fn credential_line(line: &str) -> Result<Record, Fault> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, protocol, digest] = words.as_slice() else {
        return Err(Fault::new("line", "there must be three words: NAME PROTOCOL SHA256-OF-SECRET"));
    };
    let mut fields = Map::new();
    for (field, value) in [("name", name), ("protocol", protocol), ("sha256", digest)] {
        fields.insert(field.to_owned(), Value::String((*value).to_owned()));
    }
    record_of(Kind::Credential, fields)
}

fn table_rows(text: &str, columns: &Columns, rows: &mut Rows) -> Result<(), RegistryError> {
    let fault = |why: String| RegistryError::Unacceptable(Fault::new("table", why));
    let mut read = table::rows(text).map_err(fault)?.into_iter();
    let (_, names) = read.next().ok_or_else(|| fault("it is empty".to_owned()))?;
    let names: Vec<String> = names.into_iter().map(|name| name.trim().to_owned()).collect();
    if let Some((field, column)) = columns.map.iter().find(|(_, column)| !names.contains(column)) {
        let there = names.join(", ");
        return Err(fault(format!("no column {column:?} for {field}; there are {there}")));
    }
    for (line, cells) in read {
        let mut fields = Fields::new();
        for (field, value) in &columns.constants {
            fields.insert(field.clone(), Value::String(value.clone()));
        }
        if cells.len() > names.len() {
            let why = format!("it has {} cells, and the table {} columns", cells.len(), names.len());
            rows.faults.push(RowFault { line, fault: Fault::new("row", why) });
            continue;
        }
        for (name, cell) in names.iter().zip(cells) {
            let mapped = columns.map.iter().filter(|(_, column)| column == name).map(|(field, _)| field);
            let mut mapped = mapped.peekable();
            // With a map, columns that it does not name are left aside.
            if mapped.peek().is_none() && columns.map.is_empty() {
                fields.insert(name.clone(), Value::String(cell));
                continue;
            }
            for field in mapped {
                fields.insert(field.clone(), Value::String(cell.clone()));
            }
        }
        with_scheme(&mut fields, columns);
        match record_of(columns.kind, fields) {
            Ok(record) => rows.records.push((line, record)),
            Err(fault) => rows.faults.push(RowFault { line, fault }),
        }
    }
    Ok(())
}

/// Spreadsheets hold bare numbers.
fn with_scheme(fields: &mut Fields, columns: &Columns) {
    let Some(scheme) = &columns.scheme else { return };
    let field = if columns.kind == Kind::Device { "id" } else { "device" };
    if let Some(Value::String(id)) = fields.get_mut(field)
        && !id.trim().is_empty()
        && !id.contains(':')
    {
        *id = format!("{scheme}:{}", id.trim());
    }
}
