//! Verilog from the hardware, and what tools make of it.
//!
//! ```text
//! rust-hdl block ──probe──> scope ──> kernel (typed statements) ──> flow (groups) ──> module ──> design
//!                                        │ kind, operation, helper                      │ print
//! ```
//!
//! rust-hdl's own emitter writes different hardware for ordinary expressions. This one walks the same
//! syntax tree, knows the width of every expression, sizes every literal, leaves nothing to precedence,
//! and refuses, with the place, whatever has no certain translation.

mod absorb;
mod address;
pub mod area;
mod carry;
pub mod cocotb;
mod design;
mod emit;
mod error;
mod expr;
mod flow;
pub mod fusesoc;
pub mod gates;
mod helper;
mod index;
mod kernel;
mod kind;
mod module;
mod operation;
mod print;
mod scope;
mod source;
mod table;
pub mod tools;
pub mod verilated;

pub use absorb::{absorb, Absorbed};
pub use design::{modules, write, Module};
pub use emit::{emit, emit_for, BuildError, Bus, TOP};
pub use error::{EmitError, Reason};
pub use module::Port;
pub use table::identifier as verilog_name;
