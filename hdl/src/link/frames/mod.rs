//! Frames: between flags, with escapes, and a CRC at the end.
//!
//! ```text
//! UART ──> flag? escape? ──┬──> [ FIFO of bytes ] ──> server
//!                          └──> [ CRC, a bit per cycle ] ──at a flag──> [ FIFO of frames: length, good ]
//!
//! UART <── flag, escapes <── [ byte ] <── bytes of the answer, then [ CRC ]
//! ```
//!
//! Between two bytes on the line there are at least 9 cycles; the CRC needs 8. A byte for which there is
//! no room makes its frame a bad one.

mod crc;
mod receiver;
mod sender;

use crate::bundle;
use crate::types::U;

pub use receiver::FrameReceiver;
pub use sender::FrameSender;

/// Frames that can wait.
pub const FRAMES: usize = 8;

bundle! {
    /// A frame that has ended.
    pub struct Frame {
        /// Its bytes in the FIFO, CRC included.
        pub bytes: U<16>,
        /// All of it arrived, and the CRC is right.
        pub good: bool,
    }
}
