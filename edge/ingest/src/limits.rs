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
/// Commands that may wait for one conversation of TCP; a further one is tried again later.
pub const COMMANDS_WAITING_MAX: usize = 8;
/// Commands that may wait for the conversations of one UDP listener.
pub const UDP_COMMANDS_WAITING_MAX: usize = 256;
/// Commands that may wait for one client of MQTT, or for the devices behind one broker.
pub const MQTT_COMMANDS_WAITING_MAX: usize = 64;
/// Topic filters that one client of MQTT may subscribe to.
pub const MQTT_FILTERS_MAX: usize = 16;
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
/// Bad reports (issues and no event, or a proof of the sender's own that does not count) of one conversation in a minute;
/// beyond it the connection is closed, or bad datagrams and messages are dropped until the minute is over. A device of a
/// newer firmware may send a message a second that we do not know.
pub const BAD_REPORTS_A_MINUTE_MAX: u32 = 120;
/// Bad reports of one address in a minute over all its conversations; beyond it a conversation that has brought
/// nothing good is over at its first bad report.
pub const BAD_REPORTS_AN_ADDRESS_A_MINUTE_MAX: u32 = 1200;
/// Addresses whose bad reports are counted at once; bad reports of further ones cost only their conversations.
pub const ADDRESSES_COUNTED_MAX: usize = 100_000;
