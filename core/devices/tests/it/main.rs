//! Every protocol against its vectors, and the properties that hold for all.

mod vectors;
