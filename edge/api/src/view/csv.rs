//! Events as rows of CSV (RFC 4180), safe to open in a spreadsheet.

use super::EventView;
use super::position::PositionView;

/// The columns.
const HEADER: [&str; 25] = [
    "id",
    "device",
    "peripheral",
    "kind",
    "occurred_at",
    "received_at",
    "delivery",
    "latitude",
    "longitude",
    "fix",
    "altitude_m",
    "speed_kmh",
    "course_deg",
    "satellites",
    "rope_inserted",
    "rope_intact",
    "motor_locked",
    "cover_closed",
    "door_closed",
    "shackle_closed",
    "signals",
    "readings",
    "trust_identity",
    "trust_seal",
    "duplicate",
];

/// A field on its way into a row.
enum Field {
    /// Text of anybody's: must not become a formula.
    Text(String),
    /// Our own number, time or word: goes in as it is.
    Plain(String),
}

impl EventView {
    /// Adds the line of column names.
    pub(crate) fn csv_header(file: &mut String) {
        file.push_str(&HEADER.join(","));
        file.push_str("\r\n");
    }

    /// Adds the event as a line.
    pub(crate) fn csv_row(&self, file: &mut String) {
        for (index, field) in self.fields().iter().enumerate() {
            if index > 0 {
                file.push(',');
            }
            field.write(file);
        }
        file.push_str("\r\n");
    }

    fn fields(&self) -> [Field; HEADER.len()] {
        let place = self.position.as_ref();
        let seal = &self.seal;
        let signals: Vec<&str> = self.signals.iter().map(|signal| signal.0.name()).collect();
        let readings: Vec<String> =
            self.readings.iter().map(|reading| format!("{}: {}", reading.name, reading.text)).collect();
        [
            Field::Plain(self.id.clone()),
            plain(self.device.as_ref()),
            plain(self.peripheral.as_ref()),
            Field::Plain(self.kind.0.name().to_owned()),
            plain(self.occurred_at.map(|at| at.0)),
            Field::Plain(self.received_at.0.to_string()),
            Field::Plain(self.delivery.0.name().to_owned()),
            of(place, |place| Some(place.latitude)),
            of(place, |place| Some(place.longitude)),
            of(place, |place| Some(place.fix.0.name())),
            of(place, |place| place.altitude_m),
            of(place, |place| place.speed_kmh),
            of(place, |place| place.course_deg),
            of(place, |place| place.satellites),
            plain(seal.rope_inserted),
            plain(seal.rope_intact),
            plain(seal.motor_locked),
            plain(seal.cover_closed),
            plain(seal.door_closed),
            plain(seal.shackle_closed),
            Field::Plain(signals.join(" ")),
            Field::Text(readings.join("; ")),
            Field::Plain(self.trust.identity.0.name().to_owned()),
            Field::Plain(self.trust.seal.0.name().to_owned()),
            Field::Plain(self.duplicate.to_string()),
        ]
    }
}

fn plain(value: Option<impl ToString>) -> Field {
    Field::Plain(value.map(|value| value.to_string()).unwrap_or_default())
}

fn of<T: ToString>(place: Option<&PositionView>, value: impl Fn(&PositionView) -> Option<T>) -> Field {
    plain(place.and_then(value))
}

impl Field {
    fn write(&self, file: &mut String) {
        let (text, guard) = match self {
            Self::Plain(text) => (text, false),
            // A spreadsheet takes a cell that begins so for a formula (OWASP, CSV Injection).
            Self::Text(text) => (text, text.starts_with(['=', '+', '-', '@', '\t', '\r'])),
        };
        let quoted = guard || text.contains(['"', ',', '\r', '\n']);
        if quoted {
            file.push('"');
        }
        if guard {
            file.push('\'');
        }
        file.push_str(&if quoted { text.replace('"', "\"\"") } else { text.clone() });
        if quoted {
            file.push('"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(field: &Field) -> String {
        let mut file = String::new();
        field.write(&mut file);
        file
    }

    #[test]
    fn fields_are_quoted_and_cannot_become_formulas() {
        let text = |text: &str| written(&Field::Text(text.to_owned()));
        assert_eq!(text("battery: 100 %"), "battery: 100 %");
        assert_eq!(text("a,b"), "\"a,b\"");
        assert_eq!(text("say \"x\""), "\"say \"\"x\"\"\"");
        assert_eq!(text("=1+1"), "\"'=1+1\"");
        assert_eq!(text("@SUM(A1)"), "\"'@SUM(A1)\"");
        assert_eq!(text("-2"), "\"'-2\"");
        assert_eq!(written(&Field::Plain("-6.35".to_owned())), "-6.35");
    }
}
