//! What to inspect next, and why.
//!
//! [`train`] makes a [`Model`] of inspected declarations; [`Model::score`] and [`Model::explain`] say how likely a new
//! one is guilty, what is at stake, and for which reasons. Nothing here reads a clock or a file; equal input gives
//! equal output to the bit.

mod calibrate;
mod declaration;
mod draw;
mod encode;
mod feature;
pub mod feedback;
mod forest;
pub mod live;
pub mod measure;
mod model;
mod novelty;
mod shapley;
pub mod table;
mod train;

pub use declaration::{ATTRIBUTES, Attribute, Declaration, Inspected};
pub use feature::{Features, Reason};
pub use model::{Explanation, Model, Score};
pub use train::{CannotTrain, GUILTY_MIN, TRAINING_MIN, Training, train};
