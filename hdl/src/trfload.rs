//! TRFLOAD: streams flits out of DM into the tensor register file.
//!
//! ```text
//! packets ──flit──> TRF (row, lane or all lanes)
//!    t .. t+6        writes in t+7
//! ```
//!
//! A step that waits for a signal reads the TRF three cycles after it at the soonest: so the signals are given two cycles
//! before the write.

use rust_hdl::prelude::*;
use tcpu_isa::pipeline::{TRFLOAD_CYCLES, TRFLOAD_DONE_CYCLES};
use tcpu_isa::Config;

use crate::bundle;
use crate::decode::{UnitSet, Word};
use crate::delay::Delay;
use crate::packets::Packets;
use crate::types::{Flits, U};

bundle! {
    /// What travels beside a packet on its way to the TRF.
    pub struct TrfTag {
        /// TRF flit address.
        pub at: U<28>,
        pub broadcast: bool,
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct TrfLoad<const S: usize, const F: usize> {
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
    pub write: Signal<Out, bool>,
    pub write_at: Signal<Out, U<28>>,
    pub write_all: Signal<Out, bool>,
    pub write_data: Signal<Out, Flits<S, F>>,
    pub packets: Packets<S, F>,
    tag6: Delay<TrfTag>,
    done5: Delay<UnitSet>,
    /// The TRF writes.
    valid7: DFF<bool>,
}

impl<const S: usize, const F: usize> TrfLoad<S, F> {
    /// The trfload unit of a build.
    pub fn new(config: &Config) -> Self {
        TrfLoad {
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
            write: Default::default(),
            write_at: Default::default(),
            write_all: Default::default(),
            write_data: Default::default(),
            packets: Packets::new(config),
            tag6: Delay::new(TRFLOAD_CYCLES),
            done5: Delay::new(TRFLOAD_DONE_CYCLES),
            valid7: Default::default(),
        }
    }
}

impl<const S: usize, const F: usize> Logic for TrfLoad<S, F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid7);
        self.tag6.clock.next = self.clock.val();
        self.done5.clock.next = self.clock.val();
        self.packets.clock.next = self.clock.val();
        self.packets.reset.next = self.reset.val();
        self.packets.push.next = self.push.val();
        self.packets.word.next = self.word.val();
        self.filling.next = self.packets.filling.val();
        self.waits.next = self.packets.waits.val();
        self.packets.may.next = self.may.val();
        self.takes.next = self.packets.takes.val();
        self.ends.next = self.grant.val() && self.packets.last.val();
        self.active.next = self.packets.valid.val();
        self.waiting.next = self.packets.waiting.val();
        self.packets.room.next = true;
        self.request.next = self.packets.request.val();
        self.request_at.next = self.packets.request_at.val();
        self.request_banks.next = self.packets.request_banks.val();
        self.request_turn.next = self.packets.request_turn.val();
        self.packets.grant.next = self.grant.val();
        self.packets.data.next = self.data.val();
        self.tag6.from.next.at = self.packets.b.val();
        self.tag6.from.next.broadcast = self.packets.broadcast.val();
        self.done5.from.next = 0.into();
        if self.grant.val() {
            self.done5.from.next = self.packets.done.val();
        }
        self.valid7.d.next = self.packets.flit_valid.val();
        self.write.next = self.packets.flit_valid.val();
        self.write_at.next = self.tag6.to.val().at;
        self.write_all.next = self.tag6.to.val().broadcast;
        self.write_data.next = self.packets.flit.val();
        self.done.next = self.done5.to.val();
        self.quiet.next = self.packets.quiet.val() && (!self.valid7.q.val());
    }
}
