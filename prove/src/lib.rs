//! Proofs of the emitted Verilog.
//!
//! ```text
//! block ──> its Verilog ─┐
//!                        ├──> Yosys ──> SMT-LIB ──> yosys-smtbmc, Yices ──> proven, or a waveform
//! property (.v) ─────────┘
//! ```
//!
//! A property is Verilog with assumptions, assertions and covers that is put at the end of a block's module, so
//! that it sees its ports and registers. It is checked from the state after power-up on, to a depth, and, where that
//! closes, by induction: for all times. A cover that cannot be reached fails the proof: its assumptions would
//! be met by nothing.
//!
//! Each property has a fault, too, that is put into the Verilog, and that it must find.

mod blocks;
mod run;
mod table;

pub use run::{prove, try_fault, Outcome, ProveError, Verdict};
pub use table::{proofs, Method, Proof};
