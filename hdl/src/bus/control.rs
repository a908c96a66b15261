//! The control side: an AXI4-Lite slave of 32 bits before a file of registers.
//!
//! ```text
//! aw ──> [ address ] ──┬──> write ──> registers ──known──> [ answer ] ──> b
//! w ───> [ data ] ─────┘
//! ar ──> [ address ] ─────> read ───> registers ──value──> [ answer ] ──> r
//! ```
//!
//! One write and one read at a time: a write every three cycles, a read every six, for a counter is there three cycles
//! after it was selected. A write of a part of a register, and an access to what is not there, do nothing and are
//! answered with an error (SLVERR); a write of no byte at all does nothing.

use rust_hdl::prelude::*;
use tcpu_isa::counters::READ_CYCLES;

use crate::types::U;

/// The answer to what cannot be done.
const SLVERR: u64 = 2;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct AxiControl {
    pub clock: Signal<In, Clock>,
    /// The bus is in reset.
    pub reset: Signal<In, bool>,
    // The bus.
    pub awvalid: Signal<In, bool>,
    pub awready: Signal<Out, bool>,
    pub awaddr: Signal<In, U<12>>,
    pub wvalid: Signal<In, bool>,
    pub wready: Signal<Out, bool>,
    pub wdata: Signal<In, U<32>>,
    pub wstrb: Signal<In, U<4>>,
    pub bvalid: Signal<Out, bool>,
    pub bready: Signal<In, bool>,
    pub bresp: Signal<Out, U<2>>,
    pub arvalid: Signal<In, bool>,
    pub arready: Signal<Out, bool>,
    pub araddr: Signal<In, U<12>>,
    pub rvalid: Signal<Out, bool>,
    pub rready: Signal<In, bool>,
    pub rdata: Signal<Out, U<32>>,
    pub rresp: Signal<Out, U<2>>,
    /// To the registers, by number: a write, and in the same cycle whether it can be done.
    pub write: Signal<Out, bool>,
    pub write_at: Signal<Out, U<10>>,
    pub data: Signal<Out, U<32>>,
    pub written: Signal<In, bool>,
    /// What is read; whether there is something to be read, and after [`READ_CYCLES`] its value.
    pub read_at: Signal<Out, U<10>>,
    pub value: Signal<In, U<32>>,
    pub there: Signal<In, bool>,
    error: Constant<U<2>>,
    read_cycles: Constant<U<2>>,
    have_at: DFF<bool>,
    at: DFF<U<10>>,
    have_data: DFF<bool>,
    word: DFF<U<32>>,
    strobes: DFF<U<4>>,
    answers: DFF<bool>,
    answer: DFF<U<2>>,
    /// A read goes on; it waits for so many cycles yet.
    reads: DFF<bool>,
    waits: DFF<U<2>>,
    from: DFF<U<10>>,
    gives: DFF<bool>,
    given: DFF<U<32>>,
    given_answer: DFF<U<2>>,
    does: Signal<Local, bool>,
}

impl Default for AxiControl {
    fn default() -> Self {
        AxiControl {
            clock: Default::default(),
            reset: Default::default(),
            awvalid: Default::default(),
            awready: Default::default(),
            awaddr: Default::default(),
            wvalid: Default::default(),
            wready: Default::default(),
            wdata: Default::default(),
            wstrb: Default::default(),
            bvalid: Default::default(),
            bready: Default::default(),
            bresp: Default::default(),
            arvalid: Default::default(),
            arready: Default::default(),
            araddr: Default::default(),
            rvalid: Default::default(),
            rready: Default::default(),
            rdata: Default::default(),
            rresp: Default::default(),
            write: Default::default(),
            write_at: Default::default(),
            data: Default::default(),
            written: Default::default(),
            read_at: Default::default(),
            value: Default::default(),
            there: Default::default(),
            error: Constant::new(U::new(SLVERR)),
            read_cycles: Constant::new(U::new(READ_CYCLES as u64)),
            have_at: Default::default(),
            at: Default::default(),
            have_data: Default::default(),
            word: Default::default(),
            strobes: Default::default(),
            answers: Default::default(),
            answer: Default::default(),
            reads: Default::default(),
            waits: Default::default(),
            from: Default::default(),
            gives: Default::default(),
            given: Default::default(),
            given_answer: Default::default(),
            does: Default::default(),
        }
    }
}

impl Logic for AxiControl {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            have_at,
            at,
            have_data,
            word,
            strobes,
            answers,
            answer,
            reads,
            waits,
            from,
            gives,
            given,
            given_answer
        );

        // a write: address and data come when they want
        self.awready.next = !self.have_at.q.val();
        if self.awvalid.val() && (!self.have_at.q.val()) {
            self.have_at.d.next = true;
            self.at.d.next = self.awaddr.val().get_bits::<10>(2);
        }
        self.wready.next = !self.have_data.q.val();
        if self.wvalid.val() && (!self.have_data.q.val()) {
            self.have_data.d.next = true;
            self.word.d.next = self.wdata.val();
            self.strobes.d.next = self.wstrb.val();
        }
        self.does.next = self.have_at.q.val() && self.have_data.q.val() && (!self.answers.q.val());
        self.write.next = self.does.val() && self.strobes.q.val().all();
        self.write_at.next = self.at.q.val();
        self.data.next = self.word.q.val();
        if self.answers.q.val() && self.bready.val() {
            self.answers.d.next = false;
        }
        if self.does.val() {
            self.have_at.d.next = false;
            self.have_data.d.next = false;
            self.answers.d.next = true;
            self.answer.d.next = self.error.val();
            if (self.strobes.q.val().all() && self.written.val())
                || (self.strobes.q.val() == 0.into())
            {
                self.answer.d.next = 0.into();
            }
        }
        self.bvalid.next = self.answers.q.val();
        self.bresp.next = self.answer.q.val();

        // a read
        self.arready.next = (!self.reads.q.val()) && (!self.gives.q.val());
        self.read_at.next = self.from.q.val();
        if self.gives.q.val() {
            if self.rready.val() {
                self.gives.d.next = false;
            }
        } else if self.reads.q.val() && (self.waits.q.val() != 0.into()) {
            self.waits.d.next = self.waits.q.val() - 1.into();
        } else if self.reads.q.val() {
            self.reads.d.next = false;
            self.gives.d.next = true;
            self.given.d.next = self.value.val();
            self.given_answer.d.next = 0.into();
            if !self.there.val() {
                self.given_answer.d.next = self.error.val();
            }
        } else if self.arvalid.val() {
            self.reads.d.next = true;
            self.waits.d.next = self.read_cycles.val();
            self.from.d.next = self.araddr.val().get_bits::<10>(2);
        }
        self.rvalid.next = self.gives.q.val();
        self.rdata.next = self.given.q.val();
        self.rresp.next = self.given_answer.q.val();

        if self.reset.val() {
            self.have_at.d.next = false;
            self.have_data.d.next = false;
            self.answers.d.next = false;
            self.reads.d.next = false;
            self.gives.d.next = false;
        }
    }
}
