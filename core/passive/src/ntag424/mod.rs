//! Links of NTAG 424 DNA and NTAG 424 DNA TagTamper (SUN messages): NXP AN12196 rev 1.9, AN12321, AN12304, AN10922.

pub mod link;
pub mod verify;

mod describe;
mod session;

pub use describe::describe;
pub use session::session;
