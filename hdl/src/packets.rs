//! Packets out of DM become flits: the part that fetch and trfload share.
//!
//! ```text
//! context ──> window request ──grant──> DM ──> [ packet ] ──> shift, merge ──> tail mask ──> flit
//!    t            t                     t+1       t+2             t+2             t+2      end of t+2
//! ```

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::bundle;
use crate::context::Context;
use crate::decode::{UnitSet, Word};
use crate::types::{Flits, U};

bundle! {
    /// What travels beside a packet.
    pub struct PacketTag {
        pub valid: bool,
        pub first: bool,
        pub closes: bool,
        /// Byte of the flit at which the packet begins, and its length.
        pub at: U<6>,
        pub packet: U<6>,
        /// Bytes of the flit that are kept.
        pub keep: U<6>,
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Packets<const S: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    pub push: Signal<In, bool>,
    pub word: Signal<In, Word>,
    pub full: Signal<Out, bool>,
    pub waiting: Signal<Out, bool>,
    pub waits: Signal<Out, UnitSet>,
    pub may: Signal<In, bool>,
    pub start: Signal<Out, bool>,
    pub quiet: Signal<Out, bool>,
    /// There is room for another flit.
    pub room: Signal<In, bool>,
    pub request: Signal<Out, bool>,
    pub request_at: Signal<Out, U<32>>,
    pub request_bytes: Signal<Out, U<6>>,
    pub grant: Signal<In, bool>,
    /// The granted packet is the first of a flit, the last of its exec.
    pub opens: Signal<Out, bool>,
    pub last: Signal<Out, bool>,
    /// Second address, signals and broadcast flag of the running exec.
    pub b: Signal<Out, U<28>>,
    pub signals: Signal<Out, UnitSet>,
    pub broadcast: Signal<Out, bool>,
    /// DM's answer, in the cycle after the grant.
    pub data: Signal<In, Flits<S, F>>,
    /// A flit is complete in this cycle.
    pub flit_valid: Signal<Out, bool>,
    pub flit: Signal<Out, Flits<S, F>>,
    pub valid: Signal<Out, bool>,
    context: Context,
    ones: Constant<Flits<S, F>>,
    whole: Constant<U<6>>,
    index: DFF<U<6>>,
    at: DFF<U<6>>,
    tag1: DFF<PacketTag>,
    tag2: DFF<PacketTag>,
    packet2: DFF<Flits<S, F>>,
    gathered: DFF<Flits<S, F>>,
    first: Signal<Local, bool>,
    closes: Signal<Local, bool>,
    placed: Signal<Local, Flits<S, F>>,
}

impl<const S: usize, const F: usize> Packets<S, F> {
    /// The packet front of a build.
    pub fn new(config: &Config) -> Self {
        Packets {
            clock: Default::default(),
            reset: Default::default(),
            push: Default::default(),
            word: Default::default(),
            full: Default::default(),
            waiting: Default::default(),
            waits: Default::default(),
            may: Default::default(),
            start: Default::default(),
            quiet: Default::default(),
            room: Default::default(),
            request: Default::default(),
            request_at: Default::default(),
            request_bytes: Default::default(),
            grant: Default::default(),
            opens: Default::default(),
            last: Default::default(),
            b: Default::default(),
            signals: Default::default(),
            broadcast: Default::default(),
            data: Default::default(),
            flit_valid: Default::default(),
            flit: Default::default(),
            valid: Default::default(),
            context: Context::new(config.queue),
            ones: Constant::new(Flits([[-1; F]; S])),
            whole: Constant::new(U::new(F as u64)),
            index: Default::default(),
            at: Default::default(),
            tag1: Default::default(),
            tag2: Default::default(),
            packet2: Default::default(),
            gathered: Default::default(),
            first: Default::default(),
            closes: Default::default(),
            placed: Default::default(),
        }
    }
}

impl<const S: usize, const F: usize> Logic for Packets<S, F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, index, at, tag1, tag2, packet2, gathered);
        self.context.clock.next = self.clock.val();
        self.context.reset.next = self.reset.val();
        self.context.push.next = self.push.val();
        self.context.word.next = self.word.val();
        self.full.next = self.context.full.val();
        self.waiting.next = self.context.waiting.val();
        self.waits.next = self.context.waits.val();
        self.context.may.next = self.may.val();
        self.start.next = self.context.start.val();
        self.valid.next = self.context.valid.val();

        // request
        self.first.next = self.index.q.val() == 0.into();
        self.closes.next = (self.index.q.val() + 1.into()) == self.context.packets.val().pack;
        self.request.next = self.context.valid.val() && ((!self.first.val()) || self.room.val());
        self.request_at.next = self.context.a.val();
        self.request_bytes.next = self.context.packets.val().packet;
        self.context.step.next = self.grant.val();
        self.opens.next = self.first.val();
        self.last.next = self.context.last.val();
        self.b.next = self.context.b.val();
        self.signals.next = self.context.signals.val();
        self.broadcast.next = self.context.packets.val().broadcast;
        self.tag1.d.next.valid = self.grant.val();
        self.tag1.d.next.first = self.first.val();
        self.tag1.d.next.closes = self.closes.val();
        self.tag1.d.next.at = self.at.q.val();
        self.tag1.d.next.packet = self.context.packets.val().packet;
        self.tag1.d.next.keep = self.whole.val();
        if (self.context.packets.val().tail_level < 8.into())
            && self
                .context
                .at_last
                .val()
                .get_bit(self.context.packets.val().tail_level)
        {
            self.tag1.d.next.keep = self.context.packets.val().tail_bytes;
        }
        if self.grant.val() {
            self.index.d.next = self.index.q.val() + 1.into();
            self.at.d.next = self.at.q.val() + self.context.packets.val().packet;
            if self.closes.val() {
                self.index.d.next = 0.into();
                self.at.d.next = 0.into();
            }
        }
        if self.context.start.val() {
            self.index.d.next = 0.into();
            self.at.d.next = 0.into();
        }

        // DM's answer, and its place in the flit
        self.tag2.d.next = self.tag1.q.val();
        if self.tag1.q.val().valid {
            self.packet2.d.next = self.data.val();
        }
        self.placed.next = self.gathered.q.val();
        if self.tag2.q.val().valid {
            self.placed.next = (self.packet2.q.val()
                & (!(self.ones.val() << self.tag2.q.val().packet)))
                << self.tag2.q.val().at;
            if !self.tag2.q.val().first {
                self.placed.next = self.placed.val() | self.gathered.q.val();
            }
        }
        self.gathered.d.next = self.placed.val();
        self.flit_valid.next = self.tag2.q.val().valid && self.tag2.q.val().closes;
        self.flit.next = self.placed.val();
        if self.tag2.q.val().keep < self.whole.val() {
            self.flit.next = self.placed.val() & (!(self.ones.val() << self.tag2.q.val().keep));
        }
        self.quiet.next =
            self.context.quiet.val() && (!self.tag1.q.val().valid) && (!self.tag2.q.val().valid);
    }
}
