//! The store of the time reducer: accumulator slots.
//!
//! ```text
//! at ──> [ slots x A x F x 32 bits, per slice ] ──> sums, same cycle      write at the clock edge
//! ```
//!
//! A lanes are those of one half of the weights, or of both; the second half is written only with `both`.
//! Read, add and write of one slot happen in one cycle, so consecutive hits on a slot just work. A leaf
//! block: LUT RAM.

use rust_hdl::prelude::*;

use crate::types::{Cells, U};
use crate::verilog::log2;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Slots<const S: usize, const A: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    /// Slot number, modulo the slots.
    pub at: Signal<In, U<28>>,
    pub write: Signal<In, bool>,
    /// The second half of the lanes is written too.
    pub both: Signal<In, bool>,
    pub data: Signal<In, Cells<32, S, A, F>>,
    pub sums: Signal<Out, Cells<32, S, A, F>>,
    _slots: Vec<Cells<32, S, A, F>>,
    _lanes: usize,
}

impl<const S: usize, const A: usize, const F: usize> Slots<S, A, F> {
    /// A store with `slots` slots, all zero, whose first half has `lanes` lanes.
    pub fn new(slots: usize, lanes: usize) -> Self {
        Slots {
            clock: Default::default(),
            at: Default::default(),
            write: Default::default(),
            both: Default::default(),
            data: Default::default(),
            sums: Default::default(),
            _slots: vec![Cells::default(); slots],
            _lanes: lanes,
        }
    }
}

impl<const S: usize, const A: usize, const F: usize> Logic for Slots<S, A, F> {
    fn update(&mut self) {
        let at = self.at.val().value() as usize % self._slots.len();
        if self.clock.pos_edge() && self.write.val() {
            let lanes = if self.both.val() { A } else { self._lanes };
            for (kept, new) in self._slots[at].0.iter_mut().zip(&self.data.val().0) {
                kept[..lanes].copy_from_slice(&new[..lanes]);
            }
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
        let mut text = format!("{address}\nwire unused_bits = &{{1'b0, at, both}};\n");
        let halves = [("low", 0, self._lanes), ("high", self._lanes, A)];
        for s in 0..S {
            for (name, first, end) in halves.iter().filter(|(_, first, end)| first < end) {
                let width = (end - first) * F * 32;
                let from = (s * A + first) * F * 32;
                let write = if *first > 0 { "write & both" } else { "write" };
                text.push_str(&format!(
                    "\
(* ram_style = \"distributed\" *)
reg [{top}:0] {name}_{s} [0:{last}];
integer {name}_{s}_i;
initial for ({name}_{s}_i = 0; {name}_{s}_i < {slots}; {name}_{s}_i = {name}_{s}_i + 1) \
{name}_{s}[{name}_{s}_i] = {{{width}{{1'b0}}}};
assign sums[{from} +: {width}] = {name}_{s}[slot];
always @(posedge clock) if ({write}) {name}_{s}[slot] <= data[{from} +: {width}];
",
                    top = width - 1,
                    last = slots - 1,
                ));
            }
        }
        Verilog::Custom(text)
    }
}
