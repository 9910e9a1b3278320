//! The JSON that a device's server hands on: a list of records in fields, or one record of an Edge device.

use plomb_model::{DeviceId, Event, Fix, Issue, OccurredAt, Reading, Scheme};
use serde_json::Value;

use super::record::{Record, analogue, digital, speed};
use crate::Decoded;
use crate::web::{self, Message};

/// What a body says; returns whose it is.
pub(super) fn decode(message: &Message<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let request = &message.request;
    let parts = web::elements(request.body);
    message.each(
        parts,
        |part| part.end,
        out,
        |part, out| {
            let begins = request.body_offset + part.start;
            match serde_json::from_slice::<Value>(request.body.get(part).unwrap_or_default()) {
                Ok(value) => body(&value, begins, out),
                Err(error) => {
                    out.issue(Issue::new(begins, "no JSON", error));
                    None
                }
            }
        },
    )
}

fn body(value: &Value, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let edge = web::object_at(value, &["device"]);
    let about = edge.unwrap_or(value);
    let imei = web::member(about, &["imei", "IMEI"]);
    let device = match &imei {
        Some(imei) => web::device(Scheme::Tracker, imei, offset),
        None => web::tracker(&web::member(about, &["sn", "SerNo"]).unwrap_or_default(), offset),
    };
    let device = device.map_err(|issue| out.issue(issue)).ok()?;
    let first: Vec<Reading> = web::member(about, &["iccid", "ICCID"])
        .map(|iccid| Reading::Iccid(iccid.into()))
        .into_iter()
        .chain(web::member(about, &["fw", "FW"]).map(|firmware| Reading::Firmware(firmware.into())))
        .collect();
    let mut records = match (edge, value.get("Records").and_then(Value::as_array)) {
        (Some(_), _) => vec![edge_record(value, offset, out)],
        (None, Some(records)) => records.iter().map(|record| record_of_fields(record, offset, out)).collect(),
        (None, None) => Vec::new(),
    };
    if records.is_empty() {
        out.issue(Issue::new(offset, "no record in it", "neither device nor Records"));
    }
    if let Some(record) = records.first_mut() {
        record.event.readings.extend(first);
    }
    records.into_iter().flat_map(Record::events).for_each(|event| out.event(event));
    Some(device)
}

fn number<T: TryFrom<i64>>(value: &Value, name: &str) -> Option<T> {
    web::member(value, &[name])
        .and_then(|text| web::scaled(&text, 0))
        .and_then(|number| T::try_from(number).ok())
}

fn time(value: &Value, name: &str) -> Option<OccurredAt> {
    web::member(value, &[name]).and_then(|time| web::instant(&time)).map(OccurredAt)
}

fn record_of_fields(value: &Value, offset: usize, out: &mut Decoded) -> Record {
    let at = time(value, "DateUTC");
    if at.is_none() {
        out.issue(Issue::new(offset, "no time that can be read", "DateUTC"));
    }
    let mut record = Record::new(number(value, "SeqNo"), at, number(value, "Reason").unwrap_or_default());
    for field in value.get("Fields").and_then(Value::as_array).into_iter().flatten() {
        match number::<i64>(field, "FType") {
            Some(0) => place(field, &mut record, offset, out),
            Some(2) => {
                let inputs = number(field, "DIn").unwrap_or_default();
                let (outputs, status) = (number(field, "DOut"), number(field, "DevStat"));
                digital(inputs, outputs.unwrap_or_default(), status.unwrap_or(2), &mut record.event);
            }
            Some(3) => {
                let id = web::member(field, &["DriverData", "DriverId", "ID"]);
                record.event.readings.extend(id.map(|id| Reading::Card(plomb_model::CardNumber(id.into()))));
            }
            Some(6 | 7) => {
                for (name, value) in
                    field.get("AnalogueData").and_then(Value::as_object).into_iter().flatten()
                {
                    let value = web::text(value).and_then(|value| web::scaled(&value, 0));
                    let value = value.and_then(|value| i32::try_from(value).ok());
                    if let (Ok(number), Some(value)) = (name.parse(), value) {
                        analogue(number, value, &mut record.event);
                    }
                }
            }
            Some(27) => {
                let metres = number(field, "Odometer").or_else(|| number(field, "Odo"));
                record
                    .event
                    .readings
                    .extend(metres.map(|metres| Reading::Odometer(plomb_model::Metres(metres))));
            }
            _ => {}
        }
    }
    record
}

fn place(field: &Value, record: &mut Record, offset: usize, out: &mut Decoded) {
    let at = |name: &str| web::member(field, &[name]);
    let (Some(north), Some(east)) = (at("Lat"), at("Long")) else { return };
    let fix =
        if number::<i64>(field, "GpsStat").is_some_and(|status| status > 0) { Fix::Gnss } else { Fix::Stale };
    match web::in_place(&north, &east, fix, offset) {
        Ok(mut position) => {
            position.altitude = at("Alt").and_then(|altitude| web::metres(&altitude));
            position.speed = number(field, "Spd").map(speed);
            position.course = at("Head").and_then(|course| web::course(&course));
            record.place = Some((time(field, "GpsUTC"), position));
        }
        Err(issue) => out.issue(issue),
    }
    accuracy(at("PosAcc").as_deref(), &mut record.event);
}

fn accuracy(text: Option<&str>, event: &mut Event) {
    let radius = text.and_then(web::metres).filter(|radius| radius.0 >= 0);
    event.readings.extend(radius.map(Reading::Accuracy));
}

fn edge_record(value: &Value, offset: usize, out: &mut Decoded) -> Record {
    let at = time(value, "date");
    if at.is_none() {
        out.issue(Issue::new(offset, "no time that can be read", "date"));
    }
    let mut record = Record::new(number(value, "sqn"), at, number(value, "reason").unwrap_or_default());
    let member = |name: &str| web::member(value, &[name]);
    if let (Some(north), Some(east)) = (member("lat"), member("lng")) {
        match web::in_place(&north, &east, Fix::Gnss, offset) {
            Ok(position) => record.place = Some((at, position)),
            Err(issue) => out.issue(issue),
        }
        accuracy(member("posAcc").as_deref(), &mut record.event);
    }
    let event = &mut record.event;
    if let Some(inputs) = number::<i64>(value, "inputs") {
        event.readings.push(Reading::Ignition(inputs & 1 == 1));
        event.readings.push(Reading::Code { name: "inputs".into(), value: inputs });
    }
    for name in ["outputs", "status"] {
        event.readings.extend(number(value, name).map(|value| Reading::Code { name: name.into(), value }));
    }
    for (list, word) in [("analogues", "analogue"), ("counters", "counter")] {
        for one in value.get(list).and_then(Value::as_array).into_iter().flatten() {
            let (Some(id), Some(value)) = (number::<u8>(one, "id"), number::<i64>(one, "val")) else {
                continue;
            };
            let millivolts = u32::try_from(value).ok().map(plomb_model::Millivolts);
            match (word, id, millivolts) {
                ("counter", 0, Some(value)) => event.readings.push(Reading::BatteryVoltage(value)),
                ("counter", 1, _) => {
                    event.readings.extend(web::percent(&value.to_string(), -2).map(Reading::Battery))
                }
                _ => event.readings.push(Reading::Code { name: format!("{word}.{id}").into(), value }),
            }
        }
    }
    record
}
