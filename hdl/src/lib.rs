//! The hardware, in rust-hdl: one module per engine, the processor on top.
//!
//! Control exists once and data S times: sequencers, queues and handshakes are shared by all slices.
//! `docs/machine.md` is the contract: which thing happens in which cycle.

// Kernels say conditions the way the hardware does.
#![allow(clippy::nonminimal_bool)]

// For `bundle!`.
#[doc(hidden)]
pub use pastey;

pub mod block_memory;
pub mod bus;
mod check;
pub mod commit;
pub mod context;
pub mod contract;
pub mod counters;
pub mod decode;
pub mod deep_fifo;
pub mod delay;
pub mod dispatch;
pub mod dm;
pub mod fetch;
pub mod fifo;
pub mod folded;
pub mod link;
pub mod load;
pub mod lookup;
pub mod packets;
pub mod preset;
pub mod processor;
pub mod rows;
pub mod sdram;
pub mod semaphores;
pub mod sequencer;
pub mod skid;
pub mod store;
pub mod system;
pub mod top;
pub mod trf;
pub mod trfload;
pub mod turn;
pub mod types;
mod verilog;
