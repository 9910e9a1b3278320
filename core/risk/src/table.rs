//! Inspected declarations from CSV with the columns of the public customs declaration data set
//! (Jeong et al., Customs Import Declaration Datasets, 2022).

use std::io::Read;

use jiff::civil::Date;

use crate::declaration::{Attribute, Declaration, Inspected};

/// Rows a table may have: a year of a large administration.
pub const ROWS_MAX: usize = 20_000_000;

/// The first day that is counted from.
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// What is wrong with a table.
#[derive(Debug, thiserror::Error)]
pub enum BadTable {
    /// It is not CSV.
    #[error("not CSV with one heading and rows of equal length: {0}")]
    Csv(#[from] csv::Error),
    /// A column is missing.
    #[error("no column '{0}': the headings of the public customs declaration data set are needed")]
    NoColumn(&'static str),
    /// A cell cannot be read.
    #[error("line {line}, column '{column}': '{found}' is not {wanted}")]
    Cell {
        /// Counted from 1, the heading included.
        line: u64,
        /// The heading.
        column: &'static str,
        /// What is there.
        found: String,
        /// What should be.
        wanted: &'static str,
    },
    /// Too many rows.
    #[error("more than {ROWS_MAX} rows: split the file")]
    TooLong,
}

struct Columns {
    id: usize,
    date: usize,
    said: Vec<usize>,
    tax_rate: usize,
    mass: usize,
    value: usize,
    guilty: usize,
}

impl Columns {
    fn of(heading: &csv::StringRecord) -> Result<Self, BadTable> {
        let find = |name: &'static str| {
            heading
                .iter()
                .position(|found| found.trim().trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
                .ok_or(BadTable::NoColumn(name))
        };
        Ok(Self {
            id: find("Declaration ID")?,
            date: find("Date")?,
            said: Attribute::ALL
                .iter()
                .map(|attribute| find(attribute.column()))
                .collect::<Result<_, _>>()?,
            tax_rate: find("Tax Rate")?,
            mass: find("Net Mass")?,
            value: find("Item Price")?,
            guilty: find("Fraud")?,
        })
    }
}

/// Read a table. What is at stake in a row is the value of its item.
///
/// # Errors
/// Where the table is not CSV, lacks a column, or has a cell that cannot be read.
pub fn read(from: impl Read) -> Result<Vec<Inspected>, BadTable> {
    let mut reader = csv::Reader::from_reader(from);
    let columns = Columns::of(reader.headers()?)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        if rows.len() == ROWS_MAX {
            return Err(BadTable::TooLong);
        }
        rows.push(row(&columns, &record?)?);
    }
    Ok(rows)
}

fn row(columns: &Columns, record: &csv::StringRecord) -> Result<Inspected, BadTable> {
    let cell = |column: usize| record.get(column).unwrap_or_default().trim();
    let bad = |column: usize, name: &'static str, wanted: &'static str| BadTable::Cell {
        line: record.position().map_or(0, csv::Position::line),
        column: name,
        found: cell(column).chars().take(40).collect(),
        wanted,
    };
    let number = |column: usize, name: &'static str| match cell(column) {
        "" => Ok(None),
        text => match text.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(Some(number)),
            _ => Err(bad(column, name, "a number of zero or more")),
        },
    };
    let date: Date =
        cell(columns.date).parse().map_err(|_| bad(columns.date, "Date", "a date as 2020-01-31"))?;
    let guilty = match cell(columns.guilty) {
        "1" => true,
        "0" => false,
        _ => return Err(bad(columns.guilty, "Fraud", "0 or 1")),
    };
    let value = number(columns.value, "Item Price")?;
    let mut said: [String; crate::ATTRIBUTES] = Default::default();
    for (said, column) in said.iter_mut().zip(&columns.said) {
        *said = cell(*column).to_owned();
    }
    Ok(Inspected {
        declaration: Declaration {
            id: cell(columns.id).to_owned(),
            day: date.since(EPOCH).map_or(0, |span| span.get_days()),
            said,
            tax_rate: number(columns.tax_rate, "Tax Rate")?,
            net_mass_kg: number(columns.mass, "Net Mass")?,
            value,
        },
        guilty,
        at_stake: value.unwrap_or(0.0),
    })
}
