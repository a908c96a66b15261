//! LOAD: rows from external memory into DM.
//!
//! ```text
//! context ──> rows ──> [ skid ] ──> request (up to 16 beats) ──> port     32 requests in flight
//!                          └──> [ in-flight FIFO ] ──> [ flight ] ──┐
//! port ──read data──> turn, by up to three bytes ────────────────────┴──> [ skid ] ──> window write request
//! ```

use rust_hdl::prelude::*;
use tcpu_isa::pipeline::IN_FLIGHT;
use tcpu_isa::Config;

use crate::bundle;
use crate::context::Context;
use crate::decode::{UnitSet, Word};
use crate::dm::Banks;
use crate::fifo::Fifo;
use crate::rows::RowWalk;
use crate::skid::Skid;
use crate::turn::Turn;
use crate::types::{Flits, U};

bundle! {
    /// A request whose beats are on their way: what becomes of them.
    pub struct Flight {
        /// DM address of its first byte, and that byte's place in the first beat.
        pub at: U<28>,
        pub lane: U<6>,
        pub beats: U<5>,
        /// Where its bytes end in the last beat.
        pub end: U<6>,
        /// By how much its beats are turned, so that their bytes are where they belong in DM's rows; the next beat's window
        /// goes on behind a row.
        pub turn: U<6>,
        pub leaves_row: bool,
        pub broadcast: bool,
        /// Signals, if the request is its exec's last.
        pub done: UnitSet,
    }
}

bundle! {
    /// A request that waits for the port.
    pub struct ReadRequest {
        pub at: U<32>,
        pub beats: U<5>,
        /// The last one of its exec.
        pub last: bool,
        pub flight: Flight,
    }
}

bundle! {
    /// A window that waits to be written.
    pub struct LoadTag {
        pub at: U<28>,
        /// Where it ends, from the beginning of its first row.
        pub end: U<6>,
        pub banks: U<16>,
        /// Words of 4 bytes by which DM turns the beat, which is turned by less than that already.
        pub turn: U<4>,
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
    pub request: Signal<Out, bool>,
    pub request_at: Signal<Out, U<32>>,
    pub request_beats: Signal<Out, U<5>>,
    pub accepted: Signal<In, bool>,
    pub r_valid: Signal<In, bool>,
    pub r_data: Signal<In, Flits<1, F>>,
    pub r_ready: Signal<Out, bool>,
    pub write: Signal<Out, bool>,
    pub write_at: Signal<Out, U<28>>,
    /// Where the window ends, from the beginning of its first row.
    pub write_end: Signal<Out, U<6>>,
    pub write_banks: Signal<Out, U<16>>,
    pub write_turn: Signal<Out, U<6>>,
    pub write_all: Signal<Out, bool>,
    pub write_data: Signal<Out, Flits<1, F>>,
    pub grant: Signal<In, bool>,
    pub context: Context,
    rows: RowWalk,
    /// What is accepted far away reaches few registers.
    ahead: Fifo<ReadRequest>,
    flights: Fifo<Flight>,
    touched: Banks,
    flit: Constant<U<6>>,
    in_flit: Constant<U<28>>,
    not_in_flit: Constant<U<6>>,
    /// The oldest request that is on its way, as far as it has not come back: `at` and `lane` are the next
    /// beat's, `beats` are those that are left.
    flying: DFF<bool>,
    flight: DFF<Flight>,
    last_beat: DFF<bool>,
    finished: DFF<UnitSet>,
    tags: Skid<LoadTag>,
    /// As many words as `tags`. A grant reaches few registers.
    data: Fifo<Flits<1, F>>,
    turn: Turn<F>,
    word_bits: Constant<U<2>>,
    makes: Signal<Local, bool>,
    new: Signal<Local, Flight>,
    end: Signal<Local, U<6>>,
    /// Place of the beat's first byte from the beginning of the window's first row.
    shifted: Signal<Local, U<6>>,
    take: Signal<Local, bool>,
    moves: Signal<Local, bool>,
}

impl<const F: usize> LoadUnit<F> {
    /// The load unit of a build.
    pub fn new(config: &Config) -> Self {
        LoadUnit {
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
            request: Default::default(),
            request_at: Default::default(),
            request_beats: Default::default(),
            accepted: Default::default(),
            r_valid: Default::default(),
            r_data: Default::default(),
            r_ready: Default::default(),
            write: Default::default(),
            write_at: Default::default(),
            write_end: Default::default(),
            write_banks: Default::default(),
            write_turn: Default::default(),
            write_all: Default::default(),
            write_data: Default::default(),
            grant: Default::default(),
            context: Context::new(config.queue, config.flit),
            rows: RowWalk::by_requests(config),
            ahead: Fifo::buffer(F),
            flights: Fifo::new(IN_FLIGHT),
            touched: Banks::new(config),
            flit: Constant::new(U::new(config.flit as u64)),
            in_flit: Constant::new(U::new(config.flit as u64 - 1)),
            not_in_flit: Constant::new(!U::new(config.flit as u64 - 1)),
            flying: Default::default(),
            flight: Default::default(),
            last_beat: Default::default(),
            finished: Default::default(),
            tags: Default::default(),
            data: Fifo::buffer(F),
            turn: Default::default(),
            word_bits: Constant::new(U::new(2)),
            makes: Default::default(),
            new: Default::default(),
            end: Default::default(),
            shifted: Default::default(),
            take: Default::default(),
            moves: Default::default(),
        }
    }
}

impl<const F: usize> Logic for LoadUnit<F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, flying, flight, last_beat, finished);
        self.context.clock.next = self.clock.val();
        self.rows.clock.next = self.clock.val();
        self.ahead.clock.next = self.clock.val();
        self.flights.clock.next = self.clock.val();
        self.tags.clock.next = self.clock.val();
        self.data.clock.next = self.clock.val();
        self.context.reset.next = self.reset.val();
        self.rows.reset.next = self.reset.val();
        self.ahead.reset.next = self.reset.val();
        self.flights.reset.next = self.reset.val();
        self.tags.reset.next = self.reset.val();
        self.data.reset.next = self.reset.val();
        self.context.push.next = self.push.val();
        self.context.word.next = self.word.val();
        self.filling.next = self.context.filling.val();
        self.waits.next = self.context.waits.val();
        self.context.may.next = self.may.val();
        self.takes.next = self.context.takes.val();
        self.active.next = self.ahead.valid.val();
        self.waiting.next =
            self.context.waiting.val() && (!self.rows.valid.val()) && (!self.ahead.valid.val());

        // the next request
        self.context.step.next = self.context.valid.val() && self.rows.ready.val();
        self.rows.push.next = self.context.valid.val();
        self.rows.ext.next = self.context.a.val();
        self.rows.dm.next = self.context.b.val();
        self.rows.loads.next = self.context.loads.val();
        self.rows.bytes.next = self.context.upcoming_bytes.val();
        self.rows.row_broadcast.next = self.context.dma.val().broadcast;
        self.rows.row_last.next = self.context.last.val();
        self.rows.signals.next = self.context.signals.val();
        self.makes.next = self.rows.valid.val() && (!self.ahead.full.val());
        self.rows.step.next = self.makes.val();
        self.ahead.write.next = self.makes.val();
        self.ahead.data.next.at = self.rows.ext_beat.val();
        self.ahead.data.next.beats = self.rows.beats.val();
        self.new.next.at = self.rows.at.val();
        self.new.next.lane = self.rows.lane.val();
        self.new.next.beats = self.rows.beats.val();
        self.new.next.end = self.rows.end.val();
        self.new.next.turn = self.rows.turn.val();
        self.new.next.leaves_row = self.rows.leaves_row.val();
        self.new.next.broadcast = self.rows.broadcast.val();
        self.new.next.done = self.rows.done.val();
        self.ahead.data.next.last = self.rows.last.val();
        self.ahead.data.next.flight = self.new.val();

        // requests
        self.request.next = self.ahead.valid.val() && (!self.flights.full.val());
        self.request_at.next = self.ahead.head.val().at;
        self.request_beats.next = self.ahead.head.val().beats;
        self.ahead.pop.next = self.accepted.val();
        self.ends.next = self.accepted.val() && self.ahead.head.val().last;
        self.flights.write.next = self.accepted.val();
        self.flights.data.next = self.ahead.head.val().flight;

        // what comes back
        self.r_ready.next = self.tags.ready.val();
        self.take.next = self.r_valid.val() && self.tags.ready.val();
        self.end.next = self.flit.val();
        if self.last_beat.q.val() {
            self.end.next = self.flight.q.val().end;
        }
        self.touched.at.next = self.flight.q.val().at.get_bits::<32>(0);
        self.touched.leaves_row.next = self.flight.q.val().leaves_row;
        self.tags.push.next = self.take.val();
        self.tags.data.next.at = self.flight.q.val().at;
        // The beat's own first byte is in the window's first row, or, if its window does not leave that row, before it.
        self.shifted.next = self.flight.q.val().turn;
        if self.flight.q.val().turn.any() && (!self.flight.q.val().leaves_row) {
            self.shifted.next = self.flight.q.val().turn | self.not_in_flit.val();
        }
        self.tags.data.next.end = self.shifted.val() + self.end.val();
        self.tags.data.next.banks = self.touched.banks.val();
        self.tags.data.next.turn =
            (self.flight.q.val().turn >> self.word_bits.val()).get_bits::<4>(0);
        self.tags.data.next.broadcast = self.flight.q.val().broadcast;
        self.tags.data.next.done = 0.into();
        if self.last_beat.q.val() {
            self.tags.data.next.done = self.flight.q.val().done;
        }
        self.data.write.next = self.take.val();
        self.turn.data.next = self.r_data.val();
        self.turn.bytes.next = self.flight.q.val().turn.get_bits::<2>(0);
        self.data.data.next = self.turn.turned.val();
        if self.take.val() {
            // Plus the flit, less the lane: that lies below the flit, so no other carry chain is in the way.
            self.flight.d.next.at = self.flight.q.val().at
                - (!(self.in_flit.val() ^ self.flight.q.val().lane.get_bits::<28>(0)));
            self.flight.d.next.lane = 0.into();
            self.flight.d.next.leaves_row = self.flight.q.val().turn.any();
            self.flight.d.next.beats = self.flight.q.val().beats - 1.into();
            self.last_beat.d.next = self.flight.q.val().beats == 2.into();
        }
        self.moves.next = (!self.flying.q.val()) || (self.take.val() && self.last_beat.q.val());
        self.flights.pop.next = self.moves.val() && self.flights.valid.val();
        if self.moves.val() {
            self.flying.d.next = self.flights.valid.val();
            self.flight.d.next = self.flights.head.val();
            self.last_beat.d.next = self.flights.head.val().beats == 1.into();
        }
        if self.reset.val() {
            self.flying.d.next = false;
        }
        self.write.next = self.tags.valid.val();
        self.write_at.next = self.tags.head.val().at;
        self.write_end.next = self.tags.head.val().end;
        self.write_banks.next = self.tags.head.val().banks;
        self.write_turn.next = self.tags.head.val().turn.get_bits::<6>(0) << self.word_bits.val();
        self.write_all.next = self.tags.head.val().broadcast;
        self.write_data.next = self.data.head.val();
        self.tags.pop.next = self.grant.val();
        self.data.pop.next = self.grant.val();
        self.finished.d.next = 0.into();
        if self.grant.val() {
            self.finished.d.next = self.tags.head.val().done;
        }
        self.done.next = self.finished.q.val();
        self.quiet.next = self.context.quiet.val()
            && (!self.rows.valid.val())
            && (!self.ahead.valid.val())
            && (!self.flights.valid.val())
            && (!self.flying.q.val())
            && (!self.tags.valid.val())
            && (!self.finished.q.val().any());
    }
}
