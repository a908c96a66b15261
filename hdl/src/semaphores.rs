//! The semaphores that order the units.
//!
//! ```text
//! waits[u] ──> enough? ──> may[u]        takes[u], done[u] ──> -1, +1 ──> 16 counters
//! ```
//!
//! All ups and all downs of a counter are summed before they meet it. A counter that is signalled in a cycle is higher in the next. All signals and takes of a cycle count.

use rust_hdl::prelude::*;

use crate::decode::Semaphore2;
use crate::types::{Vector, U};

/// See the module's documentation.
#[derive(LogicBlock)]
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
    /// Counters that are above zero, above one.
    some: Signal<Local, U<16>>,
    more: Signal<Local, U<16>>,
    /// A bit per semaphore: each unit's two that are taken, and that are given.
    taken: [Signal<Local, U<16>>; 12],
    given: [Signal<Local, U<16>>; 12],
    up: Signal<Local, U<4>>,
    down: Signal<Local, U<4>>,
    lowest: Constant<U<16>>,
    one: Constant<U<4>>,
}

impl Default for Semaphores {
    fn default() -> Self {
        Semaphores {
            clock: Default::default(),
            reset: Default::default(),
            waits: Default::default(),
            takes: Default::default(),
            done: Default::default(),
            may: Default::default(),
            counts: Default::default(),
            next: Default::default(),
            some: Default::default(),
            more: Default::default(),
            taken: Default::default(),
            given: Default::default(),
            up: Default::default(),
            down: Default::default(),
            lowest: Constant::new(U::new(1)),
            one: Constant::new(U::new(1)),
        }
    }
}

impl Logic for Semaphores {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, counts);
        self.some.next = 0.into();
        self.more.next = 0.into();
        for s in 0..16 {
            self.some.next = self
                .some
                .val()
                .replace_bit(s, self.counts.q.val().get_bit(s) > 0.into());
            self.more.next = self
                .more
                .val()
                .replace_bit(s, self.counts.q.val().get_bit(s) > 1.into());
        }
        for u in 0..6 {
            self.may[u].next = ((!self.waits[u].val().get_bit(0))
                || self
                    .some
                    .val()
                    .get_bit(self.waits[u].val().get_bits::<4>(1)))
                && ((!self.waits[u].val().get_bit(5))
                    || self
                        .more
                        .val()
                        .get_bit(self.waits[u].val().get_bits::<4>(6))
                    || (self
                        .some
                        .val()
                        .get_bit(self.waits[u].val().get_bits::<4>(6))
                        && ((!self.waits[u].val().get_bit(0))
                            || (self.waits[u].val().get_bits::<4>(1)
                                != self.waits[u].val().get_bits::<4>(6)))));
            self.taken[2 * u].next = 0.into();
            self.taken[2 * u + 1].next = 0.into();
            self.given[2 * u].next = 0.into();
            self.given[2 * u + 1].next = 0.into();
            if self.takes[u].val() && self.waits[u].val().get_bit(0) {
                self.taken[2 * u].next = self.lowest.val() << self.waits[u].val().get_bits::<4>(1);
            }
            if self.takes[u].val() && self.waits[u].val().get_bit(5) {
                self.taken[2 * u + 1].next =
                    self.lowest.val() << self.waits[u].val().get_bits::<4>(6);
            }
            if self.done[u].val().get_bit(0) {
                self.given[2 * u].next = self.lowest.val() << self.done[u].val().get_bits::<4>(1);
            }
            if self.done[u].val().get_bit(5) {
                self.given[2 * u + 1].next =
                    self.lowest.val() << self.done[u].val().get_bits::<4>(6);
            }
        }
        self.next.next = self.counts.q.val();
        for s in 0..16 {
            self.up.next = 0.into();
            self.down.next = 0.into();
            for i in 0..12 {
                self.up.next =
                    self.up.val() + (self.given[i].val().get_bits::<4>(s) & self.one.val());
                self.down.next =
                    self.down.val() + (self.taken[i].val().get_bits::<4>(s) & self.one.val());
            }
            self.next.next = self.next.val().replace_bit(
                s,
                (self.next.val().get_bit(s) + self.up.val().get_bits::<8>(0))
                    - self.down.val().get_bits::<8>(0),
            );
        }
        if self.reset.val() {
            for s in 0..16 {
                self.next.next = self.next.val().replace_bit(s, 0.into());
            }
        }
        self.counts.d.next = self.next.val();
    }
}
