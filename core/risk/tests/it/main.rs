//! The model on five thousand public synthetic declarations (`vectors/declarations`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not so"
)]

mod feedback;
mod model;
mod table;

use plomb_risk::Inspected;

const TRAIN: &[u8] = include_bytes!("../../../../vectors/declarations/train.csv");
const VALID: &[u8] = include_bytes!("../../../../vectors/declarations/valid.csv");
const TEST: &[u8] = include_bytes!("../../../../vectors/declarations/test.csv");

fn rows(csv: &[u8]) -> Vec<Inspected> {
    plomb_risk::table::read(csv).unwrap()
}
