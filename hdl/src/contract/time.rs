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
}
