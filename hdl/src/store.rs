//! STORE: rows from DM to external memory.
//!
//! ```text
//! context ──> rows ──> [ skid ] ──> window read request ──> DM ──> [ data FIFO, 16 beats ] ──> port (data)
//!                          └──first beat of a chunk──> [ opened ] ──> [ request FIFO, 8 ] ──> port (request)
//! ```
//!
//! That there is room for a beat, or for a request, is known a cycle ahead: a window asks for its grant behind one look.

use rust_hdl::prelude::*;
use tcpu_isa::pipeline::{STORE_BEATS, STORE_READ_CYCLES, STORE_REQUESTS};
use tcpu_isa::Config;

use crate::bundle;
use crate::context::Context;
use crate::decode::{UnitSet, Word};
use crate::delay::Delay;
use crate::dm::Banks;
use crate::fifo::Fifo;
use crate::rows::RowWalk;
use crate::skid::Skid;
use crate::types::{Flits, ToBits, U};

bundle! {
    /// A request that waits for the port.
    pub struct WriteRequest {
        pub at: U<32>,
        pub beats: U<5>,
    }
}

bundle! {
    /// A window that waits to be read: what decides in the cycle of its grant.
    pub struct StoreRead {
        pub banks: U<16>,
        /// The last one of its exec.
        pub last: bool,
        /// It opens a request.
        pub opens: bool,
    }
}

bundle! {
    /// The rest of it.
    pub struct StoreWindow {
        pub at: U<28>,
        /// By how much DM turns its answer, so that the window is where it belongs in its beat.
        pub turn: U<6>,
        /// The request of so many beats to there, if it opens one.
        pub ext: U<32>,
        pub beats: U<5>,
        pub tag: StoreTag,
    }
}

bundle! {
    /// What travels with a beat.
    pub struct Strobe {
        /// The bytes that are written, a bit each.
        pub bytes: U<32>,
        pub done: UnitSet,
    }
}

bundle! {
    /// Half of the way from a tag to a strobe.
    pub struct StoreMask {
        /// As many ones as bytes are written, and where they begin.
        pub ones: U<32>,
        pub lane: U<6>,
        pub done: UnitSet,
    }
}

bundle! {
    /// What travels beside a beat.
    pub struct StoreTag {
        /// First byte of the beat that is written, and how many.
        pub lane: U<6>,
        pub bytes: U<6>,
        pub done: UnitSet,
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct StoreUnit<const F: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    pub push: Signal<In, bool>,
    pub word: Signal<In, Word>,
    pub filling: Signal<Out, bool>,
    pub waits: Signal<Out, UnitSet>,
    pub may: Signal<In, bool>,
    pub takes: Signal<Out, UnitSet>,
    /// The exec that is active makes its last step.
    pub ends: Signal<Out, bool>,
    pub done: Signal<Out, UnitSet>,
    pub quiet: Signal<Out, bool>,
    /// An exec runs; none runs and the next one waits for a semaphore.
    pub active: Signal<Out, bool>,
    pub waiting: Signal<Out, bool>,
    pub read: Signal<Out, bool>,
    pub read_at: Signal<Out, U<28>>,
    pub read_banks: Signal<Out, U<16>>,
    pub read_turn: Signal<Out, U<6>>,
    pub grant: Signal<In, bool>,
    pub data: Signal<In, Flits<1, F>>,
    pub request: Signal<Out, bool>,
    pub request_at: Signal<Out, U<32>>,
    pub request_beats: Signal<Out, U<5>>,
    pub accepted: Signal<In, bool>,
    pub w_valid: Signal<Out, bool>,
    pub w_data: Signal<Out, Flits<1, F>>,
    /// A bit per byte that is written.
    pub w_strb: Signal<Out, U<32>>,
    pub w_ready: Signal<In, bool>,
    pub context: Context,
    rows: RowWalk,
    touched: Banks,
    ahead: Skid<StoreRead>,
    /// As many words as `ahead`. A grant reaches few registers.
    reads: Fifo<StoreWindow>,
    requests: Fifo<WriteRequest>,
    beats: Fifo<Flits<1, F>>,
    strobes: Fifo<Strobe>,
    reserved: DFF<U<5>>,
    /// There is no room for another beat, or for another request.
    stalls: DFF<bool>,
    /// A request was opened in the cycle before.
    opened1: DFF<bool>,
    request1: DFF<WriteRequest>,
    /// A bit per stage that has a window, the newest lowest.
    moving: DFF<U<6>>,
    tag1: DFF<StoreTag>,
    mask2: DFF<StoreMask>,
    strobe6: Delay<Strobe>,
    finished: DFF<UnitSet>,
    makes: Signal<Local, bool>,
    bytes: Signal<Local, U<6>>,
    tag: Signal<Local, StoreTag>,
    leaves: Signal<Local, bool>,
    opens: Signal<Local, bool>,
    claimed: Signal<Local, U<4>>,
    no_beat: Signal<Local, bool>,
    no_request: Signal<Local, bool>,
    ones: Constant<U<32>>,
    one: Constant<U<1>>,
}

impl<const F: usize> StoreUnit<F> {
    /// The store unit of a build.
    pub fn new(config: &Config) -> Self {
        StoreUnit {
            clock: Default::default(),
            reset: Default::default(),
            push: Default::default(),
            word: Default::default(),
            filling: Default::default(),
            waits: Default::default(),
            may: Default::default(),
            takes: Default::default(),
            ends: Default::default(),
            done: Default::default(),
            quiet: Default::default(),
            active: Default::default(),
            waiting: Default::default(),
            read: Default::default(),
            read_at: Default::default(),
            read_banks: Default::default(),
            read_turn: Default::default(),
            grant: Default::default(),
            data: Default::default(),
            request: Default::default(),
            request_at: Default::default(),
            request_beats: Default::default(),
            accepted: Default::default(),
            w_valid: Default::default(),
            w_data: Default::default(),
            w_strb: Default::default(),
            w_ready: Default::default(),
            context: Context::new(config.queue, config.flit),
            rows: RowWalk::by_beats(config),
            touched: Banks::new(config),
            ahead: Default::default(),
            reads: Fifo::buffer(F),
            requests: Fifo::new(STORE_REQUESTS),
            beats: Fifo::new(STORE_BEATS),
            strobes: Fifo::new(STORE_BEATS),
            reserved: Default::default(),
            stalls: Default::default(),
            opened1: Default::default(),
            request1: Default::default(),
            moving: Default::default(),
            tag1: Default::default(),
            mask2: Default::default(),
            strobe6: Delay::new(STORE_READ_CYCLES - 2),
            finished: Default::default(),
            makes: Default::default(),
            bytes: Default::default(),
            tag: Default::default(),
            leaves: Default::default(),
            opens: Default::default(),
            claimed: Default::default(),
            no_beat: Default::default(),
            no_request: Default::default(),
            ones: Constant::new(U::new(u64::MAX)),
            one: Constant::new(U::new(1)),
        }
    }
}

impl<const F: usize> Logic for StoreUnit<F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, reserved, stalls, opened1, request1, moving, tag1, mask2, finished);
        self.strobe6.clock.next = self.clock.val();
        self.context.clock.next = self.clock.val();
        self.rows.clock.next = self.clock.val();
        self.ahead.clock.next = self.clock.val();
        self.reads.clock.next = self.clock.val();
        self.context.reset.next = self.reset.val();
        self.rows.reset.next = self.reset.val();
        self.ahead.reset.next = self.reset.val();
        self.reads.reset.next = self.reset.val();
        self.requests.reset.next = self.reset.val();
        self.beats.reset.next = self.reset.val();
        self.strobes.reset.next = self.reset.val();
        self.requests.clock.next = self.clock.val();
        self.beats.clock.next = self.clock.val();
        self.strobes.clock.next = self.clock.val();
        self.context.push.next = self.push.val();
        self.context.word.next = self.word.val();
        self.filling.next = self.context.filling.val();
        self.waits.next = self.context.waits.val();
        self.context.may.next = self.may.val();
        self.takes.next = self.context.takes.val();
        self.active.next = self.ahead.valid.val();
        self.waiting.next =
            self.context.waiting.val() && (!self.rows.valid.val()) && (!self.ahead.valid.val());

        // the next window
        self.context.step.next = self.context.valid.val() && self.rows.ready.val();
        self.rows.push.next = self.context.valid.val();
        self.rows.ext.next = self.context.a.val();
        self.rows.dm.next = self.context.b.val();
        self.rows.loads.next = self.context.loads.val();
        self.rows.bytes.next = self.context.upcoming_bytes.val();
        self.rows.row_broadcast.next = self.context.dma.val().broadcast;
        self.rows.row_last.next = self.context.last.val();
        self.rows.signals.next = self.context.signals.val();
        self.makes.next = self.rows.valid.val() && self.ahead.ready.val();
        self.rows.step.next = self.makes.val();
        self.bytes.next = self.rows.end.val() - self.rows.lane.val();
        self.touched.at.next = self.rows.at.val().to_bits();
        self.touched.leaves_row.next = self.rows.leaves_row.val();
        self.ahead.push.next = self.makes.val();
        self.reads.write.next = self.makes.val();
        self.reads.data.next.at = self.rows.at.val();
        self.ahead.data.next.banks = self.touched.banks.val();
        self.reads.data.next.turn = self.rows.turn.val();
        self.ahead.data.next.opens = self.rows.opens.val();
        self.reads.data.next.ext = self.rows.ext_beat.val();
        self.reads.data.next.beats = self.rows.beats.val();
        self.tag.next.lane = self.rows.lane.val();
        self.tag.next.bytes = self.bytes.val();
        self.tag.next.done = self.rows.done.val();
        self.ahead.data.next.last = self.rows.last.val();
        self.reads.data.next.tag = self.tag.val();

        // DM side
        self.read.next = self.ahead.valid.val() && (!self.stalls.q.val());
        self.read_at.next = self.reads.head.val().at;
        self.read_banks.next = self.ahead.head.val().banks;
        self.read_turn.next = self.reads.head.val().turn;
        self.ahead.pop.next = self.grant.val();
        self.reads.pop.next = self.grant.val();
        self.ends.next = self.grant.val() && self.ahead.head.val().last;
        self.opens.next = self.grant.val() && self.ahead.head.val().opens;
        self.opened1.d.next = self.opens.val();
        self.request1.d.next.at = self.reads.head.val().ext;
        self.request1.d.next.beats = self.reads.head.val().beats;
        self.requests.write.next = self.opened1.q.val();
        self.requests.data.next = self.request1.q.val();
        self.moving.d.next =
            (self.moving.q.val() << self.one.val()).replace_bit(0, self.grant.val());
        self.tag1.d.next = self.reads.head.val().tag;
        self.mask2.d.next.ones = !(self.ones.val() << self.tag1.q.val().bytes);
        self.mask2.d.next.lane = self.tag1.q.val().lane;
        self.mask2.d.next.done = self.tag1.q.val().done;
        self.strobe6.from.next.bytes = self.mask2.q.val().ones << self.mask2.q.val().lane;
        self.strobe6.from.next.done = self.mask2.q.val().done;
        self.beats.write.next = self.moving.q.val().get_bit(5);
        self.beats.data.next = self.data.val();
        self.strobes.write.next = self.moving.q.val().get_bit(5);
        self.strobes.data.next = self.strobe6.to.val();

        // port side
        self.request.next = self.requests.valid.val();
        self.request_at.next = self.requests.head.val().at;
        self.request_beats.next = self.requests.head.val().beats;
        self.requests.pop.next = self.accepted.val();
        self.w_valid.next = self.beats.valid.val();
        self.w_data.next = self.beats.head.val();
        self.w_strb.next = self.strobes.head.val().bytes;
        self.leaves.next = self.beats.valid.val() && self.w_ready.val();
        self.beats.pop.next = self.leaves.val();
        self.strobes.pop.next = self.leaves.val();
        self.finished.d.next = 0.into();
        if self.leaves.val() {
            self.finished.d.next = self.strobes.head.val().done;
        }
        self.done.next = self.finished.q.val();
        if self.grant.val() && (!self.leaves.val()) {
            self.reserved.d.next = self.reserved.q.val() + 1.into();
        }
        if self.leaves.val() && (!self.grant.val()) {
            self.reserved.d.next = self.reserved.q.val() - 1.into();
        }
        // How it will be in the next cycle, if nothing leaves: grants come late, and only choose; what leaves comes from
        // far away, and makes room a cycle later.
        self.no_beat.next = self.reserved.q.val().get_bit(4)
            || (self.grant.val() && (self.reserved.q.val() == 15.into()));
        self.claimed.next = self.requests.count.val().get_bits::<4>(0);
        if self.opened1.q.val() {
            self.claimed.next = self.requests.count.val().get_bits::<4>(0) + 1.into();
        }
        self.no_request.next =
            self.claimed.val().get_bit(3) || (self.opens.val() && (self.claimed.val() == 7.into()));
        self.stalls.d.next = self.no_beat.val() || self.no_request.val();
        if self.reset.val() {
            self.reserved.d.next = 0.into();
            self.stalls.d.next = false;
            self.opened1.d.next = false;
            self.moving.d.next = 0.into();
        }
        // A request that was just opened is beside its first beat.
        self.quiet.next = self.context.quiet.val()
            && (!self.rows.valid.val())
            && (!self.ahead.valid.val())
            && (!self.moving.q.val().any())
            && (!self.beats.valid.val())
            && (!self.requests.valid.val())
            && (!self.finished.q.val().any());
    }
}
