//! Back offices of satellites and of a low-power network.

use super::{Message, Moment, seconds, serial};

pub(super) fn sigfox(moment: &Moment) -> Message {
    let body = format!(
        r#"{{"device":"{:X}","time":{},"seqNumber":{},"computedLocation":{{"lat":{:.5},"lng":{:.5},"radius":2400,"source":2}}}}"#,
        serial(moment, 0x001A_B000),
        seconds(moment),
        moment.number % 4096,
        moment.latitude,
        moment.longitude,
    );
    Message::json("/sigfox", body)
}

/// A location of nine bytes: type 0, latitude and longitude in 24 bits, inputs, sub-type and speed.
pub(super) fn globalstar(moment: &Moment) -> Message {
    let [_, a, b, c] = scaled(moment.latitude, 90.0).to_be_bytes();
    let [_, d, e, f] = scaled(moment.longitude, 180.0).to_be_bytes();
    let shock = if moment.broken { 0x08 } else { 0 };
    let payload = [0x00, a, b, c, d, e, f, 0x00, shock];
    let hex: String = payload.iter().map(|byte| format!("{byte:02X}")).collect();
    let body = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><stuMessages timeStamp="01/01/2026 00:00:00 GMT" messageID="sim{number:026}"><stuMessage><esn>0-{esn}</esn><unixTime>{time}</unixTime><gps>N</gps><payload length="9" source="pc" encoding="hex">0x{hex}</payload></stuMessage></stuMessages>"#,
        number = moment.number,
        esn = serial(moment, 1_000_100),
        time = seconds(moment),
    );
    Message { target: "/globalstar".to_owned(), content_type: "text/xml", body: body.into_bytes() }
}

/// Degrees in 24 bits of two's complement, of which `full` degrees are half.
#[expect(clippy::cast_possible_truncation, reason = "at most 2^23 by its range")]
fn scaled(degrees: f64, full: f64) -> i32 {
    (degrees / full * f64::from(1 << 23)).round() as i32
}

pub(super) fn spot(moment: &Moment) -> Message {
    let text = moment.now.to_string();
    let body = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><messageList xmlns="http://v2.shared.globalstar.com"><header><totalCount>1</totalCount><mode>LIVE</mode></header><message><id>{}</id><esn>0-{}</esn><esnName>CARGO-{}</esnName><messageType>{}</messageType><timestamp>{text}</timestamp><timeInGMTSecond>{}</timeInGMTSecond><latitude>{:.5}</latitude><longitude>{:.5}</longitude><batteryState>GOOD</batteryState></message></messageList>"#,
        moment.number,
        serial(moment, 8_000_100),
        moment.source,
        if moment.broken { "NEWMOVEMENT" } else { "TRACK" },
        seconds(moment),
        moment.latitude,
        moment.longitude,
    );
    Message { target: "/spot".to_owned(), content_type: "text/xml", body: body.into_bytes() }
}

pub(super) fn rockblock(moment: &Moment) -> Message {
    let text = moment.now.to_string();
    let time = text.get(2..19).unwrap_or_default().replace('T', "+").replace(':', "%3A");
    let words = if moment.broken { "SEAL:OPEN" } else { "SEAL:OK" };
    let hex: String = words.bytes().map(|byte| format!("{byte:02x}")).collect();
    let body = format!(
        "imei={}&serial={}&momsn={}&transmit_time={time}&iridium_latitude={:.4}&iridium_longitude={:.4}&iridium_cep=4&data={hex}",
        serial(moment, 300_234_010_753_400),
        serial(moment, 14_100),
        moment.number % 65_536,
        moment.latitude,
        moment.longitude,
    );
    Message {
        target: "/rockblock".to_owned(),
        content_type: "application/x-www-form-urlencoded",
        body: body.into_bytes(),
    }
}
