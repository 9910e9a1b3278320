//! Objects that another's decoder has made of a payload: what a member means is told by its name alone.
//!
//! The codecs of LoRaWAN sensors and the decoders of Bluetooth gateways name the same things in a few dozen ways.
//! Names are compared without case, blanks and marks. What has no word of ours is kept as a text, a bounded number of them.

mod words;

use plomb_model::{
    CentiCelsius, CentiPercent, Event, EventKind, Fix, Millivolts, OccurredAt, Reading, SealEvidence,
    SealPart, Signal,
};
use serde_json::Value;

use crate::web;

/// Deepest nesting that is read.
const DEPTH_MAX: u8 = 6;
/// Members without a word of ours that are kept.
const OTHERS_MAX: usize = 48;
/// Longest text that is kept, characters.
const TEXT_CHARACTERS_MAX: usize = 200;

/// Adds to `event` what the members of `object` say; members in `except` are read elsewhere.
pub(crate) fn read(object: &Value, except: &[&str], event: &mut Event) {
    let mut fields = Fields { event, thermometers: 0, hygrometers: 0, others: 0 };
    fields.object(object, "", except, 0);
    let event = fields.event;
    if event.position.is_some() {
        event.kind = EventKind::Position;
    }
    if !event.seal.is_empty() {
        event.kind = EventKind::Seal;
    }
}

struct Fields<'a> {
    event: &'a mut Event,
    thermometers: u8,
    hygrometers: u8,
    others: usize,
}

/// A name without case, blanks and marks.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

impl Fields<'_> {
    fn object(&mut self, value: &Value, parent: &str, except: &[&str], depth: u8) {
        let Some(members) = value.as_object().filter(|_| depth < DEPTH_MAX) else { return };
        let placed = self.place(value);
        for (name, member) in members {
            let word = plain(name);
            if except.contains(&name.as_str()) || placed && words::PLACE.contains(&word.as_str()) {
                continue;
            }
            // A channel number, "value" or "status" says nothing: its parent has the name.
            let nameless = matches!(word.as_str(), "value" | "status" | "state")
                || word.bytes().all(|byte| byte.is_ascii_digit());
            let name = if nameless && !parent.is_empty() { parent } else { name };
            match member {
                Value::Object(_) => self.object(member, name, &[], depth + 1),
                Value::Array(list) => {
                    for one in list {
                        match one {
                            Value::Object(_) => self.object(one, name, &[], depth + 1),
                            Value::Array(_) => {}
                            scalar => self.member(name, scalar, depth),
                        }
                    }
                }
                scalar => self.member(name, scalar, depth),
            }
        }
    }

    /// The place, where an object has both of its numbers and they are not the zeros of a receiver without a fix.
    fn place(&mut self, value: &Value) -> bool {
        let at = |names: &[&str]| web::member(value, names);
        let north = at(&["latitude", "lat", "Latitude", "gps_lat", "gpsLatitude"]);
        let east = at(&["longitude", "lng", "lon", "long", "Longitude", "gps_lng", "gpsLongitude"]);
        let (Some(north), Some(east)) = (north, east) else { return false };
        let Ok(mut position) = web::in_place(&north, &east, Fix::Gnss, 0) else { return false };
        if position.latitude.e7() == 0 && position.longitude.e7() == 0 {
            return true;
        }
        position.altitude = at(&["altitude", "alt", "Altitude"]).and_then(|text| web::metres(&text));
        position.speed = at(&["speed", "Speed"]).and_then(|text| web::speed(&text, 1000));
        position.course = at(&["course", "heading", "bearing"]).and_then(|text| web::course(&text));
        let satellites = at(&["satellites", "sats", "numSatellites"]).and_then(|text| web::scaled(&text, 0));
        position.satellites = satellites.and_then(|count| u8::try_from(count).ok());
        let accuracy = at(&["accuracy", "horizontalAccuracy"]).and_then(|text| web::metres(&text));
        self.event.readings.extend(accuracy.filter(|radius| radius.0 > 0).map(Reading::Accuracy));
        let hdop = at(&["hdop"]).and_then(|text| web::scaled(&text, 2));
        self.event.readings.extend(hdop.and_then(|hdop| u16::try_from(hdop).ok()).map(Reading::Hdop));
        self.event.position = Some(position);
        true
    }

    fn member(&mut self, name: &str, value: &Value, depth: u8) {
        let Some(text) = web::text(value) else { return };
        let word = plain(name);
        if self.seal(&word, &text) || self.signal(&word, &text) || self.measured(&word, &text, depth) {
            return;
        }
        if self.others < OTHERS_MAX {
            self.others += 1;
            let shown: String = format!("{name} {text}").chars().take(TEXT_CHARACTERS_MAX).collect();
            self.event.readings.push(Reading::Text(shown.into()));
        }
    }

    fn seal(&mut self, word: &str, text: &str) -> bool {
        let Some(&(_, part, true_is_whole, signal)) =
            words::PARTS.iter().find(|(names, ..)| names.contains(&word))
        else {
            return false;
        };
        let state = text.to_ascii_lowercase();
        let Some(whole) = words::whole(&state, true_is_whole) else { return false };
        let (part, signal) = match state.as_str() {
            "installed" | "uninstalled" | "attached" | "detached" | "removed" => {
                (SealPart::Attached, Some(Signal::Removed))
            }
            "broken" | "cut" if part == SealPart::Sealed => (SealPart::RopeIntact, Some(Signal::RopeCut)),
            _ => (part, signal),
        };
        let event = &mut *self.event;
        // Of several sensors of one part the one that is open counts.
        let whole = whole && event.seal.part(part) != Some(false);
        event.seal = event.seal.with(part, whole);
        if let Some(signal) = signal {
            event.signals = event.signals.with_if(!whole, signal);
        }
        if part == SealPart::CoverClosed || part == SealPart::RopeIntact {
            let broken = !whole || event.trust.seal == SealEvidence::ValidTampered;
            event.trust.seal = if broken { SealEvidence::ValidTampered } else { SealEvidence::ValidIntact };
        }
        true
    }

    fn signal(&mut self, word: &str, text: &str) -> bool {
        let Some(&(_, signal)) = words::SIGNALS.iter().find(|(names, _)| names.contains(&word)) else {
            return false;
        };
        let on = match text.to_ascii_lowercase().as_str() {
            "alarm" | "detected" | "triggered" | "low" | "yes" | "light" | "bright" | "abnormal" => true,
            "normal" | "none" | "clear" | "ok" | "dark" | "idle" => false,
            other => match web::truth(other) {
                Some(on) => on,
                None => return false,
            },
        };
        self.event.signals = self.event.signals.with_if(on, signal);
        true
    }

    fn measured(&mut self, word: &str, text: &str, depth: u8) -> bool {
        let is = |names: &[&str]| names.contains(&word);
        let positive = |places: i16| web::scaled(text, places).and_then(|value| u32::try_from(value).ok());
        let readings = &mut self.event.readings;
        let reading = if is(words::TEMPERATURE) {
            let value = web::scaled(text, 2).and_then(|value| i32::try_from(value).ok()).map(CentiCelsius);
            let sensor = self.thermometers;
            self.thermometers = sensor.saturating_add(u8::from(value.is_some()));
            value.map(|value| Reading::Temperature { sensor, value })
        } else if is(words::HUMIDITY) {
            let value =
                positive(2).filter(|value| *value <= 10_000).and_then(|value| u16::try_from(value).ok());
            let sensor = self.hygrometers;
            self.hygrometers = sensor.saturating_add(u8::from(value.is_some()));
            value.map(|value| Reading::Humidity { sensor, value: CentiPercent(value) })
        } else if is(words::BATTERY) {
            battery(text)
        } else if is(words::BATTERY_VOLTAGE) {
            volts(text).map(Reading::BatteryVoltage)
        } else if is(words::PRESSURE) {
            // Hectopascal, as nearly all write it; what is too much for that is pascal.
            positive(2).map(|value| Reading::Pressure(if value > 200_000 { value / 100 } else { value }))
        } else if is(words::ILLUMINANCE) {
            positive(0).map(Reading::Illuminance)
        } else if is(words::MOTION) {
            match text.to_ascii_lowercase().as_str() {
                "start" | "moving" | "move" | "motion" => Some(Reading::Motion(true)),
                "stop" | "stopped" | "static" | "still" | "stationary" => Some(Reading::Motion(false)),
                other => web::truth(other).map(Reading::Motion),
            }
        } else if is(&["externalpower", "externalpowersource", "usbpower", "plugged"]) {
            web::truth(text).map(Reading::ExternalPowerPresent)
        } else if is(&["charging", "chargestatus", "ischarging"]) {
            web::truth(text).map(Reading::Charging)
        } else if is(&["rssi"]) {
            web::scaled(text, 0).and_then(|value| i16::try_from(value).ok()).map(Reading::Rssi)
        } else if is(&["firmware", "firmwareversion", "fwversion", "softwareversion"]) {
            Some(Reading::Firmware(text.into()))
        } else if is(&["model", "devicemodel"]) {
            Some(Reading::Model(text.into()))
        } else if is(&["timestamp", "time", "eventtime", "devicetime"]) && depth == 0 {
            if let Some(time) = web::instant(text).filter(|time| time.as_millis() > words::EARLIEST_MS) {
                self.event.occurred_at = Some(OccurredAt(time));
                return true;
            }
            None
        } else {
            None
        };
        let known = reading.is_some();
        readings.extend(reading);
        known
    }
}

/// A charge in percent, or a voltage where the number can only be one.
fn battery(text: &str) -> Option<Reading> {
    let milli = web::scaled(text, 3)?;
    match milli {
        0..=6_000 if milli % 1000 != 0 => volts(text).map(Reading::BatteryVoltage),
        0..=100_000 => web::percent(text, 0).map(Reading::Battery),
        1_000_000.. => volts(text).map(Reading::BatteryVoltage),
        _ => None,
    }
}

/// Volts, or millivolts where the number is too great for volts.
fn volts(text: &str) -> Option<Millivolts> {
    let milli = web::scaled(text, 3).filter(|milli| *milli >= 0)?;
    u32::try_from(if milli > 100_000 { milli / 1000 } else { milli }).ok().map(Millivolts)
}
