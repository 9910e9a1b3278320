//! A request's words turned into ours.

use plomb_model::{CellTower, DeviceId, Event, EventKind, Fix, Issue, OccurredAt, Reading};

use super::message::Report;
use super::words;
use crate::Decoded;
use crate::web;

/// Writes the event of a report, or what is wrong with it; returns whose it is.
pub(super) fn report(report: &Report<'_>, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let Some(name) = &report.device else {
        out.issue(Issue::new(offset, "no device is named", "neither id nor deviceid"));
        return None;
    };
    let device = match web::tracker(name, offset) {
        Ok(device) => device,
        Err(issue) => {
            out.issue(issue);
            return None;
        }
    };
    let mut event = Event::new(EventKind::Status);
    if let Some(time) = &report.time {
        event.occurred_at = web::instant(time).map(OccurredAt);
        if event.occurred_at.is_none() {
            out.issue(Issue::new(offset, "no time that can be read", time));
        }
    }
    place(report, &mut event, offset, out);
    readings(report, &mut event);
    for (name, value) in &report.others {
        words::attribute(name, value, &mut event);
    }
    out.event(event);
    Some(device)
}

fn place(report: &Report<'_>, event: &mut Event, offset: usize, out: &mut Decoded) {
    let (north, east) = match (&report.latitude, &report.longitude) {
        (Some(north), Some(east)) => (north, east),
        (None, None) => return,
        _ => {
            out.issue(Issue::new(offset, "half a place", "latitude or longitude is missing"));
            return;
        }
    };
    let fix = if report.valid == Some(false) { Fix::Stale } else { Fix::Gnss };
    let mut position = match web::in_place(north, east, fix, offset) {
        Ok(position) => position,
        Err(issue) => {
            out.issue(issue);
            return;
        }
    };
    // Clients that have no fix send zeros.
    if position.latitude.e7() == 0 && position.longitude.e7() == 0 {
        return;
    }
    position.speed = report.speed.as_ref().and_then(|(speed, per_hour)| web::speed(speed, *per_hour));
    position.course = report.course.as_deref().and_then(web::course);
    position.altitude = report.altitude.as_deref().and_then(web::metres);
    event.kind = EventKind::Position;
    event.position = Some(position);
}

fn readings(report: &Report<'_>, event: &mut Event) {
    let accuracy = report.accuracy.as_deref().and_then(web::metres).filter(|radius| radius.0 >= 0);
    event.readings.extend(accuracy.map(Reading::Accuracy));
    let hdop =
        report.hdop.as_deref().and_then(|hdop| web::scaled(hdop, 2)).and_then(|hdop| hdop.try_into().ok());
    event.readings.extend(hdop.map(Reading::Hdop));
    let battery = report.battery.as_ref().and_then(|(level, places)| web::percent(level, *places));
    event.readings.extend(battery.map(Reading::Battery));
    event.readings.extend(report.charging.map(Reading::Charging));
    event.readings.extend(report.cells.iter().filter_map(|cell| tower(cell)).map(Reading::CellTower));
}

/// `mcc,mnc,area,cell`, in decimal.
fn tower(text: &str) -> Option<CellTower> {
    let mut parts = text.split(',').map(str::trim);
    Some(CellTower {
        mcc: parts.next()?.parse().ok()?,
        mnc: parts.next()?.parse().ok()?,
        area: parts.next()?.parse().ok()?,
        cell: parts.next()?.parse().ok()?,
    })
}
