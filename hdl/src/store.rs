//! STORE: rows from DM to external memory.
//!
//! ```text
//! context ──> beats ──> window read request ──> DM ──> rotate ──> [ data FIFO, 8 beats ] ──> port (data)
//!                 └──first beat of a chunk──> [ request FIFO, 8 ] ──────────────────────> port (request)
//! ```

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::bundle;
use crate::context::Context;
use crate::decode::{UnitSet, Word};
use crate::fifo::Fifo;
use crate::rows::Beat;
use crate::types::{Flits, ToBits, U};

bundle! {
    /// A request that waits for the port.
    pub struct WriteRequest {
        pub at: U<32>,
        pub beats: U<5>,
    }
}

bundle! {
    /// What travels beside a beat.
    pub struct StoreTag {
        pub valid: bool,
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
    pub full: Signal<Out, bool>,
    pub waits: Signal<Out, UnitSet>,
    pub may: Signal<In, bool>,
    pub start: Signal<Out, bool>,
    pub done: Signal<Out, UnitSet>,
    pub quiet: Signal<Out, bool>,
    /// An exec runs; none runs and the next one waits for a semaphore.
    pub active: Signal<Out, bool>,
    pub waiting: Signal<Out, bool>,
    pub read: Signal<Out, bool>,
    pub read_at: Signal<Out, U<28>>,
    pub read_bytes: Signal<Out, U<6>>,
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
    beat: Beat,
    requests: Fifo<WriteRequest>,
    beats: Fifo<Flits<1, F>>,
    tags: Fifo<StoreTag>,
    sent: DFF<U<16>>,
    reserved: DFF<U<4>>,
    tag1: DFF<StoreTag>,
    opens: Signal<Local, bool>,
    row_done: Signal<Local, bool>,
    leaves: Signal<Local, bool>,
    one: Constant<U<33>>,
    mask: Signal<Local, U<33>>,
}

impl<const F: usize> StoreUnit<F> {
    /// The store unit of a build.
    pub fn new(config: &Config) -> Self {
        StoreUnit {
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
            read: Default::default(),
            read_at: Default::default(),
            read_bytes: Default::default(),
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
            context: Context::new(config.queue),
            beat: Beat::new(config),
            requests: Fifo::new(8),
            beats: Fifo::new(8),
            tags: Fifo::new(8),
            sent: Default::default(),
            reserved: Default::default(),
            tag1: Default::default(),
            opens: Default::default(),
            row_done: Default::default(),
            leaves: Default::default(),
            one: Constant::new(U::new(1)),
            mask: Default::default(),
        }
    }
}

impl<const F: usize> Logic for StoreUnit<F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, sent, reserved, tag1);
        self.context.clock.next = self.clock.val();
        self.context.reset.next = self.reset.val();
        self.requests.reset.next = self.reset.val();
        self.beats.reset.next = self.reset.val();
        self.tags.reset.next = self.reset.val();
        self.requests.clock.next = self.clock.val();
        self.beats.clock.next = self.clock.val();
        self.tags.clock.next = self.clock.val();
        self.context.push.next = self.push.val();
        self.context.word.next = self.word.val();
        self.full.next = self.context.full.val();
        self.waits.next = self.context.waits.val();
        self.context.may.next = self.may.val();
        self.start.next = self.context.start.val();
        self.active.next = self.context.valid.val();
        self.waiting.next = self.context.waiting.val();

        // DM side
        self.beat.ext.next = self.context.a.val();
        self.beat.dm.next = self.context.b.val();
        self.beat.bytes.next = self.context.dma.val().bytes;
        self.beat.beat.next = self.sent.q.val();
        self.opens.next = self.sent.q.val().get_bits::<4>(0) == 0.into();
        self.row_done.next = self.beat.left.val() == 1.into();
        self.read.next = self.context.valid.val()
            && (self.reserved.q.val() < 8.into())
            && ((!self.opens.val()) || (!self.requests.full.val()));
        self.read_at.next = self.beat.window_at.val();
        self.read_bytes.next = self.beat.window_bytes.val();
        self.context.step.next = self.grant.val() && self.row_done.val();
        self.requests.write.next = self.grant.val() && self.opens.val();
        self.requests.data.next.at = self.beat.ext_beat.val();
        self.requests.data.next.beats = self.beat.chunk.val();
        self.tag1.d.next.valid = self.grant.val();
        self.tag1.d.next.lane = self.beat.window_lane.val();
        self.tag1.d.next.bytes = self.beat.window_bytes.val();
        self.tag1.d.next.done = 0.into();
        if self.grant.val() {
            self.sent.d.next = self.sent.q.val() + 1.into();
            if self.row_done.val() {
                self.sent.d.next = 0.into();
                if self.context.last.val() {
                    self.tag1.d.next.done = self.context.signals.val();
                }
            }
        }
        self.beats.write.next = self.tag1.q.val().valid;
        self.beats.data.next = self.data.val() << self.tag1.q.val().lane;
        self.tags.write.next = self.tag1.q.val().valid;
        self.tags.data.next = self.tag1.q.val();

        // port side
        self.request.next = self.requests.valid.val();
        self.request_at.next = self.requests.head.val().at;
        self.request_beats.next = self.requests.head.val().beats;
        self.requests.pop.next = self.accepted.val();
        self.w_valid.next = self.beats.valid.val();
        self.w_data.next = self.beats.head.val();
        self.mask.next = ((self.one.val() << self.tags.head.val().bytes) - self.one.val())
            << self.tags.head.val().lane;
        self.w_strb.next = self.mask.val().to_bits();
        self.leaves.next = self.beats.valid.val() && self.w_ready.val();
        self.beats.pop.next = self.leaves.val();
        self.tags.pop.next = self.leaves.val();
        self.done.next = 0.into();
        if self.leaves.val() {
            self.done.next = self.tags.head.val().done;
        }
        if self.grant.val() && (!self.leaves.val()) {
            self.reserved.d.next = self.reserved.q.val() + 1.into();
        }
        if self.leaves.val() && (!self.grant.val()) {
            self.reserved.d.next = self.reserved.q.val() - 1.into();
        }
        if self.reset.val() {
            self.sent.d.next = 0.into();
            self.reserved.d.next = 0.into();
            self.tag1.d.next.valid = false;
        }
        self.quiet.next = self.context.quiet.val()
            && (!self.tag1.q.val().valid)
            && (!self.beats.valid.val())
            && (!self.requests.valid.val());
    }
}
