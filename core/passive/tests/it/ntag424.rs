//! Links against AN12196, and links that must not hold.

use plomb_model::{ReceivedAt, SealPart, Timestamp};
use plomb_passive::ntag424::link::Link;
use plomb_passive::ntag424::session;
use plomb_passive::ntag424::verify::{Verdict, verify};
use plomb_session::{Decoded, NoSecrets, SecretTable, SessionConfig};

use crate::vectors;

fn judged(url: &str, keys: &str) -> Verdict {
    verify(&Link::of(url.as_bytes()), &SecretTable::parse(keys).unwrap())
}

fn rows() -> Vec<(String, String, serde_json::Value)> {
    let file = vectors("ntag424-vectors.json");
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let mut rows = Vec::new();
    for row in file["sun_aes"].as_array().unwrap().iter().chain(file["tagtamper_derived"].as_array().unwrap())
    {
        let (picc, enc) =
            (text(row, "picc_enc_data").to_uppercase(), text(row, "sdm_enc_file_data").to_uppercase());
        let enc = if enc.is_empty() { enc } else { format!("&enc={enc}") };
        let url = format!(
            "https://seal.example/t?picc_data={picc}{enc}&cmac={}",
            text(row, "sdmmac").to_uppercase()
        );
        let keys = format!(
            "ntag-meta-read 00 {}\nntag-file-read {} {}\n",
            text(row, "k_sdm_meta_read"),
            text(row, "uid"),
            text(row, "k_sdm_file_read")
        );
        rows.push((url, keys, row.clone()));
    }
    for row in file["lrp"]["sdm"].as_array().unwrap().iter().filter(|row| row["sdmmac"].is_string()) {
        let enc = text(row, "enc_file_data");
        let enc = if enc.is_empty() { enc } else { format!("&enc={enc}") };
        let url = format!("?picc_data={}{enc}&cmac={}", text(row, "picc_enc_data"), text(row, "sdmmac"));
        let key = text(row, "key");
        let keys = format!("ntag-meta-read 00 {key}\nntag-file-read {} {key}\n", text(row, "uid"));
        rows.push((url, keys, row.clone()));
    }
    rows
}

#[test]
fn every_published_link_holds_and_one_changed_digit_does_not() {
    let rows = rows();
    assert_eq!(rows.len(), 11);
    for (url, keys, row) in rows {
        let verdict = judged(&url, &keys);
        assert!(verdict.holds, "{url} {row}");
        let identity = verdict.identity.unwrap();
        assert_eq!(plomb_wire::to_hex(&identity.uid), row["uid"].as_str().unwrap());
        let count = row["sdm_read_ctr"].as_u64().or_else(|| row["ctr"].as_u64());
        assert_eq!(Some(identity.count()), count);
        if let Some(file) = row["file_data_ascii"].as_str() {
            assert_eq!(verdict.file, file.as_bytes(), "{url}");
        }
        let last = if url.ends_with('0') { "1" } else { "0" };
        let forged = format!("{}{last}", &url[..url.len() - 1]);
        assert!(!judged(&forged, &keys).holds, "{forged}");
        let unknown = verify(&Link::of(url.as_bytes()), &NoSecrets);
        assert!(!unknown.holds && !unknown.key_known && unknown.identity.is_none());
    }
}

#[test]
fn a_plain_link_holds() {
    let url = "/tag?uid=041E3C8A2D6B80&ctr=000006&cmac=4B00064004B0B3D3";
    let verdict = judged(url, "ntag-file-read 041e3c8a2d6b80 00000000000000000000000000000000");
    assert!(verdict.holds);
    assert_eq!(verdict.identity.unwrap().count(), 6);
}

/// Kind of identity, seal evidence, permanent and current loop, and issues of a link.
fn told(url: &str, keys: &str) -> (&'static str, &'static str, Option<bool>, Option<bool>, usize) {
    let secrets = std::sync::Arc::new(SecretTable::parse(keys).unwrap());
    let mut session = session(SessionConfig { secrets, ..SessionConfig::default() });
    let now = ReceivedAt(Timestamp::from_secs(0));
    let mut out = Decoded::default();
    session.receive(now, url.as_bytes(), &mut out);
    session.finish(now, &mut out);
    let report = out.reports().next().unwrap();
    assert_eq!(report.frame, url.as_bytes());
    let event = &report.events[0];
    (
        event.trust.identity.name(),
        event.trust.seal.name(),
        event.seal.part(SealPart::NeverOpened),
        event.seal.part(SealPart::RopeIntact),
        report.issues.len(),
    )
}

#[test]
fn the_loop_is_read_and_an_opening_stays() {
    for (url, keys, row) in rows() {
        let expected = match row["name"].as_str().unwrap() {
            "TagTamper CC" => ("mac", "valid-intact", Some(true), Some(true), 0),
            "TagTamper OC" => ("mac", "valid-tampered", Some(false), Some(true), 0),
            "TagTamper OO" | "TagTamper CO" => ("mac", "valid-tampered", Some(false), Some(false), 0),
            _ => ("mac", "none", None, None, 0),
        };
        assert_eq!(told(&url, &keys), expected, "{url}");
        let last = if url.ends_with('0') { "1" } else { "0" };
        let forged = format!("{}{last}", &url[..url.len() - 1]);
        assert_eq!(told(&forged, &keys), ("claimed", "invalid", None, None, 1), "{forged}");
    }
    assert_eq!(told("?uid=041E3C8A2D6B80&ctr=000006&cmac=4B00064004B0B3D3", "").0, "claimed");
}

#[test]
fn a_status_written_behind_the_code_is_not_believed() {
    // An opened seal's own link, its status in the encrypted file; the thief adds one in clear.
    let (url, keys, _) = rows().into_iter().find(|(_, _, row)| row["name"] == "TagTamper OO").unwrap();
    let (_, whole) = url.split_once('?').unwrap();
    for forged in [format!("{url}&tt=CC"), format!("https://seal.example/t?tt=CC&{whole}")] {
        let (identity, evidence, never, rope, _) = told(&forged, &keys);
        assert_eq!(
            (identity, evidence, never, rope),
            ("mac", "valid-tampered", Some(false), Some(false)),
            "{forged}"
        );
    }
    // A chip whose code covers nothing cannot prove a status in clear.
    let plain = "?uid=041E3C8A2D6B80&ctr=000006&cmac=4B00064004B0B3D3";
    let keys = "ntag-file-read 041e3c8a2d6b80 00000000000000000000000000000000";
    assert_eq!(told(&format!("{plain}&tt=CC"), keys), ("mac", "none", None, None, 1));
    // That it was opened is said all the same, as a claim.
    assert_eq!(told(&format!("{plain}&tt=OO"), keys), ("mac", "none", Some(false), Some(false), 1));
    // Without a key nothing proves anything.
    assert_eq!(told(&format!("{plain}&tt=CC"), ""), ("claimed", "none", None, None, 2));
}

/// Identity, seal evidence, and where each issue is.
fn heard(frame: &str, keys: &str) -> (&'static str, &'static str, Vec<usize>) {
    let secrets = std::sync::Arc::new(SecretTable::parse(keys).unwrap());
    let mut session = session(SessionConfig { secrets, ..SessionConfig::default() });
    let now = ReceivedAt(Timestamp::from_secs(0));
    let mut out = Decoded::default();
    session.receive(now, frame.as_bytes(), &mut out);
    session.finish(now, &mut out);
    let report = out.reports().next().unwrap();
    let trust = report.events.first().map(|event| event.trust).unwrap_or_default();
    let offsets = report.issues.iter().map(|issue| issue.offset as usize).collect();
    (trust.identity.name(), trust.seal.name(), offsets)
}

#[test]
fn a_link_within_another_text_is_read() {
    for (url, keys, row) in rows().into_iter().filter(|(_, _, row)| row["name"] == "TagTamper CC") {
        let escaped: String = url
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("%{:02x}", u32::from(c)) })
            .collect();
        assert_eq!(heard(&format!("url={escaped}"), &keys), ("mac", "valid-intact", vec![]), "{row}");
        let forged = format!("url={}", escaped.replace("%26cmac%3d", "%26cmac%3d0"));
        assert_ne!(heard(&forged[..forged.len() - 1], &keys).1, "valid-intact");
    }
}

#[test]
fn an_issue_is_where_it_is_in_the_frame() {
    let keys = "ntag-file-read 041e3c8a2d6b80 00000000000000000000000000000000";
    let query = "?uid=041E3C8A2D6B80&ctr=000006&cmac=4B00064004B0B3D4";
    for frame in [
        query.to_owned(),
        format!("  {query}"),
        format!("GET /ntag424{query} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("POST /ntag424 HTTP/1.1\r\nHost: x\r\n\r\nhttps://seal.example/{query}\n"),
        format!(
            "url=https%3A%2F%2Fseal.example%2F{}",
            query.replace('?', "%3F").replace('=', "%3D").replace('&', "%26")
        ),
    ] {
        let place = frame.find("4B00064004B0B3D4").unwrap();
        assert_eq!(heard(&frame, keys), ("claimed", "invalid", vec![place]), "{frame}");
    }
}

proptest::proptest! {
    #[test]
    fn any_link_is_answered_within_its_bytes(text in "([a-z]{0,4}[:/?&=%]{0,3}(uid|cmac|tt|enc|picc_data|%3D|%|CC|[0-9A-F]{14,16}|[0-9A-F]{32})?){0,12}") {
        let keys = "ntag-file-read 041e3c8a2d6b80 00000000000000000000000000000000";
        let (identity, evidence, offsets) = heard(&format!("?{text}"), keys);
        proptest::prop_assert_ne!((identity, evidence), ("claimed", "valid-intact"));
        proptest::prop_assert!(offsets.iter().all(|offset| *offset <= text.len() + 1));
        std::hint::black_box(plomb_passive::ntag424::describe(text.as_bytes()));
    }
}
