//! The machine on the bus of a system on a chip: registers behind AXI4-Lite, memory behind AXI4.
//!
//! ```text
//!             ┌─────────┐      ┌───────────┐ words ┌──────┐      ┌───────────┐      ┌────────┐
//! s_axi ────> │ control │ ───> │ registers │ ────> │ FIFO │ ───> │ processor │ <──> │ memory │ <──> m_axi
//!             └─────────┘      └───────────┘       └──────┘      └───────────┘      └────────┘
//!                                │  ^ status, counters ───────────────┘                  │
//!                                │  └── errors, quiet ───────────────────────────────────┘
//!                                └─> irq
//! ```
//!
//! `tcpu_isa::bus` has the registers, `docs/bus.md` tells how they are used. No output of either bus depends on
//! an input of the same cycle.

mod control;
mod memory;
mod region;
mod registers;
mod top;

pub use control::AxiControl;
pub use memory::AxiMemory;
pub use region::Region;
pub use registers::Registers;
pub use top::AxiTop;
