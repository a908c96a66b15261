//! Everything around the hardware in simulation: drivers, memory models, references.

pub mod axi;
pub mod bench;
pub mod board;
pub mod bus;
pub mod cosim;
pub mod driver;
pub mod folded;
pub mod line;
pub mod machine;
pub mod memory;
pub mod mutation;
pub mod reference;
pub mod rtl;
pub mod sdram;
pub mod start;
pub mod trace;
pub mod verilated;
pub mod waves;

pub use board::Board;
pub use driver::{run_on, run_rtl, RtlOptions, RtlRun, RunError};
pub use line::{Faults, Line};
