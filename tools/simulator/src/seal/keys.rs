//! Identities and keys of simulated seals: drawn from the seed, so that the platform can be told them beforehand.
//! They protect nothing.

use std::fmt::Write;

use plomb_device::{DeviceId, MASTER_BYTES, Provision, SALT_BYTES};

/// The first byte of every identifier.
const FAMILY: u8 = 0x5E;

/// What the maker of seal `number` gave it.
///
/// # Panics
/// Never: the identifier has three bytes.
#[must_use]
pub fn provision(seed: u64, number: u16) -> Provision {
    let mut rng = fastrand::Rng::with_seed(seed.rotate_left(20) ^ u64::from(number) ^ 0x5EA1);
    let [high, low] = number.to_be_bytes();
    let (mut master, mut salt, mut signing) = ([0; MASTER_BYTES], [0; SALT_BYTES], [0; 32]);
    rng.fill(&mut master);
    rng.fill(&mut salt);
    rng.fill(&mut signing);
    // Below the order of the curve, and not zero.
    let [first, .., last] = &mut signing;
    (*first, *last) = (*first & 0x7F, *last | 1);
    #[expect(clippy::expect_used, reason = "three bytes are an identifier")]
    let id = DeviceId::new(&[FAMILY, high, low]).expect("1 to 7 bytes");
    Provision { id, master, salt, signing }
}

/// The lines by which the platform knows the seal (its file of keys).
#[must_use]
pub fn lines(provision: &Provision) -> String {
    let id = hex(provision.id.as_bytes());
    let public = provision.public_key().map(|key| hex(&key)).unwrap_or_default();
    format!(
        "oscore-master {id} {} {}\ndevice-public-key {id} {public}\n",
        hex(&provision.master),
        hex(&provision.salt)
    )
}

/// The seals as JSON lines that `plomb registry import` takes, without their keys.
#[must_use]
pub fn register(seed: u64, seals: u16) -> String {
    let mut text = concat!(
        r#"{"kind":"model","name":"plomb-seal","manufacturer":"Plomb","class":"active","protocols":["plomb-coap"],"#,
        r#""sensors":["rope","motor lock","case","door","light"]}"#,
        "\n"
    )
    .to_owned();
    for number in 1..=seals {
        let id = hex(provision(seed, number).id.as_bytes());
        writeln!(
            text,
            r#"{{"kind":"device","id":"plomb:{id}","model":"plomb-seal","label":"Seal {number}","holder":"Post Malaba"}}"#
        )
        .ok();
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}
