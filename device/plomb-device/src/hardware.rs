//! What the core asks of a board. A maker implements these traits; the core itself touches nothing.

/// Time, as the device knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since the start; never goes back while the device runs.
    pub up_ms: u64,
    /// Milliseconds since 1970, UTC; none until GNSS, the network or the platform has set the clock.
    pub wall_ms: Option<i64>,
}

/// Tells the time.
pub trait Clock {
    /// Now.
    fn now(&self) -> Now;
}

/// Randomness of the board: for tokens and for the jitter of retransmissions, not for keys.
pub trait Rng {
    /// 32 random bits.
    fn next(&mut self) -> u32;
}

/// The way to the platform: a UDP socket that is bound to its address.
pub trait Transport {
    /// Sends one datagram. What cannot be sent is lost, as datagrams are: the core sends again.
    fn send(&mut self, datagram: &[u8]);

    /// Takes a datagram that has arrived into `out`; gives its length. None when nothing is there.
    fn receive(&mut self, out: &mut [u8]) -> Option<usize>;
}

/// The memory failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageFault;

/// Flash memory in pages. An erased byte reads 0xFF.
///
/// The core programs a unit of [`UNIT_BYTES`] bytes at most once after each erasure, and always whole units, so that
/// flash with error correction will do. When the power fails during a call, that page's bytes under the call may be
/// anything; a driver whose memory then reports an uncorrectable error gives any bytes for them.
pub trait Storage {
    /// Bytes of a page: what one erasure clears. At least 1024, a multiple of [`UNIT_BYTES`].
    fn page_bytes(&self) -> usize;

    /// How many pages there are: at least [`PAGES_MIN`].
    fn pages(&self) -> usize;

    /// Reads.
    ///
    /// # Errors
    /// When the memory fails.
    fn read(&self, page: usize, offset: usize, out: &mut [u8]) -> Result<(), StorageFault>;

    /// Programs erased units. Durable once it has returned.
    ///
    /// # Errors
    /// When the memory fails.
    fn program(&mut self, page: usize, offset: usize, bytes: &[u8]) -> Result<(), StorageFault>;

    /// Clears a page.
    ///
    /// # Errors
    /// When the memory fails.
    fn erase(&mut self, page: usize) -> Result<(), StorageFault>;
}

/// What is programmed at once.
pub const UNIT_BYTES: usize = 8;
/// Two pages of state, and three of events.
pub const PAGES_MIN: usize = 5;

/// Where the keys lie: a secure element, battery-backed registers that a tamper pin clears, or a page of flash.
pub trait Vault {
    /// Reads what was stored into `out`; false when there is nothing.
    fn load(&self, out: &mut [u8]) -> bool;

    /// Stores it.
    ///
    /// # Errors
    /// When the memory fails.
    fn store(&mut self, bytes: &[u8]) -> Result<(), StorageFault>;

    /// Erases it, so that nothing can bring it back. Called again until it succeeds.
    ///
    /// # Errors
    /// When the memory fails.
    fn wipe(&mut self) -> Result<(), StorageFault>;
}

/// All that a board is to [`turn`](crate::turn).
pub trait Board: Clock + Rng + Transport {
    /// Does what the core asks for; what comes of it returns as inputs.
    fn act(&mut self, actions: crate::Actions);
}
