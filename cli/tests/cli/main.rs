//! The program as its users see it.
//!
//! One test binary: a bitstream takes long, and on one core only, while the others run beside it.

mod bitstream;
mod board;
mod commands;
mod doctor;
mod flash;
mod prove;
