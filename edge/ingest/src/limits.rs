//! Every limit of the listeners, by name.

/// Conversations that one listener keeps at once; a further one is closed at once and counted.
/// Bounded in practice by the process's file descriptors.
pub const CONNECTIONS_PER_LISTENER_MAX: usize = 100_000;
/// Peers that one UDP listener keeps a session for; the one heard least lately gives way.
pub const UDP_PEERS_MAX: usize = 100_000;
/// Bytes taken from a socket at once: large enough that a gateway's stream costs few calls, small enough to stay in cache.
pub const READ_BYTES: usize = 64 * 1024;
/// Largest datagram: that of UDP over IPv4.
pub const DATAGRAM_BYTES_MAX: usize = 65_507;
/// Batches of one conversation that may wait to become durable before it is read again.
pub const UNANSWERED_BATCHES_MAX: usize = 8;
/// Batches of one UDP listener that may wait to become durable.
pub const UDP_UNANSWERED_MAX: usize = 4096;
/// Senders of messages by HTTP or MQTT (a protocol from one peer) that a session is kept for; the one heard least lately gives way.
pub const SENDERS_MAX: usize = 100_000;
/// Web requests that may wait to become durable; a further one is told to come again.
pub const REQUESTS_WAITING_MAX: usize = 4096;
/// A device that does not take our replies for so long is closed, seconds.
pub const WRITE_S_MAX: u64 = 20;
/// Messages of one broker that may wait to become durable before more are taken.
pub const BROKER_UNACKNOWLEDGED_MAX: usize = 256;
/// Longest wait before a lost broker is tried again, seconds.
pub const BROKER_RETRY_S_MAX: u64 = 60;
/// A client of MQTT must have said who it is within so long, seconds.
pub const CONNECT_S_MAX: u64 = 20;
/// A client of MQTT that names no keep-alive time may be silent for so long, seconds.
pub const KEEP_ALIVE_S_MAX: u64 = 3600;
/// A reader that is called must take the call within so long, seconds.
pub const READER_CALL_S_MAX: u64 = 10;
/// Longest wait before a lost reader is called again, seconds; it begins with one second and doubles.
pub const READER_RETRY_S_MAX: u64 = 60;
/// A conversation with a reader that lasted so long was a good one: the next wait begins with one second again.
pub const READER_STEADY_S: u64 = 30;
/// Readers that are called at once.
pub const READERS_MAX: usize = 10_000;
