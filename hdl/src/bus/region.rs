//! Where transfers are on their way: an interval of memory that holds them all.
//!
//! ```text
//! at ──> [ low, high ] ──> hits: a transfer that begins at `at` could meet one that is on its way
//! enters, leaves ──> [ count ] ──> any, full
//! ```
//!
//! Memory is counted in granules, each as long as the longest transfer: one that begins in a granule ends in
//! it or in the next. The interval grows for as long as anything is on its way, and begins anew after.

use rust_hdl::prelude::*;

use crate::types::U;

/// Transfers that can be on their way.
pub const ON_THE_WAY: usize = 16;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Region {
    pub clock: Signal<In, Clock>,
    /// Nothing is on its way any more; nothing enters in the same cycle.
    pub reset: Signal<In, bool>,
    /// A transfer begins in this granule; not while `full`.
    pub enters: Signal<In, bool>,
    pub at: Signal<In, U<32>>,
    /// A transfer has ended; not unless `any`.
    pub leaves: Signal<In, bool>,
    pub hits: Signal<Out, bool>,
    pub any: Signal<Out, bool>,
    pub full: Signal<Out, bool>,
    most: Constant<U<5>>,
    count: DFF<U<5>>,
    low: DFF<U<32>>,
    high: DFF<U<32>>,
    end: Signal<Local, U<32>>,
    some: Signal<Local, bool>,
}

impl Default for Region {
    fn default() -> Self {
        Region {
            clock: Default::default(),
            reset: Default::default(),
            enters: Default::default(),
            at: Default::default(),
            leaves: Default::default(),
            hits: Default::default(),
            any: Default::default(),
            full: Default::default(),
            most: Constant::new(U::new(ON_THE_WAY as u64)),
            count: Default::default(),
            low: Default::default(),
            high: Default::default(),
            end: Default::default(),
            some: Default::default(),
        }
    }
}

impl Logic for Region {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count, low, high);
        self.some.next = self.count.q.val() > 0.into();
        self.any.next = self.some.val();
        self.full.next = self.count.q.val() == self.most.val();
        self.end.next = self.at.val() + 1.into();
        self.hits.next = self.some.val()
            && (self.at.val() <= self.high.q.val())
            && (self.end.val() >= self.low.q.val());
        if self.enters.val() {
            if (!self.some.val()) || (self.at.val() < self.low.q.val()) {
                self.low.d.next = self.at.val();
            }
            if (!self.some.val()) || (self.end.val() > self.high.q.val()) {
                self.high.d.next = self.end.val();
            }
        }
        if self.enters.val() && (!self.leaves.val()) {
            self.count.d.next = self.count.q.val() + 1.into();
        }
        if self.leaves.val() && (!self.enters.val()) {
            self.count.d.next = self.count.q.val() - 1.into();
        }
        if self.reset.val() {
            self.count.d.next = 0.into();
        }
    }
}
