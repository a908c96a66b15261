//! Packets out of DM become flits: the part that fetch and trfload share.
//!
//! ```text
//! context ──> [ skid ] ──> window request ──grant──> DM ──> [ packet ] ──> merge ──> flit
//!                             t                  t+1 .. t+5    t+6          t+6   end of t+6
//! ```
//!
//! All that can be said of a packet before its grant is in the skid buffer: where it lies in its flit, its
//! banks, its exec's signals. So nothing before the buffer waits for a grant. What does not decide in the grant's cycle is
//! in a buffer of its own, in which a grant reaches few registers.

use rust_hdl::prelude::*;
use tcpu_isa::pipeline::READ_CYCLES;
use tcpu_isa::Config;

use crate::bundle;
use crate::context::Context;
use crate::decode::{UnitSet, Word};
use crate::delay::Delay;
use crate::dm::Banks;
use crate::fifo::Fifo;
use crate::skid::Skid;
use crate::types::{Flits, U};

bundle! {
    /// A packet that waits for its grant: what decides in that cycle.
    pub struct PacketRequest {
        pub banks: U<16>,
        /// It is its exec's last, and the signals then.
        pub last: bool,
        pub done: UnitSet,
        /// It is its flit's first.
        pub opens: bool,
    }
}

bundle! {
    /// The rest of it.
    pub struct PacketWindow {
        pub at: U<32>,
        /// By how much DM turns its answer, so that the packet is where it belongs in its flit.
        pub turn: U<6>,
        pub b: U<28>,
        pub broadcast: bool,
        pub tag: PacketTag,
    }
}

bundle! {
    /// What a packet is to its flit.
    pub struct PacketTag {
        /// It opens, it closes the flit.
        pub first: bool,
        pub closes: bool,
        /// Byte of the flit at which the packet begins, and its length.
        pub at: U<6>,
        pub packet: U<6>,
        /// Bytes of the flit that are kept.
        pub keep: U<6>,
    }
}

bundle! {
    /// Half of the way from a tag to places.
    pub struct PacketMask {
        pub first: bool,
        pub closes: bool,
        /// As many ones as the packet has bytes, and where they begin; bytes of the flit that are kept, a bit each.
        pub ones: U<32>,
        pub at: U<6>,
        pub kept: U<32>,
    }
}

/// Puts the bytes of a packet among those that were gathered before. What becomes of each byte counts with those of the
/// next cycle: each slice has its own registers of it (kept by synthesis, too), as all of its bits hang on them. A leaf
/// block.
#[derive(LogicBlock, Default)]
pub struct Merge<const S: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    pub packet: Signal<In, Flits<S, F>>,
    pub gathered: Signal<In, Flits<S, F>>,
    /// A bit per byte: the packet's, the one that was gathered before, or, with neither, zero. Never both.
    pub take: Signal<In, U<32>>,
    pub hold: Signal<In, U<32>>,
    pub flit: Signal<Out, Flits<S, F>>,
    _take: U<32>,
    _hold: U<32>,
}

impl<const S: usize, const F: usize> Logic for Merge<S, F> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            (self._take, self._hold) = (self.take.val(), self.hold.val());
        }
        let (packet, gathered) = (self.packet.val(), self.gathered.val());
        let (take, hold) = (self._take, self._hold);
        self.flit.next = Flits(std::array::from_fn(|s| {
            std::array::from_fn(|i| {
                let all = |bit: bool| -i8::from(bit);
                packet.0[s][i] & all(take.get_bit(i)) | gathered.0[s][i] & all(hold.get_bit(i))
            })
        }));
    }

    fn connect(&mut self) {
        self.flit.connect();
    }

    /// No multiplexer that ends in zeros: synthesis would make a reset of these, and those come from far.
    fn hdl(&self) -> Verilog {
        let mut text = String::from("wire unused_bits = &{1'b0, take, hold};\n");
        for s in 0..S {
            text.push_str(&format!(
                "\
reg [{F}-1:0] take_{s}, hold_{s};
initial begin
    take_{s} = {F}'d0;
    hold_{s} = {F}'d0;
end
(* keep *) always @(posedge clock) begin
    take_{s} <= take[{F}-1:0];
    hold_{s} <= hold[{F}-1:0];
end
"
            ));
            for i in 0..F {
                let bits = format!("[{}:{}]", (s * F + i) * 8 + 7, (s * F + i) * 8);
                text.push_str(&format!(
                    "assign flit{bits} = (packet{bits} & {{8{{take_{s}[{i}]}}}}) | (gathered{bits} & {{8{{hold_{s}[{i}]}}}});\n"
                ));
            }
        }
        Verilog::Custom(text)
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Packets<const S: usize, const F: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    pub push: Signal<In, bool>,
    pub word: Signal<In, Word>,
    pub filling: Signal<Out, bool>,
    pub waiting: Signal<Out, bool>,
    pub waits: Signal<Out, UnitSet>,
    pub may: Signal<In, bool>,
    pub takes: Signal<Out, UnitSet>,
    pub quiet: Signal<Out, bool>,
    /// There is room for another flit.
    pub room: Signal<In, bool>,
    pub request: Signal<Out, bool>,
    pub request_at: Signal<Out, U<32>>,
    pub request_banks: Signal<Out, U<16>>,
    pub request_turn: Signal<Out, U<6>>,
    pub grant: Signal<In, bool>,
    /// The requested packet is the first of a flit.
    pub opens: Signal<Out, bool>,
    /// Its second address and broadcast flag; it is its exec's last, and the signals then.
    pub b: Signal<Out, U<28>>,
    pub broadcast: Signal<Out, bool>,
    pub last: Signal<Out, bool>,
    pub done: Signal<Out, UnitSet>,
    /// DM's answer, in the fourth cycle after the grant.
    pub data: Signal<In, Flits<S, F>>,
    /// A flit is complete in this cycle.
    pub flit_valid: Signal<Out, bool>,
    pub flit: Signal<Out, Flits<S, F>>,
    pub valid: Signal<Out, bool>,
    context: Context,
    touched: Banks,
    ahead: Skid<PacketRequest>,
    /// As many words as `ahead`. A grant reaches few registers.
    reads: Fifo<PacketWindow>,
    merge: Merge<S, F>,
    ones: Constant<U<32>>,
    one: Constant<U<1>>,
    in_flit: Constant<U<6>>,
    whole: Constant<U<6>>,
    /// A packet that begins behind this byte of a row leaves it.
    limit: DFF<U<6>>,
    index: DFF<U<6>>,
    at: DFF<U<6>>,
    /// A bit per stage that has a packet, the newest lowest.
    moving: DFF<U<6>>,
    tag4: Delay<PacketTag>,
    mask5: DFF<PacketMask>,
    closes6: DFF<bool>,
    packet6: DFF<Flits<S, F>>,
    gathered: DFF<Flits<S, F>>,
    closes: Signal<Local, bool>,
    makes: Signal<Local, bool>,
    tag: Signal<Local, PacketTag>,
    taken: Signal<Local, U<32>>,
}

impl<const S: usize, const F: usize> Packets<S, F> {
    /// The packet front of a build.
    pub fn new(config: &Config) -> Self {
        Packets {
            clock: Default::default(),
            reset: Default::default(),
            push: Default::default(),
            word: Default::default(),
            filling: Default::default(),
            waiting: Default::default(),
            waits: Default::default(),
            may: Default::default(),
            takes: Default::default(),
            quiet: Default::default(),
            room: Default::default(),
            request: Default::default(),
            request_at: Default::default(),
            request_banks: Default::default(),
            request_turn: Default::default(),
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
            context: Context::new(config.queue, config.flit),
            touched: Banks::new(config),
            ahead: Default::default(),
            reads: Fifo::buffer(F),
            merge: Default::default(),
            ones: Constant::new(U::new(u64::MAX)),
            one: Constant::new(U::new(1)),
            in_flit: Constant::new(U::new(F as u64 - 1)),
            whole: Constant::new(U::new(F as u64)),
            limit: Default::default(),
            index: Default::default(),
            at: Default::default(),
            moving: Default::default(),
            tag4: Delay::new(READ_CYCLES - 1),
            mask5: Default::default(),
            closes6: Default::default(),
            packet6: Default::default(),
            gathered: Default::default(),
            closes: Default::default(),
            makes: Default::default(),
            tag: Default::default(),
            taken: Default::default(),
        }
    }
}

impl<const S: usize, const F: usize> Logic for Packets<S, F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, limit, index, at, moving, mask5, closes6, packet6, gathered);
        self.tag4.clock.next = self.clock.val();
        self.merge.clock.next = self.clock.val();
        self.context.clock.next = self.clock.val();
        self.ahead.clock.next = self.clock.val();
        self.reads.clock.next = self.clock.val();
        self.context.reset.next = self.reset.val();
        self.ahead.reset.next = self.reset.val();
        self.reads.reset.next = self.reset.val();
        self.context.push.next = self.push.val();
        self.context.word.next = self.word.val();
        self.filling.next = self.context.filling.val();
        self.waiting.next = self.context.waiting.val() && (!self.ahead.valid.val());
        self.waits.next = self.context.waits.val();
        self.context.may.next = self.may.val();
        self.takes.next = self.context.takes.val();
        self.valid.next = self.ahead.valid.val();

        // the next packet
        self.makes.next = self.context.valid.val() && self.ahead.ready.val();
        self.context.step.next = self.makes.val();
        self.touched.at.next = self.context.a.val();
        if self.context.loads.val() {
            self.limit.d.next = self.whole.val() - self.context.upcoming.val().packet;
        }
        self.touched.leaves_row.next =
            (self.context.a.val().get_bits::<6>(0) & self.in_flit.val()) > self.limit.q.val();
        self.closes.next = (self.index.q.val() + 1.into()) == self.context.packets.val().pack;
        self.ahead.push.next = self.makes.val();
        self.reads.write.next = self.makes.val();
        self.reads.data.next.at = self.context.a.val();
        self.ahead.data.next.banks = self.touched.banks.val();
        self.reads.data.next.turn =
            (self.context.a.val().get_bits::<6>(0) - self.at.q.val()) & self.in_flit.val();
        self.reads.data.next.b = self.context.b.val();
        self.reads.data.next.broadcast = self.context.packets.val().broadcast;
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
        self.reads.data.next.tag = self.tag.val();
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
        self.request_at.next = self.reads.head.val().at;
        self.request_banks.next = self.ahead.head.val().banks;
        self.request_turn.next = self.reads.head.val().turn;
        self.ahead.pop.next = self.grant.val();
        self.reads.pop.next = self.grant.val();
        self.opens.next = self.ahead.head.val().opens;
        self.b.next = self.reads.head.val().b;
        self.broadcast.next = self.reads.head.val().broadcast;
        self.last.next = self.ahead.head.val().last;
        self.done.next = self.ahead.head.val().done;

        // DM's answer, and its place in the flit
        self.moving.d.next =
            (self.moving.q.val() << self.one.val()).replace_bit(0, self.grant.val());
        self.tag4.from.next = self.reads.head.val().tag;
        self.mask5.d.next.first = self.tag4.to.val().first;
        self.mask5.d.next.closes = self.tag4.to.val().closes;
        self.mask5.d.next.ones = !(self.ones.val() << self.tag4.to.val().packet);
        self.mask5.d.next.at = self.tag4.to.val().at;
        // The tail cuts whole flits.
        self.mask5.d.next.kept = self.ones.val();
        if self.tag4.to.val().closes {
            self.mask5.d.next.kept = !(self.ones.val() << self.tag4.to.val().keep);
        }
        self.taken.next = self.mask5.q.val().ones << self.mask5.q.val().at;
        self.merge.take.next = self.taken.val() & self.mask5.q.val().kept;
        self.merge.hold.next = 0.into();
        if !self.mask5.q.val().first {
            self.merge.hold.next = self.mask5.q.val().kept & (!self.taken.val());
        }
        if !self.moving.q.val().get_bit(4) {
            self.merge.take.next = 0.into();
            self.merge.hold.next = self.ones.val();
        }
        self.closes6.d.next = self.mask5.q.val().closes;
        self.packet6.d.next = self.data.val();
        self.merge.packet.next = self.packet6.q.val();
        self.merge.gathered.next = self.gathered.q.val();
        self.gathered.d.next = self.merge.flit.val();
        self.flit_valid.next = self.moving.q.val().get_bit(5) && self.closes6.q.val();
        self.flit.next = self.merge.flit.val();
        self.quiet.next =
            self.context.quiet.val() && (!self.ahead.valid.val()) && (!self.moving.q.val().any());
    }
}
