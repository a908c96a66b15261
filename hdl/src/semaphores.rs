//! The semaphores that order the units: one for each pair of a producer and a consumer.
//!
//! ```text
//! done[p] ──bit c──> ups ──┐                   ┌──> some ──┐
//!                          ├──> 5 counters ────┘           ├──> [ may[c] ]      for each consumer c
//! takes[c] & waits[c] ─────┘                   waits[c] ───┘
//! ```
//!
//! A counter that is signalled in a cycle is higher in the next. All signals and takes of a cycle count. `may` is a
//! register: what the next head waits for is known a cycle ahead, whether or not this one starts, and the start, which
//! comes late, only chooses.

use rust_hdl::prelude::*;
use tcpu_isa::{Unit, Units};

use crate::context::Needs;
use crate::decode::UnitSet;
use crate::types::{Vector, U};

/// The semaphores that one unit waits for. Whether a counter is above zero is a register of its own, and the counters
/// count a cycle late, so that who starts and signals waits for no adder.
#[derive(LogicBlock, Default)]
pub struct Inbox {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    /// Producers that signal the unit in this cycle.
    pub ups: Signal<In, UnitSet>,
    /// What the unit's next execs wait for, and: the first of them starts.
    pub waits: Signal<In, Needs>,
    pub take: Signal<In, bool>,
    /// All semaphores that the exec waits for are there.
    pub may: Signal<Out, bool>,
    /// The counters without the last cycle's ups and downs.
    counts: DFF<Vector<U<8>, 6>>,
    ups1: DFF<UnitSet>,
    downs1: DFF<UnitSet>,
    some: DFF<UnitSet>,
    ready: DFF<bool>,
    downs: Signal<Local, UnitSet>,
    next_counts: Signal<Local, Vector<U<8>, 6>>,
    /// Which counters are above zero next, if the exec starts and if it does not.
    if_taken: Signal<Local, UnitSet>,
    if_not: Signal<Local, UnitSet>,
    head: Signal<Local, UnitSet>,
    up: Signal<Local, bool>,
    down: Signal<Local, bool>,
    count: Signal<Local, U<8>>,
    step: Signal<Local, U<8>>,
}

impl Logic for Inbox {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, counts, ups1, downs1, some, ready);
        self.may.next = self.ready.q.val();
        self.downs.next = 0.into();
        if self.take.val() {
            self.downs.next = self.waits.val().now;
        }
        self.ups1.d.next = self.ups.val();
        self.downs1.d.next = self.downs.val();
        self.next_counts.next = self.counts.q.val();
        self.if_taken.next = self.some.q.val();
        self.if_not.next = self.some.q.val();
        for p in 0..6 {
            self.up.next = self.ups1.q.val().get_bit(p);
            self.down.next = self.downs1.q.val().get_bit(p);
            self.step.next = 0.into();
            if self.up.val() && (!self.down.val()) {
                self.step.next = 1.into();
            }
            if self.down.val() && (!self.up.val()) {
                self.step.next = 255.into();
            }
            self.count.next = self.counts.q.val().get_bit(p) + self.step.val();
            if self.reset.val() {
                self.count.next = 0.into();
            }
            self.next_counts.next = self.next_counts.val().replace_bit(p, self.count.val());
            self.up.next = self.ups.val().get_bit(p);
            self.down.next = self.waits.val().now.get_bit(p);
            if self.up.val() {
                self.if_not.next = self.if_not.val().replace_bit(p, !self.count.val().all());
            }
            if self.up.val() && (!self.down.val()) {
                self.if_taken.next = self.if_taken.val().replace_bit(p, !self.count.val().all());
            }
            if self.down.val() && (!self.up.val()) {
                self.if_taken.next = self
                    .if_taken
                    .val()
                    .replace_bit(p, !(self.count.val() == 1.into()));
            }
        }
        self.head.next = self.waits.val().now;
        if self.waits.val().advances {
            self.head.next = self.waits.val().behind;
        }
        self.some.d.next = self.if_not.val();
        self.ready.d.next = (self.if_not.val() | (!self.head.val())).all();
        if self.take.val() {
            self.some.d.next = self.if_taken.val();
            self.ready.d.next = (self.if_taken.val() | (!self.waits.val().behind)).all();
        }
        if self.reset.val() {
            self.ups1.d.next = 0.into();
            self.downs1.d.next = 0.into();
            self.some.d.next = 0.into();
            self.ready.d.next = false;
        }
        self.counts.d.next = self.next_counts.val();
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Semaphores {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    /// What each unit's next execs wait for.
    pub waits: [Signal<In, Needs>; 6],
    /// That exec starts.
    pub takes: [Signal<In, bool>; 6],
    /// What each unit signals in this cycle.
    pub done: [Signal<In, UnitSet>; 6],
    /// All semaphores that the exec waits for are there.
    pub may: [Signal<Out, bool>; 6],
    inboxes: [Inbox; 6],
    others: [Constant<UnitSet>; 6],
    ups: Signal<Local, UnitSet>,
    all: Signal<Local, Needs>,
    needs: Signal<Local, Needs>,
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
            all: Default::default(),
            needs: Default::default(),
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
            self.all.next = self.waits[c].val();
            self.needs.next.now = self.all.val().now & self.others[c].val();
            self.needs.next.behind = self.all.val().behind & self.others[c].val();
            self.needs.next.advances = self.all.val().advances;
            self.inboxes[c].waits.next = self.needs.val();
            self.inboxes[c].take.next = self.takes[c].val();
            self.may[c].next = self.inboxes[c].may.val();
        }
    }
}
