//! Readers of tags and of electronic seals.

use super::{Message, Moment, serial};

/// GIAI-96 (GS1 EPC TDS): header 34, filter 0, partition 5, company 9521141, and the number of the seal.
fn epc(moment: &Moment) -> String {
    const COMPANY_BITS: u32 = 24;
    const NUMBER_BITS: u32 = 58;
    const HEAD: u128 = 0x34 << 6 | 5;
    let company = 9_521_141_u128;
    let number = u128::from(serial(moment, 41_700));
    let bits = HEAD << (COMPANY_BITS + NUMBER_BITS) | company << NUMBER_BITS | number;
    format!("{bits:024X}")
}

fn tid(moment: &Moment) -> String {
    format!("E2801160200{:013X}", serial(moment, 0x7165_0000))
}

pub(super) fn impinj(moment: &Moment) -> Message {
    let body = format!(
        r#"[{{"timestamp":"{}","hostname":"gate-in","eventType":"tagInventory","tagInventoryEvent":{{"epcHex":"{}","tidHex":"{}","antennaPort":{},"peakRssiCdbm":-5250}}}}]"#,
        moment.now,
        epc(moment),
        tid(moment),
        1 + moment.source % 4,
    );
    Message::json("/impinj", body)
}

pub(super) fn zebra(moment: &Moment) -> Message {
    // Other seals than those of the gate before: one seal is not at two gates at once.
    let other = Moment { source: moment.source + 1_000, ..moment.clone() };
    let body = format!(
        r#"{{"type":"SIMPLE","timestamp":"{}","data":{{"idHex":"{}","hostName":"gate-out","antenna":2,"peakRssi":-48,"reads":3,"eventNum":{}}}}}"#,
        moment.now,
        epc(&other),
        moment.number,
    );
    Message::json("/zebra", body)
}

pub(super) fn handheld(moment: &Moment) -> Message {
    let other = Moment { source: moment.source + 2_000, ..moment.clone() };
    let body = format!(
        r#"{{"reader":"handheld-1","read_at":"{}","latitude":{:.6},"longitude":{:.6},"tags":[{{"epc":"{}","tid":"{}","rssi":-44,"tamper":{}}}]}}"#,
        moment.now,
        moment.latitude,
        moment.longitude,
        epc(&other),
        tid(&other),
        moment.broken,
    );
    Message::json("/iso29167-10", body)
}

/// A seal that is opened stays so: its log is only added to.
pub(super) fn e_seal(moment: &Moment) -> Message {
    let text = moment.now.to_string();
    let digits: String = text.chars().filter(char::is_ascii_digit).take(12).collect();
    let (status, opened) = if moment.broken {
        ("opened", format!(r#","opened_at":"{digits}""#))
    } else {
        ("sealed", String::new())
    };
    let body = format!(
        r#"{{"gateway":"GATE-1","read_at":"{digits}","seal":{{"manufacturer":"0A1B","serial":"{:010}","type":"bolt"}},"status":"{status}","sealed_at":"202601010800"{opened},"battery":"ok","rssi":-62}}"#,
        serial(moment, 12_345_000),
    );
    Message::json("/e-seal-json", body)
}
