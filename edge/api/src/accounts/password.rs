//! Passwords: what is allowed, how they are hashed, and how one is made up.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use plomb_model::Redacted;

use super::StoreError;

/// Shortest password in characters. NIST SP 800-63B asks for 8 at least; without a second factor more is due.
pub(super) const CHARS_MIN: usize = 12;
/// Longest password in bytes, so that hashing cannot be made expensive: NIST SP 800-63B asks for 64 at least.
pub(super) const BYTES_MAX: usize = 256;
/// Characters of a password that is made up: 20 of 32 signs are 100 bits.
const GENERATED_CHARS: usize = 20;
/// Its signs: those that cannot be mistaken for one another.
const GENERATED_SIGNS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// What one hashing costs (argon2id).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for PasswordCost {
    /// 19 MiB, 2 passes, 1 lane: the OWASP Password Storage Cheat Sheet.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}

impl PasswordCost {
    fn hasher(self) -> Result<Argon2<'static>, StoreError> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, None)
            .map_err(|error| StoreError(format!("the password cost cannot be used: {error}")))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }

    /// The hash to keep, with its salt and cost, in PHC format.
    pub(super) fn hash(self, password: &Redacted) -> Result<String, StoreError> {
        let hash: PasswordHash = self
            .hasher()?
            .hash_password(password.expose().as_bytes())
            .map_err(|error| StoreError(format!("the password cannot be hashed: {error}")))?;
        Ok(hash.to_string())
    }

    /// Whether the password belongs to the hash. The cost is that of the hash.
    pub(super) fn verify(self, password: &Redacted, hash: &str) -> Result<bool, StoreError> {
        Ok(self.hasher()?.verify_password(password.expose().as_bytes(), hash).is_ok())
    }
}

/// Why a password cannot be taken, as a sentence; `None` when it can.
pub(super) fn objection(name: &str, password: &Redacted) -> Option<String> {
    let text = password.expose();
    if text.chars().count() < CHARS_MIN {
        return Some(format!("the password has fewer than {CHARS_MIN} characters"));
    }
    if text.len() > BYTES_MAX {
        return Some(format!("the password has more than {BYTES_MAX} bytes"));
    }
    if text.to_lowercase().contains(&name.to_lowercase()) {
        return Some("the password contains the account's name".to_owned());
    }
    None
}

/// A password that nobody can guess.
pub(super) fn generate() -> Result<Redacted, StoreError> {
    let mut bytes = [0; GENERATED_CHARS];
    getrandom::fill(&mut bytes).map_err(|error| StoreError(format!("no random bytes: {error}")))?;
    let signs = bytes.iter().filter_map(|byte| GENERATED_SIGNS.get(usize::from(byte % 32)));
    Ok(Redacted::new(&signs.map(|sign| char::from(*sign)).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIGHT: PasswordCost = PasswordCost { memory_kib: 8, passes: 1, lanes: 1 };

    #[test]
    fn a_hash_knows_its_password_alone_and_is_salted() {
        let password = Redacted::new("correct horse battery");
        let (one, two) = (LIGHT.hash(&password).unwrap(), LIGHT.hash(&password).unwrap());
        assert_ne!(one, two);
        assert!(one.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{one}");
        assert!(LIGHT.verify(&password, &one).unwrap());
        assert!(!LIGHT.verify(&Redacted::new("correct horse batterz"), &one).unwrap());
    }

    #[test]
    fn weak_passwords_are_refused() {
        let objects = |password: &str| objection("operator", &Redacted::new(password)).is_some();
        assert!(objects("short"));
        assert!(objects("my-Operator-password"));
        assert!(objects(&"x".repeat(BYTES_MAX + 1)));
        assert!(!objects("correct horse battery"));
    }

    #[test]
    fn a_made_up_password_is_acceptable_and_new_each_time() {
        let (one, two) = (generate().unwrap(), generate().unwrap());
        assert_eq!(one.expose().len(), GENERATED_CHARS);
        assert!(one != two);
        assert_eq!(objection("admin", &one), None);
    }
}
