//! A handheld that reads UHF chips: it draws a challenge of the platform, puts it to a chip and brings the answer.

use std::io::Write;

use anyhow::Context;
use plomb_wire::from_hex;

use super::uhf::Chip;
use crate::platform::{Account, value};

/// What the handheld does.
#[derive(Clone, Debug)]
pub struct Handheld {
    /// By whose account it draws challenges and brings answers.
    pub account: Account,
    /// How many chips it reads, from number 1 on.
    pub chips: u16,
    /// What their keys are drawn from.
    pub seed: u64,
    /// Whether it reads a block of their memory besides (TAM2).
    pub memory: bool,
}

/// Reads every chip once, and writes what the platform finds of each, one JSON object a line.
///
/// # Errors
/// When the platform cannot be reached or refuses.
pub fn run(handheld: &Handheld, mut out: impl Write) -> anyhow::Result<()> {
    let session = handheld.account.log_in()?;
    for number in 1..=handheld.chips {
        let drawn = session.post("/seals/challenges", "")?;
        let challenge = value(&drawn, "challenge").context("no challenge was drawn")?;
        let challenge = from_hex(challenge).with_context(|| format!("the challenge {challenge}"))?;
        let challenge: [u8; 10] = challenge.try_into().ok().context("a challenge has ten bytes")?;
        let reading = Chip::new(handheld.seed, number).read(&challenge, handheld.memory);
        writeln!(out, "{}", session.post("/seals/readings", &reading)?)?;
    }
    Ok(())
}
