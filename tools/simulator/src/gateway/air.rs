//! Gateways that hear sensors around them, by Bluetooth and LoRaWAN.

use super::advert::{self, BthomeKey, address, hex};
use super::{Message, Moment, seconds, serial};

/// Families of addresses, so that no two kinds of sensor share one.
pub(super) const THEENGS: u8 = 0x01;
const APRIL: u8 = 0x02;
const RUUVI: u8 = 0x03;
const PLAIN: u8 = 0x04;
const EYE: u8 = 0x05;
const EDDYSTONE: u8 = 0x06;

/// `A4:C1:...`
fn colons(address: [u8; 6]) -> String {
    let parts: Vec<String> = address.iter().map(|byte| format!("{byte:02X}")).collect();
    parts.join(":")
}

pub(super) fn ruuvi(moment: &Moment) -> Message {
    let tag = address(RUUVI, moment.source);
    let sequence = u16::try_from(moment.number % 65_535).unwrap_or(0);
    let data = hex(&advert::maker(0x0499, &advert::ruuvi(tag, sequence)));
    let body = format!(
        r#"{{"data":{{"coordinates":"","timestamp":{time},"nonce":{number},"gw_mac":"C8:25:2D:8E:9C:2C","tags":{{"{tag}":{{"rssi":-62,"timestamp":{time},"data":"{data}"}}}}}}}}"#,
        time = seconds(moment),
        number = moment.number,
        tag = colons(tag),
    );
    Message::json("/ruuvi", body)
}

/// A door sensor whose messages are enciphered; the counter rises with the clock, also from start to start.
pub(super) fn theengs(moment: &Moment, seed: u64) -> Message {
    let tag = address(THEENGS, moment.source);
    let counter = u32::try_from(seconds(moment)).unwrap_or(u32::MAX);
    let key = BthomeKey::new(seed, moment.source);
    let data = advert::bthome_enciphered(key, tag, counter, moment.battery_percent, moment.broken);
    let body = format!(
        r#"{{"id":"{}","gateway":"Gate_North","rssi":-58,"servicedatauuid":"fcd2","servicedata":"{}"}}"#,
        colons(tag),
        hex(&data).to_lowercase(),
    );
    Message::json("/theengs", body)
}

pub(super) fn aprilbrother(moment: &Moment) -> Message {
    let tag = address(APRIL, moment.source);
    let advert = advert::service(0xFCD2, &advert::bthome_plain(moment.battery_percent, moment.broken));
    // Type 1, address, strength plus 256, advert.
    let device = hex(&[&[0x01][..], &tag, &[200], &advert].concat());
    let body = format!(
        r#"{{"v":"1.5.3","mid":{},"time":{},"ip":"192.0.2.7","mac":"A4CF12F2D3D4","devices":["{device}"]}}"#,
        moment.number,
        seconds(moment),
    );
    Message::json("/aprilbrother", body)
}

pub(super) fn chirpstack(moment: &Moment) -> Message {
    let eui = format!("24E12453{:08X}", serial(moment, 0x6C19_0000));
    let (door, tamper) = if moment.broken { ("open", true) } else { ("closed", false) };
    let body = format!(
        r#"{{"deduplicationId":"{eui}-{}","time":"{}","deviceInfo":{{"tenantName":"sim","applicationName":"seals","deviceName":"door-{}","devEui":"{}"}},"fCnt":{},"fPort":85,"data":"AXVk","object":{{"battery":{},"door":"{door}","tamper":{tamper}}},"rxInfo":[{{"gatewayId":"00800000a00016b6","rssi":-88}}]}}"#,
        moment.number,
        moment.now,
        moment.source,
        eui.to_lowercase(),
        moment.number,
        moment.battery_percent,
    );
    Message::json("/chirpstack?event=up", body)
}

/// One advert with its address, as a small gateway of anybody's making hands it on.
fn heard(target: &str, tag: [u8; 6], data: &[u8]) -> Message {
    let (mac, data) = (colons(tag), hex(data));
    Message::json(target, format!(r#"{{"mac":"{mac}","data":"{data}","rssi":-70,"gateway":"Gate_South"}}"#))
}

pub(super) fn bthome(moment: &Moment) -> Message {
    let data = advert::bthome_plain(moment.battery_percent, moment.broken);
    heard("/bthome", address(PLAIN, moment.source), &advert::service(0xFCD2, &data))
}

/// Such a sensor has no gateway of its own: one that hears everything hands its data on.
pub(super) fn eye(moment: &Moment) -> Message {
    let data = [&[0x9A, 0x08][..], &advert::eye(!moment.broken)].concat();
    let body = format!(
        r#"{{"id":"{}","gateway":"Gate_South","rssi":-66,"manufacturerdata":"{}"}}"#,
        colons(address(EYE, moment.source)),
        hex(&data).to_lowercase(),
    );
    Message::json("/theengs", body)
}

pub(super) fn eddystone(moment: &Moment) -> Message {
    let data = advert::eddystone_uid(moment.source);
    heard("/eddystone-eid", address(EDDYSTONE, moment.source), &advert::service(0xFEAA, &data))
}

/// The lines of keys by which the platform knows the enciphered sensors.
pub(super) fn key_lines(seed: u64, sources: u32) -> String {
    (1..=sources).map(|source| BthomeKey::new(seed, source).line(address(THEENGS, source))).collect()
}
