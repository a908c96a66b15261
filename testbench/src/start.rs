//! A block from a random start: what its registers and memories hold at first must not matter.
//!
//! ```text
//! random registers, random memories ──reset──> trace ──inputs──> outputs that are meant ──> equal?
//! ```
//!
//! It is done with blocks that have a reset. Those without are pipelines, which empty themselves, and memories,
//! which hold what was written. Programs that read only what they wrote run on the whole machine from a random start,
//! too (`tests/netlist.rs`); those that are traced may read anything.

use tcpu_hdl::processor::RESET_CYCLES;

use crate::trace::{Meant, Telling, Trace};

const fn meant(output: &'static str, flag: &'static str) -> Meant {
    Meant {
        output,
        flag: Some(flag),
    }
}

/// Which outputs mean nothing by themselves. All others must be right in every cycle.
pub const MEANT: &[Meant] = &[
    // A queue's head, and the stream's.
    meant("head", "valid"),
    meant("stream", "stream_valid"),
    // A nest's step, and what is known of its exec.
    meant("a", "valid"),
    meant("b", "valid"),
    meant("at_first", "valid"),
    meant("at_last", "valid"),
    meant("last", "valid"),
    meant("signals", "valid"),
    meant("packets", "valid"),
    meant("contract", "valid"),
    meant("commit", "valid"),
    meant("dma", "valid"),
    // And of the one that comes.
    meant("upcoming", "loads"),
    meant("upcoming_bytes", "loads"),
    // A row's step.
    meant("done", "valid"),
    meant("broadcast", "valid"),
    meant("opens", "valid"),
    meant("ext_beat", "valid"),
    meant("beats", "valid"),
    meant("at", "valid"),
    meant("lane", "valid"),
    meant("end", "valid"),
    meant("turn", "valid"),
    meant("leaves_row", "valid"),
    // A word goes to one of the queues.
    meant("word", "push$0"),
    meant("word", "push$1"),
    meant("word", "push$2"),
    meant("word", "push$3"),
    meant("word", "push$4"),
    meant("word", "push$5"),
    // Requests for DM, and for the memory port.
    meant("request_at", "request"),
    meant("request_banks", "request"),
    meant("request_turn", "request"),
    meant("request_end", "request"),
    meant("request_data", "request"),
    meant("request_beats", "request"),
    meant("read_at", "read"),
    meant("read_banks", "read"),
    meant("read_turn", "read"),
    meant("write_at", "write"),
    meant("write_banks", "write"),
    meant("write_turn", "write"),
    meant("write_end", "write"),
    meant("write_all", "write"),
    meant("write_data", "write"),
    meant("w_data", "w_valid"),
    meant("w_strb", "w_valid"),
    // What goes to a bus, and what comes from it.
    meant("word", "push"),
    meant("data", "write"),
    // What the registers are asked for shows in their answer.
    Meant {
        output: "read_at",
        flag: None,
    },
    meant("bresp", "bvalid"),
    meant("rresp", "rvalid"),
    meant("rdata", "rvalid"),
    meant("address", "awvalid"),
    meant("address", "arvalid"),
    meant("len", "awvalid"),
    meant("len", "arvalid"),
    meant("wdata", "wvalid"),
    meant("wstrb", "wvalid"),
    meant("wlast", "wvalid"),
    // The TRF's address counts in the cycle of its step.
    meant("trf_at", "issued"),
    meant("flit_count", "flit_valid"),
    meant("flit_start", "flit_valid"),
    // A reset leaves the accumulators as they are: a contraction that goes on from them, as many do in its test,
    // finds what was there.
    Meant {
        output: "values",
        flag: None,
    },
];

/// A reset puts the block of a trace to where it began: it has one, and is not the whole machine, whose memories keep
/// what they have.
pub fn restarts(trace: &Trace) -> bool {
    let has = |name| trace.ports.iter().any(|port| port.name == name);
    has("reset") && !has("counter_select")
}

/// Holds the reset of a telling of a traced block, all its other inputs being zero.
pub fn reset(trace: &Trace, other: &mut impl Telling) {
    for _ in 0..RESET_CYCLES {
        for port in trace.ports.iter().filter(|port| port.input) {
            let mut value = vec![0; port.bits.div_ceil(32)];
            value[0] = u32::from(port.name == "reset");
            other.set(port, &value);
        }
        other.settle();
        other.edge();
    }
}
