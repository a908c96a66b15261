//! A reset, from a button.
//!
//! ```text
//! button ──> [ synchroniser ] ──> pressed? ──> [ cycles ] ──enough, and settled?──> [ done ] ──> [ over ] ──> reset
//! ```

use rust_hdl::prelude::*;

use crate::processor::RESET_CYCLES;
use crate::types::U;

/// See the module's documentation. A reset is held for at least `RESET_CYCLES` after power-up and after the
/// button is released, and until memory owes nothing.
#[derive(LogicBlock)]
pub struct Restart {
    pub clock: Signal<In, Clock>,
    /// Comes when it wants.
    pub button: Signal<In, bool>,
    /// Memory owes and is owed nothing.
    pub settled: Signal<In, bool>,
    pub reset: Signal<Out, bool>,
    enough: Constant<U<5>>,
    sync1: DFF<bool>,
    sync2: DFF<bool>,
    cycles: DFF<U<5>>,
    done: DFF<bool>,
    /// The same a cycle later: what it resets is far away.
    over: DFF<bool>,
}

impl Default for Restart {
    fn default() -> Self {
        Restart {
            clock: Default::default(),
            button: Default::default(),
            settled: Default::default(),
            reset: Default::default(),
            enough: Constant::new(U::new(RESET_CYCLES as u64)),
            sync1: Default::default(),
            sync2: Default::default(),
            cycles: Default::default(),
            done: Default::default(),
            over: Default::default(),
        }
    }
}

impl Logic for Restart {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, sync1, sync2, cycles, done, over);
        self.sync1.d.next = self.button.val();
        self.sync2.d.next = self.sync1.q.val();
        if self.cycles.q.val() < self.enough.val() {
            self.cycles.d.next = self.cycles.q.val() + 1.into();
        } else if self.settled.val() {
            self.done.d.next = true;
        }
        if self.sync2.q.val() {
            self.cycles.d.next = 0.into();
            self.done.d.next = false;
        }
        self.over.d.next = self.done.q.val();
        self.reset.next = !self.over.q.val();
    }
}
