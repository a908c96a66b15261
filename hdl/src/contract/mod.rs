//! CONTRACT: broadcast, multiply, reduce.
//!
//! ```text
//!  stream FIFO ──> x1 ──> x2 ──> x3 ─────────> x4 ─┐
//!                                                  x ──> p5 ──> packet reducer ──> r6 ──> .. ──> r7 ──> + ──> row8
//!  TRF ──> [ ] ──> row2 ──> select ──> w3 ───> w4 ─┘            levels 0, 1             the rest        ^
//!   t      t+1     t+2                t+3      t+4       t+5                       t+6          t+7   slots   t+8
//!   L lanes                                │  A lanes: L, or 2 L where TRF bytes can be pairs of int4
//!
//!  step ──finished──> lane folder ──place──> .. seven cycles .. ──> pick ──> values
//! ```
//!
//! One step of the loop nest is one multiply of every multiplier. What a step needs to know of its nest is worked
//! out before it waits for its issue. A step that finishes a row waits for the lane folder; once issued, nothing
//! stops a step, nor a flit that was taken from the lane folder: the registers behind have no enables. Selected bytes
//! go from registers beside the TRF to those of the multipliers: the wires to all of them have a cycle of their own.

pub mod fold;
pub mod multiply;
pub mod operand;
pub mod packet;
pub mod time;

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::bundle;
use crate::context::{Context, Needs};
use crate::decode::{UnitSet, Word};
use crate::skid::Skid;
use crate::types::{Cells, Flits, Operands, ToBits, Values, U};
use fold::{FoldParams, LaneFolder, Pick, Place};
use multiply::Multipliers;
use operand::OperandSelect;
use packet::Levels;
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
    pub full: Signal<Out, bool>,
    pub waits: Signal<Out, Needs>,
    pub may: Signal<In, bool>,
    pub start: Signal<Out, bool>,
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
    pub flit_taken: Signal<In, bool>,
    /// The values of a flit that was taken come in the next cycle. By bank: see [`Pick`].
    pub comes: Signal<Out, bool>,
    pub values: Signal<Out, Values<32, S, V>>,
    /// A step is issued in this cycle.
    pub issued: Signal<Out, bool>,
    pub context: Context,
    ahead: Skid<Step>,
    select: OperandSelect<S, L, F>,
    multipliers: Multipliers<S, L, F, A>,
    head_levels: Levels<16, 18, S, A, F>,
    mid_levels: Levels<18, 20, S, A, F>,
    tail_levels: Levels<20, 22, S, A, F>,
    accumulators: Accumulators<S, A, F>,
    folder: LaneFolder,
    pick: Pick<S, A, F, V>,
    in_flit: Constant<U<5>>,
    nothing: Constant<Cells<21, S, A, F>>,
    one: Constant<U<1>>,
    /// A bit per stage that has a step, the newest lowest; the same of flits.
    valid: DFF<U<7>>,
    coming: DFF<U<7>>,
    tag1: DFF<StepTag>,
    tag2: DFF<StepTag>,
    tag3: DFF<StepTag>,
    tag4: DFF<StepTag>,
    tag5: DFF<StepTag>,
    tag6: DFF<StepTag>,
    done1: DFF<UnitSet>,
    /// The reset, a cycle later: it has a long way to the accumulators.
    clears: DFF<bool>,
    x1: DFF<Flits<S, F>>,
    x2: DFF<Flits<S, F>>,
    x3: DFF<Flits<S, F>>,
    w3: DFF<Operands<S, L, F>>,
    r6: DFF<Cells<18, S, A, F>>,
    r7: DFF<Cells<21, S, A, F>>,
    place1: DFF<Place>,
    place2: DFF<Place>,
    place3: DFF<Place>,
    place4: DFF<Place>,
    place5: DFF<Place>,
    place6: DFF<Place>,
    tag: Signal<Local, StepTag>,
    fold: Signal<Local, FoldParams>,
    finishes: Signal<Local, bool>,
    makes: Signal<Local, bool>,
    issue: Signal<Local, bool>,
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
            full: Default::default(),
            waits: Default::default(),
            may: Default::default(),
            start: Default::default(),
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
            flit_taken: Default::default(),
            comes: Default::default(),
            values: Default::default(),
            issued: Default::default(),
            context: Context::new(config.queue),
            ahead: Default::default(),
            select: OperandSelect::new(config.columns),
            multipliers: Multipliers::new(config.logic),
            head_levels: Levels::new(0, config.min_depth() as usize),
            mid_levels: Levels::new(2, config.min_depth() as usize),
            tail_levels: Levels::new(4, config.min_depth() as usize),
            accumulators: Accumulators::new(config.acc_slots, L, config.columns),
            folder: Default::default(),
            pick: Pick::new(L, config.columns),
            in_flit: Constant::new(U::new(F as u64 - 1)),
            nothing: Constant::new(Cells::default()),
            one: Constant::new(U::new(1)),
            valid: Default::default(),
            coming: Default::default(),
            tag1: Default::default(),
            tag2: Default::default(),
            tag3: Default::default(),
            tag4: Default::default(),
            tag5: Default::default(),
            tag6: Default::default(),
            done1: Default::default(),
            clears: Default::default(),
            x1: Default::default(),
            x2: Default::default(),
            x3: Default::default(),
            w3: Default::default(),
            r6: Default::default(),
            r7: Default::default(),
            place1: Default::default(),
            place2: Default::default(),
            place3: Default::default(),
            place4: Default::default(),
            place5: Default::default(),
            place6: Default::default(),
            tag: Default::default(),
            fold: Default::default(),
            finishes: Default::default(),
            makes: Default::default(),
            issue: Default::default(),
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
            self, clock, valid, coming, tag1, tag2, tag3, tag4, tag5, tag6, done1, clears, x1, x2,
            x3, w3, r6, r7, place1, place2, place3, place4, place5, place6
        );
        self.context.clock.next = self.clock.val();
        self.ahead.clock.next = self.clock.val();
        self.select.clock.next = self.clock.val();
        self.multipliers.clock.next = self.clock.val();
        self.head_levels.clock.next = self.clock.val();
        self.mid_levels.clock.next = self.clock.val();
        self.tail_levels.clock.next = self.clock.val();
        self.accumulators.clock.next = self.clock.val();
        self.folder.clock.next = self.clock.val();
        self.pick.clock.next = self.clock.val();
        self.context.reset.next = self.reset.val();
        self.ahead.reset.next = self.reset.val();
        self.folder.reset.next = self.reset.val();
        self.clears.d.next = self.reset.val();
        self.accumulators.clear.next = self.clears.q.val();
        self.context.push.next = self.push.val();
        self.context.word.next = self.word.val();
        self.full.next = self.context.full.val();
        self.waits.next = self.context.waits.val();
        self.context.may.next = self.may.val();
        self.start.next = self.context.start.val();
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
        self.tag2.d.next = self.tag1.q.val();
        self.tag3.d.next = self.tag2.q.val();
        self.tag4.d.next = self.tag3.q.val();
        self.tag5.d.next = self.tag4.q.val();
        self.tag6.d.next = self.tag5.q.val();
        self.x1.d.next = self.stream.val();
        self.x2.d.next = self.x1.q.val();
        self.x3.d.next = self.x2.q.val();
        self.w3.d.next = self.select.w.val();
        self.select.row.next = self.trf_row.val();
        self.select.splat.next = self.tag1.q.val().splat;
        self.select.skew.next = self.tag1.q.val().skew;
        self.select.at.next = self.tag1.q.val().at;
        self.multipliers.x.next = self.x3.q.val();
        self.multipliers.w.next = self.w3.q.val();
        self.multipliers.nibbles.next = self.tag3.q.val().nibbles;
        self.head_levels.cells.next = self.multipliers.products.val();
        self.head_levels.depth.next = self.tag4.q.val().depth;
        self.r6.d.next = self.head_levels.sums.val();
        self.mid_levels.cells.next = self.r6.q.val();
        self.mid_levels.depth.next = self.tag5.q.val().depth;
        self.tail_levels.cells.next = self.mid_levels.sums.val();
        self.tail_levels.depth.next = self.tag5.q.val().depth;
        // Five levels, at most.
        self.r7.d.next = self.tail_levels.sums.val().to_bits();
        if self.clears.q.val() {
            self.r7.d.next = self.nothing.val();
        }
        self.accumulators.at.next = self.tag6.q.val().slot;
        self.accumulators.write.next = self.valid.q.val().get_bit(5);
        self.accumulators.both.next = self.tag6.q.val().nibbles;
        self.accumulators.restart.next = self.tag6.q.val().restart;
        self.accumulators.scale.next = self.tag6.q.val().scale;
        self.accumulators.finished.next =
            self.valid.q.val().get_bit(5) && self.tag6.q.val().finished;
        self.accumulators.columns.next = self.r7.q.val();

        // rows: the lane folder walks ahead of them
        self.folder.row_valid.next =
            self.ahead.valid.val() && self.stream_valid.val() && self.ahead.head.val().finished;
        self.folder.params.next = self.ahead.head.val().fold;
        self.folder.taken.next = self.flit_taken.val();
        self.flit_valid.next = self.folder.valid.val();
        self.flit_count.next = self.folder.count.val();
        self.flit_start.next = self.folder.place.val().major + self.folder.place.val().minor;
        self.coming.d.next =
            (self.coming.q.val() << self.one.val()).replace_bit(0, self.flit_taken.val());
        self.place1.d.next = self.folder.place.val();
        self.place2.d.next = self.place1.q.val();
        self.place3.d.next = self.place2.q.val();
        self.place4.d.next = self.place3.q.val();
        self.place5.d.next = self.place4.q.val();
        self.place6.d.next = self.place5.q.val();
        self.pick.place.next = self.place6.q.val();
        self.pick.row.next = self.accumulators.row.val();
        self.comes.next = self.coming.q.val().get_bit(6);
        self.values.next = self.pick.values.val();
        self.quiet.next = self.context.quiet.val()
            && (!self.ahead.valid.val())
            && (!self.valid.q.val().any())
            && (!self.folder.valid.val());
    }
}
