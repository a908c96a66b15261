//! A sum that is early.
//!
//! ```text
//! x, y ──┬─ lower halves ──> + ──┬──────────────────> sum, lower half
//!        │                       └ carry ──┐
//!        ├─ upper halves ──> + ───────> ┌──v──┐
//!        └─ upper halves ──> + 1 ─────> └─────┘ ────> sum, upper half
//! ```
//!
//! In a large machine the upper half is there for either carry before the lower half's is known: a carry chain half as
//! long, and half an adder more. A small one has one chain. Combinational; a leaf block.

use rust_hdl::prelude::*;

use crate::fifo::LARGE;
use crate::types::U;

/// See the module's documentation. The sum is modulo 2^N.
#[derive(LogicBlock, Default)]
pub struct Sum<const N: usize> {
    pub x: Signal<In, U<N>>,
    pub y: Signal<In, U<N>>,
    pub sum: Signal<Out, U<N>>,
    _halves: bool,
}

impl<const N: usize> Sum<N> {
    /// For a machine with flits of so many bytes.
    pub fn new(flit: usize) -> Self {
        Sum {
            _halves: flit >= LARGE,
            ..Default::default()
        }
    }
}

impl<const N: usize> Logic for Sum<N> {
    fn update(&mut self) {
        self.sum.next = self.x.val() + self.y.val();
    }

    fn connect(&mut self) {
        self.sum.connect();
    }

    fn hdl(&self) -> Verilog {
        if !self._halves {
            return Verilog::Custom("assign sum = x + y;\n".to_string());
        }
        let (low, high) = (N / 2, N - N / 2);
        // The lowest bit of a chain makes the carry that goes into it.
        Verilog::Custom(format!(
            "\
wire [{low}:0] lower = {{1'b0, x[{low}-1:0]}} + {{1'b0, y[{low}-1:0]}};
wire [{high}-1:0] upper = x[{low} +: {high}] + y[{low} +: {high}];
wire [{high}:0] carried = {{x[{low} +: {high}], 1'b1}} + {{y[{low} +: {high}], 1'b1}};
wire unused_bits = &{{1'b0, carried[0]}};
assign sum = {{lower[{low}] ? carried[{high}:1] : upper, lower[{low}-1:0]}};
"
        ))
    }
}
