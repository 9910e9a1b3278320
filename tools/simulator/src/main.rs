//! The binary `plomb-simulator`.

fn main() {}
