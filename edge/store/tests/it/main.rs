//! The journal over its public interface, on a real file system.

mod basics;
mod support;
