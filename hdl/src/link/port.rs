//! The memory port, shared by link and processor.
//!
//! ```text
//! link ───────┐
//!             ├──> port ──> memory       owes: beats that accepted requests still have to move
//! processor ──┘
//! ```
//!
//! The link asks only while the processor is idle and nothing is owed, so there is nothing to arbitrate:
//! no cycle of a run is lost. What a request owes is counted a cycle later, out of a register: who asks is far
//! away. In a reset of the processor the port gives what is owed to the memory (write beats without strobes); what the
//! memory owes the processor takes, whose buffers are empty then.

use rust_hdl::prelude::*;

use crate::types::{Flits, U};

/// See the module's documentation. Wires, but for the counts.
#[derive(LogicBlock)]
pub struct MemoryPort<const F: usize> {
    pub clock: Signal<In, Clock>,
    /// The processor is in reset: its side is not looked at.
    pub reset: Signal<In, bool>,
    /// Nothing is owed.
    pub quiet: Signal<Out, bool>,
    // Link: single beats.
    pub link_request: Signal<In, bool>,
    pub link_write: Signal<In, bool>,
    pub link_at: Signal<In, U<32>>,
    pub link_accepted: Signal<Out, bool>,
    pub link_w_valid: Signal<In, bool>,
    pub link_w_data: Signal<In, Flits<1, F>>,
    pub link_w_ready: Signal<Out, bool>,
    /// The link waits for a beat.
    pub link_r_ready: Signal<In, bool>,
    pub link_r_valid: Signal<Out, bool>,
    // Processor.
    pub cpu_req_valid: Signal<In, bool>,
    pub cpu_req_ready: Signal<Out, bool>,
    pub cpu_req_write: Signal<In, bool>,
    pub cpu_req_addr: Signal<In, U<32>>,
    pub cpu_req_beats: Signal<In, U<5>>,
    pub cpu_w_valid: Signal<In, bool>,
    pub cpu_w_ready: Signal<Out, bool>,
    pub cpu_w_data: Signal<In, Flits<1, F>>,
    pub cpu_w_strb: Signal<In, U<32>>,
    pub cpu_r_valid: Signal<Out, bool>,
    pub cpu_r_ready: Signal<In, bool>,
    // Memory.
    pub req_valid: Signal<Out, bool>,
    pub req_ready: Signal<In, bool>,
    pub req_write: Signal<Out, bool>,
    pub req_addr: Signal<Out, U<32>>,
    pub req_beats: Signal<Out, U<5>>,
    pub w_valid: Signal<Out, bool>,
    pub w_ready: Signal<In, bool>,
    pub w_data: Signal<Out, Flits<1, F>>,
    pub w_strb: Signal<Out, U<32>>,
    pub r_valid: Signal<In, bool>,
    pub r_ready: Signal<Out, bool>,
    all: Constant<U<32>>,
    /// Less one.
    all_bits: Constant<U<16>>,
    /// The beats of the requests that were accepted before the last cycle.
    reads: DFF<U<16>>,
    writes: DFF<U<16>>,
    /// A request was accepted in the last cycle: which.
    fresh: DFF<bool>,
    fresh_write: DFF<bool>,
    fresh_beats: DFF<U<5>>,
    written: Signal<Local, bool>,
    request: Signal<Local, bool>,
    gives: Signal<Local, bool>,
    takes: Signal<Local, bool>,
    beats: Signal<Local, U<16>>,
    beats_less: Signal<Local, U<16>>,
    more_reads: Signal<Local, U<16>>,
    more_writes: Signal<Local, U<16>>,
    asked_beats: Signal<Local, U<5>>,
}

impl<const F: usize> Default for MemoryPort<F> {
    fn default() -> Self {
        MemoryPort {
            clock: Default::default(),
            reset: Default::default(),
            quiet: Default::default(),
            link_request: Default::default(),
            link_write: Default::default(),
            link_at: Default::default(),
            link_accepted: Default::default(),
            link_w_valid: Default::default(),
            link_w_data: Default::default(),
            link_w_ready: Default::default(),
            link_r_ready: Default::default(),
            link_r_valid: Default::default(),
            cpu_req_valid: Default::default(),
            cpu_req_ready: Default::default(),
            cpu_req_write: Default::default(),
            cpu_req_addr: Default::default(),
            cpu_req_beats: Default::default(),
            cpu_w_valid: Default::default(),
            cpu_w_ready: Default::default(),
            cpu_w_data: Default::default(),
            cpu_w_strb: Default::default(),
            cpu_r_valid: Default::default(),
            cpu_r_ready: Default::default(),
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
            all: Constant::new(U::new((1 << F) - 1)),
            all_bits: Constant::new(U::new(u64::MAX)),
            reads: Default::default(),
            writes: Default::default(),
            fresh: Default::default(),
            fresh_write: Default::default(),
            fresh_beats: Default::default(),
            written: Default::default(),
            request: Default::default(),
            gives: Default::default(),
            takes: Default::default(),
            beats: Default::default(),
            beats_less: Default::default(),
            more_reads: Default::default(),
            more_writes: Default::default(),
            asked_beats: Default::default(),
        }
    }
}

impl<const F: usize> Logic for MemoryPort<F> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, reads, writes, fresh, fresh_write, fresh_beats);

        // requests
        self.request.next = self.cpu_req_valid.val() && (!self.reset.val());
        self.cpu_req_ready.next = self.req_ready.val();
        self.link_accepted.next = self.link_request.val() && self.req_ready.val();
        self.written.next = self.cpu_req_write.val();
        self.req_addr.next = self.cpu_req_addr.val();
        self.asked_beats.next = self.cpu_req_beats.val();
        if self.link_request.val() {
            self.request.next = true;
            self.written.next = self.link_write.val();
            self.req_addr.next = self.link_at.val();
            self.asked_beats.next = 1.into();
        }
        self.req_valid.next = self.request.val();
        self.req_write.next = self.written.val();
        self.req_beats.next = self.asked_beats.val();

        // write beats
        self.gives.next = self.cpu_w_valid.val();
        self.w_data.next = self.cpu_w_data.val();
        self.w_strb.next = self.cpu_w_strb.val();
        self.cpu_w_ready.next = self.w_ready.val() && (!self.link_w_valid.val());
        self.link_w_ready.next = self.w_ready.val() && self.link_w_valid.val();
        if self.link_w_valid.val() {
            self.gives.next = true;
            self.w_data.next = self.link_w_data.val();
            self.w_strb.next = self.all.val();
        } else if self.reset.val() {
            self.gives.next = (self.writes.q.val() > 0.into()) && (!self.fresh.q.val());
            self.w_strb.next = 0.into();
            self.cpu_w_ready.next = false;
        }
        self.w_valid.next = self.gives.val();

        // read beats
        self.takes.next = self.cpu_r_ready.val();
        self.cpu_r_valid.next = self.r_valid.val();
        self.link_r_valid.next = self.r_valid.val() && self.link_r_ready.val();
        // In a reset the processor takes, and drops, what it is given.
        if self.link_r_ready.val() {
            self.takes.next = true;
            self.cpu_r_valid.next = false;
        }
        self.r_ready.next = self.takes.val();

        // what is owed
        self.fresh.d.next = self.request.val() && self.req_ready.val();
        self.fresh_write.d.next = self.written.val();
        self.fresh_beats.d.next = self.asked_beats.val();
        self.beats.next = self.fresh_beats.q.val().get_bits::<16>(0);
        self.beats_less.next = self.beats.val() - 1.into();
        // Chosen first, added then: one carry chain.
        self.more_reads.next = 0.into();
        if self.fresh.q.val() && (!self.fresh_write.q.val()) {
            self.more_reads.next = self.beats.val();
        }
        if self.r_valid.val() && self.takes.val() {
            self.more_reads.next = self.all_bits.val();
            if self.fresh.q.val() && (!self.fresh_write.q.val()) {
                self.more_reads.next = self.beats_less.val();
            }
        }
        self.reads.d.next = self.reads.q.val() + self.more_reads.val();
        self.more_writes.next = 0.into();
        if self.fresh.q.val() && self.fresh_write.q.val() {
            self.more_writes.next = self.beats.val();
        }
        if self.gives.val() && self.w_ready.val() {
            self.more_writes.next = self.all_bits.val();
            if self.fresh.q.val() && self.fresh_write.q.val() {
                self.more_writes.next = self.beats_less.val();
            }
        }
        self.writes.d.next = self.writes.q.val() + self.more_writes.val();
        self.quiet.next = (self.reads.q.val() == 0.into())
            && (self.writes.q.val() == 0.into())
            && (!self.fresh.q.val());
    }
}
