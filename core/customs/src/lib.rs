//! Messages of customs, in and out. What comes becomes forms of movements, by which they are declared like any other; what
//! happened becomes drafts that a customs system can send.

mod asycuda;
mod edifact;
mod ncts;

pub use asycuda::read_asycuda;
pub use edifact::{EquipmentReport, SealReading, read_edifact};
pub use ncts::{DraftKind, Heading, draft, read_ncts};
