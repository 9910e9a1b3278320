//! The simulator against a small peer on the loopback interface that acknowledges as a platform does.

mod peer;
mod sockets;
