//! A skid buffer: a stage that takes without looking ahead whether it can give.
//!
//! ```text
//! push, data ──┬────────────> [ head ] ──> valid, head        pop takes the head
//!              └─> [ spare ] ────^
//! ready <── the spare is empty
//! ```
//!
//! `ready` is a register: nothing that happens behind the buffer in a cycle reaches what is before it. What
//! is pushed in a cycle is the head, if nothing waits before it, in the next. One word per cycle.

use rust_hdl::prelude::*;

/// See the module's documentation. Pushes count while `ready` only, pops while `valid` only.
#[derive(LogicBlock, Default)]
pub struct Skid<T: Synth> {
    pub clock: Signal<In, Clock>,
    /// Empties the buffer; nothing is pushed in the same cycle.
    pub reset: Signal<In, bool>,
    pub push: Signal<In, bool>,
    pub data: Signal<In, T>,
    pub ready: Signal<Out, bool>,
    pub valid: Signal<Out, bool>,
    pub head: Signal<Out, T>,
    pub pop: Signal<In, bool>,
    filled: DFF<bool>,
    first: DFF<T>,
    spilled: DFF<bool>,
    spare: DFF<T>,
    moves: Signal<Local, bool>,
}

impl<T: Synth> Logic for Skid<T> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, filled, first, spilled, spare);
        self.moves.next = self.pop.val() || (!self.filled.q.val());
        if self.moves.val() {
            self.first.d.next = self.data.val();
            if self.spilled.q.val() {
                self.first.d.next = self.spare.q.val();
            }
            self.filled.d.next = self.push.val() || self.spilled.q.val();
            self.spilled.d.next = false;
        }
        if !self.spilled.q.val() {
            self.spare.d.next = self.data.val();
            if !self.moves.val() {
                self.spilled.d.next = self.push.val();
            }
        }
        if self.reset.val() {
            self.filled.d.next = false;
            self.spilled.d.next = false;
        }
        self.ready.next = !self.spilled.q.val();
        self.valid.next = self.filled.q.val();
        self.head.next = self.first.q.val();
    }
}
