//! A lamp: dark but for a short flash now and then while nothing runs, on while something runs, even blinking
//! after a fault.
//!
//! ```text
//! [ cycles ] ──> flash, blink ──┐
//! busy, fault ──────────────────┴──> [ lamp ]
//! ```

use rust_hdl::prelude::*;

use crate::types::U;

/// See the module's documentation. A flash comes every 2^26 cycles (1.3 s at 50 MHz), a blink every 2^24.
#[derive(LogicBlock, Default)]
pub struct Lamp {
    pub clock: Signal<In, Clock>,
    pub busy: Signal<In, bool>,
    pub fault: Signal<In, bool>,
    pub lamp: Signal<Out, bool>,
    cycles: DFF<U<26>>,
    lit: DFF<bool>,
}

impl Logic for Lamp {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, cycles, lit);
        self.cycles.d.next = self.cycles.q.val() + 1.into();
        self.lit.d.next = self.cycles.q.val().get_bits::<4>(22) == 0.into();
        if self.fault.val() {
            self.lit.d.next = self.cycles.q.val().get_bit(23);
        } else if self.busy.val() {
            self.lit.d.next = true;
        }
        self.lamp.next = self.lit.q.val();
    }
}
