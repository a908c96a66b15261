//! What a board's part holds, but for pins and clock: link, processor and memory.
//!
//! ```text
//! button ──> restart ──reset──> ┌────────┐
//! rx, tx <────────────────────> │ System │ <──memory port──> block RAM, or SDRAM controller <──> chip
//! lamp <── lamp <──busy, fault──└────────┘
//! ```
//!
//! Registers begin with their first values when the part is configured; a button brings them back. Pins, the
//! clock's PLL and what a board inverts are the board's (`tcpu_fpga::bitstream`).

mod block;
mod lamp;
mod restart;
mod sdram;

pub use block::BlockTop;
pub use lamp::Lamp;
pub use restart::Restart;
pub use sdram::SdramTop;
