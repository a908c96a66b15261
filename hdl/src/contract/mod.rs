//! CONTRACT: broadcast, multiply, reduce.
//!
//! ```text
//!  stream FIFO ──> four registers ─────────────────────> x5 ─┐
//!                                                             x ──> p6 ──> [level 0] ──> r7 ──> .. ──> r10 ──> + ──> row11, row12
//!  TRF ──> [ ] ──> row2 ──> row3 ──> select ──> w4 ───────> w5 ─┘           packet reducer                     ^
//!   t      t+1     t+2      t+3                 t+4          t+5     t+6              t+7           t+10     slots
//!   L lanes                                 │  A lanes: L, or 2 L where TRF bytes can be pairs of int4
//!
//!  step ──finished──> lane folder ──place──> .. ten cycles .. ──> pick ──> values
//! ```
//!
//! One step of the loop nest is one multiply of every multiplier. What a step needs to know of its nest is worked
//! out before it waits for its issue. A step that finishes a row waits for the lane folder; once issued, nothing
//! stops a step, nor a flit that was taken from the lane folder: the registers behind have no enables. Selected bytes
//! go from registers beside the TRF to those of the multipliers: the wires to all of them have a cycle of their own.
//! So have the wires from block RAM to what selects, and each level of the packet reducer.

pub mod fold;
pub mod multiply;
pub mod operand;
pub mod packet;
pub mod time;

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::bundle;
use crate::context::Context;
use crate::decode::{UnitSet, Word};
use crate::delay::Delay;
use crate::skid::Skid;
use crate::types::{Cells, Flits, Operands, Values, U};
use fold::{FoldParams, LaneFolder, Pick, Place};
use multiply::Multipliers;
use operand::OperandSelect;
use packet::Level;
use time::Accumulators;

bundle! {
    /// What travels beside a step.
    pub struct StepTag {
        /// TRF byte of a splat.
        pub at: U<5>,
        pub splat: bool,
        pub skew: bool,
        pub depth: U<3>,
        pub nibbles: bool,
        pub slot: U<6>,
        /// The accumulator restarts, or is multiplied by 256; the row is finished.
        pub restart: bool,
        pub scale: bool,
        pub finished: bool,
    }
}

bundle! {
    /// A step that waits for its issue.
    pub struct Step {
        pub at: U<32>,
        pub tag: StepTag,
        /// The row is finished, and how it is folded.
        pub finished: bool,
        pub fold: FoldParams,
        /// The step is the last that needs its flit.
        pub pops: bool,
        /// The step is its exec's last: and its signals.
        pub last: bool,
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
    pub filling: Signal<Out, bool>,
    pub waits: Signal<Out, UnitSet>,
    pub may: Signal<In, bool>,
    pub takes: Signal<Out, UnitSet>,
    pub done: Signal<Out, UnitSet>,
    pub quiet: Signal<Out, bool>,
    /// An exec runs; none runs and the next one waits for a semaphore.
    pub active: Signal<Out, bool>,
    pub waiting: Signal<Out, bool>,
    /// The exec that is active makes its last step.
    pub ends: Signal<Out, bool>,
    pub stream_valid: Signal<In, bool>,
    pub stream: Signal<In, Flits<S, F>>,
    pub pop: Signal<Out, bool>,
    pub trf_at: Signal<Out, U<32>>,
    /// In the second cycle after its address.
    pub trf_row: Signal<In, Operands<S, L, F>>,
    /// A flit can be taken: its values' number, and the bank of its first one.
    pub flit_valid: Signal<Out, bool>,
    pub flit_count: Signal<Out, U<6>>,
    pub flit_start: Signal<Out, U<6>>,
    /// It is taken as soon as there is one.
    pub willing: Signal<In, bool>,
    /// The values of a flit that was taken come in the next cycle. By bank: see [`Pick`].
    pub comes: Signal<Out, bool>,
    pub values: Signal<Out, Values<32, S, V>>,
    /// A step is issued in this cycle.
    pub issued: Signal<Out, bool>,
    pub context: Context,
    ahead: Skid<Step>,
    select: OperandSelect<S, L, F>,
    multipliers: Multipliers<S, L, F, A>,
    level0: Level<16, 17, S, A, F>,
    level1: Level<17, 18, S, A, F>,
    level2: Level<18, 19, S, A, F>,
    level3: Level<19, 20, S, A, F>,
    level4: Level<20, 21, S, A, F>,
    accumulators: Accumulators<S, A, F>,
    folder: LaneFolder,
    pick: Pick<S, A, F, V>,
    in_flit: Constant<U<5>>,
    nothing: Constant<Cells<21, S, A, F>>,
    one: Constant<U<1>>,
    /// A bit per stage that has a step, the newest lowest; the same of flits.
    valid: DFF<U<10>>,
    coming: DFF<U<11>>,
    /// The step's tag, so many cycles after its issue.
    tag1: DFF<StepTag>,
    tag4: Delay<StepTag>,
    tag5: DFF<StepTag>,
    tag6: DFF<StepTag>,
    tag7: DFF<StepTag>,
    tag8: DFF<StepTag>,
    tag9: DFF<StepTag>,
    done1: DFF<UnitSet>,
    /// The reset, one and two cycles later: it has a long way to the accumulators.
    cleared: DFF<bool>,
    clears: DFF<bool>,
    x4: Delay<Flits<S, F>>,
    row3: DFF<Operands<S, L, F>>,
    w4: DFF<Operands<S, L, F>>,
    r7: DFF<Cells<17, S, A, F>>,
    r8: DFF<Cells<18, S, A, F>>,
    r9: DFF<Cells<19, S, A, F>>,
    r10: DFF<Cells<21, S, A, F>>,
    place9: Delay<Place>,
    tag: Signal<Local, StepTag>,
    fold: Signal<Local, FoldParams>,
    finishes: Signal<Local, bool>,
    makes: Signal<Local, bool>,
    issue: Signal<Local, bool>,
    taken: Signal<Local, bool>,
    held_levels: Signal<Local, U<8>>,
    digit_levels: Signal<Local, U<8>>,
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
            filling: Default::default(),
            waits: Default::default(),
            may: Default::default(),
            takes: Default::default(),
            done: Default::default(),
            quiet: Default::default(),
            active: Default::default(),
            waiting: Default::default(),
            ends: Default::default(),
            stream_valid: Default::default(),
            stream: Default::default(),
            pop: Default::default(),
            trf_at: Default::default(),
            trf_row: Default::default(),
            flit_valid: Default::default(),
            flit_count: Default::default(),
            flit_start: Default::default(),
            willing: Default::default(),
            comes: Default::default(),
            values: Default::default(),
            issued: Default::default(),
            context: Context::new(config.queue, config.flit),
            ahead: Default::default(),
            select: OperandSelect::new(config.columns),
            multipliers: Multipliers::new(config.logic),
            level0: Level::new(0, config.min_depth() as usize),
            level1: Level::new(1, config.min_depth() as usize),
            level2: Level::new(2, config.min_depth() as usize),
            level3: Level::new(3, config.min_depth() as usize),
            level4: Level::new(4, config.min_depth() as usize),
            accumulators: Accumulators::new(config.acc_slots, L, config.columns),
            folder: Default::default(),
            pick: Pick::new(L, config.columns),
            in_flit: Constant::new(U::new(F as u64 - 1)),
            nothing: Constant::new(Cells::default()),
            one: Constant::new(U::new(1)),
            valid: Default::default(),
            coming: Default::default(),
            tag1: Default::default(),
            tag4: Delay::new(3),
            tag5: Default::default(),
            tag6: Default::default(),
            tag7: Default::default(),
            tag8: Default::default(),
            tag9: Default::default(),
            done1: Default::default(),
            cleared: Default::default(),
            clears: Default::default(),
            x4: Delay::new(4),
            row3: Default::default(),
            w4: Default::default(),
            r7: Default::default(),
            r8: Default::default(),
            r9: Default::default(),
            r10: Default::default(),
            place9: Delay::new(9),
            tag: Default::default(),
            fold: Default::default(),
            finishes: Default::default(),
            makes: Default::default(),
            issue: Default::default(),
            taken: Default::default(),
            held_levels: Default::default(),
            digit_levels: Default::default(),
        }
    }
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Logic
    for ContractUnit<S, L, F, V, A>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, valid, coming, tag1, tag5, tag6, tag7, tag8, tag9, done1, cleared, clears,
            row3, w4, r7, r8, r9, r10
        );
        self.context.clock.next = self.clock.val();
        self.ahead.clock.next = self.clock.val();
        self.select.clock.next = self.clock.val();
        self.multipliers.clock.next = self.clock.val();
        self.level0.clock.next = self.clock.val();
        self.level1.clock.next = self.clock.val();
        self.level2.clock.next = self.clock.val();
        self.level3.clock.next = self.clock.val();
        self.level4.clock.next = self.clock.val();
        self.tag4.clock.next = self.clock.val();
        self.x4.clock.next = self.clock.val();
        self.place9.clock.next = self.clock.val();
        self.accumulators.clock.next = self.clock.val();
        self.folder.clock.next = self.clock.val();
        self.pick.clock.next = self.clock.val();
        self.context.reset.next = self.reset.val();
        self.ahead.reset.next = self.reset.val();
        self.folder.reset.next = self.reset.val();
        self.clears.d.next = self.cleared.q.val();
        self.cleared.d.next = self.reset.val();
        self.accumulators.clear.next = self.cleared.q.val();
        self.context.push.next = self.push.val();
        self.context.word.next = self.word.val();
        self.filling.next = self.context.filling.val();
        self.waits.next = self.context.waits.val();
        self.context.may.next = self.may.val();
        self.takes.next = self.context.takes.val();
        self.active.next = self.ahead.valid.val();
        self.waiting.next = self.context.waiting.val() && (!self.ahead.valid.val());

        // the next step
        self.makes.next = self.context.valid.val() && self.ahead.ready.val();
        self.context.step.next = self.makes.val();
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
        self.finishes.next = self.context.contract.val().emit
            && ((self.context.at_last.val() | (!self.context.contract.val().reduce)).all());
        self.tag.next.at = self.context.a.val().get_bits::<5>(0) & self.in_flit.val();
        self.tag.next.splat = self.context.contract.val().splat;
        self.tag.next.skew = self.context.contract.val().skew;
        self.tag.next.depth = self.context.contract.val().depth;
        self.tag.next.nibbles = self.context.contract.val().nibbles;
        self.tag.next.slot = self.context.b.val().get_bits::<6>(0);
        self.tag.next.restart = self.context.contract.val().init
            && ((self.context.at_first.val() | (!self.context.contract.val().reduce)).all());
        self.tag.next.scale = (self.context.contract.val().radix > 0.into())
            && ((self.context.at_first.val()
                | (!(self.context.contract.val().reduce & self.digit_levels.val())))
            .all());
        self.tag.next.finished = self.finishes.val();
        self.fold.next.lanes = self.context.contract.val().lanes;
        self.fold.next.cols = self.context.contract.val().cols;
        self.fold.next.interleaved = self.context.contract.val().interleaved;
        self.fold.next.group = self.context.contract.val().group;
        self.fold.next.nibbles = self.context.contract.val().nibbles;
        self.ahead.push.next = self.makes.val();
        self.ahead.data.next.at = self.context.a.val();
        self.ahead.data.next.tag = self.tag.val();
        self.ahead.data.next.finished = self.finishes.val();
        self.ahead.data.next.fold = self.fold.val();
        self.ahead.data.next.pops = (self.context.at_last.val() | (!self.held_levels.val())).all();
        self.ahead.data.next.last = self.context.last.val();
        self.ahead.data.next.done = 0.into();
        if self.context.last.val() {
            self.ahead.data.next.done = self.context.signals.val();
        }

        // issue
        self.issue.next = self.ahead.valid.val()
            && self.stream_valid.val()
            && (self.folder.accept.val() || (!self.ahead.head.val().finished));
        self.issued.next = self.issue.val();
        self.ends.next = self.issue.val() && self.ahead.head.val().last;
        self.ahead.pop.next = self.issue.val();
        self.pop.next = self.issue.val() && self.ahead.head.val().pops;
        self.trf_at.next = self.ahead.head.val().at;
        self.done1.d.next = 0.into();
        if self.issue.val() {
            self.done1.d.next = self.ahead.head.val().done;
        }
        self.done.next = self.done1.q.val();

        // the stages
        self.valid.d.next = (self.valid.q.val() << self.one.val()).replace_bit(0, self.issue.val());
        self.tag1.d.next = self.ahead.head.val().tag;
        self.tag4.from.next = self.tag1.q.val();
        self.tag5.d.next = self.tag4.to.val();
        self.tag6.d.next = self.tag5.q.val();
        self.tag7.d.next = self.tag6.q.val();
        self.tag8.d.next = self.tag7.q.val();
        self.tag9.d.next = self.tag8.q.val();
        self.x4.from.next = self.stream.val();
        self.row3.d.next = self.trf_row.val();
        self.select.row.next = self.row3.q.val();
        self.select.splat.next = self.tag1.q.val().splat;
        self.select.skew.next = self.tag1.q.val().skew;
        self.select.at.next = self.tag1.q.val().at;
        self.w4.d.next = self.select.w.val();
        self.multipliers.x.next = self.x4.to.val();
        self.multipliers.w.next = self.w4.q.val();
        self.multipliers.nibbles.next = self.tag4.to.val().nibbles;
        self.level0.cells.next = self.multipliers.products.val();
        self.level0.depth.next = self.tag4.to.val().depth;
        self.r7.d.next = self.level0.sums.val();
        self.level1.cells.next = self.r7.q.val();
        self.level1.depth.next = self.tag5.q.val().depth;
        self.r8.d.next = self.level1.sums.val();
        self.level2.cells.next = self.r8.q.val();
        self.level2.depth.next = self.tag6.q.val().depth;
        self.r9.d.next = self.level2.sums.val();
        self.level3.cells.next = self.r9.q.val();
        self.level3.depth.next = self.tag7.q.val().depth;
        // Only flits of 32 bytes have a fifth level.
        self.level4.cells.next = self.level3.sums.val();
        self.level4.depth.next = self.tag7.q.val().depth;
        self.r10.d.next = self.level4.sums.val();
        if self.clears.q.val() {
            self.r10.d.next = self.nothing.val();
        }
        self.accumulators.at.next = self.tag9.q.val().slot;
        self.accumulators.write.next = self.valid.q.val().get_bit(8);
        self.accumulators.both.next = self.tag9.q.val().nibbles;
        self.accumulators.restart.next = self.tag9.q.val().restart;
        self.accumulators.scale.next = self.tag9.q.val().scale;
        self.accumulators.finished.next =
            self.valid.q.val().get_bit(8) && self.tag9.q.val().finished;
        self.accumulators.columns.next = self.r10.q.val();

        // rows: the lane folder walks ahead of them
        self.folder.row_valid.next =
            self.ahead.valid.val() && self.stream_valid.val() && self.ahead.head.val().finished;
        self.folder.params.next = self.ahead.head.val().fold;
        self.folder.willing.next = self.willing.val();
        self.flit_valid.next = self.folder.valid.val();
        self.flit_count.next = self.folder.count.val();
        self.flit_start.next = self.folder.place.val().major + self.folder.place.val().minor;
        self.taken.next = self.folder.valid.val() && self.willing.val();
        self.coming.d.next =
            (self.coming.q.val() << self.one.val()).replace_bit(0, self.taken.val());
        self.place9.from.next = self.folder.place.val();
        self.pick.place.next = self.place9.to.val();
        self.pick.row.next = self.accumulators.row.val();
        self.comes.next = self.coming.q.val().get_bit(10);
        self.values.next = self.pick.values.val();
        self.quiet.next = self.context.quiet.val()
            && (!self.ahead.valid.val())
            && (!self.valid.q.val().any())
            && (!self.folder.valid.val());
    }
}
