//! The page about alarms says what the catalogue says.

use plomb_model::AlarmKind;
use plomb_rules::rationale;

#[test]
fn the_page_about_alarms_is_the_catalogue() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/alarms.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (head, rest) = text.split_once("<!-- catalogue -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- end of catalogue -->\n").unwrap();
    let entries: String = AlarmKind::ALL.into_iter().map(entry).collect();
    let fresh = format!("{head}<!-- catalogue -->\n{entries}\n<!-- end of catalogue -->\n{tail}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &fresh).unwrap();
    }
    assert!(fresh == text, "{path} is behind the catalogue: run UPDATE_DOCS=1 cargo test -p plomb-api");
}

fn entry(kind: AlarmKind) -> String {
    let rationale = rationale(kind);
    let ends = if rationale.momentary {
        "It ends some time after the last occurrence (`momentary_s`)."
    } else {
        "It ends when its condition has ended."
    };
    format!(
        "\n## {}\n`{}`, {}. {ends}\n\n- Cause: {}\n- Consequence: {}\n- What to do: {}\n",
        rationale.title,
        kind.name(),
        rationale.priority.name(),
        rationale.cause,
        rationale.consequence,
        rationale.what_to_do,
    )
}
