//! Answers of tags to challenges, against captures of UCODE DNA.

use plomb_passive::tam::proved;
use plomb_wire::to_hex;

use crate::{bytes, vectors};

fn judged(row: &serde_json::Value) -> Option<Vec<u8>> {
    let key = bytes(&row["key"]).try_into().unwrap();
    let challenge = bytes(&row["ichallenge"]).try_into().unwrap();
    proved(&key, &challenge, &bytes(&row["response"]))
}

#[test]
fn captured_answers_hold_and_prove_their_memory() {
    let file = vectors("iso29167_10_tam.json");
    let (mut first, mut second) = (0, 0);
    for row in file["tam1"].as_array().unwrap() {
        assert_eq!(judged(row), Some(Vec::new()), "{row}");
        first += 1;
    }
    for row in file["tam2"].as_array().unwrap() {
        assert_eq!(to_hex(&judged(row).unwrap()), row["custom_data"].as_str().unwrap(), "{row}");
        second += 1;
    }
    assert_eq!((first, second), (1, 7));
    for row in file["negative"].as_array().unwrap() {
        assert_eq!(judged(row), None, "{row}");
    }
}

#[test]
fn an_answer_that_was_changed_or_cut_proves_nothing() {
    let file = vectors("iso29167_10_tam.json");
    let row = &file["tam2"][0];
    let (key, challenge) = (bytes(&row["key"]).try_into().unwrap(), bytes(&row["ichallenge"]));
    let challenge = challenge.try_into().unwrap();
    let response = bytes(&row["response"]);
    for place in 0..16 {
        let mut changed = response.clone();
        changed[place] ^= 1;
        assert_eq!(proved(&key, &challenge, &changed), None, "byte {place}");
    }
    for length in [0, 1, 15, 17, 31] {
        assert_eq!(proved(&key, &challenge, &response[..length]), None, "{length} bytes");
    }
    assert_eq!(proved(&key, &challenge, &response.repeat(9)), None, "longer than any");
}
