//! The device's end of the host link (`docs/host-link.md`).
//!
//! ```text
//!        ┌──────┐      ┌────────┐ bytes ┌────────┐            ┌──> command buffer ──> processor
//! rx ──> │ UART │ ───> │ frames │ ────> │ server │ ───────────┤
//!        └──────┘      │  CRC   │ FIFO  │        │ ──┐        └──> memory port <──> memory
//!        ┌──────┐      ├────────┤       ├────────┤   │ beats
//! tx <── │ UART │ <─── │  CRC   │ <──── │ answer │ <─┘ status, counters, identity
//!        └──────┘      └────────┘       └────────┘
//! ```
//!
//! A request is looked at only when the whole of it has arrived and its CRC is right.

pub mod answer;
pub mod bytes;
pub mod frames;
pub mod judge;
pub mod port;
pub mod server;
pub mod uart;

/// Sizes of a device's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkConfig {
    /// Clock cycles of a bit on the line, at least 4.
    pub divisor: u16,
    /// The processor's clock, as the identity tells it.
    pub kilohertz: u32,
    /// Bytes of external memory, as the identity tells it.
    pub memory: u32,
    /// Bytes of frames that are buffered.
    pub receive: u16,
    /// Command words that are buffered.
    pub commands: u16,
}
