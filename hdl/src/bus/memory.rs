//! The memory side: the machine's memory port as an AXI4 master.
//!
//! ```text
//! requests ──> [ current ] ──parts inside 4 KiB, when they may──> [ FIFO ] ──> ar, aw
//!                   reads, writes on their way: regions ──^  └──> [ lengths ] ──┐
//! w_data, w_strb ──────────────────────────────────────────────────────> [ FIFO ] ──> w, last
//! r_data <── r        b ──> a write has ended
//! ```
//!
//! A bus orders reads and writes only by their answers, the machine's port in the order of the requests. So a
//! read waits while it could meet writes that have no answer yet, and a write while it could meet reads. Bursts
//! count up, have the width of a flit and all the same identifier: their answers come in order. A request shows
//! at the bus two cycles after it was accepted, if nothing is before it.
//!
//! Once offered, everything stays until it is taken, also if the machine is reset meanwhile: then the beats that
//! are owed are given without strobes, and those that come are taken.

use rust_hdl::prelude::*;
use tcpu_isa::MAX_BURST;

use crate::bundle;
use crate::bus::region::{Region, ON_THE_WAY};
use crate::fifo::Fifo;
use crate::types::{Flits, ToBits, U};

/// Bytes of a page: no burst may go from one into the next.
const PAGE: usize = 4096;
/// Bursts, and write beats, that wait for the bus.
const WAITING: usize = 2;
/// Bursts that count up.
const INCR: u64 = 1;
/// Memory that need not be cached, whose writes may be buffered on the way.
const CACHE: u64 = 3;

bundle! {
    /// A burst that waits for the bus.
    pub struct Burst {
        pub write: bool,
        pub at: U<32>,
        /// Its beats but one.
        pub more: U<8>,
    }
}

bundle! {
    /// What goes beside a write beat.
    pub struct Beside {
        pub strb: U<32>,
        pub last: bool,
    }
}

/// See the module's documentation. Flits of F bytes.
#[derive(LogicBlock)]
pub struct AxiMemory<const F: usize> {
    pub clock: Signal<In, Clock>,
    /// The bus is in reset: nothing is on its way any more.
    pub reset: Signal<In, bool>,
    /// The machine is in reset: its side is not looked at.
    pub stop: Signal<In, bool>,
    /// Where the machine's address 0 is on the bus: the number of a page. Only changed while quiet.
    pub base: Signal<In, U<20>>,
    /// Everything that was accepted has been answered.
    pub quiet: Signal<Out, bool>,
    /// A read beat, a burst of writes was answered with an error.
    pub read_error: Signal<Out, bool>,
    pub write_error: Signal<Out, bool>,
    // The machine.
    pub req_valid: Signal<In, bool>,
    pub req_ready: Signal<Out, bool>,
    pub req_write: Signal<In, bool>,
    pub req_addr: Signal<In, U<32>>,
    pub req_beats: Signal<In, U<5>>,
    pub w_valid: Signal<In, bool>,
    pub w_ready: Signal<Out, bool>,
    pub w_data: Signal<In, Flits<1, F>>,
    pub w_strb: Signal<In, U<32>>,
    pub r_valid: Signal<Out, bool>,
    pub r_ready: Signal<In, bool>,
    // The bus; `r_data` goes by.
    pub awvalid: Signal<Out, bool>,
    pub awready: Signal<In, bool>,
    pub arvalid: Signal<Out, bool>,
    pub arready: Signal<In, bool>,
    /// Of both address channels.
    pub address: Signal<Out, U<32>>,
    pub len: Signal<Out, U<8>>,
    pub size: Signal<Out, U<3>>,
    pub burst: Signal<Out, U<2>>,
    pub cache: Signal<Out, U<4>>,
    pub wvalid: Signal<Out, bool>,
    pub wready: Signal<In, bool>,
    pub wdata: Signal<Out, Flits<1, F>>,
    pub wstrb: Signal<Out, U<F>>,
    pub wlast: Signal<Out, bool>,
    pub bvalid: Signal<In, bool>,
    pub bready: Signal<Out, bool>,
    pub bresp: Signal<In, U<2>>,
    pub rvalid: Signal<In, bool>,
    pub rready: Signal<Out, bool>,
    pub rresp: Signal<In, U<2>>,
    pub rlast: Signal<In, bool>,
    reads: Region,
    writes: Region,
    bursts: Fifo<Burst>,
    lengths: Fifo<U<5>>,
    beats: Fifo<Flits<1, F>>,
    beside: Fifo<Beside>,
    flit_shift: Constant<U<3>>,
    granule_shift: Constant<U<4>>,
    in_page: Constant<U<12>>,
    page: Constant<U<12>>,
    page_shift: Constant<U<4>>,
    kind: Constant<U<2>>,
    caching: Constant<U<4>>,
    // The request whose bursts are made: where it goes on, beats that are left.
    busy: DFF<bool>,
    write: DFF<bool>,
    at: DFF<U<32>>,
    left: DFF<U<5>>,
    /// Beats that were given of the oldest burst that lacks some.
    given: DFF<U<5>>,
    /// Beats of the next burst.
    room: Signal<Local, U<12>>,
    page_at: Signal<Local, U<20>>,
    on_bus: Signal<Local, U<32>>,
    part: Signal<Local, U<5>>,
    may: Signal<Local, bool>,
    goes: Signal<Local, bool>,
    ends: Signal<Local, bool>,
    ready: Signal<Local, bool>,
    gives: Signal<Local, bool>,
    open: Signal<Local, bool>,
    last: Signal<Local, bool>,
    leaves: Signal<Local, bool>,
    takes: Signal<Local, bool>,
}

impl<const F: usize> Default for AxiMemory<F> {
    fn default() -> Self {
        AxiMemory {
            clock: Default::default(),
            reset: Default::default(),
            stop: Default::default(),
            base: Default::default(),
            quiet: Default::default(),
            read_error: Default::default(),
            write_error: Default::default(),
            req_valid: Default::default(),
            req_ready: Default::default(),
            req_write: Default::default(),
            req_addr: Default::default(),
            req_beats: Default::default(),
            w_valid: Default::default(),
            w_ready: Default::default(),
            w_data: Default::default(),
            w_strb: Default::default(),
            r_valid: Default::default(),
            r_ready: Default::default(),
            awvalid: Default::default(),
            awready: Default::default(),
            arvalid: Default::default(),
            arready: Default::default(),
            address: Default::default(),
            len: Default::default(),
            size: Default::default(),
            burst: Default::default(),
            cache: Default::default(),
            wvalid: Default::default(),
            wready: Default::default(),
            wdata: Default::default(),
            wstrb: Default::default(),
            wlast: Default::default(),
            bvalid: Default::default(),
            bready: Default::default(),
            bresp: Default::default(),
            rvalid: Default::default(),
            rready: Default::default(),
            rresp: Default::default(),
            rlast: Default::default(),
            reads: Default::default(),
            writes: Default::default(),
            bursts: Fifo::new(WAITING),
            lengths: Fifo::new(ON_THE_WAY),
            beats: Fifo::new(WAITING),
            beside: Fifo::new(WAITING),
            flit_shift: Constant::new(U::new(u64::from(F.trailing_zeros()))),
            granule_shift: Constant::new(U::new(u64::from((F * MAX_BURST).trailing_zeros()))),
            in_page: Constant::new((PAGE / F - 1).into()),
            page: Constant::new((PAGE / F).into()),
            page_shift: Constant::new(U::new(u64::from(PAGE.trailing_zeros()))),
            kind: Constant::new(U::new(INCR)),
            caching: Constant::new(U::new(CACHE)),
            busy: Default::default(),
            write: Default::default(),
            at: Default::default(),
            left: Default::default(),
            given: Default::default(),
            room: Default::default(),
            page_at: Default::default(),
            on_bus: Default::default(),
            part: Default::default(),
            may: Default::default(),
            goes: Default::default(),
            ends: Default::default(),
            ready: Default::default(),
            gives: Default::default(),
            open: Default::default(),
            last: Default::default(),
            leaves: Default::default(),
            takes: Default::default(),
        }
    }
}

impl<const F: usize> Logic for AxiMemory<F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, busy, write, at, left, given);
        self.reads.clock.next = self.clock.val();
        self.writes.clock.next = self.clock.val();
        self.bursts.clock.next = self.clock.val();
        self.lengths.clock.next = self.clock.val();
        self.beats.clock.next = self.clock.val();
        self.beside.clock.next = self.clock.val();
        self.reads.reset.next = self.reset.val();
        self.writes.reset.next = self.reset.val();
        self.bursts.reset.next = self.reset.val();
        self.lengths.reset.next = self.reset.val();
        self.beats.reset.next = self.reset.val();
        self.beside.reset.next = self.reset.val();

        // bursts of the request
        self.room.next = self.page.val()
            - ((self.at.q.val() >> self.flit_shift.val()).get_bits::<12>(0) & self.in_page.val());
        self.part.next = self.left.q.val();
        if self.room.val() < self.left.q.val().get_bits::<12>(0) {
            self.part.next = self.room.val().get_bits::<5>(0);
        }
        self.reads.at.next = self.at.q.val() >> self.granule_shift.val();
        self.writes.at.next = self.at.q.val() >> self.granule_shift.val();
        self.may.next = (!self.writes.hits.val()) && (!self.reads.full.val());
        if self.write.q.val() {
            self.may.next = (!self.reads.hits.val()) && (!self.writes.full.val());
        }
        self.goes.next = self.busy.q.val() && self.may.val() && (!self.bursts.full.val());
        self.ends.next = self.goes.val() && (self.part.val() == self.left.q.val());
        self.reads.enters.next = self.goes.val() && (!self.write.q.val());
        self.writes.enters.next = self.goes.val() && self.write.q.val();
        self.bursts.write.next = self.goes.val();
        self.bursts.data.next.write = self.write.q.val();
        self.page_at.next = self.at.q.val().get_bits::<20>(12) + self.base.val();
        self.on_bus.next = self.page_at.val().to_bits();
        self.bursts.data.next.at = (self.on_bus.val() << self.page_shift.val())
            | self.at.q.val().get_bits::<12>(0).get_bits::<32>(0);
        self.bursts.data.next.more = (self.part.val() - 1.into()).get_bits::<8>(0);
        self.lengths.write.next = self.goes.val() && self.write.q.val();
        self.lengths.data.next = self.part.val();
        if self.goes.val() {
            self.at.d.next =
                self.at.q.val() + (self.part.val().get_bits::<32>(0) << self.flit_shift.val());
            self.left.d.next = self.left.q.val() - self.part.val();
        }

        // the next request
        self.ready.next = ((!self.busy.q.val()) || self.ends.val()) && (!self.stop.val());
        self.req_ready.next = self.ready.val();
        if self.ends.val() {
            self.busy.d.next = false;
        }
        if self.ready.val() {
            self.busy.d.next = self.req_valid.val();
            self.write.d.next = self.req_write.val();
            self.at.d.next = self.req_addr.val();
            self.left.d.next = self.req_beats.val();
        }

        // the address channels
        self.arvalid.next = self.bursts.valid.val() && (!self.bursts.head.val().write);
        self.awvalid.next = self.bursts.valid.val() && self.bursts.head.val().write;
        self.leaves.next = self.arready.val();
        if self.bursts.head.val().write {
            self.leaves.next = self.awready.val();
        }
        self.bursts.pop.next = self.bursts.valid.val() && self.leaves.val();
        self.address.next = self.bursts.head.val().at;
        self.len.next = self.bursts.head.val().more;
        self.size.next = self.flit_shift.val();
        self.burst.next = self.kind.val();
        self.cache.next = self.caching.val();

        // write beats
        self.open.next = self.lengths.valid.val() && (!self.beats.full.val());
        self.gives.next = self.open.val() && (self.w_valid.val() || self.stop.val());
        self.w_ready.next = self.open.val() && (!self.stop.val());
        self.last.next = (self.given.q.val() + 1.into()) == self.lengths.head.val();
        self.beats.write.next = self.gives.val();
        self.beside.write.next = self.gives.val();
        self.beats.data.next = self.w_data.val();
        self.beside.data.next.strb = self.w_strb.val();
        if self.stop.val() {
            self.beside.data.next.strb = 0.into();
        }
        self.beside.data.next.last = self.last.val();
        self.lengths.pop.next = self.gives.val() && self.last.val();
        if self.gives.val() {
            self.given.d.next = self.given.q.val() + 1.into();
            if self.last.val() {
                self.given.d.next = 0.into();
            }
        }
        self.wvalid.next = self.beats.valid.val();
        self.wdata.next = self.beats.head.val();
        self.wstrb.next = self.beside.head.val().strb.to_bits();
        self.wlast.next = self.beside.head.val().last;
        self.beats.pop.next = self.beats.valid.val() && self.wready.val();
        self.beside.pop.next = self.beats.valid.val() && self.wready.val();

        // answers
        self.bready.next = true;
        self.writes.leaves.next = self.bvalid.val();
        self.write_error.next = self.bvalid.val() && self.bresp.val().get_bit(1);
        self.takes.next = self.r_ready.val() || self.stop.val();
        self.rready.next = self.takes.val();
        self.r_valid.next = self.rvalid.val() && (!self.stop.val());
        self.reads.leaves.next = self.rvalid.val() && self.takes.val() && self.rlast.val();
        self.read_error.next = self.rvalid.val() && self.takes.val() && self.rresp.val().get_bit(1);
        self.quiet.next =
            (!self.busy.q.val()) && (!self.reads.any.val()) && (!self.writes.any.val());

        if self.reset.val() {
            self.busy.d.next = false;
            self.given.d.next = 0.into();
        }
    }
}
