//! CONTRACT: broadcast, multiply, reduce.
//!
//! ```text
//!  stream FIFO ──> x1 ────────> x2 ─┐
//!                                   x ──> p3 ──> packet reducer ──> r4 ──> .. ──> r5 ──> + ──> row6 ──> folder
//!  TRF ──> row ──> select ────> w2 ─┘            levels 0, 1             the rest        ^
//!   t       t+1                 t+2       t+3                       t+4          t+5   slots      t+6
//!   L lanes                         │  A lanes: L, or 2 L where TRF bytes can be pairs of int4
//! ```
//!
//! One step of the loop nest is one multiply of every multiplier. All stages hold while a finished row
//! waits for the lane folder.

pub mod fold;
pub mod multiply;
pub mod operand;
pub mod packet;
pub mod time;

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::bundle;
use crate::context::Context;
use crate::decode::{ContractParams, UnitSet, Word};
use crate::types::{Cells, Flits, Operands, ToBits, Values, U};
use fold::LaneFolder;
use multiply::Multipliers;
use operand::OperandSelect;
use packet::Levels;
use time::Slots;

bundle! {
    /// What travels beside a step.
    pub struct StepTag {
        pub valid: bool,
        /// TRF byte of a splat.
        pub at: U<5>,
        pub slot: U<28>,
        /// The accumulator restarts, or is multiplied by 256; the row is finished.
        pub restart: bool,
        pub scale: bool,
        pub finished: bool,
        /// Signals, if the step is its exec's last.
        pub done: UnitSet,
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct ContractUnit<
    const S: usize,
    const L: usize,
    const F: usize,
    const V: usize,
    const A: usize,
> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    pub push: Signal<In, bool>,
    pub word: Signal<In, Word>,
    pub full: Signal<Out, bool>,
    pub waits: Signal<Out, UnitSet>,
    pub may: Signal<In, bool>,
    pub start: Signal<Out, bool>,
    /// The exec that is active makes its last step.
    pub ends: Signal<Out, bool>,
    pub done: Signal<Out, UnitSet>,
    pub quiet: Signal<Out, bool>,
    /// An exec runs; none runs and the next one waits for a semaphore.
    pub active: Signal<Out, bool>,
    pub waiting: Signal<Out, bool>,
    pub stream_valid: Signal<In, bool>,
    pub stream: Signal<In, Flits<S, F>>,
    pub pop: Signal<Out, bool>,
    pub trf_read: Signal<Out, bool>,
    pub trf_at: Signal<Out, U<32>>,
    pub trf_row: Signal<In, Operands<S, L, F>>,
    pub values_valid: Signal<Out, bool>,
    pub values: Signal<Out, Values<32, S, V>>,
    pub count: Signal<Out, U<6>>,
    pub taken: Signal<In, bool>,
    /// A step is made in this cycle; the pipeline is held in this cycle.
    pub issued: Signal<Out, bool>,
    pub frozen: Signal<Out, bool>,
    pub context: Context,
    select: OperandSelect<S, L, F>,
    multipliers: Multipliers<S, L, F, A>,
    head_levels: Levels<S, A, F>,
    mid_levels: Levels<S, A, F>,
    tail_levels: Levels<S, A, F>,
    slots: Slots<S, A, F>,
    folder: LaneFolder<S, A, F, V>,
    in_flit: Constant<U<5>>,
    tag1: DFF<StepTag>,
    tag2: DFF<StepTag>,
    tag3: DFF<StepTag>,
    tag4: DFF<StepTag>,
    tag5: DFF<StepTag>,
    tag6: DFF<StepTag>,
    params1: DFF<ContractParams>,
    params2: DFF<ContractParams>,
    params3: DFF<ContractParams>,
    params4: DFF<ContractParams>,
    params5: DFF<ContractParams>,
    params6: DFF<ContractParams>,
    x1: DFF<Flits<S, F>>,
    r4: DFF<Cells<21, S, A, F>>,
    r5: DFF<Cells<21, S, A, F>>,
    row6: DFF<Cells<32, S, A, F>>,
    go: Signal<Local, bool>,
    issue: Signal<Local, bool>,
    held_levels: Signal<Local, U<8>>,
    digit_levels: Signal<Local, U<8>>,
    scaled: Signal<Local, Cells<32, S, A, F>>,
    byte: Constant<U<5>>,
    none: Constant<Cells<32, S, A, F>>,
    old: Signal<Local, Cells<32, S, A, F>>,
    new: Signal<Local, Cells<32, S, A, F>>,
    sum: Signal<Local, Cells<32, S, A, F>>,
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>
    ContractUnit<S, L, F, V, A>
{
    /// The contraction engine of a build.
    pub fn new(config: &Config) -> Self {
        ContractUnit {
            clock: Default::default(),
            reset: Default::default(),
            push: Default::default(),
            word: Default::default(),
            full: Default::default(),
            waits: Default::default(),
            may: Default::default(),
            start: Default::default(),
            ends: Default::default(),
            done: Default::default(),
            quiet: Default::default(),
            active: Default::default(),
            waiting: Default::default(),
            stream_valid: Default::default(),
            stream: Default::default(),
            pop: Default::default(),
            trf_read: Default::default(),
            trf_at: Default::default(),
            trf_row: Default::default(),
            values_valid: Default::default(),
            values: Default::default(),
            count: Default::default(),
            taken: Default::default(),
            issued: Default::default(),
            frozen: Default::default(),
            context: Context::new(config.queue),
            select: Default::default(),
            multipliers: Default::default(),
            head_levels: Levels::new(0),
            mid_levels: Levels::new(2),
            tail_levels: Levels::new(4),
            slots: Slots::new(config.acc_slots, L),
            folder: LaneFolder::new(L),
            in_flit: Constant::new(U::new(F as u64 - 1)),
            tag1: Default::default(),
            tag2: Default::default(),
            tag3: Default::default(),
            tag4: Default::default(),
            tag5: Default::default(),
            tag6: Default::default(),
            params1: Default::default(),
            params2: Default::default(),
            params3: Default::default(),
            params4: Default::default(),
            params5: Default::default(),
            params6: Default::default(),
            x1: Default::default(),
            r4: Default::default(),
            r5: Default::default(),
            row6: Default::default(),
            go: Default::default(),
            issue: Default::default(),
            held_levels: Default::default(),
            digit_levels: Default::default(),
            scaled: Default::default(),
            byte: Constant::new(U::new(8)),
            none: Constant::new(Cells::default()),
            old: Default::default(),
            new: Default::default(),
            sum: Default::default(),
        }
    }
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Logic
    for ContractUnit<S, L, F, V, A>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, tag1, tag2, tag3, tag4, tag5, tag6, params1, params2, params3, params4,
            params5, params6, x1, r4, r5, row6
        );
        self.context.clock.next = self.clock.val();
        self.context.reset.next = self.reset.val();
        self.folder.reset.next = self.reset.val();
        self.multipliers.clock.next = self.clock.val();
        self.slots.clock.next = self.clock.val();
        self.folder.clock.next = self.clock.val();
        self.context.push.next = self.push.val();
        self.context.word.next = self.word.val();
        self.full.next = self.context.full.val();
        self.waits.next = self.context.waits.val();
        self.context.may.next = self.may.val();
        self.start.next = self.context.start.val();
        self.active.next = self.context.valid.val();
        self.waiting.next = self.context.waiting.val();

        // the lane folder holds everything up
        self.folder.row_valid.next = self.tag6.q.val().valid && self.tag6.q.val().finished;
        self.folder.row.next = self.row6.q.val();
        self.folder.params.next = self.params6.q.val();
        self.folder.taken.next = self.taken.val();
        self.values_valid.next = self.folder.valid.val();
        self.values.next = self.folder.values.val();
        self.count.next = self.folder.count.val();
        self.go.next =
            !(self.tag6.q.val().valid && self.tag6.q.val().finished && (!self.folder.accept.val()));
        self.frozen.next = !self.go.val();

        // issue
        self.issue.next = self.context.valid.val() && self.stream_valid.val() && self.go.val();
        self.issued.next = self.issue.val();
        self.ends.next = self.issue.val() && self.context.last.val();
        self.context.step.next = self.issue.val();
        self.held_levels.next = 0.into();
        self.digit_levels.next = 0.into();
        for i in 0..8 {
            self.digit_levels.next = self
                .digit_levels
                .val()
                .replace_bit(i, self.context.contract.val().radix > (i + 1).into());
            self.held_levels.next = self
                .held_levels
                .val()
                .replace_bit(i, self.context.contract.val().hold > i.into());
        }
        self.pop.next =
            self.issue.val() && ((self.context.at_last.val() | (!self.held_levels.val())).all());
        self.trf_read.next = self.issue.val();
        self.trf_at.next = self.context.a.val();

        // the stages' tags
        if self.go.val() {
            self.tag1.d.next.valid = self.issue.val();
            self.tag1.d.next.at = self.context.a.val().get_bits::<5>(0) & self.in_flit.val();
            self.tag1.d.next.slot = self.context.b.val();
            self.tag1.d.next.restart = self.context.contract.val().init
                && ((self.context.at_first.val() | (!self.context.contract.val().reduce)).all());
            self.tag1.d.next.scale = (self.context.contract.val().radix > 0.into())
                && ((self.context.at_first.val()
                    | (!(self.context.contract.val().reduce & self.digit_levels.val())))
                .all());
            self.tag1.d.next.finished = self.context.contract.val().emit
                && ((self.context.at_last.val() | (!self.context.contract.val().reduce)).all());
            self.tag1.d.next.done = 0.into();
            if self.issue.val() && self.context.last.val() {
                self.tag1.d.next.done = self.context.signals.val();
            }
            self.params1.d.next = self.context.contract.val();
            self.tag2.d.next = self.tag1.q.val();
            self.tag3.d.next = self.tag2.q.val();
            self.tag4.d.next = self.tag3.q.val();
            self.tag5.d.next = self.tag4.q.val();
            self.tag6.d.next = self.tag5.q.val();
            self.params2.d.next = self.params1.q.val();
            self.params3.d.next = self.params2.q.val();
            self.params4.d.next = self.params3.q.val();
            self.params5.d.next = self.params4.q.val();
            self.params6.d.next = self.params5.q.val();
        }
        self.done.next = 0.into();
        if self.go.val() && self.tag2.q.val().valid {
            self.done.next = self.tag2.q.val().done;
        }

        // the stages' data
        self.select.row.next = self.trf_row.val();
        self.select.splat.next = self.params1.q.val().splat;
        self.select.skew.next = self.params1.q.val().skew;
        self.select.at.next = self.tag1.q.val().at;
        self.multipliers.x.next = self.x1.q.val();
        self.multipliers.w.next = self.select.w.val();
        self.multipliers.nibbles.next = self.params1.q.val().nibbles;
        self.multipliers.take.next = self.go.val() && self.tag1.q.val().valid;
        self.multipliers.make.next = self.go.val() && self.tag2.q.val().valid;
        self.head_levels.cells.next = self.multipliers.products.val().to_bits();
        self.head_levels.depth.next = self.params3.q.val().depth;
        self.mid_levels.cells.next = self.r4.q.val();
        self.mid_levels.depth.next = self.params4.q.val().depth;
        self.tail_levels.cells.next = self.mid_levels.sums.val();
        self.tail_levels.depth.next = self.params4.q.val().depth;
        self.slots.at.next = self.tag5.q.val().slot;
        self.slots.write.next = false;
        self.slots.both.next = self.params5.q.val().nibbles;
        self.scaled.next = self.slots.sums.val() << self.byte.val();
        self.old.next = self.slots.sums.val();
        if self.tag5.q.val().scale {
            self.old.next = self.scaled.val();
        }
        if self.tag5.q.val().restart {
            self.old.next = self.none.val();
        }
        self.new.next = self.r5.q.val().to_bits();
        self.sum.next = self.old.val() + self.new.val();
        if self.go.val() {
            if self.issue.val() {
                self.x1.d.next = self.stream.val();
            }
            if self.tag3.q.val().valid {
                self.r4.d.next = self.head_levels.sums.val();
            }
            if self.tag4.q.val().valid {
                self.r5.d.next = self.tail_levels.sums.val();
            }
            if self.tag5.q.val().valid {
                self.row6.d.next = self.sum.val();
                self.slots.write.next = true;
            }
        }
        self.slots.data.next = self.sum.val();
        self.quiet.next = self.context.quiet.val()
            && (!self.tag1.q.val().valid)
            && (!self.tag2.q.val().valid)
            && (!self.tag3.q.val().valid)
            && (!self.tag4.q.val().valid)
            && (!self.tag5.q.val().valid)
            && (!self.tag6.q.val().valid)
            && (!self.folder.valid.val());
    }
}
