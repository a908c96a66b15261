//! The nested-loop sequencer.
//!
//! ```text
//!            ┌ level 7 ┐     ┌ level 0 ┐
//! start ───> │ count   │ ..  │ count   │ ──> valid, a, b, at_first, at_last, last
//! nest       │ index   │     │ index   │
//! step ────> │ a, b    │     │ a, b    │   one address per step, no bubble at any loop boundary
//!            └─────────┘     └─────────┘
//! ```
//!
//! Each level keeps the addresses at which its current iteration began. On a step the lowest level that
//! is not at its last iteration moves on by its strides, and all levels below restart from there: one
//! adder, no multiplier, no precomputed jumps.

use rust_hdl::prelude::*;

use crate::bundle;
use crate::types::{Vector, U};

bundle! {
    /// A loop nest: count and strides of each level, level 0 innermost.
    pub struct Nest {
        pub count: Vector<U<16>, 8>,
        pub stride_a: Vector<U<32>, 8>,
        pub stride_b: Vector<U<28>, 8>,
    }
}

bundle! {
    /// Where a nest is.
    pub struct Place {
        pub valid: bool,
        /// Levels in use, a bit each.
        pub used: U<8>,
        pub index: Vector<U<16>, 8>,
        pub a: Vector<U<32>, 8>,
        pub b: Vector<U<28>, 8>,
    }
}

/// See the module's documentation. `start` may come with the last `step`.
#[derive(LogicBlock, Default)]
pub struct Sequencer {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    pub start: Signal<In, bool>,
    /// Loaded by `start`, with the levels in use and the first addresses.
    pub nest: Signal<In, Nest>,
    pub levels: Signal<In, U<4>>,
    pub base_a: Signal<In, U<32>>,
    pub base_b: Signal<In, U<28>>,
    pub step: Signal<In, bool>,
    pub valid: Signal<Out, bool>,
    pub a: Signal<Out, U<32>>,
    pub b: Signal<Out, U<28>>,
    /// A bit per level: at its first, at its last iteration; set for levels that are not in use.
    pub at_first: Signal<Out, U<8>>,
    pub at_last: Signal<Out, U<8>>,
    pub last: Signal<Out, bool>,
    running: DFF<Nest>,
    place: DFF<Place>,
    at_last_now: Signal<Local, U<8>>,
    at_first_now: Signal<Local, U<8>>,
    used: Signal<Local, U<8>>,
    index: Signal<Local, Vector<U<16>, 8>>,
    all_a: Signal<Local, Vector<U<32>, 8>>,
    all_b: Signal<Local, Vector<U<28>, 8>>,
    carry: Signal<Local, bool>,
    moves: Signal<Local, U<4>>,
    next_a: Signal<Local, U<32>>,
    next_b: Signal<Local, U<28>>,
}

impl Logic for Sequencer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, running, place);
        self.at_last_now.next = 255.into();
        self.at_first_now.next = 255.into();
        self.used.next = 0.into();
        self.index.next = self.place.q.val().index;
        self.all_a.next = self.place.q.val().a;
        self.all_b.next = self.place.q.val().b;
        self.carry.next = true;
        self.moves.next = 0.into();
        self.next_a.next = 0.into();
        self.next_b.next = 0.into();
        if self.place.q.val().valid {
            for i in 0..8 {
                self.at_first_now.next = self
                    .at_first_now
                    .val()
                    .replace_bit(i, self.place.q.val().index.get_bit(i) == 0.into());
                self.at_last_now.next = self.at_last_now.val().replace_bit(
                    i,
                    (!self.place.q.val().used.get_bit(i))
                        || (self.place.q.val().index.get_bit(i)
                            == (self.running.q.val().count.get_bit(i) - 1.into())),
                );
            }
        }
        if self.step.val() {
            for i in 0..8 {
                if self.carry.val() {
                    if self.at_last_now.val().get_bit(i) {
                        self.index.next = self.index.val().replace_bit(i, 0.into());
                    } else {
                        self.index.next = self
                            .index
                            .val()
                            .replace_bit(i, self.index.val().get_bit(i) + 1.into());
                        self.next_a.next = self.place.q.val().a.get_bit(i)
                            + self.running.q.val().stride_a.get_bit(i);
                        self.next_b.next = self.place.q.val().b.get_bit(i)
                            + self.running.q.val().stride_b.get_bit(i);
                        self.moves.next = i.into();
                        self.carry.next = false;
                    }
                }
            }
            for i in 0..8 {
                if self.moves.val() >= i.into() {
                    self.all_a.next = self.all_a.val().replace_bit(i, self.next_a.val());
                    self.all_b.next = self.all_b.val().replace_bit(i, self.next_b.val());
                }
            }
            self.place.d.next.index = self.index.val();
            self.place.d.next.a = self.all_a.val();
            self.place.d.next.b = self.all_b.val();
            self.place.d.next.valid = !self.carry.val();
        }
        if self.start.val() {
            for i in 0..8 {
                self.index.next = self.index.val().replace_bit(i, 0.into());
                self.all_a.next = self.all_a.val().replace_bit(i, self.base_a.val());
                self.all_b.next = self.all_b.val().replace_bit(i, self.base_b.val());
                self.used.next = self.used.val().replace_bit(i, self.levels.val() > i.into());
            }
            self.running.d.next = self.nest.val();
            self.place.d.next.index = self.index.val();
            self.place.d.next.a = self.all_a.val();
            self.place.d.next.b = self.all_b.val();
            self.place.d.next.used = self.used.val();
            self.place.d.next.valid = true;
        }
        if self.reset.val() {
            self.place.d.next.valid = false;
        }
        self.valid.next = self.place.q.val().valid;
        self.a.next = self.place.q.val().a.get_bit(0);
        self.b.next = self.place.q.val().b.get_bit(0);
        self.at_first.next = self.at_first_now.val();
        self.at_last.next = self.at_last_now.val();
        self.last.next = self.at_last_now.val().all();
    }
}
