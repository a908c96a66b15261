//! FETCH: streams flits out of DM into the stream FIFO.
//!
//! ```text
//! packets ──flit──> [ stream FIFO, 8 flits ] ──> contract
//!    ^── room: fewer than 8 flits are on their way or waiting
//! ```

use rust_hdl::prelude::*;
use tcpu_isa::pipeline::STREAM;
use tcpu_isa::Config;

use crate::decode::{UnitSet, Word};
use crate::fifo::Fifo;
use crate::packets::Packets;
use crate::types::{Flits, U};

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Fetch<const S: usize, const F: usize> {
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
    pub request_banks: Signal<Out, U<16>>,
    pub request_turn: Signal<Out, U<6>>,
    pub grant: Signal<In, bool>,
    pub data: Signal<In, Flits<S, F>>,
    pub stream_valid: Signal<Out, bool>,
    pub stream: Signal<Out, Flits<S, F>>,
    pub pop: Signal<In, bool>,
    pub packets: Packets<S, F>,
    fifo: Fifo<Flits<S, F>>,
    reserved: DFF<U<4>>,
    finished: DFF<UnitSet>,
    all_flits: Constant<U<4>>,
}

impl<const S: usize, const F: usize> Fetch<S, F> {
    /// The fetch unit of a build.
    pub fn new(config: &Config) -> Self {
        Fetch {
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
            request_banks: Default::default(),
            request_turn: Default::default(),
            grant: Default::default(),
            data: Default::default(),
            stream_valid: Default::default(),
            stream: Default::default(),
            pop: Default::default(),
            packets: Packets::new(config),
            fifo: Fifo::new(STREAM),
            reserved: Default::default(),
            finished: Default::default(),
            all_flits: Constant::new(U::new(STREAM as u64)),
        }
    }
}

impl<const S: usize, const F: usize> Logic for Fetch<S, F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, reserved, finished);
        self.packets.clock.next = self.clock.val();
        self.packets.reset.next = self.reset.val();
        self.fifo.reset.next = self.reset.val();
        self.fifo.clock.next = self.clock.val();
        self.packets.push.next = self.push.val();
        self.packets.word.next = self.word.val();
        self.filling.next = self.packets.filling.val();
        self.waits.next = self.packets.waits.val();
        self.packets.may.next = self.may.val();
        self.takes.next = self.packets.takes.val();
        self.ends.next = self.grant.val() && self.packets.last.val();
        self.active.next = self.packets.valid.val();
        self.waiting.next = self.packets.waiting.val();
        self.packets.room.next = self.reserved.q.val() < self.all_flits.val();
        self.request.next = self.packets.request.val();
        self.request_at.next = self.packets.request_at.val();
        self.request_banks.next = self.packets.request_banks.val();
        self.request_turn.next = self.packets.request_turn.val();
        self.packets.grant.next = self.grant.val();
        self.packets.data.next = self.data.val();
        self.fifo.write.next = self.packets.flit_valid.val();
        self.fifo.data.next = self.packets.flit.val();
        self.fifo.pop.next = self.pop.val();
        self.stream_valid.next = self.fifo.valid.val();
        self.stream.next = self.fifo.head.val();
        if self.grant.val() && self.packets.opens.val() {
            if !self.pop.val() {
                self.reserved.d.next = self.reserved.q.val() + 1.into();
            }
        } else if self.pop.val() {
            self.reserved.d.next = self.reserved.q.val() - 1.into();
        }
        if self.reset.val() {
            self.reserved.d.next = 0.into();
        }
        self.finished.d.next = 0.into();
        if self.grant.val() {
            self.finished.d.next = self.packets.done.val();
        }
        self.done.next = self.finished.q.val();
        self.quiet.next =
            self.packets.quiet.val() && (!self.fifo.valid.val()) && (!self.finished.q.val().any());
    }
}
