//! Messages of the New Computerised Transit System (NCTS), as DDNTA 6.4.1 has them: namespace `http://ncts.dgtaxud.ec`.

mod draft;
mod read;

pub use draft::{DraftKind, Heading, draft};
pub use read::read_ncts;
