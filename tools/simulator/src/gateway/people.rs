//! Phones as trackers, and the hubs of makers that hand messages on.

use super::{Message, Moment, seconds, serial};

/// Knots of a kilometre an hour.
const KNOTS: f64 = 1.852;
/// A kilometre an hour in centimetres a second.
const CENTIMETRES_A_SECOND: f64 = 1000.0 / 36.0;

pub(super) fn osmand(moment: &Moment) -> Message {
    let (id, door) = (serial(moment, 902_064), if moment.broken { "&door=true" } else { "" });
    let target = format!(
        "/osmand?id={id}&lat={:.6}&lon={:.6}&timestamp={}&speed={:.2}&bearing={:.1}&altitude=1200&batt={}{door}",
        moment.latitude,
        moment.longitude,
        seconds(moment),
        moment.speed_kmh / KNOTS,
        moment.course_deg,
        moment.battery_percent,
    );
    Message { target, content_type: "text/plain", body: Vec::new() }
}

pub(super) fn owntracks(moment: &Moment) -> Message {
    let body = format!(
        r#"{{"_type":"location","topic":"owntracks/haulier/truck{}","tid":"t{}","lat":{:.6},"lon":{:.6},"tst":{},"vel":{:.0},"cog":{:.0},"batt":{},"acc":8}}"#,
        moment.source,
        moment.source % 10,
        moment.latitude,
        moment.longitude,
        seconds(moment),
        moment.speed_kmh,
        moment.course_deg,
        moment.battery_percent,
    );
    Message::json("/owntracks", body)
}

pub(super) fn flespi(moment: &Moment) -> Message {
    let body = format!(
        r#"[{{"ident":"{}","timestamp":{},"position.latitude":{:.6},"position.longitude":{:.6},"position.speed":{:.0},"position.direction":{:.0},"battery.level":{},"rope.cut.status":{},"door.open.status":{}}}]"#,
        serial(moment, 860_000_000_000_100),
        seconds(moment),
        moment.latitude,
        moment.longitude,
        moment.speed_kmh,
        moment.course_deg,
        moment.battery_percent,
        moment.broken,
        moment.broken,
    );
    Message::json("/flespi", body)
}

/// As the maker's server hands it on: a record with the position (field 0) and the analogue values (field 6).
pub(super) fn digitalmatter(moment: &Moment) -> Message {
    let text = moment.now.to_string();
    let time = text.get(..19).unwrap_or_default().replace('T', " ");
    let body = format!(
        r#"{{"SerNo":{},"IMEI":"{}","ProdId":68,"FW":"68.1.2","Records":[{{"SeqNo":{},"Reason":{},"DateUTC":"{time}","Fields":[{{"GpsUTC":"{time}","Lat":{:.7},"Long":{:.7},"Alt":1200,"Spd":{:.0},"SpdAcc":1,"Head":{:.0},"PDOP":2,"PosAcc":5,"GpsStat":3,"FType":0}}]}}]}}"#,
        serial(moment, 300_100),
        serial(moment, 353_500_000_000_100),
        moment.number,
        if moment.broken { 29 } else { 11 },
        moment.latitude,
        moment.longitude,
        moment.speed_kmh * CENTIMETRES_A_SECOND,
        moment.course_deg,
    );
    Message::json("/digitalmatter", body)
}
