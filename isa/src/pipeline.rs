//! How long the machine's pipelines and buffers are: what the hardware is built with, and the cycle model counts by.
//! `docs/machine.md` tells what is in them.

/// Words of a skid buffer.
pub const SKID: usize = 2;
/// Cycles from the grant of a read of DM to its data: to fetch and trfload, and to store, which takes it from one of the
/// slices.
pub const READ_CYCLES: usize = 5;
pub const STORE_READ_CYCLES: usize = READ_CYCLES + 1;
/// Cycles from the grant of a flit's last packet until it is given to the TRF, which writes it in the next one, and from
/// that of an exec's last packet to its signals: a step that waits for them reads the TRF three cycles after them at the
/// soonest.
pub const TRFLOAD_CYCLES: usize = READ_CYCLES + 1;
pub const TRFLOAD_DONE_CYCLES: usize = READ_CYCLES;
/// Flits of the stream between fetch and contract.
pub const STREAM: usize = 8;
/// Windows between the lane folder and DM. As many as there are cycles between a step and its grant's return, at least: so
/// a step can be made in every cycle.
pub const PLACES: usize = 24;
/// Requests of load whose beats may be on their way.
pub const IN_FLIGHT: usize = 32;
/// Beats of store that were read, or are on their way, and its requests that wait for the port.
pub const STORE_BEATS: usize = 16;
pub const STORE_REQUESTS: usize = 8;
