//! Places as GeoJSON features (RFC 7946): read with a reason for what is wrong, and written again.

use serde_json::{Map, Value, json};

use crate::arc::Point;
use crate::area::{Polygon, Ring};
use crate::corridor::Corridor;
use crate::place::{BadPlace, Kind, NAME_BYTES_MAX, Place, Shape};

/// Points of one place at most.
pub const POINTS_MAX: usize = 10_000;
/// Widest route and widest circle, metres.
pub const WIDTH_M_MAX: f64 = 500_000.0;

impl Place {
    /// The place of a feature as text.
    ///
    /// # Errors
    /// [`BadPlace`] with the member that is wrong.
    pub fn parse(text: &str) -> Result<Self, BadPlace> {
        let feature =
            serde_json::from_str(text).map_err(|error| BadPlace::new("feature", error.to_string()))?;
        Self::of(&feature)
    }

    /// The place of a feature: `id`, `properties` with `kind`, `name`, `radius_m` (Point), `width_m` (`LineString`,
    /// both sides together), and `geometry`.
    ///
    /// # Errors
    /// [`BadPlace`] with the member that is wrong.
    pub fn of(feature: &Value) -> Result<Self, BadPlace> {
        if feature.get("type").and_then(Value::as_str) != Some("Feature") {
            return Err(BadPlace::new("type", "it must be Feature"));
        }
        let properties = feature.get("properties").and_then(Value::as_object);
        let property = |name: &str| properties.and_then(|properties| properties.get(name));
        let id = match feature.get("id").or_else(|| property("id")) {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return Err(BadPlace::new("id", "it is missing: a short name such as malaba")),
        };
        if id.is_empty() || id.len() > NAME_BYTES_MAX || !id.bytes().all(is_of_id) {
            let why = format!("letters, digits, '-', '_' and '.', at most {NAME_BYTES_MAX}");
            return Err(BadPlace::new("id", why));
        }
        let kind = property("kind").and_then(Value::as_str).and_then(Kind::from_name).ok_or_else(|| {
            let names = Kind::ALL.map(Kind::name).join(", ");
            BadPlace::new("properties.kind", format!("it must be one of {names}"))
        })?;
        let name = property("name").and_then(Value::as_str).unwrap_or(&id);
        if name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(BadPlace::new(
                "properties.name",
                format!("one line of at most {NAME_BYTES_MAX} bytes"),
            ));
        }
        let shape = shape(feature.get("geometry"), property)?;
        if matches!(shape, Shape::Corridor(_)) != (kind == Kind::Route) {
            return Err(BadPlace::new("geometry", "a route is a LineString, and every other place is none"));
        }
        Ok(Self { name: name.into(), id: id.into(), kind, shape })
    }

    /// The feature of this place: [`Place::of`] reads it back.
    #[must_use]
    pub fn feature(&self) -> Value {
        let mut properties = Map::new();
        properties.insert("kind".into(), self.kind.name().into());
        properties.insert("name".into(), (*self.name).into());
        let position = |point: &Point| json!([point.longitude, point.latitude]);
        let geometry = match &self.shape {
            Shape::Circle { centre, radius_m } => {
                properties.insert("radius_m".into(), json!(radius_m));
                json!({"type": "Point", "coordinates": position(centre)})
            }
            Shape::Corridor(corridor) => {
                properties.insert("width_m".into(), json!(corridor.half_width_m() * 2.0));
                let points: Vec<Value> = corridor.points().iter().map(position).collect();
                json!({"type": "LineString", "coordinates": points})
            }
            Shape::Area(polygons) => {
                let polygons: Vec<Vec<Value>> =
                    polygons.iter().map(|polygon| polygon.rings().map(ring_back).collect()).collect();
                json!({"type": "MultiPolygon", "coordinates": polygons})
            }
        };
        json!({"type": "Feature", "id": self.id, "properties": properties, "geometry": geometry})
    }
}

const fn is_of_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// A ring as it was drawn: closed, and within 180 degrees.
fn ring_back(ring: &Ring) -> Value {
    let points = ring.drawn();
    let first = points.first().copied();
    points.iter().copied().chain(first).map(|point| json!([point.longitude, point.latitude])).collect()
}

fn shape<'a>(
    geometry: Option<&Value>,
    property: impl Fn(&str) -> Option<&'a Value>,
) -> Result<Shape, BadPlace> {
    let geometry = geometry.ok_or_else(|| BadPlace::new("geometry", "it is missing"))?;
    let metres = |name: &str| {
        property(name)
            .and_then(Value::as_f64)
            .filter(|metres| *metres > 0.0 && *metres <= WIDTH_M_MAX)
            .ok_or_else(|| {
                BadPlace::new(format!("properties.{name}"), format!("metres above 0 and up to {WIDTH_M_MAX}"))
            })
    };
    let at = "geometry.coordinates";
    let coordinates = geometry.get("coordinates").unwrap_or(&Value::Null);
    let mut left = POINTS_MAX;
    match geometry.get("type").and_then(Value::as_str) {
        Some("Point") => {
            Ok(Shape::Circle { centre: point(coordinates, at, &mut left)?, radius_m: metres("radius_m")? })
        }
        Some("LineString") => {
            let width_m = metres("width_m")?;
            let line = points(coordinates, at, &mut left)?;
            Corridor::of(line, width_m / 2.0)
                .map(Shape::Corridor)
                .ok_or_else(|| BadPlace::new(at, "a line has at least two points that are not one place"))
        }
        Some("Polygon") => Ok(Shape::Area(vec![polygon(coordinates, at, &mut left)?])),
        Some("MultiPolygon") => {
            let all: Vec<Polygon> = list(coordinates, at)?
                .iter()
                .enumerate()
                .map(|(place, part)| polygon(part, &format!("{at}[{place}]"), &mut left))
                .collect::<Result<_, _>>()?;
            if all.is_empty() { Err(BadPlace::new(at, "there is no polygon")) } else { Ok(Shape::Area(all)) }
        }
        _ => Err(BadPlace::new("geometry.type", "it must be Point, LineString, Polygon or MultiPolygon")),
    }
}

fn list<'a>(value: &'a Value, at: &str) -> Result<&'a Vec<Value>, BadPlace> {
    value.as_array().ok_or_else(|| BadPlace::new(at, "it must be a list"))
}

fn polygon(value: &Value, at: &str, left: &mut usize) -> Result<Polygon, BadPlace> {
    let mut rings =
        list(value, at)?.iter().enumerate().map(|(place, part)| ring(part, &format!("{at}[{place}]"), left));
    let outer = rings.next().ok_or_else(|| BadPlace::new(at, "there is no ring"))??;
    Ok(Polygon { outer, holes: rings.collect::<Result<_, _>>()? })
}

fn ring(value: &Value, at: &str, left: &mut usize) -> Result<Ring, BadPlace> {
    let mut all = points(value, at, left)?;
    if all.len() < 4 || all.first() != all.last() {
        return Err(BadPlace::new(at, "a ring has at least four points, and its last is its first"));
    }
    all.pop();
    Ring::of(&all)
        .ok_or_else(|| BadPlace::new(at, "a ring encloses an area: three points that are not in line"))
}

fn points(value: &Value, at: &str, left: &mut usize) -> Result<Vec<Point>, BadPlace> {
    list(value, at)?
        .iter()
        .enumerate()
        .map(|(place, part)| point(part, &format!("{at}[{place}]"), left))
        .collect()
}

fn point(value: &Value, at: &str, left: &mut usize) -> Result<Point, BadPlace> {
    *left = left
        .checked_sub(1)
        .ok_or_else(|| BadPlace::new(at, format!("a place has at most {POINTS_MAX} points: simplify it")))?;
    let degrees = |place: usize| value.get(place).and_then(Value::as_f64);
    match (degrees(0), degrees(1)) {
        (Some(longitude), Some(latitude))
            if (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude) =>
        {
            Ok(Point { latitude, longitude })
        }
        _ => Err(BadPlace::new(at, "longitude (-180 to 180), then latitude (-90 to 90), in degrees")),
    }
}
