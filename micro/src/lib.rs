//! The folded machine: tcpu's command set on the smallest part that people buy.
//!
//! Other builds have an engine for each unit; here one small engine of 16-bit instructions plays all six in turns,
//! and the host's link, too. What is wide is hardware: the memory's windows, sixteen multipliers, accumulators and
//! requantisation. [`engine`] is the golden model of the hardware, [`program`] what it runs.

#![recursion_limit = "512"]

pub mod assembler;
pub mod engine;
pub mod memory;
pub mod op;
pub mod program;
mod run;

pub use run::{judge, run, Run, RunError};
