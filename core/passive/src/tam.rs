//! ISO/IEC 29167-10: the answers of UHF tags to a challenge, under AES-128 (TAM1: who it is; TAM2: what its memory holds).
//!
//! Facts checked against eight captures of UCODE DNA (`vectors/passive/SOURCES.md`); the standard itself is paid for and
//! was not seen. TAM2 is read with its data enciphered in CBC mode; the modes with a CMAC are not.

use crate::crypto::{Block, cbc_decrypt, decrypt, same};

/// Bytes of a challenge (`IChallenge_TAM1`).
pub const CHALLENGE_BYTES: usize = 10;
/// The constant before what the tag drew by itself and the challenge.
const C_TAM: [u8; 2] = [0x96, 0xC5];
/// Bytes that the tag draws (`TRnd`).
const RANDOM_BYTES: usize = 4;
/// Longest answer: the block of the challenge and 16 blocks of memory.
pub const RESPONSE_BYTES_MAX: usize = 272;

/// The memory that an answer proves: empty for TAM1. `None` where the answer is not that of a tag with this key to this
/// challenge.
#[must_use]
pub fn proved(key: &Block, challenge: &[u8; CHALLENGE_BYTES], response: &[u8]) -> Option<Vec<u8>> {
    let (first, memory) = response.split_first_chunk::<16>()?;
    if !memory.len().is_multiple_of(16) || response.len() > RESPONSE_BYTES_MAX {
        return None;
    }
    let plain = decrypt(key, first);
    let (constant, rest) = plain.split_first_chunk::<2>()?;
    let (_, answered) = rest.split_at_checked(RANDOM_BYTES)?;
    let holds = same(&[&constant[..], answered].concat(), &[&C_TAM[..], challenge].concat());
    let memory = cbc_decrypt(key, *first, memory);
    holds.then_some(memory)
}
