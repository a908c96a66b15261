//! LOAD: rows from external memory into DM.
//!
//! ```text
//! context ──> beats ──> request (up to 16 beats) ──> port          32 requests in flight
//!                 └──> [ in-flight FIFO ] ──┐
//! port ──read data──────────────────────────┴──> rotate ──> [ w1 ] ──> window write request
//! ```

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::bundle;
use crate::context::Context;
use crate::decode::{UnitSet, Word};
use crate::fifo::Fifo;
use crate::rows::Beat;
use crate::types::{Flits, U};

/// Requests whose beats may be on their way.
pub const IN_FLIGHT: usize = 32;

bundle! {
    /// A request whose beats are on their way.
    pub struct Flight {
        pub ext: U<32>,
        pub dm: U<28>,
        pub bytes: U<16>,
        pub broadcast: bool,
        /// First beat in the row, and beats.
        pub first: U<16>,
        pub beats: U<5>,
        /// Signals, if the request is its exec's last.
        pub done: UnitSet,
    }
}

bundle! {
    /// A window that waits to be written.
    pub struct LoadTag {
        pub valid: bool,
        pub at: U<28>,
        pub bytes: U<6>,
        pub broadcast: bool,
        pub done: UnitSet,
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct LoadUnit<const F: usize> {
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
    pub request: Signal<Out, bool>,
    pub request_at: Signal<Out, U<32>>,
    pub request_beats: Signal<Out, U<5>>,
    pub accepted: Signal<In, bool>,
    pub r_valid: Signal<In, bool>,
    pub r_data: Signal<In, Flits<1, F>>,
    pub r_ready: Signal<Out, bool>,
    pub write: Signal<Out, bool>,
    pub write_at: Signal<Out, U<28>>,
    pub write_bytes: Signal<Out, U<6>>,
    pub write_all: Signal<Out, bool>,
    pub write_data: Signal<Out, Flits<1, F>>,
    pub grant: Signal<In, bool>,
    pub context: Context,
    next: Beat,
    back: Beat,
    flights: Fifo<Flight>,
    sent: DFF<U<16>>,
    returned: DFF<U<5>>,
    tag1: DFF<LoadTag>,
    data1: DFF<Flits<1, F>>,
    row_done: Signal<Local, bool>,
    ready: Signal<Local, bool>,
    take: Signal<Local, bool>,
    flight_ends: Signal<Local, bool>,
}

impl<const F: usize> LoadUnit<F> {
    /// The load unit of a build.
    pub fn new(config: &Config) -> Self {
        LoadUnit {
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
            request: Default::default(),
            request_at: Default::default(),
            request_beats: Default::default(),
            accepted: Default::default(),
            r_valid: Default::default(),
            r_data: Default::default(),
            r_ready: Default::default(),
            write: Default::default(),
            write_at: Default::default(),
            write_bytes: Default::default(),
            write_all: Default::default(),
            write_data: Default::default(),
            grant: Default::default(),
            context: Context::new(config.queue),
            next: Beat::new(config),
            back: Beat::new(config),
            flights: Fifo::new(IN_FLIGHT),
            sent: Default::default(),
            returned: Default::default(),
            tag1: Default::default(),
            data1: Default::default(),
            row_done: Default::default(),
            ready: Default::default(),
            take: Default::default(),
            flight_ends: Default::default(),
        }
    }
}

impl<const F: usize> Logic for LoadUnit<F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, sent, returned, tag1, data1);
        self.context.clock.next = self.clock.val();
        self.context.reset.next = self.reset.val();
        self.flights.reset.next = self.reset.val();
        self.flights.clock.next = self.clock.val();
        self.context.push.next = self.push.val();
        self.context.word.next = self.word.val();
        self.full.next = self.context.full.val();
        self.waits.next = self.context.waits.val();
        self.context.may.next = self.may.val();
        self.start.next = self.context.start.val();
        self.active.next = self.context.valid.val();
        self.waiting.next = self.context.waiting.val();

        // requests
        self.next.ext.next = self.context.a.val();
        self.next.dm.next = self.context.b.val();
        self.next.bytes.next = self.context.dma.val().bytes;
        self.next.beat.next = self.sent.q.val();
        self.request.next = self.context.valid.val() && (!self.flights.full.val());
        self.request_at.next = self.next.ext_beat.val();
        self.request_beats.next = self.next.chunk.val();
        self.row_done.next = self.next.left.val() <= 16.into();
        self.context.step.next = self.accepted.val() && self.row_done.val();
        self.flights.write.next = self.accepted.val();
        self.flights.data.next.ext = self.context.a.val();
        self.flights.data.next.dm = self.context.b.val();
        self.flights.data.next.bytes = self.context.dma.val().bytes;
        self.flights.data.next.broadcast = self.context.dma.val().broadcast;
        self.flights.data.next.first = self.sent.q.val();
        self.flights.data.next.beats = self.next.chunk.val();
        self.flights.data.next.done = 0.into();
        if self.row_done.val() && self.context.last.val() {
            self.flights.data.next.done = self.context.signals.val();
        }
        if self.accepted.val() {
            self.sent.d.next = self.sent.q.val() + 16.into();
            if self.row_done.val() {
                self.sent.d.next = 0.into();
            }
        }

        // what comes back
        self.back.ext.next = self.flights.head.val().ext;
        self.back.dm.next = self.flights.head.val().dm;
        self.back.bytes.next = self.flights.head.val().bytes;
        self.back.beat.next =
            self.flights.head.val().first + self.returned.q.val().get_bits::<16>(0);
        self.ready.next = (!self.tag1.q.val().valid) || self.grant.val();
        self.r_ready.next = self.ready.val();
        self.take.next = self.r_valid.val() && self.ready.val();
        self.flight_ends.next = (self.returned.q.val() + 1.into()) == self.flights.head.val().beats;
        self.flights.pop.next = self.take.val() && self.flight_ends.val();
        if self.ready.val() {
            self.tag1.d.next.valid = self.r_valid.val();
            self.tag1.d.next.done = 0.into();
        }
        if self.take.val() {
            self.tag1.d.next.at = self.back.window_at.val();
            self.tag1.d.next.bytes = self.back.window_bytes.val();
            self.tag1.d.next.broadcast = self.flights.head.val().broadcast;
            self.data1.d.next = self.r_data.val() >> self.back.window_lane.val();
            self.returned.d.next = self.returned.q.val() + 1.into();
            if self.flight_ends.val() {
                self.tag1.d.next.done = self.flights.head.val().done;
                self.returned.d.next = 0.into();
            }
        }
        if self.reset.val() {
            self.sent.d.next = 0.into();
            self.returned.d.next = 0.into();
            self.tag1.d.next.valid = false;
        }
        self.write.next = self.tag1.q.val().valid;
        self.write_at.next = self.tag1.q.val().at;
        self.write_bytes.next = self.tag1.q.val().bytes;
        self.write_all.next = self.tag1.q.val().broadcast;
        self.write_data.next = self.data1.q.val();
        self.done.next = 0.into();
        if self.grant.val() {
            self.done.next = self.tag1.q.val().done;
        }
        self.quiet.next =
            self.context.quiet.val() && (!self.flights.valid.val()) && (!self.tag1.q.val().valid);
    }
}
