//! Everything around the hardware in simulation: drivers, memory models, references.

pub mod bench;
pub mod board;
pub mod driver;
pub mod line;
pub mod memory;
pub mod reference;
pub mod sdram;
pub mod trace;
pub mod waves;

pub use board::Board;
pub use driver::{run_rtl, RtlOptions, RtlRun, RunError};
pub use line::{Faults, Line};
