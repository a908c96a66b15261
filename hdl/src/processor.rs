//! The whole machine.
//!
//! ```text
//! cmd ──> dispatch ──> fetch ─────> contract ─> commit        trfload          load, store
//!                        │             ^          │              │ │              │ │
//!                        ^             └── TRF <──┼──────────────┘ ^              │ └──> memory port
//!                        └────────── DM <─────────┴────────────────┴──────────────┘
//!            semaphores order the six units; an arbiter shares DM's banks
//! ```
//!
//! Counters beside it say where the cycles went. `docs/machine.md` says what happens in which cycle.

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::commit::CommitUnit;
use crate::contract::ContractUnit;
use crate::counters::Counters;
use crate::decode::Word;
use crate::dispatch::Dispatch;
use crate::dm::{Arbiter, Dm};
use crate::fetch::Fetch;
use crate::load::LoadUnit;
use crate::semaphores::Semaphores;
use crate::store::StoreUnit;
use crate::trf::Trf;
use crate::trfload::TrfLoad;
use crate::types::{Flits, U};

/// Cycles for which a reset is held: longer than the longest pipeline, which empties itself meanwhile.
pub const RESET_CYCLES: usize = 24;

/// See the module's documentation. S slices, L lanes, F bytes per flit, V = F / 4, A lanes of accumulators.
#[derive(LogicBlock)]
pub struct Processor<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>
{
    pub clock: Signal<In, Clock>,
    /// Held for [`RESET_CYCLES`], puts everything but the memories' contents back to where it began. The
    /// memory port is not told: whoever resets answers for what it still owes.
    pub reset: Signal<In, bool>,
    pub cmd_valid: Signal<In, bool>,
    pub cmd: Signal<In, Word>,
    pub cmd_ready: Signal<Out, bool>,
    pub fault: Signal<Out, bool>,
    pub fault_code: Signal<Out, U<8>>,
    pub fault_index: Signal<Out, U<32>>,
    /// Reads back the counters ([`tcpu_isa::counters`]), one at a time and
    /// [`READ_CYCLES`](tcpu_isa::counters::READ_CYCLES) after it was selected, or sets all to zero.
    pub counter_clear: Signal<In, bool>,
    pub counter_select: Signal<In, U<5>>,
    pub counter: Signal<Out, U<32>>,
    /// What the units do in this cycle, by [`tcpu_isa::Unit`] number: they have an exec, it steps, the next
    /// one waits for a semaphore.
    pub active: [Signal<Out, bool>; 6],
    pub steps: [Signal<Out, bool>; 6],
    pub waiting: [Signal<Out, bool>; 6],
    /// Their exec makes its last step.
    pub ends: [Signal<Out, bool>; 6],
    /// Nothing is queued, running or on its way.
    pub idle: Signal<Out, bool>,
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
    pub r_data: Signal<In, Flits<1, F>>,
    pub dispatch: Dispatch,
    pub semaphores: Semaphores,
    pub arbiter: Arbiter,
    pub dm: Dm<S, F>,
    pub trf: Trf<S, L, F>,
    pub fetch: Fetch<S, F>,
    pub contract: ContractUnit<S, L, F, V, A>,
    pub commit: CommitUnit<S, F, V>,
    pub trfload: TrfLoad<S, F>,
    pub load: LoadUnit<F>,
    pub store: StoreUnit<F>,
    counters: Counters,
    events: Signal<Local, U<24>>,
    load_was_last: DFF<bool>,
    /// What is quiet, a cycle later: the units are far from each other. What runs passes from one to the other, so all are
    /// seen at the same time; a word that comes since is still in `dispatch`.
    quiets: DFF<U<7>>,
    quiet: Signal<Local, U<7>>,
    /// The reset, a cycle later: for all but `dispatch`, from which nothing reaches them in that cycle.
    late_reset: DFF<bool>,
    /// Yet a cycle later: for commit, whose windows are everywhere.
    later_reset: DFF<bool>,
    store_turn: Signal<Local, bool>,
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>
    Processor<S, L, F, V, A>
{
    /// A machine for a build, ready to be clocked. S, L, F, V and A are the build's own.
    pub fn new(config: &Config) -> Self {
        assert_eq!(
            (S, L, F, V, A),
            (
                config.slices,
                config.lanes,
                config.flit,
                config.values(),
                config.acc_lanes()
            )
        );
        let mut processor = Processor {
            clock: Default::default(),
            reset: Default::default(),
            cmd_valid: Default::default(),
            cmd: Default::default(),
            cmd_ready: Default::default(),
            fault: Default::default(),
            fault_code: Default::default(),
            fault_index: Default::default(),
            counter_clear: Default::default(),
            counter_select: Default::default(),
            counter: Default::default(),
            active: Default::default(),
            steps: Default::default(),
            waiting: Default::default(),
            ends: Default::default(),
            idle: Default::default(),
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
            r_data: Default::default(),
            dispatch: Dispatch::new(config),
            semaphores: Default::default(),
            arbiter: Default::default(),
            dm: Dm::new(config),
            trf: Trf::new(config),
            fetch: Fetch::new(config),
            contract: ContractUnit::new(config),
            commit: CommitUnit::new(config),
            trfload: TrfLoad::new(config),
            load: LoadUnit::new(config),
            store: StoreUnit::new(config),
            counters: Default::default(),
            events: Default::default(),
            load_was_last: Default::default(),
            quiets: Default::default(),
            quiet: Default::default(),
            late_reset: Default::default(),
            later_reset: Default::default(),
            store_turn: Default::default(),
        };
        processor.connect_all();
        processor
    }
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Logic
    for Processor<S, L, F, V, A>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, load_was_last, quiets, late_reset, later_reset);
        self.dispatch.clock.next = self.clock.val();
        self.semaphores.clock.next = self.clock.val();
        self.arbiter.clock.next = self.clock.val();
        self.dm.clock.next = self.clock.val();
        self.trf.clock.next = self.clock.val();
        self.fetch.clock.next = self.clock.val();
        self.contract.clock.next = self.clock.val();
        self.commit.clock.next = self.clock.val();
        self.trfload.clock.next = self.clock.val();
        self.load.clock.next = self.clock.val();
        self.store.clock.next = self.clock.val();

        self.dispatch.reset.next = self.reset.val();
        self.semaphores.reset.next = self.late_reset.q.val();
        self.late_reset.d.next = self.reset.val();
        self.fetch.reset.next = self.late_reset.q.val();
        self.contract.reset.next = self.late_reset.q.val();
        self.later_reset.d.next = self.late_reset.q.val();
        self.commit.reset.next = self.later_reset.q.val();
        self.trfload.reset.next = self.late_reset.q.val();
        self.load.reset.next = self.late_reset.q.val();
        self.store.reset.next = self.late_reset.q.val();

        // commands
        self.dispatch.cmd_valid.next = self.cmd_valid.val();
        self.dispatch.cmd.next = self.cmd.val();
        self.cmd_ready.next = self.dispatch.cmd_ready.val();
        self.fault.next = self.dispatch.fault.val();
        self.fault_code.next = self.dispatch.fault_code.val();
        self.fault_index.next = self.dispatch.fault_index.val();
        self.fetch.word.next = self.dispatch.word.val();
        self.contract.word.next = self.dispatch.word.val();
        self.commit.word.next = self.dispatch.word.val();
        self.trfload.word.next = self.dispatch.word.val();
        self.load.word.next = self.dispatch.word.val();
        self.store.word.next = self.dispatch.word.val();
        self.fetch.push.next = self.dispatch.push[0].val();
        self.contract.push.next = self.dispatch.push[1].val();
        self.commit.push.next = self.dispatch.push[2].val();
        self.trfload.push.next = self.dispatch.push[3].val();
        self.load.push.next = self.dispatch.push[4].val();
        self.store.push.next = self.dispatch.push[5].val();
        self.dispatch.filling[0].next = self.fetch.filling.val();
        self.dispatch.filling[1].next = self.contract.filling.val();
        self.dispatch.filling[2].next = self.commit.filling.val();
        self.dispatch.filling[3].next = self.trfload.filling.val();
        self.dispatch.filling[4].next = self.load.filling.val();
        self.dispatch.filling[5].next = self.store.filling.val();

        // semaphores
        self.semaphores.waits[0].next = self.fetch.waits.val();
        self.semaphores.waits[1].next = self.contract.waits.val();
        self.semaphores.waits[2].next = self.commit.waits.val();
        self.semaphores.waits[3].next = self.trfload.waits.val();
        self.semaphores.waits[4].next = self.load.waits.val();
        self.semaphores.waits[5].next = self.store.waits.val();
        self.semaphores.takes[0].next = self.fetch.takes.val();
        self.semaphores.takes[1].next = self.contract.takes.val();
        self.semaphores.takes[2].next = self.commit.takes.val();
        self.semaphores.takes[3].next = self.trfload.takes.val();
        self.semaphores.takes[4].next = self.load.takes.val();
        self.semaphores.takes[5].next = self.store.takes.val();
        self.semaphores.done[0].next = self.fetch.done.val();
        self.semaphores.done[1].next = self.contract.done.val();
        self.semaphores.done[2].next = self.commit.done.val();
        self.semaphores.done[3].next = self.trfload.done.val();
        self.semaphores.done[4].next = self.load.done.val();
        self.semaphores.done[5].next = self.store.done.val();
        self.fetch.may.next = self.semaphores.may[0].val();
        self.contract.may.next = self.semaphores.may[1].val();
        self.commit.may.next = self.semaphores.may[2].val();
        self.trfload.may.next = self.semaphores.may[3].val();
        self.load.may.next = self.semaphores.may[4].val();
        self.store.may.next = self.semaphores.may[5].val();
        self.ends[0].next = self.fetch.ends.val();
        self.ends[1].next = self.contract.ends.val();
        self.ends[2].next = self.commit.ends.val();
        self.ends[3].next = self.trfload.ends.val();
        self.ends[4].next = self.load.ends.val();
        self.ends[5].next = self.store.ends.val();

        // DM
        self.arbiter.wants[0].next = self.fetch.request.val();
        self.arbiter.banks[0].next = self.fetch.request_banks.val();
        self.arbiter.wants[1].next = self.trfload.request.val();
        self.arbiter.banks[1].next = self.trfload.request_banks.val();
        self.arbiter.wants[2].next = self.store.read.val();
        self.arbiter.banks[2].next = self.store.read_banks.val();
        self.arbiter.wants[3].next = self.commit.request.val();
        self.arbiter.banks[3].next = self.commit.request_banks.val();
        self.arbiter.wants[4].next = self.load.write.val();
        self.arbiter.banks[4].next = self.load.write_banks.val();
        self.fetch.grant.next = self.arbiter.grant[0].val();
        self.trfload.grant.next = self.arbiter.grant[1].val();
        self.store.grant.next = self.arbiter.grant[2].val();
        self.commit.grant.next = self.arbiter.grant[3].val();
        self.load.grant.next = self.arbiter.grant[4].val();
        self.dm.banks[0].next = self.fetch.request_banks.val();
        self.dm.banks[1].next = self.trfload.request_banks.val();
        self.dm.banks[2].next = self.store.read_banks.val();
        self.dm.banks[3].next = self.commit.request_banks.val();
        self.dm.banks[4].next = self.load.write_banks.val();
        self.dm.fetch.next = self.arbiter.grant[0].val();
        self.dm.fetch_at.next = self.fetch.request_at.val();
        self.dm.fetch_turn.next = self.fetch.request_turn.val();
        self.fetch.data.next = self.dm.fetch_data.val();
        self.dm.trfload.next = self.arbiter.grant[1].val();
        self.dm.trfload_at.next = self.trfload.request_at.val();
        self.dm.trfload_turn.next = self.trfload.request_turn.val();
        self.trfload.data.next = self.dm.trfload_data.val();
        self.dm.store.next = self.arbiter.grant[2].val();
        self.dm.store_at.next = self.store.read_at.val();
        self.dm.store_turn.next = self.store.read_turn.val();
        self.store.data.next = self.dm.store_data.val();
        self.dm.commit.next = self.arbiter.grant[3].val();
        self.dm.commit_at.next = self.commit.request_at.val();
        self.dm.commit_end.next = self.commit.request_end.val();
        self.dm.commit_turn.next = self.commit.request_turn.val();
        self.dm.commit_data.next = self.commit.request_data.val();
        self.dm.load.next = self.arbiter.grant[4].val();
        self.dm.load_at.next = self.load.write_at.val();
        self.dm.load_turn.next = self.load.write_turn.val();
        self.dm.load_end.next = self.load.write_end.val();
        self.dm.load_all.next = self.load.write_all.val();
        self.dm.load_data.next = self.load.write_data.val();

        // the stream, the TRF and the values
        self.contract.stream_valid.next = self.fetch.stream_valid.val();
        self.contract.stream.next = self.fetch.stream.val();
        self.fetch.pop.next = self.contract.pop.val();
        self.trf.read_at.next = self.contract.trf_at.val();
        self.contract.trf_row.next = self.trf.row.val();
        self.trf.write.next = self.trfload.write.val();
        self.trf.write_at.next = self.trfload.write_at.val();
        self.trf.write_all.next = self.trfload.write_all.val();
        self.trf.write_data.next = self.trfload.write_data.val();
        self.commit.flit_valid.next = self.contract.flit_valid.val();
        self.commit.flit_count.next = self.contract.flit_count.val();
        self.commit.flit_start.next = self.contract.flit_start.val();
        self.contract.willing.next = self.commit.willing.val();
        self.commit.comes.next = self.contract.comes.val();
        self.commit.values.next = self.contract.values.val();

        // the port: load and store take turns
        self.store_turn.next = self.store.request.val()
            && (!(self.load.request.val() && (!self.load_was_last.q.val())));
        self.req_valid.next = self.load.request.val() || self.store.request.val();
        self.req_write.next = self.store_turn.val();
        self.req_addr.next = self.load.request_at.val();
        self.req_beats.next = self.load.request_beats.val();
        self.steps[4].next =
            self.load.request.val() && self.req_ready.val() && (!self.store_turn.val());
        self.load.accepted.next = self.steps[4].val();
        self.store.accepted.next = self.store_turn.val() && self.req_ready.val();
        if self.store_turn.val() {
            self.req_addr.next = self.store.request_at.val();
            self.req_beats.next = self.store.request_beats.val();
        }
        if self.req_ready.val() && (self.load.request.val() || self.store.request.val()) {
            self.load_was_last.d.next = !self.store_turn.val();
        }
        if self.reset.val() {
            self.load_was_last.d.next = false;
        }
        self.w_valid.next = self.store.w_valid.val();
        self.w_data.next = self.store.w_data.val();
        self.w_strb.next = self.store.w_strb.val();
        self.store.w_ready.next = self.w_ready.val();
        self.load.r_valid.next = self.r_valid.val();
        self.load.r_data.next = self.r_data.val();
        self.r_ready.next = self.load.r_ready.val();
        self.quiet.next = 0.into();
        self.quiet.next = self.quiet.val().replace_bit(0, self.dispatch.quiet.val());
        self.quiet.next = self.quiet.val().replace_bit(1, self.fetch.quiet.val());
        self.quiet.next = self.quiet.val().replace_bit(2, self.contract.quiet.val());
        self.quiet.next = self.quiet.val().replace_bit(3, self.commit.quiet.val());
        self.quiet.next = self.quiet.val().replace_bit(4, self.trfload.quiet.val());
        self.quiet.next = self.quiet.val().replace_bit(5, self.load.quiet.val());
        self.quiet.next = self.quiet.val().replace_bit(6, self.store.quiet.val());
        self.quiets.d.next = self.quiet.val();
        self.idle.next = self.dispatch.quiet.val() && self.quiets.q.val().all();

        // counters
        self.counters.clock.next = self.clock.val();
        self.steps[0].next = self.arbiter.grant[0].val();
        self.active[0].next = self.fetch.active.val();
        self.waiting[0].next = self.fetch.waiting.val();
        self.steps[1].next = self.contract.issued.val();
        self.active[1].next = self.contract.active.val();
        self.waiting[1].next = self.contract.waiting.val();
        self.steps[2].next = self.contract.flit_valid.val() && self.commit.willing.val();
        self.active[2].next = self.commit.active.val();
        self.waiting[2].next = self.commit.waiting.val();
        self.steps[3].next = self.arbiter.grant[1].val();
        self.active[3].next = self.trfload.active.val();
        self.waiting[3].next = self.trfload.waiting.val();
        self.active[4].next = self.load.active.val();
        self.waiting[4].next = self.load.waiting.val();
        self.steps[5].next = self.arbiter.grant[2].val();
        self.active[5].next = self.store.active.val();
        self.waiting[5].next = self.store.waiting.val();
        self.events.next = 0.into();
        for u in 0..6 {
            self.events.next = self
                .events
                .val()
                .replace_bit(3 * u, self.active[u].val() && self.steps[u].val());
            self.events.next = self
                .events
                .val()
                .replace_bit(3 * u + 1, self.active[u].val() && (!self.steps[u].val()));
            self.events.next = self
                .events
                .val()
                .replace_bit(3 * u + 2, self.waiting[u].val());
        }
        self.events.next = self.events.val().replace_bit(
            18,
            self.contract.active.val() && (!self.fetch.stream_valid.val()),
        );
        self.events.next = self
            .events
            .val()
            .replace_bit(19, self.arbiter.grant[3].val());
        self.events.next = self
            .events
            .val()
            .replace_bit(20, self.arbiter.grant[4].val());
        self.events.next = self.events.val().replace_bit(21, self.trfload.write.val());
        self.events.next = self
            .events
            .val()
            .replace_bit(22, self.r_valid.val() && self.load.r_ready.val());
        self.events.next = self
            .events
            .val()
            .replace_bit(23, self.store.w_valid.val() && self.w_ready.val());
        self.counters.events.next = self.events.val();
        self.counters.command.next = self.cmd_valid.val() && self.dispatch.cmd_ready.val();
        self.counters.write.next = self.store.w_valid.val() && self.w_ready.val();
        self.counters.clear.next = self.counter_clear.val() || self.reset.val();
        self.counters.select.next = self.counter_select.val();
        self.counter.next = self.counters.value.val();
    }
}
