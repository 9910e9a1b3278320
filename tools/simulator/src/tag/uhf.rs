//! UHF chips that answer a challenge (ISO/IEC 29167-10, as UCODE DNA does), as a handheld writes it down.

use std::fmt::Write;

use super::{Block, encrypt, hex, xor};

/// Number of the chip's key.
const KEY_NUMBER: u8 = 1;
/// `C_TAM1`.
const CONSTANT: [u8; 2] = [0x96, 0xC5];
/// First bytes of the TID of a UCODE DNA.
const CHIP: [u8; 6] = [0xE2, 0xC0, 0x68, 0x92, 0x20, 0x00];

/// One chip with its key.
#[derive(Clone, Debug)]
pub struct Chip {
    tid: [u8; 12],
    key: Block,
    random: fastrand::Rng,
}

impl Chip {
    /// Chip `number` of a seed. Its key protects nothing.
    #[must_use]
    pub fn new(seed: u64, number: u16) -> Self {
        let mut random = fastrand::Rng::with_seed(seed ^ u64::from(number) << 32 ^ 0x0029_1670);
        let (mut key, mut tid) = ([0; 16], [0; 12]);
        random.fill(&mut key);
        let [high, low] = number.to_be_bytes();
        let bytes = CHIP.into_iter().chain([0x6D, 0x02, 0x1E, 0x20, high, low]);
        tid.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        Self { tid, key, random }
    }

    /// Its TID, hex.
    #[must_use]
    pub fn tid(&self) -> String {
        hex(&self.tid)
    }

    /// The line by which the platform knows it (its file of keys).
    #[must_use]
    pub fn line(&self) -> String {
        format!("tam {KEY_NUMBER:02x}{} {}\n", self.tid(), hex(&self.key))
    }

    /// The chips as JSON lines that `plomb registry import` takes, without keys.
    #[must_use]
    pub fn register(seed: u64, chips: u16) -> String {
        let mut text = concat!(
            r#"{"kind":"model","name":"ucode-dna-seal","manufacturer":"Plomb","class":"passive","protocols":["iso29167-10"]}"#,
            "\n"
        )
        .to_owned();
        for number in 1..=chips {
            let tid = Self::new(seed, number).tid();
            writeln!(
                text,
                r#"{{"kind":"device","id":"tag:{tid}","model":"ucode-dna-seal","holder":"Post Malaba"}}"#
            )
            .ok();
        }
        text
    }

    /// What a handheld brings of it: its answer to the challenge, and with `memory` a block of its TID bank besides.
    pub fn read(&mut self, challenge: &[u8; 10], memory: bool) -> String {
        let mut plain = [0; 16];
        let mut random = [0; 4];
        self.random.fill(&mut random);
        let content = CONSTANT.into_iter().chain(random).chain(*challenge);
        plain.iter_mut().zip(content).for_each(|(to, from)| *to = from);
        let head = encrypt(&self.key, plain);
        let mut response = hex(&head);
        let mut bank = [0; 16];
        bank.iter_mut().zip(self.tid).for_each(|(to, from)| *to = from);
        if memory {
            response += &hex(&encrypt(&self.key, xor(bank, head)));
        }
        let mut text = String::new();
        write!(
            text,
            r#"{{"reader":"handheld-1","tid":"{}","tam":{{"method":{},"key_id":{KEY_NUMBER},"profile":"TID","#,
            self.tid(),
            if memory { 2 } else { 1 }
        )
        .ok();
        write!(text, r#""challenge":"{}","response":"{response}"}}}}"#, hex(challenge)).ok();
        text
    }
}
