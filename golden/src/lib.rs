//! The software golden model: what the machine computes, told a second time.
//!
//! One pure function per engine, [`machine`], an interpreter of whole command streams, and [`race`], which looks for
//! execs that should be ordered and are not. Nothing here
//! knows cycles or hardware; nothing in the hardware knows this crate.

pub mod commit;
pub mod contract;
pub mod dma;
pub mod fetch;
pub mod fold;
pub mod machine;
pub mod packet;
pub mod race;
pub mod sequencer;
pub mod time;

pub use machine::{run, Fault, Order};
