//! The semaphores that order the units: one for each pair of a producer and a consumer.
//!
//! ```text
//! done[p] ──bit c──> ups ──┐                   ┌──> some ──┐
//!                          ├──> 5 counters ────┘           ├──> [ may[c] ]      for each consumer c
//! takes[c] ────────────────┘                   waits[c] ───┘
//! ```
//!
//! A counter that is signalled in a cycle is higher in the next. All signals and takes of a cycle count. `may` is a
//! register: what a head waits for is known a cycle ahead, and `takes` tells of the one before it by then.

use rust_hdl::prelude::*;
use tcpu_isa::{Unit, Units};

use crate::decode::UnitSet;
use crate::types::{Vector, U};

/// The semaphores that one unit waits for. Whether a counter is above zero, and above one, are registers of their own.
#[derive(LogicBlock, Default)]
pub struct Inbox {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    /// Producers that signal the unit in this cycle.
    pub ups: Signal<In, UnitSet>,
    /// What the unit's next head waits for; what an exec takes that started in the cycle before.
    pub waits: Signal<In, UnitSet>,
    pub takes: Signal<In, UnitSet>,
    /// All semaphores are there that the head waits for.
    pub may: Signal<Out, bool>,
    counts: DFF<Vector<U<8>, 6>>,
    some: DFF<UnitSet>,
    ready: DFF<bool>,
    next_counts: Signal<Local, Vector<U<8>, 6>>,
    /// Which counters are above zero next.
    next_some: Signal<Local, UnitSet>,
    up: Signal<Local, bool>,
    down: Signal<Local, bool>,
    count: Signal<Local, U<8>>,
    sum: Signal<Local, U<8>>,
    step: Signal<Local, U<8>>,
}

impl Logic for Inbox {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, counts, some, ready);
        self.may.next = self.ready.q.val();
        self.next_counts.next = self.counts.q.val();
        self.next_some.next = self.some.q.val();
        for p in 0..6 {
            self.up.next = self.ups.val().get_bit(p) && (!self.takes.val().get_bit(p));
            self.down.next = self.takes.val().get_bit(p) && (!self.ups.val().get_bit(p));
            self.count.next = self.counts.q.val().get_bit(p);
            self.step.next = 0.into();
            if self.up.val() {
                self.step.next = 1.into();
                self.next_some.next = self.next_some.val().replace_bit(p, !self.count.val().all());
            }
            if self.down.val() {
                self.step.next = 255.into();
                self.next_some.next = self
                    .next_some
                    .val()
                    .replace_bit(p, !(self.count.val() == 1.into()));
            }
            self.sum.next = self.count.val() + self.step.val();
            if self.reset.val() {
                self.sum.next = 0.into();
            }
            self.next_counts.next = self.next_counts.val().replace_bit(p, self.sum.val());
        }
        self.counts.d.next = self.next_counts.val();
        self.some.d.next = self.next_some.val();
        self.ready.d.next = (self.next_some.val() | (!self.waits.val())).all();
        if self.reset.val() {
            self.some.d.next = 0.into();
            self.ready.d.next = false;
        }
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Semaphores {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    /// What each unit's next head waits for.
    pub waits: [Signal<In, UnitSet>; 6],
    /// What an exec takes that started in the cycle before.
    pub takes: [Signal<In, UnitSet>; 6],
    /// What each unit signals in this cycle.
    pub done: [Signal<In, UnitSet>; 6],
    /// All semaphores that the head waits for are there.
    pub may: [Signal<Out, bool>; 6],
    inboxes: [Inbox; 6],
    others: [Constant<UnitSet>; 6],
    ups: Signal<Local, UnitSet>,
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
            inboxes: Default::default(),
            others: Unit::ALL.map(others),
            ups: Default::default(),
        }
    }
}

/// All units but this one, which has no semaphore to itself.
fn others(unit: Unit) -> Constant<UnitSet> {
    let others: Units = Unit::ALL.into_iter().filter(|&u| u != unit).collect();
    Constant::new(U::new(others.mask().into()))
}

impl Logic for Semaphores {
    #[hdl_gen]
    fn update(&mut self) {
        for c in 0..6 {
            self.inboxes[c].clock.next = self.clock.val();
            self.inboxes[c].reset.next = self.reset.val();
            self.ups.next = 0.into();
            for p in 0..6 {
                self.ups.next = self.ups.val().replace_bit(p, self.done[p].val().get_bit(c));
            }
            self.inboxes[c].ups.next = self.ups.val() & self.others[c].val();
            self.inboxes[c].waits.next = self.waits[c].val() & self.others[c].val();
            self.inboxes[c].takes.next = self.takes[c].val() & self.others[c].val();
            self.may[c].next = self.inboxes[c].may.val();
        }
    }
}
