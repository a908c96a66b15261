//! The semaphores that order the units.
//!
//! ```text
//! waits[u] ──> enough? ──> may[u]        takes[u], done[u] ──> -1, +1 ──> 16 counters
//! ```
//!
//! A counter that is signalled in a cycle is higher in the next. All signals and takes of a cycle count.

use rust_hdl::prelude::*;

use crate::decode::Semaphore2;
use crate::types::{Vector, U};

/// See the module's documentation.
#[derive(LogicBlock, Default)]
pub struct Semaphores {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    /// What each unit's next exec waits for.
    pub waits: [Signal<In, Semaphore2>; 6],
    /// That exec starts.
    pub takes: [Signal<In, bool>; 6],
    /// What each unit signals in this cycle.
    pub done: [Signal<In, Semaphore2>; 6],
    /// All semaphores that the exec waits for are there.
    pub may: [Signal<Out, bool>; 6],
    counts: DFF<Vector<U<8>, 16>>,
    next: Signal<Local, Vector<U<8>, 16>>,
}

impl Logic for Semaphores {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, counts);
        self.next.next = self.counts.q.val();
        for u in 0..6 {
            self.may[u].next = ((!self.waits[u].val().get_bit(0))
                || (self
                    .counts
                    .q
                    .val()
                    .get_bit(self.waits[u].val().get_bits::<4>(1))
                    > 0.into()))
                && ((!self.waits[u].val().get_bit(5))
                    || (self
                        .counts
                        .q
                        .val()
                        .get_bit(self.waits[u].val().get_bits::<4>(6))
                        > 1.into())
                    || ((self
                        .counts
                        .q
                        .val()
                        .get_bit(self.waits[u].val().get_bits::<4>(6))
                        == 1.into())
                        && ((!self.waits[u].val().get_bit(0))
                            || (self.waits[u].val().get_bits::<4>(1)
                                != self.waits[u].val().get_bits::<4>(6)))));
            if self.takes[u].val() && self.waits[u].val().get_bit(0) {
                self.next.next = self.next.val().replace_bit(
                    self.waits[u].val().get_bits::<4>(1),
                    self.next
                        .val()
                        .get_bit(self.waits[u].val().get_bits::<4>(1))
                        - 1.into(),
                );
            }
            if self.takes[u].val() && self.waits[u].val().get_bit(5) {
                self.next.next = self.next.val().replace_bit(
                    self.waits[u].val().get_bits::<4>(6),
                    self.next
                        .val()
                        .get_bit(self.waits[u].val().get_bits::<4>(6))
                        - 1.into(),
                );
            }
            if self.done[u].val().get_bit(0) {
                self.next.next = self.next.val().replace_bit(
                    self.done[u].val().get_bits::<4>(1),
                    self.next.val().get_bit(self.done[u].val().get_bits::<4>(1)) + 1.into(),
                );
            }
            if self.done[u].val().get_bit(5) {
                self.next.next = self.next.val().replace_bit(
                    self.done[u].val().get_bits::<4>(6),
                    self.next.val().get_bit(self.done[u].val().get_bits::<4>(6)) + 1.into(),
                );
            }
        }
        if self.reset.val() {
            for s in 0..16 {
                self.next.next = self.next.val().replace_bit(s, 0.into());
            }
        }
        self.counts.d.next = self.next.val();
    }
}
