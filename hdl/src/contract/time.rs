//! The store of the time reducer: accumulator slots.
//!
//! ```text
//! read_at ──> [ slots x L x F x 32 bits, per slice ] ──> sums, same cycle      write at the clock edge
//! ```
//!
//! Read, add and write of one slot happen in one cycle, so consecutive hits on a slot just work. A leaf
//! block: LUT RAM.

use rust_hdl::prelude::*;

use crate::types::{Cells, U};
use crate::verilog::log2;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Slots<const S: usize, const L: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    /// Slot number, modulo the slots.
    pub at: Signal<In, U<28>>,
    pub write: Signal<In, bool>,
    pub data: Signal<In, Cells<32, S, L, F>>,
    pub sums: Signal<Out, Cells<32, S, L, F>>,
    _slots: Vec<Cells<32, S, L, F>>,
}

impl<const S: usize, const L: usize, const F: usize> Slots<S, L, F> {
    /// A store with `slots` slots, all zero.
    pub fn new(slots: usize) -> Self {
        Slots {
            clock: Default::default(),
            at: Default::default(),
            write: Default::default(),
            data: Default::default(),
            sums: Default::default(),
            _slots: vec![Cells::default(); slots],
        }
    }
}

impl<const S: usize, const L: usize, const F: usize> Logic for Slots<S, L, F> {
    fn update(&mut self) {
        let at = self.at.val().value() as usize % self._slots.len();
        if self.clock.pos_edge() && self.write.val() {
            self._slots[at] = self.data.val();
        }
        self.sums.next = self._slots[at];
    }

    fn connect(&mut self) {
        self.sums.connect();
    }

    fn hdl(&self) -> Verilog {
        let slots = self._slots.len();
        let address = match log2(slots) {
            0 => "wire slot = 1'b0;".to_string(),
            bits => format!("wire [{bits}-1:0] slot = at[{bits}-1:0];"),
        };
        Verilog::Custom(format!(
            "\
(* ram_style = \"distributed\" *)
reg [{top}:0] rows [0:{last}];
integer i;
initial for (i = 0; i < {slots}; i = i + 1) rows[i] = {{{width}{{1'b0}}}};
{address}
assign sums = rows[slot];
always @(posedge clock) if (write) rows[slot] <= data;
wire unused_bits = &{{1'b0, at}};
",
            width = Cells::<32, S, L, F>::BITS,
            top = Cells::<32, S, L, F>::BITS - 1,
            last = slots - 1,
        ))
    }
}
