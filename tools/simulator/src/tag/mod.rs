//! NTAG 424 DNA TagTamper tags as a telephone reads them: each tap is a link that proves itself (NXP AN12196, AN10922).
//!
//! The chip's arithmetic is done with the AES and CMAC of well-known crates, and not with the platform's.

pub mod handheld;
pub mod uhf;

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use aes::Aes128;
use aes::cipher::{BlockEncrypt, KeyInit};
use cmac::{Cmac, Mac};

type Block = [u8; 16];

/// Salt that goes into the keys of tags, behind their numbers (AN10922: up to 24 bytes that the maker chooses).
const SALT: &[u8] = b"plomb demo";
/// PICC data tag: UID of 7 bytes and counter are mirrored.
const PICC_DATA_TAG: u8 = 0xC7;
/// First byte of NXP's numbers.
const NXP: u8 = 0x04;
/// Name of the platform's key number of these tags.
const KEY_NUMBER: u8 = 0x5E;

/// What the maker of a batch of tags drew for all of them.
#[derive(Clone, Debug)]
pub struct Batch {
    /// K_SDMMetaRead.
    meta: Block,
    /// From which each tag's K_SDMFileRead is diversified.
    master: Block,
}

/// The state of the loop of wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop {
    /// Not armed.
    Unarmed,
    /// Closed, and never opened since.
    Closed,
    /// It was opened, and holds again or not.
    Opened {
        /// Whether it is closed now.
        closed_now: bool,
    },
}

impl Loop {
    /// Permanent and current status.
    const fn status(self) -> [u8; 2] {
        match self {
            Self::Unarmed => *b"II",
            Self::Closed => *b"CC",
            Self::Opened { closed_now: true } => *b"OC",
            Self::Opened { closed_now: false } => *b"OO",
        }
    }
}

impl Batch {
    /// The batch of a seed. Its keys protect nothing.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x7A65_0042_4DA0_5EA1);
        let (mut meta, mut master) = ([0; 16], [0; 16]);
        rng.fill(&mut meta);
        rng.fill(&mut master);
        Self { meta, master }
    }

    /// The number of a chip.
    #[must_use]
    pub const fn uid(number: u16) -> [u8; 7] {
        let [high, low] = number.to_be_bytes();
        [NXP, 0x5E, 0xA1, 0x00, high, low, 0x80]
    }

    /// The lines by which the platform knows the batch (its file of keys).
    #[must_use]
    pub fn lines(&self) -> String {
        format!(
            "ntag-meta-read {KEY_NUMBER:02x} {}\nntag-master {KEY_NUMBER:02x} {} {}\n",
            hex(&self.meta),
            hex(&self.master),
            hex(SALT)
        )
    }

    /// The tags as JSON lines that `plomb registry import` takes, without keys: each with the mark printed on it.
    #[must_use]
    pub fn register(tags: u16) -> String {
        let mut text = concat!(
            r#"{"kind":"model","name":"ntag-bolt-seal","manufacturer":"Plomb","class":"passive","protocols":["ntag424"],"#,
            r#""sensors":["tamper loop"]}"#,
            "\n"
        )
        .to_owned();
        for number in 1..=tags {
            let uid = hex(&Self::uid(number)).to_lowercase();
            let mark = mark(number);
            writeln!(
                text,
                r#"{{"kind":"device","id":"tag:{uid}","model":"ntag-bolt-seal","label":"{mark}","holder":"Post Malaba"}}"#
            )
            .ok();
            writeln!(text, r#"{{"kind":"alias","device":"tag:{uid}","alias":"{mark}"}}"#).ok();
        }
        text
    }

    /// What a telephone is told at a tap: the link that the chip completes. The counter has 24 bits and must rise.
    #[must_use]
    pub fn link(&self, base: &str, number: u16, counter: u32, state: Loop) -> String {
        let uid = Self::uid(number);
        let [low, middle, high, _] = counter.to_le_bytes();
        let counter = [low, middle, high];

        let mut picc = [0x2A; 16];
        let content = [PICC_DATA_TAG].into_iter().chain(uid).chain(counter);
        picc.iter_mut().zip(content).for_each(|(to, from)| *to = from);
        let picc = encrypt(&self.meta, picc);

        let own = self.diversified(&[&uid[..], SALT].concat());
        let session = |label: [u8; 2]| mac(&own, &[&label[..], &[0, 1, 0, 0x80], &uid, &counter].concat());
        let (cipher, signer) = (session([0xC3, 0x3C]), session([0x3C, 0xC3]));
        let mut start = [0; 16];
        start.iter_mut().zip(counter).for_each(|(to, from)| *to = from);
        let mut file = *b"CC-PLOMB-SEAL-42";
        file.iter_mut().zip(state.status()).for_each(|(to, from)| *to = from);
        let file = encrypt(&cipher, xor(file, encrypt(&cipher, start)));

        let covered = format!("{}&cmac=", hex(&file));
        let code = mac(&signer, covered.as_bytes());
        let short: Vec<u8> = code.iter().skip(1).step_by(2).copied().collect();
        format!("{base}?picc_data={}&enc={covered}{}", hex(&picc), hex(&short))
    }

    /// AN10922 section 2.2: a CMAC over two blocks, the second completed with the second subkey where it is short.
    fn diversified(&self, input: &[u8]) -> Block {
        let zero = encrypt(&self.master, [0; 16]);
        let (first, second) = (doubled(zero), doubled(doubled(zero)));
        let mut padded = [0; 32];
        let message = [&[0x01], input].concat();
        padded.iter_mut().zip(message.iter().chain(&[0x80])).for_each(|(to, from)| *to = *from);
        let (head, tail) = padded.split_at(16);
        let half = |bytes: &[u8]| <Block>::try_from(bytes).unwrap_or_default();
        let subkey = if message.len() < 32 { second } else { first };
        encrypt(&self.master, xor(xor(half(tail), subkey), encrypt(&self.master, half(head))))
    }
}

/// A counter that is higher at every start: a telephone that taps once in four seconds would wear a chip's counter out
/// in two years.
#[must_use]
pub fn rising_counter() -> u32 {
    /// 2026-01-01.
    const BEGIN_S: u64 = 1_767_225_600;
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    u32::try_from(now_s.saturating_sub(BEGIN_S) / 4).unwrap_or(0) & 0x00FF_FFFF
}

/// What is printed on seal `number`.
#[must_use]
pub fn mark(number: u16) -> String {
    format!("PLMB{:06}", 417_300 + u32::from(number))
}

fn encrypt(key: &Block, block: Block) -> Block {
    let mut block = block.into();
    Aes128::new(&(*key).into()).encrypt_block(&mut block);
    block.into()
}

fn mac(key: &Block, message: &[u8]) -> Block {
    let mut mac = <Cmac<Aes128> as KeyInit>::new(&(*key).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn xor(one: Block, other: Block) -> Block {
    std::array::from_fn(|place| {
        one.get(place).copied().unwrap_or_default() ^ other.get(place).copied().unwrap_or_default()
    })
}

/// Multiplied by x in the field of 128 bits (NIST SP 800-38B section 5.3).
fn doubled(block: Block) -> Block {
    let value = u128::from_be_bytes(block);
    let carry = if value >> 127 == 1 { 0x87 } else { 0 };
    (value << 1 ^ carry).to_be_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02X}").ok();
        text
    })
}
