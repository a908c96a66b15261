//! Packets out of DM become flits: the part that fetch and trfload share.
//!
//! ```text
//! context ──> [ skid ] ──> window request ──grant──> DM ──> [ packet ] ──> shift, merge ──> tail mask ──> flit
//!                             t                   t+1, t+2     t+3             t+3             t+3      end of t+3
//! ```
//!
//! All that can be said of a packet before its grant is in the skid buffer: where it lies in its flit, its
//! banks, its exec's signals. So nothing before the buffer waits for a grant.

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::bundle;
use crate::context::Context;
use crate::decode::{UnitSet, Word};
use crate::dm::Banks;
use crate::skid::Skid;
use crate::types::{Flits, U};

bundle! {
    /// A packet that waits for its grant.
    pub struct PacketRequest {
        pub at: U<32>,
        pub banks: U<16>,
        pub b: U<28>,
        pub broadcast: bool,
        /// It is its exec's last, and the signals then.
        pub last: bool,
        pub done: UnitSet,
        /// It is its flit's first.
        pub opens: bool,
        pub tag: PacketTag,
    }
}

bundle! {
    /// What travels beside a packet.
    pub struct PacketTag {
        /// It opens, it closes its flit.
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
    pub request_banks: Signal<Out, U<16>>,
    pub grant: Signal<In, bool>,
    /// The requested packet is the first of a flit.
    pub opens: Signal<Out, bool>,
    /// Its second address and broadcast flag; it is its exec's last, and the signals then.
    pub b: Signal<Out, U<28>>,
    pub broadcast: Signal<Out, bool>,
    pub last: Signal<Out, bool>,
    pub done: Signal<Out, UnitSet>,
    /// DM's answer, in the second cycle after the grant.
    pub data: Signal<In, Flits<S, F>>,
    /// A flit is complete in this cycle.
    pub flit_valid: Signal<Out, bool>,
    pub flit: Signal<Out, Flits<S, F>>,
    pub valid: Signal<Out, bool>,
    context: Context,
    touched: Banks,
    ahead: Skid<PacketRequest>,
    ones: Constant<Flits<S, F>>,
    whole: Constant<U<6>>,
    index: DFF<U<6>>,
    at: DFF<U<6>>,
    valid1: DFF<bool>,
    valid2: DFF<bool>,
    valid3: DFF<bool>,
    tag1: DFF<PacketTag>,
    tag2: DFF<PacketTag>,
    tag3: DFF<PacketTag>,
    packet3: DFF<Flits<S, F>>,
    gathered: DFF<Flits<S, F>>,
    closes: Signal<Local, bool>,
    makes: Signal<Local, bool>,
    tag: Signal<Local, PacketTag>,
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
            request_banks: Default::default(),
            grant: Default::default(),
            opens: Default::default(),
            b: Default::default(),
            broadcast: Default::default(),
            last: Default::default(),
            done: Default::default(),
            data: Default::default(),
            flit_valid: Default::default(),
            flit: Default::default(),
            valid: Default::default(),
            context: Context::new(config.queue),
            touched: Banks::new(config),
            ahead: Default::default(),
            ones: Constant::new(Flits([[-1; F]; S])),
            whole: Constant::new(U::new(F as u64)),
            index: Default::default(),
            at: Default::default(),
            valid1: Default::default(),
            valid2: Default::default(),
            valid3: Default::default(),
            tag1: Default::default(),
            tag2: Default::default(),
            tag3: Default::default(),
            packet3: Default::default(),
            gathered: Default::default(),
            closes: Default::default(),
            makes: Default::default(),
            tag: Default::default(),
            placed: Default::default(),
        }
    }
}

impl<const S: usize, const F: usize> Logic for Packets<S, F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, index, at, valid1, valid2, valid3, tag1, tag2, tag3, packet3, gathered
        );
        self.context.clock.next = self.clock.val();
        self.ahead.clock.next = self.clock.val();
        self.context.reset.next = self.reset.val();
        self.ahead.reset.next = self.reset.val();
        self.context.push.next = self.push.val();
        self.context.word.next = self.word.val();
        self.full.next = self.context.full.val();
        self.waiting.next = self.context.waiting.val() && (!self.ahead.valid.val());
        self.waits.next = self.context.waits.val();
        self.context.may.next = self.may.val();
        self.start.next = self.context.start.val();
        self.valid.next = self.ahead.valid.val();

        // the next packet
        self.makes.next = self.context.valid.val() && self.ahead.ready.val();
        self.context.step.next = self.makes.val();
        self.touched.at.next = self.context.a.val();
        self.touched.bytes.next = self.context.packets.val().packet;
        self.closes.next = (self.index.q.val() + 1.into()) == self.context.packets.val().pack;
        self.ahead.push.next = self.makes.val();
        self.ahead.data.next.at = self.context.a.val();
        self.ahead.data.next.banks = self.touched.banks.val();
        self.ahead.data.next.b = self.context.b.val();
        self.ahead.data.next.broadcast = self.context.packets.val().broadcast;
        self.ahead.data.next.last = self.context.last.val();
        self.ahead.data.next.done = 0.into();
        if self.context.last.val() {
            self.ahead.data.next.done = self.context.signals.val();
        }
        self.tag.next.first = self.index.q.val() == 0.into();
        self.tag.next.closes = self.closes.val();
        self.tag.next.at = self.at.q.val();
        self.tag.next.packet = self.context.packets.val().packet;
        self.tag.next.keep = self.whole.val();
        if (self.context.packets.val().tail_level < 8.into())
            && self
                .context
                .at_last
                .val()
                .get_bit(self.context.packets.val().tail_level)
        {
            self.tag.next.keep = self.context.packets.val().tail_bytes;
        }
        self.ahead.data.next.opens = self.index.q.val() == 0.into();
        self.ahead.data.next.tag = self.tag.val();
        if self.makes.val() {
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

        // request
        self.request.next =
            self.ahead.valid.val() && ((!self.ahead.head.val().opens) || self.room.val());
        self.request_at.next = self.ahead.head.val().at;
        self.request_banks.next = self.ahead.head.val().banks;
        self.ahead.pop.next = self.grant.val();
        self.opens.next = self.ahead.head.val().opens;
        self.b.next = self.ahead.head.val().b;
        self.broadcast.next = self.ahead.head.val().broadcast;
        self.last.next = self.ahead.head.val().last;
        self.done.next = self.ahead.head.val().done;

        // DM's answer, and its place in the flit
        self.valid1.d.next = self.grant.val();
        self.valid2.d.next = self.valid1.q.val();
        self.valid3.d.next = self.valid2.q.val();
        self.tag1.d.next = self.ahead.head.val().tag;
        self.tag2.d.next = self.tag1.q.val();
        self.tag3.d.next = self.tag2.q.val();
        self.packet3.d.next = self.data.val();
        self.placed.next = self.gathered.q.val();
        if self.valid3.q.val() {
            self.placed.next = (self.packet3.q.val()
                & (!(self.ones.val() << self.tag3.q.val().packet)))
                << self.tag3.q.val().at;
            if !self.tag3.q.val().first {
                self.placed.next = self.placed.val() | self.gathered.q.val();
            }
        }
        self.gathered.d.next = self.placed.val();
        self.flit_valid.next = self.valid3.q.val() && self.tag3.q.val().closes;
        self.flit.next = self.placed.val();
        if self.tag3.q.val().keep < self.whole.val() {
            self.flit.next = self.placed.val() & (!(self.ones.val() << self.tag3.q.val().keep));
        }
        self.quiet.next = self.context.quiet.val()
            && (!self.ahead.valid.val())
            && (!self.valid1.q.val())
            && (!self.valid2.q.val())
            && (!self.valid3.q.val());
    }
}
