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
