//! The journal as a transparency log: what is signed, how others fetch the tree, and how much they must trust.
//!
//! Formats of C2SP: signed notes (c2sp.org/signed-note), checkpoints (c2sp.org/tlog-checkpoint), cosignatures of
//! witnesses (c2sp.org/tlog-cosignature), what these are asked (c2sp.org/tlog-witness) and the paths of tiles (c2sp.org/tlog-tiles).

mod checkpoint;
mod key;
mod note;
mod tile;
mod witness;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use key::{KeyError, KeyKind, SigningKey, VerifyingKey};
pub use note::{Note, NoteError, SIGNATURES_MAX, Signed};
pub use tile::{TILE_HASHES, TILE_LEVELS_MAX, Tile, TileError};
pub use witness::{AddCheckpoint, WitnessRefusal};
