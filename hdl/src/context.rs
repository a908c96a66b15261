//! The front of every unit: its queue and its sequencer.
//!
//! ```text
//! push, word ──> queue ──> [ head ] ──┬─ loop word ──> set ───┐
//!                                     └─ exec word ──> start ─┴──> sequencer ──> place ──> unit
//!                         waits ──> semaphores ──> may ─^                     ^── step
//! ```
//!
//! The head is a register: what it says decides much in its cycle. An exec starts when the unit is free (its sequencer
//! idle, or making its last step) and the semaphores that it waits for are there: they were told of it a cycle before.
//! Its word stays in a register while it runs: the unit's parameters. It and the walk's first place are there before,
//! whenever the unit is free. And the head leaves in the cycle behind the start, in which the semaphores hear of it, too.
//! So a start, which is known late in its cycle, reaches little more than a flag, and what is far away comes from
//! registers; an exec of one step takes two cycles.

use rust_hdl::prelude::*;

use crate::decode::{CommitParams, ContractParams, Decode, DmaParams, PacketParams, UnitSet, Word};
use crate::fifo::{Fifo, LARGE};
use crate::sequencer::Sequencer;
use crate::types::U;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Context {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    /// From dispatch.
    pub push: Signal<In, bool>,
    pub word: Signal<In, Word>,
    /// The queue has no room for two words: in the next cycle nothing may be pushed.
    pub filling: Signal<Out, bool>,
    /// The next exec waits for semaphores, and nothing else runs.
    pub waiting: Signal<Out, bool>,
    /// The units that the head of the next cycle waits for (none, if it is no exec), and, in that cycle, whether their
    /// semaphores are there.
    pub waits: Signal<Out, UnitSet>,
    pub may: Signal<In, bool>,
    /// The exec starts: its first step can be in the next cycle.
    pub start: Signal<Out, bool>,
    /// The exec that starts now or later has these parameters, and in the next cycle they are the running one's.
    pub loads: Signal<Out, bool>,
    pub upcoming: Signal<Out, PacketParams>,
    pub upcoming_bytes: Signal<Out, U<16>>,
    /// The semaphores that the exec takes that started in the cycle before.
    pub takes: Signal<Out, UnitSet>,
    /// Nothing is queued or running.
    pub quiet: Signal<Out, bool>,
    // The running exec.
    pub step: Signal<In, bool>,
    pub valid: Signal<Out, bool>,
    pub a: Signal<Out, U<32>>,
    pub b: Signal<Out, U<28>>,
    pub at_first: Signal<Out, U<8>>,
    pub at_last: Signal<Out, U<8>>,
    pub last: Signal<Out, bool>,
    pub signals: Signal<Out, UnitSet>,
    pub packets: Signal<Out, PacketParams>,
    pub contract: Signal<Out, ContractParams>,
    pub commit: Signal<Out, CommitParams>,
    pub dma: Signal<Out, DmaParams>,
    queue: Fifo<Word>,
    next: Decode,
    /// In a large machine, what the queue's words wait for is in one of its own: its head is a register, as much hangs on it.
    orders: Fifo<UnitSet>,
    fronted: Constant<bool>,
    pushed: Decode,
    /// The head, and what it is, if there is one.
    first: DFF<Word>,
    execs: DFF<bool>,
    loops: DFF<bool>,
    /// A loop of more than one iteration.
    repeats: DFF<bool>,
    head: Decode,
    running: Decode,
    sequencer: Sequencer,
    active: DFF<Word>,
    /// The head's exec started in the cycle before.
    begun: DFF<bool>,
    free: Signal<Local, bool>,
    starts: Signal<Local, bool>,
    moves: Signal<Local, bool>,
    pops: Signal<Local, bool>,
    used: Signal<Local, U<8>>,
    /// The queue has no room for two words.
    fills: DFF<bool>,
    limit: Constant<U<16>>,
    /// One less.
    below: Constant<U<16>>,
}

impl Context {
    /// A front with a queue for `depth` words, at least two, of a machine with flits of so many bytes.
    pub fn new(depth: usize, flit: usize) -> Self {
        Context {
            clock: Default::default(),
            reset: Default::default(),
            push: Default::default(),
            word: Default::default(),
            filling: Default::default(),
            waiting: Default::default(),
            waits: Default::default(),
            may: Default::default(),
            start: Default::default(),
            loads: Default::default(),
            upcoming: Default::default(),
            upcoming_bytes: Default::default(),
            takes: Default::default(),
            quiet: Default::default(),
            step: Default::default(),
            valid: Default::default(),
            a: Default::default(),
            b: Default::default(),
            at_first: Default::default(),
            at_last: Default::default(),
            last: Default::default(),
            signals: Default::default(),
            packets: Default::default(),
            contract: Default::default(),
            commit: Default::default(),
            dma: Default::default(),
            queue: Fifo::new(depth),
            next: Default::default(),
            orders: Fifo::registered(depth),
            fronted: Constant::new(flit >= LARGE),
            pushed: Default::default(),
            first: Default::default(),
            execs: Default::default(),
            loops: Default::default(),
            repeats: Default::default(),
            head: Default::default(),
            running: Default::default(),
            sequencer: Default::default(),
            active: Default::default(),
            begun: Default::default(),
            free: Default::default(),
            starts: Default::default(),
            moves: Default::default(),
            pops: Default::default(),
            used: Default::default(),
            fills: Default::default(),
            limit: Constant::new(U::new(depth as u64 - 1)),
            below: Constant::new(U::new(depth as u64 - 2)),
        }
    }
}

impl Logic for Context {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, first, execs, loops, repeats, active, begun, fills);
        self.queue.clock.next = self.clock.val();
        self.sequencer.clock.next = self.clock.val();
        self.queue.reset.next = self.reset.val();
        self.sequencer.reset.next = self.reset.val();
        self.orders.clock.next = self.clock.val();
        self.orders.reset.next = self.reset.val();
        self.queue.write.next = self.push.val();
        self.queue.data.next = self.word.val();
        self.pushed.word.next = self.word.val();
        self.orders.write.next = self.push.val();
        self.orders.data.next = self.pushed.waits.val();
        self.next.word.next = self.queue.head.val();
        self.head.word.next = self.first.q.val();
        self.running.word.next = self.active.q.val();
        self.free.next =
            (!self.sequencer.valid.val()) || (self.step.val() && self.sequencer.last.val());
        self.waiting.next =
            self.execs.q.val() && (!self.sequencer.valid.val()) && (!self.may.val());
        self.starts.next =
            self.execs.q.val() && (!self.begun.q.val()) && self.free.val() && self.may.val();
        // Loop words go at once.
        self.moves.next = self.begun.q.val() || (!self.execs.q.val());
        self.waits.next = self.head.waits.val();
        if self.moves.val() {
            self.waits.next = 0.into();
            if self.queue.valid.val() {
                self.waits.next = self.next.waits.val();
                if self.fronted.val() {
                    self.waits.next = self.orders.head.val();
                }
            }
        }
        self.pops.next = self.moves.val() && self.queue.valid.val();
        self.queue.pop.next = self.pops.val();
        self.orders.pop.next = self.pops.val();
        // As many as the limit, or more: known a cycle ahead, as who asks is far away.
        self.filling.next = self.fills.q.val();
        self.fills.d.next = self.queue.count.val() >= self.limit.val();
        if self.push.val() && (!self.pops.val()) {
            self.fills.d.next = self.queue.count.val() >= self.below.val();
        }
        if self.pops.val() && (!self.push.val()) {
            self.fills.d.next = self.queue.count.val() > self.limit.val();
        }
        self.used.next = 0.into();
        for i in 0..8 {
            self.used.next = self
                .used
                .val()
                .replace_bit(i, self.next.head.val().level > i.into());
        }
        if self.moves.val() {
            self.execs.d.next = self.queue.valid.val() && self.next.head.val().exec;
            self.loops.d.next = self.queue.valid.val() && (!self.next.head.val().exec);
            self.first.d.next = self.queue.head.val();
            self.repeats.d.next = self.next.head.val().count != 1.into();
        }
        self.start.next = self.starts.val();
        self.sequencer.start.next = self.starts.val();
        self.sequencer.set.next = self.loops.q.val();
        self.sequencer.level.next = self.head.head.val().level.get_bits::<3>(0);
        self.sequencer.count.next = self.head.head.val().count;
        self.sequencer.repeats.next = self.repeats.q.val();
        self.sequencer.stride_a.next = self.head.head.val().stride_a;
        self.sequencer.stride_b.next = self.head.head.val().stride_b;
        self.sequencer.plan.next = self.moves.val();
        self.sequencer.levels.next = self.used.val();
        self.sequencer.base_a.next = self.head.head.val().base_a;
        self.sequencer.base_b.next = self.head.head.val().base_b;
        self.sequencer.step.next = self.step.val();
        self.loads.next = self.free.val() && self.execs.q.val();
        self.upcoming.next = self.head.packets.val();
        self.upcoming_bytes.next = self.head.dma.val().bytes;
        if self.free.val() && self.execs.q.val() {
            self.active.d.next = self.first.q.val();
        }
        self.begun.d.next = self.starts.val();
        if self.reset.val() {
            self.execs.d.next = false;
            self.loops.d.next = false;
            self.begun.d.next = false;
            self.fills.d.next = false;
        }
        self.takes.next = 0.into();
        if self.begun.q.val() {
            self.takes.next = self.head.waits.val();
        }
        self.valid.next = self.sequencer.valid.val();
        self.a.next = self.sequencer.a.val();
        self.b.next = self.sequencer.b.val();
        self.at_first.next = self.sequencer.at_first.val();
        self.at_last.next = self.sequencer.at_last.val();
        self.last.next = self.sequencer.last.val();
        self.signals.next = self.running.signals.val();
        self.packets.next = self.running.packets.val();
        self.contract.next = self.running.contract.val();
        self.commit.next = self.running.commit.val();
        self.dma.next = self.running.dma.val();
        self.quiet.next = (!self.queue.valid.val())
            && (!self.execs.q.val())
            && (!self.loops.q.val())
            && (!self.sequencer.valid.val());
    }
}
