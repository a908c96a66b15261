//! The instruction set of tcpu: what a build is ([`Config`]), what it can be told ([`Command`]), and
//! how a command looks as a 128-bit word ([`word`]) and as a line of text ([`asm`]).
//!
//! This crate knows no hardware and no algorithm. Every other room of the house reads its facts here.

pub mod asm;
pub mod bus;
pub mod command;
pub mod config;
pub mod counters;
pub mod int4;
pub mod layout;
pub mod link;
pub mod listing;
pub mod pipeline;
pub mod program;
pub mod requant;
pub mod word;

pub use command::{
    Command, Commit, Contract, Dma, Fetch, FoldOrder, LoopLevel, OutType, Sync, Tail, TrfLoad,
    Unit, Units,
};
pub use config::{Config, ConfigError, MemoryTiming};
pub use counters::{Activity, Counters, Interval};
pub use word::{decode, encode, DecodeError};

/// Loop levels of every sequencer.
pub const LEVELS: usize = 8;
/// Largest value of a semaphore; a signal beyond it is a fault of the program.
pub const SEMAPHORE_MAX: u32 = 255;
/// Largest burst on the external memory port, in beats.
pub const MAX_BURST: usize = 16;
