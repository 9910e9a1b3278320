//! Names of members and words of states, as decoders of sensors use them; all in lower case without marks.

use plomb_model::{SealPart, Signal};

/// 2015-01-01: a device's clock before it was never set.
pub(super) const EARLIEST_MS: i64 = 1_420_070_400_000;

/// Members that are read with the place.
pub(super) const PLACE: &[&str] = &[
    "latitude",
    "lat",
    "gpslat",
    "gpslatitude",
    "longitude",
    "lng",
    "lon",
    "long",
    "gpslng",
    "gpslongitude",
    "altitude",
    "alt",
    "speed",
    "course",
    "heading",
    "bearing",
    "satellites",
    "sats",
    "numsatellites",
    "accuracy",
    "horizontalaccuracy",
    "hdop",
];

pub(super) const TEMPERATURE: &[&str] = &[
    "temperature",
    "temp",
    "tempc",
    "tempc2",
    "temperaturec",
    "temperaturesensor",
    "tempcds",
    "tempcsht",
    "ambienttemperature",
    "internaltemperature",
    "devicetemperature",
    "boardtemperature",
    "chiptemperature",
    "externaltemperature",
    "probetemperature",
    "temperature1",
    "temperature2",
];
pub(super) const HUMIDITY: &[&str] =
    &["humidity", "hum", "rh", "relativehumidity", "humiditysensor", "humsht", "airhumidity", "humidity1"];
pub(super) const BATTERY: &[&str] = &[
    "battery",
    "bat",
    "batt",
    "batterylevel",
    "batterypercent",
    "batterypercentage",
    "batterycapacity",
    "batpercent",
    "batlevel",
    "soc",
];
pub(super) const BATTERY_VOLTAGE: &[&str] = &[
    "batteryvoltage",
    "batvoltage",
    "batv",
    "battv",
    "battvoltage",
    "vbat",
    "vbatt",
    "batterymv",
    "batmv",
    "batteryv",
    "voltage",
    "volt",
];
pub(super) const PRESSURE: &[&str] =
    &["pressure", "pres", "barometer", "barometricpressure", "airpressure", "atmosphericpressure"];
pub(super) const ILLUMINANCE: &[&str] =
    &["illuminance", "illumination", "lux", "illuminancesensor", "lightlevel", "lightlux", "brightness"];
pub(super) const MOTION: &[&str] =
    &["motion", "moving", "move", "mov", "movement", "motionstatus", "motionstate", "inmotion", "inmovement"];

/// Names, the part of the seal, whether "true" is its whole state, and the signal where it is not whole.
pub(super) const PARTS: &[(&[&str], SealPart, bool, Option<Signal>)] = &[
    (
        &[
            "door",
            "doorstatus",
            "doorstate",
            "dooropen",
            "dooropened",
            "dooropenstatus",
            "opening",
            "open",
            "opened",
            "isopen",
            "window",
            "windowopen",
            "reedopen",
        ],
        SealPart::DoorClosed,
        false,
        Some(Signal::DoorOpen),
    ),
    (
        &[
            "doorclosed",
            "closed",
            "contact",
            "contactstate",
            "contactstatus",
            "doorcontact",
            "magnet",
            "magnetstatus",
            "magnetstate",
            "magnetpresent",
            "reed",
            "reedstate",
            "reedstatus",
            "reedswitch",
        ],
        SealPart::DoorClosed,
        true,
        Some(Signal::DoorOpen),
    ),
    (
        &[
            "tamper",
            "tampered",
            "tampering",
            "tamperstatus",
            "tamperstate",
            "tamperalarm",
            "tamperdetected",
            "tamperdetection",
            "antitamper",
            "coveropen",
            "caseopen",
            "enclosureopen",
            "casetamper",
        ],
        SealPart::CoverClosed,
        false,
        Some(Signal::CoverOpen),
    ),
    (
        &["cover", "coverclosed", "caseclosed", "enclosure"],
        SealPart::CoverClosed,
        true,
        Some(Signal::CoverOpen),
    ),
    (&["lock", "locked", "lockstatus", "lockstate"], SealPart::MotorLocked, true, Some(Signal::Unlocked)),
    (&["unlocked", "unlock"], SealPart::MotorLocked, false, Some(Signal::Unlocked)),
    (&["seal", "sealed", "sealstatus", "sealstate"], SealPart::Sealed, true, None),
    (
        &[
            "rope",
            "ropestatus",
            "ropeintact",
            "cable",
            "cablestatus",
            "cableintact",
            "wire",
            "wireintact",
            "bolt",
            "loop",
        ],
        SealPart::RopeIntact,
        true,
        Some(Signal::RopeCut),
    ),
    (
        &["ropecut", "cablecut", "wirecut", "boltcut", "sealbroken", "broken", "loopopen", "cutalarm"],
        SealPart::RopeIntact,
        false,
        Some(Signal::RopeCut),
    ),
    (&["shackle", "shackleclosed", "shacklestatus"], SealPart::ShackleClosed, true, None),
    (&["attached", "installed", "mounted"], SealPart::Attached, true, Some(Signal::Removed)),
    (
        &["removed", "removal", "detached", "uninstalled", "dismantled", "demolition"],
        SealPart::Attached,
        false,
        Some(Signal::Removed),
    ),
];

/// Names, and the signal where the value says yes.
pub(super) const SIGNALS: &[(&[&str], Signal)] = &[
    (&["lowbattery", "batterylow", "lowbatt", "battlow", "batlow", "batteryalarm"], Signal::LowBattery),
    (&["vibration", "vibrationdetected", "shock", "impact", "vibrationstatus"], Signal::Shock),
    (&["fall", "freefall", "drop", "falldetected"], Signal::Drop),
    (&["sos", "panic", "emergency", "sosstatus"], Signal::Sos),
    (&["light", "lightdetected", "lightstatus", "lightstate"], Signal::LightDetected),
    (&["alarm", "alarmstatus", "alert"], Signal::General),
    (&["fault", "problem", "sensorfault"], Signal::DeviceFault),
    (&["temperaturealarm", "tempalarm"], Signal::TemperatureOut),
    (&["humidityalarm"], Signal::HumidityOut),
];

/// What a state says of a part: whole or not; `state` in lower case.
pub(super) fn whole(state: &str, true_is_whole: bool) -> Option<bool> {
    match state {
        "close" | "closed" | "intact" | "normal" | "ok" | "sealed" | "locked" | "installed" | "attached"
        | "idle" | "safe" | "none" | "inserted" => Some(true),
        "open" | "opened" | "broken" | "cut" | "tampered" | "tamper" | "triggered" | "alarm" | "removed"
        | "unlocked" | "uninstalled" | "detached" | "detected" | "abnormal" | "unsealed" | "ajar" => {
            Some(false)
        }
        _ => crate::web::truth(state).map(|yes| yes == true_is_whole),
    }
}
