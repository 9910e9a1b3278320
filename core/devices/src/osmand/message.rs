//! What a request says, in the protocol's names and units.

use std::borrow::Cow;

use serde_json::Value;

use crate::web;

/// Names of the device's identifier.
pub(super) const DEVICE: &[&str] = &["id", "deviceid", "device_id", "deviceId", "imei"];
/// Metres an hour in a knot, the unit of the parameter `speed`.
const KNOT_M: i64 = 1852;
/// Metres an hour in a metre a second, the unit of `coords.speed`.
const METRE_A_SECOND_M: i64 = 3600;

/// One report, its values as text.
#[derive(Debug, Default)]
pub(super) struct Report<'a> {
    pub(super) device: Option<Cow<'a, str>>,
    pub(super) time: Option<Cow<'a, str>>,
    pub(super) latitude: Option<Cow<'a, str>>,
    pub(super) longitude: Option<Cow<'a, str>>,
    /// The speed and how many metres an hour its unit is.
    pub(super) speed: Option<(Cow<'a, str>, i64)>,
    pub(super) course: Option<Cow<'a, str>>,
    pub(super) altitude: Option<Cow<'a, str>>,
    pub(super) accuracy: Option<Cow<'a, str>>,
    pub(super) hdop: Option<Cow<'a, str>>,
    /// The charge and how many decimal places make it percent.
    pub(super) battery: Option<(Cow<'a, str>, i16)>,
    pub(super) charging: Option<bool>,
    pub(super) valid: Option<bool>,
    /// `mcc,mnc,area,cell` and perhaps a strength.
    pub(super) cells: Vec<Cow<'a, str>>,
    /// All the rest by name.
    pub(super) others: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// Whether a parameter is the identifier.
pub(super) fn is_device(name: &str) -> bool {
    DEVICE.contains(&name)
}

impl<'a> Report<'a> {
    /// Of the parameters of a query or form.
    pub(super) fn of_pairs(pairs: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Self {
        let mut report = Self::default();
        for (name, value) in pairs {
            if !value.trim().is_empty() {
                report.put(name, value);
            }
        }
        report
    }

    /// Of a flat JSON object.
    pub(super) fn of_object(object: &'a Value) -> Self {
        let members = object.as_object().into_iter().flatten();
        Self::of_pairs(
            members.filter_map(|(name, value)| Some((Cow::Borrowed(name.as_str()), web::text(value)?))),
        )
    }

    fn put(&mut self, name: Cow<'a, str>, value: Cow<'a, str>) {
        match name.as_ref() {
            name if is_device(name) => self.device = Some(value),
            "timestamp" | "time" => self.time = Some(value),
            "lat" | "latitude" => self.latitude = Some(value),
            "lon" | "lng" | "longitude" => self.longitude = Some(value),
            "location" => {
                let place = value.split_once(',').map(|(north, east)| (north.to_owned(), east.to_owned()));
                (self.latitude, self.longitude) = place
                    .map_or((Some(value), None), |(north, east)| (Some(north.into()), Some(east.into())));
            }
            "speed" => self.speed = Some((value, KNOT_M)),
            "bearing" | "heading" => self.course = Some(value),
            "altitude" => self.altitude = Some(value),
            "accuracy" => self.accuracy = Some(value),
            "hdop" => self.hdop = Some(value),
            "batt" | "batteryLevel" => self.battery = Some((value, 0)),
            "charge" => self.charging = web::truth(&value),
            "valid" => self.valid = Some(web::truth(&value).unwrap_or(false)),
            "cell" => self.cells.push(value),
            _ => self.others.push((name, value)),
        }
    }

    /// Of a location of Background Geolocation: `coords`, `battery`, `activity`, `extras` are objects of their own.
    pub(super) fn of_location(location: &'a Value) -> Self {
        let coords = web::object_at(location, &["coords"]).unwrap_or(location);
        let battery = location.get("battery").unwrap_or(&Value::Null);
        let at = |name: &str| web::member(coords, &[name]);
        let mut report = Self {
            time: web::member(location, &["timestamp", "time"]),
            latitude: web::member(coords, &["latitude", "lat"]),
            longitude: web::member(coords, &["longitude", "lon", "lng"]),
            speed: at("speed").map(|speed| (speed, METRE_A_SECOND_M)),
            course: at("heading"),
            altitude: at("altitude"),
            accuracy: at("accuracy"),
            battery: web::member(battery, &["level"]).map(|level| (level, 2)),
            charging: web::member(battery, &["is_charging"]).and_then(|charging| web::truth(&charging)),
            ..Self::default()
        };
        for (name, ours) in
            [("is_moving", "motion"), ("odometer", "odometer"), ("event", "event"), ("mock", "mock")]
        {
            report.others.extend(web::member(location, &[name]).map(|value| (Cow::Borrowed(ours), value)));
        }
        for (name, value) in location.get("extras").and_then(Value::as_object).into_iter().flatten() {
            report.others.extend(web::text(value).map(|value| (Cow::Borrowed(name.as_str()), value)));
        }
        report
    }
}
