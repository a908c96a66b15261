//! Every engine of the hardware on its own: random commands, random data, random stalls on every handshake,
//! against the golden model or a plain telling of the book (`docs/machine.md`).
//!
//! A case is a value that proptest makes and shrinks; its `play` puts it on a block, cycle by cycle, and
//! says what is wrong. Seeds of stalls shrink to 0, which never stalls. Inputs that are not valid are noise.
//! In most cases a part of the case is played before, up to a reset in some cycle: after that, every block is as
//! it was in the beginning. Last, `machine` runs all engines at once.

/// Leaves the test function unless a condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)*) => {
        if !$condition {
            return Err(format!($($message)*).into());
        }
    };
}

/// Leaves the test function unless what was found is what was expected.
macro_rules! ensure_eq {
    ($found:expr, $expected:expr, $($what:tt)*) => {{
        let (found, expected) = (&$found, &$expected);
        if found != expected {
            let what = format!($($what)*);
            return Err(format!("{what}: {found:?} instead of {expected:?}").into());
        }
    }};
}

mod block_memory;
mod bus_control;
mod bus_memory;
mod cases;
mod commit;
mod context;
mod contract;
mod contract_parts;
mod counters;
mod decode;
mod dispatch;
mod dm;
mod fetch;
mod fifo;
mod folded;
mod folded_parts;
mod front;
mod harness;
mod load;
mod machine;
mod packets;
mod rows;
mod semaphores;
mod sequencer;
mod skid;
mod store;
mod trf;
mod trfload;
