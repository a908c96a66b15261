//! COMMIT: requantises values and writes them into DM.
//!
//! ```text
//! step ──place──> [ places ] ───────────────────────────────────────────────────────> window write request
//!    └──factor, turn──> [ factors ], [ turns ] ──> requantise, turn ──> [ windows ] ──^
//! folder ── .. ──────────────────values (twelve cycles later) ──^
//! ```
//!
//! A step takes a flit from the lane folder, long before its values are there, when its window is sure to have a
//! place at the end: `places` has a word for each window that is on its way or waits for its grant. Nothing that
//! waits for a grant holds anything up before that queue is full, and nothing behind a step ever stops.

pub mod requant;

use rust_hdl::prelude::*;
use tcpu_isa::pipeline::PLACES;
use tcpu_isa::Config;

use crate::bundle;
use crate::context::Context;
use crate::decode::{CommitParams, UnitSet, Word};
use crate::dm::Banks;
use crate::fifo::Fifo;
use crate::skid::Skid;
use crate::types::{Flits, Values, U};
use requant::Requant;

bundle! {
    /// A step that waits for its flit.
    pub struct CommitStep {
        pub at: U<32>,
        pub params: CommitParams,
        /// The flit is its exec's last: and its signals.
        pub last: bool,
        pub done: UnitSet,
    }
}

bundle! {
    /// A flit that was taken: where it goes, how many values it has, the bank of the first one, its type.
    pub struct TakenFlit {
        pub at: U<32>,
        pub count: U<6>,
        pub start: U<6>,
        pub out: U<2>,
        pub done: UnitSet,
    }
}

bundle! {
    /// Of where a window goes, what decides, or has far to go, in the cycle of its grant.
    pub struct CommitPlace {
        /// The window's first byte in a pair of DM's rows, and its end from the beginning of its first row.
        pub first: U<6>,
        pub end: U<6>,
        pub banks: U<16>,
        /// Words of 4 bytes by which its flit is still to be turned left in DM's rows.
        pub turn: U<4>,
    }
}

bundle! {
    /// The rest of it.
    pub struct CommitTarget {
        /// The address without the bits that are in `first`.
        pub rows: U<26>,
        pub done: UnitSet,
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct CommitUnit<const S: usize, const F: usize, const V: usize> {
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
    /// A flit can be taken: its values' number, and the bank of its first one.
    pub flit_valid: Signal<In, bool>,
    pub flit_count: Signal<In, U<6>>,
    pub flit_start: Signal<In, U<6>>,
    /// A register: the next flit is taken as soon as there is one.
    pub willing: Signal<Out, bool>,
    /// The values of the oldest flit whose values were not announced come in the next cycle.
    pub comes: Signal<In, bool>,
    pub values: Signal<In, Values<32, S, V>>,
    pub request: Signal<Out, bool>,
    pub request_at: Signal<Out, U<32>>,
    /// Where the window ends, from the beginning of its first row.
    pub request_end: Signal<Out, U<6>>,
    pub request_banks: Signal<Out, U<16>>,
    pub request_turn: Signal<Out, U<6>>,
    pub request_data: Signal<Out, Flits<S, F>>,
    pub grant: Signal<In, bool>,
    pub context: Context,
    ahead: Skid<CommitStep>,
    touched: Banks,
    places: Fifo<CommitPlace>,
    /// As many words as `places`. A grant reaches few registers.
    targets: Fifo<CommitTarget>,
    factors: Fifo<CommitParams>,
    /// Bytes by which each flit is turned left in DM's rows, but for whole words: half of the turn is made before the
    /// window waits, so that neither what packs it nor what takes it has the whole of it in a cycle.
    turns: Fifo<U<2>>,
    windows: Fifo<Flits<S, F>>,
    requant: Requant<S, F, V>,
    /// Flits between the lane folder and DM.
    many: DFF<U<5>>,
    /// There is a step for the next flit, and a place.
    takes_next: DFF<bool>,
    /// A flit was taken in the cycle before: which.
    entered: DFF<bool>,
    flit_in: DFF<TakenFlit>,
    placing: DFF<bool>,
    place_in: DFF<CommitPlace>,
    target_in: DFF<CommitTarget>,
    turn_in: DFF<U<2>>,
    finished: DFF<UnitSet>,
    /// A bit per stage that has a flit, the newest lowest.
    valid: DFF<U<9>>,
    one: Constant<U<1>>,
    /// Addresses are modulo the memory.
    in_memory: Constant<U<32>>,
    four_bytes: Constant<U<2>>,
    word_bits: Constant<U<2>>,
    first_bits: Constant<U<3>>,
    in_flit: Constant<U<6>>,
    flit: Constant<U<6>>,
    params: Signal<Local, CommitParams>,
    size: Signal<Local, U<2>>,
    bytes: Signal<Local, U<6>>,
    turn: Signal<Local, U<6>>,
    enter: Signal<Local, bool>,
    crowded: Signal<Local, bool>,
    stays: Signal<Local, bool>,
    all_places: Constant<U<5>>,
    last_place: Constant<U<5>>,
}

impl<const S: usize, const F: usize, const V: usize> CommitUnit<S, F, V> {
    /// The commit unit of a build.
    pub fn new(config: &Config) -> Self {
        CommitUnit {
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
            flit_valid: Default::default(),
            flit_count: Default::default(),
            flit_start: Default::default(),
            willing: Default::default(),
            comes: Default::default(),
            values: Default::default(),
            request: Default::default(),
            request_at: Default::default(),
            request_end: Default::default(),
            request_banks: Default::default(),
            request_turn: Default::default(),
            request_data: Default::default(),
            grant: Default::default(),
            context: Context::new(config.queue, config.flit),
            ahead: Default::default(),
            touched: Banks::new(config),
            places: Fifo::registered(PLACES),
            targets: Fifo::deep_front(PLACES, F),
            factors: Fifo::new(PLACES),
            turns: Fifo::new(PLACES),
            windows: Fifo::in_parts(PLACES, S),
            requant: Default::default(),
            many: Default::default(),
            takes_next: Default::default(),
            entered: Default::default(),
            flit_in: Default::default(),
            placing: Default::default(),
            place_in: Default::default(),
            target_in: Default::default(),
            turn_in: Default::default(),
            finished: Default::default(),
            valid: Default::default(),
            one: Constant::new(U::new(1)),
            in_memory: Constant::new(U::new(config.dm_bytes() as u64 - 1)),
            four_bytes: Constant::new(U::new(2)),
            word_bits: Constant::new(U::new(2)),
            first_bits: Constant::new(U::new(6)),
            in_flit: Constant::new(U::new(F as u64 - 1)),
            flit: Constant::new(U::new(F as u64)),
            params: Default::default(),
            size: Default::default(),
            bytes: Default::default(),
            turn: Default::default(),
            enter: Default::default(),
            crowded: Default::default(),
            stays: Default::default(),
            all_places: Constant::new(U::new(PLACES as u64)),
            last_place: Constant::new(U::new(PLACES as u64 - 1)),
        }
    }
}

impl<const S: usize, const F: usize, const V: usize> Logic for CommitUnit<S, F, V> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, many, takes_next, entered, flit_in, placing, place_in, target_in, turn_in,
            valid, finished
        );
        self.context.clock.next = self.clock.val();
        self.ahead.clock.next = self.clock.val();
        self.places.clock.next = self.clock.val();
        self.targets.clock.next = self.clock.val();
        self.factors.clock.next = self.clock.val();
        self.turns.clock.next = self.clock.val();
        self.windows.clock.next = self.clock.val();
        self.requant.clock.next = self.clock.val();
        self.context.reset.next = self.reset.val();
        self.ahead.reset.next = self.reset.val();
        self.places.reset.next = self.reset.val();
        self.targets.reset.next = self.reset.val();
        self.factors.reset.next = self.reset.val();
        self.turns.reset.next = self.reset.val();
        self.windows.reset.next = self.reset.val();
        self.context.push.next = self.push.val();
        self.context.word.next = self.word.val();
        self.filling.next = self.context.filling.val();
        self.waits.next = self.context.waits.val();
        self.context.may.next = self.may.val();
        self.takes.next = self.context.takes.val();
        self.active.next = self.ahead.valid.val();
        self.waiting.next = self.context.waiting.val() && (!self.ahead.valid.val());

        // the next step
        self.context.step.next = self.context.valid.val() && self.ahead.ready.val();
        self.ahead.push.next = self.context.valid.val() && self.ahead.ready.val();
        self.ahead.data.next.at = self.context.a.val() & self.in_memory.val();
        self.ahead.data.next.params = self.context.commit.val();
        self.ahead.data.next.last = self.context.last.val();
        self.ahead.data.next.done = 0.into();
        if self.context.last.val() {
            self.ahead.data.next.done = self.context.signals.val();
        }

        // a flit is taken
        self.enter.next = self.flit_valid.val() && self.takes_next.q.val();
        self.willing.next = self.takes_next.q.val();
        self.ends.next = self.enter.val() && self.ahead.head.val().last;
        self.ahead.pop.next = self.enter.val();
        self.entered.d.next = self.enter.val();
        if self.enter.val() && (!self.grant.val()) {
            self.many.d.next = self.many.q.val() + 1.into();
        }
        if self.grant.val() && (!self.enter.val()) {
            self.many.d.next = self.many.q.val() - 1.into();
        }
        // A grant is known late, and makes room a cycle later.
        self.crowded.next = (self.many.q.val() == self.all_places.val())
            || (self.enter.val() && (self.many.q.val() == self.last_place.val()));
        // The skid buffer's next word: one that waits behind the first, or that comes.
        self.stays.next = self.context.valid.val()
            || (!self.ahead.ready.val())
            || (self.ahead.valid.val() && (!self.enter.val()));
        self.takes_next.d.next = self.stays.val() && (!self.crowded.val());
        self.placing.d.next = self.entered.q.val();
        if self.reset.val() {
            self.many.d.next = 0.into();
            self.takes_next.d.next = false;
            self.entered.d.next = false;
            self.placing.d.next = false;
        }
        self.params.next = self.ahead.head.val().params;
        self.flit_in.d.next.at = self.ahead.head.val().at;
        self.flit_in.d.next.count = self.flit_count.val();
        self.flit_in.d.next.start = self.flit_start.val();
        self.flit_in.d.next.out = self.params.val().out;
        self.flit_in.d.next.done = self.ahead.head.val().done;

        // a cycle later: its place, and one more: into the queue
        self.size.next = self.flit_in.q.val().out;
        if self.flit_in.q.val().out == 3.into() {
            self.size.next = self.four_bytes.val();
        }
        self.bytes.next = self.flit_in.q.val().count << self.size.val();
        self.touched.at.next = self.flit_in.q.val().at;
        self.touched.leaves_row.next = (self.flit_in.q.val().at.get_bits::<6>(0)
            & self.in_flit.val())
            > (self.flit.val() - self.bytes.val());
        self.place_in.d.next.first = self.flit_in.q.val().at.get_bits::<6>(0);
        self.place_in.d.next.end =
            (self.flit_in.q.val().at.get_bits::<6>(0) & self.in_flit.val()) + self.bytes.val();
        self.target_in.d.next.rows = self.flit_in.q.val().at.get_bits::<26>(6);
        self.place_in.d.next.banks = self.touched.banks.val();
        self.turn.next = (self.flit_in.q.val().at.get_bits::<6>(0)
            - (self.flit_in.q.val().start << self.size.val()))
            & self.in_flit.val();
        self.turn_in.d.next = self.turn.val().get_bits::<2>(0);
        self.place_in.d.next.turn = (self.turn.val() >> self.word_bits.val()).get_bits::<4>(0);
        self.target_in.d.next.done = self.flit_in.q.val().done;
        self.places.write.next = self.placing.q.val();
        self.places.data.next = self.place_in.q.val();
        self.targets.write.next = self.placing.q.val();
        self.targets.data.next = self.target_in.q.val();
        self.turns.write.next = self.placing.q.val();
        self.turns.data.next = self.turn_in.q.val();
        self.factors.write.next = self.enter.val();
        self.factors.data.next = self.params.val();

        // its values
        self.factors.pop.next = self.comes.val();
        self.turns.pop.next = self.comes.val();
        self.valid.d.next = (self.valid.q.val() << self.one.val()).replace_bit(0, self.comes.val());
        self.requant.values.next = self.values.val();
        self.requant.out.next = self.factors.head.val().out;
        self.requant.mult.next = self.factors.head.val().mult;
        self.requant.shift.next = self.factors.head.val().shift;
        self.requant.turn.next = self.turns.head.val();
        self.windows.write.next = self.valid.q.val().get_bit(8);
        self.windows.data.next = self.requant.bytes.val();

        // its window
        self.request.next = self.windows.valid.val();
        self.request_at.next = (self.targets.head.val().rows.get_bits::<32>(0)
            << self.first_bits.val())
            | self.places.head.val().first.get_bits::<32>(0);
        self.request_end.next = self.places.head.val().end;
        self.request_banks.next = self.places.head.val().banks;
        self.request_turn.next =
            self.places.head.val().turn.get_bits::<6>(0) << self.word_bits.val();
        self.request_data.next = self.windows.head.val();
        self.windows.pop.next = self.grant.val();
        self.places.pop.next = self.grant.val();
        self.targets.pop.next = self.grant.val();
        self.finished.d.next = 0.into();
        if self.grant.val() {
            self.finished.d.next = self.targets.head.val().done;
        }
        self.done.next = self.finished.q.val();
        self.quiet.next = self.context.quiet.val()
            && (!self.ahead.valid.val())
            && (!self.many.q.val().any())
            && (!self.finished.q.val().any());
    }
}
