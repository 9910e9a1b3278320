//! AES-128 as tags use it: CMAC (RFC 4493), key diversification (NXP AN10922) and the leakage resilient primitive
//! LRP (NXP AN12304).

use aes::Aes128;
use aes::cipher::{BlockDecrypt, BlockEncrypt, KeyInit};

/// One block, and one key.
pub type Block = [u8; 16];

/// Encrypts one block.
#[must_use]
pub fn encrypt(key: &Block, block: &Block) -> Block {
    let mut out = (*block).into();
    Aes128::new(&(*key).into()).encrypt_block(&mut out);
    out.into()
}

/// Decrypts one block.
#[must_use]
pub fn decrypt(key: &Block, block: &Block) -> Block {
    let mut out = (*block).into();
    Aes128::new(&(*key).into()).decrypt_block(&mut out);
    out.into()
}

/// Exclusive or of two blocks.
#[must_use]
pub fn xor(mut a: Block, b: &Block) -> Block {
    for (a, b) in a.iter_mut().zip(b) {
        *a ^= b;
    }
    a
}

/// CBC decryption of whole blocks; bytes beyond the last whole block are left out.
#[must_use]
pub fn cbc_decrypt(key: &Block, iv: Block, bytes: &[u8]) -> Vec<u8> {
    let mut before = iv;
    let mut out = Vec::with_capacity(bytes.len());
    for block in bytes.as_chunks::<16>().0 {
        out.extend_from_slice(&xor(decrypt(key, block), &before));
        before = *block;
    }
    out
}

/// CMAC over any block cipher (NIST SP 800-38B).
pub fn cmac_with(cipher: impl Fn(&Block) -> Block, message: &[u8]) -> Block {
    let first = doubled(&cipher(&[0; 16]));
    let whole = message.len().checked_sub(1).map_or(0, |last| last / 16 * 16);
    let (head, tail) = message.split_at_checked(whole).unwrap_or((message, &[]));
    let mut last = [0; 16];
    for (to, from) in last.iter_mut().zip(tail.iter().chain(&[0x80])) {
        *to = *from;
    }
    let subkey = if tail.len() == 16 { first } else { doubled(&first) };
    let sum = head.as_chunks::<16>().0.iter().fold([0; 16], |sum, block| cipher(&xor(sum, block)));
    cipher(&xor(xor(sum, &last), &subkey))
}

/// AES-128 CMAC.
#[must_use]
pub fn cmac(key: &Block, message: &[u8]) -> Block {
    let cipher = Aes128::new(&(*key).into());
    cmac_with(
        |block| {
            let mut out = (*block).into();
            cipher.encrypt_block(&mut out);
            out.into()
        },
        message,
    )
}

fn doubled(block: &Block) -> Block {
    let number = u128::from_be_bytes(*block);
    let reduction = if number >> 127 == 1 { 0x87 } else { 0 };
    ((number << 1) ^ reduction).to_be_bytes()
}

/// A key of one tag (AN10922 2.2): `input` is 1 to 31 bytes, commonly UID, application and system identifier.
#[must_use]
pub fn diversified(master: &Block, input: &[u8]) -> Option<Block> {
    if input.is_empty() || input.len() > 31 {
        return None;
    }
    let mut message = [0_u8; 32];
    for (to, from) in message.iter_mut().zip([1].iter().chain(input).chain(&[0x80])) {
        *to = *from;
    }
    let first = doubled(&encrypt(master, &[0; 16]));
    let subkey = if input.len() == 31 { first } else { doubled(&first) };
    let (blocks, _) = message.as_chunks::<16>();
    let [head, tail] = blocks else { return None };
    Some(encrypt(master, &xor(xor(encrypt(master, head), tail), &subkey)))
}

/// Whether two codes are the same, in a time that does not depend on where they differ.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(0_u8, |sum, (a, b)| sum | (a ^ b));
    std::hint::black_box(difference) == 0 && a.len() == b.len()
}

/// LRP with 4-bit nibbles (AN12304): the tables of one key.
#[derive(Clone)]
pub struct Lrp {
    plaintexts: [Block; 16],
    updated: Block,
}

impl Lrp {
    /// The tables of `key`, with its updated key number `index`.
    #[must_use]
    pub fn new(key: &Block, index: usize) -> Self {
        let mut half = encrypt(key, &[0x55; 16]);
        let plaintexts = std::array::from_fn(|_| {
            let plaintext = encrypt(&half, &[0xAA; 16]);
            half = encrypt(&half, &[0x55; 16]);
            plaintext
        });
        let first = encrypt(key, &[0xAA; 16]);
        let half = (0..index).fold(first, |half, _| encrypt(&half, &[0x55; 16]));
        Self { plaintexts, updated: encrypt(&half, &[0xAA; 16]) }
    }

    /// The primitive over the nibbles of `input`.
    #[must_use]
    pub fn eval(&self, input: &[u8]) -> Block {
        let nibbles = input.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let state = nibbles.fold(self.updated, |state, nibble| {
            let plaintext = self.plaintexts.get(usize::from(nibble)).unwrap_or(&self.updated);
            encrypt(&state, plaintext)
        });
        encrypt(&state, &[0; 16])
    }

    /// CMAC with the primitive as its cipher.
    #[must_use]
    pub fn cmac(&self, message: &[u8]) -> Block {
        cmac_with(|block| self.eval(block), message)
    }

    /// Decryption in the indexed codebook mode; `counter` is the first block's, big-endian.
    #[must_use]
    pub fn decrypt(&self, counter: &[u8], bytes: &[u8]) -> Vec<u8> {
        let mut counter = counter.to_vec();
        let mut out = Vec::with_capacity(bytes.len());
        for block in bytes.as_chunks::<16>().0 {
            out.extend_from_slice(&decrypt(&self.eval(&counter), block));
            for byte in counter.iter_mut().rev() {
                *byte = byte.wrapping_add(1);
                if *byte != 0 {
                    break;
                }
            }
        }
        out
    }
}

impl std::fmt::Debug for Lrp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}
