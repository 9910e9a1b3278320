//! Tables as people export them: comma, semicolon or tab between the columns, quotes as in RFC 4180.

/// The rows of a table, each with the line on which it begins; the first holds the names of the columns.
///
/// # Errors
/// A quote that is not closed.
pub(crate) fn rows(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let separator = separator(text);
    let mut rows = Vec::new();
    let (mut row, mut cell) = (Vec::new(), String::new());
    let (mut line, mut begins, mut quoted) = (1, 1, false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\n' {
            line += 1;
        }
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            _ if quoted => cell.push(character),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut cell));
                keep(&mut rows, begins, std::mem::take(&mut row));
                begins = line;
            }
            _ if character == separator => row.push(std::mem::take(&mut cell)),
            _ => cell.push(character),
        }
    }
    if quoted {
        return Err(format!("the quote of the row on line {begins} is not closed"));
    }
    row.push(cell);
    keep(&mut rows, begins, row);
    Ok(rows)
}

/// Keeps a row unless it is blank.
fn keep(rows: &mut Vec<(usize, Vec<String>)>, line: usize, row: Vec<String>) {
    if row.iter().any(|cell| !cell.trim().is_empty()) {
        rows.push((line, row));
    }
}

/// What stands most often in the first line.
fn separator(text: &str) -> char {
    let first = text.lines().next().unwrap_or_default();
    let count = |separator: char| first.matches(separator).count();
    let separators = [',', ';', '\t'];
    separators.into_iter().max_by_key(|separator| (count(*separator), *separator == ',')).unwrap_or(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_split_as_spreadsheets_write_it() {
        let text = "\u{FEFF}a;b\r\n1;\"x;\"\"y\"\"\n z\"\r\n\r\n2;\n";
        let read = rows(text).unwrap();
        assert_eq!(read[0], (1, vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(read[1], (2, vec!["1".to_owned(), "x;\"y\"\n z".to_owned()]));
        assert_eq!(read[2], (5, vec!["2".to_owned(), String::new()]));
        assert!(rows("a,b\n1,\"x\n").unwrap_err().contains("line 2"));
    }
}
